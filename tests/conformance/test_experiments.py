"""Experiments."""

import time

import mlflow
import pytest
from mlflow import MlflowClient
from mlflow.entities import ViewType

from tests.conformance.errors import refused


def test_default_exists(client: MlflowClient) -> None:
    found = client.get_experiment("0")
    assert (found.name, found.lifecycle_stage) == ("Default", "active")


def test_create_and_read_back(client: MlflowClient, name: str) -> None:
    made = client.create_experiment(name, tags={"team": "search", "k.e-y /1": "v"})
    found = client.get_experiment(made)
    assert (found.experiment_id, found.name, found.lifecycle_stage) == (made, name, "active")
    assert found.tags == {"team": "search", "k.e-y /1": "v"}
    assert int(made) < 2**31
    assert found.creation_time > 1_600_000_000_000
    assert client.get_experiment_by_name(name).experiment_id == made


def test_artifact_location_is_the_proxy_or_what_was_given(client: MlflowClient, name: str) -> None:
    made = client.create_experiment(name)
    assert client.get_experiment(made).artifact_location == f"mlflow-artifacts:/{made}"
    other = client.create_experiment(name + "-2", artifact_location="s3://bucket/place")
    assert client.get_experiment(other).artifact_location == "s3://bucket/place"


def test_unknown_ones(client: MlflowClient, name: str) -> None:
    assert client.get_experiment_by_name(name) is None
    with refused("RESOURCE_DOES_NOT_EXIST"):
        client.get_experiment("2000000000")


def test_a_taken_name(client: MlflowClient, name: str) -> None:
    made = client.create_experiment(name)
    with refused("RESOURCE_ALREADY_EXISTS"):
        client.create_experiment(name)
    client.delete_experiment(made)
    with refused("RESOURCE_ALREADY_EXISTS"):
        client.create_experiment(name)


def test_set_experiment_makes_then_finds(name: str) -> None:
    made = mlflow.set_experiment(name)
    assert mlflow.set_experiment(name).experiment_id == made.experiment_id


def test_rename(client: MlflowClient, experiment: str, name: str) -> None:
    client.rename_experiment(experiment, name + "-new")
    assert client.get_experiment(experiment).name == name + "-new"
    assert client.get_experiment_by_name(name) is None


def test_delete_and_restore(client: MlflowClient, experiment: str) -> None:
    client.delete_experiment(experiment)
    assert client.get_experiment(experiment).lifecycle_stage == "deleted"
    with refused("RESOURCE_DOES_NOT_EXIST"):
        client.delete_experiment(experiment)
    client.restore_experiment(experiment)
    assert client.get_experiment(experiment).lifecycle_stage == "active"


def test_tags(client: MlflowClient, experiment: str) -> None:
    client.set_experiment_tag(experiment, "a", "1")
    client.set_experiment_tag(experiment, "a", "2")
    assert client.get_experiment(experiment).tags == {"a": "2"}
    client.delete_experiment_tag(experiment, "a")
    assert client.get_experiment(experiment).tags == {}
    with refused("RESOURCE_DOES_NOT_EXIST"):
        client.delete_experiment_tag(experiment, "a")


def test_search_by_name_and_tag(client: MlflowClient, name: str) -> None:
    ids = [client.create_experiment(f"{name}-{n}", tags={"of": name, "n": str(n)}) for n in range(3)]
    found = client.search_experiments(filter_string=f"tags.of = '{name}'", order_by=["name ASC"])
    assert [item.experiment_id for item in found] == ids
    found = client.search_experiments(filter_string=f"name LIKE '{name}-%' AND tags.n != '1'", order_by=["name DESC"])
    assert [item.experiment_id for item in found] == [ids[2], ids[0]]
    assert [item.name for item in client.search_experiments(filter_string=f"name = '{name}-1'")] == [f"{name}-1"]
    assert client.search_experiments(filter_string=f"name ILIKE '{name.upper()}-2'")[0].experiment_id == ids[2]


def test_search_newest_first_by_default(client: MlflowClient, name: str) -> None:
    ids = []
    for n in range(3):
        ids.append(client.create_experiment(f"{name}-{n}", tags={"of": name}))
        time.sleep(0.01)
    found = client.search_experiments(filter_string=f"tags.of = '{name}'")
    assert [item.experiment_id for item in found] == ids[::-1]


def test_search_pages(client: MlflowClient, name: str) -> None:
    ids = {client.create_experiment(f"{name}-{n}", tags={"of": name}) for n in range(5)}
    seen, token = [], None
    while True:
        page = client.search_experiments(filter_string=f"tags.of = '{name}'", max_results=2, page_token=token)
        seen += [item.experiment_id for item in page]
        token = page.token
        if not token:
            break
    assert (len(seen), set(seen)) == (5, ids)


def test_search_by_view(client: MlflowClient, name: str) -> None:
    kept, gone = (client.create_experiment(f"{name}-{n}", tags={"of": name}) for n in range(2))
    client.delete_experiment(gone)

    def found(view: int) -> set[str]:
        return {e.experiment_id for e in client.search_experiments(view, filter_string=f"tags.of = '{name}'")}

    assert found(ViewType.ACTIVE_ONLY) == {kept}
    assert found(ViewType.DELETED_ONLY) == {gone}
    assert found(ViewType.ALL) == {kept, gone}


@pytest.mark.parametrize("wrong", ["nonsense = 'x'", "name > 'x'", "name = x", "name = 'a' OR name = 'b'"])
def test_a_wrong_filter(client: MlflowClient, wrong: str) -> None:
    with refused("INVALID_PARAMETER_VALUE"):
        client.search_experiments(filter_string=wrong)
