"""Runs in SQLite: making, finding and changing them, and the history of their metrics."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from lodeline.domain.audit import AuditEntry
from lodeline.domain.document import from_document, to_document
from lodeline.domain.errors import Conflict, Deleted, NotFound
from lodeline.domain.ids import ExperimentId, RunId, new_hex
from lodeline.domain.page import Page
from lodeline.domain.run import (
    MetricPoint,
    PointKey,
    Run,
    RunChange,
    RunDraft,
    changed_run,
    check_metric_keys,
    latest_points,
    point_key,
    point_of,
    run_of,
)
from lodeline.query import cursor as cursors
from lodeline.query.ast import Search
from lodeline.query.build import ALL
from lodeline.query.subjects_runs import RunSubject
from lodeline.storage.sql import audit as trail
from lodeline.storage.sql.codec import clean, dumps, loads
from lodeline.storage.sql.connection import Readers
from lodeline.storage.sql.db import Db, Row, carray
from lodeline.storage.sql.experiment_rows import check_writable
from lodeline.storage.sql.filter import within
from lodeline.storage.sql.listing import Listing, active_scope, by_columns
from lodeline.storage.sql.writer import Writer

_COLUMNS = "run_id, exp, name, kind, status, lifecycle, start_ms, end_ms, created_by, parent, doc"
_SELECT = "SELECT r.id, " + ", ".join(f"r.{name}" for name in _COLUMNS.split(", ")) + " FROM runs r "
_ACTIVE = "JOIN experiments e ON e.exp = r.exp AND e.lifecycle = 'ACTIVE' "
_POINT = "key, step, timestamp_ms, value, nan, about"
_IN_DOC = ("params", "tags", "inputs", "outputs")


class SqlRuns:
    """Implements `storage.base.RunStore`."""

    def __init__(self, writer: Writer, readers: Readers) -> None:
        self._writer = writer
        self._readers = readers

    def create(self, experiment_id: ExperimentId, draft: RunDraft, *, now_ms: int, audit: AuditEntry) -> Run:
        def run(db: Db) -> Run:
            _, made = create(db, experiment_id, draft, now_ms=now_ms)
            trail.write(db, replace(audit, target=made.run_id))
            return made

        return self._writer.call(run)

    def get(self, run_ids: Sequence[RunId]) -> Sequence[Run]:
        found: dict[str, Run] = {}
        with self._readers.read() as db:
            for run_id in dict.fromkeys(run_ids):
                row = select_active(db, run_id)
                if row is not None:
                    found[run_id] = to_run(db, row)
        return [found[run_id] for run_id in run_ids if run_id in found]

    def search(self, search: Search) -> Page[Run]:
        with self._readers.read() as db:
            return _LISTING.page(
                db, search, scope=active_scope(db, search, "r"), condition=within(search.node, by_columns(_FILTER))
            )

    def update(self, run_id: RunId, change: RunChange, *, now_ms: int, audit: AuditEntry) -> Run:
        def run(db: Db) -> Run:
            row_id, present = writable(db, run_id)
            changed = changed_run(present, change, now_ms=now_ms)
            if changed != present:
                put(db, row_id, changed)
                trail.write(db, audit)
            return changed

        return self._writer.call(run)

    def log_metrics(self, run_id: RunId, points: Sequence[MetricPoint]) -> int:
        def run(db: Db) -> int:
            row_id, present = writable(db, run_id)
            if present.lifecycle == "DELETED":
                raise Deleted.of("run", run_id)
            check_metric_keys(len({*present.metrics, *(point.key for point in points)}))
            return add_points(db, row_id, points)

        return self._writer.call(run)

    def metric_history(self, run_id: RunId, key: str, *, limit: int, cursor: str | None = None) -> Page[MetricPoint]:
        fingerprint = cursors.fingerprint("run", ALL, (), "history", run_id, key)
        after = "1"
        params: list[Any] = []
        if cursor is not None:
            after = "(step, timestamp_ms, value, nan, about) > (?, ?, ?, ?, ?)"
            params = list(cursors.decode(cursor, fingerprint))
        sql = (
            f"SELECT {_POINT} FROM run_metrics WHERE run = ? AND key = ? AND {after} "
            "ORDER BY step, timestamp_ms, value, nan, about LIMIT ?"
        )
        with self._readers.read() as db:
            row_id = _visible(db, run_id)
            rows = db.execute(sql, (row_id, clean(key), *params, limit + 1)).fetchall()
        points = tuple(_point(row) for row in rows[:limit])
        more = len(rows) > limit
        return Page(points, cursors.encode(point_key(points[-1]), fingerprint) if more else None)


def create(db: Db, experiment_id: ExperimentId, draft: RunDraft, *, now_ms: int) -> tuple[int, Run]:
    """Add a run in the open transaction; return its row id and itself. Errors as in `RunStore.create`."""
    check_writable(db, experiment_id)
    run_id = draft.run_id or RunId(new_hex())
    if db.execute("SELECT 1 FROM runs WHERE run_id = ?", (clean(run_id),)).fetchone() is not None:
        raise Conflict(f"run id {run_id!r} is taken; leave it out, or choose another.", code="run_id_taken")
    run = run_of(draft, run_id, experiment_id, now_ms=now_ms)
    return insert(db, run), run


def insert(db: Db, run: Run) -> int:
    """Add the row of a run without its metrics; return the row id."""
    db.execute(f"INSERT INTO runs ({_COLUMNS}) VALUES ({', '.join('?' * 11)})", _values(run))
    return db.last_insert_rowid()


def put(db: Db, row_id: int, run: Run) -> None:
    """Make the row of a run what the run says, its metrics left aside."""
    sets = ", ".join(f"{name} = ?" for name in _COLUMNS.split(", "))
    db.execute(f"UPDATE runs SET {sets} WHERE id = ?", (*_values(run), row_id))


def writable(db: Db, run_id: RunId) -> tuple[int, Run]:
    """Return a run and its row id; NotFound when unknown, Deleted when its experiment is."""
    row = db.execute(_SELECT + "WHERE r.run_id = ?", (clean(run_id),)).fetchone()
    if row is None:
        raise NotFound.of("run", run_id)
    found = to_run(db, row)
    check_writable(db, found.experiment_id)
    return row[0], found


def add_points(db: Db, row_id: int, points: Sequence[MetricPoint]) -> int:
    """Add points of metrics of a run; return how many were new."""
    before = db.total_changes()
    rows = [(row_id, *_point_values(point)) for point in points]
    marks = ", ".join("?" * 7)
    db.executemany(f"INSERT OR IGNORE INTO run_metrics (run, {_POINT}) VALUES ({marks})", rows)
    new = db.total_changes() - before
    latest = [(row_id, *_point_values(point)) for point in latest_points(points).values()]
    db.executemany(
        f"INSERT INTO run_latest (run, {_POINT}) VALUES ({marks}) ON CONFLICT DO UPDATE SET step = excluded.step, "
        "timestamp_ms = excluded.timestamp_ms, value = excluded.value, nan = excluded.nan, about = excluded.about "
        "WHERE (excluded.step, excluded.timestamp_ms, excluded.value, excluded.nan, excluded.about) > "
        "(step, timestamp_ms, value, nan, about)",
        latest,
    )
    return new


def points_of(db: Db, row_id: int) -> list[MetricPoint]:
    """Return every point of a run, by key and place."""
    sql = f"SELECT {_POINT} FROM run_metrics WHERE run = ? ORDER BY key, step, timestamp_ms, value, nan, about"
    return [_point(row) for row in db.execute(sql, (row_id,))]


def remove(db: Db, row_ids: Sequence[int]) -> None:
    """Remove runs with everything that is theirs."""
    ids = carray(row_ids)
    for table in ("run_metrics", "run_latest", "evaluation_rows", "evaluations", "labeling_assignments",
                  "labeling_items", "labeling_sessions", "labeling_reviewers", "labeling_rules"):  # fmt: skip
        db.execute(f"DELETE FROM {table} WHERE run IN carray(?)", (ids,))
    db.execute("DELETE FROM runs WHERE id IN carray(?)", (ids,))


def to_run(db: Db, row: Row) -> Run:
    """Return the run of a row that `_SELECT` gave, with its latest metrics."""
    row_id, run_id, exp, name, kind, status, lifecycle, start_ms, end_ms, created_by, parent, doc = row
    latest = db.execute(f"SELECT {_POINT} FROM run_latest WHERE run = ? ORDER BY key", (row_id,))
    metrics = {point.key: to_document(point) for point in map(_point, latest)}
    return from_document(
        Run,
        {
            **loads(doc), "run_id": run_id, "experiment_id": str(exp), "name": name, "kind": kind, "status": status,
            "lifecycle": lifecycle, "start_ms": start_ms, "end_ms": end_ms, "created_by": created_by,
            "parent_run_id": parent, "metrics": metrics,
        },
    )  # fmt: skip


def select_active(db: Db, run_id: RunId) -> Row | None:
    """Return the row of a run in an active experiment, for `to_run`; None when there is none."""
    return db.execute(_SELECT + _ACTIVE + "WHERE r.run_id = ?", (clean(run_id),)).fetchone()


def _visible(db: Db, run_id: RunId) -> int:
    row = select_active(db, run_id)
    if row is None:
        raise NotFound.of("run", run_id)
    return int(row[0])


def _values(run: Run) -> tuple[Any, ...]:
    document = to_document(run)
    return (
        clean(run.run_id), int(run.experiment_id), clean(run.name), run.kind, run.status, run.lifecycle, run.start_ms,
        run.end_ms, None if run.created_by is None else clean(run.created_by),
        None if run.parent_run_id is None else clean(run.parent_run_id),
        dumps({name: document[name] for name in _IN_DOC}),
    )  # fmt: skip


def _point_values(point: MetricPoint) -> tuple[Any, ...]:
    step, timestamp_ms, value, missing, about = point_key(point)
    return clean(point.key), step, timestamp_ms, value, int(missing), clean(about)


def _point(row: Row) -> MetricPoint:
    key, step, timestamp_ms, value, missing, about = row
    place: PointKey = (step, timestamp_ms, value, bool(missing), about)
    return point_of(key, place)


_METRIC = "(SELECT m.value FROM run_latest m WHERE m.run = r.id AND m.key = ? AND m.nan = 0)"
_TAG = "(SELECT j.value FROM json_each(r.doc, '$.{}') j WHERE j.key = ?)"
_FILTER = {
    "id": "r.run_id",
    "experiment": "CAST(r.exp AS TEXT)",
    "name": "r.name",
    "artifact_uri": "('mlflow-artifacts:/' || r.exp || '/' || r.run_id || '/artifacts')",
    "kind": "r.kind",
    "status": "r.status",
    "lifecycle": "r.lifecycle",
    "start": "(r.start_ms * 1000000)",
    "end": "(r.end_ms * 1000000)",
    "duration": "((r.end_ms - r.start_ms) * 1000000)",
    "created_by": "r.created_by",
    "parent": "r.parent",
    "params": _TAG.format("params"),
    "tags": _TAG.format("tags"),
    "metrics": _METRIC,
}


def by_row(db: Db, row_id: int) -> Run:
    """Return the run of a row that was found in this transaction."""
    row = db.execute(_SELECT + "WHERE r.id = ?", (row_id,)).fetchone()
    assert row is not None  # noqa: S101  # the id was read in this transaction
    return to_run(db, row)


_LISTING = Listing(
    entity="run",
    table="runs r",
    id_column="r.id",
    columns={**_FILTER, "start": "r.start_ms", "end": "r.end_ms", "duration": "(r.end_ms - r.start_ms)"},
    newest="start",
    load=by_row,
    subject=RunSubject,
)
