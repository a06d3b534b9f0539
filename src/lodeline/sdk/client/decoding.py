"""Native JSON back into domain values: the inverse of `server.serialise`, by the same shapes."""

import base64
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar, cast

import orjson

from lodeline.domain.errors import Unavailable
from lodeline.domain.page import Page
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
from lodeline.domain.span import JsonValue
from lodeline.domain.usage import TokenUsage

T = TypeVar("T")


def decode(kind: type[T], value: JsonValue) -> T:
    """Return native JSON as a value of the domain class `kind`.

    Unknown fields are left out and missing ones take their defaults, so a neighbouring version's answers can be read;
    Unavailable when the answer is of another form altogether.
    """
    try:
        return cast(T, _value(shape_of(kind), value))
    except (TypeError, ValueError, KeyError) as error:
        raise Unavailable(
            f"the server's answer is no {kind.__name__} ({error}); is this a Lodeline server of this version?",
            code="unreadable_answer",
        ) from error


def decode_page(kind: type[T], value: JsonValue) -> Page[T]:
    """Return native JSON as a page of `kind`."""
    page = _object(value)
    items = tuple(decode(kind, item) for item in _list(page.get("items", ())))
    cursor = page.get("cursor")
    hints = tuple(map(str, _list(page.get("hints", ()))))
    return Page(items, cursor if isinstance(cursor, str) else None, page.get("partial") is True, hints)


def _value(shape: Shape, value: JsonValue) -> Any:
    match shape:
        case OptionalShape(item):
            return None if value is None else _value(item, value)
        case RecordShape(cls):
            return _record(shape, cls, _object(value))
        case ListShape(item):
            return tuple(_value(item, element) for element in _list(value))
        case MapShape(item):
            return {key: _value(item, element) for key, element in _object(value).items()}
        case ScalarShape(kind):
            return _scalar(kind, value)
        case ChoiceShape():
            return value


def _record(shape: RecordShape, cls: type, given: Mapping[str, JsonValue]) -> Any:
    return cls(**{name: _value(item, given[name]) for name, item in fields_of(shape) if name in given})


def _scalar(kind: str, value: JsonValue) -> Any:
    match kind:
        case "ns" | "integer":
            return int(cast(Any, value))
        case "number":
            return float(cast(Any, value))
        case "bytes":
            return base64.b64decode(str(value))
        case "usage":
            given = _object(value)
            return TokenUsage(*(int(cast(Any, given.get(name, 0))) for name in TokenUsage._fields))
        case _:
            return value


def _object(value: JsonValue) -> Mapping[str, JsonValue]:
    if not isinstance(value, Mapping):
        raise TypeError(f"expected an object, found {type(value).__name__}")
    return value


def _list(value: JsonValue) -> Sequence[JsonValue]:
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise TypeError(f"expected a list, found {type(value).__name__}")
    return value


def parsed(answer: bytes) -> JsonValue:
    """Return an answer as JSON, None of an empty one; Unavailable when it is none."""
    try:
        return orjson.loads(answer) if answer else None
    except orjson.JSONDecodeError as error:
        raise Unavailable(
            "the server's answer is not JSON; is this a Lodeline server?", code="unreadable_answer"
        ) from error
