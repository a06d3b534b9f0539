import math
import threading

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.trace.v1.trace_pb2 import Span as WireSpan
from opentelemetry.proto.trace.v1.trace_pb2 import Status, TracesData

from lodeline.domain.ids import SpanId, TraceId
from lodeline.domain.span import NO_RESOURCE, ResourceFacts, SpanFacts
from lodeline.domain.usage import TokenUsage
from lodeline.ingest import payload, wire
from lodeline.ingest.otlp import DecodedTrace, decode
from tests.ingest.build import PROTOBUF, T0_NS, TRACE, pairs, request, resource_spans, span

TRACE_ID = TraceId("tr-" + TRACE.hex())

FULL = SpanFacts(
    SpanId("00000000000000aa"),
    SpanId("00000000000000bb"),
    "name é \0",
    "CHAT_MODEL",
    "ERROR",
    2**63 - 1,
    0,
    2**63 - 1,
    1,
    12,
    "message",
    "model",
    "provider",
    TokenUsage(1, 2, 3, 4, 5, 6, 7, 8, 9),
    123,
    "session",
    "user",
    "request",
    "response",
    "trace",
    {"tag": "a"},
    {"meta": "b"},
    "override, genai-prices 1.2.3",
    ResourceFacts("service", "env", "model", "run", "client", {"rt": "c"}),
)
BARE = SpanFacts(SpanId("00000000000000aa"), None, "", "UNKNOWN", "UNSET", 0, 0, 0, 0, 0)


def _decoded(body: bytes) -> DecodedTrace:
    (trace,) = decode(body, PROTOBUF).traces
    return trace


MESSAGES = '[{"role": "user", "parts": [{"type": "text", "content": "hello"}]}]'


def _chunk(body: bytes) -> bytes:
    trace = _decoded(body)
    return payload.pack(trace.spans, trace.traces_data)


def test_facts_survive_with_and_without_every_field() -> None:
    facts = (FULL, BARE, FULL._replace(resource=NO_RESOURCE), BARE._replace(resource=FULL.resource))
    assert payload.unpack_facts(payload.pack(facts, b"")) == facts


def test_facts_of_one_resource_share_it() -> None:
    resource = ResourceFacts("service")
    one, two = payload.unpack_facts(
        payload.pack([BARE._replace(resource=resource), BARE._replace(resource=resource)], b"")
    )
    assert one.resource is two.resource


def test_lone_surrogates_in_previews_do_not_lose_the_chunk() -> None:
    (facts,) = payload.unpack_facts(payload.pack([BARE._replace(request="a\ud83d", tags={"\udc00": "x"})], b""))
    assert (facts.request, facts.tags) == ("a\ufffd", {"\ufffd": "x"})


def test_raw_bytes_come_back_exactly() -> None:
    body = request(resource_spans(span(1), span(2)))
    assert payload.raw(_chunk(body)) == body


def test_spans_come_back_whole() -> None:
    sent = span(
        2, parent=1, name="call", attributes={"text": "a\0b", "nan": math.inf, "deep": {"list": [1, b"\xff"]}}
    )
    sent.kind = WireSpan.SPAN_KIND_CLIENT
    sent.status.CopyFrom(Status(code=Status.STATUS_CODE_ERROR, message="broken"))
    sent.trace_state = "a=b"
    sent.events.add(name="event", time_unix_nano=T0_NS, attributes=pairs({"e": True}))
    sent.links.add(trace_id=TRACE, span_id=bytes(7) + b"\x09", attributes=pairs({"l": 1.5}))
    body = resource_spans(sent, resource={"service.name": "svc"}, scope="library")
    body.scope_spans[0].scope.version = "1.2"
    (found,) = payload.unpack_spans(_chunk(request(body)), TRACE_ID)
    assert (found.trace_id, found.span_id, found.parent_id) == (TRACE_ID, "0000000000000002", "0000000000000001")
    assert (found.name, found.otel_kind, found.trace_state) == ("call", "CLIENT", "a=b")
    assert (found.status, found.status_message) == ("ERROR", "broken")
    assert (found.start_ns, found.end_ns) == (T0_NS + 2, T0_NS + 1_002)
    assert found.attributes == {"text": "a\0b", "nan": math.inf, "deep": {"list": [1, b"\xff"]}}
    assert [(event.name, event.time_ns, event.attributes) for event in found.events] == [
        ("event", T0_NS, {"e": True})
    ]
    assert [(link.trace_id, link.span_id, link.attributes) for link in found.links] == [
        (TRACE_ID, "0000000000000009", {"l": 1.5})
    ]
    assert (found.resource, found.scope, found.scope_version) == ({"service.name": "svc"}, "library", "1.2")


def test_positions_choose_spans_across_resources_and_scopes() -> None:
    body = request(resource_spans(span(1), span(2)), resource_spans(span(3), scope="other"), resource_spans(span(4)))
    chunk = _chunk(body)
    assert [found.name + found.scope for found in payload.unpack_spans(chunk, TRACE_ID)] == [
        "steptests", "steptests", "stepother", "steptests",
    ]  # fmt: skip
    chosen = payload.unpack_spans(chunk, TRACE_ID, {3, 1, 99})
    assert [found.span_id for found in chosen] == ["0000000000000002", "0000000000000004"]
    assert payload.unpack_spans(chunk, TRACE_ID, ()) == []


def test_the_view_has_content_only_when_wanted() -> None:
    said = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m", "gen_ai.input.messages": MESSAGES}
    (with_view,) = payload.unpack_spans(_chunk(request(resource_spans(span(1, attributes=said)))), TRACE_ID)
    (without,) = payload.unpack_spans(
        _chunk(request(resource_spans(span(1, attributes=said)))), TRACE_ID, want_view=False
    )
    assert [message.content for message in with_view.view.input_messages] == ["hello"]
    assert without.view.input_messages == ()
    assert with_view.view.model == without.view.model == "m"
    assert without.attributes == with_view.attributes


def test_texts_are_all_strings_of_a_span_but_keys() -> None:
    sent = span(1, name="name", attributes={"key": ["one", {"inner": "two"}], "number": 1})
    sent.status.message = "status"
    sent.events.add(name="event", attributes=pairs({"e": "three"}))
    sent.links.add(trace_id=TRACE, span_id=bytes(7) + b"\x09", attributes=pairs({"l": "not a text"}))
    chunk = _chunk(request(resource_spans(sent, span(2, name=""), resource={"service.name": "not a text"})))
    assert payload.unpack_texts(chunk) == [(0, ["name", "status", "one", "two", "event", "three"]), (1, [])]


def test_fields_of_a_later_version_are_kept() -> None:
    unknown = wire.delimited(999, b"later")
    body = request(resource_spans(span(1)))
    (scope,) = wire.scopes(body, max_fields=10)
    body = wire.join([scope._replace(spans=[scope.spans[0] + unknown])])
    assert payload.raw(_chunk(body)) == body
    assert TracesData.FromString(payload.raw(_chunk(body))).SerializeToString() == body


@pytest.mark.parametrize(
    "chunk",
    [
        b"",
        b"\x02",
        b"\x01",
        b"\x01not zstd",
        b"\x01" + zstandard.ZstdCompressor().compress(b"ab"),
        b"\x01" + zstandard.ZstdCompressor().compress(b"\x05\0\0\0[1,2]"),
        b"\x01" + zstandard.ZstdCompressor().compress(b"\x10\0\0\0[[[null],[[1]]]]"),
        b"\x01" + zstandard.ZstdCompressor(write_content_size=False).compress(b"\x02\0\0\0[]"),
    ],
)
def test_what_pack_did_not_write_is_corrupt(chunk: bytes) -> None:
    with pytest.raises(payload.Corrupt, match="payload chunk"):
        payload.unpack_facts(chunk)


def test_a_span_with_more_facts_than_there_are_is_corrupt() -> None:
    known = payload.dump_facts([BARE])
    more = known.replace(b"]]]]", b"," + b",".join([b"null"] * 30) + b"]]]]")
    assert more != known
    assert payload.load_facts(known) == (BARE,)
    with pytest.raises(payload.Corrupt, match="facts, not 23"):
        payload.load_facts(more)


@given(st.data())
def test_a_damaged_chunk_is_read_or_corrupt(data: st.DataObject) -> None:
    chunk = bytearray(_DAMAGED)
    for _ in range(data.draw(st.integers(1, 5))):
        chunk[data.draw(st.integers(0, len(chunk) - 1))] = data.draw(st.integers(0, 255))
    for read in (payload.unpack_facts, payload.unpack_texts, payload.raw):
        try:
            read(bytes(chunk))
        except payload.Corrupt:
            continue


def test_damaged_content_is_noticed() -> None:
    content = b"\x02\0\0\0[]" + bytes(range(256)) * 4
    chunk = payload.pack([], content[6:])
    damaged = chunk.replace(b"\x10\x11\x12", b"\x10\x99\x12")
    assert damaged != chunk
    with pytest.raises(payload.Corrupt, match="checksum"):
        payload.raw(damaged)


_DAMAGED = _chunk(request(resource_spans(*(span(n, attributes={"a": "text " * n}) for n in range(1, 6)))))


def test_threads_do_not_share_codecs() -> None:
    facts = [BARE._replace(name="x" * 1_000)]
    failures: list[str] = []

    def work() -> None:
        for _ in range(200):
            if list(payload.unpack_facts(payload.pack(facts, b"y" * 10_000))) != facts:
                failures.append("differs")

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
