"""Schemas that would be dear to check are refused."""

from typing import Any

import pytest

from lodeline.domain.errors import Invalid
from lodeline.domain.schema_cost import check_cost


def doubling(levels: int) -> dict[str, Any]:
    defs: dict[str, Any] = {
        f"d{i}": {"allOf": [{"$ref": f"#/$defs/d{i + 1}"}, {"$ref": f"#/$defs/d{i + 1}"}]} for i in range(levels)
    }
    return {"$defs": {**defs, f"d{levels}": {"type": "object"}}, "$ref": "#/$defs/d0"}


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"type": "object", "properties": {"$ref": {"type": "string"}, "a/b": {"type": "integer"}}},
        {"$defs": {"x y": {"type": "string"}}, "properties": {"a": {"$ref": "#/$defs/x y"}}},
        {"allOf": [{"type": "object"}], "properties": {"a": {"$ref": "#/allOf/0"}}},
        doubling(5),
    ],
)
def test_ordinary_schemas_pass(schema: dict[str, Any]) -> None:
    check_cost(schema, "inputs schema")


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        (doubling(29), "more than 10000 parts"),
        ({"properties": {"next": {"$ref": "#"}}}, "'#' refers to itself"),
        ({"$defs": {"a": {"items": {"$ref": "#/$defs/a"}}}, "$ref": "#/$defs/a"}, "'#/\\$defs/a' refers to itself"),
        ({"$ref": "https://example.org/schema"}, "does not begin with '#/'"),
        ({"$ref": "#/$defs/none"}, "leads nowhere"),
        ({"$dynamicRef": "#node"}, "does not begin with '#/'"),
        (
            {"$defs": {f"d{i}": {"$ref": f"#/$defs/d{i + 1}"} for i in range(5_000)} | {"d5000": {}}},
            "references lead too deep|more than 10000 parts",
        ),
    ],
)
def test_dear_schemas_are_refused_at_once(schema: dict[str, Any], said: str) -> None:
    with pytest.raises(Invalid, match=said):  # following it takes hours
        check_cost(schema, "inputs schema")
