"""Assessments."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from lodeline.domain.assessment import Assessment, AssessmentChange, AssessmentDraft, AssessmentRevision
from lodeline.domain.audit import AuditEntry
from lodeline.domain.ids import AssessmentId, ExperimentId, TraceId
from lodeline.domain.page import Page
from lodeline.query.ast import Search


class AssessmentStore(Protocol):
    """The ledger of judgments. Nothing is overwritten: every change appends a revision."""

    def log(self, experiment_id: ExperimentId, draft: AssessmentDraft, *, by: str | None, now_ms: int,
            audit: AuditEntry) -> tuple[Assessment, bool]:  # fmt: skip
        """Append a judgment; return it and whether anything changed.

        NotFound when its trace or span is unknown. Conflict when `overrides` is not the head of its chain (details
        name the head), or names another target, or when `assessment_id` is taken by different content. A draft with
        an `identifier` already used on (target, name) is a no-op when equal and a new revision otherwise.
        """
        ...

    def get(self, assessment_id: AssessmentId) -> Assessment:
        """Return the present revision; NotFound when unknown or deleted."""
        ...

    def known(self, assessment_ids: Sequence[AssessmentId]) -> Mapping[AssessmentId, Assessment]:
        """Return the present revisions of those that are there; unknown and deleted ones are left out."""
        ...

    def of_traces(self, trace_ids: Sequence[TraceId]) -> Mapping[TraceId, Sequence[Assessment]]:
        """Return the assessments of traces and their spans, oldest first; traces without any are left out."""
        ...

    def of_sessions(self, experiment_ids: Sequence[str], name: str) -> Sequence[Assessment]:
        """Return the standing assessments of traces, of a name, whose metadata names a session (`SESSION_KEY`): the
        newest made, at most `MAX_OF_SESSIONS`."""
        ...

    def search(self, search: Search) -> Page[Assessment]:
        """List assessments of `search.experiment_ids`; default order is newest created first."""
        ...

    def update(self, assessment_id: AssessmentId, change: AssessmentChange, *, by: str | None, now_ms: int,
               audit: AuditEntry) -> Assessment:  # fmt: skip
        """Append a revision; an unchanged content appends nothing."""
        ...

    def delete(self, assessment_id: AssessmentId, *, by: str | None, now_ms: int, audit: AuditEntry) -> None:
        """Mark deleted. Of a chain's head the predecessor becomes valid again; of a middle link the neighbours are
        linked and validity does not change. NotFound when unknown."""
        ...

    def history(self, assessment_id: AssessmentId) -> Sequence[AssessmentRevision]:
        """Return every revision, oldest first, also of a deleted one; NotFound when never known."""
        ...
