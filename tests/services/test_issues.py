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


def test_a_list_goes_on_where_its_page_ended(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lodeline.services.issues._BLOCK", 2)
    home, other = make(services).experiment_id, make(services, "other").experiment_id
    for number in range(7):
        if number % 3:
            clock_of(services).advance(1)
        severity: IssueSeverity = "high" if number % 2 else "low"
        draft = IssueDraft(f"n{number}", "text", severity=severity, source_run_id=RunId(f"run-{number % 2}"))
        services.issues.create(LOCAL, home, draft)
    services.issues.create(LOCAL, other, IssueDraft("elsewhere", "text", status="resolved"))

    def walked(limit: int, severity: IssueSeverity | None = None) -> list[str]:
        names: list[str] = []
        cursor: str | None = None
        while True:
            page = services.issues.list(LOCAL, [home], severity=severity, limit=limit, cursor=cursor)
            assert len(page.items) <= limit
            names += [each.issue.name for each in page.items]
            cursor = page.cursor
            if cursor is None:
                return names

    everything = walked(1_000)
    assert sorted(everything, reverse=True) == ["n6", "n5", "n4", "n3", "n2", "n1", "n0"]
    assert [walked(limit) for limit in (1, 2, 3, 7)] == [everything] * 4
    assert walked(1, "high") == walked(5, "high") == [name for name in everything if int(name[1:]) % 2]
    of_run = services.issues.list(LOCAL, run_id=RunId("run-1"))
    assert {each.issue.name for each in of_run.items} == {"n1", "n3", "n5"}
    (resolved,) = services.issues.list(LOCAL, status="resolved").items
    assert resolved.issue.name == "elsewhere"
    elsewhere = services.issues.list(LOCAL, [home], limit=1).cursor
    with pytest.raises(Invalid, match="does not belong to this list"):
        services.issues.list(LOCAL, [other], limit=1, cursor=elsewhere)
    with pytest.raises(Invalid):
        services.issues.list(LOCAL, limit=0)
    both, every = (services.issues.list(LOCAL, asked, limit=1).cursor for asked in ([home, other], []))
    make(services, "made between pages")
    assert services.issues.list(LOCAL, [other, home, other], limit=1, cursor=both).items
    assert services.issues.list(LOCAL, limit=1, cursor=every).items


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
