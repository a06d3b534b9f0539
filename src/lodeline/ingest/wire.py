"""Protobuf's wire format, just enough to cut a trace export into its spans without parsing them.

Spans keep their bytes exactly, one span is read without its neighbours, and one bad span costs only itself.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from operator import attrgetter
from typing import NamedTuple

from lodeline.domain.errors import Invalid, TooLarge

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5

RESOURCE_SPANS = 1
"""Field of TracesData and of ExportTraceServiceRequest: these two have the same wire format."""
RESOURCE = 1
SCOPE_SPANS = 2
SCOPE = 1
SPANS = 2
_RESOURCE_TAG = bytes((RESOURCE_SPANS << 3 | BYTES,))
_SCOPE_TAG = bytes((SCOPE_SPANS << 3 | BYTES,))
_SPAN_TAG = bytes((SPANS << 3 | BYTES,))


class Malformed(Invalid):
    """The bytes are not a protobuf message."""

    code = "malformed_protobuf"


class WireField(NamedTuple):
    """One field of a message: its number, its wire type, and where it and its value lie in the buffer.

    For wire type `BYTES` the value is what follows the length; for others it is the encoded number.
    """

    number: int
    wire_type: int
    start: int
    value_start: int
    end: int


def fields(data: bytes, start: int, end: int) -> Iterator[WireField]:
    """Yield the fields of the message at data[start:end] in order; Malformed where they stop making sense."""
    at = start
    while at < end:
        tag, value_start = read_varint(data, at, end)
        wire_type = tag & 7
        if wire_type == BYTES:
            length, value_start = read_varint(data, value_start, end)
            stop = value_start + length
        elif wire_type == VARINT:
            _, stop = read_varint(data, value_start, end)
        elif wire_type == FIXED64:
            stop = value_start + 8
        elif wire_type == FIXED32:
            stop = value_start + 4
        else:
            raise Malformed(f"body: wire type {wire_type} at byte {at} is not part of OTLP; send OTLP protobuf.")
        if stop > end or tag < 8:
            raise Malformed(f"body: the protobuf field at byte {at} is cut off or malformed; send it whole.")
        yield WireField(tag >> 3, wire_type, at, value_start, stop)
        at = stop


def read_varint(data: bytes, at: int, end: int) -> tuple[int, int]:
    """Return the number at data[at:end] and where it ends; Malformed when it is cut off or over 10 bytes."""
    result = shift = 0
    for position in range(at, min(end, at + 10)):
        byte = data[position]
        result |= (byte & 127) << shift
        if byte < 128:
            return result, position + 1
        shift += 7
    raise Malformed(f"body: the protobuf number at byte {at} is cut off or too long; send it whole.")


def varint(number: int) -> bytes:
    """Return a number from 0 in protobuf's variable-length form."""
    if number < 128:
        return bytes((number,))
    if number < 16_384:
        return bytes((number & 127 | 128, number >> 7))
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def delimited(number: int, value: bytes) -> bytes:
    """Return a field of wire type `BYTES`: tag, length, value."""
    return varint(number << 3 | BYTES) + varint(len(value)) + value


class ScopeSlice(NamedTuple):
    """One ScopeSpans: everything of it but its spans, as bytes; the spans' bytes; and its resource's number.

    `resource_head` is everything of its ResourceSpans but the scopes; `resource_index` counts ResourceSpans.
    """

    resource_index: int
    resource_head: bytes
    scope_head: bytes
    spans: list[bytes]


def scopes(data: bytes, *, max_fields: int) -> Iterator[ScopeSlice]:
    """Cut TracesData (or an export request) into its scopes and spans, in order.

    Nothing is parsed below a span, so the spans may be malformed themselves. Malformed when the levels above them
    are; TooLarge when these have more than `max_fields` fields.
    """
    _, resources = split(data, 0, len(data), RESOURCE_SPANS, max_fields)
    left = max_fields - len(resources)
    for index, (start, end) in enumerate(resources):
        head, groups = split(data, start, end, SCOPE_SPANS, left)
        left -= len(groups)
        for group_start, group_end in groups:
            scope_head, spans = split(data, group_start, group_end, SPANS, left)
            left -= len(spans)
            yield ScopeSlice(index, head, scope_head, [data[a:b] for a, b in spans])


def split(data: bytes, start: int, end: int, number: int, budget: int) -> tuple[bytes, list[tuple[int, int]]]:
    """Return what of the message at data[start:end] is not field `number`, and where each of these lies.

    Malformed when the message is; TooLarge when it has more than `budget` fields.
    """
    wanted = number << 3 | BYTES
    rest: list[bytes] = []
    found: list[tuple[int, int]] = []
    at = start
    last = end - 4
    left = budget
    while at < end:
        left -= 1
        if left < 0:
            raise TooLarge(f"body: over {budget} resources, scopes and spans; send it in several requests.")
        if at < last and data[at] == wanted:
            length = data[at + 1]
            begin = at + 2
            if length > 127:
                second = data[begin]
                begin += 1
                length += (second << 7) - 128
                if second > 127:
                    length, begin = read_varint(data, at + 1, end)
            stop = begin + length
            if stop > end:
                raise Malformed(f"body: the message at byte {at} is cut off; send it whole.")
            found.append((begin, stop))
        else:
            field = next(fields(data, at, end))
            stop = field.end
            if field.number == number and field.wire_type == BYTES:
                found.append((field.value_start, stop))
            else:
                rest.append(data[at:stop])
        at = stop
    return b"".join(rest), found


def join(slices: Iterable[ScopeSlice]) -> bytes:
    """Return TracesData with these scopes and spans in order, the inverse of `scopes`."""
    out: list[bytes] = []
    for _, group in groupby(slices, key=attrgetter("resource_index")):
        parts: list[bytes] = []
        for scope in group:
            parts = parts or [scope.resource_head]
            body = [scope.scope_head]
            for span in scope.spans:
                body += (_SPAN_TAG, varint(len(span)), span)
            parts += (_SCOPE_TAG, varint(sum(map(len, body))), *body)
        out += (_RESOURCE_TAG, varint(sum(map(len, parts))), *parts)
    return b"".join(out)  # the only copy of the spans' bytes


def span_ids(span: bytes) -> tuple[str, str]:
    """Return trace and span id of a span's bytes in hexadecimal, as far as they are among its first fields and can
    be read; "" for what cannot.
    """
    found = {1: "", 2: ""}
    try:
        for field in islice(fields(span, 0, len(span)), _ID_FIELDS):
            if field.wire_type == BYTES and field.number in found:
                found[field.number] = span[field.value_start : min(field.end, field.value_start + 32)].hex()
    except Malformed:
        pass
    return found[1], found[2]


_ID_FIELDS = 16
