"""How spans are written: OTLP's messages as JSON, with MLflow's attributes for spans of other conventions."""

import base64
import hashlib
from collections.abc import Mapping

import orjson

from lodeline.domain.ids import TraceId
from lodeline.domain.span import AttributeValue, JsonValue, Message, Span, SpanEvent, SpanLink
from lodeline.domain.usage import NO_USAGE
from lodeline.ingest.semconv.mlflow_trace import usage_object
from lodeline.server.mlflow.wire import message

_INPUTS, _OUTPUTS, _TYPE = "mlflow.spanInputs", "mlflow.spanOutputs", "mlflow.spanType"
_TOKENS, _MODEL, _PROVIDER = "mlflow.chat.tokenUsage", "mlflow.llm.model", "mlflow.llm.provider"
_INT64 = range(-(2**63), 2**63)
_MAX_DEPTH = 100


def span_message(span: Span) -> dict[str, object]:
    """Return a span as OTLP has it; what its sender did not say in MLflow's words is said in them, too."""
    return message(
        trace_id=_trace_bytes(span.trace_id),
        span_id=_base64(bytes.fromhex(span.span_id)),
        parent_span_id=None if span.parent_id is None else _base64(bytes.fromhex(span.parent_id)),
        trace_state=span.trace_state or None,
        name=span.name,
        kind=f"SPAN_KIND_{span.otel_kind}",
        start_time_unix_nano=span.start_ns,
        end_time_unix_nano=span.end_ns,
        attributes=_pairs(_attributes(span)),
        events=[_event(item) for item in span.events],
        links=[_link(item) for item in span.links],
        status=message(code=f"STATUS_CODE_{span.status}", message=span.status_message or None),
    )


def _attributes(span: Span) -> dict[str, AttributeValue]:
    shown = dict(span.attributes)
    view = span.view
    for name in (_INPUTS, _OUTPUTS):
        if isinstance(text := shown.get(name), str):
            shown[name] = _structure(text)
    if _TYPE not in shown and view.kind != "UNKNOWN":
        shown[_TYPE] = view.kind
    _add(shown, _INPUTS, view.inputs if view.inputs is not None else _messages(view.input_messages))
    _add(shown, _OUTPUTS, view.outputs if view.outputs is not None else _messages(view.output_messages))
    _add(shown, _TOKENS, None if view.tokens == NO_USAGE else usage_object(view.tokens))
    _add(shown, _MODEL, view.model)
    _add(shown, _PROVIDER, view.provider)
    return shown


def _add(shown: dict[str, AttributeValue], name: str, value: JsonValue) -> None:
    if value is not None and shown.get(name) is None:
        shown[name] = value


def _messages(messages: tuple[Message, ...]) -> JsonValue:
    return [{"role": each.role, "content": each.content} for each in messages] or None


def _structure(text: str) -> AttributeValue:
    """Return the object or list that a text is the JSON of, as exporters without structured values send it."""
    if not text.lstrip().startswith(("{", "[")):
        return text
    try:
        found: AttributeValue = orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
    return found


def _event(event: SpanEvent) -> dict[str, object]:
    return message(name=event.name, time_unix_nano=event.time_ns, attributes=_pairs(event.attributes))


def _link(link: SpanLink) -> dict[str, object]:
    return message(
        trace_id=_trace_bytes(link.trace_id),
        span_id=_base64(bytes.fromhex(link.span_id)),
        attributes=_pairs(link.attributes),
    )


def _pairs(values: Mapping[str, AttributeValue], depth: int = 0) -> list[dict[str, object]]:
    return [{"key": key, "value": any_value(value, depth)} for key, value in values.items()]


def any_value(value: AttributeValue, depth: int = 0) -> dict[str, object]:
    """Return OTLP's AnyValue; an empty one is None."""
    match value:
        case None:
            return {}
        case bool():
            return {"bool_value": value}
        case int():
            return {"int_value": value} if value in _INT64 else {"double_value": float(value)}
        case float():
            return {"double_value": value}
        case str():
            return {"string_value": value}
        case bytes():
            return {"bytes_value": _base64(value)}
        case _ if depth > _MAX_DEPTH:
            return {"string_value": "…"}
        case Mapping():
            return {"kvlist_value": {"values": _pairs(value, depth + 1)}}
        case _:
            return {"array_value": {"values": [any_value(item, depth + 1) for item in value]}}


def _trace_bytes(trace_id: TraceId) -> str:
    """Return the 16 bytes of a trace's id; of one that is not OpenTelemetry's a digest."""
    try:
        raw = bytes.fromhex(trace_id.removeprefix("tr-"))
    except ValueError:
        raw = b""
    return _base64(raw if len(raw) == 16 else hashlib.sha256(trace_id.encode()).digest()[:16])


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
