"""Domain types as JSON Schema, for the OpenAPI document: the same shapes that the encoder follows."""

import inspect
import re
from typing import Any

from lodeline.domain.shapes import (
    ChoiceShape,
    ListShape,
    MapShape,
    OptionalShape,
    RecordShape,
    ScalarShape,
    Shape,
    fields_of,
    shape_of,
)
from lodeline.domain.usage import TokenUsage

JsonSchema = dict[str, Any]
_REF = "#/components/schemas/"
_NOT_FINITE = ["NaN", "Infinity", "-Infinity"]
_SCALAR_SCHEMAS: dict[str, JsonSchema] = {
    "string": {"type": "string"},
    "integer": {"type": "integer"},
    "boolean": {"type": "boolean"},
    "null": {"type": "null"},
    "number": {"anyOf": [{"type": "number"}, {"enum": _NOT_FINITE}]},
    "ns": {"type": "string", "pattern": r"^-?[0-9]+$", "description": "nanoseconds as a decimal number"},
    "bytes": {"type": "string", "contentEncoding": "base64"},
    "any": {"description": "any JSON value; NaN and infinities as text, bytes as base64 text"},
    "object": {},
}


class Schemas:
    """Collects the component schemas that references need."""

    def __init__(self) -> None:
        self.components: dict[str, JsonSchema] = {}

    def of(self, annotation: Any) -> JsonSchema:
        """Return the schema of a type, a reference where it is a record; adds its components."""
        return self._schema(shape_of(annotation))

    def _schema(self, shape: Shape) -> JsonSchema:
        match shape:
            case ScalarShape("usage"):
                return self._usage()
            case ScalarShape(kind):
                return dict(_SCALAR_SCHEMAS[kind])
            case ChoiceShape(values):
                return {"type": "string", "enum": list(values)}
            case OptionalShape(item):
                inner = self._schema(item)
                return {"anyOf": [inner, {"type": "null"}]} if inner else {}
            case ListShape(item):
                return {"type": "array", "items": self._schema(item)}
            case MapShape(item):
                return {"type": "object", "additionalProperties": self._schema(item)}
            case RecordShape():
                return self._record(shape)

    def _record(self, shape: RecordShape) -> JsonSchema:
        name = _component_name(shape)
        if name not in self.components:
            self.components[name] = {}  # taken before the fields are: a type may hold itself
            properties = {field: self._schema(item) for field, item in fields_of(shape)}
            self.components[name] = {
                "type": "object",
                "title": name,
                "description": _description(shape.cls),
                "properties": properties,
                "required": list(properties),
                "additionalProperties": False,
            }
        return {"$ref": _REF + name}

    def _usage(self) -> JsonSchema:
        names = ["input", "output", "total", *TokenUsage._fields]
        self.components["TokenUsage"] = {
            "type": "object",
            "title": "TokenUsage",
            "description": _description(TokenUsage),
            "properties": {name: {"type": "integer"} for name in names},
            "required": names,
            "additionalProperties": False,
        }
        return {"$ref": _REF + "TokenUsage"}


def _component_name(shape: RecordShape) -> str:
    inner = "".join(
        _component_name(argument) if isinstance(argument, RecordShape) else "Value" for argument in shape.arguments
    )
    return inner + shape.cls.__name__


def _description(cls: type) -> str:
    text = inspect.cleandoc(cls.__doc__ or "")
    return re.sub(r"(?<!\n)\n(?!\n)", " ", text)
