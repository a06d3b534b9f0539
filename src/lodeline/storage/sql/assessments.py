"""The assessment ledger in SQLite; its rules are in `domain.ledger`."""

from collections.abc import Mapping, Sequence

from lodeline.domain.assessment import (
    MAX_OF_SESSIONS,
    Assessment,
    AssessmentChange,
    AssessmentDraft,
    AssessmentRevision,
    AssessmentTarget,
)
from lodeline.domain.audit import AuditEntry
from lodeline.domain.errors import NotFound
from lodeline.domain.ids import AssessmentId, ExperimentId, TraceId
from lodeline.domain.ledger import FindLast, LedgerPlan, plan_delete, plan_log, plan_update
from lodeline.domain.page import Page
from lodeline.ingest.payload import unpack_facts
from lodeline.query.ast import Compare, In, Search
from lodeline.query.subjects import AssessmentSubject
from lodeline.storage.sql import assessment_rows
from lodeline.storage.sql import audit as trail
from lodeline.storage.sql.assessment_rows import append, assessments_of, decode, last_revision
from lodeline.storage.sql.codec import clean
from lodeline.storage.sql.connection import Readers
from lodeline.storage.sql.db import Db, carray, carray_of_texts
from lodeline.storage.sql.experiment_rows import active_numbers, check_writable, number_of
from lodeline.storage.sql.filter import Atom, Sql, assessment_atom, bind, compare, within
from lodeline.storage.sql.listing import Listing
from lodeline.storage.sql.plan import conjuncts
from lodeline.storage.sql.writer import Writer

TraceRow = tuple[int, int]
"""The row id and the start of a trace."""


class SqlAssessments:
    """Implements `storage.base.AssessmentStore`."""

    def __init__(self, writer: Writer, readers: Readers) -> None:
        self._writer = writer
        self._readers = readers

    def log(self, experiment_id: ExperimentId, draft: AssessmentDraft, *, by: str | None, now_ms: int,
            audit: AuditEntry) -> tuple[Assessment, bool]:  # fmt: skip
        holder = self._holder_of_span(draft.target)

        def run(db: Db) -> tuple[Assessment, bool]:
            check_writable(db, experiment_id)
            trace = _judged(db, experiment_id, draft.target)
            if draft.target.span_id is not None and (trace is None or trace[0] != holder):
                raise NotFound.of("span", draft.target.span_id)
            peers = _peers(db, draft, experiment_id, trace)
            plan = plan_log(draft, peers, _finder(db), experiment_id=experiment_id, by=by, now_ms=now_ms)
            _append(db, plan, trace, audit)
            return plan.assessment, plan.changed

        return self._writer.call(run)

    def get(self, assessment_id: AssessmentId) -> Assessment:
        sql = "SELECT a.doc FROM assessments a " + _ACTIVE + "WHERE a.aid = ? AND a.deleted = 0"
        with self._readers.read() as db:
            row = db.execute(sql, (clean(assessment_id),)).fetchone()
        if row is None:
            raise NotFound.of("assessment", assessment_id)
        return decode(row[0])

    def known(self, assessment_ids: Sequence[AssessmentId]) -> Mapping[AssessmentId, Assessment]:
        sql = "SELECT a.doc FROM assessments a " + _ACTIVE + "WHERE a.aid IN carray(?) AND a.deleted = 0"
        wanted = carray_of_texts([clean(each) for each in assessment_ids if "\x00" not in each])
        with self._readers.read() as db:
            found = [decode(doc) for (doc,) in db.execute(sql, (wanted,))]
        return {each.assessment_id: each for each in found}

    def of_traces(self, trace_ids: Sequence[TraceId]) -> Mapping[TraceId, Sequence[Assessment]]:
        sql = "SELECT a.id, a.trace_id FROM traces a " + _ACTIVE + "WHERE a.trace_id IN carray(?)"
        with self._readers.read() as db:
            wanted = {clean(trace_id): trace_id for trace_id in trace_ids}
            rows = db.execute(sql, (carray_of_texts(tuple(wanted)),))
            row_ids: dict[int, TraceId] = {row_id: wanted[text] for row_id, text in rows}
            found = assessments_of(db, list(row_ids))
        return {row_ids[row_id]: assessments for row_id, assessments in found.items()}

    def of_sessions(self, experiment_ids: Sequence[str], name: str) -> Sequence[Assessment]:
        wanted = carray([-1, *(number_of(ExperimentId(each)) for each in experiment_ids)])
        sql = (
            "SELECT a.doc FROM assessments a INDEXED BY assessments_of_sessions JOIN experiments e ON e.exp = a.exp "
            "AND e.lifecycle = 'ACTIVE' WHERE a.exp IN carray(?) AND a.name = ? AND a.trace IS NOT NULL "
            f"AND a.valid = 1 AND a.deleted = 0 AND {_NAMES_SESSION} "
            f"ORDER BY a.created_ms DESC LIMIT {MAX_OF_SESSIONS}"
        )
        with self._readers.read() as db:
            return [decode(doc) for (doc,) in db.execute(sql, (wanted, clean(name))).fetchall()]

    def search(self, search: Search) -> Page[Assessment]:
        with self._readers.read() as db:
            return _LISTING.page(db, search, scope=_scope(db, search), condition=within(search.node, _atom))

    def update(self, assessment_id: AssessmentId, change: AssessmentChange, *, by: str | None, now_ms: int,
               audit: AuditEntry) -> Assessment:  # fmt: skip
        def run(db: Db) -> Assessment:
            present = _writable(db, assessment_id)
            peers = _namesakes(db, present, change.name)
            plan = plan_update(present, change, peers, by=by, now_ms=now_ms)
            _append(db, plan, None, audit)
            return plan.assessment

        return self._writer.call(run)

    def delete(self, assessment_id: AssessmentId, *, by: str | None, now_ms: int, audit: AuditEntry) -> None:
        def run(db: Db) -> None:
            present = _writable(db, assessment_id)
            _append(db, plan_delete(present, _finder(db), by=by, now_ms=now_ms), None, audit)

        self._writer.call(run)

    def history(self, assessment_id: AssessmentId) -> Sequence[AssessmentRevision]:
        sql = "SELECT 1 FROM assessments a " + _ACTIVE + "WHERE a.aid = ?"
        with self._readers.read() as db:
            if db.execute(sql, (clean(assessment_id),)).fetchone() is None:
                raise NotFound.of("assessment", assessment_id)
            return assessment_rows.revisions(db, assessment_id)

    def _holder_of_span(self, target: AssessmentTarget) -> int | None:
        """Return the row id of the trace that has the target's span, None when there is no such span.

        Looked up outside the writer: it can cost reading a large trace. A trace keeps its spans as long as its row.
        """
        if target.span_id is None or target.trace_id is None:
            return None
        sql = "SELECT c.id, c.data FROM chunks c JOIN traces t ON t.id = c.id WHERE t.trace_id = ? ORDER BY c.cid"
        with self._readers.read() as db:
            for row_id, data in db.execute(sql, (clean(target.trace_id),)):
                if any(facts.span_id == target.span_id for facts in unpack_facts(data)):
                    return row_id
        return None


_ACTIVE = "JOIN experiments e ON e.exp = a.exp AND e.lifecycle = 'ACTIVE' "


def _judged(db: Db, experiment_id: ExperimentId, target: AssessmentTarget) -> TraceRow | None:
    """Return the judged trace, None for a session; NotFound when there is none in this experiment."""
    if target.trace_id is None:
        return None
    sql = "SELECT id, start_ns FROM traces WHERE trace_id = ? AND exp = ?"
    row = db.execute(sql, (clean(target.trace_id), number_of(experiment_id))).fetchone()
    if row is None:
        raise NotFound.of("trace", target.trace_id)
    return row[0], row[1]


def _peers(db: Db, draft: AssessmentDraft, experiment_id: ExperimentId, trace: TraceRow | None) -> list[Assessment]:
    """Return the assessments of the draft's target that its identifier or `overrides` could mean."""
    if draft.identifier is None:
        return []
    named = "((name = ? AND identifier = ?) OR aid = ?)"
    values = (clean(draft.name), clean(draft.identifier), clean(draft.overrides or ""))
    trace_row = None if trace is None else trace[0]
    return _of_target(db, draft.target, experiment_id, trace_row, Sql(named, values))


def _namesakes(db: Db, present: Assessment, name: str | None) -> list[Assessment]:
    """Return the assessments of one target that have the name that `present` is to get, and its identifier, and those
    beside it in its chain."""
    if name is None:
        return []
    linked = [clean(each) for each in (present.overrides, present.superseded_by) if each is not None]
    row = db.execute("SELECT trace FROM assessments WHERE aid = ?", (clean(present.assessment_id),)).fetchone()
    namesake = (clean(name), present.identifier and clean(present.identifier))
    named = Sql("((name = ? AND identifier = ?) OR aid IN carray(?))", (*namesake, carray_of_texts(linked)))
    return _of_target(db, present.target, present.experiment_id, None if row is None else row[0], named)


def _of_target(
    db: Db, target: AssessmentTarget, experiment_id: ExperimentId, trace_row: int | None, which: Sql
) -> list[Assessment]:
    """Return the present assessments of a target, of those that `which` selects."""
    of = Sql("trace = ?", (trace_row,))
    if trace_row is None:
        of = Sql("exp = ? AND session = ?", (number_of(experiment_id), clean(target.session or "")))
    sql = f"SELECT doc FROM assessments WHERE {of.text} AND {which.text} AND deleted = 0"
    found = [decode(doc) for (doc,) in db.execute(sql, (*of.params, *which.params))]
    return [assessment for assessment in found if assessment.target == target]


def _finder(db: Db) -> FindLast:
    return lambda assessment_id: last_revision(db, assessment_id)


def _writable(db: Db, assessment_id: AssessmentId) -> Assessment:
    last = last_revision(db, assessment_id)
    if last is None or last.deleted:
        raise NotFound.of("assessment", assessment_id)
    check_writable(db, last.assessment.experiment_id)
    return last.assessment


def _append(db: Db, plan: LedgerPlan, trace: TraceRow | None, audit: AuditEntry) -> None:
    for revision in plan.revisions:
        append(db, revision, trace)
    if plan.changed:
        trail.write(db, audit)


def _scope(db: Db, search: Search) -> Sql:
    """Restrict to the experiments asked for that are not deleted, and to the targets that the filter names.

    The rows of a single experiment come ordered from its index, those of a target from the target's.
    """
    active = active_numbers(db, search.experiment_ids)
    for part in conjuncts(search.node):
        if isinstance(part, Compare) and part.op == "=" and part.field.name in _TARGETS:
            return Sql(_TARGETS[part.field.name], (bind(part.value), carray(active)))
        if isinstance(part, In) and not part.negated and part.field.name in _AMONG:
            values = carray_of_texts([clean(str(each)) for each in part.values])
            return Sql(_AMONG[part.field.name], (values, carray(active)))
    if len(active) == 1:
        return Sql("a.exp = ? AND a.deleted = 0", (active[0],))
    return Sql("a.exp IN carray(?) AND a.deleted = 0", (carray(active),))


_TARGETS = {
    "id": "a.aid = ? AND +a.exp IN carray(?) AND a.deleted = 0",
    "trace": "a.trace = (SELECT t.id FROM traces t WHERE t.trace_id = ?) AND +a.exp IN carray(?) AND a.deleted = 0",
    "session": "a.session = ? AND a.exp IN carray(?) AND a.deleted = 0",
}
"""A filter that names one target; the unary plus keeps the order of creation from being preferred to its index."""
_AMONG = {
    "trace": "a.trace IN (SELECT t.id FROM traces t WHERE t.trace_id IN carray(?)) AND +a.exp IN carray(?) "
    "AND a.deleted = 0",
    "session": "a.session IN carray(?) AND a.exp IN carray(?) AND a.deleted = 0",
}
"""A filter that names several targets."""

_TRACE_ID = "(SELECT t.trace_id FROM traces t WHERE t.id = a.trace)"
_SPAN_ID = "json_extract(a.doc, '$.target.span_id')"
_FILTER = {"id": "a.aid", "trace": _TRACE_ID, "span": _SPAN_ID, "session": "a.session"}


def _atom(node: Atom) -> Sql:
    column = _FILTER.get(node.field.name)
    return assessment_atom(node) if column is None else compare(node, Sql(column))


def _load(db: Db, row_id: int) -> Assessment:
    row = db.execute("SELECT doc FROM assessments WHERE id = ?", (row_id,)).fetchone()
    assert row is not None  # noqa: S101  # the id was read in this transaction
    return decode(row[0])


# As in the index, letter for letter: only then is it used.
_NAMES_SESSION = "json_extract(a.doc, '$.metadata.\"mlflow.trace.session\"') IS NOT NULL"
_LISTING = Listing(
    entity="assessment",
    table="assessments a",
    id_column="a.id",
    columns={
        "id": "a.aid",
        "name": "a.name",
        "kind": "a.kind",
        "number": "a.num",
        "source": "a.source",
        "source_id": "a.source_id",
        "error": "a.error",
        "valid": "a.valid",
        "run": "a.run",
        "created": "a.created_ms",
        "confidence": "json_extract(a.doc, '$.confidence')",
        "trace": _TRACE_ID,
        "span": _SPAN_ID,
        "session": "a.session",
    },
    newest="created",
    load=_load,
    subject=AssessmentSubject,
)
