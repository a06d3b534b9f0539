"""Traces in memory."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext

from lodeline.domain.audit import AuditEntry
from lodeline.domain.blob import trace_folder
from lodeline.domain.delivery import DeliveryMark
from lodeline.domain.errors import NotFound, shown
from lodeline.domain.ids import ExperimentId, RunId, TraceId
from lodeline.domain.page import Page
from lodeline.domain.trace import Trace, TraceChange, TraceWrite, WriteOutcome
from lodeline.query.ast import Search
from lodeline.storage.base import BlobStore
from lodeline.storage.memory import deliveries
from lodeline.storage.memory.matching import follow_page, trace_page
from lodeline.storage.memory.record import TraceRecord
from lodeline.storage.memory.state import State


class MemoryTraces:
    """The `TraceStore` of the memory backend."""

    def __init__(self, state: State, blobs: BlobStore) -> None:
        self._state = state
        self._blobs = blobs

    def write(self, writes: Sequence[TraceWrite], mark: DeliveryMark | None = None) -> Sequence[WriteOutcome]:
        with self._state.lock:
            if mark is not None:
                deliveries.record(self._state, mark)
            return [self._write(write) for write in writes]

    def expecting(self) -> AbstractContextManager[None]:
        return nullcontext()

    @property
    def wants_text(self) -> bool:
        return False

    def _write(self, write: TraceWrite) -> WriteOutcome:
        state = self._state
        experiment = state.experiments.get(write.experiment_id)
        if experiment is None:
            return WriteOutcome(write.trace_id, refused=f"experiment {write.experiment_id} does not exist")
        if experiment.lifecycle != "ACTIVE":
            refused = f"experiment {write.experiment_id} is deleted; restore it first"
            return WriteOutcome(write.trace_id, refused=refused)
        record = state.traces.get(write.trace_id)
        if record is None:
            if not write.spans and write.info is None:
                return WriteOutcome(write.trace_id)
            state.arrivals += 1
            record = TraceRecord(
                write.experiment_id, write.trace_id, state.arrivals, write.received_ms, write.received_ms
            )
            state.traces[write.trace_id] = record
        if record.experiment_id != write.experiment_id:
            return WriteOutcome(write.trace_id, refused="it belongs to another experiment")
        return record.merge(write)

    def get(self, trace_ids: Sequence[TraceId]) -> Sequence[Trace]:
        state = self._state
        with state.lock:
            found = [state.traces[i] for i in trace_ids if i in state.traces]
            return [record.trace() for record in found if state.is_active(record.experiment_id)]

    def search(self, search: Search) -> Page[Trace]:
        with self._state.lock:
            return trace_page(self._state, search)

    def follow(self, search: Search) -> Page[Trace]:
        with self._state.lock:
            return follow_page(self._state, search)

    def update(self, trace_id: TraceId, change: TraceChange, *, now_ms: int, audit: AuditEntry) -> Trace:
        with self._state.lock:
            record = self._state.writable_trace(trace_id)
            _edit(record, change, now_ms)
            self._state.record(audit)
            return record.trace()

    def update_many(
        self, trace_ids: Sequence[TraceId], change: TraceChange, *, now_ms: int, audit: AuditEntry
    ) -> Sequence[TraceId]:
        with self._state.lock:
            found = self._state.visible_traces(trace_ids)
            for record in found:
                _edit(record, change, now_ms)
            if found:
                self._state.record(audit)
            return [record.trace_id for record in found]

    def delete(self, trace_ids: Sequence[TraceId], *, audit: AuditEntry) -> int:
        state = self._state
        with state.lock:
            found = self._state.visible_traces(trace_ids)
            for record in found:
                del state.traces[record.trace_id]
            gone = {record.trace_id for record in found}
            state.forget_assessments(lambda a: a.target.trace_id in gone)
            state.lose_items(gone, now_ms=audit.at_ms)
            if found:
                state.record(audit)
        for record in found:
            self._blobs.delete(trace_folder(record.experiment_id, record.trace_id))
        return len(found)

    def link_run(self, run_id: RunId, trace_ids: Sequence[TraceId], *, audit: AuditEntry) -> int:
        with self._state.lock:
            unknown = [i for i in trace_ids if i not in self._state.traces]
            if unknown:
                raise NotFound(
                    f"traces {shown(unknown)} do not exist; nothing was linked.",
                    code="trace_not_found",
                    details={"trace_ids": unknown},
                )
            records = [self._state.writable_trace(i) for i in dict.fromkeys(trace_ids)]
            new = [record for record in records if run_id not in record.linked]
            for record in new:
                record.linked[run_id] = None
            if new:
                self._state.record(audit)
            return len(new)

    def abandon(self, *, silent_since_ms: int, now_ms: int, limit: int) -> int:
        with self._state.lock:
            silent = [
                record
                for record in self._state.traces.values()
                if record.updated_ms < silent_since_ms and record.trace().state == "IN_PROGRESS"
            ]
            silent.sort(key=lambda record: record.updated_ms)
            for record in silent[:limit]:
                record.abandoned = True
                record.updated_ms = now_ms
            return min(len(silent), limit)

    def size(self, experiment_id: ExperimentId) -> tuple[int, int]:
        with self._state.lock:
            sizes = [
                record.fold.summary().size_bytes
                for record in self._state.traces.values()
                if record.experiment_id == experiment_id
            ]
            return len(sizes), sum(sizes)


def _edit(record: TraceRecord, change: TraceChange, now_ms: int) -> None:
    record.tag_edits.update(change.set_tags)
    record.tag_edits.update(dict.fromkeys(change.delete_tags))
    record.updated_ms = max(record.updated_ms, now_ms)
