"""OTLP's AnyValue as plain Python values and back, and what of them JSON can carry."""

import base64
import math
import re
from collections.abc import Iterable, Iterator, Mapping

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from lodeline.domain.errors import Invalid
from lodeline.domain.span import AttributeValue, JsonValue

MAX_DEPTH = 64
"""How deep lists and maps may nest in what is read."""
MAX_STORED_DEPTH = 30
"""How deep they may nest in a message that every protobuf reader takes: it stops at 100 messages; a map is three."""

_INT64 = range(-(2**63), 2**63)
_MAX_DECIMAL_BITS = 4096
"""Larger integers are written in hexadecimal: decimal text takes quadratic time, and Python refuses to write it."""
_SURROGATE = re.compile("[\ud800-\udfff]")


def clean_text(text: str) -> str:
    """Return `text` with lone surrogates, which UTF-8 cannot carry, replaced by U+FFFD; NUL is kept."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def to_python(value: AnyValue, depth: int = MAX_DEPTH) -> AttributeValue:
    """Return the value: bytes stay bytes, NaN and infinities floats, an unset value is None.

    Of equal keys in a map the last counts. What nests deeper than `depth` is None: no message that protobuf's
    reader accepts comes near it.
    """
    match value.WhichOneof("value"):
        case "string_value":
            return value.string_value
        case "int_value":
            return value.int_value
        case "double_value":
            return value.double_value
        case "bool_value":
            return value.bool_value
        case "bytes_value":
            return value.bytes_value
        case "array_value" if depth > 0:
            return [to_python(item, depth - 1) for item in value.array_value.values]
        case "kvlist_value" if depth > 0:
            return attributes(value.kvlist_value.values, depth - 1)
        case _:
            return None


def attributes(pairs: Iterable[KeyValue], depth: int = MAX_DEPTH) -> dict[str, AttributeValue]:
    """Return key-value pairs as a dictionary of plain values; of equal keys the last counts."""
    return {pair.key: to_python(pair.value, depth) for pair in pairs}


def from_python(value: AttributeValue, depth: int = MAX_STORED_DEPTH) -> AnyValue:
    """Return a plain value as AnyValue; the inverse of `to_python`.

    Integers beyond 64 bits become their decimal text, lone surrogates U+FFFD. Invalid when lists and maps nest
    deeper than `depth`.
    """
    result = AnyValue()
    _fill(result, value, depth)
    return result


def _fill(target: AnyValue, value: AttributeValue, depth: int) -> None:
    match value:
        case None:
            pass
        case str():
            target.string_value = clean_text(value)
        case bool():
            target.bool_value = value
        case int() if value in _INT64:
            target.int_value = value
        case int():
            target.string_value = str(value) if value.bit_length() <= _MAX_DECIMAL_BITS else hex(value)
        case float():
            target.double_value = value
        case bytes() | bytearray() | memoryview():
            target.bytes_value = bytes(value)
        case _ if depth <= 0:
            raise Invalid(f"value: lists and maps nest deeper than {MAX_STORED_DEPTH} levels; flatten it.")
        case Mapping():
            target.kvlist_value.SetInParent()
            for key, item in value.items():
                pair = target.kvlist_value.values.add(key=clean_text(key))
                pair.value.SetInParent()
                _fill(pair.value, item, depth - 1)
        case _:
            target.array_value.SetInParent()
            for item in value:
                _fill(target.array_value.values.add(), item, depth - 1)


def json_safe(value: AttributeValue, depth: int = MAX_DEPTH) -> JsonValue:
    """Return `value` as JSON can carry it: bytes as base64 text, NaN and infinities as the strings "NaN",
    "Infinity" and "-Infinity", lone surrogates as U+FFFD; integers of any size stay integers.

    What nests deeper than `depth` becomes the text "[nested too deeply]"; what `to_python` gave never does.
    """
    match value:
        case None | bool() | int():
            return value
        case str():
            return clean_text(value)
        case float():
            return value if math.isfinite(value) else _spell(value)
        case bytes() | bytearray() | memoryview():
            return base64.b64encode(value).decode("ascii")
        case _ if depth <= 0:
            return "[nested too deeply]"
        case Mapping():
            return {clean_text(str(key)): json_safe(item, depth - 1) for key, item in value.items()}
        case _:
            return [json_safe(item, depth - 1) for item in value]


def _spell(value: float) -> str:
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def texts(pairs: Iterable[KeyValue]) -> Iterator[str]:
    """Yield every non-empty string among the values of key-value pairs, also within lists and maps, never a key."""
    for pair in pairs:
        text = pair.value.string_value
        if text:
            yield text
        elif pair.value.WhichOneof("value") in NESTED:
            yield from nested_texts(pair.value)


NESTED = frozenset(("array_value", "kvlist_value"))
"""The kinds of AnyValue that hold others."""


def nested_texts(value: AnyValue) -> Iterator[str]:
    """Yield every non-empty string within a list or a map, never a key."""
    pending: list[AnyValue] = [value]
    while pending:
        value = pending.pop()
        match value.WhichOneof("value"):
            case "string_value" if value.string_value:
                yield value.string_value
            case "array_value":
                pending.extend(reversed(value.array_value.values))
            case "kvlist_value":
                pending.extend(pair.value for pair in reversed(value.kvlist_value.values))
            case _:
                pass
