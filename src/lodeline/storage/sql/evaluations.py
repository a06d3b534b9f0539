"""Evaluations in SQLite: their state and their rows. How a batch of rows is logged is in `evaluation_rows`."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

from lodeline.domain.audit import AuditEntry
from lodeline.domain.document import from_document, to_document
from lodeline.domain.errors import Conflict, Deleted, NotFound
from lodeline.domain.evaluated_run import check_adoptable
from lodeline.domain.evaluation import (
    RUN_STATUS,
    Bindings,
    Evaluation,
    EvaluationChange,
    EvaluationDraft,
    EvaluationDump,
    bindings_digest,
    check_row_count,
    check_transition,
)
from lodeline.domain.evaluation_row import EvaluationRow, RowDraft, RowFilter, RowsReport, Score, ScoreTable
from lodeline.domain.ids import AssessmentId, ExperimentId, RunId
from lodeline.domain.page import Page
from lodeline.domain.run import Run, RunChange, changed_run
from lodeline.query import cursor as cursors
from lodeline.query.build import ALL
from lodeline.storage.sql import audit as trail
from lodeline.storage.sql import evaluation_rows, runs
from lodeline.storage.sql.assessment_rows import decode, last_revision
from lodeline.storage.sql.codec import clean, dumps, loads
from lodeline.storage.sql.connection import Readers
from lodeline.storage.sql.db import Db, Row
from lodeline.storage.sql.writer import Writer

_COLUMNS = "state, rows_total, rows_known, rows_done, rows_failed, digest, doc"
_SELECT = f"SELECT {_COLUMNS} FROM evaluations WHERE run = ?"


class SqlEvaluations:
    """Implements `storage.base.EvaluationStore`."""

    def __init__(self, writer: Writer, readers: Readers) -> None:
        self._writer = writer
        self._readers = readers

    def create(self, experiment_id: ExperimentId, draft: EvaluationDraft, *, now_ms: int, audit: AuditEntry
               ) -> Evaluation:  # fmt: skip
        def run(db: Db) -> Evaluation:
            of = replace(draft.run, kind="EVALUATION", status=RUN_STATUS["CREATED"])
            row_id, made = runs.create(db, experiment_id, of, now_ms=now_ms)
            evaluation = insert(db, row_id, made, EvaluationDump("CREATED", draft.bindings, draft.rows_total or 0))
            trail.write(db, replace(audit, target=made.run_id))
            return evaluation

        return self._writer.call(run)

    def get(self, run_id: RunId) -> Evaluation:
        with self._readers.read() as db:
            return _visible(db, run_id)[1]

    def change(self, run_id: RunId, change: EvaluationChange, *, expected: Evaluation, now_ms: int, audit: AuditEntry
               ) -> Evaluation:  # fmt: skip
        def run(db: Db) -> Evaluation:
            row_id, present = writable(db, run_id)
            if present.state != expected.state:
                raise Conflict(
                    f"evaluation {run_id!r} is {present.state} by now, not {expected.state}; look again.",
                    code="evaluation_state",
                    details={"state": present.state},
                )
            check_transition(run_id, present.state, change.state)
            changed_status = RunChange(status=RUN_STATUS[change.state])
            runs.put(db, row_id, changed_run(present.run, changed_status, now_ms=now_ms))
            bindings = present.bindings if change.bindings is None else change.bindings
            total = present.rows_total if change.rows_total is None else change.rows_total
            _put(db, row_id, present, EvaluationDump(change.state, bindings, total, change.message))
            trail.write(db, audit)
            return writable(db, run_id)[1]

        return self._writer.call(run)

    def adopt(self, run_id: RunId, dump: EvaluationDump, rows: Sequence[EvaluationRow], *, audit: AuditEntry
              ) -> Evaluation:  # fmt: skip
        def run(db: Db) -> Evaluation:
            row_id, present = runs.writable(db, run_id)
            check_adoptable(present)
            known = None if present.kind == "RUN" else of_run(db, row_id, present)
            if known is None:
                kept = replace(present, kind="EVALUATION")
                runs.put(db, row_id, kept)
                opened = insert(db, row_id, kept, dump)
            else:
                _put(db, row_id, known, dump)
                opened = known
            changed = evaluation_rows.renew(db, row_id, opened, rows)
            after = writable(db, run_id)[1]
            check_row_count(after.rows_total)
            if changed or after != known:
                trail.write(db, audit)
            return after

        return self._writer.call(run)

    def log_rows(self, run_id: RunId, rows: Sequence[RowDraft], *, by: str | None, now_ms: int,
                 audit: AuditEntry) -> RowsReport:  # fmt: skip
        def run(db: Db) -> RowsReport:
            row_id, present = writable(db, run_id)
            if present.state != "RUNNING":
                raise Conflict(
                    f"evaluation {run_id!r} is {present.state} and takes no rows; start or resume it first.",
                    code="evaluation_state",
                    details={"state": present.state},
                )
            report = evaluation_rows.log(db, row_id, present, rows, by=by, now_ms=now_ms)
            if any(row.changed for row in report.rows):
                trail.write(db, audit)
            return report

        return self._writer.call(run)

    def rows(self, run_id: RunId, which: RowFilter, *, limit: int, cursor: str | None = None) -> Page[EvaluationRow]:
        fingerprint = cursors.fingerprint("run", ALL, (), "rows", run_id, repr(which))
        after = () if cursor is None else cursors.decode(cursor, fingerprint)
        with self._readers.read() as db:
            row_id = _visible(db, run_id)[0]
            found = evaluation_rows.select(db, row_id, which, limit + 1, after)
        last = found[:limit][-1:]
        more = len(found) > limit
        end = cursors.encode((last[0].row_key, last[0].repetition), fingerprint) if more else None
        return Page(tuple(found[:limit]), end)

    def row(self, run_id: RunId, row_key: str, repetition: int) -> EvaluationRow | None:
        with self._readers.read() as db:
            return evaluation_rows.find(db, _visible(db, run_id)[0], row_key, repetition)

    def scores(self, run_id: RunId, *, effective: bool = False) -> ScoreTable:
        with self._readers.read() as db:
            row_id, evaluation = _visible(db, run_id)
            table, places = evaluation_rows.columns(db, row_id, evaluation, place_ids=effective)
            if effective:
                _apply_changes(db, run_id, table, places)
        return table


def insert(db: Db, row_id: int, run: Run, dump: EvaluationDump) -> Evaluation:
    """Add the state of an evaluation whose run has this row id; its rows are added apart."""
    scorers = tuple(dump.bindings.scorers)
    digest = bindings_digest(dump.bindings)
    db.execute(
        f"INSERT INTO evaluations (run, {_COLUMNS}) VALUES (?, ?, ?, 0, 0, 0, ?, ?)",
        (row_id, dump.state, dump.rows_total, digest, doc_of(dump.bindings, scorers, dump.message)),
    )
    return Evaluation(
        run, dump.state, dump.bindings, digest, rows_total=dump.rows_total, scorers=scorers, message=dump.message
    )


def _put(db: Db, row_id: int, present: Evaluation, dump: EvaluationDump) -> None:
    doc = doc_of(dump.bindings, present.scorers, dump.message)
    db.execute(
        "UPDATE evaluations SET state = ?, rows_total = ?, digest = ?, doc = ? WHERE run = ?",
        (dump.state, dump.rows_total, bindings_digest(dump.bindings), doc, row_id),
    )


def doc_of(bindings: Bindings, scorers: tuple[str, ...], message: str | None) -> str:
    """Return the document of an evaluation's row."""
    return dumps({"bindings": to_document(bindings), "scorers": scorers, "message": message})


def writable(db: Db, run_id: RunId) -> tuple[int, Evaluation]:
    """Return an evaluation and its run's row id; NotFound when there is none, Deleted when it or what holds it is."""
    row_id, run = runs.writable(db, run_id)
    evaluation = of_run(db, row_id, run)
    if run.lifecycle == "DELETED":
        raise Deleted.of("run", run_id)
    return row_id, evaluation


def _visible(db: Db, run_id: RunId) -> tuple[int, Evaluation]:
    row = runs.select_active(db, run_id)
    if row is None:
        raise NotFound.of("evaluation", run_id)
    return row[0], of_run(db, row[0], runs.to_run(db, row))


def of_run(db: Db, row_id: int, run: Run) -> Evaluation:
    """Return the evaluation that a run is; NotFound when it is of another kind."""
    row: Row | None = db.execute(_SELECT, (row_id,)).fetchone()
    if row is None:
        raise NotFound.of("evaluation", run.run_id)
    state, total, known, done, failed, digest, doc = row
    data: dict[str, Any] = loads(doc)
    return Evaluation(
        run=run,
        state=state,
        bindings=from_document(Bindings, data["bindings"]),
        bindings_digest=digest,
        rows_total=max(total, known),
        rows_done=done,
        rows_failed=failed,
        scorers=tuple(data["scorers"]),
        message=data["message"],
    )


_CHANGED = (
    "SELECT aid, doc, deleted FROM assessments WHERE run = ? AND run IS NOT NULL "
    "AND (valid = 0 OR deleted = 1 OR json_extract(doc, '$.revision') > 1)"
)
"""Answered by the index of the same condition."""


def _apply_changes(db: Db, run_id: RunId, table: ScoreTable, places: dict[AssessmentId, tuple[int, str]]) -> None:
    """Put what the judgments say now into the columns."""
    for aid, doc, deleted in db.execute(_CHANGED, (clean(run_id),)).fetchall():
        place = places.get(AssessmentId(aid))
        if place is None:
            continue
        row, name = place
        found = None if deleted else decode(doc)
        while found is not None and found.superseded_by is not None:
            following = last_revision(db, found.superseded_by)
            found = None if following is None or following.deleted else following.assessment
        values = cast("list[Score]", table.values[name])
        errors = cast("list[str | None]", table.errors[name])
        value = None if found is None else found.value
        values[row] = value if isinstance(value, bool | int | float | str) else None
        errors[row] = None if found is None or found.error is None else found.error.code
