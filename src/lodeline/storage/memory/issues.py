"""Issues in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from lodeline.domain.audit import AuditEntry
from lodeline.domain.errors import Conflict, NotFound
from lodeline.domain.ids import ExperimentId, TraceId
from lodeline.domain.issue import MAX_ISSUES, Issue, IssueChange, IssueId, changed_issue, too_many_issues
from lodeline.storage.memory.state import State


class MemoryIssues:
    """The `IssueStore` of the memory backend."""

    def __init__(self, state: State) -> None:
        self._state = state

    def put(self, issue: Issue, *, audit: AuditEntry) -> Issue:
        with self._state.lock:
            self._state.writable(issue.experiment_id)
            if issue.issue_id in self._state.issues:
                raise Conflict(f"issue id {issue.issue_id!r} is taken; leave it out.", code="issue_id_taken")
            mine = sum(each.experiment_id == issue.experiment_id for each in self._state.issues.values())
            if mine >= MAX_ISSUES:
                raise too_many_issues()
            self._state.issues[issue.issue_id] = issue
            self._state.record(audit)
            return issue

    def get(self, issue_id: IssueId) -> Issue:
        with self._state.lock:
            found = self._state.issues.get(issue_id)
            if found is None or not self._state.is_active(found.experiment_id):
                raise NotFound.of("issue", issue_id)
            return found

    def list(
        self, experiment_ids: Sequence[str], *, before: tuple[int, str] | None = None, limit: int | None = None
    ) -> Sequence[Issue]:
        with self._state.lock:
            found = [
                each
                for each in self._state.issues.values()
                if each.experiment_id in experiment_ids
                and self._state.is_active(each.experiment_id)
                and (before is None or (each.created_ms, each.issue_id) < before)
            ]
        return sorted(found, key=lambda each: (each.created_ms, each.issue_id), reverse=True)[:limit]

    def change(self, issue_id: IssueId, change: IssueChange, *, now_ms: int, audit: AuditEntry) -> Issue:
        with self._state.lock:
            found = self._state.issues.get(issue_id)
            if found is None:
                raise NotFound.of("issue", issue_id)
            self._state.writable(found.experiment_id)
            changed = changed_issue(found, change, now_ms=now_ms)
            if changed != found:
                self._state.issues[issue_id] = changed
                self._state.record(audit)
            return changed

    def restore(self, experiment_id: ExperimentId, issues: Sequence[Issue]) -> int:
        with self._state.lock:
            self._state.writable(experiment_id)
            new = {each.issue_id: each for each in issues if each.issue_id not in self._state.issues}
            mine = sum(each.experiment_id == experiment_id for each in self._state.issues.values())
            if mine + len(new) > MAX_ISSUES:
                raise too_many_issues()
            self._state.issues.update({key: replace(each, experiment_id=experiment_id) for key, each in new.items()})
            return len(new)

    def trace_counts(self, experiment_id: ExperimentId) -> Mapping[str, int]:
        traces: dict[str, set[TraceId]] = {}
        with self._state.lock:
            if not self._state.is_active(experiment_id):
                return {}
            for revisions in self._state.ledger.values():
                last = revisions[-1]
                item = last.assessment
                trace_id = item.target.trace_id
                mine = item.experiment_id == experiment_id and item.kind == "ISSUE_REF" and not last.deleted
                if mine and trace_id is not None:
                    traces.setdefault(item.name, set()).add(trace_id)
        return {name: len(found) for name, found in traces.items()}
