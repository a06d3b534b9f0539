"""OTLP/JSON as OTLP protobuf, so that one path decodes both.

As the specification says, ids are hexadecimal, 64-bit integers strings or numbers, enumerations numbers, field names
in lowerCamelCase, and unknown fields are ignored. As senders do, ids in base64, names of enumerations and names in
snake_case are understood too.
"""

import base64
import binascii
import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, cast

import orjson
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, EntityRef, InstrumentationScope, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status

from lodeline.domain.errors import Invalid, TooLarge, shown
from lodeline.domain.span import AttributeValue
from lodeline.ingest.limits import IngestLimits
from lodeline.ingest.values import MAX_STORED_DEPTH, clean_text, json_safe
from lodeline.ingest.wire import ScopeSlice

_Object = Mapping[str, object]


class BadSpan(NamedTuple):
    """A span that is no OTLP: its ids as sent, and what is wrong."""

    trace_id: str
    span_id: str
    reason: str


def transcode(body: bytes, limits: IngestLimits) -> tuple[list[ScopeSlice], list[BadSpan]]:
    """Return the scopes and spans of an export request in JSON, as protobuf, and the spans that are no OTLP.

    Lone surrogates become U+FFFD. Invalid when the body is not JSON or not an export request, TooLarge when it is
    over a limit.
    """
    if len(body) > limits.max_json_bytes:
        raise TooLarge(f"body: {len(body)} bytes of JSON are over the limit of {limits.max_json_bytes}; send less.")
    if body.count(b",") + body.count(b"[") + body.count(b"{") > limits.max_json_values:
        raise TooLarge(f"body: over {limits.max_json_values} JSON values; send fewer spans a request.")
    document, clean = _parse(body)
    return _Transcoder(limits, clean).run(document)


def _parse(body: bytes) -> tuple[object, Callable[[str], str]]:
    """Return the parsed body, and what its strings need before they are UTF-8."""
    try:
        return orjson.loads(body), str
    except orjson.JSONDecodeError:
        # orjson is strict; the standard library also takes NaN, lone surrogates and a byte order mark.
        try:
            return json.loads(body.decode("utf-8-sig", errors="replace")), clean_text
        except ValueError as error:
            raise Invalid(f"body: it is not valid JSON ({error}).") from error
        except RecursionError:
            raise Invalid("body: its JSON nests too deeply; send fewer levels.") from None


class _Fault(Exception):
    """What is wrong with a value; the message becomes part of the span's reason."""


class _TooDeep(Exception):
    pass


class _Transcoder:
    def __init__(self, limits: IngestLimits, clean: Callable[[str], str]) -> None:
        self._limits = limits
        self._clean = clean
        self._bad: list[BadSpan] = []
        self._left = limits.max_spans

    def run(self, document: object) -> tuple[list[ScopeSlice], list[BadSpan]]:
        slices: list[ScopeSlice] = []
        try:
            resources = _list(_object(document, "body"), "resourceSpans", "resource_spans")
            for index, item in enumerate(resources):
                resource_spans = _object(item, "resourceSpans")
                resource = ResourceSpans(schema_url=self._text(resource_spans, "schemaUrl", "schema_url"))
                raw = _get(resource_spans, "resource")
                if raw is not None:
                    resource.resource.CopyFrom(self._resource(_object(raw, "resource")))
                head = resource.SerializeToString()
                for scope in _list(resource_spans, "scopeSpans", "scope_spans"):
                    slices.append(self._scope(index, head, _object(scope, "scopeSpans")))
        except (_Fault, _TooDeep) as error:
            raise Invalid(f"body: {error}; send OTLP/JSON.") from error
        return slices, self._bad

    def _resource(self, raw: _Object) -> Resource:
        return Resource(
            attributes=self._attributes(raw),
            dropped_attributes_count=_count(raw, "droppedAttributesCount", "dropped_attributes_count"),
            entity_refs=[self._entity(_object(item, "entity")) for item in _list(raw, "entityRefs", "entity_refs")],
        )

    def _entity(self, raw: _Object) -> EntityRef:
        return EntityRef(
            schema_url=self._text(raw, "schemaUrl", "schema_url"),
            type=self._text(raw, "type"),
            id_keys=self._texts(raw, "idKeys", "id_keys"),
            description_keys=self._texts(raw, "descriptionKeys", "description_keys"),
        )

    def _scope(self, index: int, head: bytes, raw: _Object) -> ScopeSlice:
        scope = ScopeSpans(schema_url=self._text(raw, "schemaUrl", "schema_url"))
        library = _get(raw, "scope")
        if library is not None:
            library = _object(library, "scope")
            scope.scope.CopyFrom(
                InstrumentationScope(
                    name=self._text(library, "name"),
                    version=self._text(library, "version"),
                    attributes=self._attributes(library),
                    dropped_attributes_count=_count(library, "droppedAttributesCount", "dropped_attributes_count"),
                )
            )
        spans: list[bytes] = []
        for item in _list(raw, "spans"):
            self._left -= 1
            if self._left < 0:
                raise TooLarge(f"body: over {self._limits.max_spans} spans; send them in several requests.")
            try:
                spans.append(self._span(_object(item, "span")).SerializeToString())
            except (_Fault, UnicodeError) as error:
                ids = cast("_Object", item if isinstance(item, dict) else {})
                trace_id, span_id = _get(ids, "traceId", "trace_id"), _get(ids, "spanId", "span_id")
                self._bad.append(BadSpan(_shown_id(trace_id), _shown_id(span_id), str(error)))
        return ScopeSlice(index, head, scope.SerializeToString(), spans)

    def _span(self, raw: _Object) -> Span:
        status = _get(raw, "status")
        return Span(
            trace_id=_id(raw, 16, "traceId", "trace_id"),
            span_id=_id(raw, 8, "spanId", "span_id"),
            parent_span_id=_id(raw, 8, "parentSpanId", "parent_span_id"),
            trace_state=self._text(raw, "traceState", "trace_state"),
            flags=_count(raw, "flags"),
            name=self._text(raw, "name"),
            kind=cast("Span.SpanKind.ValueType", _enumeration(raw, "kind", Span.SpanKind.items(), "SPAN_KIND_")),
            start_time_unix_nano=_time(raw, "startTimeUnixNano", "start_time_unix_nano"),
            end_time_unix_nano=_time(raw, "endTimeUnixNano", "end_time_unix_nano"),
            attributes=self._attributes(raw),
            dropped_attributes_count=_count(raw, "droppedAttributesCount", "dropped_attributes_count"),
            events=[self._event(_object(item, "event")) for item in _list(raw, "events")],
            dropped_events_count=_count(raw, "droppedEventsCount", "dropped_events_count"),
            links=[self._link(_object(item, "link")) for item in _list(raw, "links")],
            dropped_links_count=_count(raw, "droppedLinksCount", "dropped_links_count"),
            status=None if status is None else self._status(_object(status, "status")),
        )

    def _status(self, raw: _Object) -> Status:
        code = _enumeration(raw, "code", Status.StatusCode.items(), "STATUS_CODE_")
        return Status(code=cast("Status.StatusCode.ValueType", code), message=self._text(raw, "message"))

    def _event(self, raw: _Object) -> Span.Event:
        return Span.Event(
            time_unix_nano=_time(raw, "timeUnixNano", "time_unix_nano"),
            name=self._text(raw, "name"),
            attributes=self._attributes(raw),
            dropped_attributes_count=_count(raw, "droppedAttributesCount", "dropped_attributes_count"),
        )

    def _link(self, raw: _Object) -> Span.Link:
        return Span.Link(
            trace_id=_id(raw, 16, "traceId", "trace_id"),
            span_id=_id(raw, 8, "spanId", "span_id"),
            trace_state=self._text(raw, "traceState", "trace_state"),
            attributes=self._attributes(raw),
            dropped_attributes_count=_count(raw, "droppedAttributesCount", "dropped_attributes_count"),
            flags=_count(raw, "flags"),
        )

    def _attributes(self, raw: _Object) -> list[KeyValue]:
        return [self._attribute(_object(item, "attribute")) for item in _list(raw, "attributes")]

    def _attribute(self, raw: _Object) -> KeyValue:
        key = self._text(raw, "key")
        value = _get(raw, "value")
        result = KeyValue(key=key)
        if value is None:
            return result
        try:
            self._fill(result.value, value, MAX_STORED_DEPTH)
        except _TooDeep:
            text = orjson.dumps(json_safe(self._plain(value, self._limits.max_depth), self._limits.max_depth))
            result.value.string_value = text.decode()
        except _Fault as error:
            raise _Fault(f"attribute {shown(key)}: {error}") from error
        return result

    def _fill(self, target: AnyValue, raw: object, depth: int) -> None:
        target.SetInParent()
        name, value = _only(raw)
        if name in {"arrayValue", "kvlistValue"}:
            items = _list(_object(value, name), "values")
            if depth <= 0:
                raise _TooDeep
            if name == "arrayValue":
                target.array_value.SetInParent()
                for item in items:
                    self._fill(target.array_value.values.add(), item, depth - 1)
                return
            target.kvlist_value.SetInParent()
            for item in items:
                pair = _object(item, "attribute")
                added = target.kvlist_value.values.add(key=self._text(pair, "key"))
                held = _get(pair, "value")
                if held is not None:
                    self._fill(added.value, held, depth - 1)
            return
        match _scalar(name, value):
            case str() as text:
                target.string_value = self._clean(text)
            case bool() as flag:
                target.bool_value = flag
            case int() as number:
                target.int_value = number
            case float() as number:
                target.double_value = number
            case bytes() as data:
                target.bytes_value = data
            case _:
                pass

    def _plain(self, raw: object, depth: int) -> AttributeValue:
        """Return a value that nests too deeply for protobuf as plain Python."""
        name, value = _only(raw)
        if name not in {"arrayValue", "kvlistValue"}:
            return _scalar(name, value)
        if depth <= 0:
            raise _Fault(f"its values nest deeper than {self._limits.max_depth} levels")
        items = _list(_object(value, name), "values")
        if name == "arrayValue":
            return [self._plain(item, depth - 1) for item in items]
        pairs = [_object(item, "attribute") for item in items]
        return {self._text(pair, "key"): self._plain(_get(pair, "value"), depth - 1) for pair in pairs}

    def _text(self, raw: _Object, *names: str) -> str:
        value = _get(raw, *names)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise _Fault(f"{names[0]} is {_seen(value)}, not a string")
        return self._clean(value)

    def _texts(self, raw: _Object, *names: str) -> list[str]:
        return [self._text({names[0]: item}, names[0]) for item in _list(raw, *names)]


_SNAKE = {
    "string_value": "stringValue",
    "bool_value": "boolValue",
    "int_value": "intValue",
    "double_value": "doubleValue",
    "array_value": "arrayValue",
    "kvlist_value": "kvlistValue",
    "bytes_value": "bytesValue",
}
_VALUE_NAMES = frozenset(_SNAKE.values())


def _only(raw: object) -> tuple[str, object]:
    """Return name and content of an AnyValue's one field that is set; ("", None) when none is."""
    for key, value in _object({} if raw is None else raw, "value").items():
        name = _SNAKE.get(key, key)
        if name in _VALUE_NAMES and value is not None:
            return name, value
    return "", None


def _scalar(name: str, value: object) -> bool | int | float | str | bytes | None:
    match name, value:
        case "", _:
            return None
        case "stringValue", str():
            return value
        case "boolValue", bool():
            return value
        case "intValue", _:
            return _integer(name, value, -(2**63), 2**63 - 1)
        case "doubleValue", str() if value in _SPELT:
            return _SPELT[value]
        case "doubleValue", str() | float() | int() if not isinstance(value, bool):
            return _float(value)
        case "bytesValue", str():
            return _base64(value)
        case _:
            raise _Fault(f"{name} {_seen(value)} is not valid")


_SPELT = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def _float(value: str | float) -> float:
    try:
        return float(value)
    except (ValueError, OverflowError) as error:
        raise _Fault(f"doubleValue {_seen(value)} is not a number") from error


def _integer(name: str, value: object, least: int, most: int) -> int:
    number: int | None = None
    if isinstance(value, int) and not isinstance(value, bool):
        number = value
    elif isinstance(value, float) and value.is_integer():
        number = int(value)
    elif isinstance(value, str) and len(value) <= 40:
        try:
            number = int(value)
        except ValueError:
            number = None
    if number is None or not least <= number <= most:
        raise _Fault(f"{name} {_seen(value)} is not an integer from {least} to {most}")
    return number


def _time(raw: _Object, *names: str) -> int:
    value = _get(raw, *names)
    return 0 if value is None or value == "" else _integer(names[0], value, 0, 2**64 - 1)


def _count(raw: _Object, *names: str) -> int:
    value = _get(raw, *names)
    return 0 if value is None else _integer(names[0], value, 0, 2**32 - 1)


def _enumeration(raw: _Object, name: str, members: Sequence[tuple[str, int]], prefix: str) -> int:
    """Return an enumeration's number, given as such or by name; what is unknown is 0."""
    value = _get(raw, name)
    if isinstance(value, str):
        return dict(members).get(value if value.startswith(prefix) else prefix + value, 0)
    return 0 if value is None else _integer(name, value, -(2**31), 2**31 - 1)


def _id(raw: _Object, size: int, *names: str) -> bytes:
    value = _get(raw, *names)
    if value is None or value == "":
        return b""
    if isinstance(value, str) and len(value) <= 4 * size:
        try:
            data = bytes.fromhex(value) if len(value) == 2 * size else _base64(value)
        except (ValueError, _Fault):
            data = b""
        if len(data) == size:
            return data
    raise _Fault(f"{names[0]} {_seen(value)} is not {2 * size} hexadecimal digits")


def _base64(text: str) -> bytes:
    """Decode base64 in either alphabet, with or without its padding."""
    try:
        plain = text.rstrip("=").replace("-", "+").replace("_", "/")
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (ValueError, binascii.Error) as error:
        raise _Fault(f"{_seen(text)} is not base64") from error


def _shown_id(value: object) -> str:
    return clean_text(value)[:50] if isinstance(value, str) else ""


def _seen(value: object) -> str:
    """Return a value as an error shows it; only the type of a list or an object."""
    match value:
        case dict():
            return "an object"
        case list():
            return "a list"
        case _:
            return shown(value)


def _get(raw: _Object, *names: str) -> object:
    for name in names:
        value = raw.get(name)
        if value is not None:
            return value
    return None


def _object(value: object, what: str) -> _Object:
    if not isinstance(value, dict):
        raise _Fault(f"{what} is {_seen(value)}, not an object")
    return cast("_Object", value)


def _list(raw: _Object, *names: str) -> list[object]:
    value = _get(raw, *names)
    if value is None:
        return []
    if not isinstance(value, list):
        raise _Fault(f"{names[0]} is {_seen(value)}, not a list")
    return cast("list[object]", value)
