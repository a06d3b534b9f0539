"""Decoding of export requests in protobuf."""

import gzip
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import ScopeSpans, Status, TracesData

from lodeline.domain.errors import Invalid, NotFound, TooLarge, Unsupported
from lodeline.domain.experiment import CaptureMode, ExperimentSettings, PriceOverride
from lodeline.domain.ids import ExperimentId, TraceId
from lodeline.domain.span import AttributeValue
from lodeline.ingest import payload, wire
from lodeline.ingest.limits import IngestLimits
from lodeline.ingest.otlp import Decoded, DecodedTrace, decode
from lodeline.ingest.resources import ExperimentHint
from lodeline.ingest.summary import TraceFold
from tests.ingest.build import JSON, PROTOBUF, T0_NS, TRACE, request, resource_spans, span
from tests.work import calls

CAPTURES = Path(__file__).parents[1] / "data" / "otlp"
OTHER = bytes(range(101, 117))
TRACE_ID = TraceId("tr-" + TRACE.hex())


def only(decoded: Decoded) -> DecodedTrace:
    assert (decoded.rejected, decoded.warnings) == ((), ())
    (trace,) = decoded.traces
    return trace


def test_a_span_becomes_facts() -> None:
    sent = span(2, parent=1, name="chat", attributes={"gen_ai.operation.name": "chat", "gen_ai.request.model": "m"})
    sent.status.CopyFrom(Status(code=Status.STATUS_CODE_ERROR, message="broken"))
    trace = only(decode(request(resource_spans(sent, resource={"service.name": "svc"})), PROTOBUF))
    (facts,) = trace.spans
    assert (trace.trace_id, trace.hint) == (TRACE_ID, None)
    assert (facts.span_id, facts.parent_id, facts.name) == ("0000000000000002", "0000000000000001", "chat")
    assert (facts.status, facts.status_message, facts.model) == ("ERROR", "broken", "m")
    assert (facts.start_ns, facts.end_ns, facts.position) == (T0_NS + 2, T0_NS + 1_002, 0)
    assert facts.size_bytes == len(sent.SerializeToString())
    assert (facts.resource.service, facts.resource.client) == ("svc", "tests")


def test_the_digest_depends_on_the_spans_bytes_alone() -> None:
    def digests(*resources: bytes) -> list[int]:
        return [facts.digest for body in resources for facts in only(decode(body, PROTOBUF)).spans]

    one, again, moved, changed = digests(
        request(resource_spans(span(1))),
        request(resource_spans(span(1))),
        request(resource_spans(span(1), resource={"service.name": "x"}, scope="y")),
        request(resource_spans(span(1, name="other"))),
    )
    assert one == again == moved != changed
    assert 0 <= one < 2**63


def test_one_trace_keeps_the_bytes_of_its_request() -> None:
    body = request(resource_spans(span(1), span(2)), resource_spans(span(3), scope="other"))
    assert only(decode(body, PROTOBUF)).traces_data == body


def test_traces_are_told_apart_with_their_resources() -> None:
    body = request(
        resource_spans(span(1), span(2, trace_id=OTHER), span(3), resource={"service.name": "one"}),
        resource_spans(span(4, trace_id=OTHER), resource={"service.name": "two"}, scope="other"),
    )
    first, second = decode(body, PROTOBUF).traces
    assert [facts.span_id[-1] for facts in first.spans] == ["1", "3"]
    assert [facts.span_id[-1] for facts in second.spans] == ["2", "4"]
    assert [facts.position for facts in second.spans] == [0, 1]
    assert [facts.resource.service for facts in second.spans] == ["one", "two"]
    found = TracesData.FromString(second.traces_data)
    assert [len(item.scope_spans[0].spans) for item in found.resource_spans] == [1, 1]
    assert [item.resource.attributes[0].value.string_value for item in found.resource_spans] == ["one", "two"]


def test_a_write_holds_the_packed_chunk() -> None:
    trace = only(decode(request(resource_spans(span(1))), PROTOBUF))
    write = trace.write(ExperimentId("7"), received_ms=5)
    assert (write.experiment_id, write.trace_id, write.received_ms) == ("7", TRACE_ID, 5)
    assert payload.unpack_facts(write.chunk) == write.spans == trace.spans


def test_a_long_trace_comes_in_several_chunks() -> None:
    body = request(resource_spans(*(span(n, attributes={"a": "x" * 1_000}) for n in range(1, 31))))
    traces = decode(body, PROTOBUF, limits=IngestLimits(max_chunk_bytes=10_000)).traces
    assert len(traces) == 4
    assert [facts.position for facts in traces[1].spans] == list(range(len(traces[1].spans)))
    assert [facts.span_id for trace in traces for facts in trace.spans] == [f"{n:016x}" for n in range(1, 31)]
    for trace in traces:
        chunk = payload.pack(trace.spans, trace.traces_data)
        assert [found.span_id for found in payload.unpack_spans(chunk, TRACE_ID)] == [
            facts.span_id for facts in trace.spans
        ]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"trace_id": b""}, "its trace id is 0 bytes long, not 16"),
        ({"trace_id": bytes(15)}, "its trace id is 15 bytes long, not 16"),
        ({"trace_id": bytes(16)}, "its trace id is all zeros"),
        ({"span_id": b"abc"}, "its span id is 3 bytes long, not 8"),
        ({"span_id": bytes(8)}, "its span id is all zeros"),
        ({"parent_span_id": b"abc"}, "its parent span id is 3 bytes long, not 8"),
    ],
)
def test_a_span_with_bad_ids_costs_only_itself(change: dict[str, bytes], reason: str) -> None:
    bad = span(2)
    for field, value in change.items():
        setattr(bad, field, value)
    decoded = decode(request(resource_spans(span(1), bad, span(3))), PROTOBUF)
    assert [(item.span_id, item.reason) for item in decoded.rejected] == [(bad.span_id.hex(), reason)]
    assert [facts.span_id[-1] for facts in decoded.traces[0].spans] == ["1", "3"]
    assert payload.unpack_texts(payload.pack(decoded.traces[0].spans, decoded.traces[0].traces_data)) == [
        (0, ["step"]),
        (1, ["step"]),
    ]


def test_a_parent_of_zeros_is_no_parent() -> None:
    sent = span(1)
    sent.parent_span_id = bytes(8)
    assert only(decode(request(resource_spans(sent)), PROTOBUF)).spans[0].parent_id is None


@pytest.mark.parametrize(
    ("start", "end", "kept"),
    [(0, 0, (0, 0)), (9, 3, (9, 3)), (2**64 - 1, 2**64 - 1, (2**63 - 1, 2**63 - 1)), (0, 5, (0, 5))],
)
def test_odd_times_are_kept_within_63_bits(start: int, end: int, kept: tuple[int, int]) -> None:
    sent = span(1, name="")
    sent.start_time_unix_nano, sent.end_time_unix_nano = start, end
    (facts,) = only(decode(request(resource_spans(sent)), PROTOBUF)).spans
    assert (facts.start_ns, facts.end_ns, facts.name) == (*kept, "")


LIMITS = IngestLimits(
    max_attributes=3,
    max_events=2,
    max_links=1,
    max_attribute_bytes=1_000,
    max_span_bytes=5_000,
    max_resource_bytes=500,
    max_spans=10,
)


def test_a_span_over_a_limit_is_refused_with_the_reason() -> None:
    many = span(2, attributes={str(n): n for n in range(4)})
    events, links = span(3), span(4)
    for _ in range(3):
        events.events.add(name="e")
        links.links.add(trace_id=TRACE, span_id=bytes(7) + b"\1")
    body = request(
        resource_spans(
            span(1, attributes={str(n): n for n in range(3)}),
            many,
            events,
            links,
            span(5, attributes={"a": "x" * 1_001}),
            span(6, attributes={"a": "x" * 900, "b": "x" * 900}),
            span(7, attributes={"a": "x" * 6_000}),
        )
    )
    decoded = decode(body, PROTOBUF, limits=LIMITS)
    assert [facts.span_id[-1] for facts in decoded.traces[0].spans] == ["1", "6"]
    assert [(item.span_id[-1], item.reason) for item in decoded.rejected if item.span_id[-1] != "7"] == [
        ("2", "its 4 attributes are over the limit of 3"),
        ("3", "its 3 events are over the limit of 2"),
        ("4", "its 3 links are over the limit of 1"),
        ("5", "an attribute of 1010 bytes is over the limit of 1000"),
    ]
    assert decoded.rejected[-1].trace_id == TRACE.hex()


def test_a_resource_over_its_limit_refuses_its_spans() -> None:
    body = request(resource_spans(span(1), resource={"a": "x" * 600}), resource_spans(span(2)))
    decoded = decode(body, PROTOBUF, limits=LIMITS)
    assert [item.span_id[-1] for item in decoded.rejected] == ["1"]
    assert "over the limit of 500" in decoded.rejected[0].reason
    assert [facts.span_id[-1] for facts in decoded.traces[0].spans] == ["2"]


def test_too_many_spans_are_refused_as_a_whole() -> None:
    with pytest.raises(TooLarge, match="over 10 spans"):
        decode(request(resource_spans(*(span(n) for n in range(1, 12)))), PROTOBUF, limits=LIMITS)


def test_a_resource_shared_by_many_traces_cannot_blow_up_memory() -> None:
    traces = [span(1, trace_id=n.to_bytes(16, "big")) for n in range(1, 101)]
    body = request(resource_spans(*traces, resource={"a": "x" * 900_000}))
    limits = IngestLimits(max_decompressed_bytes=1_000_000, max_resource_bytes=1_000_000)
    with pytest.raises(TooLarge, match="share resources that are too large"):
        decode(body, PROTOBUF, limits=limits)


def test_many_scopes_of_one_large_resource_take_no_more_work_than_one() -> None:
    resource = resource_spans(resource={str(n): n for n in range(10_000)})
    for number in range(1, 2_001):
        resource.scope_spans.add().spans.append(span(number))
    body = request(resource)
    decoded: list[Decoded] = []
    # Once for each scope it would be twenty million values.
    assert calls(lambda: decoded.append(decode(body, PROTOBUF))) < 1_000_000
    trace = only(decoded[0])
    (kept,) = TracesData.FromString(trace.traces_data).resource_spans
    assert len(trace.spans) == len(kept.scope_spans) == 2_000


def test_the_scope_names_the_client_and_else_the_resource_does() -> None:
    resource: dict[str, AttributeValue] = {"telemetry.sdk.name": "otel"}
    body = request(resource_spans(span(1), resource=resource), resource_spans(span(2), resource=resource, scope=""))
    assert [facts.resource.client for facts in only(decode(body, PROTOBUF)).spans] == ["tests", "otel"]


def test_a_span_with_a_ten_megabyte_string_is_kept() -> None:
    text = "0123456789" * 1_000_000
    body = request(resource_spans(span(1, attributes={"big": text})))
    trace = only(decode(gzip.compress(body, 1), PROTOBUF, encoding="gzip"))
    chunk = payload.pack(trace.spans, trace.traces_data)
    assert payload.unpack_spans(chunk, TRACE_ID)[0].attributes["big"] == text


def test_a_span_of_tiny_values_is_counted_before_it_is_parsed() -> None:
    data = span(1).SerializeToString() + wire.delimited(9, b"") * 600_000
    scope = ScopeSpans().SerializeToString() + wire.delimited(wire.SPANS, data)
    body = wire.delimited(wire.RESOURCE_SPANS, wire.delimited(wire.SCOPE_SPANS, scope))
    decoded = decode(body, PROTOBUF, limits=IngestLimits(max_values=100_000))
    assert [item.reason for item in decoded.rejected] == ["it has too many values"]


def test_settings_are_asked_by_what_the_resource_asks_for() -> None:
    asked: list[ExperimentHint | None] = []

    def settings_for(hint: ExperimentHint | None) -> ExperimentSettings:
        asked.append(hint)
        return ExperimentSettings(default_environment=None if hint is None else f"env of {hint.value}")

    body = request(
        resource_spans(span(1)),
        resource_spans(span(2, trace_id=OTHER), resource={"lodeline.experiment": "seven"}),
        resource_spans(span(3, trace_id=OTHER), resource={"lodeline.experiment": "seven"}),
    )
    decoded = decode(body, PROTOBUF, settings_for=settings_for)
    assert sorted(asked, key=str) == [ExperimentHint("seven", "either"), None]
    environments = {trace.hint: {facts.resource.environment for facts in trace.spans} for trace in decoded.traces}
    assert environments == {None: {None}, ExperimentHint("seven", "either"): {"env of seven"}}


def test_spans_that_ask_for_nothing_go_with_their_trace() -> None:
    body = request(
        resource_spans(span(1)),
        resource_spans(span(2), resource={"openinference.project.name": "shop"}),
        resource_spans(span(3), resource={"lodeline.experiment": "other"}),
    )
    traces = decode(body, PROTOBUF).traces
    assert [(trace.hint, sorted(facts.span_id[-1] for facts in trace.spans)) for trace in traces] == [
        (ExperimentHint("shop", "name"), ["1", "2"]),
        (ExperimentHint("other", "either"), ["3"]),
    ]
    (shop, _) = traces
    chunk = payload.pack(shop.spans, shop.traces_data)
    assert [found.span_id for found in payload.unpack_spans(chunk, TRACE_ID)] == [
        facts.span_id for facts in shop.spans
    ]


def test_errors_of_the_settings_pass_through() -> None:
    def settings_for(_hint: ExperimentHint | None) -> ExperimentSettings:
        raise NotFound.of("experiment", "x")

    with pytest.raises(NotFound):
        decode(request(resource_spans(span(1))), PROTOBUF, settings_for=settings_for)


CALL: dict[str, AttributeValue] = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "our-model",
    "gen_ai.usage.input_tokens": 1_000,
    "gen_ai.usage.output_tokens": 10,
}


def test_own_prices_price_a_call_and_a_reported_cost_stands() -> None:
    settings = ExperimentSettings(
        prices=(PriceOverride("our-model", input_usd_per_mtok=1.0, output_usd_per_mtok=2.0),)
    )
    body = request(resource_spans(span(1, attributes=CALL), span(2, attributes={**CALL, "lodeline.cost_usd": 0.5})))
    priced, reported = only(decode(body, PROTOBUF, settings_for=lambda _: settings)).spans
    assert (priced.cost_picousd, priced.cost_source) == (1_000 * 1_000_000 + 10 * 2_000_000, "override")
    assert (reported.cost_picousd, reported.cost_source) == (5 * 10**11, "reported")


@pytest.mark.parametrize(
    ("model", "source"), [("gpt-4o-mini", f"genai-prices {version('genai-prices')}"), ("no-such-model", None)]
)
def test_the_version_of_the_prices_is_kept_with_a_cost(model: str, source: str | None) -> None:
    body = request(resource_spans(span(1, attributes={**CALL, "gen_ai.request.model": model})))
    (facts,) = only(decode(body, PROTOBUF)).spans
    assert facts.cost_source == source
    assert (facts.cost_picousd is None) == (source is None)


@pytest.mark.parametrize("cost", [float("nan"), float("inf"), -1.0, 1e300])
def test_absurd_costs_and_counts_are_bounded(cost: float) -> None:
    values = {**CALL, "lodeline.cost_usd": cost, "gen_ai.usage.input_tokens": 2**63 - 1}
    (facts,) = only(decode(request(resource_spans(span(1, attributes=values))), PROTOBUF)).spans
    assert facts.cost_picousd is None or 0 <= facts.cost_picousd < 2**63
    assert facts.tokens is None or facts.tokens.total < 2**63


def test_long_names_are_cut_in_the_facts_and_kept_in_the_span() -> None:
    trace = only(decode(request(resource_spans(span(1, name="n" * 5_000))), PROTOBUF))
    assert trace.spans[0].name == "n" * 1_000
    assert payload.unpack_spans(payload.pack(trace.spans, trace.traces_data), TRACE_ID)[0].name == "n" * 5_000


def test_previews_come_from_roots_and_model_calls_only() -> None:
    content: dict[str, AttributeValue] = {"lodeline.inputs": "question", "lodeline.outputs": "answer"}
    for root_content in (content, {}):
        body = request(
            resource_spans(
                span(1, attributes=root_content),
                span(2, parent=1, attributes=content),
                span(3, parent=1, attributes={**content, "gen_ai.request.model": "m"}),
            )
        )
        fold = TraceFold()
        for facts in only(decode(body, PROTOBUF)).spans:
            assert facts.position != 1 or (facts.request, facts.response) == (None, None)
            fold.add(facts)
        assert (fold.summary().request, fold.summary().response) == ("question", "answer")


@pytest.mark.parametrize(("mode", "shown"), [("full", "asked 'why?'"), ("structure", None), ("none", None)])
def test_a_message_made_of_content_names_the_trace_only_where_content_is_kept(
    mode: CaptureMode, shown: str | None
) -> None:
    said: dict[str, AttributeValue] = {"logfire.msg_template": "asked {question!r}", "logfire.msg": "asked 'why?'"}
    body = request(resource_spans(span(1, name="asked {question!r}", attributes=said)))
    facts = only(decode(body, PROTOBUF, settings_for=lambda _: ExperimentSettings(capture=mode))).spans[0]
    assert (facts.name, facts.trace_name) == ("asked {question!r}", shown)


def _latin1_span() -> bytes:
    """A span whose name and attribute are Latin-1, as sent by programs in C and PHP."""
    data = span(2, name="caf#", attributes={"drink": "th#", "fine": "日本"}).SerializeToString()
    return data.replace(b"caf#", b"caf\xe9").replace(b"th#", b"th\xe9")


def _with_raw_span(data: bytes) -> bytes:
    (scope,) = wire.scopes(request(resource_spans(span(1), span(3))), max_fields=10)
    return wire.join([scope._replace(spans=[scope.spans[0], data, scope.spans[1]])])


def test_strings_that_are_not_utf8_are_repaired_and_named() -> None:
    decoded = decode(_with_raw_span(_latin1_span()), PROTOBUF)
    assert decoded.rejected == ()
    assert decoded.warnings == ("span 0000000000000002: bytes in 2 of its strings were not UTF-8 and became U+FFFD",)
    (trace,) = decoded.traces
    found = payload.unpack_spans(payload.pack(trace.spans, trace.traces_data), TRACE_ID)[1]
    assert (found.name, found.attributes) == ("caf\ufffd", {"drink": "th\ufffd", "fine": "日本"})
    assert trace.spans[1].name == "caf\ufffd"


def test_a_resource_that_is_not_utf8_is_repaired() -> None:
    body = request(resource_spans(span(1), resource={"service.name": "caf#"})).replace(b"caf#", b"caf\xe9")
    decoded = decode(body, PROTOBUF)
    assert decoded.traces[0].spans[0].resource.service == "caf\ufffd"
    assert decoded.warnings == ("resource: bytes in 1 of its strings were not UTF-8 and became U+FFFD",)


def _deep(levels: int) -> bytes:
    """A span with a map that nests deeper than protobuf's writer would go."""
    value = wire.delimited(1, b"deep")
    for _ in range(levels):
        value = wire.delimited(6, wire.delimited(1, wire.delimited(1, b"k") + wire.delimited(2, value)))
    attribute = wire.delimited(1, b"deep") + wire.delimited(2, value)
    return span(2, attributes={"plain": 1}).SerializeToString() + wire.delimited(9, attribute)


def test_values_too_deep_for_protobuf_become_json_text() -> None:
    decoded = decode(_with_raw_span(_deep(50)), PROTOBUF)
    assert decoded.rejected == ()
    assert "nested over 30 levels and became JSON text" in decoded.warnings[0]
    (trace,) = decoded.traces
    found = payload.unpack_spans(payload.pack(trace.spans, trace.traces_data), TRACE_ID)[1]
    assert found.attributes == {"plain": 1, "deep": '{"k":' * 50 + '"deep"' + "}" * 50}


def test_values_over_the_depth_limit_refuse_their_span() -> None:
    for levels in (65, 20_000):
        decoded = decode(_with_raw_span(_deep(levels)), PROTOBUF)
        assert [(item.span_id[-1], item.reason) for item in decoded.rejected] == [
            ("2", "its values nest deeper than 64 levels")
        ]
        assert len(decoded.traces[0].spans) == 2


def test_a_span_of_broken_protobuf_costs_only_itself() -> None:
    decoded = decode(_with_raw_span(span(2).SerializeToString()[:-3]), PROTOBUF)
    assert [item.span_id[-1] for item in decoded.rejected] == ["2"]
    assert len(decoded.traces[0].spans) == 2


def test_a_field_number_that_protobuf_does_not_know_costs_only_its_span() -> None:
    field = wire.varint(2**40 << 3 | wire.VARINT) + b"\x01"
    decoded = decode(_with_raw_span(span(2).SerializeToString() + field), PROTOBUF)
    assert [item.span_id[-1] for item in decoded.rejected] == ["2"]


@pytest.mark.parametrize("body", [b"\xff\xff\xff", b"{}", b"\x0a\xff\x01x", b"\x0b"])
def test_a_body_that_is_not_protobuf_is_invalid(body: bytes) -> None:
    with pytest.raises(Invalid, match="body"):
        decode(body, PROTOBUF)


def test_an_empty_body_is_an_empty_request() -> None:
    assert decode(b"", PROTOBUF) == Decoded()


@pytest.mark.parametrize("content_type", [None, "", "text/plain", "application/grpc"])
def test_other_content_types_are_unsupported(content_type: str | None) -> None:
    with pytest.raises(Unsupported, match="send application/x-protobuf or application/json") as caught:
        decode(b"", content_type)
    assert caught.value.error_code == "unsupported_media_type"


@pytest.mark.parametrize("content_type", ["application/x-protobuf; charset=utf-8", "Application/Protobuf"])
def test_content_types_may_have_parameters_and_capitals(content_type: str) -> None:
    assert only(decode(request(resource_spans(span(1))), content_type)).trace_id == TRACE_ID


def _captures(ending: str) -> list[str]:
    return sorted(path.relative_to(CAPTURES).as_posix().removesuffix(ending) for path in CAPTURES.rglob("*" + ending))


@pytest.mark.parametrize("file", _captures(".pb.gz"))
def test_captures_decode_without_loss(file: str) -> None:
    body = gzip.decompress((CAPTURES / f"{file}.pb.gz").read_bytes())
    decoded = decode(body, PROTOBUF)
    assert (decoded.rejected, decoded.warnings) == ((), ())
    sent = {
        found.span_id.hex(): found.SerializeToString()
        for item in TracesData.FromString(body).resource_spans
        for scope in item.scope_spans
        for found in scope.spans
    }
    kept: dict[str, bytes] = {}
    for trace in decoded.traces:
        (*scopes,) = wire.scopes(payload.raw(payload.pack(trace.spans, trace.traces_data)), max_fields=10_000)
        stored = [data for scope in scopes for data in scope.spans]
        kept.update({facts.span_id: stored[facts.position] for facts in trace.spans})
    assert kept == sent


@pytest.mark.parametrize("file", _captures(".otlp.json.gz"))
def test_captures_in_json_give_the_same_facts(file: str) -> None:
    from_json = decode(gzip.decompress((CAPTURES / f"{file}.otlp.json.gz").read_bytes()), JSON)
    from_protobuf = decode(gzip.decompress((CAPTURES / f"{file}.pb.gz").read_bytes()), PROTOBUF)
    assert from_json.rejected == ()
    assert [trace.trace_id for trace in from_json.traces] == [trace.trace_id for trace in from_protobuf.traces]
    for ours, theirs in zip(from_json.traces, from_protobuf.traces, strict=True):
        assert [facts._replace(digest=0, size_bytes=0) for facts in ours.spans] == [
            facts._replace(digest=0, size_bytes=0) for facts in theirs.spans
        ]
        assert TracesData.FromString(ours.traces_data) == TracesData.FromString(theirs.traces_data)


@pytest.mark.parametrize("capture", ["full", "hashed", "structure", "none"])
@pytest.mark.parametrize("file", _captures(".pb.gz"))
def test_the_text_for_an_index_is_the_same_from_the_request_and_from_the_chunk(
    file: str, capture: CaptureMode
) -> None:
    settings = ExperimentSettings(capture=capture, mask_patterns=("e.",))
    body = gzip.decompress((CAPTURES / f"{file}.pb.gz").read_bytes())
    for trace in decode(body, PROTOBUF, settings_for=lambda _hint: settings).traces:
        assert trace.text == payload.unpack_indexable(payload.pack(trace.spans, trace.traces_data))


def test_without_text_everything_else_is_the_same() -> None:
    body = gzip.decompress((CAPTURES / f"{_captures('.pb.gz')[0]}.pb.gz").read_bytes())
    whole = decode(body, PROTOBUF).traces
    bare = decode(body, PROTOBUF, with_text=False).traces
    assert whole
    assert all(trace.text for trace in whole)
    assert bare == tuple(replace(trace, text=None) for trace in whole)
