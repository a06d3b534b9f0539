"""Errors name the request's own field, the value and what to do."""

from collections.abc import Iterator
from typing import Any

import pytest

from lodeline.auth.actor import LOCAL
from lodeline.domain.experiment import ExperimentDraft
from lodeline.domain.ids import DEFAULT_EXPERIMENT, ExperimentId
from tests.server.test_otlp import ONE
from tests.server.world import World, request_of, serve

API = "/api/v1"


@pytest.fixture
def world() -> Iterator[World]:
    with serve() as opened:
        opened.services.experiments.create(LOCAL, ExperimentDraft("app"))
        opened.send(request_of(ONE))
        yield opened


SETTINGS: list[tuple[dict[str, Any], str]] = [
    ({"mask_patterns": ["("]}, "mask_patterns"),
    ({"mask_patterns": [""]}, "mask_patterns"),
    ({"prices": [{"model": "m"}]}, "prices"),
    ({"prices": [{"model": "m", "input_usd_per_mtok": 1}] * 2}, "prices"),
    ({"retention": {"max_age_days": 1e7}}, "retention.max_age_days"),
    ({"environments": ["\x00"]}, "environments"),
    ({"default_environment": "\x00"}, "default_environment"),
    ({"gated_aliases": ["@"]}, "gated_aliases"),
]


@pytest.mark.parametrize(("settings", "field"), SETTINGS, ids=str)
def test_settings_are_named_within_settings(settings: dict[str, Any], field: str, world: World) -> None:
    refused = world.client.patch(f"{API}/experiments/1", json={"settings": settings})
    assert refused.status_code == 400
    problem = refused.json()
    assert problem["details"]["field"].startswith(f"settings.{field}")
    assert problem["detail"].startswith(f"{problem['details']['field']}: ")


def test_the_name_of_an_attachment_is_named(world: World) -> None:
    refused = world.client.put(f"{API}/traces/tr-{ONE}/attachments/%2e%2e%2e", content=b"x")
    assert refused.status_code == 400
    assert refused.json()["details"]["field"] == "name"
    assert refused.json()["detail"].startswith("name: '...' is not valid; expected a file name of at most")


def test_the_key_of_a_map_is_named_as_a_key(world: World) -> None:
    problem = world.client.patch(f"{API}/experiments/1", json={"set_tags": {"": "x"}}).json()
    assert problem["details"]["field"] == "set_tags"
    assert problem["detail"] == "set_tags: the key '' is not valid; String should have at least 1 character."


def test_a_mistyped_field_is_named_where_another_is_missing(world: World) -> None:
    problem = world.client.post(f"{API}/experiments", json={"nam": "x"}).json()
    assert problem["details"]["field"] == "name"
    assert problem["detail"] == "name: Field required; it was perhaps meant by 'nam', which is no field."
    problem = world.client.post(f"{API}/experiments", json={"zzz": "x"}).json()
    assert problem["detail"] == "name: Field required."


def test_value_and_error_together_name_the_value(world: World) -> None:
    both = {"trace_id": f"tr-{ONE}", "name": "x", "value": 1, "error": {"code": "e"}}
    problem = world.client.post(f"{API}/assessments", json=both).json()
    assert problem["details"]["field"] == "value"


def test_a_trace_named_as_opentelemetry_names_it_is_told_its_id_here(world: World) -> None:
    problem = world.client.get(f"{API}/traces/{ONE}").json()
    assert problem["detail"] == f"trace '{ONE}' does not exist; ids of traces begin with tr-: 'tr-{ONE}'."
    assert world.client.get(f"{API}/traces/tr-{ONE[::-1]}").json()["detail"].endswith("does not exist.")


def test_nobody_is_told_to_purge_the_default_experiment(world: World) -> None:
    world.services.experiments.delete(LOCAL, DEFAULT_EXPERIMENT)
    world.services.experiments.delete(LOCAL, ExperimentId("1"))
    problem = world.client.post(f"{API}/experiments", json={"name": "Default"}).json()
    assert "; restore the deleted experiment that has it, or choose another." in problem["detail"]
    problem = world.client.post(f"{API}/experiments", json={"name": "app"}).json()
    assert "; restore or purge the deleted experiment that has it, or choose another." in problem["detail"]
