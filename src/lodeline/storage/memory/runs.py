"""Runs in memory."""

from collections.abc import Sequence
from dataclasses import replace

from lodeline.domain.audit import AuditEntry
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
    point_key,
    run_of,
)
from lodeline.query import cursor as cursors
from lodeline.query.ast import Search
from lodeline.query.build import ALL
from lodeline.storage.memory.matching import run_page
from lodeline.storage.memory.run_record import RunRecord
from lodeline.storage.memory.state import State


class MemoryRuns:
    """The `RunStore` of the memory backend."""

    def __init__(self, state: State) -> None:
        self._state = state

    def create(self, experiment_id: ExperimentId, draft: RunDraft, *, now_ms: int, audit: AuditEntry) -> Run:
        with self._state.lock:
            record = add(self._state, experiment_id, draft, now_ms=now_ms)
            self._state.record(replace(audit, target=record.run.run_id))
            return record.current()

    def get(self, run_ids: Sequence[RunId]) -> Sequence[Run]:
        with self._state.lock:
            found = [self._state.runs[run_id] for run_id in run_ids if run_id in self._state.runs]
            return [r.current() for r in found if self._state.is_active(r.run.experiment_id)]

    def search(self, search: Search) -> Page[Run]:
        with self._state.lock:
            return run_page(self._state, search)

    def update(self, run_id: RunId, change: RunChange, *, now_ms: int, audit: AuditEntry) -> Run:
        with self._state.lock:
            record = writable(self._state, run_id)
            changed = changed_run(record.run, change, now_ms=now_ms)
            if changed != record.run:
                record.run = changed
                self._state.record(audit)
            return record.current()

    def log_metrics(self, run_id: RunId, points: Sequence[MetricPoint]) -> int:
        with self._state.lock:
            record = writable(self._state, run_id)
            if record.run.lifecycle == "DELETED":
                raise Deleted.of("run", run_id)
            check_metric_keys(len({*(key for key, _ in record.points), *(point.key for point in points)}))
            before = len(record.points)
            for point in points:
                record.points.setdefault((point.key, point_key(point)), point)
            return len(record.points) - before

    def metric_history(self, run_id: RunId, key: str, *, limit: int, cursor: str | None = None) -> Page[MetricPoint]:
        fingerprint = cursors.fingerprint("run", ALL, (), "history", run_id, key)
        after = None if cursor is None else cursors.decode(cursor, fingerprint)
        with self._state.lock:
            points = visible(self._state, run_id).points
            places: list[PointKey] = sorted(place for of, place in points if of == key)
            found = [points[key, place] for place in places if after is None or place > after]
        more = len(found) > limit
        end = cursors.encode(point_key(found[limit - 1]), fingerprint) if more else None
        return Page(tuple(found[:limit]), end)


def add(state: State, experiment_id: ExperimentId, draft: RunDraft, *, now_ms: int) -> RunRecord:
    """Add a run; errors as in `RunStore.create`."""
    state.writable(experiment_id)
    run_id = draft.run_id or RunId(new_hex())
    if run_id in state.runs:
        raise Conflict(f"run id {run_id!r} is taken; leave it out, or choose another.", code="run_id_taken")
    record = RunRecord(run_of(draft, run_id, experiment_id, now_ms=now_ms))
    state.runs[run_id] = record
    return record


def visible(state: State, run_id: RunId, noun: str = "run") -> RunRecord:
    """Return a run; NotFound when unknown or hidden with its experiment."""
    record = state.runs.get(run_id)
    if record is None or not state.is_active(record.run.experiment_id):
        raise NotFound.of(noun, run_id)
    return record


def writable(state: State, run_id: RunId) -> RunRecord:
    """Return a run; NotFound when unknown, Deleted when its experiment is."""
    record = state.runs.get(run_id)
    if record is None:
        raise NotFound.of("run", run_id)
    state.writable(record.run.experiment_id)
    return record
