"""Parking: puts judgments that waited on their traces, once these are here."""

import logging
from collections.abc import Callable, Sequence

from lodeline.domain.audit import AuditEntry
from lodeline.domain.clock import Clock, system_clock
from lodeline.domain.errors import LodelineError
from lodeline.domain.ids import AssessmentId, TraceId
from lodeline.domain.parking import ParkedAssessment, said_since
from lodeline.services.enforced_schemas import EnforcedSchemas
from lodeline.storage.base import Stores

_STEP = 200
_log = logging.getLogger("lodeline.parking")


class ParkingService:
    """What the server does by itself with judgments that wait; people park them by `AssessmentService.log`."""

    def __init__(self, stores: Stores, clock: Clock = system_clock) -> None:
        self._stores = stores
        self._clock = clock
        self._waited: dict[AssessmentId, int | None] = {}
        """Of those that were looked at last time, how many spans their traces had."""

    def attach_all(self, stopping: Callable[[], bool] = lambda: False) -> int:
        """Log each judgment whose trace has come, and forget those that waited too long; return how many were
        logged. One that cannot be logged, such as for a trace that came to another experiment, is forgotten."""
        expired = self._stores.parking.expire(self._clock.now_ms())
        if expired:
            _log.warning("%d parked assessments were dropped: their traces did not come in time", expired)
        logged = 0
        tried: dict[AssessmentId, int | None] = {}
        after: AssessmentId | None = None
        while not stopping():
            found = self._stores.parking.arrived(after=after, limit=_STEP)
            if not found:
                break
            after = found[-1].assessment_id
            spans = self._spans_of(found)
            for parked in found:
                now = spans.get(parked.draft.target.trace_id or "")
                tried[parked.assessment_id] = now
                if now != self._waited.get(parked.assessment_id, -1):
                    logged += self._attach(parked)
        self._waited = tried
        return logged

    def _spans_of(self, found: Sequence[ParkedAssessment]) -> dict[str, int]:
        """Return how many spans the traces of these have: without a new one, none that was missing has come."""
        ids = [TraceId(parked.draft.target.trace_id) for parked in found if parked.draft.target.trace_id is not None]
        return {trace.trace_id: trace.span_count for trace in self._stores.traces.get(list(dict.fromkeys(ids)))}

    def _was_said_anew(self, parked: ParkedAssessment) -> bool:
        """Tell whether the same judgment, by its identifier, was logged on the trace after this one was parked."""
        trace_id = parked.draft.target.trace_id
        if parked.draft.identifier is None or trace_id is None:
            return False
        return said_since(parked, self._stores.assessments.of_traces([trace_id]).get(trace_id, ()), parked.parked_ms)

    def _attach(self, parked: ParkedAssessment) -> bool:
        """Log a judgment and tell whether that went well. One whose span is still missing goes on waiting."""
        draft, experiment_id = parked.draft, parked.experiment_id
        if self._was_said_anew(parked):
            self._stores.parking.remove([parked.assessment_id])
            return False
        now_ms = self._clock.now_ms()
        audit = AuditEntry(
            now_ms, parked.actor, "assessment.log", draft.target.label, experiment_id,
            {"kind": draft.kind, "parked": "true"},
        )  # fmt: skip
        try:
            holder = self._stores.experiments.get(experiment_id)
            EnforcedSchemas(self._stores, holder).check(draft.source.kind, draft.name, draft.value, draft.target)
            self._stores.assessments.log(experiment_id, draft, by=parked.by, now_ms=now_ms, audit=audit)
        except LodelineError as error:
            if error.http_status >= 500:
                raise  # tried again at the next turn
            if error.error_code == "span_not_found":
                return False
            _log.warning("parked assessment %s was dropped: %s", parked.assessment_id, error.error_code)
            self._stores.parking.remove([parked.assessment_id])
            return False
        self._stores.parking.remove([parked.assessment_id])
        return True
