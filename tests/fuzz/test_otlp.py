"""OTLP requests of any content: taken or refused, soon, within bounded memory; what is stored can be read."""

import gc
import gzip
import json
import time
import zlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import cast

import grpc
import psutil
import pytest
import zstandard
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue, KeyValueList
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from lodeline.ingest.limits import IngestLimits
from lodeline.server.app import close_app, create_app, services_of
from lodeline.server.grpc import start_grpc
from lodeline.server.settings import Settings
from tests.e2e.harness import serving
from tests.e2e.load import calling
from tests.fuzz.door import JSON, PROTOBUF, application, export, read_everything
from tests.ingest.semconv.test_hostile import ATTRIBUTES, wire_span

CAPTURES = Path(__file__).parents[1] / "data" / "otlp"
MIB = 2**20
LAST = 2**64 - 1
UNCHECKED = [HealthCheck.too_slow, HealthCheck.data_too_large]
quick = settings(max_examples=80, deadline=None, derandomize=True, suppress_health_check=UNCHECKED)
long = settings(
    max_examples=2_000, deadline=None, suppress_health_check=UNCHECKED, phases=[Phase.generate], print_blob=True
)
NOT_UTF8 = b"\xed\xa0\x80\xff\xfe"
STAND_IN = "n-u-8"
"""Replaced by NOT_UTF8 after serialising: protobuf's own strings cannot hold it."""
SPLINTERS = (b"\xff" * 10, b"\x00", NOT_UTF8, b'"', b"{", b"NaN", b"1e999")
TEXTS: st.SearchStrategy[str] = st.one_of(
    st.text(max_size=40),
    st.sampled_from(("", "\x00", STAND_IN, "\u202e", "<b>", "'; --", "%s%n", "A" * 300, "\x1b[31m")),
)
TIMES = st.one_of(st.sampled_from((0, 1, 2**63 - 1, 2**63, 2**64 - 1)), st.integers(0, 2**64 - 1))
IDS = st.sampled_from((b"", b"\x00" * 8, b"1", b"12345678", b"87654321", b"\xff" * 8, b"123456789"))
TRACES = st.sampled_from((b"", b"\x00" * 16, b"1234567812345678", b"fuzzfuzzfuzzfuzz", b"short", b"\xff" * 16))


@cache
def captures() -> list[tuple[bytes, str]]:
    """Bodies of real emitters, small ones, with their content types."""
    files = sorted(file for file in CAPTURES.glob("*/*.gz") if file.stat().st_size < 6_000)
    return [(gzip.decompress(file.read_bytes()), JSON if ".json" in file.name else PROTOBUF) for file in files]


@st.composite
def damaged(draw: st.DrawFn) -> tuple[bytes, str, str | None]:
    """A real body with some bytes changed, before or after it is compressed, or not compressed as it says."""
    plain, kind = draw(st.sampled_from(captures()))
    packing = draw(st.sampled_from((None, None, "gzip", "zstd", "deflate", "late gzip", "lie")))
    if packing == "late gzip":
        return _damage(draw, gzip.compress(plain)), kind, "gzip"
    body = _damage(draw, plain)
    match packing:
        case "gzip":
            return gzip.compress(body, 1), kind, "gzip"
        case "zstd":
            return zstandard.compress(body, 1), kind, "zstd"
        case "deflate":
            return zlib.compress(body, 1), kind, "deflate"
        case "lie":
            return body, draw(st.sampled_from((JSON, PROTOBUF))), draw(st.sampled_from(("gzip", "zstd", "br", "x")))
        case _:
            return body, kind, None


def _damage(draw: st.DrawFn, plain: bytes) -> bytes:
    body = bytearray(plain)
    for _ in range(draw(st.integers(0, 5))):
        start = draw(st.integers(0, len(body)))
        end = min(len(body), start + draw(st.integers(0, 40)))
        match draw(st.integers(0, 5)):
            case 0:
                body[start:end] = draw(st.binary(max_size=8))
            case 1:
                del body[start:end]
            case 2:
                body[start:start] = body[start:end] * draw(st.integers(1, 50))
            case 3:
                del body[start:]
            case 4 if start < len(body):
                body[start] ^= 1 << draw(st.integers(0, 7))
            case _:
                body[start:end] = draw(
                    st.sampled_from((b"\xff" * 10, b"\x00", NOT_UTF8, b'"', b"{", b"NaN", b"1e999"))
                )
    return bytes(body)


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    """A well-formed request of spans that contradict each other and themselves."""
    message = ExportTraceServiceRequest()
    for _ in range(draw(st.integers(1, 2))):
        resource = message.resource_spans.add(schema_url=draw(TEXTS))
        resource.resource.CopyFrom(_resource(draw))
        scope = resource.scope_spans.add()
        scope.scope.name = draw(TEXTS)
        for _ in range(draw(st.integers(0, 4))):
            scope.spans.add().CopyFrom(_span(draw))
    return message.SerializeToString().replace(STAND_IN.encode(), NOT_UTF8)


def _resource(draw: st.DrawFn) -> Resource:
    keys = ("service.name", "lodeline.experiment", "openinference.project.name", "deployment.environment.name", "")
    pairs = [KeyValue(key=draw(st.sampled_from(keys)), value=AnyValue(string_value=draw(TEXTS))) for _ in range(2)]
    return Resource(attributes=pairs)


def _span(draw: st.DrawFn) -> Span:
    made = wire_span(draw(ATTRIBUTES), [])
    made.trace_id, made.span_id, made.parent_span_id = draw(TRACES), draw(IDS), draw(IDS)
    made.name, made.trace_state = draw(TEXTS), draw(TEXTS)
    made.start_time_unix_nano, made.end_time_unix_nano = draw(TIMES), draw(TIMES)
    made.status.message = draw(TEXTS)
    made.status.code = Status.StatusCode.ValueType(draw(st.sampled_from((0, 1, 2, 77))))
    made.kind = Span.SpanKind.ValueType(draw(st.sampled_from((0, 3, 99))))
    for _ in range(draw(st.integers(0, 2))):
        made.events.add(name=draw(TEXTS), time_unix_nano=draw(TIMES))
        made.links.add(trace_id=draw(TRACES), span_id=draw(IDS))
    return made


def test_damaged_captures(tmp_path: Path) -> None:
    with application(tmp_path / "store") as http:

        @quick
        @given(sent=damaged())
        def run(sent: tuple[bytes, str, str | None]) -> None:
            export(http, *sent)

        run()
        assert read_everything(http)


def test_contradictory_spans(tmp_path: Path) -> None:
    with application(tmp_path / "store") as http:

        @quick
        @given(body=requests())
        def run(body: bytes) -> None:
            assert export(http, body).status_code in {200, 400}

        run()
        assert read_everything(http)


def test_random_bytes(tmp_path: Path) -> None:
    with application(tmp_path / "store") as http:

        @quick
        @given(body=st.binary(max_size=300), kind=st.sampled_from((JSON, PROTOBUF)))
        def run(body: bytes, kind: str) -> None:
            export(http, body, kind)

        run()
        read_everything(http)


@pytest.mark.soak
def test_very_many_requests(tmp_path: Path) -> None:
    process = psutil.Process()
    with application(tmp_path / "store") as http:

        @long
        @given(sent=damaged(), body=requests())
        def run(sent: tuple[bytes, str, str | None], body: bytes) -> None:
            export(http, *sent)
            export(http, body)

        run()
        gc.collect()  # what is no garbage counts
        rss_before = process.memory_info().rss
        run()
        gc.collect()
        assert process.memory_info().rss < 1.5 * rss_before + 64 * MIB
        assert read_everything(http)


def _one(trace: int, **fields: object) -> ExportTraceServiceRequest:
    """Return a request of one span."""
    message = ExportTraceServiceRequest()
    scope = message.resource_spans.add().scope_spans.add()
    scope.spans.add(trace_id=trace.to_bytes(16), span_id=b"12345678", start_time_unix_nano=1, end_time_unix_nano=2)
    for name, value in fields.items():
        setattr(scope.spans[0], name, value)
    return message


def _with_value(trace: int, key: str, value: AnyValue) -> bytes:
    message = _one(trace)
    message.resource_spans[0].scope_spans[0].spans[0].attributes.add(key=key, value=value)
    return message.SerializeToString()


def _nested(depth: int) -> AnyValue:
    value = AnyValue(string_value="deep")
    for level in range(depth):
        inner = AnyValue()
        if level % 2:
            inner.array_value.CopyFrom(ArrayValue(values=[value]))
        else:
            inner.kvlist_value.CopyFrom(KeyValueList(values=[KeyValue(key="k", value=value)]))
        value = inner
    return value


def _wire_nested(depth: int) -> bytes:
    """Return a span whose attribute is nested deeper than protobuf's own parser would go."""
    inner = b"\x0a\x04deep"
    for _ in range(depth):
        inner = b"\x2a" + _varint(len(inner) + 1 + len(_varint(len(inner)))) + b"\x0a" + _varint(len(inner)) + inner
    pair = b"\x0a\x01k\x12" + _varint(len(inner)) + inner
    span = b"\x0a\x10" + (9).to_bytes(16) + b"\x12\x0812345678" + b"\x4a" + _varint(len(pair)) + pair
    for field in (b"\x12", b"\x12", b"\x0a"):  # spans, scope_spans, resource_spans
        span = field + _varint(len(span)) + span
    return span


def _varint(number: int) -> bytes:
    parts = bytearray()
    while number > 0x7F:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*parts, number])


def _giant_trace(spans: int, *, cyclic: bool = False, linear: bool = False) -> bytes:
    message = ExportTraceServiceRequest()
    scope = message.resource_spans.add().scope_spans.add()
    for number in range(1, spans + 1):
        parent = number % spans + 1 if cyclic else number - 1 if linear else number // 10
        scope.spans.add(
            trace_id=(20 + cyclic + 2 * linear).to_bytes(16), span_id=number.to_bytes(8),
            parent_span_id=parent.to_bytes(8) if parent else b"", name=f"span {number}",
            start_time_unix_nano=number, end_time_unix_nano=number + 5,
        )  # fmt: skip
    return message.SerializeToString()


def _json(trace: int, values: Sequence[object], **fields: object) -> bytes:
    pairs = [{"key": f"k{number}", "value": value} for number, value in enumerate(values)]
    span = {"traceId": f"{trace:032x}", "spanId": "3132333435363738", "attributes": pairs, **fields}
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}).encode()


@cache
def monsters() -> dict[str, tuple[bytes, str, set[int]]]:
    """Bodies, their content types, and the answers that they may have."""
    late = _one(8, start_time_unix_nano=LAST, end_time_unix_nano=LAST)
    backwards = _one(10, start_time_unix_nano=2**63, end_time_unix_nano=1)
    not_utf8 = _one(7, name=STAND_IN).SerializeToString().replace(STAND_IN.encode(), NOT_UTF8)
    return {
        "10 MB string": (_with_value(1, "input.value", AnyValue(string_value="x" * 10_000_000)), PROTOBUF, {200}),
        "10 MB key": (_with_value(2, "k" * 10_000_000, AnyValue(int_value=1)), PROTOBUF, {200}),
        "10 MB name": (_one(3, name="n" * 10_000_000).SerializeToString(), PROTOBUF, {200}),
        "NUL": (_one(4, name="a\x00b", trace_state="\x00").SerializeToString(), PROTOBUF, {200}),
        "50 levels": (_with_value(5, "input.value", _nested(24)), PROTOBUF, {200}),
        "5,000 levels": (_wire_nested(5_000), PROTOBUF, {200, 400}),
        "NaN": (_with_value(6, "x", AnyValue(double_value=float("nan"))), PROTOBUF, {200}),
        "not UTF-8": (not_utf8, PROTOBUF, {200}),
        "late": (late.SerializeToString(), PROTOBUF, {200}),
        "backwards": (backwards.SerializeToString(), PROTOBUF, {200}),
        "30,000 spans": (_giant_trace(30_000), PROTOBUF, {200}),
        "cyclic parents": (_giant_trace(3_000, cyclic=True), PROTOBUF, {200}),
        "chain of parents": (_giant_trace(3_000, linear=True), PROTOBUF, {200}),
        "150,000 spans": (_giant_trace(150_000), PROTOBUF, {413}),
        "empty": (b"", PROTOBUF, {200}),
        "fields without end": (b"\x0a\x02" * 200_000, PROTOBUF, {200, 400, 413}),
        "JSON array": (b"[]", JSON, {400}),
        "JSON brackets": (b"[" * 100_000, JSON, {400}),
        "JSON depth": (b'{"resourceSpans":' * 50_000, JSON, {400}),
        "JSON numbers": (_json(11, [{"intValue": 10**400}, {"doubleValue": "1e999"}]), JSON, {200}),
        "JSON digits": (b'{"resourceSpans": %s}' % (b"9" * 100_000), JSON, {400}),
        "JSON NaN": (_json(12, [{"doubleValue": float("nan")}]), JSON, {200}),
        "JSON surrogate": (_json(13, [{"stringValue": "\udfff"}], name="\ud800"), JSON, {200}),
        "JSON types": (_json(14, [5, {}], name=[1], events=5, startTimeUnixNano={}), JSON, {200, 400}),
        "JSON bytes": (_json(15, [{"bytesValue": "/w=="}, {"bytesValue": 5}]), JSON, {200}),
        "JSON names": (b'{"resourceSpans": [{"__proto__": 1, "\\u0000": 2}], "constructor": {}}', JSON, {200}),
    }


def test_monsters(tmp_path: Path) -> None:
    with application(tmp_path / "store") as http:
        for name, (body, kind, expected) in monsters().items():
            answer = export(http, body, kind)
            assert answer.status_code in expected, f"{name}: {answer.text[:300]}"
            again = export(http, gzip.compress(body, 1), kind, "gzip")
            assert again.status_code == answer.status_code, f"{name}, compressed: {again.text[:300]}"
        traces = read_everything(http)
        assert max(int(str(trace["span_count"])) for trace in traces) == 30_000
        assert len(http.get("/api/v1/traces").content) < 2 * MIB  # lists carry no bodies


@cache
def bombs() -> dict[str, tuple[bytes, str]]:
    """Small bodies that say they are hundreds of megabytes, with their encodings."""
    zeros = bytes(300 * MIB)
    once = gzip.compress(zeros, 1)
    return {
        "gzip": (once, "gzip"),
        "gzip of gzip": (gzip.compress(once), "gzip"),
        "zstd": (zstandard.compress(zeros), "zstd"),
        "deflate": (zlib.compress(zeros, 1), "deflate"),
    }


def test_decompression_bombs(tmp_path: Path) -> None:
    """A server of its own, so that its memory is all that is measured.

    An allocator may give memory back late, but then it uses it again: what stays must not grow from bomb to bomb.
    """
    limit = IngestLimits().max_decompressed_bytes
    with serving(tmp_path / "store") as server, server.http() as http, ThreadPoolExecutor(1) as pool:
        export(http, b"")
        rss_before = rss_most = server.rss_bytes()
        for name, (body, encoding) in bombs().items():
            for kind in (PROTOBUF, JSON):
                sent = pool.submit(export, http, body, kind, encoding)
                while not sent.done():
                    rss_most = max(rss_most, server.rss_bytes())
                    time.sleep(0.002)
                assert sent.result().status_code in {400, 413}, name
        assert rss_most < rss_before + 1.5 * limit  # a buffer that grows has some to spare, and may be moved
        until = time.monotonic() + 60
        while (rss_after := server.rss_bytes()) >= rss_before + limit // 2:
            assert time.monotonic() < until, f"{(rss_after - rss_before) // MIB} MiB are kept"
            time.sleep(0.05)


def test_grpc_takes_or_refuses_anything() -> None:
    app = create_app(Settings(store="memory:", grpc_port=None))
    door = start_grpc(services_of(app).ingest, app.state.access, host="127.0.0.1", port=0)
    expected = {None, grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.UNAVAILABLE}
    try:
        with calling(f"127.0.0.1:{door.port}") as call:

            @settings(quick, max_examples=60)
            @given(body=st.one_of(requests(), st.binary(max_size=200)))
            def run(body: bytes) -> None:
                assert _code(call, body) in expected

            run()
    finally:
        door.stop(1)
        close_app(app)


def _code(call: Callable[[bytes], bytes], body: bytes) -> grpc.StatusCode | None:
    """Return the error of a call, None when it was taken."""
    try:
        call(body)
    except grpc.RpcError as error:
        return cast(grpc.Call, error).code()
    return None
