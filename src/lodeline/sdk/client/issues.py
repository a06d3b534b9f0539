"""Issues."""

from collections.abc import Sequence

from lodeline.domain.issue import CountedIssue, Issue, IssueDraft, IssueSeverity, IssueStatus
from lodeline.sdk.client.call import Call, Listing, ModeT, Noun, call, given, listing, names, one, path_of


class Issues(Noun[ModeT]):
    """Calls about issues: problems that traces show. Assessments of kind ISSUE_REF say which traces show one."""

    @call
    def create(self, draft: IssueDraft, *, experiment: str = "0") -> Call[Issue]:
        """Make an issue in an experiment (id or name). By whom is who is signed in, else what the draft says."""
        body = given(
            experiment=experiment,
            name=draft.name,
            description=draft.description,
            status=draft.status,
            severity=draft.severity,
            root_causes=draft.root_causes or None,
            categories=draft.categories or None,
            source_run_id=draft.source_run_id,
            created_by=draft.created_by,
        )
        return Call("POST", path_of("issues"), one(Issue), body=body)

    @listing
    def list(
        self,
        *,
        experiment: str | Sequence[str] | None = None,
        status: IssueStatus | None = None,
        severity: IssueSeverity | None = None,
        run_id: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Listing[CountedIssue]:
        """List issues of experiments (ids or names; all in reach without), the one made last first; those of a
        status, a severity, the run that found them where given."""
        params = {"experiment": names(experiment), "status": status, "severity": severity, "run": run_id}
        return Listing(path_of("issues"), CountedIssue, params, limit, cursor)

    @call
    def get(self, issue_id: str) -> Call[CountedIssue]:
        """Return one with the number of traces that refer to it; NotFound when there is none."""
        return Call("GET", path_of("issues", issue_id), one(CountedIssue))

    @call
    def update(
        self,
        issue_id: str,
        *,
        name: str | None = None,
        description: str | None = None,
        status: IssueStatus | None = None,
        severity: IssueSeverity | None = None,
    ) -> Call[Issue]:
        """Change what is given and return the issue; NotFound when there is none."""
        body = given(name=name, description=description, status=status, severity=severity)
        return Call("PATCH", path_of("issues", issue_id), one(Issue), body=body)
