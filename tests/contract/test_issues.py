"""Contract of `IssueStore`."""

from dataclasses import replace

import pytest

from lodeline.domain.errors import Conflict, Deleted, Invalid, NotFound, TooLarge
from lodeline.domain.ids import ExperimentId
from lodeline.domain.issue import MAX_ISSUES, Issue, IssueChange, IssueDraft, IssueId, issue_of
from lodeline.query.ast import Search
from lodeline.storage.base import Stores
from tests.contract.build import T0_MS, audit, delete_experiment, judgment, make_experiment, span, write

ZERO = ExperimentId("0")
SLOW = IssueDraft("slow", "It takes minutes.", severity="high", root_causes=("a", "b"), categories=("latency",))


def put(stores: Stores, issue_id: str = "iss-1", *, experiment: str = ZERO, now_ms: int = T0_MS) -> Issue:
    issue = issue_of(SLOW, IssueId(issue_id), ExperimentId(experiment), now_ms=now_ms)
    return stores.issues.put(issue, audit=audit("issue.create"))


def change(stores: Stores, issue_id: str, given: IssueChange) -> Issue:
    return stores.issues.change(IssueId(issue_id), given, now_ms=T0_MS + 9, audit=audit("issue.update"))


def actions(stores: Stores) -> list[str]:
    return [entry.action for entry in stores.audit.search(Search(limit=100)).items if "issue" in entry.action]


def test_an_issue_is_kept_as_it_was_put(stores: Stores) -> None:
    made = put(stores)
    assert stores.issues.get(made.issue_id) == made
    assert actions(stores) == ["issue.create"]
    with pytest.raises(Conflict):
        put(stores)
    with pytest.raises(NotFound):
        stores.issues.get(IssueId("iss-2"))


def test_lists_are_newest_first(stores: Stores) -> None:
    put(stores, "iss-1")
    put(stores, "iss-3", now_ms=T0_MS + 5)
    put(stores, "iss-2")
    assert [each.issue_id for each in stores.issues.list([ZERO])] == ["iss-3", "iss-2", "iss-1"]
    assert [each.issue_id for each in stores.issues.list([ZERO], limit=2)] == ["iss-3", "iss-2"]
    assert [each.issue_id for each in stores.issues.list([ZERO], before=(T0_MS + 5, "iss-3"))] == ["iss-2", "iss-1"]
    assert [each.issue_id for each in stores.issues.list([ZERO], before=(T0_MS, "iss-2"), limit=5)] == ["iss-1"]
    assert list(stores.issues.list([])) == []


def test_restored_issues_keep_what_is_there(stores: Stores) -> None:
    made = put(stores)
    other = make_experiment(stores, "other").experiment_id
    given = [replace(made, name="not so"), replace(made, issue_id=IssueId("iss-2"))]
    assert stores.issues.restore(other, given) == 1
    assert stores.issues.list([ZERO]) == [made]
    assert stores.issues.list([other]) == [replace(made, issue_id=IssueId("iss-2"), experiment_id=other)]
    many = [replace(made, issue_id=IssueId(f"iss-n{n}")) for n in range(MAX_ISSUES)]
    with pytest.raises(TooLarge):
        stores.issues.restore(other, many)
    assert len(stores.issues.list([other])) == 1


def test_a_change_changes_what_it_names(stores: Stores) -> None:
    made = put(stores)
    changed = change(stores, "iss-1", IssueChange(status="resolved", severity="low"))
    assert changed == replace(made, status="resolved", severity="low", updated_ms=T0_MS + 9)
    assert change(stores, "iss-1", IssueChange(status="resolved")) == changed
    assert stores.issues.get(made.issue_id) == changed
    assert actions(stores) == ["issue.update", "issue.create"]
    with pytest.raises(Invalid):
        change(stores, "iss-1", IssueChange(name=" "))
    with pytest.raises(NotFound):
        change(stores, "iss-2", IssueChange(name="x"))


def test_traces_that_refer_to_an_issue_are_counted_once(stores: Stores) -> None:
    stores.traces.write([write("tr-1", span("root")), write("tr-2", span("root"))])
    for trace_id, name, kind in (
        ("tr-1", "iss-1", "ISSUE_REF"), ("tr-1", "iss-1", "ISSUE_REF"), ("tr-2", "iss-1", "ISSUE_REF"),
        ("tr-2", "iss-2", "ISSUE_REF"), ("tr-2", "iss-3", "FEEDBACK"),
    ):  # fmt: skip
        draft = judgment(trace_id, name)
        if kind == "ISSUE_REF":
            draft = replace(draft, kind="ISSUE_REF", value=None)
        stores.assessments.log(ZERO, draft, by=None, now_ms=T0_MS, audit=audit("assessment.log"))
    assert stores.issues.trace_counts(ZERO) == {"iss-1": 2, "iss-2": 1}


def test_issues_go_with_their_experiment(stores: Stores) -> None:
    home = make_experiment(stores, "home").experiment_id
    made = put(stores, experiment=home)
    delete_experiment(stores, home)
    assert list(stores.issues.list([home])) == []
    with pytest.raises(NotFound):
        stores.issues.get(made.issue_id)
    with pytest.raises(Deleted):
        change(stores, "iss-1", IssueChange(status="resolved"))
    with pytest.raises(Deleted):
        put(stores, "iss-2", experiment=home)
    stores.experiments.purge(home, audit=audit("experiment.purge"))
    with pytest.raises(NotFound):
        change(stores, "iss-1", IssueChange(status="resolved"))
