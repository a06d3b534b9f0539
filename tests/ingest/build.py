"""Builders of OTLP requests for the tests of ingest."""

from collections.abc import Mapping

from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, Span, TracesData

from lodeline.domain.span import AttributeValue
from lodeline.ingest.values import from_python

PROTOBUF = "application/x-protobuf"
JSON = "application/json"
TRACE = bytes(range(1, 17))
T0_NS = 1_790_000_000_000_000_000


def pairs(values: Mapping[str, AttributeValue]) -> list[KeyValue]:
    return [KeyValue(key=key, value=from_python(value)) for key, value in values.items()]


def span(
    number: int,
    *,
    parent: int = 0,
    name: str = "step",
    trace_id: bytes = TRACE,
    attributes: Mapping[str, AttributeValue] | None = None,
) -> Span:
    """An ended span with a small number as its id; a parent of 0 is none."""
    return Span(
        trace_id=trace_id,
        span_id=number.to_bytes(8, "big"),
        parent_span_id=parent.to_bytes(8, "big") if parent else b"",
        name=name,
        start_time_unix_nano=T0_NS + number,
        end_time_unix_nano=T0_NS + number + 1_000,
        attributes=pairs(attributes or {}),
    )


def resource_spans(
    *spans: Span, resource: Mapping[str, AttributeValue] | None = None, scope: str = "tests"
) -> ResourceSpans:
    """One resource with one scope of these spans."""
    result = ResourceSpans()
    result.resource.attributes.extend(pairs(resource or {}))
    scope_spans = result.scope_spans.add()
    scope_spans.scope.name = scope
    scope_spans.spans.extend(spans)
    return result


def request(*resources: ResourceSpans) -> bytes:
    """The body of an export request in protobuf."""
    return TracesData(resource_spans=resources).SerializeToString()
