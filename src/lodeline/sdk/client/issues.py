"""Issues."""

from collections.abc import Sequence

from lodeline.domain.issue import CountedIssue, IssueSeverity, IssueStatus
from lodeline.sdk.client.call import Call, Listing, ModeT, Noun, call, listing, names, one, path_of


class Issues(Noun[ModeT]):
    """Calls about issues: problems that traces show, as clients of MLflow's protocol log them."""

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
