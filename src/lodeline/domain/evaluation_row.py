"""Row of an evaluation: one record of the data in one repetition, its scores, and what they become.

A row keeps its scores as they were judged; what people say later is in the assessments that the scores name.
"""

import hashlib
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from lodeline.domain.assessment import (
    AssessmentDraft,
    AssessmentError,
    AssessmentSource,
    AssessmentTarget,
    check_draft,
)
from lodeline.domain.canonical import canonical_json
from lodeline.domain.errors import Invalid, TooLarge, shown
from lodeline.domain.experiment import check_name, check_tags
from lodeline.domain.ids import AssessmentId, RunId, TraceId
from lodeline.domain.run import MAX_KEY
from lodeline.domain.span import JsonValue

RowState = Literal["PENDING", "PREDICTING", "SCORING", "DONE", "PREDICT_ERROR", "SCORE_ERROR", "SKIPPED"]
ROW_STATES: tuple[RowState, ...] = (
    "PENDING", "PREDICTING", "SCORING", "DONE", "PREDICT_ERROR", "SCORE_ERROR", "SKIPPED",
)  # fmt: skip
FAILED_ROWS: frozenset[RowState] = frozenset({"PREDICT_ERROR", "SCORE_ERROR"})

MAX_ROWS = 1_000
"""Rows logged in one call."""
MAX_REPETITION = 1_000_000
MAX_SCORES = 200
"""Scores of one row."""
MAX_SCORE_NAMES = 1_000
"""Names of scores in all rows of an evaluation: each is a column of its summary."""
MAX_SLICES = 50
MAX_EXPECTATIONS = 200
MAX_EXPECTATION_CHARS = 1_000_000
"""Of all of a row's expectations, as JSON."""
MAX_SCORE_TEXT = 1_000
MAX_SNAPSHOT_RATIONALE = 500
"""Characters of a rationale that a row keeps; the assessment keeps all of it."""
MAX_MESSAGE = 10_000
MAX_LISTED_MESSAGE = 1_000
"""Characters of an error's message that a list of rows shows; the assessment keeps all of it."""


Amount = Literal["cost_usd", "tokens_total", "duration_ms"]
AMOUNTS: tuple[Amount, ...] = ("cost_usd", "tokens_total", "duration_ms")
"""What a row took: US dollars, tokens of all kinds, milliseconds. `domain.row_amounts` says where they are read."""


@dataclass(frozen=True, slots=True)
class RowScore:
    """What a scorer said of a row, as judged: a value (boolean, number or short text) or the code of an error.

    `assessment_id` names the judgment on the row's trace, whose present state may differ. `error_message` is the
    beginning of what that judgment says of the error: rows do not keep it, lists of them look it up.
    """

    name: str
    value: JsonValue = None
    error: str | None = None
    assessment_id: AssessmentId | None = None
    rationale: str | None = None
    error_message: str = ""


@dataclass(frozen=True, slots=True)
class EvaluationRow:
    """One row: a record (or the index of one) in one repetition.

    `content_hash` is that of the record: rows of two evaluations are paired by it. `cluster` groups rows that are not
    independent, such as those of one conversation; without one, a record's rows are a cluster of their own.

    As it is stored, `cost_usd` and `duration_ms` are what was logged with the row; as services give it, the row's
    trace says what was not logged (`domain.row_amounts`), and `tokens_total`, which is not stored, is the trace's.
    `judged_usd` is what the row's judgments cost, which is no part of `cost_usd`.
    """

    row_key: str
    repetition: int = 0
    record_id: str | None = None
    content_hash: str | None = None
    cluster: str | None = None
    slices: Mapping[str, str] = field(default_factory=dict[str, str])
    state: RowState = "DONE"
    trace_id: TraceId | None = None
    error: str | None = None
    duration_ms: int | None = None
    cost_usd: float | None = None
    scores: tuple[RowScore, ...] = ()
    judged_usd: float | None = None
    tokens_total: int | None = None


def errors_told(program: int, scorer: int) -> str:
    """Return for how many rows the program failed, and for how many a scorer did, in the words that are used
    everywhere; empty where nothing failed."""
    told = (("program failed", program), ("scorer failed", scorer))
    return ", ".join(f"{what}: {count:,}" for what, count in told if count)


CODE = AssessmentSource("CODE")


@dataclass(frozen=True, slots=True)
class ScoreDraft:
    """A score to be logged: as a snapshot in its row and, when the row has a trace, as an assessment on it."""

    name: str
    value: JsonValue = None
    error: str | None = None
    error_message: str = ""
    rationale: str | None = None
    source: AssessmentSource = CODE
    metadata: Mapping[str, str] = field(default_factory=dict[str, str])
    confidence: float | None = None


PERSON = AssessmentSource("HUMAN")


@dataclass(frozen=True, slots=True)
class RowDraft:
    """A row to be logged. One of the same key and repetition is taken over: fields of it that are given replace
    those there are, scores replace those of the same name, and other scores stay. `cost_usd` is what the application
    took for it; it can be left out where the row's trace has a cost.

    `expectations` (what a good answer has, by name) become assessments on the row's trace, said by `expected_by`; the
    row itself does not keep them. A person without a name is whoever logs the row.
    """

    row_key: str
    repetition: int = 0
    record_id: str | None = None
    content_hash: str | None = None
    cluster: str | None = None
    slices: Mapping[str, str] = field(default_factory=dict[str, str])
    state: RowState = "DONE"
    trace_id: TraceId | None = None
    error: str | None = None
    duration_ms: int | None = None
    cost_usd: float | None = None
    scores: tuple[ScoreDraft, ...] = ()
    expectations: Mapping[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    expected_by: AssessmentSource = PERSON
    judged_usd: float | None = None


@dataclass(frozen=True, slots=True)
class LoggedRow:
    """What became of one row: whether anything changed, and the assessment of each of its scores, in order (None
    where the row names no trace or one that is not there)."""

    row_key: str
    repetition: int
    changed: bool
    assessment_ids: tuple[AssessmentId | None, ...] = ()


@dataclass(frozen=True, slots=True)
class RowsReport:
    """What became of a batch of rows. Rows of `missing_traces` are kept; log them again when the traces have
    arrived, and their scores become assessments. `cost_usd` is what the other traces cost, as far as it is known."""

    rows: tuple[LoggedRow, ...]
    missing_traces: tuple[TraceId, ...] = ()
    cost_usd: float = 0.0


@dataclass(frozen=True, slots=True)
class RowFilter:
    """Which rows of an evaluation to list: in one of the states (empty: any), and with an error of this scorer."""

    states: tuple[RowState, ...] = ()
    error_of: str | None = None


Score: TypeAlias = "bool | float | str | None"


@dataclass(frozen=True, slots=True)
class ScoreTable:
    """An evaluation's scores, column by column, for statistics: `values` and `errors` have an entry a row.

    A value of None with an error is an error; without one it is missing. Rows are in order of key and repetition.
    `amounts` are those of all rows by the present state of their traces (`domain.row_amounts`), also of failed ones.
    """

    run_id: RunId
    row_keys: tuple[str, ...]
    repetitions: tuple[int, ...]
    content_hashes: tuple[str | None, ...]
    record_ids: tuple[str | None, ...]
    clusters: tuple[str | None, ...]
    slices: tuple[Mapping[str, str], ...]
    states: tuple[RowState, ...]
    values: Mapping[str, Sequence[Score]]
    errors: Mapping[str, Sequence[str | None]]
    amounts: Mapping[Amount, Sequence[float | None]] = field(default_factory=dict["Amount", "Sequence[float | None]"])


def merged_row(present: EvaluationRow | None, draft: RowDraft, ids: Sequence[AssessmentId | None]) -> EvaluationRow:
    """Return the row after a draft of it was logged whose scores became the assessments `ids`.

    A row with an error of a scorer is in state SCORE_ERROR, not DONE.
    """
    scores = {} if present is None else {score.name: score for score in present.scores}
    for score, given in zip(draft.scores, ids, strict=True):
        known = scores.get(score.name)
        assessment_id = known.assessment_id if given is None and known is not None else given
        rationale = (score.rationale or "")[:MAX_SNAPSHOT_RATIONALE] or None
        scores[score.name] = RowScore(score.name, score.value, score.error, assessment_id, rationale)
    state = draft.state
    if state in {"DONE", "SCORE_ERROR"} and scores:
        state = "SCORE_ERROR" if any(score.error is not None for score in scores.values()) else "DONE"
    before = present or EvaluationRow(draft.row_key, draft.repetition)
    return EvaluationRow(
        row_key=draft.row_key,
        repetition=draft.repetition,
        record_id=draft.record_id or before.record_id,
        content_hash=draft.content_hash or before.content_hash,
        cluster=draft.cluster or before.cluster,
        slices={**before.slices, **draft.slices},
        state=state,
        trace_id=draft.trace_id or before.trace_id,
        error=draft.error if state in FAILED_ROWS else None,
        duration_ms=before.duration_ms if draft.duration_ms is None else draft.duration_ms,
        cost_usd=before.cost_usd if draft.cost_usd is None else draft.cost_usd,
        scores=tuple(scores.values()),
        judged_usd=before.judged_usd if draft.judged_usd is None else draft.judged_usd,
    )


def judgment_of(run_id: RunId, row: RowDraft, score: ScoreDraft, trace_id: TraceId) -> AssessmentDraft | None:
    """Return the assessment that a score of a row becomes on the row's trace; None when it says nothing."""
    if score.value is None and score.error is None:
        return None
    return AssessmentDraft(
        target=AssessmentTarget(trace_id=trace_id),
        name=score.name,
        kind="FEEDBACK",
        source=score.source,
        value=score.value,
        error=None if score.error is None else AssessmentError(score.error, score.error_message),
        rationale=score.rationale,
        metadata=score.metadata,
        identifier=score_identifier(run_id, row, score.name),
        confidence=score.confidence,
        run_id=run_id,
    )


def expectations_of(run_id: RunId, row: RowDraft, trace_id: TraceId, by: str | None) -> list[AssessmentDraft]:
    """Return the assessments that a row's expectations become on the row's trace, logged by `by`."""
    source = row.expected_by
    if by is not None and source == PERSON:
        source = AssessmentSource("HUMAN", by)
    target = AssessmentTarget(trace_id=trace_id)
    return [
        AssessmentDraft(
            target=target,
            name=name,
            kind="EXPECTATION",
            source=source,
            value=value,
            metadata={} if row.record_id is None else {RECORD_OF: row.record_id},
            identifier=score_identifier(run_id, row, f"expected:{name}"),
            run_id=run_id,
        )
        for name, value in row.expectations.items()
        if value is not None
    ]


RECORD_OF = "lodeline.record_id"
"""The entry of an expectation's metadata that names the record it is from."""


def score_identifier(run_id: RunId, draft: RowDraft, name: str) -> str:
    """Return what makes logging a score again the same judgment; a long row key counts by its digest."""
    key = draft.row_key if len(draft.row_key) <= _KEY_SHOWN else hashlib.sha256(draft.row_key.encode()).hexdigest()
    return f"{run_id}:{key}:{draft.repetition}:{name}"


_KEY_SHOWN = 64


def check_rows(rows: Sequence[RowDraft]) -> None:
    """Return when rows can be stored; else Invalid or TooLarge, naming the row and what is wrong."""
    if len(rows) > MAX_ROWS:
        raise TooLarge(f"rows: {len(rows)} are over the limit of {MAX_ROWS} in one call.")
    seen: set[tuple[str, int]] = set()
    for row in rows:
        check_row(row)
        if (row.row_key, row.repetition) in seen:
            raise Invalid(f"row {shown(row.row_key)}: repetition {row.repetition} is given twice in one call.")
        seen.add((row.row_key, row.repetition))


def check_row(row: RowDraft | EvaluationRow) -> None:
    """Return when one row can be stored; else Invalid or TooLarge."""
    check_name(row.row_key, noun="row_key", most=MAX_KEY)
    if not 0 <= row.repetition <= MAX_REPETITION:
        raise Invalid.value("repetition", row.repetition, f"a whole number from 0 to {MAX_REPETITION}")
    for noun in ("record_id", "content_hash", "cluster", "trace_id"):
        text: str | None = getattr(row, noun)
        if text is not None:
            check_name(text, noun=noun, most=MAX_KEY)
    if len(row.slices) > MAX_SLICES:
        raise TooLarge(f"slices: {len(row.slices)} are over the limit of {MAX_SLICES}.")
    check_tags(row.slices)
    if row.error is not None and len(row.error) > MAX_MESSAGE:
        raise TooLarge(f"error: {len(row.error)} characters are over the limit of {MAX_MESSAGE}.")
    if row.duration_ms is not None and not 0 <= row.duration_ms < 2**53:
        raise Invalid.value("duration_ms", row.duration_ms, "milliseconds from 0")
    for noun, cost in (("cost_usd", row.cost_usd), ("judged_usd", row.judged_usd)):
        if cost is not None and not (math.isfinite(cost) and cost >= 0):
            raise Invalid.value(noun, cost, "US dollars from 0")
    if isinstance(row, RowDraft) and row.expectations:
        _check_expectations(row)
    if len(row.scores) > MAX_SCORES:
        raise TooLarge(f"scores: {len(row.scores)} are over the limit of {MAX_SCORES} in one row.")
    names = [score.name for score in row.scores]
    if len(set(names)) < len(names):
        raise Invalid(f"row {shown(row.row_key)}: two scores have one name.")
    for score in row.scores:
        check_score(score)


def _check_expectations(row: RowDraft) -> None:
    if len(row.expectations) > MAX_EXPECTATIONS:
        raise TooLarge(f"expectations: {len(row.expectations)} are over the limit of {MAX_EXPECTATIONS} in one row.")
    canonical_json(row.expectations, most_chars=MAX_EXPECTATION_CHARS)
    check_name(row.expected_by.source_id, noun="source_id", most=500)
    for draft in expectations_of(RunId("-"), row, TraceId("-"), None):
        check_draft(draft)


def check_score(score: ScoreDraft | RowScore) -> None:
    """Return when one score can be stored; else Invalid or TooLarge, naming it."""
    check_name(score.name, noun="score name", most=MAX_KEY)
    if isinstance(score, ScoreDraft):
        _check_judgment(score)
    if score.error is not None:
        check_name(score.error, noun=f"score {score.name!r}: error", most=MAX_KEY)
    if score.error is not None and score.value is not None:
        raise Invalid(f"score {shown(score.name)}: give value or error, not both.")
    match score.value:
        case None | bool():
            return
        case int() | float() as number:
            if not (-(2**63) <= number < 2**63 if isinstance(number, int) else math.isfinite(number)):
                raise Invalid.value(f"score {score.name}", number, "a finite number of 64 bits, or an error")
        case str() as text:
            if len(text) > MAX_SCORE_TEXT:
                raise TooLarge(
                    f"score {score.name!r}: {len(text)} characters are over the limit of {MAX_SCORE_TEXT}."
                )
        case _:
            raise Invalid.value(f"score {score.name}", score.value, "true, false, a number or a short text")


def _check_judgment(score: ScoreDraft) -> None:
    """Bound what of a score only its assessment keeps."""
    check_tags(score.metadata)
    check_name(score.source.source_id, noun="source_id", most=500)
    if len(score.error_message) > MAX_MESSAGE:
        raise TooLarge(f"score {score.name!r}: its error_message is over the limit of {MAX_MESSAGE} characters.")
    draft = judgment_of(RunId("-"), RowDraft("-"), score, TraceId("-"))
    if draft is not None:
        check_draft(draft)


def check_score_names(names: Collection[str]) -> None:
    """Return when an evaluation may have scores of these names; else TooLarge."""
    if len(names) > MAX_SCORE_NAMES:
        raise TooLarge(
            f"scores: {len(names)} names in one evaluation are over the limit of {MAX_SCORE_NAMES}; what differs "
            "from row to row belongs into a score's value or metadata, not into its name."
        )
