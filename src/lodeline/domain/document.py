"""Documents: domain values as plain JSON-like data and, checked field by field, back.

Stores keep documents in their rows and exports in their files. A file may come from a stranger: whatever data holds,
`from_document` gives a value of the class or raises `Invalid`, which names the place.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from lodeline.domain.errors import Invalid, shown
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

T = TypeVar("T")
MAX_INTEGER = 2**63 - 1


def to_document(value: object) -> dict[str, Any]:
    """Return a dataclass as plain data: dicts, lists, tuples, text, numbers, None. Floats stay, NaN too."""
    if not dataclasses.is_dataclass(value) or isinstance(value, type):
        raise TypeError(f"{type(value).__name__} is no domain value")
    return dataclasses.asdict(value)


def from_document(cls: type[T], data: object, where: str = "") -> T:
    """Return the value of `cls` that plain data describes; missing fields take their defaults, unknown ones are left
    out. Invalid names the field that is missing or of another form, after `where`."""
    return cast(T, _value(shape_of(cls), data, where or cls.__name__))


def _value(shape: Shape, data: object, where: str) -> Any:
    match shape:
        case OptionalShape(item):
            return None if data is None else _value(item, data, where)
        case RecordShape(cls):
            return _record(shape, cls, data, where)
        case ListShape(item):
            if not isinstance(data, list | tuple):
                raise _refusal(where, data, "a list")
            elements = cast("list[object]", data)
            return tuple(_value(item, element, f"{where}[{i}]") for i, element in enumerate(elements))
        case MapShape(item):
            return {key: _value(item, element, f"{where}.{key}") for key, element in _object(data, where).items()}
        case ChoiceShape(values):
            if data not in values:
                raise _refusal(where, data, "one of " + ", ".join(values))
            return data
        case ScalarShape(kind):
            return _scalar(kind, data, where)


def _record(shape: RecordShape, cls: type, data: object, where: str) -> Any:
    given = _object(data, where)
    required = {
        spec.name
        for spec in dataclasses.fields(cls)
        if spec.default is dataclasses.MISSING and spec.default_factory is dataclasses.MISSING
    }
    for name in sorted(required - given.keys()):
        raise Invalid(f"{where}.{name} is missing.")
    return cls(
        **{name: _value(item, given[name], f"{where}.{name}") for name, item in fields_of(shape) if name in given}
    )


def _scalar(kind: str, data: object, where: str) -> Any:
    match kind:
        case "string":
            good = isinstance(data, str)
        case "boolean":
            good = isinstance(data, bool)
        case "integer" | "ns":
            good = isinstance(data, int) and not isinstance(data, bool) and -MAX_INTEGER <= data <= MAX_INTEGER
        case "number":
            return _number(data, where)
        case _:
            return data
    if not good:
        raise _refusal(where, data, f"a value of type {kind}")
    return data


def _number(data: object, where: str) -> float:
    if isinstance(data, int | float) and not isinstance(data, bool):
        try:
            return float(data)
        except OverflowError:
            pass
    raise _refusal(where, data, "a number that a float can hold")


def _object(data: object, where: str) -> Mapping[str, object]:
    if not isinstance(data, Mapping):
        raise _refusal(where, data, "an object")
    return cast("Mapping[str, object]", data)


def _refusal(where: str, data: object, expected: str) -> Invalid:
    return Invalid(f"{where}: {shown(data)} is not valid; expected {expected}.", details={"field": where})
