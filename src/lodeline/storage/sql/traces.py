"""Traces in SQL: reading and editing them. How they are written is in `ingest`, how they are found in `search`."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from lodeline.domain.audit import AuditEntry
from lodeline.domain.blob import trace_folder
from lodeline.domain.delivery import DeliveryMark
from lodeline.domain.errors import Deleted, NotFound, shown
from lodeline.domain.ids import ExperimentId, RunId, TraceId
from lodeline.domain.page import Page
from lodeline.domain.trace import TRACE_STATES, Trace, TraceChange, TraceWrite, WriteOutcome
from lodeline.query.ast import Search
from lodeline.storage.base import BlobStore
from lodeline.storage.sql import audit as audit_rows
from lodeline.storage.sql import codec, deliveries, rows, terms
from lodeline.storage.sql.connection import Readers
from lodeline.storage.sql.db import Db, Row, carray
from lodeline.storage.sql.follow import follow_traces
from lodeline.storage.sql.fresh_texts import FreshTexts
from lodeline.storage.sql.hours import Changes
from lodeline.storage.sql.labeling_rows import lose_items
from lodeline.storage.sql.names import Names
from lodeline.storage.sql.open_trace import load
from lodeline.storage.sql.search import search_traces
from lodeline.storage.sql.trace_rows import DELETE_PAIR, INSERT_PAIR, Batch
from lodeline.storage.sql.writer import Writer

_OPEN, _ABANDONED = TRACE_STATES.index("IN_PROGRESS"), TRACE_STATES.index("ABANDONED")
# The state stands in the statement, else SQLite could not tell that the index of traces in progress has all of these.
SILENT = f"SELECT id, exp, start_ns FROM traces WHERE state = {_OPEN} AND updated_ms < ? ORDER BY updated_ms LIMIT ?"
_ACTIVE = "JOIN experiments e ON e.exp = t.exp AND e.lifecycle = 'ACTIVE' "
_REMOVE_STEP = 200
_KEEP_LAST_CHUNK = (
    "INSERT OR REPLACE INTO meta (name, value) VALUES ('last_chunk', "
    "max(ifnull((SELECT value FROM meta WHERE name = 'last_chunk'), 0), (SELECT ifnull(max(cid), 0) FROM chunks)))"
)


class SqlTraceStore:
    """`storage.base.TraceStore` over SQL."""

    def __init__(self, writer: Writer, readers: Readers, blobs: BlobStore, fresh: FreshTexts) -> None:
        self._writer = writer
        self._readers = readers
        self._blobs = blobs
        self._fresh = fresh

    def write(self, writes: Sequence[TraceWrite], mark: DeliveryMark | None = None) -> Sequence[WriteOutcome]:
        return self._writer.ingest(writes, None if mark is None else lambda db: deliveries.record(db, mark))

    def expecting(self) -> AbstractContextManager[None]:
        return self._writer.expecting()

    @property
    def wants_text(self) -> bool:
        return self._fresh.wanted

    def get(self, trace_ids: Sequence[TraceId]) -> Sequence[Trace]:
        found: dict[str, Trace] = {}
        with self._readers.read() as db:
            for trace_id in dict.fromkeys(trace_ids):
                row = db.execute(rows.SELECT_TRACE + _ACTIVE + "WHERE t.trace_id = ?", (trace_id,)).fetchone()
                if row is not None:
                    found[trace_id] = rows.to_trace(row)
        return [found[trace_id] for trace_id in trace_ids if trace_id in found]

    def search(self, search: Search) -> Page[Trace]:
        return search_traces(self._readers, search)

    def follow(self, search: Search) -> Page[Trace]:
        return follow_traces(self._readers, search)

    def update(self, trace_id: TraceId, change: TraceChange, *, now_ms: int, audit: AuditEntry) -> Trace:
        def run(db: Db) -> Trace:
            row = writable(db, trace_id)
            edit_tags(db, row, change)
            touch(db, row, now_ms)
            audit_rows.write(db, audit)
            found = db.execute(rows.SELECT_TRACE + "WHERE t.id = ?", (row[0],)).fetchone()
            assert found is not None  # noqa: S101  # the row was read in this transaction
            return rows.to_trace(found)

        return self._writer.call(run)

    def update_many(
        self, trace_ids: Sequence[TraceId], change: TraceChange, *, now_ms: int, audit: AuditEntry
    ) -> Sequence[TraceId]:
        def run(db: Db) -> Sequence[TraceId]:
            edited: list[TraceId] = []
            for trace_id in dict.fromkeys(trace_ids):
                try:
                    row = writable(db, trace_id)
                except (NotFound, Deleted):
                    continue
                edit_tags(db, row, change)
                touch(db, row, now_ms)
                edited.append(trace_id)
            if edited:
                audit_rows.write(db, audit)
            return edited

        return self._writer.call(run)

    def delete(self, trace_ids: Sequence[TraceId], *, audit: AuditEntry) -> int:
        unique = list(dict.fromkeys(trace_ids))

        def run(db: Db) -> list[tuple[str, str]]:
            found: list[tuple[int, str, str]] = []
            for trace_id in unique:
                row = db.execute(
                    f"SELECT t.id, t.exp FROM traces t {_ACTIVE} WHERE trace_id = ?", (trace_id,)
                ).fetchone()
                if row is not None:
                    found.append((row[0], str(row[1]), trace_id))
            for start in range(0, len(found), _REMOVE_STEP):
                remove(db, [row_id for row_id, _, _ in found[start : start + _REMOVE_STEP]])
            lose_items(db, [TraceId(trace_id) for _, _, trace_id in found], now_ms=audit.at_ms)
            if found:
                audit_rows.write(db, audit)
            return [(exp, trace_id) for _, exp, trace_id in found]

        gone = self._writer.call(run)
        for exp, trace_id in gone:
            self._blobs.delete(trace_folder(ExperimentId(exp), TraceId(trace_id)))
        return len(gone)

    def link_run(self, run_id: RunId, trace_ids: Sequence[TraceId], *, audit: AuditEntry) -> int:
        def run(db: Db) -> int:
            known = {i: db.execute("SELECT 1 FROM traces WHERE trace_id = ?", (i,)).fetchone() for i in trace_ids}
            unknown = [trace_id for trace_id, row in known.items() if row is None]
            if unknown:
                raise NotFound(
                    f"traces {shown(unknown)} do not exist; nothing was linked.",
                    code="trace_not_found",
                    details={"trace_ids": unknown},
                )
            new = sum(link(db, writable(db, trace_id), run_id) for trace_id in known)
            if new:
                audit_rows.write(db, audit)
            return new

        return self._writer.call(run)

    def abandon(self, *, silent_since_ms: int, now_ms: int, limit: int) -> int:
        def run(db: Db) -> int:
            silent = db.execute(SILENT, (silent_since_ms, limit)).fetchall()
            for row in silent:
                abandon(db, row)
                touch(db, row, now_ms)
            return len(silent)

        return self._writer.call(run)

    def size(self, experiment_id: ExperimentId) -> tuple[int, int]:
        with self._readers.read() as db:
            row = db.execute(
                "SELECT count(*), total(size_bytes) FROM traces WHERE exp = ?", (int(experiment_id),)
            ).fetchone()
        return (0, 0) if row is None else (row[0], int(row[1]))


def writable(db: Db, trace_id: TraceId) -> Row:
    """Return (id, exp, start_ns, lifecycle) of a trace that may be changed; NotFound or Deleted for others."""
    row = db.execute(
        "SELECT t.id, t.exp, t.start_ns, e.lifecycle FROM traces t LEFT JOIN experiments e ON e.exp = t.exp "
        "WHERE t.trace_id = ?",
        (trace_id,),
    ).fetchone()
    if row is None:
        raise NotFound.of("trace", trace_id)
    if row[3] != "ACTIVE":
        raise Deleted.of("experiment", row[1])
    return row


def touch(db: Db, row: Row, now_ms: int) -> None:
    """Note when a trace was changed, given as `writable` returns it."""
    db.execute("UPDATE traces SET updated_ms = max(updated_ms, ?) WHERE id = ?", (now_ms, row[0]))


def mark_changed(db: Db, row: Row) -> None:
    """Tell whoever keeps something derived from the trace that this is out of date; every edit ends with it."""
    row_id, exp, start_ns = row[:3]
    db.execute("UPDATE traces SET version = version + 1 WHERE id = ?", (row_id,))
    changes = Changes()
    changes.note(exp, start_ns)
    changes.write(db)


def abandon(db: Db, row: Row) -> None:
    """Set a trace in progress, given as `writable` returns it, to ABANDONED."""
    row_id, exp, start_ns = row[:3]
    db.execute("UPDATE traces SET state = ? WHERE id = ?", (_ABANDONED, row_id))
    key = terms.field_key("state")
    db.execute(DELETE_PAIR, (exp, key, "IN_PROGRESS", start_ns, row_id))
    db.execute(INSERT_PAIR, (exp, key, "ABANDONED", start_ns, row_id))
    mark_changed(db, row)


def edit_tags(db: Db, row: Row, change: TraceChange) -> None:
    """Apply a change of tags to a trace that `writable` returned."""
    row_id, exp, start_ns, _ = row
    found = db.execute("SELECT tags, doc FROM trace_docs WHERE id = ?", (row_id,)).fetchone()
    assert found is not None  # noqa: S101  # every trace has its doc
    tags: dict[str, str] = codec.loads(found[0])
    doc = codec.loads(found[1])
    edited: dict[str, str] = doc.get("edited", {})
    removed: set[str] = set(doc.get("removed", ()))
    before = dict(tags)
    for key, value in change.set_tags.items():
        edited[codec.clean(key)] = tags[codec.clean(key)] = codec.clean(value)
        removed.discard(codec.clean(key))
    for key in map(codec.clean, change.delete_tags):
        edited.pop(key, None)
        tags.pop(key, None)
        removed.add(key)
    doc["edited"], doc["removed"] = edited, sorted(removed)
    db.execute("UPDATE trace_docs SET tags = ?, doc = ? WHERE id = ?", (codec.dumps(tags), codec.dumps(doc), row_id))
    pairs_before = {(terms.tag_key(k), terms.indexed(v)) for k, v in before.items()}
    pairs_after = {(terms.tag_key(k), terms.indexed(v)) for k, v in tags.items()}
    db.executemany(DELETE_PAIR, [(exp, key, val, start_ns, row_id) for key, val in pairs_before - pairs_after])
    db.executemany(INSERT_PAIR, [(exp, key, val, start_ns, row_id) for key, val in pairs_after - pairs_before])
    mark_changed(db, row)


def link(db: Db, row: Row, run_id: RunId) -> int:
    """Link a trace that `writable` returned to a run; return 1 when the link is new, else 0."""
    row_id, exp, start_ns, _ = row
    run = codec.clean(run_id)
    db.execute("INSERT OR IGNORE INTO run_links (run, id) VALUES (?, ?)", (run, row_id))
    if not db.changes():
        return 0
    found = db.execute("SELECT doc FROM trace_docs WHERE id = ?", (row_id,)).fetchone()
    assert found is not None  # noqa: S101  # every trace has its doc
    doc = codec.loads(found[0])
    doc["linked"] = [*doc.get("linked", ()), run]
    db.execute("UPDATE trace_docs SET doc = ? WHERE id = ?", (codec.dumps(doc), row_id))
    db.execute(INSERT_PAIR, (exp, terms.field_key("run"), terms.indexed(run), start_ns, row_id))
    mark_changed(db, row)
    return 1


@dataclass(frozen=True, slots=True)
class Removed:
    """What `remove` took away. `payload_bytes` are those of the packed chunks."""

    traces: int = 0
    spans: int = 0
    assessments: int = 0
    payload_bytes: int = 0


def remove(db: Db, row_ids: Sequence[int]) -> Removed:
    """Remove traces with everything that hangs on them, within the open transaction."""
    names, batch = Names(), Batch(next_chunk=0)
    ids = carray(row_ids)
    spans = _count(db, "SELECT count(*) FROM spans WHERE id IN carray(?)", ids)
    payload = _count(db, "SELECT total(length(data)) FROM chunks WHERE id IN carray(?)", ids)
    judged = _count(db, "SELECT count(*) FROM assessments WHERE deleted = 0 AND trace IN carray(?)", ids)
    found = db.execute(
        "SELECT id, exp, version, state, received_ms, updated_ms, trace_id FROM traces WHERE id IN carray(?)", (ids,)
    ).fetchall()
    for row in found:
        trace = load(db, TraceId(row[6]), row[:6])
        batch.drop_index(db, trace, names)
        batch.note_removed(trace)
    db.execute("INSERT INTO texts_gone SELECT cid FROM chunks WHERE id IN carray(?)", (ids,))
    db.execute(_KEEP_LAST_CHUNK)
    db.execute(
        "DELETE FROM assessment_revisions WHERE aid IN (SELECT aid FROM assessments WHERE trace IN carray(?))", (ids,)
    )
    db.execute("DELETE FROM assessments WHERE trace IN carray(?)", (ids,))
    for table in ("chunks", "spans", "trace_docs", "run_links", "traces"):
        db.execute(f"DELETE FROM {table} WHERE id IN carray(?)", (ids,))
    batch.insert(db)
    return Removed(len(found), spans, judged, payload)


def _count(db: Db, sql: str, ids: object) -> int:
    row = db.execute(sql, (ids,)).fetchone()  # type: ignore[arg-type]  # a carray binding
    return 0 if row is None else int(row[0])
