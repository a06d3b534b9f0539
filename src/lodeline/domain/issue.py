"""Issue: a problem of an application that traces show, found by people or by tools.

Which traces show it is said by assessments of kind ISSUE_REF on them, whose name is the issue's id.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, NewType

from lodeline.domain.errors import Invalid, TooLarge
from lodeline.domain.experiment import check_name
from lodeline.domain.ids import ExperimentId, RunId
from lodeline.domain.run import check_moment

IssueId = NewType("IssueId", str)
"""``iss-`` and 32 hex digits."""
IssueStatus = Literal["pending", "rejected", "resolved"]
IssueSeverity = Literal["not_an_issue", "low", "medium", "high"]
ISSUE_STATUSES: tuple[IssueStatus, ...] = ("pending", "rejected", "resolved")
ISSUE_SEVERITIES: tuple[IssueSeverity, ...] = ("not_an_issue", "low", "medium", "high")
"""From the least to the most."""

MAX_ISSUES = 10_000
"""Issues of one experiment."""
MAX_ISSUE_ID = 50
MAX_NAME = 250
MAX_DESCRIPTION = 20_000
MAX_TEXTS = 100
"""Root causes of an issue, and categories."""
MAX_TEXT = 10_000


@dataclass(frozen=True, slots=True)
class IssueDraft:
    """What a new issue is made from. `source_run_id` is the run that found it."""

    name: str
    description: str
    status: IssueStatus = "pending"
    severity: IssueSeverity | None = None
    root_causes: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    source_run_id: RunId | None = None
    created_by: str | None = None


@dataclass(frozen=True, slots=True)
class Issue:
    """One issue. Times are epoch milliseconds."""

    issue_id: IssueId
    experiment_id: ExperimentId
    name: str
    description: str
    status: IssueStatus
    created_ms: int
    updated_ms: int
    severity: IssueSeverity | None = None
    root_causes: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    source_run_id: RunId | None = None
    created_by: str | None = None


@dataclass(frozen=True, slots=True)
class CountedIssue:
    """An issue, and how many traces refer to it; None when they were not counted."""

    issue: Issue
    trace_count: int | None = None


@dataclass(frozen=True, slots=True)
class IssueChange:
    """A change of an issue: None leaves a field."""

    name: str | None = None
    description: str | None = None
    status: IssueStatus | None = None
    severity: IssueSeverity | None = None


def issue_of(draft: IssueDraft, issue_id: IssueId, experiment_id: ExperimentId, *, now_ms: int) -> Issue:
    """Return the issue that a draft becomes."""
    return Issue(
        issue_id=issue_id,
        experiment_id=experiment_id,
        name=draft.name,
        description=draft.description,
        status=draft.status,
        created_ms=now_ms,
        updated_ms=now_ms,
        severity=draft.severity,
        root_causes=draft.root_causes,
        categories=draft.categories,
        source_run_id=draft.source_run_id,
        created_by=draft.created_by,
    )


def changed_issue(issue: Issue, change: IssueChange, *, now_ms: int) -> Issue:
    """Return an issue after a change, the same one when nothing differs; Invalid or TooLarge for what can be none."""
    changed = replace(
        issue,
        name=issue.name if change.name is None else change.name,
        description=issue.description if change.description is None else change.description,
        status=issue.status if change.status is None else change.status,
        severity=issue.severity if change.severity is None else change.severity,
    )
    check_issue(changed)
    return issue if changed == issue else replace(changed, updated_ms=now_ms)


def check_issue(issue: IssueDraft | Issue) -> None:
    """Return when an issue can be one; else Invalid or TooLarge, naming the field."""
    if isinstance(issue, Issue):
        check_name(issue.issue_id, noun="issue_id", most=MAX_ISSUE_ID)
        check_moment(issue.created_ms, "created_ms")
        check_moment(issue.updated_ms, "updated_ms")
    check_name(issue.name, noun="issue name", most=MAX_NAME)
    if not issue.description:
        raise Invalid.value("description", issue.description, "a text")
    if len(issue.description) > MAX_DESCRIPTION:
        raise TooLarge(f"description: {len(issue.description)} characters are over the limit of {MAX_DESCRIPTION}.")
    for noun, texts in (("root_causes", issue.root_causes), ("categories", issue.categories)):
        _check_texts(noun, texts)
    for noun, text in (("source_run_id", issue.source_run_id), ("created_by", issue.created_by)):
        if text is not None:
            check_name(text, noun=noun, most=MAX_NAME)


def too_many_issues() -> TooLarge:
    """Return the error for one issue more than an experiment may have."""
    return TooLarge(f"issues: an experiment has at most {MAX_ISSUES}.")


def _check_texts(noun: str, texts: Sequence[str]) -> None:
    if len(texts) > MAX_TEXTS:
        raise TooLarge(f"{noun}: {len(texts)} are over the limit of {MAX_TEXTS}.")
    for text in texts:
        if len(text) > MAX_TEXT:
            raise TooLarge(f"{noun}: {len(text)} characters are over the limit of {MAX_TEXT}.")
