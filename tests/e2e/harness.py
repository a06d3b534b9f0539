"""Real server processes for tests: started on free ports of 127.0.0.1, watched, and ended by their own pid."""

import os
import re
import select
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

import httpx
import psutil

from lodeline.demo.otlp import SpanDraft, hashed_span_id, hashed_trace_id, request
from lodeline.domain.assessment import AssessmentDraft, AssessmentSource, AssessmentTarget
from lodeline.domain.ids import SpanId, TraceId, otel_trace_id
from lodeline.domain.span import JsonValue
from lodeline.local import connect
from lodeline.sdk.client.clients import LodelineClient
from lodeline.storage.open import open_stores
from tests.warm.client import WarmProcess, is_warm

PROTOBUF = "application/x-protobuf"
_INSTALLED = (sys.executable, "-m", "lodeline.cli.main") if sys.platform == "win32" else (
    str(Path(sys.executable).with_name("lodeline")),
)  # fmt: skip
LODELINE = _INSTALLED
START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 30.0
_NO_AUTHORITIES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For servers that speak no TLS: to read the certificates of all authorities takes longer than a call."""
T0_NS = 1_790_000_000_000_000_000
_HTTP = re.compile(r"^  OTLP/HTTP  (http://\S+)/v1/traces$", re.MULTILINE)
_GRPC = re.compile(r"^  OTLP/gRPC  (127\.0\.0\.1:\d+)$", re.MULTILINE)


@dataclass(slots=True)
class Server:
    """One server process. `grpc` is the address of its gRPC door, None when that is off."""

    process: "subprocess.Popen[bytes] | WarmProcess"
    url: str
    grpc: str | None
    log: Path

    def kill(self) -> None:
        """End it as a crash does: no signal handler runs."""
        self.process.kill()
        self.process.wait(STOP_TIMEOUT_S)

    def stop(self, *, by: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end, wait for that, and return the exit code."""
        self.process.send_signal(by)
        return self.process.wait(STOP_TIMEOUT_S)

    def running(self) -> bool:
        """Tell whether it still runs."""
        return self.process.poll() is None

    def rss_bytes(self) -> int:
        """Return the memory it has."""
        return psutil.Process(self.process.pid).memory_info().rss

    def said(self) -> str:
        """Return what it wrote so far, both streams together."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def http(self, *, timeout_s: float = 60.0) -> httpx.Client:
        """Return a plain client, for answers that must be looked at as they are."""
        return httpx.Client(base_url=self.url, timeout=timeout_s, verify=_NO_AUTHORITIES)

    @contextmanager
    def client(self) -> Generator[LodelineClient]:
        """Give a typed client, which raises what the server answers as our errors, at once."""
        with LodelineClient(self.url, max_retries=0, timeout_s=600.0) as made:
            yield made


def launch(
    store: Path | str,
    *flags: str,
    grpc: bool = False,
    env: Mapping[str, str] | None = None,
    before: Callable[[], None] | None = None,
) -> Server:
    """Start a server on free ports and return it once it answers.

    `before` runs in the new process just before the program. AssertionError with its output when it ends instead.
    """
    log = _log_file(store)
    doors = ("--port", "0", "--grpc-port", "0" if grpc else "off")
    process = _started(("server", "--store", str(store), *doors, *flags), environment(env), log, before)
    until = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < until:
        ended = process.poll() is not None
        text = log.read_text(encoding="utf-8", errors="replace")
        if "\nStop:" in text and (found := _HTTP.search(text)):
            door = _GRPC.search(text)
            return Server(process, found[1], door[1] if door else None, log)
        if ended:
            raise AssertionError(f"the server ended with {process.returncode}:\n{text}")
        time.sleep(0.02)
    process.kill()
    process.wait(STOP_TIMEOUT_S)
    raise AssertionError(f"the server did not start in {START_TIMEOUT_S} s:\n{log.read_text(errors='replace')}")


def _started(
    arguments: Sequence[str], env: Mapping[str, str], log: Path, before: Callable[[], None] | None
) -> "subprocess.Popen[bytes] | WarmProcess":
    with log.open("wb") as output, Path(os.devnull).open("rb") as nothing:
        if before is None and LODELINE == _INSTALLED and is_warm(env):
            return WarmProcess(arguments, env, Path.cwd(), [nothing.fileno(), output.fileno(), output.fileno()])
        return subprocess.Popen(
            [*LODELINE, *arguments],
            stdin=nothing,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=env,
            preexec_fn=before,  # noqa: PLW1509 - it sets limits of the process, and no lock is taken in it
        )


@contextmanager
def serving(
    store: Path | str,
    *flags: str,
    grpc: bool = False,
    env: Mapping[str, str] | None = None,
    before: Callable[[], None] | None = None,
) -> Generator[Server]:
    """Give a running server; whatever is left of it afterwards is killed."""
    server = launch(store, *flags, grpc=grpc, env=env, before=before)
    try:
        yield server
    finally:
        if server.running():
            server.kill()


def lodeline(*arguments: str, env: Mapping[str, str] | None = None, cwd: Path | None = None,
             timeout_s: float = 120.0) -> "subprocess.CompletedProcess[str]":  # fmt: skip
    """Run a command of ours to its end."""
    made = environment(env)
    if LODELINE == _INSTALLED and is_warm(made):
        return _warm(arguments, made, cwd or Path.cwd(), timeout_s)
    return subprocess.run(
        [*LODELINE, *arguments],
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        stdin=subprocess.DEVNULL,
        env=made,
        cwd=cwd,
        timeout=timeout_s,
        check=False,
    )


def _warm(
    arguments: Sequence[str], env: Mapping[str, str], cwd: Path, timeout_s: float
) -> "subprocess.CompletedProcess[str]":
    with Path(os.devnull).open("rb") as nothing, TemporaryFile() as output, TemporaryFile() as errors:
        process = WarmProcess(arguments, env, cwd, [nothing.fileno(), output.fileno(), errors.fileno()])
        try:
            code = process.wait(timeout_s)
        finally:
            process.kill()
            process.wait(STOP_TIMEOUT_S)
        output.seek(0)
        errors.seek(0)
        said, wrong = (each.read().decode(errors="replace") for each in (output, errors))
    return subprocess.CompletedProcess(process.args, code, said, wrong)


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return this process's environment without settings of ours, and with `extra`."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("LODELINE_")}
    return {**plain, "NO_COLOR": "1", **(extra or {})}


@contextmanager
def opened(store: Path) -> Generator[LodelineClient]:
    """Give a typed client of a store that is opened in this process, as commands with ``--store`` do."""
    with connect(store) as client:
        yield client


def assert_checked(store: Path) -> None:
    """Check a store in this process; faster than `assert_consistent`."""
    stores = open_stores(str(store), create=False)
    try:
        assert list(stores.admin.check(every=True)) == []
    finally:
        stores.close()


def assert_consistent(store: Path) -> None:
    """Check a store as its owner would, with ``lodeline db check --every``."""
    checked = lodeline("db", "check", "--every", "--store", str(store))
    assert checked.returncode == 0, checked.stdout + checked.stderr


def free_port() -> int:
    """Return a port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def span(trace: str, number: int, *, text: str = "", parent: int | None = 0) -> SpanDraft:
    """Return span `number` of the trace called `trace`; number 0 is its root. Equal arguments give equal spans."""
    above = b"" if number == 0 or parent is None else hashed_span_id(trace, str(parent))
    start_ns = T0_NS + number * 1_000_000
    return SpanDraft(
        trace_id=hashed_trace_id(trace),
        span_id=hashed_span_id(trace, str(number)),
        parent_id=above,
        name=f"{trace} {number}",
        start_ns=start_ns,
        end_ns=start_ns + 500_000,
        attributes={"input.value": text, "number": number, "trace": trace},
    )


def export(spans: Sequence[SpanDraft]) -> bytes:
    """Return spans as the body of one export request."""
    return request([({"service.name": "e2e"}, "tests", "1", spans)])


def trace_id(trace: str) -> TraceId:
    """Return the id under which the server shows the trace called `trace`."""
    return otel_trace_id(hashed_trace_id(trace))


def span_id(draft: SpanDraft) -> SpanId:
    """Return the id under which the server shows a span."""
    return SpanId(draft.span_id.hex())


def post(http: httpx.Client, body: bytes, *, experiment: str = "0") -> httpx.Response:
    """Send an export request in protobuf."""
    headers = {"content-type": PROTOBUF, "x-lodeline-experiment": experiment}
    return http.post("/v1/traces", content=body, headers=headers)


def judgment(trace: TraceId, name: str, value: JsonValue) -> AssessmentDraft:
    """Return what a person thinks of a trace."""
    return AssessmentDraft(AssessmentTarget(trace_id=trace), name, "FEEDBACK", AssessmentSource("HUMAN"), value)


def begun_request(server: Server, body: bytes) -> socket.socket:
    """Return a connection on which an export request has begun: all of it but what follows the first byte."""
    url = httpx.URL(server.url)
    made = socket.create_connection((url.host, url.port or 80), timeout=30)
    head = f"POST /v1/traces HTTP/1.1\r\nHost: {url.host}\r\nContent-Type: {PROTOBUF}\r\nContent-Length: {len(body)}"
    made.sendall(head.encode() + b"\r\n\r\n" + body[:1])
    return made


def occupied(server: Server, http: httpx.Client, body: bytes, *, places: int = 1) -> list[socket.socket]:
    """Return so many connections whose export requests have begun and have all the places that there are.

    `http` is what asks whether a place is left; while it asks it has one itself, and one of these may be refused.
    """
    until = time.monotonic() + START_TIMEOUT_S
    held: list[socket.socket] = []
    while True:
        held += [begun_request(server, body) for _ in range(places - len(held))]
        full = post(http, body).status_code == 503
        refused, _, _ = select.select(held, [], [], 0.02)
        if full and not refused:
            return held
        for each in refused:
            held.remove(each)
            each.close()
        if time.monotonic() > until:
            for each in held:
                each.close()
            raise AssertionError("the places are not taken")


def _log_file(store: Path | str) -> Path:
    """Return a new file beside the store's folder."""
    folder = Path(str(store)).absolute().parent / "logs"
    folder.mkdir(exist_ok=True)
    return folder / f"server-{time.time_ns()}.log"
