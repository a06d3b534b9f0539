"""Whole traces and ledgers in SQLite, taken out and put back."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from lodeline.domain.assessment import AssessmentRevision
from lodeline.domain.errors import Conflict, NotFound
from lodeline.domain.ids import ExperimentId, RunId, TraceId
from lodeline.domain.trace import TRACE_STATES, TraceChange, TraceWrite
from lodeline.domain.transfer import TraceDump
from lodeline.ingest.payload import unpack_facts
from lodeline.storage.sql import assessment_rows, rows
from lodeline.storage.sql import traces as trace_rows
from lodeline.storage.sql.codec import clean
from lodeline.storage.sql.connection import Readers
from lodeline.storage.sql.db import Db
from lodeline.storage.sql.experiments import check_writable, number_of
from lodeline.storage.sql.ingest import TraceIngester
from lodeline.storage.sql.writer import Writer

_ABANDONED = TRACE_STATES.index("ABANDONED")
_SELECT_DUMP = (
    "SELECT t.id, t.received_ms, t.updated_ms, t.state, d.doc FROM traces t JOIN trace_docs d ON d.id = t.id "
    "JOIN experiments e ON e.exp = t.exp AND e.lifecycle = 'ACTIVE' WHERE t.trace_id = ?"
)
_LEDGER_STEP = 500


class SqlTransfer:
    """Implements `storage.base.TransferStore`."""

    def __init__(self, writer: Writer, readers: Readers) -> None:
        self._writer = writer
        self._readers = readers

    def dump(self, trace_id: TraceId) -> TraceDump:
        with self._readers.read() as db:
            row = db.execute(_SELECT_DUMP, (clean(trace_id),)).fetchone()
            if row is None:
                raise NotFound.of("trace", trace_id)
            row_id, received_ms, updated_ms, state, doc = row
            extra = rows.extra_of(doc)
            ids = db.execute("SELECT aid FROM assessments WHERE trace = ? ORDER BY id", (row_id,)).fetchall()
            ledger = [revision for (aid,) in ids for revision in assessment_rows.revisions(db, aid)]
        return TraceDump(
            trace_id=trace_id,
            received_ms=received_ms,
            updated_ms=updated_ms,
            info=extra.info,
            tag_edits={**dict.fromkeys(sorted(extra.removed)), **extra.edited},
            linked_run_ids=extra.linked,
            abandoned=int(state) == _ABANDONED,
            ledger=tuple(ledger),
        )

    def owners(self, trace_ids: Sequence[TraceId]) -> Mapping[TraceId, ExperimentId]:
        with self._readers.read() as db:
            found = {
                trace_id: db.execute("SELECT exp FROM traces WHERE trace_id = ?", (clean(trace_id),)).fetchone()
                for trace_id in trace_ids
            }
        return {trace_id: ExperimentId(str(row[0])) for trace_id, row in found.items() if row is not None}

    def restore(self, experiment_id: ExperimentId, traces: Sequence[tuple[TraceDump, Sequence[bytes]]]
                ) -> Sequence[bool]:  # fmt: skip
        items = [(dump, _writes(experiment_id, dump, chunks)) for dump, chunks in traces]

        def run(db: Db) -> list[bool]:
            check_writable(db, experiment_id)
            ingester = TraceIngester()
            return [_restore(db, experiment_id, dump, writes, ingester) for dump, writes in items]

        return self._writer.call(run)

    def session_ledgers(self, experiment_id: ExperimentId) -> Iterator[Sequence[AssessmentRevision]]:
        sql = (
            "SELECT id, aid FROM assessments WHERE exp = ? AND session IS NOT NULL AND id > ? ORDER BY id "
            f"LIMIT {_LEDGER_STEP}"
        )
        last = 0
        while True:
            with self._readers.read() as db:
                found = db.execute(sql, (number_of(experiment_id), last)).fetchall()
                ledgers = [assessment_rows.revisions(db, aid) for _, aid in found]
            yield from ledgers
            if not found:
                return
            last = found[-1][0]

    def restore_ledger(self, experiment_id: ExperimentId, revisions: Sequence[AssessmentRevision]) -> bool:
        def run(db: Db) -> bool:
            check_writable(db, experiment_id)
            if any(assessment_rows.last_revision(db, r.assessment.assessment_id) is not None for r in revisions):
                return False
            for revision in revisions:
                assessment_rows.append(db, _moved(revision, experiment_id), None)
            return True

        return self._writer.call(run)


def _restore(
    db: Db, experiment_id: ExperimentId, dump: TraceDump, writes: Sequence[TraceWrite], ingester: TraceIngester
) -> bool:
    if db.execute("SELECT 1 FROM traces WHERE trace_id = ?", (dump.trace_id,)).fetchone() is not None:
        return False
    for assessment_id in {revision.assessment.assessment_id for revision in dump.ledger}:
        if assessment_rows.last_revision(db, assessment_id) is not None:
            raise Conflict(f"assessment {assessment_id!r}: its id is taken; nothing was restored.")
    ingester.apply(db, writes)
    row = trace_rows.writable(db, dump.trace_id)
    trace_rows.edit_tags(db, row, _edits(dump))
    for run_id in dump.linked_run_ids:
        trace_rows.link(db, row, RunId(run_id))
    if dump.abandoned:
        trace_rows.abandon(db, row)
    db.execute("UPDATE traces SET updated_ms = ? WHERE id = ?", (dump.updated_ms, row[0]))
    for revision in dump.ledger:
        assessment_rows.append(db, _moved(revision, experiment_id), (row[0], row[2]))
    return True


def _writes(experiment_id: ExperimentId, dump: TraceDump, chunks: Sequence[bytes]) -> list[TraceWrite]:
    writes = [
        TraceWrite(experiment_id, dump.trace_id, unpack_facts(chunk), chunk, received_ms=dump.received_ms)
        for chunk in chunks
    ]
    if dump.info is not None:
        writes.append(TraceWrite(experiment_id, dump.trace_id, info=dump.info, received_ms=dump.received_ms))
    return writes


def _edits(dump: TraceDump) -> TraceChange:
    edited = {key: value for key, value in dump.tag_edits.items() if value is not None}
    return TraceChange(edited, tuple(key for key, value in dump.tag_edits.items() if value is None))


def _moved(revision: AssessmentRevision, experiment_id: ExperimentId) -> AssessmentRevision:
    return replace(revision, assessment=replace(revision.assessment, experiment_id=experiment_id))
