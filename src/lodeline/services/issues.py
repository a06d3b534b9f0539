"""Issues: create, find, search and change them. Which traces show one is said by assessments on them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from lodeline.auth.actor import Actor
from lodeline.auth.policy import ExperimentAction, permit, permit_reach
from lodeline.domain.clock import Clock, system_clock
from lodeline.domain.errors import NotFound
from lodeline.domain.ids import RunId, new_hex
from lodeline.domain.issue import (
    ISSUE_SEVERITIES,
    CountedIssue,
    Issue,
    IssueChange,
    IssueDraft,
    IssueId,
    IssueSeverity,
    IssueStatus,
    check_issue,
    issue_of,
)
from lodeline.domain.page import DEFAULT_LIMIT, Page, check_limit
from lodeline.query import cursor as cursors
from lodeline.query.ast import Always
from lodeline.services.audit import audit_entry
from lodeline.services.experiment_scope import ExperimentScope
from lodeline.services.runs import check_run_of
from lodeline.storage.base import Stores

_BLOCK = 1_000
"""Issues looked at together."""


class IssueService:
    """Use cases of issues. Permissions are those of assessments, which issues gather."""

    def __init__(self, stores: Stores, scope: ExperimentScope, clock: Clock = system_clock) -> None:
        self._stores = stores
        self._scope = scope
        self._clock = clock

    def create(self, actor: Actor, experiment: str, draft: IssueDraft) -> Issue:
        """Make an issue in an experiment (id or name). The run that found it is one of that experiment, or one that
        is not known here (yet): NotFound for one out of the actor's reach, Invalid for one of another experiment."""
        holder = self._scope.one(actor, "assessment.write", experiment)
        made = replace(draft, created_by=actor.author or draft.created_by)
        check_issue(made)
        if made.source_run_id is not None:
            check_run_of(self._stores, actor, made.source_run_id, holder.experiment_id)
        now_ms = self._clock.now_ms()
        issue = issue_of(made, IssueId(new_hex("iss-")), holder.experiment_id, now_ms=now_ms)
        audit = audit_entry(
            actor, "issue.create", issue.issue_id, at_ms=now_ms, experiment_id=holder.experiment_id,
            details={"name": issue.name},
        )  # fmt: skip
        return self._stores.issues.put(issue, audit=audit)

    def get(self, actor: Actor, issue_id: IssueId, action: ExperimentAction = "assessment.read") -> Issue:
        """Return one; NotFound when it is unknown or out of reach."""
        permit_reach(actor, action)
        missing = NotFound.of("issue", issue_id)
        found = self._stores.issues.get(issue_id)
        permit(actor, action, found.experiment_id, missing=missing)
        return found

    def counted(self, actor: Actor, issue_id: IssueId) -> CountedIssue:
        """Return one with the number of traces that refer to it; NotFound when it is unknown or out of reach."""
        return self._counted([self.get(actor, issue_id)])[0]

    def list(
        self,
        actor: Actor,
        experiments: Sequence[str] = (),
        *,
        status: IssueStatus | None = None,
        severity: IssueSeverity | None = None,
        run_id: RunId | None = None,
        limit: int = DEFAULT_LIMIT,
        cursor: str | None = None,
    ) -> Page[CountedIssue]:
        """List the issues of experiments (ids or names; all in reach without), the one made last first, with the
        numbers of traces that refer to them; those of a status, a severity, a run that found them where given."""
        check_limit(limit)
        ids = self._scope.ids(actor, "assessment.read", experiments)
        wanted = sorted(ids) if experiments else ()
        mark = cursors.fingerprint("assessment", Always(), (), "issues", *wanted, str((status, severity, run_id)))
        before = None if cursor is None else _place(cursors.decode(cursor, mark))
        found: list[Issue] = []
        while len(found) <= limit:
            block = self._stores.issues.list(ids, before=before, limit=_BLOCK)
            found += [
                each
                for each in block
                if status in (None, each.status)
                and severity in (None, each.severity)
                and run_id in (None, each.source_run_id)
            ]
            if len(block) < _BLOCK:
                break
            before = block[-1].created_ms, block[-1].issue_id
        shown = found[:limit]
        last = shown[-1] if len(found) > limit else None
        following = None if last is None else cursors.encode((last.created_ms, last.issue_id), mark)
        return Page(self._counted(shown), following)

    def _counted(self, issues: Sequence[Issue]) -> tuple[CountedIssue, ...]:
        counts: dict[str, int] = {}
        for experiment_id in {each.experiment_id for each in issues}:
            counts.update(self._stores.issues.trace_counts(experiment_id))
        return tuple(CountedIssue(each, counts.get(each.issue_id, 0)) for each in issues)

    def update(self, actor: Actor, issue_id: IssueId, change: IssueChange) -> Issue:
        """Change one."""
        found = self.get(actor, issue_id, "assessment.write")
        now_ms = self._clock.now_ms()
        audit = audit_entry(
            actor, "issue.update", issue_id, at_ms=now_ms, experiment_id=found.experiment_id,
            details={"name": change.name, "status": change.status, "severity": change.severity},
        )  # fmt: skip
        return self._stores.issues.change(issue_id, change, now_ms=now_ms, audit=audit)

    def search(
        self,
        actor: Actor,
        experiments: Sequence[str] = (),
        matches: Callable[[Issue], bool] = lambda _: True,
        *,
        counted: bool = False,
    ) -> Sequence[CountedIssue]:
        """Return the issues of experiments (ids or names; all in reach without) that match: the most severe first,
        then, where they are counted, those of most traces, then the newest."""
        ids = self._scope.ids(actor, "assessment.read", experiments)
        counts: dict[str, int] = {}
        if counted:
            for experiment_id in ids:
                counts.update(self._stores.issues.trace_counts(experiment_id))
        found = [each for each in self._stores.issues.list(ids) if matches(each)]

        def rank(issue: Issue) -> tuple[int, int]:
            return _RANKS.get(issue.severity, -1), counts.get(issue.issue_id, 0)

        found.sort(key=rank, reverse=True)
        return [CountedIssue(each, counts.get(each.issue_id, 0) if counted else None) for each in found]


_RANKS: Mapping[str | None, int] = {severity: rank for rank, severity in enumerate(ISSUE_SEVERITIES)}


def _place(values: Sequence[object]) -> tuple[int, str]:
    """Return the time and id in a cursor, which this list has written."""
    created_ms, issue_id = values
    return int(str(created_ms)), str(issue_id)
