"""Issues."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from lodeline.domain.audit import AuditEntry
from lodeline.domain.ids import ExperimentId
from lodeline.domain.issue import Issue, IssueChange, IssueId


class IssueStore(Protocol):
    """The issues of experiments, hidden and removed with them."""

    def put(self, issue: Issue, *, audit: AuditEntry) -> Issue:
        """Add an issue. Conflict when its id is taken; TooLarge when the experiment has `MAX_ISSUES`; NotFound or
        Deleted for the experiment."""
        ...

    def get(self, issue_id: IssueId) -> Issue:
        """Return one; NotFound when it is unknown or hidden."""
        ...

    def list(
        self, experiment_ids: Sequence[str], *, before: tuple[int, str] | None = None, limit: int | None = None
    ) -> Sequence[Issue]:
        """Return the issues of experiments, newest made first, those made at one time by id, the greatest first: all
        that come after the one with `before` as its time and id, at most `limit` of them."""
        ...

    def change(self, issue_id: IssueId, change: IssueChange, *, now_ms: int, audit: AuditEntry) -> Issue:
        """Make an issue what `domain.issue.changed_issue` gives; nothing is recorded when nothing differs. NotFound
        when it is unknown, Deleted when its experiment is."""
        ...

    def restore(self, experiment_id: ExperimentId, issues: Sequence[Issue]) -> int:
        """Add issues to an experiment as an export has them, and return how many: those whose ids are taken stay as
        they are. TooLarge when the experiment would have more than `MAX_ISSUES`, and then none is added."""
        ...

    def trace_counts(self, experiment_id: ExperimentId) -> Mapping[str, int]:
        """Return how many traces of an experiment refer to an issue, by the id of the issue; none are left out."""
        ...
