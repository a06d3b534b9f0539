"""What the engine works on and what comes out: cases, attempts at them, and rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from lodeline.domain.ids import TraceId

RowState = Literal["DONE", "PREDICT_ERROR", "SCORE_ERROR", "SKIPPED"]
"""How a row ended. SCORE_ERROR: there are outputs, and at least one scorer failed on them."""
MAX_MESSAGE = 2_000


@dataclass(frozen=True, slots=True)
class Case:
    """One record of a dataset, or one row of a table, as one repetition of it is evaluated.

    `key` names the record within the run, `content_hash` pairs it with the same record in other runs. `outputs` and
    `trace_id` are there when it was predicted before: then nothing is called. `cluster` names what its rows have in
    common, such as a conversation, for honest intervals; `slices` are the groups that results are broken down by.
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


@dataclass(frozen=True, slots=True)
class Failure:
    """Why something failed: the error's class as code, and its message, cut at `MAX_MESSAGE` characters."""

    code: str
    message: str

    @classmethod
    def of(cls, error: BaseException) -> "Failure":
        """Return what an exception comes to; one that cannot even be shown is named by its class."""
        try:
            text = str(error)
        except Exception:  # a hostile __str__ must not lose the row
            text = ""
        code = type(error).__name__
        return cls(code, (text or f"{code} without a message")[:MAX_MESSAGE])


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the application answered, and the trace of the call; `cost_usd` where it is known on this side."""

    outputs: Any = None
    trace_id: TraceId | None = None
    duration_ms: float | None = None
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Score:
    """One judgment of one row: a value, or the failure of its scorer; never both, never neither."""

    name: str
    value: bool | float | str | Sequence[Any] | Mapping[str, Any] | None = None
    failure: Failure | None = None
    rationale: str | None = None
    source: Literal["CODE", "LLM_JUDGE", "HUMAN"] = "CODE"
    source_id: str = ""
    confidence: float | None = None
    cost_usd: float = 0.0
    metadata: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Row:
    """One finished row."""

    case: Case
    state: RowState
    prediction: Prediction
    scores: tuple[Score, ...] = ()
    attempts: int = 1


@dataclass(frozen=True, slots=True)
class Seen:
    """What a scorer is shown of a row. `trace` loads the whole trace once, for scorers that ask for it."""

    case: Case
    outputs: Any
    trace: Any = None


class Predictor(Protocol):
    """Calls the application once. Raises what the application raises; the engine makes a value of it."""

    async def predict(self, case: Case) -> Prediction:
        """Return what came of one call, traced."""
        ...

    def trace_of(self, error: BaseException) -> TraceId | None:
        """Return the trace of a call that raised `error`; None when there is none."""
        ...


class RowScorer(Protocol):
    """Judges one row. What it raises becomes an error score of this name."""

    @property
    def name(self) -> str:
        """The name of its score when it fails as a whole."""
        ...

    @property
    def wants_trace(self) -> bool:
        """Whether `Seen.trace` must be loaded for it."""
        ...

    async def score(self, seen: Seen) -> Sequence[Score]:
        """Return its judgments."""
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
