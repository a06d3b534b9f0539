"""Issues: who may do what, and in which order they are found."""

from collections.abc import Iterator

import pytest

from lodeline.auth.actor import LOCAL, Actor
from lodeline.domain.errors import Forbidden, Invalid, NotFound, TooLarge
from lodeline.domain.ids import AccountId, RunId
from lodeline.domain.issue import IssueChange, IssueDraft, IssueId, IssueSeverity
from lodeline.domain.run import RunDraft
from lodeline.services.bundle import Services
from tests.services.bundled import clock_of, make, services_over


@pytest.fixture
def services() -> Iterator[Services]:
    with services_over() as opened:
        yield opened


def test_the_most_severe_come_first_then_the_newest(services: Services) -> None:
    home = make(services).experiment_id
    given: tuple[tuple[str, IssueSeverity | None], ...] = (
        ("a", "low"), ("b", None), ("c", "high"), ("d", "low"), ("e", "not_an_issue"),
    )  # fmt: skip
    for name, severity in given:
        clock_of(services).advance(1)
        services.issues.create(LOCAL, home, IssueDraft(name, "text", severity=severity))
    found = services.issues.search(LOCAL, [home])
    assert [each.issue.name for each in found] == ["c", "d", "a", "e", "b"]
    assert {each.trace_count for each in found} == {None}
    counted = services.issues.search(LOCAL, [home], lambda issue: issue.severity == "low", counted=True)
    assert [(each.issue.name, each.trace_count) for each in counted] == [("d", 0), ("a", 0)]


def test_what_is_out_of_bounds_is_refused(services: Services) -> None:
    home = make(services).experiment_id
    with pytest.raises(Invalid):
        services.issues.create(LOCAL, home, IssueDraft("a", ""))
    with pytest.raises(TooLarge):
        services.issues.create(LOCAL, home, IssueDraft("a" * 251, "text"))
    with pytest.raises(TooLarge):
        services.issues.create(LOCAL, home, IssueDraft("a", "text", categories=("c",) * 101))
    with pytest.raises(NotFound):
        services.issues.create(LOCAL, "999", IssueDraft("a", "text"))
    with pytest.raises(NotFound):
        services.issues.update(LOCAL, IssueId("iss-none"), IssueChange(status="resolved"))


def test_permissions_are_those_of_assessments(services: Services) -> None:
    home = make(services).experiment_id
    viewer = Actor("account", "vic", AccountId("acc-1"), role="viewer")
    editor = Actor("account", "eve", AccountId("acc-2"), role="editor")
    made = services.issues.create(editor, home, IssueDraft("a", "text", created_by="somebody else"))
    assert made.created_by == "eve"
    assert services.issues.get(viewer, made.issue_id) == made
    for refused in (
        lambda: services.issues.create(viewer, home, IssueDraft("b", "text")),
        lambda: services.issues.update(viewer, made.issue_id, IssueChange(status="resolved")),
    ):
        with pytest.raises(Forbidden):
            refused()
    assert services.issues.update(editor, made.issue_id, IssueChange(status="resolved")).status == "resolved"


def test_the_run_that_found_it_is_of_the_same_experiment(services: Services) -> None:
    home, other = make(services).experiment_id, make(services, "other").experiment_id
    mine = services.runs.create(LOCAL, home, RunDraft("mine")).run_id
    theirs = services.runs.create(LOCAL, other, RunDraft("theirs")).run_id
    editor = Actor("account", "eve", AccountId("acc-2"), roles={home: "editor"})
    assert services.issues.create(editor, home, IssueDraft("a", "text", source_run_id=mine)).source_run_id == mine
    assert services.issues.create(editor, home, IssueDraft("b", "text", source_run_id=RunId("later")))
    with pytest.raises(NotFound):
        services.issues.create(editor, home, IssueDraft("c", "text", source_run_id=theirs))
    with pytest.raises(Invalid, match="both must be of one"):
        services.issues.create(LOCAL, home, IssueDraft("d", "text", source_run_id=theirs))
