"""Native routes of issues: problems that traces show."""

from typing import Annotated

from fastapi import Path, Query
from pydantic import Field

from lodeline.domain.ids import DEFAULT_EXPERIMENT, RunId
from lodeline.domain.issue import (
    MAX_DESCRIPTION,
    MAX_ISSUE_ID,
    MAX_NAME,
    MAX_TEXT,
    MAX_TEXTS,
    CountedIssue,
    Issue,
    IssueChange,
    IssueDraft,
    IssueId,
    IssueSeverity,
    IssueStatus,
)
from lodeline.domain.page import DEFAULT_LIMIT, Page
from lodeline.server.access import ActorDep
from lodeline.server.answers import Json, ServicesDep, answer
from lodeline.server.api.bodies import Body
from lodeline.server.api.entry import native_router
from lodeline.server.api.listing import CursorParam, ExperimentsParam, LimitParam

router = native_router("/issues", "issues")

IssuePath = Annotated[str, Path(min_length=1, max_length=MAX_ISSUE_ID, description="The issue's id.")]


Cause = Annotated[str, Field(max_length=MAX_TEXT)]


class IssueBody(Body):
    """A new issue."""

    experiment: Annotated[str, Field(min_length=1, description="Id or name.")] = DEFAULT_EXPERIMENT
    name: Annotated[str, Field(min_length=1, max_length=MAX_NAME)]
    description: Annotated[str, Field(min_length=1, max_length=MAX_DESCRIPTION)]
    status: IssueStatus = "pending"
    severity: IssueSeverity | None = None
    root_causes: Annotated[tuple[Cause, ...], Field(max_length=MAX_TEXTS)] = ()
    categories: Annotated[tuple[Cause, ...], Field(max_length=MAX_TEXTS)] = ()
    source_run_id: Annotated[
        str | None, Field(min_length=1, max_length=250, description="The run that found it.")
    ] = None
    created_by: Annotated[
        str | None, Field(min_length=1, max_length=MAX_NAME, description="Who says so, where nobody is signed in.")
    ] = None


class IssueChangeBody(Body):
    """A change; what is left out stays as it is."""

    name: Annotated[str | None, Field(min_length=1, max_length=MAX_NAME)] = None
    description: Annotated[str | None, Field(min_length=1, max_length=MAX_DESCRIPTION)] = None
    status: IssueStatus | None = None
    severity: IssueSeverity | None = None


@router.post("", **answer(Issue, 404, 409, 413, status=201))
def create_issue(actor: ActorDep, services: ServicesDep, body: IssueBody) -> Json:
    """Make an issue: a problem that traces show. An assessment of kind `ISSUE_REF` says so of a trace."""
    fields = body.model_dump(exclude={"experiment", "source_run_id"})
    run_id = None if body.source_run_id is None else RunId(body.source_run_id)
    draft = IssueDraft(**fields, source_run_id=run_id)
    return Json(services.issues.create(actor, body.experiment, draft), status_code=201)


@router.get("", **answer(Page[CountedIssue], 404))
def list_issues(
    actor: ActorDep,
    services: ServicesDep,
    *,
    experiment: ExperimentsParam = None,
    status: Annotated[IssueStatus | None, Query(description="Only those in this status.")] = None,
    severity: Annotated[IssueSeverity | None, Query(description="Only those that are so severe.")] = None,
    run: Annotated[
        str | None, Query(min_length=1, max_length=250, description="Only those that this run found, by its id.")
    ] = None,
    limit: LimitParam = DEFAULT_LIMIT,
    cursor: CursorParam = None,
) -> Json:
    """List issues, the one made last first, each with the number of traces that refer to it.

    Which traces these are is said by assessments: `kind = 'ISSUE_REF' AND name = 'iss-…'` finds them.
    """
    found = services.issues.list(
        actor,
        experiment or (),
        status=status,
        severity=severity,
        run_id=None if run is None else RunId(run),
        limit=limit,
        cursor=cursor,
    )
    return Json(found)


@router.get("/{issue_id}", **answer(CountedIssue, 404))
def get_issue(actor: ActorDep, services: ServicesDep, issue_id: IssuePath) -> Json:
    """Return an issue with the number of traces that refer to it."""
    return Json(services.issues.counted(actor, IssueId(issue_id)))


@router.patch("/{issue_id}", **answer(Issue, 404, 409, 413))
def update_issue(actor: ActorDep, services: ServicesDep, issue_id: IssuePath, body: IssueChangeBody) -> Json:
    """Rename an issue, describe it anew, or say what became of it and how severe it is."""
    change = IssueChange(name=body.name, description=body.description, status=body.status, severity=body.severity)
    return Json(services.issues.update(actor, IssueId(issue_id), change))
