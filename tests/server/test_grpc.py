"""The OTLP/gRPC door."""

import gc
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Protocol, cast

import grpc
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from lodeline.auth.actor import Actor
from lodeline.domain.errors import Invalid
from lodeline.server.access import Access
from lodeline.server.grpc import SERVICE, THREADS, GrpcDoor, start_grpc
from lodeline.server.sockets import listen
from lodeline.services.admission import Ticket
from lodeline.services.ingest import ExportOutcome, ExportRequest
from tests.server.world import World, populated, request_of, serve

ONE, TWO = "01" * 16, "02" * 16
Metadata = Sequence[tuple[str, str]]
Call = Callable[..., bytes]


class Stalled(Protocol):
    """What is used of a call under way."""

    def cancel(self) -> bool: ...

    def done(self) -> bool: ...

    def exception(self, timeout: float) -> Exception | None: ...


def until(holds: Callable[[], bool]) -> None:
    """Wait until this holds."""
    give_up = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < give_up
        time.sleep(0.01)


def open_door(world: World) -> GrpcDoor:
    access: Access = world.app.state.access
    return start_grpc(world.services.ingest, access, host="127.0.0.1", port=0)


class Sending(Protocol):
    """What is used of a method that takes one message."""

    def future(self, message: bytes, *, timeout: float) -> Stalled: ...


class Streaming(Protocol):
    """What is used of a method that takes a stream."""

    def future(self, messages: Iterator[bytes], *, metadata: Metadata, timeout: float) -> Stalled: ...


@pytest.fixture
def world() -> Iterator[World]:
    with serve() as opened:
        yield opened


@pytest.fixture
def door(world: World) -> Iterator[GrpcDoor]:
    opened = open_door(world)
    yield opened
    opened.stop(1)


def export(
    door: GrpcDoor, body: bytes, metadata: Metadata = (), compression: grpc.Compression | None = None
) -> bytes:
    """Call Export with the bytes of a request; return those of the answer."""
    with grpc.insecure_channel(f"127.0.0.1:{door.port}") as channel:
        call = cast(Call, channel.unary_unary(f"/{SERVICE}/Export"))
        return call(body, metadata=metadata, compression=compression, timeout=60)


def refused(door: GrpcDoor, body: bytes, metadata: Metadata = ()) -> tuple[grpc.StatusCode, str, bytes]:
    """Return code, message and details of the error that Export gives."""
    with pytest.raises(grpc.RpcError) as error:
        export(door, body, metadata)
    found = error.value
    assert isinstance(found, grpc.Call)
    trailing = cast("Sequence[tuple[str, bytes]]", found.trailing_metadata() or ())
    details = dict(trailing).get("grpc-status-details-bin", b"")
    return found.code(), found.details() or "", details


def test_what_is_acknowledged_is_seen_by_the_next_read(world: World, door: GrpcDoor) -> None:
    assert export(door, request_of(ONE)) == b""
    assert export(door, request_of(TWO), compression=grpc.Compression.Gzip) == b""
    for trace_id in (ONE, TWO):
        assert world.client.get(f"/api/v1/traces/tr-{trace_id}").status_code == 200


def test_metadata_name_the_experiment(world: World, door: GrpcDoor) -> None:
    export(door, request_of(ONE), [("x-lodeline-experiment", "by grpc")])
    experiment = world.client.get("/api/v1/experiments/find?name=by+grpc").json()["experiment_id"]
    assert world.client.get(f"/api/v1/traces/tr-{ONE}").json()["trace"]["experiment_id"] == experiment
    code, message, _ = refused(door, request_of(TWO), [("x-mlflow-experiment-id", "77")])
    assert code == grpc.StatusCode.NOT_FOUND
    assert message.startswith("experiment '77' does not exist; create it first, or ")


def test_metadata_of_a_batch_show_as_a_delivery(world: World, door: GrpcDoor) -> None:
    instance = ("x-lodeline-instance", "sdk-9")
    export(door, request_of(ONE), [instance, ("x-lodeline-sequence", "1-2")])
    export(door, request_of(TWO), [instance, ("x-lodeline-sequence", "5")])
    found = world.client.get("/api/v1/deliveries/sdk-9").json()
    assert (found["highest"], found["gaps"], found["requests"]) == (5, [[3, 4]], 2)
    code, message, _ = refused(door, request_of("03" * 16), [instance, ("x-lodeline-sequence", "x")])
    assert code == grpc.StatusCode.INVALID_ARGUMENT
    assert "x-lodeline-sequence" in message


def test_bad_spans_are_a_partial_success(door: GrpcDoor) -> None:
    request = ExportTraceServiceRequest.FromString(request_of(ONE, TWO))
    request.resource_spans[0].scope_spans[0].spans[0].span_id = b""
    answer = ExportTraceServiceResponse.FromString(export(door, request.SerializeToString()))
    assert answer.partial_success.rejected_spans == 1


def test_malformed_requests_are_invalid(door: GrpcDoor) -> None:
    assert refused(door, b"\xff\xff\xff")[0] == grpc.StatusCode.INVALID_ARGUMENT


def test_a_full_queue_is_unavailable_and_says_when_to_come_back() -> None:
    with serve(ingest_requests_in_flight=1) as world:
        door = open_door(world)
        try:
            with world.services.ingest.admit():
                code, _, details = refused(door, request_of(ONE))
            assert code == grpc.StatusCode.UNAVAILABLE
            assert b"type.googleapis.com/google.rpc.RetryInfo" in details
            assert export(door, request_of(ONE)) == b""
        finally:
            door.stop(1)


def test_keys_are_asked_for() -> None:
    with populated() as world:
        door = open_door(world)
        try:
            assert refused(door, request_of(ONE))[0] == grpc.StatusCode.UNAUTHENTICATED
            wrong = [("authorization", "Bearer ldl_read_x")]
            assert refused(door, request_of(ONE), wrong)[0] == grpc.StatusCode.UNAUTHENTICATED
            viewer = [("x-lodeline-key", world.names["viewer_secret"])]
            assert refused(door, request_of(ONE), viewer)[0] == grpc.StatusCode.PERMISSION_DENIED
            ingest = [("authorization", world.headers["ingest"]["authorization"]), ("x-lodeline-experiment", "app")]
            assert export(door, request_of(ONE), ingest) == b""
        finally:
            door.stop(1)


def test_messages_over_the_bound_are_refused() -> None:
    with serve(max_body_bytes=1_000) as world:
        door = open_door(world)
        try:
            large = request_of(*(f"{n:032x}" for n in range(1, 60)))
            assert refused(door, large)[0] == grpc.StatusCode.RESOURCE_EXHAUSTED
        finally:
            door.stop(1)


def test_a_taken_port_is_refused_not_shared(world: World) -> None:
    access: Access = world.app.state.access
    with listen("127.0.0.1", 0) as taken, pytest.raises(Invalid, match="cannot be bound"):
        start_grpc(world.services.ingest, access, host="127.0.0.1", port=taken.getsockname()[1])


@contextmanager
def stalled(door: GrpcDoor, count: int, metadata: Metadata = ()) -> Generator[list[Stalled]]:
    """Begin calls that send no message while this lasts; each has a connection of its own."""
    end = threading.Event()

    def nothing() -> Iterator[bytes]:
        end.wait(60)
        yield from ()

    own = [("grpc.use_local_subchannel_pool", 1)]
    channels = [grpc.insecure_channel(f"127.0.0.1:{door.port}", own) for _ in range(count)]
    try:
        calls = [cast("Streaming", channel.stream_unary(f"/{SERVICE}/Export")) for channel in channels]
        yield [call.future(nothing(), metadata=metadata, timeout=60) for call in calls]
    finally:
        end.set()
        for channel in channels:
            channel.close()


def test_calls_that_send_nothing_keep_nobody_else_from_it(world: World, door: GrpcDoor) -> None:
    with stalled(door, THREADS * 4) as calls:
        assert export(door, request_of(ONE)) == b""
        assert not any(call.done() for call in calls)
    assert world.client.get(f"/api/v1/traces/tr-{ONE}").status_code == 200


def test_who_may_not_send_is_told_before_a_message_comes() -> None:
    with populated() as world:
        door = open_door(world)
        viewer = [("x-lodeline-key", world.names["viewer_secret"])]
        try:
            with stalled(door, THREADS) as nobody, stalled(door, 1, viewer) as reader:
                codes = [cast("grpc.RpcError", call.exception(30)) for call in (*nobody, *reader)]
                assert [cast("grpc.Call", each).code() for each in codes] == [
                    *[grpc.StatusCode.UNAUTHENTICATED] * THREADS, grpc.StatusCode.PERMISSION_DENIED,
                ]  # fmt: skip
        finally:
            door.stop(1)


def test_a_message_that_does_not_come_in_time_ends_its_call(world: World) -> None:
    door = start_grpc(
        world.services.ingest, world.app.state.access, host="127.0.0.1", port=0, body_timeout_s=0.2
    )  # fmt: skip
    try:
        with stalled(door, 2) as calls:
            for call in calls:
                error = cast("grpc.Call", call.exception(30))
                assert error.code() == grpc.StatusCode.UNAVAILABLE
                assert "did not arrive within 0.2 s" in (error.details() or "")
        assert export(door, request_of(ONE)) == b""
    finally:
        door.stop(1)


def test_a_call_without_a_message_is_invalid(door: GrpcDoor) -> None:
    with grpc.insecure_channel(f"127.0.0.1:{door.port}") as channel, pytest.raises(grpc.RpcError) as error:
        cast(Call, channel.stream_unary(f"/{SERVICE}/Export"))(iter(()), timeout=60)
    assert cast("grpc.Call", error.value).code() == grpc.StatusCode.INVALID_ARGUMENT


def test_a_stop_does_not_wait_for_calls_that_send_nothing(world: World, caplog: pytest.LogCaptureFixture) -> None:
    door = open_door(world)
    with stalled(door, 20) as calls:
        assert export(door, request_of(ONE)) == b""
        door.stop(0.1)
        assert all(call.exception(30) is not None for call in calls)
    with pytest.raises(grpc.RpcError):
        export(door, request_of(TWO))
    gc.collect()
    assert caplog.records == []


def test_a_stop_leaves_nothing_behind_of_a_call_that_is_worked_on(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    begun, go_on = threading.Event(), threading.Event()
    ingest = world.services.ingest
    worked = ingest.export

    def slow(actor: Actor, request: ExportRequest, ticket: Ticket | None = None) -> ExportOutcome:
        begun.set()
        go_on.wait(60)
        return worked(actor, request, ticket)

    monkeypatch.setattr(ingest, "export", slow)
    door = open_door(world)
    with ThreadPoolExecutor(1) as pool:
        sent = pool.submit(export, door, request_of(ONE))
        assert begun.wait(60)
        door.stop(0.1)
        go_on.set()
        assert isinstance(sent.exception(60), grpc.RpcError)
    gc.collect()
    assert caplog.records == []


def test_a_message_counts_until_it_is_worked_on_also_when_its_sender_goes(
    world: World, door: GrpcDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on, ended = threading.Semaphore(0), threading.Event(), threading.Semaphore(0)
    ingest = world.services.ingest
    worked = ingest.export

    def slow(actor: Actor, request: ExportRequest, ticket: Ticket | None = None) -> ExportOutcome:
        begun.release()
        go_on.wait(60)
        try:
            return worked(actor, request, ticket)
        finally:
            ended.release()

    monkeypatch.setattr(ingest, "export", slow)
    count, body = THREADS + 4, request_of(ONE)
    try:
        with grpc.insecure_channel(f"127.0.0.1:{door.port}") as channel:
            method = cast("Sending", channel.unary_unary(f"/{SERVICE}/Export"))
            calls = [method.future(body, timeout=60) for _ in range(count)]
            assert all(begun.acquire(timeout=60) for _ in range(THREADS))
            until(lambda: ingest.under_way() == (count, count * len(body)))
            for call in calls:
                call.cancel()
            # Answered only after the door has seen the calls end, which came before it on the same connection.
            with pytest.raises(grpc.RpcError):
                cast(Call, channel.unary_unary(f"/{SERVICE}/Nothing"))(b"", timeout=60)
        assert ingest.under_way() == (count, count * len(body))
    finally:
        go_on.set()
    assert all(ended.acquire(timeout=60) for _ in range(count))
    until(lambda: ingest.under_way() == (0, 0))
