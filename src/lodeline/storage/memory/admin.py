"""Operation of the memory backend."""

from collections.abc import Mapping, Sequence
from tempfile import TemporaryDirectory

from lodeline.domain.errors import Unavailable, Unsupported
from lodeline.domain.ledger import find_faults
from lodeline.domain.operation import Vitals
from lodeline.ingest.payload import unpack_facts
from lodeline.ingest.summary import TraceFold
from lodeline.storage.copied import CopyReport
from lodeline.storage.memory.record import TraceRecord
from lodeline.storage.memory.state import State


class MemoryAdmin:
    """The `StoreAdmin` and the `Closer` of the memory backend. `folder` holds its blobs until it is closed."""

    def __init__(self, state: State, folder: TemporaryDirectory[str]) -> None:
        self._state = state
        self._folder = folder
        self._closed = False

    def ping(self) -> None:
        if self._closed:
            raise Unavailable("the store is closed.")

    def figures(self) -> Mapping[str, int | str]:
        with self._state.lock:
            records = self._state.traces.values()
            return {
                "experiments": len(self._state.experiments),
                "traces": len(records),
                "spans": sum(len(record.fold) for record in records),
                "assessments": sum(1 for _ in self._state.present_assessments()),
                "payload_bytes": sum(len(chunk) for record in records for chunk in record.chunks),
            }

    def vitals(self) -> Vitals:
        return Vitals(answers=not self._closed)

    def queue_length(self) -> int:
        return 0

    def check(self, *, every: bool = False) -> Sequence[str]:
        with self._state.lock:
            faults = find_faults(self._state.present_assessments())
            for record in self._state.traces.values():
                faults += _check_trace(record)
                if record.experiment_id not in self._state.experiments:
                    faults.append(f"trace {record.trace_id}: its experiment is unknown")
            for assessment in self._state.present_assessments():
                trace_id = assessment.target.trace_id
                if trace_id is not None and trace_id not in self._state.traces:
                    faults.append(f"assessment {assessment.assessment_id}: trace {trace_id} is unknown")
            return faults

    def backup(self, target: str) -> CopyReport:
        raise Unsupported(f"a memory store cannot be backed up to {target!r}; export its experiments instead.")

    def vacuum(self) -> Mapping[str, int]:
        return {"bytes_before": 0, "bytes_after": 0}

    def close(self) -> None:
        """Forget the blobs; again is fine."""
        self._closed = True
        self._folder.cleanup()


def _check_trace(record: TraceRecord) -> list[str]:
    """Compare a trace with what its payload says."""
    again = TraceFold()
    for chunk in record.chunks:
        for facts in unpack_facts(chunk):
            again.add(facts)
    if {f.span_id: f.rank for f in again.winners()} != {f.span_id: f.rank for f in record.fold.winners()}:
        return [f"trace {record.trace_id}: its spans differ from its payload"]
    return []
