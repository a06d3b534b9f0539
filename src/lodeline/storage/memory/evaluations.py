"""Evaluations in memory."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from lodeline.domain.assessment import Assessment
from lodeline.domain.audit import AuditEntry
from lodeline.domain.errors import Conflict, Deleted, NotFound
from lodeline.domain.evaluated_run import check_adoptable, renewed_row
from lodeline.domain.evaluation import (
    RUN_STATUS,
    Evaluation,
    EvaluationChange,
    EvaluationDraft,
    EvaluationDump,
    check_row_count,
    check_transition,
)
from lodeline.domain.evaluation_row import (
    AMOUNTS,
    EvaluationRow,
    LoggedRow,
    RowDraft,
    RowFilter,
    RowScore,
    RowsReport,
    Score,
    ScoreTable,
    check_score_names,
    expectations_of,
    judgment_of,
    merged_row,
)
from lodeline.domain.ids import AssessmentId, ExperimentId, RunId, TraceId
from lodeline.domain.ledger import plan_log
from lodeline.domain.page import Page
from lodeline.domain.row_amounts import NOTHING, amounts_of, row_amounts, with_amounts
from lodeline.domain.run import RunChange, changed_run
from lodeline.query import cursor as cursors
from lodeline.query.build import ALL
from lodeline.storage.memory.run_record import EvaluationRecord, RunRecord
from lodeline.storage.memory.runs import add, visible, writable
from lodeline.storage.memory.state import State


@dataclass(slots=True)
class _Batch:
    """One batch of rows while it is logged."""

    record: RunRecord
    evaluation: EvaluationRecord
    by: str | None
    now_ms: int
    missing: dict[TraceId, None] = field(default_factory=dict[TraceId, None])


class MemoryEvaluations:
    """The `EvaluationStore` of the memory backend."""

    def __init__(self, state: State) -> None:
        self._state = state

    def create(self, experiment_id: ExperimentId, draft: EvaluationDraft, *, now_ms: int, audit: AuditEntry
               ) -> Evaluation:  # fmt: skip
        with self._state.lock:
            of = replace(draft.run, kind="EVALUATION", status=RUN_STATUS["CREATED"])
            record = add(self._state, experiment_id, of, now_ms=now_ms)
            record.evaluation = EvaluationRecord(
                "CREATED", draft.bindings, draft.rows_total or 0, scorers=dict.fromkeys(draft.bindings.scorers)
            )
            self._state.record(replace(audit, target=record.run.run_id))
            return record.evaluation.current(record.current())

    def get(self, run_id: RunId) -> Evaluation:
        with self._state.lock:
            record, evaluation = self._visible(run_id)
            return evaluation.current(record.current())

    def change(self, run_id: RunId, change: EvaluationChange, *, expected: Evaluation, now_ms: int, audit: AuditEntry
               ) -> Evaluation:  # fmt: skip
        with self._state.lock:
            record, evaluation = self._writable(run_id)
            if evaluation.state != expected.state:
                raise Conflict(
                    f"evaluation {run_id!r} is {evaluation.state} by now, not {expected.state}; look again.",
                    code="evaluation_state",
                    details={"state": evaluation.state},
                )
            check_transition(run_id, evaluation.state, change.state)
            record.run = changed_run(record.run, RunChange(status=RUN_STATUS[change.state]), now_ms=now_ms)
            evaluation.state = change.state
            evaluation.message = change.message
            evaluation.bindings = evaluation.bindings if change.bindings is None else change.bindings
            evaluation.rows_total = evaluation.rows_total if change.rows_total is None else change.rows_total
            self._state.record(audit)
            return evaluation.current(record.current())

    def adopt(self, run_id: RunId, dump: EvaluationDump, rows: Sequence[EvaluationRow], *, audit: AuditEntry
              ) -> Evaluation:  # fmt: skip
        with self._state.lock:
            record = writable(self._state, run_id)
            check_adoptable(record.run)
            known = record.evaluation
            before = None if known is None else known.current(record.current())
            evaluation = EvaluationRecord(
                dump.state, dump.bindings, dump.rows_total, dump.message,
                scorers=dict.fromkeys(dump.bindings.scorers if known is None else known.scorers),
                rows={} if known is None else dict(known.rows),
            )  # fmt: skip
            for row in rows:
                key = (row.row_key, row.repetition)
                evaluation.rows[key] = renewed_row(evaluation.rows.get(key), row)
                evaluation.scorers.update(dict.fromkeys(score.name for score in row.scores))
            check_row_count(len(evaluation.rows))
            check_score_names(evaluation.scorers)
            record.run = replace(record.run, kind="EVALUATION")
            record.evaluation = evaluation
            after = evaluation.current(record.current())
            if after != before or (known is not None and known.rows != evaluation.rows):
                self._state.record(audit)
            return after

    def log_rows(self, run_id: RunId, rows: Sequence[RowDraft], *, by: str | None, now_ms: int, audit: AuditEntry
                 ) -> RowsReport:  # fmt: skip
        with self._state.lock:
            record, evaluation = self._writable(run_id)
            if evaluation.state != "RUNNING":
                raise Conflict(
                    f"evaluation {run_id!r} is {evaluation.state} and takes no rows; start or resume it first.",
                    code="evaluation_state",
                    details={"state": evaluation.state},
                )
            total = len({*evaluation.rows, *((row.row_key, row.repetition) for row in rows)})
            check_row_count(total)
            check_score_names({*evaluation.scorers, *(score.name for row in rows for score in row.scores)})
            batch = _Batch(record, evaluation, by, now_ms)
            logged = tuple(self._log_row(batch, row) for row in rows)
            if any(row.changed for row in logged):
                self._state.record(audit)
            return RowsReport(logged, tuple(batch.missing))

    def rows(self, run_id: RunId, which: RowFilter, *, limit: int, cursor: str | None = None) -> Page[EvaluationRow]:
        fingerprint = cursors.fingerprint("run", ALL, (), "rows", run_id, repr(which))
        after = None if cursor is None else cursors.decode(cursor, fingerprint)
        with self._state.lock:
            _, evaluation = self._visible(run_id)
            found = [
                evaluation.rows[key]
                for key in sorted(evaluation.rows)
                if (after is None or key > after) and _selects(which, evaluation.rows[key])
            ]
        more = len(found) > limit
        last = found[:limit][-1:]
        end = cursors.encode((last[0].row_key, last[0].repetition), fingerprint) if more else None
        return Page(tuple(found[:limit]), end)

    def row(self, run_id: RunId, row_key: str, repetition: int) -> EvaluationRow | None:
        with self._state.lock:
            return self._visible(run_id)[1].rows.get((row_key, repetition))

    def scores(self, run_id: RunId, *, effective: bool = False) -> ScoreTable:
        with self._state.lock:
            record, evaluation = self._visible(run_id)
            rows = [self._measured(record, evaluation.rows[key]) for key in sorted(evaluation.rows)]
            return _table(run_id, rows, tuple(evaluation.scorers), self._now if effective else None)

    def _measured(self, record: RunRecord, row: EvaluationRow) -> EvaluationRow:
        """Return a row with what it took."""
        trace = None if row.trace_id is None else self._state.traces.get(row.trace_id)
        same = trace is not None and trace.experiment_id == record.run.experiment_id
        return with_amounts(row, amounts_of(trace.trace()) if trace is not None and same else NOTHING)

    def _now(self, score: RowScore) -> RowScore:
        """Return a score as the judgment on the trace stands now."""
        found = None if score.assessment_id is None else self._last(score.assessment_id)
        if score.assessment_id is None or score.assessment_id not in self._state.ledger:
            return score
        while found is not None and found.superseded_by is not None:
            found = self._last(found.superseded_by)
        value = None if found is None else found.value
        plain = value if isinstance(value, bool | int | float | str) else None
        error = None if found is None or found.error is None else found.error.code
        return replace(score, value=plain, error=error)

    def _last(self, assessment_id: AssessmentId) -> Assessment | None:
        revisions = self._state.ledger.get(assessment_id)
        return None if revisions is None or revisions[-1].deleted else revisions[-1].assessment

    def _log_row(self, batch: _Batch, draft: RowDraft) -> LoggedRow:
        record, evaluation = batch.record, batch.evaluation
        key = (draft.row_key, draft.repetition)
        present = evaluation.rows.get(key)
        trace_id = draft.trace_id or (None if present is None else present.trace_id)
        ids: list[AssessmentId | None] = [None] * len(draft.scores)
        judged = False
        if trace_id is not None:
            trace = self._state.traces.get(trace_id)
            if trace is None or trace.experiment_id != record.run.experiment_id:
                batch.missing[trace_id] = None
            else:
                judged, ids = self._judge(batch, draft, trace_id)
        row = merged_row(present, draft, ids)
        evaluation.scorers.update(dict.fromkeys(score.name for score in row.scores))
        evaluation.rows[key] = row
        return LoggedRow(row.row_key, row.repetition, judged or row != present, tuple(ids))

    def _judge(self, batch: _Batch, draft: RowDraft, trace_id: TraceId) -> tuple[bool, list[AssessmentId | None]]:
        state, run = self._state, batch.record.run
        trace = state.traces[trace_id]
        changed = False
        if run.run_id not in trace.linked and trace.fold.summary().run_id != run.run_id:
            trace.linked[run.run_id] = None
            changed = True
        peers = [a for a in state.present_assessments() if a.target.trace_id == trace_id and a.run_id == run.run_id]
        scores = [judgment_of(run.run_id, draft, score, trace_id) for score in draft.scores]
        ids: list[AssessmentId | None] = []
        for judgment in (*scores, *expectations_of(run.run_id, draft, trace_id, batch.by)):
            if judgment is None:
                ids.append(None)
                continue
            plan = plan_log(
                judgment, peers, lambda i: (state.ledger.get(i) or [None])[-1], experiment_id=run.experiment_id,
                by=batch.by, now_ms=batch.now_ms,
            )  # fmt: skip
            for revision in plan.revisions:
                state.ledger.setdefault(revision.assessment.assessment_id, []).append(revision)
            changed = changed or plan.changed
            ids.append(plan.assessment.assessment_id)
        return changed, ids[: len(scores)]

    def _visible(self, run_id: RunId) -> tuple[RunRecord, EvaluationRecord]:
        record = visible(self._state, run_id, "evaluation")
        return record, _evaluation(record)

    def _writable(self, run_id: RunId) -> tuple[RunRecord, EvaluationRecord]:
        record = writable(self._state, run_id)
        evaluation = _evaluation(record)
        if record.run.lifecycle == "DELETED":
            raise Deleted.of("run", run_id)
        return record, evaluation


def _evaluation(record: RunRecord) -> EvaluationRecord:
    if record.evaluation is None:
        raise NotFound.of("evaluation", record.run.run_id)
    return record.evaluation


def _selects(which: RowFilter, row: EvaluationRow) -> bool:
    failed = {score.name for score in row.scores if score.error is not None}
    return (not which.states or row.state in which.states) and (which.error_of is None or which.error_of in failed)


def _table(
    run_id: RunId,
    rows: Sequence[EvaluationRow],
    scorers: Sequence[str],
    now: Callable[[RowScore], RowScore] | None,
) -> ScoreTable:
    values: dict[str, list[Score]] = {name: [None] * len(rows) for name in scorers}
    errors: dict[str, list[str | None]] = {name: [None] * len(rows) for name in scorers}
    for number, row in enumerate(rows):
        for each in row.scores:
            score = each if now is None else now(each)
            value = score.value
            values[score.name][number] = value if isinstance(value, bool | int | float | str) else None
            errors[score.name][number] = score.error
    return ScoreTable(
        run_id,
        tuple(row.row_key for row in rows),
        tuple(row.repetition for row in rows),
        tuple(row.content_hash for row in rows),
        tuple(row.record_id for row in rows),
        tuple(row.cluster for row in rows),
        tuple(row.slices for row in rows),
        tuple(row.state for row in rows),
        values,
        errors,
        {amount: [row_amounts(row)[amount] for row in rows] for amount in AMOUNTS},
    )
