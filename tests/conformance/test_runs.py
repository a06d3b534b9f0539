"""Runs: params, metrics with their history, tags, inputs, search."""

import math

import mlflow
import pytest
from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunTag, ViewType

from tests.conformance.errors import refused


def test_create_and_read_back(client: MlflowClient, experiment: str) -> None:
    made = client.create_run(experiment, start_time=1_700_000_000_000, tags={"a": "b"}, run_name="first")
    found = client.get_run(made.info.run_id)
    assert (found.info.experiment_id, found.info.status, found.info.lifecycle_stage) == (
        experiment, "RUNNING", "active",
    )  # fmt: skip
    assert (found.info.run_name, found.info.start_time, found.info.end_time) == ("first", 1_700_000_000_000, None)
    assert found.data.tags["a"] == "b"
    assert found.data.tags["mlflow.runName"] == "first"
    assert found.info.artifact_uri == f"mlflow-artifacts:/{experiment}/{made.info.run_id}/artifacts"
    assert len(made.info.run_id) == 32


def test_a_name_is_made(client: MlflowClient, experiment: str) -> None:
    made = client.create_run(experiment)
    assert made.info.run_name
    assert client.get_run(made.info.run_id).data.tags["mlflow.runName"] == made.info.run_name


def test_fluent_run_finishes(experiment: str) -> None:
    with mlflow.start_run(run_name="fluent") as run:
        mlflow.log_params({"model": "m-1", "k": 3})
        mlflow.log_metric("score", 0.5)
    found = mlflow.get_run(run.info.run_id)
    assert found.info.status == "FINISHED"
    assert found.info.end_time >= found.info.start_time
    assert found.data.params == {"model": "m-1", "k": "3"}
    assert found.data.metrics == {"score": 0.5}


def test_a_run_that_raises_failed(experiment: str) -> None:
    with pytest.raises(RuntimeError), mlflow.start_run() as run:
        raise RuntimeError
    assert mlflow.get_run(run.info.run_id).info.status == "FAILED"


def test_nested_runs_name_their_parent(client: MlflowClient, experiment: str) -> None:
    with mlflow.start_run() as outer, mlflow.start_run(nested=True) as inner:
        pass
    found = client.search_runs([experiment], f"tags.mlflow.parentRunId = '{outer.info.run_id}'")
    assert [run.info.run_id for run in found] == [inner.info.run_id]


def test_update_status_and_name(client: MlflowClient, experiment: str) -> None:
    run_id = client.create_run(experiment).info.run_id
    client.update_run(run_id, status="FAILED", name="renamed")
    found = client.get_run(run_id)
    assert (found.info.status, found.info.run_name) == ("FAILED", "renamed")
    assert found.data.tags["mlflow.runName"] == "renamed"
    client.set_terminated(run_id, "KILLED", end_time=1_900_000_000_000)
    found = client.get_run(run_id)
    assert (found.info.status, found.info.end_time) == ("KILLED", 1_900_000_000_000)


def test_params_are_set_once(client: MlflowClient, experiment: str) -> None:
    run_id = client.create_run(experiment).info.run_id
    client.log_param(run_id, "k", "v")
    client.log_param(run_id, "k", "v")
    with refused("INVALID_PARAMETER_VALUE"):
        client.log_param(run_id, "k", "w")
    assert client.get_run(run_id).data.params == {"k": "v"}


def test_metric_history_and_latest(client: MlflowClient, experiment: str) -> None:
    run_id = client.create_run(experiment).info.run_id
    for step, value in ((1, 0.1), (3, 0.3), (2, 0.2)):
        client.log_metric(run_id, "loss", value, timestamp=1_000 + step, step=step)
    assert client.get_run(run_id).data.metrics["loss"] == 0.3
    history = client.get_metric_history(run_id, "loss")
    assert sorted((point.step, point.value, point.timestamp) for point in history) == [
        (1, 0.1, 1_001), (2, 0.2, 1_002), (3, 0.3, 1_003),
    ]  # fmt: skip


def test_metrics_that_are_not_finite(client: MlflowClient, experiment: str) -> None:
    run_id = client.create_run(experiment).info.run_id
    client.log_metric(run_id, "nan", float("nan"))
    client.log_metric(run_id, "inf", float("inf"))
    metrics = client.get_run(run_id).data.metrics
    assert math.isnan(metrics["nan"])
    assert metrics["inf"] > 1e308


def test_a_batch(client: MlflowClient, experiment: str) -> None:
    run_id = client.create_run(experiment).info.run_id
    client.log_batch(
        run_id,
        metrics=[Metric("m", 1.0, 1, 0), Metric("m", 2.0, 2, 1), Metric("n", -0.5, 1, 0)],
        params=[Param("p", "1"), Param("q", "")],
        tags=[RunTag("t", "u"), RunTag("t2", "")],
    )
    data = client.get_run(run_id).data
    assert data.metrics == {"m": 2.0, "n": -0.5}
    assert data.params == {"p": "1", "q": ""}
    assert (data.tags["t"], data.tags["t2"]) == ("u", "")


def test_a_batch_with_contradicting_params(client: MlflowClient, experiment: str) -> None:
    run_id = client.create_run(experiment).info.run_id
    with refused("INVALID_PARAMETER_VALUE"):
        client.log_batch(run_id, params=[Param("p", "1"), Param("p", "2")])


def test_many_params_are_split(client: MlflowClient, experiment: str) -> None:
    with mlflow.start_run() as run:
        mlflow.log_params({f"p{n}": n for n in range(250)})
    assert len(client.get_run(run.info.run_id).data.params) == 250


def test_tags(client: MlflowClient, experiment: str) -> None:
    run_id = client.create_run(experiment).info.run_id
    client.set_tag(run_id, "a", "1")
    client.set_tag(run_id, "a", "2")
    assert client.get_run(run_id).data.tags["a"] == "2"
    client.delete_tag(run_id, "a")
    assert "a" not in client.get_run(run_id).data.tags
    with refused("RESOURCE_DOES_NOT_EXIST"):
        client.delete_tag(run_id, "a")


def test_delete_and_restore(client: MlflowClient, experiment: str) -> None:
    run_id = client.create_run(experiment).info.run_id
    client.delete_run(run_id)
    assert client.get_run(run_id).info.lifecycle_stage == "deleted"
    assert client.search_runs([experiment]) == []
    assert [r.info.run_id for r in client.search_runs([experiment], run_view_type=ViewType.DELETED_ONLY)] == [run_id]
    with refused("INVALID_PARAMETER_VALUE"):
        client.log_param(run_id, "k", "v")
    client.restore_run(run_id)
    assert [run.info.run_id for run in client.search_runs([experiment])] == [run_id]


def test_unknown_run(client: MlflowClient) -> None:
    with refused("RESOURCE_DOES_NOT_EXIST"):
        client.get_run("0" * 32)


def test_no_runs_in_a_deleted_experiment(client: MlflowClient, experiment: str) -> None:
    client.delete_experiment(experiment)
    with refused("INVALID_PARAMETER_VALUE"):
        client.create_run(experiment)


def test_inputs_are_read_back(client: MlflowClient, experiment: str) -> None:
    run_id = client.create_run(experiment).info.run_id
    dataset = Dataset("questions", "abcd1234", "local", '{"uri": "x"}', schema='{"s": 1}', profile='{"n": 2}')
    client.log_inputs(run_id, [DatasetInput(dataset, [InputTag("mlflow.data.context", "eval")])])
    (found,) = client.get_run(run_id).inputs.dataset_inputs
    assert (found.dataset.name, found.dataset.digest, found.dataset.source_type) == ("questions", "abcd1234", "local")
    assert (found.dataset.source, found.dataset.schema, found.dataset.profile) == (
        '{"uri": "x"}', '{"s": 1}', '{"n": 2}',
    )  # fmt: skip
    assert [(tag.key, tag.value) for tag in found.tags] == [("mlflow.data.context", "eval")]
    for clause in ("datasets.name = 'questions'", "datasets.digest = 'abcd1234'", "datasets.context = 'eval'"):
        assert [run.info.run_id for run in client.search_runs([experiment], clause)] == [run_id]
    assert client.search_runs([experiment], "datasets.name = 'others'") == []


@pytest.fixture
def three(client: MlflowClient, experiment: str) -> list[str]:
    """Give three runs, oldest first, with n = 0, 1, 2 in metric, param and tag."""
    ids = []
    for n in range(3):
        run = client.create_run(experiment, start_time=1_000_000 + n, run_name=f"run {n}", tags={"n.b": str(n)})
        client.log_metric(run.info.run_id, "m x", n)
        client.log_param(run.info.run_id, "p/q", f"v{n}")
        ids.append(run.info.run_id)
    client.set_terminated(ids[0], "FINISHED", end_time=2_000_000)
    client.set_tag(ids[2], "only", "here")
    return ids


@pytest.mark.parametrize(
    ("clause", "expected"),
    [
        ("", [2, 1, 0]),
        ("metrics.`m x` > 0", [2, 1]),
        ("metrics.`m x` >= 1 AND metrics.`m x` != 2", [1]),
        ("metrics.absent = 1", []),
        ("params.`p/q` = 'v1'", [1]),
        ("params.`p/q` != 'v1'", [2, 0]),
        ("params.`p/q` LIKE 'v%'", [2, 1, 0]),
        ("params.`p/q` ILIKE 'V2'", [2]),
        ("tags.`n.b` = '0'", [0]),
        ('tags."n.b" = "0"', [0]),
        ("tags.only = 'here'", [2]),
        ("tags.only != 'there'", [2]),
        ("tags.only IS NULL", [1, 0]),
        ("tags.only IS NOT NULL", [2]),
        ("status = 'FINISHED'", [0]),
        ("attributes.status = 'RUNNING'", [2, 1]),
        ("attributes.status != 'RUNNING'", [0]),
        ("run_name = 'run 1'", [1]),
        ("attributes.run_name LIKE 'run%'", [2, 1, 0]),
        ("attributes.start_time < 1000002", [1, 0]),
        ("start_time >= 1000001 and end_time = 2000000", []),
        ("attributes.end_time = 2000000", [0]),
    ],
)
def test_search(client: MlflowClient, experiment: str, three: list[str], clause: str, expected: list[int]) -> None:
    found = [three.index(run.info.run_id) for run in client.search_runs([experiment], clause)]
    assert found == expected


def test_search_by_ids(client: MlflowClient, experiment: str, three: list[str]) -> None:
    for clause, expected in (
        (f"attributes.run_id = '{three[1]}'", {three[1]}),
        (f"run_id IN ('{three[0]}', '{three[2]}')", {three[0], three[2]}),
        (f"run_id NOT IN ('{three[0]}')", {three[1], three[2]}),
    ):
        assert {run.info.run_id for run in client.search_runs([experiment], clause)} == expected


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (["metrics.`m x` ASC"], [0, 1, 2]),
        (["metrics.`m x` DESC"], [2, 1, 0]),
        (["params.`p/q`"], [0, 1, 2]),
        (["attributes.start_time ASC"], [0, 1, 2]),
        (["tags.only DESC"], [2, 1, 0]),
        (["status ASC", "start_time ASC"], [0, 1, 2]),
    ],
)
def test_order(
    client: MlflowClient, experiment: str, three: list[str], order: list[str], expected: list[int]
) -> None:
    assert [three.index(run.info.run_id) for run in client.search_runs([experiment], order_by=order)] == expected


def test_pages(client: MlflowClient, experiment: str, three: list[str]) -> None:
    first = client.search_runs([experiment], max_results=2)
    second = client.search_runs([experiment], max_results=2, page_token=first.token)
    assert [three.index(run.info.run_id) for run in [*first, *second]] == [2, 1, 0]
    assert not second.token
    assert not client.search_runs([experiment], max_results=3).token


@pytest.mark.parametrize(
    "wrong",
    ["nonsense.k = 'x'", "metrics.m = 'x'", "params.p > 'x'", "status > 'x'", "params.p = 1", "metrics.m LIKE 'x'",
     "tags.a = 'b' OR tags.a = 'c'", "metrics.m >"],
)  # fmt: skip
def test_a_wrong_filter(client: MlflowClient, experiment: str, wrong: str) -> None:
    with refused("INVALID_PARAMETER_VALUE"):
        client.search_runs([experiment], wrong)


def test_a_run_in_an_unknown_experiment_is_not_found(client: MlflowClient) -> None:
    assert client.search_runs(["2000000000"]) == []
    with refused("RESOURCE_DOES_NOT_EXIST"):
        client.create_run("2000000000")


def test_metrics_over_time_keep_the_last_of_a_step(client: MlflowClient, experiment: str) -> None:
    run_id = client.create_run(experiment).info.run_id
    client.log_metric(run_id, "m", 1.0, timestamp=10, step=1)
    client.log_metric(run_id, "m", 5.0, timestamp=20, step=0)
    client.log_metric(run_id, "m", 2.0, timestamp=9, step=1)
    assert client.get_run(run_id).data.metrics["m"] == 1.0
