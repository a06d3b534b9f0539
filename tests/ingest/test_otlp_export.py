"""Traces on their way out: nothing is lost, of several copies one is given, and what is no chunk is refused."""

import orjson
import pytest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, Span, TracesData

from lodeline.domain.errors import TooLarge
from lodeline.domain.ids import SpanId
from lodeline.ingest import otlp_export, payload, wire
from lodeline.ingest.otlp import decode
from lodeline.ingest.otlp_export import json_bodies, traces_data
from lodeline.ingest.payload import Corrupt
from tests.ingest.build import JSON, PROTOBUF, TRACE, everything, exactly, request, resource_spans, span


def chunks_of(body: bytes, media: str = PROTOBUF) -> list[bytes]:
    """Return the chunks of a request of one trace, in which every span is good."""
    decoded = decode(body, media)
    assert decoded.rejected == ()
    return [payload.pack(trace.spans, trace.traces_data) for trace in decoded.traces]


def spans_in(data: bytes) -> list[Span]:
    return [
        sent
        for around in TracesData.FromString(data).resource_spans
        for scope in around.scope_spans
        for sent in scope.spans
    ]


def test_protobuf_has_everything_that_was_sent() -> None:
    sent = everything(unknown=True).SerializeToString()
    assert b"new" in sent
    assert exactly(traces_data(chunks_of(sent))) == exactly(sent)


def test_the_bytes_of_a_span_are_those_that_were_sent() -> None:
    one = span(1, name="a").SerializeToString()
    backwards = b"".join(one[field.start : field.end] for field in reversed(list(wire.fields(one, 0, len(one)))))
    body = wire.join([wire.ScopeSlice(0, b"", b"", [backwards])])
    assert traces_data(chunks_of(body)) == body


def test_json_has_everything_that_is_known() -> None:
    sent = everything().SerializeToString()
    (body,) = json_bodies(sent)
    assert exactly(traces_data(chunks_of(body, JSON))) == exactly(sent)


def test_json_is_spelt_as_otlp_has_it() -> None:
    (body,) = json_bodies(everything().SerializeToString())
    around = orjson.loads(body)["resourceSpans"][0]
    scope = around["scopeSpans"][0]
    (sent,) = scope["spans"]
    (link,) = sent["links"]
    (event,) = sent["events"]
    values = {pair["key"]: pair.get("value") for pair in sent["attributes"]}
    assert (sent["traceId"], sent["spanId"], sent["parentSpanId"]) == (TRACE.hex(), "0" * 15 + "1", "0" * 15 + "9")
    assert (link["traceId"], link["spanId"]) == (TRACE.hex(), b"12345678".hex())
    assert (link["traceState"], link["flags"], sent["flags"]) == ("c=d", 256, 769)
    assert (sent["kind"], sent["status"]["code"], event["timeUnixNano"]) == (5, 2, str(2**64 - 1))
    assert (around["schemaUrl"], scope["schemaUrl"]) == ("https://example.com/resource", "https://example.com/scope")
    assert [values[key] for key in ("nan", "inf", "minus")] == [
        {"doubleValue": "NaN"}, {"doubleValue": "Infinity"}, {"doubleValue": "-Infinity"},
    ]  # fmt: skip
    assert values["large"] == {"intValue": str(2**63 - 1)}
    assert values["bytes"] == {"bytesValue": "AP8="}
    assert (values["none"], values["unset"]) == ({}, None)


def test_of_several_copies_the_one_that_counts_is_given_whatever_the_order() -> None:
    early, late, other = span(1, name="early"), span(1, name="late"), span(2, name="other")
    early.end_time_unix_nano = 0
    first = chunks_of(request(resource_spans(early, other, resource={"in": "first"})))
    second = chunks_of(request(resource_spans(late, resource={"in": "second"})))
    for chunks in (first + second, second + first, first + second + first):
        found = TracesData.FromString(traces_data(chunks))
        named = {
            sent.name: around.resource.attributes[0].value.string_value
            for around in found.resource_spans
            for scope in around.scope_spans
            for sent in scope.spans
        }
        assert named == {"late": "second", "other": "first"}
        assert len(spans_in(traces_data(chunks))) == 2


def test_spans_of_one_resource_and_scope_stand_together_over_chunks() -> None:
    chunks = [
        chunk
        for number in range(1, 7)
        for chunk in chunks_of(request(resource_spans(span(number), resource={"n": number % 2}, scope="tests")))
    ]
    assert len(chunks) == 6
    found = TracesData.FromString(traces_data(chunks))
    assert [len(around.scope_spans[0].spans) for around in found.resource_spans] == [3, 3]
    assert {sent.span_id[-1] for sent in spans_in(found.SerializeToString())} == {1, 2, 3, 4, 5, 6}


def test_a_trace_without_spans_is_empty() -> None:
    assert traces_data([]) == b""
    assert list(json_bodies(b"")) == []


def test_a_chunk_whose_facts_are_of_other_spans_is_corrupt() -> None:
    (trace,) = decode(request(resource_spans(span(1))), PROTOBUF).traces
    (facts,) = trace.spans
    invented = facts._replace(span_id=SpanId("00000000000000ff"), position=1)
    with pytest.raises(Corrupt, match="not those of its spans"):
        traces_data([payload.pack((facts, invented), trace.traces_data)])
    with pytest.raises(Corrupt, match="spans cannot be read"):
        traces_data([payload.pack((facts,), trace.traces_data[:-1])])
    with pytest.raises(Corrupt, match="version"):
        traces_data([b"\x09"])


def test_a_trace_over_the_largest_size_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    chunks = chunks_of(request(resource_spans(span(1)))) + chunks_of(request(resource_spans(span(2))))
    monkeypatch.setattr(otlp_export, "MAX_CHUNK_BYTES", len(traces_data(chunks)) - 1)
    with pytest.raises(TooLarge, match="export its experiment"):
        traces_data(chunks)


@pytest.mark.parametrize(("most_bytes", "most_spans", "bodies"), [(1, 99, 7), (10**6, 3, 3), (10**6, 99, 1)])
def test_a_large_trace_is_cut_into_bodies_that_can_be_sent(
    monkeypatch: pytest.MonkeyPatch, most_bytes: int, most_spans: int, bodies: int
) -> None:
    sent = request(
        resource_spans(*map(span, range(1, 5)), resource={"a": 1}),
        ResourceSpans(),
        resource_spans(*map(span, range(5, 8)), resource={"a": 2}),
    )
    monkeypatch.setattr(otlp_export, "MAX_BODY_BYTES", most_bytes)
    monkeypatch.setattr(otlp_export, "MAX_BODY_SPANS", most_spans)
    found = list(json_bodies(sent))
    assert len(found) == bodies
    again = traces_data([chunk for body in found for chunk in chunks_of(body, JSON)])
    assert exactly(again) == exactly(traces_data(chunks_of(sent)))


def test_values_as_deep_as_protobuf_takes_them_are_written() -> None:
    value = AnyValue(string_value="deep")
    for _ in range(48):
        outer = AnyValue()
        outer.array_value.values.append(value)
        value = outer
    sent = span(1)
    sent.attributes.append(KeyValue(key="a", value=value))
    data = traces_data(chunks_of(request(resource_spans(sent))))
    (body,) = json_bodies(data)
    assert body.count(b"arrayValue") == 48


@pytest.mark.parametrize("data", [b"\xff", wire.join([wire.ScopeSlice(0, b"", b"", [b"\x0a\x7f"])])])
def test_what_is_no_otlp_is_malformed(data: bytes) -> None:
    with pytest.raises(wire.Malformed):
        list(json_bodies(data))
