"""Evaluation: a run of kind EVALUATION with its own state beside it, and what it was bound to. Its rows are in
`evaluation_row`.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Literal

from lodeline.domain.aggregate import ScorerAggregate, ValueSummary
from lodeline.domain.comparison import Adjustment, Direction
from lodeline.domain.errors import Conflict, Invalid, TooLarge
from lodeline.domain.evaluation_row import Amount
from lodeline.domain.experiment import check_name
from lodeline.domain.ids import ModelId, RunId
from lodeline.domain.run import MAX_KEY, Run, RunDraft, RunStatus
from lodeline.domain.span import JsonValue

EvaluationState = Literal[
    "CREATED", "RUNNING", "COMPLETED", "COMPLETED_WITH_ERRORS", "FAILED", "CANCELLED", "INTERRUPTED"
]
ENDED_EVALUATION: frozenset[EvaluationState] = frozenset(
    {"COMPLETED", "COMPLETED_WITH_ERRORS", "FAILED", "CANCELLED", "INTERRUPTED"}
)
TRANSITIONS: Mapping[EvaluationState, frozenset[EvaluationState]] = {
    "CREATED": frozenset({"RUNNING", "CANCELLED", "FAILED"}),
    "RUNNING": ENDED_EVALUATION,
    **dict.fromkeys(ENDED_EVALUATION, frozenset[EvaluationState]({"RUNNING"})),
}
"""From a state to those that may follow. From an ended state only resuming leads back: see `check_resume`."""
RUN_STATUS: Mapping[EvaluationState, RunStatus] = {
    "CREATED": "SCHEDULED",
    "RUNNING": "RUNNING",
    "COMPLETED": "FINISHED",
    "COMPLETED_WITH_ERRORS": "FINISHED",
    "FAILED": "FAILED",
    "CANCELLED": "KILLED",
    "INTERRUPTED": "KILLED",
}
"""The status of the run in each state."""
MAX_ROWS_OF_RUN = 10_000_000
MAX_BINDINGS = 1_000_000
MAX_COMPARED = 20
"""Candidates of one comparison."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Where an evaluation stops by itself; None is no limit."""

    max_cost_usd: float | None = None
    max_tokens: int | None = None
    max_rows: int | None = None


@dataclass(frozen=True, slots=True)
class Bindings:
    """Everything that an evaluation's result depends on. Two evaluations with equal bindings are replicates.

    `scorers` are digests of definitions by name, `judges` what pins a judge's model and parameters by scorer, and
    `prompt_versions` versions by the name of the prompt. `concurrency` and `budget` count among them as well.
    """

    dataset_id: str | None = None
    dataset_version: int | None = None
    dataset_digest: str | None = None
    split: str | None = None
    model_id: ModelId | None = None
    scorers: Mapping[str, str] = field(default_factory=dict[str, str])
    directions: Mapping[str, Direction] = field(default_factory=dict[str, Direction])
    judges: Mapping[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    prompt_versions: Mapping[str, int] = field(default_factory=dict[str, int])
    git: Mapping[str, str] = field(default_factory=dict[str, str])
    seed: int | None = None
    concurrency: int | None = None
    repetitions: int = 1
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    budget: Budget = Budget()


@dataclass(frozen=True, slots=True)
class EvaluationDraft:
    """What a new evaluation is made from; its run becomes one of kind EVALUATION."""

    run: RunDraft
    bindings: Bindings = Bindings()
    rows_total: int | None = None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One evaluation. `rows_total` is how many rows there are to be, as far as that was said or seen.

    `rows_done` have a result for every scorer; `rows_failed` have an error of the prediction or of a scorer.
    `message` says why it ended as it did.
    """

    run: Run
    state: EvaluationState
    bindings: Bindings
    bindings_digest: str
    rows_total: int = 0
    rows_done: int = 0
    rows_failed: int = 0
    scorers: tuple[str, ...] = ()
    message: str | None = None


@dataclass(frozen=True, slots=True)
class EvaluationChange:
    """A change of an evaluation's state: `bindings` replace the present ones."""

    state: EvaluationState
    message: str | None = None
    bindings: Bindings | None = None
    rows_total: int | None = None


@dataclass(frozen=True, slots=True)
class EvaluationDump:
    """An evaluation's own state as an export keeps it, beside its run and its rows."""

    state: EvaluationState
    bindings: Bindings
    rows_total: int = 0
    message: str | None = None


View = Literal["as_judged", "effective"]
"""Scores as they were given, or as the judgments stand now: what people overrode, revised or deleted counts."""


@dataclass(frozen=True, slots=True)
class AmountSummary:
    """What the rows of an evaluation took. `summary` is over rows whose call did not fail (the failed ones are its
    `errors`), its value the mean of a record; `total` over all rows, None where nothing is known."""

    amount: Amount
    total: float | None
    summary: ValueSummary


@dataclass(frozen=True, slots=True)
class EvaluationSummary:
    """What an evaluation's scores come to, scorer by scorer in order of name, and what its rows took: of each amount
    that any row has a value of."""

    evaluation: Evaluation
    view: View
    scorers: tuple[ScorerAggregate, ...] = ()
    amounts: tuple[AmountSummary, ...] = ()


@dataclass(frozen=True, slots=True)
class CompareOptions:
    """How evaluations are compared.

    `directions` says by scorer which values are good; where it says nothing the baseline's bindings do, else
    "higher". `deltas` says by scorer which difference does not matter. At most `max_rows` rows are listed a scorer.
    """

    view: View = "as_judged"
    directions: Mapping[str, Direction] = field(default_factory=dict[str, Direction])
    deltas: Mapping[str, float] = field(default_factory=dict[str, float])
    level: float = 0.95
    adjustment: Adjustment = "holm"
    reducer: str = "mean"
    seed: int = 0
    max_rows: int = 100


def bindings_digest(bindings: Bindings) -> str:
    """Return the SHA-256 of bindings; equal on any machine."""
    text = json.dumps(asdict(bindings), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def check_transition(run_id: RunId, present: EvaluationState, wanted: EvaluationState) -> None:
    """Return when an evaluation may go from one state to another; else Conflict, naming both."""
    if wanted not in TRANSITIONS[present]:
        allowed = ", ".join(sorted(TRANSITIONS[present]))
        raise Conflict(
            f"evaluation {run_id!r} is {present} and cannot become {wanted}; from here it can become {allowed}.",
            code="evaluation_state",
            details={"state": present, "wanted": wanted},
        )


def check_resume(evaluation: Evaluation, bindings: Bindings | None, *, force: bool) -> None:
    """Return when an evaluation may be taken up again: it has ended, and its bindings are the same or `force`.

    Conflict names the state, or what differs.
    """
    if evaluation.state not in ENDED_EVALUATION:
        check_transition(evaluation.run.run_id, evaluation.state, "RUNNING")
        return
    if bindings is None or force or bindings_digest(bindings) == evaluation.bindings_digest:
        return
    before, after = asdict(evaluation.bindings), asdict(bindings)
    differing = sorted(name for name in before if before[name] != after[name])
    raise Conflict(
        f"evaluation {evaluation.run.run_id!r} cannot be resumed: {', '.join(differing)} changed since; run a new "
        "evaluation, or force it.",
        code="bindings_changed",
        details={"changed": differing},
    )


def final_state(evaluation: Evaluation) -> EvaluationState:
    """Return how an evaluation ends that ran to its end: with errors when a row failed or has no result."""
    whole = evaluation.rows_failed == 0 and evaluation.rows_done >= evaluation.rows_total
    return "COMPLETED" if whole else "COMPLETED_WITH_ERRORS"


def check_bindings(bindings: Bindings) -> None:
    """Return when bindings are within bounds; else Invalid or TooLarge, naming the field."""
    try:
        size = len(json.dumps(asdict(bindings), ensure_ascii=True))
    except RecursionError as error:
        raise Invalid("bindings.judges: they are nested too deep; flatten them.") from error
    if size > MAX_BINDINGS:
        raise TooLarge(f"bindings: {size} characters are over the limit of {MAX_BINDINGS}.")
    if bindings.repetitions < 1:
        raise Invalid.value("bindings.repetitions", bindings.repetitions, "a whole number from 1")
    for noun in ("dataset_id", "dataset_digest", "split", "model_id"):
        text: str | None = getattr(bindings, noun)
        if text is not None:
            check_name(text, noun=f"bindings.{noun}", most=MAX_KEY)
    for name in (*bindings.scorers, *bindings.directions):
        check_name(name, noun="bindings.scorers", most=MAX_KEY)


def check_row_count(count: int) -> None:
    """Return when an evaluation may have so many rows; else TooLarge."""
    if count > MAX_ROWS_OF_RUN:
        raise TooLarge(f"rows: {count} of one evaluation are over the limit of {MAX_ROWS_OF_RUN}.")
