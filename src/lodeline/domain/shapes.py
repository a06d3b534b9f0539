"""Shapes: what the type of a domain value looks like in native JSON, worked out once a type.

Both the encoder (`server.serialise`) and the published schemas (`server.schema`) follow a type's shape, so what is
promised is what is sent. The rules of native JSON: integer fields named ``*_ns`` are decimal strings (they pass
2^53), NaN and infinities are the strings "NaN", "Infinity" and "-Infinity", bytes are base64 text, `TokenUsage` is
an object of its buckets and its three sums.
"""

import dataclasses
import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, ForwardRef, Literal, TypeAlias, TypeVar, Union, get_args, get_origin

from lodeline.domain.span import AttributeValue, JsonValue
from lodeline.domain.usage import TokenUsage

Scalar = Literal["string", "integer", "boolean", "null", "number", "ns", "bytes", "any", "usage", "object"]


@dataclass(frozen=True, slots=True)
class ScalarShape:
    """A value without parts; "any" is dynamically typed content, "object" a value known only at run time."""

    kind: Scalar


@dataclass(frozen=True, slots=True)
class ChoiceShape:
    """One of a closed set of texts."""

    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OptionalShape:
    """The item, or null."""

    item: "Shape"


@dataclass(frozen=True, slots=True)
class ListShape:
    """A list of items of one shape."""

    item: "Shape"


@dataclass(frozen=True, slots=True)
class MapShape:
    """An object with free keys and values of one shape."""

    item: "Shape"


@dataclass(frozen=True, slots=True)
class RecordShape:
    """A dataclass as an object of its fields; `arguments` binds the type variables of a generic one."""

    cls: type
    arguments: tuple["Shape", ...] = ()


Shape: TypeAlias = ScalarShape | ChoiceShape | OptionalShape | ListShape | MapShape | RecordShape

_SCALARS: dict[object, Scalar] = {
    str: "string", int: "integer", bool: "boolean", float: "number", bytes: "bytes", type(None): "null",
    TokenUsage: "usage", object: "object",
}  # fmt: skip
_DYNAMIC_TEXTS: tuple[object, ...] = (JsonValue, AttributeValue)
"""Recursive aliases are texts at run time."""


@cache
def shape_of(annotation: Any) -> Shape:
    """Return the shape of a type annotation; TypeError for one that native JSON has no form for."""
    if isinstance(annotation, ForwardRef):
        annotation = annotation.__forward_arg__
    if isinstance(annotation, str):
        if annotation in _DYNAMIC_TEXTS:
            return ScalarShape("any")
        raise TypeError(f"a forward reference has no shape: {annotation}")
    if annotation in _SCALARS:
        return ScalarShape(_SCALARS[annotation])
    if isinstance(annotation, TypeVar):
        return ScalarShape("object")
    if hasattr(annotation, "__supertype__"):
        return shape_of(annotation.__supertype__)
    if dataclasses.is_dataclass(annotation) and isinstance(annotation, type):
        return RecordShape(annotation)
    return _composite(annotation)


def _composite(annotation: Any) -> Shape:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return ChoiceShape(arguments)
    if origin in {Union, types.UnionType}:
        rest = [item for item in arguments if item is not type(None)]
        if len(rest) != 1:
            raise TypeError(f"a union of several types has no shape: {annotation}")
        item = shape_of(rest[0])
        return OptionalShape(item) if len(rest) < len(arguments) else item
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return MapShape(shape_of(arguments[1]))
    if isinstance(origin, type) and issubclass(origin, Sequence):
        return ListShape(shape_of(arguments[0]))
    if isinstance(origin, type) and dataclasses.is_dataclass(origin):
        return RecordShape(origin, tuple(shape_of(argument) for argument in arguments))
    raise TypeError(f"no shape is known for {annotation}")


@cache
def fields_of(record: RecordShape) -> tuple[tuple[str, Shape], ...]:
    """Return the fields of a record in order with their shapes; fields named ``*_ns`` are decimal strings."""
    variables = dict(zip(getattr(record.cls, "__parameters__", ()), record.arguments, strict=False))
    return tuple(
        (spec.name, _named(spec.name, _bound(spec.type, variables))) for spec in dataclasses.fields(record.cls)
    )


def _bound(annotation: Any, variables: Mapping[Any, Shape]) -> Shape:
    if annotation in variables:
        return variables[annotation]
    arguments = get_args(annotation)
    if arguments and arguments[0] in variables:
        return ListShape(variables[arguments[0]])
    return shape_of(annotation)


def _named(name: str, shape: Shape) -> Shape:
    if not name.endswith("_ns"):
        return shape
    if isinstance(shape, OptionalShape):
        return OptionalShape(_named(name, shape.item))
    return ScalarShape("ns") if shape == ScalarShape("integer") else shape
