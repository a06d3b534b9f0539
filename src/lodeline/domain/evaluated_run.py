"""What `mlflow.genai.evaluate` logs, as an evaluation: a run that says by a tag what it is, traces that belong to it,
and judgments on them that name the run.

A trace of the run is a row, and what the run judged of it are the row's scores, as they are: nothing is judged again.
"""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from lodeline.domain.assessment import Assessment
from lodeline.domain.errors import Conflict, Deleted, LodelineError
from lodeline.domain.evaluation import Bindings, EvaluationState
from lodeline.domain.evaluation_row import (
    MAX_MESSAGE,
    MAX_SCORE_TEXT,
    MAX_SCORES,
    MAX_SLICES,
    MAX_SNAPSHOT_RATIONALE,
    EvaluationRow,
    RowScore,
    RowState,
    check_score,
)
from lodeline.domain.experiment import check_tags
from lodeline.domain.ids import RunId
from lodeline.domain.run import ENDED, Run, RunStatus
from lodeline.domain.span import JsonValue
from lodeline.domain.trace import Trace, TraceState

RUN_TYPE, EVALUATES = "mlflow.runType", "genai_evaluate"
"""The tag of a run that MLflow's client evaluates in, and its value."""
JUDGE_COST = "mlflow.assessment.judgeCost"
"""The entry of a judgment's metadata with what it cost in US dollars."""
_BY, _CLIENT = "evaluated_by", "mlflow.genai.evaluate"
_OWN_TAGS = ("mlflow.", "lodeline.")
_NS_PER_MS = 1_000_000
_STATES: Mapping[TraceState, RowState] = {
    "IN_PROGRESS": "PREDICTING", "OK": "DONE", "ERROR": "PREDICT_ERROR", "ABANDONED": "PREDICT_ERROR",
}  # fmt: skip
_OF_STATUS: Mapping[RunStatus, EvaluationState] = {
    "SCHEDULED": "CREATED", "RUNNING": "RUNNING", "FINISHED": "COMPLETED", "FAILED": "FAILED", "KILLED": "CANCELLED",
}  # fmt: skip


def is_to_adopt(run: Run) -> bool:
    """Tell whether MLflow's client has evaluated in this plain run, and has ended it."""
    return run.kind == "RUN" and run.status in ENDED and run.tags.get(RUN_TYPE) == EVALUATES


def check_adoptable(run: Run) -> None:
    """Return when a run can become an evaluation, or is one; Deleted when it is deleted, else Conflict."""
    if run.lifecycle == "DELETED":
        raise Deleted.of("run", run.run_id)
    if run.kind not in {"RUN", "EVALUATION"}:
        raise Conflict(f"run {run.run_id!r} is of kind {run.kind} and cannot become an evaluation.", code="run_kind")


def is_adopted(bindings: Bindings) -> bool:
    """Tell whether an evaluation is one that MLflow's client made: it sets the status of its run."""
    return bindings.environment.get(_BY) == _CLIENT


def adopted(bindings: Bindings) -> Bindings:
    """Return bindings that say that MLflow's client made the evaluation."""
    return replace(bindings, environment={**bindings.environment, _BY: _CLIENT})


def adopted_state(status: RunStatus, *, whole: bool) -> EvaluationState:
    """Return the state of an evaluation by its run's status; `whole` says that every row is done."""
    return "COMPLETED_WITH_ERRORS" if status == "FINISHED" and not whole else _OF_STATUS[status]


def row_of_trace(
    run_id: RunId, trace: Trace, judgments: Iterable[Assessment], *, content_hash: str | None, record_id: str | None
) -> EvaluationRow:
    """Return the row that a trace of a run is, with what the run judged of it.

    `judgments` are the trace's, oldest first: of two of one name the later counts. The key is
    the trace's id, its tags are the slices.
    """
    of_run = [each for each in judgments if each.kind == "FEEDBACK" and each.run_id == run_id and not each.overrides]
    state = _STATES[trace.state]
    scores = [*{each.name: _score(each) for each in of_run}.values()][:MAX_SCORES]
    error = trace.status_message[:MAX_MESSAGE] or f"the trace is {trace.state}"
    return EvaluationRow(
        row_key=trace.trace_id,
        record_id=record_id,
        content_hash=content_hash,
        slices=_slices(trace.tags),
        state=_scored(state, scores),
        trace_id=trace.trace_id,
        error=error if state == "PREDICT_ERROR" else None,
        duration_ms=None if trace.duration_ns is None else max(0, trace.duration_ns // _NS_PER_MS),
        scores=tuple(scores),
        judged_usd=_judged_usd(of_run),
    )


def expected_of(run: Run, judgments: Iterable[Assessment]) -> dict[str, JsonValue]:
    """Return what was expected of a trace when the run evaluated it: what the run said itself, and what was there
    before it."""
    return {
        each.name: each.value
        for each in judgments
        if each.kind == "EXPECTATION" and each.valid and each.value is not None
        and (each.run_id == run.run_id or each.created_ms < run.start_ms)
    }  # fmt: skip


def renewed_row(present: EvaluationRow | None, row: EvaluationRow) -> EvaluationRow:
    """Return the row after it was adopted again: scores that it has stay as they were judged, others are added."""
    if present is None:
        return row
    before = {score.name: score for score in present.scores}
    scores = dict(before)
    for score in row.scores:
        known = before.get(score.name)
        if known is None or known.assessment_id != score.assessment_id:
            scores[score.name] = score
    kept = tuple(scores.values())
    return replace(row, scores=kept, state=_scored(row.state, kept))


def _scored(state: RowState, scores: Sequence[RowScore]) -> RowState:
    if state not in {"DONE", "SCORE_ERROR"}:
        return state
    return "SCORE_ERROR" if any(score.error is not None for score in scores) else "DONE"


def _score(judgment: Assessment) -> RowScore:
    value = judgment.value
    if value is not None and not isinstance(value, bool | int | float | str):
        value = json.dumps(value, sort_keys=True, ensure_ascii=False)
    score = RowScore(
        name=judgment.name,
        value=value[:MAX_SCORE_TEXT] if isinstance(value, str) else value,
        error=None if judgment.error is None else judgment.error.code,
        assessment_id=judgment.assessment_id,
        rationale=(judgment.rationale or "")[:MAX_SNAPSHOT_RATIONALE] or None,
    )
    try:
        check_score(score)
    except LodelineError as refusal:  # one odd value must not cost the others
        return replace(score, value=None, error=refusal.error_code)
    return score


def _slices(tags: Mapping[str, str]) -> dict[str, str]:
    said = [(key, value) for key, value in tags.items() if not key.startswith(_OWN_TAGS) and _is_tag(key, value)]
    return dict(said[:MAX_SLICES])


def _is_tag(key: str, value: str) -> bool:
    try:
        check_tags({key: value})
    except LodelineError:
        return False
    return True


def _judged_usd(judgments: Iterable[Assessment]) -> float | None:
    known = [_dollars(each.metadata[JUDGE_COST]) for each in judgments if JUDGE_COST in each.metadata]
    return math.fsum(known) if known else None


def _dollars(text: str) -> float:
    try:
        cost = float(text)
    except ValueError:
        return 0.0
    return cost if math.isfinite(cost) and cost >= 0 else 0.0
