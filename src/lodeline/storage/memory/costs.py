"""What spans cost, after prices have changed, in memory."""

from collections.abc import Sequence

from lodeline.domain.ids import TraceId
from lodeline.domain.repricing import RepricedTrace
from lodeline.ingest.repricing import Repricing, fold_repriced, repacked
from lodeline.storage.base.costs import AuditOf
from lodeline.storage.memory.record import TraceRecord
from lodeline.storage.memory.state import State


class MemoryCosts:
    """Implements `storage.base.CostStore`."""

    def __init__(self, state: State) -> None:
        self._state = state

    def preview(self, trace_ids: Sequence[TraceId], change: Repricing) -> Sequence[RepricedTrace]:
        with self._state.lock:
            records = self._state.visible_traces(trace_ids)
            return [found for record in records if (found := _looked_at(record, change)) is not None]

    def reprice(
        self, trace_ids: Sequence[TraceId], change: Repricing, *, now_ms: int, audit: AuditOf
    ) -> Sequence[RepricedTrace]:
        with self._state.lock:
            done: list[RepricedTrace] = []
            for record in self._state.visible_traces(trace_ids):
                found = _looked_at(record, change)
                if found is None:
                    continue
                record.fold, _ = fold_repriced(record.chunks, record.fold.info, change)
                record.chunks = [repacked(chunk, change) or chunk for chunk in record.chunks]
                record.updated_ms = max(record.updated_ms, now_ms)
                done.append(found)
            if done:
                self._state.record(audit(done))
            return done


def _looked_at(record: TraceRecord, change: Repricing) -> RepricedTrace | None:
    """Return what pricing a trace anew does, None when that is nothing."""
    fold, changed = fold_repriced(record.chunks, record.fold.info, change)
    if not changed:
        return None
    before, after = record.fold.summary().cost_picousd, fold.summary().cost_picousd
    return RepricedTrace(record.trace_id, len(changed), before, after)
