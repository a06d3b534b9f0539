"""Logged models: versions of the application."""

import mlflow
import pytest
from mlflow import MlflowClient

from tests.conformance.errors import refused


def found(experiment: str, **arguments: object) -> list[str]:
    """Return the ids of the models that a search finds, in order."""
    models = mlflow.search_logged_models(experiment_ids=[experiment], output_format="list", **arguments)
    return [model.model_id for model in models]


def test_the_active_model_is_made_once_and_is_ready(experiment: str, name: str) -> None:
    first = mlflow.set_active_model(name=name)
    assert mlflow.set_active_model(name=name).model_id == first.model_id
    model = mlflow.get_logged_model(first.model_id)
    assert (model.name, model.experiment_id, str(model.status)) == (name, experiment, "READY")
    assert model.model_id.startswith("m-")
    assert model.tags["mlflow.model.isExternal"] == "true"
    assert model.artifact_location == f"mlflow-artifacts:/{experiment}/models/{model.model_id}/artifacts"


def test_params_and_tags(client: MlflowClient, experiment: str, name: str) -> None:
    model = mlflow.create_external_model(name=name, model_type="agent", params={"k": "v"}, tags={"a": "1", "b": "2"})
    mlflow.log_model_params({"temperature": "0"}, model_id=model.model_id)
    client.set_logged_model_tags(model.model_id, {"a": "3", "c": "4"})
    client.delete_logged_model_tag(model.model_id, "b")
    back = mlflow.get_logged_model(model.model_id)
    assert (back.model_type, back.params) == ("agent", {"k": "v", "temperature": "0"})
    assert {key: back.tags.get(key) for key in "abc"} == {"a": "3", "b": None, "c": "4"}


def test_metrics_of_runs_are_metrics_of_the_model(experiment: str, name: str) -> None:
    model = mlflow.create_external_model(name=name)
    with mlflow.start_run() as run:
        mlflow.log_metric("accuracy", 0.5, model_id=model.model_id)
    [metric] = mlflow.get_logged_model(model.model_id).metrics
    assert (metric.key, metric.value, metric.run_id) == ("accuracy", 0.5, run.info.run_id)
    assert found(experiment, filter_string="metrics.accuracy > 0.4") == [model.model_id]
    assert found(experiment, filter_string="metrics.accuracy > 0.6") == []


def test_search_filters_orders_and_pages(experiment: str, name: str) -> None:
    ids = [
        mlflow.create_external_model(name=f"m{i}", params={"i": str(i)}, tags={"t": "x"}).model_id for i in range(4)
    ]
    assert found(experiment) == ids[::-1]
    ascending = [{"field_name": "creation_timestamp", "ascending": True}]
    assert found(experiment, order_by=ascending) == ids
    assert found(experiment, order_by=ascending, max_results=3) == ids[:3]
    assert found(experiment, filter_string="name = 'm1'") == [ids[1]]
    assert found(experiment, filter_string="params.i = '2' AND tags.t = 'x'") == [ids[2]]


def test_a_deleted_model_is_not_found(client: MlflowClient, experiment: str, name: str) -> None:
    model = mlflow.create_external_model(name=name)
    client.delete_logged_model(model.model_id)
    with refused("RESOURCE_DOES_NOT_EXIST"):
        mlflow.get_logged_model(model.model_id)
    assert found(experiment) == []


@pytest.mark.parametrize("bad", ["a/b", "a:b", "a.b", "a%b", 'a"b', "a'b"])
def test_names_that_paths_cannot_hold_are_refused(client: MlflowClient, experiment: str, bad: str) -> None:
    with refused("INVALID_PARAMETER_VALUE"):
        client.create_logged_model(experiment, name=bad)


def test_unknown_models(client: MlflowClient, experiment: str) -> None:
    with refused("RESOURCE_DOES_NOT_EXIST"):
        mlflow.get_logged_model("m-" + "0" * 32)


def test_a_model_without_a_name_gets_one(client: MlflowClient, experiment: str) -> None:
    model = client.create_logged_model(experiment)
    assert model.name
    assert str(model.status) == "PENDING"
    done = client.finalize_logged_model(model.model_id, "READY")
    assert str(done.status) == "READY"


def test_metrics_on_datasets(client: MlflowClient, experiment: str) -> None:
    one, two, bare = (mlflow.create_external_model(name=f"m{i}").model_id for i in range(3))
    run_id = client.create_run(experiment).info.run_id
    logged = ((one, 0.5, "d1", 1), (two, 0.9, "d1", 1), (one, 0.95, "d2", 2), (two, 0.1, "d2", 2))
    for model_id, value, dataset, step in logged:
        client.log_metric(
            run_id,
            "acc",
            value,
            step=step,
            model_id=model_id,
            dataset_name=dataset,
            dataset_digest=f"digest-{dataset}",
        )

    def on(dataset: str) -> list[dict[str, str]]:
        return [{"dataset_name": dataset, "dataset_digest": f"digest-{dataset}"}]

    def of(text: str, dataset: str) -> set[str]:
        return set(found(experiment, filter_string=text, datasets=on(dataset)))

    assert (of("metrics.acc > 0.4", "d1"), of("metrics.acc > 0.4", "d2")) == ({one, two}, {one})
    assert of("metrics.acc > 0.92", "d1") == set()
    assert of("metrics.acc > 0.6 AND name = 'm0'", "d2") == {one}
    assert set(found(experiment, filter_string="metrics.acc > 0.92")) == {one}
    for dataset, expected in (("d1", [two, one, bare]), ("d2", [one, two, bare])):
        order = [{"field_name": "metrics.acc", "ascending": False, **on(dataset)[0]}]
        assert found(experiment, order_by=order) == expected
    assert found(experiment, order_by=[{"field_name": "metrics.acc", "ascending": True}])[:2] == [two, one]
