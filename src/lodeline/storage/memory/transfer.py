"""Whole traces and ledgers in memory, taken out and put back."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from lodeline.domain.assessment import AssessmentRevision
from lodeline.domain.errors import Conflict
from lodeline.domain.ids import ExperimentId, RunId, TraceId
from lodeline.domain.trace import TraceWrite
from lodeline.domain.transfer import TraceDump
from lodeline.ingest.payload import unpack_facts
from lodeline.storage.memory.record import TraceRecord
from lodeline.storage.memory.state import State


class MemoryTransfer:
    """The `TransferStore` of the memory backend."""

    def __init__(self, state: State) -> None:
        self._state = state

    def dump(self, trace_id: TraceId) -> TraceDump:
        with self._state.lock:
            record = self._state.visible_trace(trace_id)
            ledgers = self._state.ledger.values()
            return TraceDump(
                trace_id=trace_id,
                received_ms=record.received_ms,
                updated_ms=record.updated_ms,
                info=record.fold.info,
                tag_edits=dict(record.tag_edits),
                linked_run_ids=tuple(record.linked),
                abandoned=record.abandoned,
                ledger=tuple(r for each in ledgers if each[0].assessment.target.trace_id == trace_id for r in each),
            )

    def owners(self, trace_ids: Sequence[TraceId]) -> Mapping[TraceId, ExperimentId]:
        with self._state.lock:
            known = self._state.traces
            return {trace_id: known[trace_id].experiment_id for trace_id in trace_ids if trace_id in known}

    def restore(self, experiment_id: ExperimentId, traces: Sequence[tuple[TraceDump, Sequence[bytes]]]
                ) -> Sequence[bool]:  # fmt: skip
        with self._state.lock:
            state = self._state
            state.writable(experiment_id)
            used = set(state.ledger)
            seen = set(state.traces)
            for dump, _ in traces:
                ids = {r.assessment.assessment_id for r in dump.ledger if dump.trace_id not in seen}
                if ids & used:
                    raise Conflict(f"assessment {min(ids & used)!r}: its id is taken; nothing was restored.")
                used |= ids
                seen.add(dump.trace_id)
            records = [_record(experiment_id, dump, chunks) for dump, chunks in traces]
            return [self._add(record, dump) for record, (dump, _) in zip(records, traces, strict=True)]

    def _add(self, record: TraceRecord, dump: TraceDump) -> bool:
        if record.trace_id in self._state.traces:
            return False
        self._state.arrivals += 1
        record.arrival = self._state.arrivals
        self._state.traces[record.trace_id] = record
        self._append(record.experiment_id, dump.ledger)
        return True

    def session_ledgers(self, experiment_id: ExperimentId) -> Iterator[Sequence[AssessmentRevision]]:
        with self._state.lock:
            found = [
                tuple(revisions)
                for revisions in self._state.ledger.values()
                if revisions[0].assessment.experiment_id == experiment_id
                and revisions[0].assessment.target.trace_id is None
            ]
        return iter(found)

    def restore_ledger(self, experiment_id: ExperimentId, revisions: Sequence[AssessmentRevision]) -> bool:
        with self._state.lock:
            self._state.writable(experiment_id)
            if any(r.assessment.assessment_id in self._state.ledger for r in revisions):
                return False
            self._append(experiment_id, revisions)
            return True

    def _append(self, experiment_id: ExperimentId, revisions: Iterable[AssessmentRevision]) -> None:
        for revision in revisions:
            moved = replace(revision, assessment=replace(revision.assessment, experiment_id=experiment_id))
            self._state.ledger.setdefault(revision.assessment.assessment_id, []).append(moved)


def _record(experiment_id: ExperimentId, dump: TraceDump, chunks: Sequence[bytes]) -> TraceRecord:
    record = TraceRecord(experiment_id, dump.trace_id, 0, dump.received_ms, dump.received_ms)
    for chunk in chunks:
        record.merge(
            TraceWrite(experiment_id, dump.trace_id, unpack_facts(chunk), chunk, received_ms=dump.received_ms)
        )
    if dump.info is not None:
        record.fold.add_info(dump.info)
        record.finalised = dump.info.finalised
    record.updated_ms = dump.updated_ms
    record.tag_edits.update(dump.tag_edits)
    record.linked.update({RunId(run_id): None for run_id in dump.linked_run_ids})
    record.abandoned = dump.abandoned
    return record
