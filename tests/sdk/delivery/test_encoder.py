"""The encoder's bytes parse to what OpenTelemetry's own encoder builds, and it survives what that one does not."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags, TraceState

from lodeline.sdk.delivery.encoder import encode_request
from tests.examples import examples

_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
_key = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=300)
_scalar = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | _text
    | st.binary(max_size=200)
)
_value = st.recursive(
    _scalar,
    lambda inner: st.lists(inner, max_size=4).map(tuple) | st.dictionaries(_key, inner, max_size=4),
    max_leaves=8,
)
_attributes = st.dictionaries(_key, _value, max_size=8)
_nanoseconds = st.integers(0, 2**64 - 1)
_contexts = st.builds(
    SpanContext,
    trace_id=st.integers(1, 2**128 - 1),
    span_id=st.integers(1, 2**64 - 1),
    is_remote=st.booleans(),
    trace_flags=st.just(TraceFlags(1)),
    trace_state=st.sampled_from([TraceState(), TraceState([("a", "1"), ("b@c", "x;y")])]),
)
_scopes = st.builds(
    InstrumentationScope,
    _text,
    st.none() | _text,
    st.sampled_from([None, "http://schema/1"]),
    st.none() | _attributes,
)
_resources = st.builds(Resource, _attributes, st.sampled_from(["", "http://schema/2"]))
_statuses = st.sampled_from(
    [
        Status(StatusCode.UNSET),
        Status(StatusCode.OK),
        Status(StatusCode.ERROR),
        Status(StatusCode.ERROR, "bröken\n" * 30),
    ]
)


@st.composite
def _spans(draw: st.DrawFn, resources: list[Resource], scopes: list[InstrumentationScope]) -> ReadableSpan:
    return ReadableSpan(
        name=draw(_text),
        context=draw(_contexts),
        parent=draw(st.none() | _contexts),
        resource=draw(st.sampled_from(resources)),
        attributes=draw(_attributes),
        events=draw(st.lists(st.builds(Event, _text, _attributes, _nanoseconds), max_size=3)),
        links=draw(st.lists(st.builds(Link, _contexts, _attributes), max_size=3)),
        kind=draw(st.sampled_from(SpanKind)),
        instrumentation_scope=draw(st.sampled_from(scopes)),
        status=draw(_statuses),
        start_time=draw(_nanoseconds),
        end_time=draw(_nanoseconds),
    )


@st.composite
def _batches(draw: st.DrawFn) -> list[ReadableSpan]:
    resources = draw(st.lists(_resources, min_size=1, max_size=2, unique_by=lambda each: each.to_json()))
    scopes = draw(st.lists(_scopes, min_size=1, max_size=3, unique_by=repr))
    return draw(st.lists(_spans(resources, scopes), max_size=6))


@settings(max_examples=examples(25))
@given(_batches())
def test_parses_to_what_opentelemetry_builds(spans: list[ReadableSpan]) -> None:
    assert ExportTraceServiceRequest.FromString(encode_request(spans)) == encode_spans(spans)


@settings(max_examples=examples(10))
@given(_batches(), _batches())
def test_joined_requests_are_one(first: list[ReadableSpan], second: list[ReadableSpan]) -> None:
    joined = ExportTraceServiceRequest.FromString(encode_request(first) + encode_request(second))
    expected = encode_spans(first)
    expected.MergeFrom(encode_spans(second))
    assert joined == expected


def _recorded(
    attributes: Mapping[str, Any], *, limits: SpanLimits | None = None, more: Callable[[Any], None] | None = None
) -> ReadableSpan:
    exporter = InMemorySpanExporter()
    provider = TracerProvider(span_limits=limits)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with provider.get_tracer("tests", "1", attributes={"scope": "yes"}).start_as_current_span("recorded") as span:
        span.set_attributes(attributes)
        if more is not None:
            more(span)
    return exporter.get_finished_spans()[0]


def test_spans_of_the_sdk_with_dropped_parts() -> None:
    def more(span: Any) -> None:
        for number in range(5):
            span.add_event(f"event {number}", {"a": number, "b": "x", "c": True})
            span.add_link(SpanContext(number + 1, 7, is_remote=number % 2 == 0), {"a": 1, "b": 2, "c": 3})

    limits = SpanLimits(
        max_span_attributes=3, max_events=2, max_links=2, max_event_attributes=1, max_link_attributes=2
    )
    span = _recorded({f"key {number}": "v" * number for number in range(200)}, limits=limits, more=more)
    assert (span.dropped_attributes, span.dropped_events, span.dropped_links) == (197, 3, 3)
    assert ExportTraceServiceRequest.FromString(encode_request([span])) == encode_spans([span])


class _Unprintable:
    def __str__(self) -> str:
        raise RuntimeError("no text of me")

    __repr__ = __str__


def _deep() -> object:
    value: object = 1
    for _ in range(200):
        value = (value,)
    return value


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("lone \ud800 surrogate", "lone ? surrogate"),
        (2**70, str(2**70)),
        (-(2**63) - 1, str(-(2**63) - 1)),
        (1 << 20_000, hex(1 << 20_000)),
        (_Unprintable(), "<_Unprintable>"),
    ],
    ids=["surrogate", "big", "small", "huge", "unprintable"],
)
def test_what_opentelemetry_would_leave_out(value: object, expected: str) -> None:
    span = ReadableSpan("odd", SpanContext(1, 2, is_remote=False), attributes={"kept": 1, "odd": value})  # type: ignore[dict-item]
    parsed = ExportTraceServiceRequest.FromString(encode_request([span])).resource_spans[0].scope_spans[0].spans[0]
    assert {each.key: each.value.string_value for each in parsed.attributes} == {"kept": "", "odd": expected}


def test_values_that_nest_too_deep_are_cut() -> None:
    span = ReadableSpan("deep", SpanContext(1, 2, is_remote=False), attributes={"deep": _deep()})  # type: ignore[dict-item]
    parsed = ExportTraceServiceRequest.FromString(encode_request([span]))
    assert "nested deeper" in str(parsed)


def test_many_hostile_keys_are_not_kept() -> None:
    from lodeline.sdk.delivery import encoder  # noqa: PLC0415 - its private cache is looked at

    for first in range(0, 20_000, 100):
        hostile = {f"hostile {number}": 1 for number in range(first, first + 100)}
        encode_request([ReadableSpan("k", SpanContext(1, 2, is_remote=False), attributes=hostile)])
    assert len(vars(encoder)["_keys"]) <= 4_096
