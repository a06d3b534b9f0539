"""Whole traces and ledgers in memory, taken out and put back."""

from collections.abc import Iterable, Iterator, Sequence
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

    def restore(self, experiment_id: ExperimentId, dump: TraceDump, chunks: Sequence[bytes]) -> bool:
        writes = [
            TraceWrite(experiment_id, dump.trace_id, unpack_facts(chunk), chunk, received_ms=dump.received_ms)
            for chunk in chunks
        ]
        with self._state.lock:
            state = self._state
            state.writable(experiment_id)
            if dump.trace_id in state.traces:
                return False
            taken = {r.assessment.assessment_id for r in dump.ledger} & state.ledger.keys()
            if taken:
                raise Conflict(f"assessment {min(taken)!r}: its id is taken; the trace was not added.")
            record = TraceRecord(experiment_id, dump.trace_id, state.arrivals + 1, dump.received_ms, dump.received_ms)
            for write in writes:
                record.merge(write)
            if dump.info is not None:
                record.fold.add_info(dump.info)
                record.finalised = dump.info.finalised
            record.updated_ms = dump.updated_ms
            record.tag_edits.update(dump.tag_edits)
            record.linked.update({RunId(run_id): None for run_id in dump.linked_run_ids})
            record.abandoned = dump.abandoned
            state.arrivals += 1
            state.traces[dump.trace_id] = record
            self._append(experiment_id, dump.ledger)
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
