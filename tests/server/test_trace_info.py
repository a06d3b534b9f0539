"""What a client says about a trace, over HTTP."""

from collections.abc import Iterator

import pytest

from tests.server.world import World, request_of, serve

API = "/api/v1"
ONE = "01" * 16
PATH = f"{API}/traces/tr-{ONE}/info"


@pytest.fixture
def world() -> Iterator[World]:
    with serve() as opened:
        yield opened


def test_what_is_said_wins_over_spans_whichever_comes_first(world: World) -> None:
    said = world.client.put(
        PATH,
        json={
            "name": "checkout", "state": "ERROR", "start_ns": "1790000000000000001", "user": "ada",
            "tokens": {"input_uncached": 3, "output_text": 4}, "cost_usd": 0.25, "tags": {"a": "b"},
            "metadata": {"commit": "abc"}, "finalised": True,
        },
    )  # fmt: skip
    assert said.status_code == 200
    assert world.send(request_of(ONE)).status_code == 200
    trace = world.client.get(f"{API}/traces/tr-{ONE}").json()["trace"]
    assert (trace["name"], trace["state"], trace["user"], trace["cost_usd"]) == ("checkout", "ERROR", "ada", 0.25)
    assert (trace["start_ns"], trace["tokens"]["input_uncached"]) == ("1790000000000000001", 3)
    assert (trace["tags"], trace["span_count"], trace["finalised"]) == ({"a": "b"}, 1, True)
    world.client.put(PATH, json={"metadata": {"commit": "def"}})
    assert world.client.get(f"{API}/traces/tr-{ONE}").json()["trace"]["metadata"]["commit"] == "abc"


def test_the_experiment_is_found_by_name_and_the_first_keeps_the_trace(world: World) -> None:
    made = world.client.post(f"{API}/experiments", json={"name": "app"}).json()["experiment_id"]
    assert world.client.put(PATH, json={"experiment": "app", "name": "x"}).json()["experiment_id"] == made
    refused = world.client.put(PATH, json={"experiment": "0", "name": "x"})
    assert (refused.status_code, refused.json()["code"]) == (409, "trace_refused")
    assert "belongs to another experiment than 'Default'; name the one that has it." in refused.json()["detail"]
    assert world.client.put(PATH, json={"user": "ada"}).json()["experiment_id"] == made
    assert world.client.put(PATH, json={"experiment": "nowhere"}).status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"state": "DONE"}, "state"),
        ({"start_ns": -1}, "start_ns"),
        ({"start_ns": 2**63}, "start_ns"),
        ({"cost_usd": -1}, "cost_usd"),
        ({"tokens": {"input": 1}}, "tokens.input"),
        ({"nmae": "x"}, "nmae"),
        ({"tags": {"": "x"}}, "tags"),
    ],
)
def test_a_wrong_field_is_named(world: World, body: dict[str, object], field: str) -> None:
    refused = world.client.put(PATH, json=body)
    assert refused.status_code == 400
    assert field in refused.json()["detail"]
