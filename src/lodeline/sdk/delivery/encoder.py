"""Ended spans to the bytes of OTLP, written directly in protobuf's wire format.

The reason for not building messages first is in docs/adr/0006-own-span-encoder.md: it costs several times as much.
What is written parses to the message that OpenTelemetry's own encoder builds, which a property test holds it to, but
for values which that one leaves out with a logged error: text that is no Unicode is written with replacement
characters, and an integer beyond 64 bits as text.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from struct import Struct
from typing import cast

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, TraceState

_ONE_BYTE = tuple(bytes((number,)) for number in range(128))
_FIXED64 = Struct("<Q").pack
_DOUBLE = Struct("<d").pack
_FIXED32 = Struct("<I").pack
_TIMES = Struct("<BQBQ").pack
_TIMES_TAGS = (7 << 3 | 1, 8 << 3 | 1)
_HAS_REMOTE, _IS_REMOTE = 0x100, 0x200
_KEYS_KEPT = 4_096
_DEEPEST = 32
_INT64 = 2**63

_keys: dict[str, bytes] = {}
"""Attribute keys as the first field of a KeyValue; a program has few of them, and hostile ones are not kept."""


def varint(number: int) -> bytes:
    """Return a number from 0 in protobuf's variable-length form."""
    if number < 128:
        return _ONE_BYTE[number]
    if number < 16_384:
        return bytes((number & 127 | 128, number >> 7))
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def encode_request(spans: Iterable[ReadableSpan]) -> bytes:
    """Return an ExportTraceServiceRequest with these spans, grouped by resource and scope in the order they come.

    Such requests may be joined end to end: the result is one request with all their spans.
    """
    groups: dict[tuple[int, int], tuple[ReadableSpan, list[bytes]]] = {}
    for span in spans:
        key = (id(span.resource), id(span.instrumentation_scope))
        group = groups.get(key)
        if group is None:
            group = groups[key] = (span, [_delimited(0x0A, _scope(span.instrumentation_scope))])
        encoded = encode_span(span)
        group[1].extend((b"\x12", varint(len(encoded)), encoded))
    resources: dict[int, tuple[Resource, list[bytes]]] = {}
    for span, parts in groups.values():
        scope = span.instrumentation_scope
        parts.append(_text(0x1A, (scope and scope.schema_url) or ""))
        _, scopes = resources.setdefault(id(span.resource), (span.resource, [_resource(span.resource)]))
        _nest(scopes, b"\x12", parts)
    out: list[bytes] = []
    for resource, scopes in resources.values():
        scopes.append(_text(0x1A, resource.schema_url))
        _nest(out, b"\x0a", scopes)
    return b"".join(out)


def _nest(into: list[bytes], tag: bytes, parts: list[bytes]) -> None:
    """Append a message made of parts as a field; the parts are copied once, when all is joined."""
    into += (tag, varint(sum(map(len, parts))), *parts)


def encode_span(span: ReadableSpan) -> bytes:
    """Return a Span message; whatever its attributes hold, it does not raise."""
    context = span.context or SpanContext(0, 0, is_remote=False)
    parent = span.parent
    flags = _HAS_REMOTE | _IS_REMOTE if parent is not None and parent.is_remote else _HAS_REMOTE
    name = _utf8(span.name)
    parts = [
        b"\x0a\x10", context.trace_id.to_bytes(16, "big"), b"\x12\x08", context.span_id.to_bytes(8, "big"),
        _trace_state(context.trace_state) if context.trace_state else b"",
        b"\x22\x08" + parent.span_id.to_bytes(8, "big") if parent is not None else b"",
        b"\x2a", varint(len(name)), name, b"\x30", _ONE_BYTE[span.kind.value + 1],
        _TIMES(_TIMES_TAGS[0], span.start_time or 0, _TIMES_TAGS[1], span.end_time or 0),
    ]  # fmt: skip
    _add_attributes(parts, b"\x4a", _plain_attributes(span))
    if dropped := span.dropped_attributes:
        parts += (b"\x50", varint(dropped))
    for event in span.events:
        parts.append(_delimited(0x5A, _event(event)))
    if dropped := span.dropped_events:
        parts += (b"\x60", varint(dropped))
    for link in span.links:
        parts.append(_delimited(0x6A, _link(link)))
    if dropped := span.dropped_links:
        parts += (b"\x70", varint(dropped))
    status = span.status
    said = _text(0x12, status.description) if status.description else b""
    code = status.status_code.value
    parts.append(_delimited(0x7A, said + b"\x18" + _ONE_BYTE[code] if code else said))
    parts += (b"\x85\x01", _FIXED32(flags))
    return b"".join(parts)


def _plain_attributes(holder: ReadableSpan | Event | Link) -> Mapping[str, object]:
    """Return the attributes as a plain dict where OpenTelemetry keeps one: its view takes a lock for each key."""
    inner = getattr(getattr(holder, "_attributes", None), "_dict", None)
    if type(inner) is dict:
        return cast("Mapping[str, object]", inner)
    return holder.attributes or {}


def _resource(resource: Resource) -> bytes:
    parts: list[bytes] = []
    _add_attributes(parts, b"\x0a", resource.attributes)
    return _delimited(0x0A, b"".join(parts))


def _scope(scope: InstrumentationScope | None) -> bytes:
    if scope is None:
        return b""
    parts = [_text(0x0A, scope.name), _text(0x12, scope.version or "")]
    _add_attributes(parts, b"\x1a", scope.attributes or {})
    return b"".join(parts)


def _event(event: Event) -> bytes:
    parts = [b"\x09", _FIXED64(event.timestamp), _text(0x12, event.name)]
    _add_attributes(parts, b"\x1a", _plain_attributes(event))
    if dropped := event.dropped_attributes:
        parts += (b"\x20", varint(dropped))
    return b"".join(parts)


def _link(link: Link) -> bytes:
    context = link.context
    parts = [b"\x0a\x10", context.trace_id.to_bytes(16, "big"), b"\x12\x08", context.span_id.to_bytes(8, "big")]
    _add_attributes(parts, b"\x22", _plain_attributes(link))
    if dropped := link.dropped_attributes:
        parts += (b"\x28", varint(dropped))
    parts += (b"\x35", _FIXED32(_HAS_REMOTE | _IS_REMOTE if context.is_remote else _HAS_REMOTE))
    return b"".join(parts)


def _trace_state(state: TraceState) -> bytes:
    return _text(0x1A, ",".join(f"{key}={value}" for key, value in state.items()))


def _add_attributes(parts: list[bytes], tag: bytes, attributes: Mapping[str, object]) -> None:
    """Append a KeyValue field for each attribute."""
    for key, value in attributes.items():
        head = _keys.get(key) or _key(key)
        # Text is most of what a span holds: it is written here, without a call for each part.
        if type(value) is str:
            try:
                data = value.encode()
            except UnicodeEncodeError:
                data = _utf8(value)
            size = varint(len(data))
            text_bytes = 1 + len(size) + len(data)
            inner = varint(text_bytes)
            parts += (tag, varint(len(head) + 1 + len(inner) + text_bytes), head, b"\x12", inner, b"\x0a", size, data)
            continue
        encoded = _any_value(value, 0)
        inner = varint(len(encoded))
        parts += (tag, varint(len(head) + 1 + len(inner) + len(encoded)), head, b"\x12", inner, encoded)


def _key(key: object) -> bytes:
    text = key if isinstance(key, str) else str(key)
    encoded = _text(0x0A, text)
    if len(_keys) < _KEYS_KEPT and len(encoded) <= 256:
        _keys[text] = encoded
    return encoded


def _any_value(value: object, depth: int) -> bytes:
    """Return an AnyValue message."""
    written = _WRITERS.get(type(value))
    if written is not None:
        return written(value)
    if isinstance(value, str):
        return _string(str(value))
    if isinstance(value, int):
        return _integer(int(value))
    if isinstance(value, float):
        return b"\x21" + _DOUBLE(value)
    if isinstance(value, bytes | bytearray):
        return _sized(0x3A, bytes(value))
    if depth >= _DEEPEST:
        return _string("… (nested deeper than can be sent)")
    if isinstance(value, Mapping):
        pairs = cast("Mapping[object, object]", value)
        items = (_text(0x0A, str(key)) + _sized(0x12, _any_value(each, depth + 1))
                 for key, each in pairs.items())  # fmt: skip
        return _sized(0x32, b"".join(_sized(0x0A, item) for item in items))
    if isinstance(value, Sequence):
        values = cast("Sequence[object]", value)
        return _sized(0x2A, b"".join(_sized(0x0A, _any_value(each, depth + 1)) for each in values))
    return _string(f"<{type(value).__name__}>")


def _string(value: object) -> bytes:
    data = _utf8(cast("str", value))
    return b"\x0a" + varint(len(data)) + data


def _integer(value: object) -> bytes:
    number = cast("int", value)
    if 0 <= number < _INT64:
        return b"\x18" + varint(number)
    if -_INT64 <= number < 0:
        return b"\x18" + varint(number + 2**64)
    return _string(_big(number))


def _big(number: int) -> str:
    """Return digits, in hexadecimal where Python refuses to print so long a decimal."""
    try:
        return str(number)
    except ValueError:
        return hex(number)


_WRITERS: dict[type, Callable[[object], bytes]] = {
    str: _string,
    bool: lambda value: b"\x10\x01" if value else b"\x10\x00",
    int: _integer,
    float: lambda value: b"\x21" + _DOUBLE(cast("float", value)),
    bytes: lambda value: _sized(0x3A, cast("bytes", value)),
    type(None): lambda _: b"",
}


def _utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")


def _text(tag: int, text: str) -> bytes:
    """Return a field of text; nothing when it is empty."""
    return _delimited(tag, _utf8(text)) if text else b""


def _sized(tag: int, data: bytes) -> bytes:
    return _ONE_BYTE[tag] + varint(len(data)) + data


def _delimited(tag: int, data: bytes) -> bytes:
    """Return a field of wire type 2 with a tag of one byte."""
    return _ONE_BYTE[tag] + varint(len(data)) + data
