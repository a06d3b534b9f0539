"""Registered scorers at the MLflow door: what other doors have written must harm nobody here."""

import json
from collections.abc import Iterator

import pytest

from tests.server.world import World, serve

SCORERS = "/api/3.0/mlflow/scorers"
CODE = {"name": "helpful", "call_source": "import os", "original_func_name": "helpful"}
JUDGE = {"name": "helpful", "instructions_judge_pydantic_data": {"model": "gateway:/judge"}}


@pytest.fixture
def world() -> Iterator[World]:
    with serve() as opened:
        yield opened


@pytest.mark.parametrize("serialized", [json.dumps(CODE), json.dumps({"inside": [CODE]}), "no JSON", "[]"])
def test_source_code_from_another_door_reaches_no_client(world: World, serialized: str) -> None:
    definition = {"type": "mlflow", "serialized": serialized, "scorer_id": "known", "digest": "0123456789"}
    made = world.client.post("/api/v1/scorers", json={"name": "helpful", "definition": definition})
    assert made.status_code == 200
    one = {"experiment_id": "0", "name": "helpful"}
    assert world.client.get(f"{SCORERS}/list", params={"experiment_id": "0"}).json() == {}
    assert world.client.get(f"{SCORERS}/versions", params=one).status_code == 404
    assert world.client.get(f"{SCORERS}/get", params=one).status_code == 404
    config = world.client.put(f"{SCORERS}/online-config", json={**one, "sample_rate": 0.5})
    assert config.status_code == 404


@pytest.mark.parametrize("text", ["no JSON", "null", "[]", "{}", '{"online_scoring_config_id": 1}'])
def test_a_tag_written_by_hand_is_no_configuration(world: World, text: str) -> None:
    one = {"experiment_id": "0", "name": "helpful"}
    made = world.client.post(f"{SCORERS}/register", json={**one, "serialized_scorer": json.dumps(JUDGE)}).json()
    tagged = world.client.post(
        "/api/2.0/mlflow/experiments/set-experiment-tag",
        json={"experiment_id": "0", "key": "lodeline.mlflow.online.helpful", "value": text},
    )
    assert tagged.status_code == 200
    asked = {"scorer_ids": made["scorer_id"]}
    assert world.client.get(f"{SCORERS}/online-configs", params=asked).json() == {"configs": []}
    put = world.client.put(f"{SCORERS}/online-config", json={**one, "sample_rate": 0.5})
    assert put.status_code == 200
    assert world.client.get(f"{SCORERS}/online-configs", params=asked).json() == {"configs": [put.json()["config"]]}
