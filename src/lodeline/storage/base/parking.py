"""Judgments that wait for their traces."""

from collections.abc import Sequence
from typing import Protocol

from lodeline.domain.audit import AuditEntry
from lodeline.domain.ids import AssessmentId, ExperimentId
from lodeline.domain.parking import ParkedAssessment


class ParkingStore(Protocol):
    """Judgments whose traces are not here yet. They are no assessments: no list or filter has them."""

    def add(self, parked: ParkedAssessment, *, audit: AuditEntry) -> None:
        """Keep a judgment, in the place of one with the same id. NotFound or Deleted for its experiment; Conflict
        when `MAX_PARKED` of its experiment wait already (code "parking_full"), or when one with its id waits in
        another (code "parked_elsewhere")."""
        ...

    def of_experiment(
        self, experiment_id: ExperimentId, *, after: AssessmentId | None, limit: int
    ) -> Sequence[ParkedAssessment]:
        """Return those of an experiment, by id from `after` on; none of one that is not there."""
        ...

    def arrived(self, *, after: AssessmentId | None, limit: int) -> Sequence[ParkedAssessment]:
        """Return those of active experiments whose trace is in the store, in whatever experiment, by id from `after`
        on."""
        ...

    def remove(self, assessment_ids: Sequence[AssessmentId]) -> int:
        """Forget these, known or not; return how many were here."""
        ...

    def expire(self, now_ms: int) -> int:
        """Forget those that have waited their time; return how many."""
        ...
