"""An OTLP receiver in this process that answers as a test scripts it, and spans made for it."""

import gzip
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import zstandard
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import TracerProvider

from lodeline.sdk.delivery import DeliveryProcessor, DeliverySettings, start_delivery


@dataclass(frozen=True, slots=True)
class Received:
    """One request that came."""

    path: str
    headers: dict[str, str]
    names: tuple[str, ...]
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Reply:
    """What the receiver says to one request; `accept` tells whether it keeps the spans."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict[str, str])
    accept: bool = True
    drop_connection: bool = False
    close_silently: bool = False


OK = Reply()
Script = Callable[[Received], Reply]


class Receiver:
    """What came, in order; `kept` are the names of spans that were acknowledged.

    `gate` is called with each request first, by several threads at one time, and may let it wait.
    """

    def __init__(self, script: Script, gate: Callable[[Received], None]) -> None:
        self.script = script
        self.gate = gate
        self.received: list[Received] = []
        self.kept: list[str] = []
        self.url = ""
        self.lock = threading.Lock()

    def take(self, received: Received) -> Reply:
        """Note a request and return the answer to it."""
        self.gate(received)
        with self.lock:
            reply = self.script(received)
            self.received.append(received)
            if reply.accept and reply.status == 200:
                self.kept.extend(received.names)
            return reply


@contextmanager
def receiving(
    script: Script = lambda _: OK, *, port: int = 0, gate: Callable[[Received], None] = lambda _: None
) -> Generator[Receiver]:
    """Give a receiver that listens on a port of 127.0.0.1."""
    receiver = Receiver(script, gate)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            size_bytes = len(body)
            if self.headers.get("content-encoding") == "zstd":
                body = zstandard.ZstdDecompressor().decompress(body)
            elif self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            headers = {name.lower(): value for name, value in self.headers.items()}
            reply = receiver.take(Received(self.path, headers, names_in(body), size_bytes))
            if reply.drop_connection:
                self.close_connection = True
                return
            self.send_response(reply.status)
            for name, value in {"content-type": "application/x-protobuf", **reply.headers}.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)
            self.close_connection = reply.close_silently

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def names_in(body: bytes) -> tuple[str, ...]:
    """Return the names of the spans of an export request."""
    request = ExportTraceServiceRequest.FromString(body)
    return tuple(
        span.name for resource in request.resource_spans for scope in resource.scope_spans for span in scope.spans
    )


def settings(url: str, spool_dir: Path | None, **changes: Any) -> DeliverySettings:
    """Return settings for tests: quick to try again and to write."""
    quick: dict[str, Any] = {"send_delay_s": 0.02, "first_retry_s": 0.02, "max_retry_s": 0.1, "adopt_every_s": 0.2}
    return DeliverySettings(endpoint=f"{url}/v1/traces", spool_dir=spool_dir, **{**quick, **changes})


@contextmanager
def delivering(made: DeliverySettings) -> Generator[tuple[DeliveryProcessor, Callable[[Sequence[str]], None]]]:
    """Give a processor, and what ends spans of these names; it is shut down afterwards."""
    processor = start_delivery(made)
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(processor)
    tracer = provider.get_tracer("tests")

    def end(names: Sequence[str]) -> None:
        for name in names:
            tracer.start_span(name, attributes={"n": name}).end()

    try:
        yield processor, end
    finally:
        processor.shutdown()


def numbered(prefix: str, count: int) -> list[str]:
    """Return names of spans."""
    return [f"{prefix} {number}" for number in range(count)]


def assert_adds_up(processor: DeliveryProcessor) -> None:
    """Of every span it is known what became of it."""
    stats = processor.stats()
    assert stats.made == stats.sent + stats.pending + stats.refused + sum(stats.dropped.values()), stats
