"""The assessment ledger in memory; its rules are in `domain.ledger`."""

from collections.abc import Mapping, Sequence

from lodeline.domain.assessment import (
    MAX_OF_SESSIONS,
    SESSION_KEY,
    Assessment,
    AssessmentChange,
    AssessmentDraft,
    AssessmentRevision,
    AssessmentTarget,
)
from lodeline.domain.audit import AuditEntry
from lodeline.domain.errors import NotFound
from lodeline.domain.ids import AssessmentId, ExperimentId, TraceId
from lodeline.domain.ledger import LedgerPlan, plan_delete, plan_log, plan_update
from lodeline.domain.page import Page
from lodeline.query.ast import Search
from lodeline.storage.memory.matching import assessment_page
from lodeline.storage.memory.state import State


class MemoryAssessments:
    """The `AssessmentStore` of the memory backend."""

    def __init__(self, state: State) -> None:
        self._state = state

    def log(self, experiment_id: ExperimentId, draft: AssessmentDraft, *, by: str | None, now_ms: int,
            audit: AuditEntry) -> tuple[Assessment, bool]:  # fmt: skip
        with self._state.lock:
            self._state.writable(experiment_id)
            self._check_target(experiment_id, draft.target)
            peers = self._peers(experiment_id, draft.target)
            plan = plan_log(draft, peers, self._last, experiment_id=experiment_id, by=by, now_ms=now_ms)
            self._append(plan, audit)
            return plan.assessment, plan.changed

    def get(self, assessment_id: AssessmentId) -> Assessment:
        with self._state.lock:
            last = self._last(assessment_id)
            if last is None or last.deleted or not self._state.is_active(last.assessment.experiment_id):
                raise NotFound.of("assessment", assessment_id)
            return last.assessment

    def known(self, assessment_ids: Sequence[AssessmentId]) -> Mapping[AssessmentId, Assessment]:
        with self._state.lock:
            found = {each: self._last(each) for each in assessment_ids}
            return {
                each: last.assessment
                for each, last in found.items()
                if last is not None and not last.deleted and self._state.is_active(last.assessment.experiment_id)
            }

    def of_traces(self, trace_ids: Sequence[TraceId]) -> Mapping[TraceId, Sequence[Assessment]]:
        wanted = set(trace_ids)
        found: dict[TraceId, list[Assessment]] = {}
        with self._state.lock:
            for assessment in self._state.present_assessments():
                trace_id = assessment.target.trace_id
                if trace_id is not None and trace_id in wanted and self._state.is_active(assessment.experiment_id):
                    found.setdefault(trace_id, []).append(assessment)
        for assessments in found.values():
            assessments.sort(key=lambda a: a.created_ms)
        return found

    def of_sessions(self, experiment_ids: Sequence[str], name: str) -> Sequence[Assessment]:
        with self._state.lock:
            found = [
                each
                for each in self._state.present_assessments()
                if each.name == name
                and each.valid
                and each.target.trace_id is not None
                and each.experiment_id in experiment_ids
                and SESSION_KEY in each.metadata
                and self._state.is_active(each.experiment_id)
            ]
        return sorted(found, key=lambda each: each.created_ms, reverse=True)[:MAX_OF_SESSIONS]

    def search(self, search: Search) -> Page[Assessment]:
        with self._state.lock:
            return assessment_page(self._state, search)

    def update(self, assessment_id: AssessmentId, change: AssessmentChange, *, by: str | None, now_ms: int,
               audit: AuditEntry) -> Assessment:  # fmt: skip
        with self._state.lock:
            present = self._writable(assessment_id)
            peers = self._peers(present.experiment_id, present.target)
            plan = plan_update(present, change, peers, by=by, now_ms=now_ms)
            self._append(plan, audit)
            return plan.assessment

    def delete(self, assessment_id: AssessmentId, *, by: str | None, now_ms: int, audit: AuditEntry) -> None:
        with self._state.lock:
            present = self._writable(assessment_id)
            self._append(plan_delete(present, self._last, by=by, now_ms=now_ms), audit)

    def history(self, assessment_id: AssessmentId) -> Sequence[AssessmentRevision]:
        with self._state.lock:
            revisions = self._state.ledger.get(assessment_id)
            if revisions is None or not self._state.is_active(revisions[-1].assessment.experiment_id):
                raise NotFound.of("assessment", assessment_id)
            return list(revisions)

    def _last(self, assessment_id: AssessmentId) -> AssessmentRevision | None:
        revisions = self._state.ledger.get(assessment_id)
        return None if revisions is None else revisions[-1]

    def _peers(self, experiment_id: ExperimentId, target: AssessmentTarget) -> list[Assessment]:
        present = self._state.present_assessments()
        return [a for a in present if (a.experiment_id, a.target) == (experiment_id, target)]

    def _writable(self, assessment_id: AssessmentId) -> Assessment:
        last = self._last(assessment_id)
        if last is None or last.deleted:
            raise NotFound.of("assessment", assessment_id)
        self._state.writable(last.assessment.experiment_id)
        return last.assessment

    def _check_target(self, experiment_id: ExperimentId, target: AssessmentTarget) -> None:
        if target.trace_id is None:
            return
        record = self._state.traces.get(target.trace_id)
        if record is None or record.experiment_id != experiment_id:
            raise NotFound.of("trace", target.trace_id)
        if target.span_id is not None and record.fold.winner(target.span_id) is None:
            raise NotFound.of("span", target.span_id)

    def _append(self, plan: LedgerPlan, audit: AuditEntry) -> None:
        for revision in plan.revisions:
            self._state.ledger.setdefault(revision.assessment.assessment_id, []).append(revision)
        if plan.changed:
            self._state.record(audit)
