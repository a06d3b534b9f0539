"""Assessment: a quality judgment on a trace, a span or a session; an append-only ledger with linear overrides."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

from lodeline.domain.errors import Invalid
from lodeline.domain.ids import AssessmentId, ExperimentId, SpanId, TraceId
from lodeline.domain.span import JsonValue

AssessmentKind = Literal["FEEDBACK", "EXPECTATION", "ISSUE_REF"]
SourceKind = Literal["HUMAN", "LLM_JUDGE", "CODE"]
UNNAMED = "default"
SESSION_KEY = "mlflow.trace.session"
"""The metadata by which a judgment on one trace says, in MLflow's words, that it is of the whole session."""
STACK_KEY = "lodeline.mlflow.stack_trace"
"""The entry of a judgment's metadata that says where its error was raised; MLflow's clients read it as
`stack_trace`."""
MAX_OF_SESSIONS = 5_000
"""Most judgments of sessions that a filter is widened by."""
MAX_NAME = 250
MAX_RATIONALE = 100_000
MAX_VALUE_DEPTH = 64
"""Lists and mappings within each other in a value."""


@dataclass(frozen=True, slots=True)
class AssessmentSource:
    """Who or what judged: a person, a model or code. `digest` pins the version of a judge.

    A person without a name (`UNNAMED`) becomes, when the judgment is logged, the account that logs it.
    """

    kind: SourceKind
    source_id: str = UNNAMED
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class AssessmentError:
    """Why there is no value. An error is never a zero: means leave it out and count it apart."""

    code: str
    message: str = ""
    stack_digest: str | None = None


@dataclass(frozen=True, slots=True)
class AssessmentTarget:
    """What is judged: a trace, a span of a trace, or a session. Exactly one of trace_id and session is set."""

    trace_id: TraceId | None = None
    span_id: SpanId | None = None
    session: str | None = None

    def __post_init__(self) -> None:
        """Check the one rule of targets."""
        if (self.trace_id is None) == (self.session is None):
            raise Invalid(
                "target: give either trace_id or session, not both and not neither.",
                details={"field": "target", "fields": ["trace_id", "session"]},
            )
        if self.span_id is not None and self.trace_id is None:
            raise Invalid("target: a span_id needs the trace_id of its trace.")

    @property
    def label(self) -> str:
        """What the audit trail calls it: a session's id may be content, so it is not named."""
        if self.trace_id is None:
            return "session"
        return self.trace_id if self.span_id is None else f"{self.trace_id}/{self.span_id}"


@dataclass(frozen=True, slots=True)
class AssessmentDraft:
    """A judgment to be logged.

    `identifier` makes it idempotent within (target, name): sent again equal it changes nothing, sent with other
    content it becomes a new revision. `overrides` must name the present head of a chain. `assessment_id` is given
    only by importers. Exactly one of `value` and `error` says what came out; an ISSUE_REF has neither.
    """

    target: AssessmentTarget
    name: str
    kind: AssessmentKind
    source: AssessmentSource
    value: JsonValue = None
    error: AssessmentError | None = None
    rationale: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict[str, str])
    identifier: str | None = None
    overrides: AssessmentId | None = None
    confidence: float | None = None
    run_id: str | None = None
    created_ms: int | None = None
    assessment_id: AssessmentId | None = None


@dataclass(frozen=True, slots=True)
class Assessment:
    """One assessment in its present revision (`revision` counts from 1; older ones stay readable).

    `valid` is true for the head of its chain: exactly one assessment of a chain is valid. `superseded_by` names the
    one that overrides it. Times are epoch milliseconds.
    """

    assessment_id: AssessmentId
    experiment_id: ExperimentId
    target: AssessmentTarget
    name: str
    kind: AssessmentKind
    source: AssessmentSource
    created_ms: int
    updated_ms: int
    value: JsonValue = None
    error: AssessmentError | None = None
    rationale: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict[str, str])
    identifier: str | None = None
    overrides: AssessmentId | None = None
    superseded_by: AssessmentId | None = None
    valid: bool = True
    revision: int = 1
    confidence: float | None = None
    run_id: str | None = None
    created_by: str | None = None


@dataclass(frozen=True, slots=True)
class AssessmentChange:
    """A new revision of an assessment: None leaves a field; metadata is merged key by key; `reason` is recorded.

    `replace_value` says that `value`/`error` are to be taken (None is a possible value).
    """

    name: str | None = None
    replace_value: bool = False
    value: JsonValue = None
    error: AssessmentError | None = None
    rationale: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict[str, str])
    confidence: float | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class AssessmentRevision:
    """One entry of the ledger: the assessment as it stood from `at_ms` on. `deleted` marks its removal."""

    assessment: Assessment
    at_ms: int
    by: str | None
    reason: str | None = None
    deleted: bool = False


_NAME = re.compile(r"[^\x00-\x1f\x7f\ud800-\udfff]{1,250}")


def check_draft(draft: AssessmentDraft) -> AssessmentDraft:
    """Return `draft`; Invalid when its name, value, error, confidence or kind contradict each other, or its value is
    nested too deep."""
    if not _NAME.fullmatch(draft.name) or not draft.name.strip():
        raise Invalid.value("name", draft.name, f"1 to {MAX_NAME} characters without control characters")
    if draft.error is not None and draft.value is not None:
        raise Invalid(f"assessment {draft.name!r}: give value or error, not both.", details={"field": "value"})
    if draft.kind == "ISSUE_REF" and (draft.error is not None or draft.value is not None):
        raise Invalid(f"assessment {draft.name!r}: an issue reference has no value and no error.")
    if draft.kind != "ISSUE_REF" and draft.error is None and draft.value is None:
        raise Invalid(
            f"assessment {draft.name!r}: value is missing; give a value, or an error that says why not.",
            details={"field": "value"},
        )
    if draft.kind == "EXPECTATION" and draft.error is not None:
        raise Invalid(f"assessment {draft.name!r}: an expectation has a value, never an error.")
    if draft.confidence is not None and not 0 <= draft.confidence <= 1:
        raise Invalid.value("confidence", draft.confidence, "a number from 0 to 1")
    if draft.rationale is not None and len(draft.rationale) > MAX_RATIONALE:
        raise Invalid.value("rationale", f"{len(draft.rationale)} characters", f"at most {MAX_RATIONALE}")
    _check_depth(draft.value)
    return draft


def _check_depth(value: JsonValue) -> None:
    level: list[JsonValue] = [value]
    for _ in range(MAX_VALUE_DEPTH + 1):
        level = [inner for item in level for inner in _inner(item)]
        if not level:
            return
    raise Invalid(f"value: is nested deeper than {MAX_VALUE_DEPTH} levels; flatten it.", details={"field": "value"})


def _inner(value: JsonValue) -> Iterable[JsonValue]:
    if isinstance(value, Mapping):
        return value.values()
    return value if isinstance(value, Sequence) and not isinstance(value, str) else ()


def numeric_value(value: JsonValue) -> float | None:
    """Return what an assessment's value counts as in means and comparisons.

    Numbers are themselves (integers beyond all floats infinite); true is 1 and false 0; "yes"/"pass"/"true" are 1
    and "no"/"fail"/"false" 0 in any letter case; everything else has no number.
    """
    if isinstance(value, bool):
        return 1.0 if value else 0.0
    if isinstance(value, int | float):
        try:
            return float(value)
        except OverflowError:
            return math.inf if value > 0 else -math.inf
    if isinstance(value, str):
        return _WORDS.get(value.casefold())
    return None


def mean_value(values: Iterable[JsonValue]) -> float | None:
    """Return the mean of those of the values that count as numbers, the same in whatever order they come; None when
    none does."""
    numbers = [number for number in map(numeric_value, values) if number is not None]
    if not numbers:
        return None
    if not all(map(math.isfinite, numbers)):
        return sum(numbers)
    with suppress(OverflowError):
        return math.fsum(numbers) / len(numbers)
    return math.fsum(number / len(numbers) for number in numbers)


_WORDS = {"yes": 1.0, "pass": 1.0, "true": 1.0, "no": 0.0, "fail": 0.0, "false": 0.0}


@dataclass(frozen=True, slots=True)
class LoggedAssessment:
    """What became of one draft: the assessment, and whether logging it changed anything.

    With `parked_until_ms` (epoch milliseconds) it is not in the ledger yet: it waits until then for its trace.
    """

    assessment: Assessment
    changed: bool
    parked_until_ms: int | None = None


@dataclass(frozen=True, slots=True)
class BatchItem:
    """What became of one draft of a batch: either `assessment` or the error's `code` and `message`.

    `parked_until_ms` is that of `LoggedAssessment`.
    """

    assessment: Assessment | None
    changed: bool
    code: str | None = None
    message: str | None = None
    parked_until_ms: int | None = None
