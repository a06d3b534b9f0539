"""Judgments that wait for their traces, in memory."""

from collections.abc import Sequence

from lodeline.domain.audit import AuditEntry
from lodeline.domain.ids import AssessmentId, ExperimentId
from lodeline.domain.parking import MAX_PARKED, ParkedAssessment, parked_elsewhere, parking_full
from lodeline.storage.memory.state import State


class MemoryParking:
    """Implements `storage.base.ParkingStore`."""

    def __init__(self, state: State) -> None:
        self._state = state

    def add(self, parked: ParkedAssessment, *, audit: AuditEntry) -> None:
        state = self._state
        with state.lock:
            state.writable(parked.experiment_id)
            held = state.parked.get(parked.assessment_id)
            if held is not None and held.experiment_id != parked.experiment_id:
                raise parked_elsewhere(parked.assessment_id)
            others = (each for each in state.parked.values() if each.experiment_id == parked.experiment_id)
            if parked.assessment_id not in state.parked and sum(1 for _ in others) >= MAX_PARKED:
                raise parking_full(parked.experiment_id)
            state.parked[parked.assessment_id] = parked
            state.record(audit)

    def of_experiment(
        self, experiment_id: ExperimentId, *, after: AssessmentId | None, limit: int
    ) -> Sequence[ParkedAssessment]:
        state = self._state
        with state.lock:
            ids = sorted(key for key in state.parked if after is None or key > after)
            return [state.parked[key] for key in ids if state.parked[key].experiment_id == experiment_id][:limit]

    def arrived(self, *, after: AssessmentId | None, limit: int) -> Sequence[ParkedAssessment]:
        state = self._state
        with state.lock:
            found = [
                state.parked[each]
                for each in sorted(state.parked)
                if (after is None or each > after) and self._is_here(state.parked[each])
            ]
            return found[:limit]

    def remove(self, assessment_ids: Sequence[AssessmentId]) -> int:
        with self._state.lock:
            return sum(self._state.parked.pop(each, None) is not None for each in set(assessment_ids))

    def expire(self, now_ms: int) -> int:
        with self._state.lock:
            gone = [key for key, parked in self._state.parked.items() if parked.expires_ms <= now_ms]
            for key in gone:
                del self._state.parked[key]
            return len(gone)

    def _is_here(self, parked: ParkedAssessment) -> bool:
        return parked.draft.target.trace_id in self._state.traces and self._state.is_active(parked.experiment_id)
