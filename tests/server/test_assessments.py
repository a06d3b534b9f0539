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


def test_a_malformed_judgment_of_a_batch_stops_no_other(world: World) -> None:
    good = {"trace_id": TRACE, "name": "batched", "value": 1}
    wrong: list[tuple[object, str]] = [
        ({**good, "confidence": "much"}, "assessments.1.confidence: 'much' is not valid"),
        ({**good, "valeu": 1}, "assessments.2.valeu: there is no such field"),
        ({**good, "source": {"kind": "NOBODY"}}, "assessments.3.source.kind: 'NOBODY' is not valid"),
        ({"trace_id": TRACE, "naem": "x"}, "assessments.4.name: Field required; it was perhaps meant by"),
        ({**good, "metadata": {"k": 5}}, "assessments.5.metadata.k: 5 is not valid"),
        (5, "assessments.6: 5 is not valid"),
        (None, "assessments.7: "),
        ({**good, "span_id": "x" * 16}, "span_id: "),
    ]
    body = {"assessments": [good, *(item for item, _ in wrong), {**good, "value": 2}]}
    answer = world.client.post(f"{API}/assessments/batch", json=body)
    assert answer.status_code == 200, answer.text
    first, *refused, last = answer.json()
    assert [each["assessment"]["value"] for each in (first, last)] == [1, 2]
    for item, (_, message) in zip(refused, wrong, strict=True):
        assert (item["assessment"], item["changed"], item["code"]) == (None, False, "invalid")
        assert item["message"].startswith(message)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "assessments"),
        ({"assessments": {}}, "assessments"),
        ({"assessments": [None] * 1_001}, "assessments"),
        ({"assessments": [], "x": 1}, "x"),
    ],
)
def test_a_malformed_batch_is_refused_as_a_whole(world: World, body: object, field: str) -> None:
    answer = world.client.post(f"{API}/assessments/batch", json=body)
    assert answer.status_code == 400
    assert answer.json()["details"]["field"] == field


def test_what_is_unknown_is_answered_with_where_to_look(world: World) -> None:
    detail = world.client.get(f"{API}/assessments/a-none").json()["detail"]
    assert detail == (
        "assessment 'a-none' does not exist; `lodeline assessments list` has those there are, `assessments history` "
        "those that were deleted."
    )
    body = {"trace_id": TRACE, "span_id": "00000000000000ee", "name": "x", "value": 1}
    detail = world.client.post(f"{API}/assessments", json=body).json()["detail"]
    assert detail.startswith("span '00000000000000ee' does not exist; `lodeline traces get` has those of its trace")
