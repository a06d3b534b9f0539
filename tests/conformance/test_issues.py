"""Issues, through the client's store and its calls on traces."""

from collections.abc import Callable

import mlflow
import pytest
from mlflow import MlflowClient
from mlflow.entities import Issue
from mlflow.entities.issue import IssueSeverity, IssueStatus
from mlflow.store.tracking.rest_store import RestStore

from tests.conformance.errors import refused


@pytest.fixture
def issues(store: RestStore, client: MlflowClient, experiment: str) -> list[Issue]:
    """Give three issues: a high one of a run, a low one that is resolved, and one without severity."""
    run_id = client.create_run(experiment).info.run_id
    return [
        store.create_issue(
            experiment, "slow", "It takes minutes.", severity=IssueSeverity.HIGH, root_causes=["a", "b"],
            categories=["latency"], source_run_id=run_id, created_by="ann",
        ),
        store.create_issue(experiment, "rude", "It swears.", severity=IssueSeverity.LOW, status=IssueStatus.RESOLVED),
        store.create_issue(experiment, "odd", "It rambles."),
    ]  # fmt: skip


def names(found: object) -> list[str]:
    assert isinstance(found, list)
    return [issue.name for issue in found]


def test_an_issue_reads_back(store: RestStore, experiment: str, issues: list[Issue]) -> None:
    found = store.get_issue(issues[0].issue_id)
    assert found.to_dictionary() == issues[0].to_dictionary()
    assert found.issue_id.startswith("iss-")
    assert (found.experiment_id, found.name, found.description) == (experiment, "slow", "It takes minutes.")
    assert (found.status, found.severity) == (IssueStatus.PENDING, IssueSeverity.HIGH)
    assert (found.root_causes, found.categories, found.created_by) == (["a", "b"], ["latency"], "ann")
    assert (issues[1].status, issues[2].severity) == (IssueStatus.RESOLVED, None)


def test_changes(store: RestStore, issues: list[Issue]) -> None:
    changed = store.update_issue(issues[0].issue_id, status=IssueStatus.REJECTED, name="slower")
    assert (changed.status, changed.name, changed.severity) == (IssueStatus.REJECTED, "slower", IssueSeverity.HIGH)
    assert changed.description == "It takes minutes."
    assert store.get_issue(issues[0].issue_id).to_dictionary() == changed.to_dictionary()


def test_search(store: RestStore, experiment: str, issues: list[Issue]) -> None:
    assert names(store.search_issues(experiment)) == ["slow", "rude", "odd"]
    run_id = issues[0].source_run_id
    for text, expected in (
        ("status = 'pending'", ["slow", "odd"]),
        ("status != 'pending'", ["rude"]),
        (f"status = 'pending' AND source_run_id = '{run_id}'", ["slow"]),
        (f"source_run_id != '{run_id}'", []),
    ):
        assert names(store.search_issues(experiment, filter_string=text)) == expected
    for text in ("name = 'slow'", "status LIKE 'p%'", "status = 'pending' OR status = 'resolved'", "status ="):
        with refused("INVALID_PARAMETER_VALUE"):
            store.search_issues(experiment, filter_string=text)


def test_pages(store: RestStore, experiment: str, issues: list[Issue]) -> None:
    first = store.search_issues(experiment, max_results=2)
    rest = store.search_issues(experiment, max_results=2, page_token=first.token)
    assert (names(first), names(rest), bool(rest.token)) == (["slow", "rude"], ["odd"], False)


def test_traces_of_an_issue(
    store: RestStore, experiment: str, issues: list[Issue], traced: Callable[..., str]
) -> None:
    one, two, _ = traced("one"), traced("two"), traced("three")
    for trace_id in (one, two, two):
        mlflow.log_issue(trace_id=trace_id, issue_id=issues[2].issue_id)
    found = mlflow.search_traces(
        locations=[experiment], filter_string=f"issue.id = '{issues[2].issue_id}'", return_type="list"
    )
    assert {trace.info.trace_id for trace in found} == {one, two}
    counted = store.search_issues(experiment, include_trace_count=True)
    assert {issue.name: issue.trace_count for issue in counted} == {"slow": 0, "rude": 0, "odd": 2}


def test_refusals(store: RestStore, experiment: str) -> None:
    with refused("RESOURCE_DOES_NOT_EXIST"):
        store.get_issue("iss-none")
    with refused("RESOURCE_DOES_NOT_EXIST"):
        store.update_issue("iss-none", name="x")
    with refused("RESOURCE_DOES_NOT_EXIST"):
        store.create_issue("2000000000", "x", "y")
    with refused("INVALID_PARAMETER_VALUE"):
        store.create_issue(experiment, "x", "")
