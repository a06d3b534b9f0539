"""Issues: problems that traces show."""

import re
from collections.abc import Callable, Mapping

from lodeline.domain.errors import Invalid
from lodeline.domain.ids import RunId
from lodeline.domain.issue import (
    ISSUE_SEVERITIES,
    ISSUE_STATUSES,
    Issue,
    IssueChange,
    IssueDraft,
    IssueId,
    IssueSeverity,
    IssueStatus,
)
from lodeline.server.mlflow.endpoint import Call, Endpoint
from lodeline.server.mlflow.experiments import experiment_of
from lodeline.server.mlflow.fields import Fields, one_of
from lodeline.server.mlflow.paging import active_experiments, max_results, offset_page
from lodeline.server.mlflow.wire import Reply, message

_DEFAULT_RESULTS = 100
_MOST_RESULTS = 50_000
_CLAUSE = re.compile(r"\s*(\w+)\s*(!=|=)\s*(?:'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\")\s*", re.DOTALL)
_AND = re.compile(r"AND\b", re.IGNORECASE)
_FIELDS: Mapping[str, Callable[[Issue], str | None]] = {
    "status": lambda issue: issue.status,
    "source_run_id": lambda issue: issue.source_run_id,
}


def issue_message(issue: Issue, trace_count: int | None = None) -> dict[str, object]:
    """Return an issue as MLflow writes it."""
    return message(
        issue_id=issue.issue_id,
        experiment_id=issue.experiment_id,
        name=issue.name,
        description=issue.description,
        status=issue.status,
        severity=issue.severity,
        root_causes=issue.root_causes,
        source_run_id=issue.source_run_id,
        categories=issue.categories,
        created_timestamp=issue.created_ms,
        last_updated_timestamp=issue.updated_ms,
        created_by=issue.created_by,
        trace_count=trace_count,
    )


def create(call: Call) -> Reply:
    """Make an issue, pending unless it is said to be something else."""
    fields, experiment_id = call.fields, experiment_of(call)
    run_id = fields.text("source_run_id")
    draft = IssueDraft(
        name=fields.needed("name"),
        description=fields.needed("description"),
        status=_status(fields) or "pending",
        severity=_severity(fields),
        root_causes=fields.texts("root_causes"),
        categories=fields.texts("categories"),
        source_run_id=RunId(run_id) if run_id else None,
        created_by=fields.text("created_by") or None,
    )
    return {"issue": issue_message(call.services.issues.create(call.actor, experiment_id, draft))}


def get(call: Call) -> Reply:
    """Return an issue."""
    return {"issue": issue_message(call.services.issues.get(call.actor, _issue_id(call)))}


def update(call: Call) -> Reply:
    """Change what is sent of an issue; empty texts count as not sent."""
    fields = call.fields
    change = IssueChange(
        name=fields.text("name") or None,
        description=fields.text("description") or None,
        status=_status(fields),
        severity=_severity(fields),
    )
    return {"issue": issue_message(call.services.issues.update(call.actor, _issue_id(call), change))}


def search(call: Call) -> Reply:
    """List issues, the most severe first, then those of most traces if these are asked for, then the newest."""
    fields = call.fields
    limit = max_results(fields, default=_DEFAULT_RESULTS, most=_MOST_RESULTS)
    matches = _matcher(fields.text("filter_string") or "")
    wanted = fields.text("experiment_id")
    experiments = active_experiments(call, (wanted,)) if wanted else ()
    if wanted and not experiments:
        return {}
    counted = fields.boolean("include_trace_count")
    found = call.services.issues.search(call.actor, experiments, matches, counted=counted)
    page, token = offset_page(found, fields, limit)
    return message(issues=[issue_message(each.issue, each.trace_count) for each in page], next_page_token=token)


def _matcher(text: str) -> Callable[[Issue], bool]:
    """Return what a filter asks of an issue: equalities and inequalities, all of which must hold."""
    clauses: list[tuple[Callable[[Issue], str | None], str, str]] = []
    at = 0
    while text[at:].strip():
        found = _CLAUSE.match(text, at)
        if found is None or found[1] not in _FIELDS:
            raise Invalid.value("filter_string", text, "status and source_run_id with = or !=, joined by AND")
        value = found[3] if found[3] is not None else found[4]
        clauses.append((_FIELDS[found[1]], found[2], re.sub(r"\\(.)", r"\1", value)))
        at = found.end()
        joined = _AND.match(text, at)
        if joined is None and text[at:].strip():
            raise Invalid.value("filter_string", text, "status and source_run_id with = or !=, joined by AND")
        at = at if joined is None else joined.end()

    def matches(issue: Issue) -> bool:
        # As in SQL, what is missing is neither equal to anything nor different from it.
        held = [(of(issue), operator, value) for of, operator, value in clauses]
        return all(have is not None and (have == value) == (operator == "=") for have, operator, value in held)

    return matches


def _status(fields: Fields) -> IssueStatus | None:
    if not fields.has("status"):
        return None
    status: IssueStatus = one_of(fields, "status", ISSUE_STATUSES)
    return status


def _severity(fields: Fields) -> IssueSeverity | None:
    if not fields.has("severity"):
        return None
    severity: IssueSeverity = one_of(fields, "severity", ISSUE_SEVERITIES)
    return severity


def _issue_id(call: Call) -> IssueId:
    return IssueId(call.fields.needed("issue_id"))


_ROOT = "3.0/mlflow/issues"
ENDPOINTS = (
    Endpoint("POST", _ROOT, create),
    Endpoint("POST", f"{_ROOT}/search", search),
    Endpoint("GET", f"{_ROOT}/{{issue_id}}", get),
    Endpoint("PATCH", f"{_ROOT}/{{issue_id}}", update),
)
