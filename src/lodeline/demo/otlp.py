"""Building OTLP requests from plain values, and the hashed ids of the demonstration."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue, KeyValueList
from opentelemetry.proto.trace.v1.trace_pb2 import ScopeSpans, Status
from opentelemetry.proto.trace.v1.trace_pb2 import Span as OtlpSpan

from lodeline.domain.ids import TraceId, otel_trace_id
from lodeline.domain.span import AttributeValue

Attributes: TypeAlias = Mapping[str, AttributeValue]


@dataclass(frozen=True, slots=True)
class SpanDraft:
    """One span to be sent. `error` None means no error, "" an error without a message."""

    trace_id: bytes
    span_id: bytes
    parent_id: bytes
    name: str
    start_ns: int
    end_ns: int
    attributes: Attributes = field(default_factory=dict[str, AttributeValue])
    events: Sequence[tuple[str, int, Attributes]] = ()
    error: str | None = None


def hashed_trace_id(*parts: str) -> bytes:
    """Return 16 bytes that depend on `parts` alone."""
    return _hashed(16, parts)


def hashed_span_id(*parts: str) -> bytes:
    """Return 8 bytes that depend on `parts` alone."""
    return _hashed(8, parts)


def hashed_hex(*parts: str) -> str:
    """Return 32 hex digits that depend on `parts` alone."""
    return _hashed(16, parts).hex()


def trace_id_text(raw: bytes) -> TraceId:
    """Return the id under which the server shows the trace of these 16 bytes."""
    return otel_trace_id(raw)


def request(groups: Iterable[tuple[Attributes, str, str, Sequence[SpanDraft]]]) -> bytes:
    """Return one serialised request from groups of (resource, scope name, scope version, spans)."""
    message = ExportTraceServiceRequest()
    for resource, scope, version, spans in groups:
        resource_spans = message.resource_spans.add()
        resource_spans.resource.attributes.extend(key_values(resource))
        scope_spans = resource_spans.scope_spans.add()
        scope_spans.scope.name, scope_spans.scope.version = scope, version
        for span in spans:
            add_span(scope_spans, span)
    return message.SerializeToString(deterministic=True)


def key_values(attributes: Attributes) -> list[KeyValue]:
    """Return attributes in OTLP's form, in their order."""
    return [KeyValue(key=key, value=_any_value(value)) for key, value in attributes.items()]


def add_span(scope_spans: ScopeSpans, draft: SpanDraft) -> None:
    """Append a span to a message."""
    span = scope_spans.spans.add(
        trace_id=draft.trace_id,
        span_id=draft.span_id,
        parent_span_id=draft.parent_id,
        name=draft.name,
        kind=OtlpSpan.SPAN_KIND_INTERNAL,
        start_time_unix_nano=draft.start_ns,
        end_time_unix_nano=draft.end_ns,
        attributes=key_values(draft.attributes),
    )
    for name, time_ns, attributes in draft.events:
        span.events.add(name=name, time_unix_nano=time_ns, attributes=key_values(attributes))
    if draft.error is not None:
        span.status.code, span.status.message = Status.STATUS_CODE_ERROR, draft.error


def _any_value(value: AttributeValue) -> AnyValue:
    if value is None:
        return AnyValue()
    if isinstance(value, str):
        return AnyValue(string_value=value)
    if isinstance(value, bool):
        return AnyValue(bool_value=value)
    if isinstance(value, int):
        return AnyValue(int_value=value)
    if isinstance(value, float):
        return AnyValue(double_value=value)
    if isinstance(value, bytes):
        return AnyValue(bytes_value=value)
    if isinstance(value, Mapping):
        return AnyValue(kvlist_value=KeyValueList(values=key_values(value)))
    return AnyValue(array_value=ArrayValue(values=[_any_value(item) for item in value]))


def _hashed(size: int, parts: Sequence[str]) -> bytes:
    return hashlib.blake2b("\x1f".join(parts).encode(), digest_size=size, person=b"lodeline.demo").digest()
