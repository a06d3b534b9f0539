"""JSON scorers: structure and tolerance, never spelling."""

from typing import Any

import pytest
from hypothesis import given

from lodeline.domain.errors import Invalid
from lodeline.domain.span import JsonValue
from lodeline.evals.json_compare import Tolerance, differences
from lodeline.evals.scorers import JsonMatch, JsonSchema
from tests.generators import json_values


def expected(value: JsonValue) -> dict[str, JsonValue]:
    return {"expected_response": value}


@pytest.mark.parametrize(
    ("output", "wanted", "rationale"),
    [
        ('{"b": [1, 2.0], "a": null}', {"a": None, "b": [1.0, 2]}, None),
        ('```json\n{"a": 1}\n```', {"a": 1}, None),
        ({"a": 1}, '{"a": 1}', None),
        ('{"a": true}', {"a": 1}, "/a: True instead of 1"),
        ('{"a": "1"}', {"a": 1}, "/a: '1' instead of 1"),
        ("[1, 2]", [2, 1], "/0: 1 instead of 2; /1: 2 instead of 1"),
        ("[1]", [1, 2], "value: 1 items instead of 2"),
        ('{"a": 1, "c": 2}', {"a": 1, "b": {"x": 1}}, "/b: is missing; /c: is not expected"),
        ("not json", {}, "outputs: is not JSON"),
        ('{"a": NaN}', {}, "outputs: is not JSON"),
        ("null", [], "value: None instead of []"),
    ],
)
def test_json_match(output: JsonValue, wanted: JsonValue, rationale: str | None):
    found = JsonMatch()(outputs=output, expectations=expected(wanted))
    assert found.value is (rationale is None)
    assert (found.rationale or "").startswith(rationale or "")


@pytest.mark.parametrize(
    ("tolerance", "got", "wanted", "equal"),
    [
        (Tolerance(absolute=0.1), {"x": 1.05}, {"x": 1}, True),
        (Tolerance(relative=0.1), [109], [100], True),
        (Tolerance(relative=0.1), [111], [100], False),
        (Tolerance(absolute=0.5), [True], [1], False),
        (Tolerance(relative=0.5), [10**400], [1], False),
        (Tolerance(ignored=("id",)), {"id": 1, "in": {"id": 2, "v": 3}}, {"in": {"v": 3}}, True),
        (Tolerance(ignored=("/in/id",)), {"id": 1, "in": {"id": 2}}, {"id": 1, "in": {}}, True),
        (Tolerance(ignored=("/in/id",)), {"id": 1, "in": {}}, {"id": 2, "in": {}}, False),
        (Tolerance(ignored=("/items/*/at",)), {"items": [{"at": 1, "v": 1}]}, {"items": [{"at": 2, "v": 1}]}, True),
        (Tolerance(any_order=True), [1, [2, 3], 1], [[3, 2], 1, 1], True),
        (Tolerance(any_order=True), [1, 1, 2], [1, 2, 2], False),
        # A greedy search would take the wrong partner first: 0.9 fits both, 1.1 only one of them.
        (Tolerance(any_order=True, absolute=0.15), [0.9, 1.1], [1.0, 0.8], True),
        (Tolerance(extra_keys=True), {"a": 1, "b": 2}, {"a": 1}, True),
        (Tolerance(extra_keys=True), {"a": 1}, {"a": 1, "b": 2}, False),
        (Tolerance(strings="loose"), "April 1, 2024", "april 1,2024", True),
        (Tolerance(strings="loose"), "x < 5", "x > 5", False),
    ],
)
def test_tolerance(tolerance: Tolerance, got: JsonValue, wanted: JsonValue, equal: bool):
    assert (differences(got, wanted, tolerance) == []) is equal


@given(json_values(finite=True))
def test_a_value_equals_itself(value: JsonValue):
    assert differences(value, value) == []


def test_differences_are_bounded():
    assert len(differences(list(range(1_000)), list(range(1, 1_001)))) == 20


def test_too_deep_is_an_error():
    deep: Any = []
    for _ in range(100):
        deep = [deep]
    with pytest.raises(Invalid, match="nested deeper than 64"):
        differences(deep, deep)
    assert "is not JSON" in str(JsonMatch()(outputs="[" * 100_000, expectations=expected([])).rationale)


def test_an_expectation_that_is_no_json_is_an_error():
    with pytest.raises(Invalid, match=r"expectations\.expected_response: is not JSON"):
        JsonMatch()(outputs="{}", expectations=expected("{"))


SCHEMA: dict[str, JsonValue] = {
    "type": "object",
    "required": ["city", "population"],
    "properties": {"city": {"type": "string", "pattern": "^[A-Z]"}, "population": {"type": "integer", "minimum": 0}},
}


@pytest.mark.parametrize(
    ("output", "value", "rationale"),
    [
        ('{"city": "Bern", "population": 134794}', True, ""),
        ('{"city": "bern", "population": -1}', False, "/city"),
        ('{"city": "Bern"}', False, '"population" is a required property'),
        ("Bern", False, "is not JSON"),
    ],
)
def test_json_schema(output: str, value: bool, rationale: str):
    found = JsonSchema(SCHEMA)(outputs=output, expectations={})
    assert found.value is value
    assert rationale in (found.rationale or "")
    assert JsonSchema()(outputs=output, expectations={"expected_schema": SCHEMA}).value is value


@pytest.mark.parametrize(
    "schema",
    [{"type": "objekt"}, {"$ref": "http://127.0.0.1:9/schema.json"}, {"pattern": "("}, {"properties": 1}],
)
def test_a_faulty_schema_is_refused_at_once(schema: dict[str, JsonValue]):
    with pytest.raises(Invalid, match="schema: is not a JSON Schema"):
        JsonSchema(schema)
