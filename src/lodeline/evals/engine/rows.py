"""What the engine works on and what comes out: cases, attempts at them, and rows."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from lodeline.domain.assessment import AssessmentError, AssessmentSource
from lodeline.domain.evaluation_row import PERSON
from lodeline.domain.ids import TraceId
from lodeline.domain.scorer import Feedback

RowState = Literal["DONE", "PREDICT_ERROR", "SCORE_ERROR", "SKIPPED"]
"""How a row ended. SCORE_ERROR: there are outputs, and at least one scorer failed on them."""


@dataclass(frozen=True, slots=True)
class Case:
    """One record of a dataset, or one row of a table, as one repetition of it is evaluated.

    `key` names the record within the run, `content_hash` pairs it with the same record in other runs. `outputs` and
    `trace_id` are there when it was predicted before: then nothing is called. `cluster` names what its rows have in
    common, such as a conversation, for honest intervals; `slices` are the groups that results are broken down
    by; `expected_by` says who or what the expectations are from; `tuned_for` names the judges that were tuned on its
    record or trace, as that is marked.
    """

    key: str
    inputs: Mapping[str, Any]
    expectations: Mapping[str, Any] = field(default_factory=dict[str, Any])
    content_hash: str = ""
    repetition: int = 0
    record_id: str | None = None
    outputs: Any = None
    trace_id: TraceId | None = None
    predicted: bool = False
    cluster: str | None = None
    slices: Mapping[str, str] = field(default_factory=dict[str, str])
    expected_by: AssessmentSource = PERSON
    tuned_for: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the application answered, and the trace of the call; or why there is no answer."""

    outputs: Any = None
    trace_id: TraceId | None = None
    duration_ms: float | None = None
    failure: AssessmentError | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One finished row."""

    case: Case
    state: RowState
    prediction: Prediction
    scores: tuple[Feedback, ...] = ()
    attempts: int = 1

    @property
    def judged_usd(self) -> float | None:
        """What its judgments cost in US dollars, as far as that is known; None where nothing is."""
        known = [score.cost_usd for score in self.scores if score.cost_usd is not None]
        return math.fsum(known) if known else None


@dataclass(slots=True)
class Attempt:
    """One call of the application while it lasts: the predictor says here which trace it makes, before it calls."""

    trace_id: TraceId | None = None


class Predictor(Protocol):
    """Calls the application once."""

    async def predict(self, case: Case, attempt: Attempt) -> Prediction:
        """Return what came of one call, traced. Raises what the application raises."""
        ...


class Sink(Protocol):
    """Keeps rows. Called for a few rows at a time, never twice at once."""

    async def keep(self, rows: Sequence[Row]) -> float:
        """Make rows durable; return what they cost in US dollars as far as it is known there."""
        ...


class Watcher(Protocol):
    """Is told of each finished row, in the order in which they end."""

    def row(self, row: Row) -> None:
        """Take note of a row; must be quick and not raise."""
        ...
