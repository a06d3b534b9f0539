"""Spans that protobuf's reader refuses although their structure is sound: repaired, or refused with the reason.

Two faults are common. A string that is not UTF-8: its bad bytes become U+FFFD. A value that nests deeper than
protobuf's reader follows (about 30 maps): the attribute's value becomes its JSON text, of which nothing is missing.
Everything else of the message keeps its bytes.
"""

import struct
from collections.abc import Mapping
from typing import Final

import orjson

from lodeline.domain.errors import Invalid, TooLarge
from lodeline.domain.span import AttributeValue
from lodeline.ingest import wire
from lodeline.ingest.values import MAX_STORED_DEPTH, json_safe

_STRING, _KEY_VALUE, _ANY, _ARRAY, _MAP = "string", "key_value", "any", "array", "map"
_SCHEMA: Final[Mapping[str, Mapping[int, str]]] = {
    "resource_spans": {1: "resource", 3: _STRING},
    "resource": {1: _KEY_VALUE, 3: "entity"},
    "entity": {1: _STRING, 2: _STRING, 3: _STRING, 4: _STRING},
    "scope_spans": {1: "scope", 3: _STRING},
    "scope": {1: _STRING, 2: _STRING, 3: _KEY_VALUE},
    "span": {3: _STRING, 5: _STRING, 9: _KEY_VALUE, 11: "event", 13: "link", 15: "status"},
    "event": {2: _STRING, 3: _KEY_VALUE},
    "link": {3: _STRING, 4: _KEY_VALUE},
    "status": {2: _STRING},
    _KEY_VALUE: {1: _STRING, 2: _ANY},
    _ANY: {1: _STRING, 5: _ARRAY, 6: _MAP},
    _ARRAY: {1: _ANY},
    _MAP: {1: _KEY_VALUE},
}
"""Which fields of OTLP's messages hold strings and messages; all else is copied."""


class Budget:
    """How many protobuf fields one request may make us walk one by one; TooLarge once they are spent."""

    def __init__(self, fields: int) -> None:
        self._left = fields

    def spend(self) -> None:
        """Count one field."""
        self._left -= 1
        if self._left < 0:
            raise TooLarge("it has too many values")


def count_values(data: bytes, budget: Budget) -> None:
    """Walk a span without parsing it; TooLarge when its fields pass the budget, Malformed when it is."""
    pending = [(0, len(data), "span")]
    while pending:
        start, end, kind = pending.pop()
        schema = _SCHEMA[kind]
        for field in wire.fields(data, start, end):
            budget.spend()
            below = schema.get(field.number)
            if below is not None and below != _STRING and field.wire_type == wire.BYTES:
                pending.append((field.value_start, field.end, below))


class Repair:
    """The repair of one message; afterwards `replaced` counts strings and `flattened` values that were changed."""

    def __init__(self, *, max_depth: int, budget: Budget) -> None:
        self._max_depth = max_depth
        self._budget = budget
        self.replaced = 0
        self.flattened = 0

    def run(self, data: bytes, kind: str) -> bytes:
        """Return the message in readable form; `kind` is "span", "resource_spans" or "scope_spans".

        Malformed when its structure is broken, Invalid when values nest deeper than `max_depth`, TooLarge when
        the budget is spent.
        """
        return self._message(data, 0, len(data), kind, nested=False)

    def summary(self) -> str:
        """Return what was changed, for the sender."""
        parts: list[str] = []
        if self.replaced:
            parts.append(f"bytes in {self.replaced} of its strings were not UTF-8 and became U+FFFD")
        if self.flattened:
            parts.append(f"{self.flattened} of its values nested over {MAX_STORED_DEPTH} levels and became JSON text")
        return "; ".join(parts)

    def _message(self, data: bytes, start: int, end: int, kind: str, *, nested: bool) -> bytes:
        schema = _SCHEMA[kind]
        parts: list[bytes] = []
        for field in wire.fields(data, start, end):
            self._budget.spend()
            below = schema.get(field.number) if field.wire_type == wire.BYTES else None
            if below is None:
                parts.append(data[field.start : field.end])
            elif below == _STRING:
                parts.append(wire.delimited(field.number, self._text(data[field.value_start : field.end])))
            elif below == _ANY and not nested:
                parts.append(wire.delimited(field.number, self._value(data, field.value_start, field.end)))
            else:
                inner = self._message(data, field.value_start, field.end, below, nested=nested)
                parts.append(wire.delimited(field.number, inner))
        return b"".join(parts)

    def _text(self, text: bytes) -> bytes:
        try:
            text.decode()
        except UnicodeDecodeError:
            self.replaced += 1
            return text.decode(errors="replace").encode()
        return text

    def _value(self, data: bytes, start: int, end: int) -> bytes:
        """Return the value of an attribute, as JSON text if it nests too deeply to be stored."""
        if _depth(data, start, end, self._max_depth, self._budget) <= MAX_STORED_DEPTH:
            return self._message(data, start, end, _ANY, nested=True)
        self.flattened += 1
        return wire.delimited(1, orjson.dumps(json_safe(self._plain(data, start, end), self._max_depth)))

    def _plain(self, data: bytes, start: int, end: int) -> AttributeValue:
        """Return an AnyValue in plain Python."""
        value: AttributeValue = None
        for field in wire.fields(data, start, end):
            content = data[field.value_start : field.end]
            match field.number, field.wire_type:
                case 1, wire.BYTES:
                    value = self._text(content).decode()
                case 2, wire.VARINT:
                    value = content != b"\0"
                case 3, wire.VARINT:
                    number, _ = wire.read_varint(content, 0, len(content))
                    value = (number & (2**64 - 1)) - (2**64 if number & 2**63 else 0)
                case 4, wire.FIXED64:
                    (value,) = struct.unpack("<d", content)
                case 5, wire.BYTES:
                    items = wire.fields(content, 0, len(content))
                    value = [self._plain(content, item.value_start, item.end) for item in items if _is_item(item)]
                case 6, wire.BYTES:
                    items = wire.fields(content, 0, len(content))
                    value = dict(self._pair(content, item) for item in items if _is_item(item))
                case 7, wire.BYTES:
                    value = content
                case _:
                    pass
        return value

    def _pair(self, data: bytes, pair: wire.WireField) -> tuple[str, AttributeValue]:
        key = ""
        value: AttributeValue = None
        for field in wire.fields(data, pair.value_start, pair.end):
            if field.wire_type == wire.BYTES and field.number == 1:
                key = self._text(data[field.value_start : field.end]).decode()
            elif field.wire_type == wire.BYTES and field.number == 2:
                value = self._plain(data, field.value_start, field.end)
        return key, value


def _is_item(field: wire.WireField) -> bool:
    return field.number == 1 and field.wire_type == wire.BYTES


def _depth(data: bytes, start: int, end: int, most: int, budget: Budget) -> int:
    """Return how many lists and maps enclose the innermost value; Invalid when over `most`."""
    deepest = 0
    pending = [(start, end, _ANY, 0)]
    while pending:
        start, end, kind, depth = pending.pop()
        schema = _SCHEMA[kind]
        for field in wire.fields(data, start, end):
            budget.spend()
            below = schema.get(field.number)
            if below is None or below == _STRING or field.wire_type != wire.BYTES:
                continue
            inner = depth + (below in {_ARRAY, _MAP})
            if inner > most:
                raise Invalid(f"its values nest deeper than {most} levels")
            deepest = max(deepest, inner)
            pending.append((field.value_start, field.end, below, inner))
    return deepest
