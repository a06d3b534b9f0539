"""Assessments at the native door."""

from collections.abc import Iterator, Mapping

import pytest

from tests.server.world import TRACE, World, request_of, serve

API = "/api/v1"


@pytest.fixture(scope="module", params=["memory:", "sqlite:{}"])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with serve(str(request.param).format(tmp_path_factory.mktemp("assessments") / "store")) as opened:
        assert opened.send(request_of(TRACE.removeprefix("tr-"))).status_code == 200
        yield opened


ERROR = {"code": "timeout", "message": "", "stack_digest": None}


@pytest.mark.parametrize(
    ("change", "value", "error", "revision"),
    [
        ({"value": 5}, 5, None, 2),
        ({"value": False, "replace_value": False}, False, None, 2),
        ({"value": 1}, 1, None, 1),
        ({"error": ERROR}, None, ERROR, 2),
        ({"replace_value": True, "error": ERROR}, None, ERROR, 2),
        ({"rationale": "x"}, 1, None, 2),
        ({"value": None, "rationale": "x"}, 1, None, 2),
        ({}, 1, None, 1),
    ],
)
def test_a_value_that_is_given_is_taken(
    world: World, change: Mapping[str, object], value: object, error: object, revision: int
) -> None:
    made = world.client.post(f"{API}/assessments", json={"trace_id": TRACE, "name": "x", "value": 1}).json()
    answer = world.client.patch(f"{API}/assessments/{made['assessment']['assessment_id']}", json=change)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["value"], found["error"], found["revision"]) == (value, error, revision)
