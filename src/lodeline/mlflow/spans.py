"""Spans, from the JSON in which MLflow keeps them to OTLP.

The table ``spans`` and the file ``traces.json`` hold the same form (ids in base64); a ``traces.json`` of MLflow 2 has
an older one (a ``context``, ids in hexadecimal). Attribute values are JSON text in all of them, and become structured
values, as MLflow's client sends them.
"""

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Mapping

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from lodeline.domain.errors import Invalid
from lodeline.domain.ids import TraceId
from lodeline.domain.span import JsonValue
from lodeline.ingest.values import clean_text, from_python
from lodeline.mlflow.source import json_of

_Object = Mapping[str, JsonValue]
_HEX = re.compile(r"(0x)?([0-9a-fA-F]+)")
_OTEL_ID = re.compile(r"tr-([0-9a-f]{32})")
_DIGITS = re.compile(r"[0-9]{1,19}")
_MOST_NS = 2**63 - 1
_MOST_LEVELS = 400
_CODES: Mapping[str, "Status.StatusCode.ValueType"] = {
    "OK": Status.STATUS_CODE_OK, "STATUS_CODE_OK": Status.STATUS_CODE_OK,
    "ERROR": Status.STATUS_CODE_ERROR, "STATUS_CODE_ERROR": Status.STATUS_CODE_ERROR,
}  # fmt: skip


def export_request(trace_id: TraceId, spans: Iterable[JsonValue]) -> tuple[bytes, int]:
    """Return one trace's spans as the body of an OTLP request, and how many of them were no spans.

    All get one OTLP trace id, that of `trace_id` where it is one: a trace of MLflow 2 has an id of its own beside.
    """
    request = ExportTraceServiceRequest()
    target = request.resource_spans.add().scope_spans.add()
    otel = _OTEL_ID.fullmatch(trace_id)
    raw_id = bytes.fromhex(otel[1]) if otel else hashlib.sha256(trace_id.encode()).digest()[:16]
    bad = 0
    for item in spans:
        try:
            target.spans.append(_span(_object(item), raw_id))
        except Invalid:
            bad += 1
    return request.SerializeToString(), bad


def _span(raw: _Object, trace_id: bytes) -> Span:
    context = raw.get("context")
    ids = context if isinstance(context, Mapping) else raw
    code, message = _status(raw)
    return Span(
        trace_id=trace_id,
        span_id=_id(ids.get("span_id")),
        parent_span_id=b"" if not (parent := raw.get("parent_span_id", raw.get("parent_id"))) else _id(parent),
        name=_text(raw.get("name")),
        kind=Span.SPAN_KIND_INTERNAL,
        start_time_unix_nano=_time(raw.get("start_time_unix_nano", raw.get("start_time"))),
        end_time_unix_nano=_time(raw.get("end_time_unix_nano", raw.get("end_time"))),
        attributes=_attributes(raw.get("attributes"), encoded=True),
        events=[_event(_object(item)) for item in _list(raw.get("events"))],
        links=[_link(_object(item)) for item in _list(raw.get("links"))],
        status=Status(code=code, message=message),
    )


def _status(raw: _Object) -> tuple["Status.StatusCode.ValueType", str]:
    status = raw.get("status")
    if isinstance(status, Mapping):
        return _CODES.get(_text(status.get("code")), Status.STATUS_CODE_UNSET), _text(status.get("message"))
    return _CODES.get(_text(raw.get("status_code")), Status.STATUS_CODE_UNSET), _text(raw.get("status_message"))


def _event(raw: _Object) -> Span.Event:
    moment = raw.get("time_unix_nano")
    if moment is None and isinstance(microseconds := raw.get("timestamp"), int):
        moment = microseconds * 1_000
    return Span.Event(
        time_unix_nano=_time(moment),
        name=_text(raw.get("name")),
        attributes=_attributes(raw.get("attributes"), encoded=False),
    )


def _link(raw: _Object) -> Span.Link:
    named = _OTEL_ID.fullmatch(_text(raw.get("trace_id")))
    return Span.Link(
        trace_id=bytes.fromhex(named[1]) if named else _id(raw.get("trace_id"), 16),
        span_id=_id(raw.get("span_id")),
        attributes=_attributes(raw.get("attributes"), encoded=False),
    )


def _attributes(raw: JsonValue, *, encoded: bool) -> list[KeyValue]:
    found: list[KeyValue] = []
    if not isinstance(raw, Mapping):
        return found
    for key, value in raw.items():
        text = value if encoded and isinstance(value, str) else None
        found.append(KeyValue(key=clean_text(key), value=_any_value(value if text is None else _decoded(text), text)))
    return found


def _any_value(value: JsonValue, text: str | None) -> AnyValue:
    """Return a value of OTLP; what nests deeper than those may stays JSON text, or `text` where it came as that."""
    try:
        return from_python(value)
    except Invalid:
        return from_python(clean_text(_json(value) if text is None else text))


def _json(value: JsonValue) -> str:
    """Return JSON text of a value. How deep Python itself writes differs from version to version."""
    level: list[JsonValue] = [value]
    for _ in range(_MOST_LEVELS):
        level = [inner for each in level for inner in _inside(each)]
        if not level:
            return json.dumps(value)
    raise Invalid(f"attributes: a value nests deeper than the {_MOST_LEVELS} levels that are written as JSON.")


def _inside(value: JsonValue) -> Iterable[JsonValue]:
    if isinstance(value, Mapping):
        return value.values()
    return value if isinstance(value, list) else ()


def _decoded(text: str) -> JsonValue:
    """Return what a JSON text holds; other text is itself."""
    value = json_of(text)
    return text if value is None and text.strip() != "null" else value


def _id(value: JsonValue, size: int = 8) -> bytes:
    text = _text(value)
    hexadecimal = _HEX.fullmatch(text)
    if hexadecimal is not None and len(hexadecimal[2]) == 2 * size:
        return bytes.fromhex(hexadecimal[2])
    try:
        found = base64.b64decode(text, validate=True)
    except ValueError:  # also what binascii raises
        found = b""
    if len(found) != size:
        raise Invalid.value("id", text, f"{size} bytes in hexadecimal or base64")
    return found


def _time(value: JsonValue) -> int:
    number = int(value) if isinstance(value, str) and _DIGITS.fullmatch(value) else value
    return number if isinstance(number, int) and not isinstance(number, bool) and 0 <= number <= _MOST_NS else 0


def _text(value: JsonValue) -> str:
    return clean_text(value) if isinstance(value, str) else ""


def _list(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []


def _object(value: JsonValue) -> _Object:
    if not isinstance(value, Mapping):
        raise Invalid("span: it is no JSON object.")
    return value
