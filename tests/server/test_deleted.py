"""What is in a deleted experiment: hidden from reads, and for changes not unknown but deleted."""

from collections.abc import Iterator, Mapping

import pytest

from lodeline.auth.actor import ANONYMOUS, Actor
from lodeline.domain.errors import NotFound
from lodeline.domain.ids import AccountId, ExperimentId, KeyId
from tests.server.world import TRACE, World, request_of, serve

API = "/api/v1"


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with serve() as opened:
        yield opened


@pytest.fixture(scope="module")
def ids(world: World) -> Mapping[str, str]:
    """The ids of one thing of each kind in an experiment that is deleted afterwards."""
    client = world.client

    def made(path: str, body: Mapping[str, object], key: str) -> str:
        answer = client.post(f"{API}/{path}", json={"experiment": "gone", **body})
        assert answer.status_code in {200, 201}, answer.text
        return str(answer.json()[key])

    experiment = client.post(f"{API}/experiments", json={"name": "gone"}).json()["experiment_id"]
    headers = {"content-type": "application/x-protobuf", "x-lodeline-experiment": "gone"}
    client.post("/v1/traces", content=request_of(TRACE.removeprefix("tr-")), headers=headers)
    judged = client.post(f"{API}/assessments", json={"trace_id": TRACE, "name": "x", "value": 1}).json()
    found = {
        "experiment": str(experiment),
        "trace": str(TRACE),
        "assessment": str(judged["assessment"]["assessment_id"]),
        "run": made("runs", {"name": "r"}, "run_id"),
        "dataset": made("datasets", {"name": "d"}, "dataset_id"),
        "model": made("models", {"name": "m"}, "model_id"),
        "issue": made("issues", {"name": "i", "description": "d"}, "issue_id"),
    }
    assert client.delete(f"{API}/experiments/{experiment}").status_code == 200
    return found


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "traces/{trace}/tags", {"set": {"a": "b"}}),
        ("PUT", "traces/{trace}/info", {"name": "q"}),
        ("PUT", "traces/{trace}/info", {"name": "q", "experiment": "gone"}),
        ("DELETE", "traces/{trace}", None),
        ("POST", "traces/tags", {"trace_ids": ["tr-none", TRACE], "set": {"a": "b"}}),
        ("POST", "traces/delete", {"trace_ids": ["tr-none", TRACE]}),
        ("POST", "traces/delete", {"experiments": ["gone"]}),
        ("POST", "assessments", {"trace_id": TRACE, "name": "x", "value": 1, "park": True, "experiment": "0"}),
        ("POST", "assessments", {"trace_id": TRACE, "name": "x", "value": 1}),
        ("PATCH", "assessments/{assessment}", {"rationale": "x"}),
        ("DELETE", "assessments/{assessment}", None),
        ("PATCH", "runs/{run}", {"name": "z"}),
        ("POST", "runs/{run}/metrics", {"metrics": [{"key": "a", "value": 1, "timestamp_ms": 1}]}),
        ("POST", "datasets/{dataset}/records", {"records": [{"inputs": {"a": 1}}]}),
        ("PATCH", "models/{model}", {"name": "z"}),
        ("PATCH", "issues/{issue}", {"name": "z"}),
        ("POST", "datasets", {"name": "new", "experiment": "gone"}),
        ("POST", "runs", {"name": "new", "experiment": "gone"}),
        ("POST", "models", {"name": "new", "experiment": "gone"}),
    ],
)
def test_a_change_is_told_that_it_is_deleted(
    world: World, ids: Mapping[str, str], method: str, path: str, body: Mapping[str, object] | None
) -> None:
    answer = world.client.request(method, f"{API}/{path.format(**ids)}", json=body)
    assert (answer.status_code, answer.json()["code"]) == (409, "experiment_deleted"), answer.text
    assert answer.json()["details"]["id"] == ids["experiment"]


@pytest.mark.parametrize(
    "path",
    [
        "traces/{trace}",
        "assessments/{assessment}",
        "runs/{run}",
        "datasets/{dataset}",
        "models/{model}",
        "issues/{issue}",
    ],
)
def test_a_read_finds_nothing(world: World, ids: Mapping[str, str], path: str) -> None:
    answer = world.client.get(f"{API}/{path.format(**ids)}")
    assert (answer.status_code, answer.json()["code"].endswith("_not_found")) == (404, True)


def test_each_judgment_of_a_batch_is_told_that_it_is_deleted(world: World, ids: Mapping[str, str]) -> None:
    overrides = ids["assessment"]
    batch = [
        {"trace_id": TRACE, "name": "x", "value": 1},
        {"trace_id": TRACE, "name": "x", "value": 1, "overrides": overrides, "park": True, "experiment": "0"},
        {"session": "s", "experiment": "gone", "name": "x", "value": 1},
        {"trace_id": "tr-none", "name": "x", "value": 1},
    ]
    answer = world.client.post(f"{API}/assessments/batch", json={"assessments": batch})
    assert answer.status_code == 200, answer.text
    codes = [item["code"] for item in answer.json()]
    assert codes == ["experiment_deleted"] * 3 + ["trace_not_found"]


def test_bulk_changes_name_what_never_was(world: World, ids: Mapping[str, str]) -> None:
    assert ids
    tagged = world.client.post(f"{API}/traces/tags", json={"trace_ids": ["tr-none"], "set": {"a": "b"}})
    assert (tagged.status_code, tagged.json()) == (200, {"tagged": 0, "missing": ["tr-none"]})
    deleted = world.client.post(f"{API}/traces/delete", json={"trace_ids": ["tr-none"]})
    assert (deleted.status_code, deleted.json()) == (200, {"deleted": 0, "more": False, "missing": ["tr-none"]})


def test_what_never_was_is_not_deleted(world: World, ids: Mapping[str, str]) -> None:
    answer = world.client.patch(f"{API}/traces/tr-none/tags", json={"set": {"a": "b"}})
    assert (answer.status_code, answer.json()["code"]) == (404, "trace_not_found")
    assert ids


def test_who_may_not_see_the_experiment_is_told_of_nothing(world: World, ids: Mapping[str, str]) -> None:
    missing = NotFound.of("trace", ids["trace"])
    elsewhere = Actor("account", "eve", AccountId("acc-1"), roles={ExperimentId("0"): "editor"})
    feeding = Actor("key", "app", AccountId("acc-2"), "editor", scopes=("ingest",), key_id=KeyId("k-1"))
    explained = world.services.experiments.explained
    assert explained(elsewhere, missing) is missing
    assert explained(ANONYMOUS, missing) is missing
    assert explained(feeding, missing).error_code == "experiment_deleted"
