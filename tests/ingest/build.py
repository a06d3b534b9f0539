"""Builders of OTLP requests for the tests of ingest."""

import math
from collections.abc import Mapping

from opentelemetry.proto.common.v1.common_pb2 import EntityRef, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, Span, Status, TracesData

from lodeline.domain.span import AttributeValue
from lodeline.ingest import wire
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


def everything(number: int = 1, *, unknown: bool = False) -> TracesData:
    """A trace of one span that has every field of OTLP, also some that no version knows if they are wanted."""
    new = wire.delimited(1_000, b"new") if unknown else b""
    values: dict[str, AttributeValue] = {
        "nan": math.nan, "inf": math.inf, "minus": -math.inf, "zero": -0.0, "whole": 3.0, "large": 2**63 - 1,
        "least": -(2**63), "bytes": b"\x00\xff", "no bytes": b"", "text": "é\0", "no text": "", "no": False,
        "none": None, "map": {"inner": {"bytes": b"x", "nan": math.nan}, "empty": {}}, "list": [1, [b"y", None], []],
    }  # fmt: skip
    sent = Span.FromString(span(number, parent=9, attributes=values).SerializeToString() + new)
    sent.attributes.append(KeyValue(key="unset"))
    sent.trace_state, sent.flags, sent.kind = "a=b", 0x301, Span.SPAN_KIND_CONSUMER
    sent.status.CopyFrom(Status(code=Status.STATUS_CODE_ERROR, message="broken"))
    sent.dropped_attributes_count, sent.dropped_events_count, sent.dropped_links_count = 1, 2, 3
    sent.events.add(
        name="event", time_unix_nano=2**64 - 1, attributes=pairs({"b": b"z"}), dropped_attributes_count=2**32 - 1
    )
    sent.links.add(
        trace_id=TRACE, span_id=b"12345678", trace_state="c=d", flags=0x100, dropped_attributes_count=4,
        attributes=pairs({"inf": math.inf}),
    )  # fmt: skip
    around = ResourceSpans.FromString(resource_spans(sent, resource={"key": b"k"}).SerializeToString() + new)
    around.schema_url = "https://example.com/resource"
    around.resource.dropped_attributes_count = 5
    around.resource.entity_refs.append(
        EntityRef(schema_url="https://example.com/e", type="service", id_keys=["key"], description_keys=["a", "b"])
    )
    (scope,) = around.scope_spans
    scope.schema_url, scope.scope.version, scope.scope.dropped_attributes_count = "https://example.com/scope", "1", 6
    scope.scope.attributes.extend(pairs({"nan": math.nan}))
    scope.MergeFromString(new)
    return TracesData(resource_spans=[around])


def exactly(data: bytes) -> bytes:
    """Return `TracesData` as protobuf writes it: equal where the messages are, also those that hold NaN."""
    return TracesData.FromString(data).SerializeToString(deterministic=True)
