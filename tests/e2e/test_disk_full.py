"""A full disk: writes are refused with a reason, reads go on, nothing acknowledged is lost, and freed space is used.

The disk is a small file system of memory where this user may mount one, and everywhere on Linux a limit on the size
of the server's files, which the system enforces in the same calls.
"""

import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc
import httpx
import pytest
from google.protobuf.json_format import MessageToJson
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from lodeline.domain.analytics import TraceCount
from lodeline.domain.errors import Unavailable
from lodeline.sdk.client.clients import LodelineClient
from tests.e2e.harness import PROTOBUF, Server, assert_consistent, export, post, serving, span, trace_id
from tests.e2e.load import Batch, Fate, Ledger, batch, calling, verify, word

if sys.platform != "linux":
    pytest.skip("needs Linux's mount or prlimit", allow_module_level=True)
import resource

MIB = 2**20
_SIZE_MIB = 12
_BALLAST_MIB = 6


@dataclass(frozen=True, slots=True)
class Disk:
    """A place that fills up. `free` makes room again for a running server."""

    store: Path
    before: Callable[[], None] | None
    free: Callable[[Server], None]


@contextmanager
def _small_file_system(folder: Path) -> Generator[Disk]:
    """A mounted file system in which another program's file takes much of the room."""
    place = folder / "disk"
    place.mkdir()
    mounted = ["mount", "-t", "tmpfs", "-o", f"size={_SIZE_MIB}m", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(mounted, check=False, capture_output=True).returncode != 0:
        pytest.skip("this user may not mount; the limit on file sizes is tested instead")
    try:
        ballast = place / "ballast"
        ballast.write_bytes(bytes(_BALLAST_MIB * MIB))
        (place / "inner").mkdir()
        yield Disk(place / "inner" / "store", None, lambda _: ballast.unlink())
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


@contextmanager
def _small_files(folder: Path) -> Generator[Disk]:
    """A limit on the size of files, which is lifted to make room."""
    small = (_SIZE_MIB - _BALLAST_MIB) * MIB

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (small, resource.RLIM_INFINITY))

    def lift(server: Server) -> None:
        unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, unlimited)

    yield Disk(folder / "store", limit, lift)


DISKS: dict[str, Callable[[Path], AbstractContextManager[Disk]]] = {
    "small file system": _small_file_system,
    "limit on file sizes": _small_files,
}


def _large(number: int) -> Batch:
    """Return a batch of about 300 kB that hardly compresses."""
    chance = random.Random(number)
    name = f"large-{number}"
    return Batch(
        tuple(span(name, index, text=f"{word(name)} {chance.randbytes(50_000).hex()}") for index in range(3))
    )


@dataclass(frozen=True, slots=True)
class Refusal:
    """How a door said no."""

    status: int
    text: str
    retry_after_s: float


Send = Callable[[Batch], Refusal | None]


def _fill_up(send: Send, ledger: Ledger) -> Refusal:
    """Send until a request is refused; return how. A checkpoint may have made a little room since the last time."""
    for _ in range(1_000):
        made = _large(len(ledger.fates))
        refusal = send(made)
        ledger.note(made, Fate.ACKNOWLEDGED if refusal is None else Fate.REFUSED)
        if refusal is not None:
            return refusal
    raise AssertionError("the disk never filled up")


def _over_http(http: httpx.Client, *, as_json: bool) -> Send:
    def send(made: Batch) -> Refusal | None:
        body, kind = made.body, PROTOBUF
        if as_json:  # ids come out in base64, which is understood as well
            body, kind = MessageToJson(ExportTraceServiceRequest.FromString(body)).encode(), "application/json"
        answer = http.post("/v1/traces", content=body, headers={"content-type": kind})
        if answer.status_code == 200:
            return None
        return Refusal(answer.status_code, answer.text, float(answer.headers.get("retry-after", 0)))

    return send


def _over_grpc(call: Callable[[bytes], bytes]) -> Send:
    def send(made: Batch) -> Refusal | None:
        try:
            call(made.body)
        except grpc.RpcError as error:
            unavailable = grpc.StatusCode.UNAVAILABLE.name in str(error)
            return Refusal(503 if unavailable else 500, str(error), 1)
        return None

    return send


@pytest.mark.parametrize("make", DISKS.values(), ids=DISKS.keys())
def test_a_full_disk(make: Callable[[Path], AbstractContextManager[Disk]], tmp_path: Path) -> None:
    ledger = Ledger()
    with make(tmp_path) as disk:
        with serving(disk.store, grpc=True, before=disk.before) as server, server.http() as http:
            assert server.grpc is not None
            with calling(server.grpc) as call:
                doors = [_over_http(http, as_json=False), _over_http(http, as_json=True), _over_grpc(call)]
                for send in doors:
                    refusal = _fill_up(send, ledger)
                    assert refusal.status == 503
                    assert refusal.retry_after_s >= 1
                    assert re.search(r"the disk is full|file may not grow", refusal.text)
            _assert_native_writes_are_refused(server, http)
            _assert_reads_go_on(server, ledger)
            disk.free(server)
            _assert_recovers(http, ledger)
            with server.client() as client:
                verify(client, ledger)
            assert server.stop() in {0, -signal.SIGTERM}
            assert "Traceback" not in server.said()
        assert_consistent(disk.store)


def _assert_native_writes_are_refused(server: Server, http: httpx.Client) -> None:
    path = f"/api/v1/traces/{trace_id('large-0')}/attachments/big.bin"
    attached = http.put(path, content=bytes(_SIZE_MIB * MIB))
    assert (attached.status_code, attached.json()["code"]) == (503, "disk_full")
    assert int(attached.headers["retry-after"]) >= 1
    assert http.get(path).status_code == 404
    with server.client() as client, pytest.raises(Unavailable, match=r"the disk is full|file may not grow"):
        _tag_without_end(client)


def _assert_reads_go_on(server: Server, ledger: Ledger) -> None:
    with server.client() as client:
        verify(client, ledger)
        assert client.analytics.count() == TraceCount(ledger.count(Fate.ACKNOWLEDGED), exact=True)
        client.server.get()
    with server.http() as http:
        assert http.get("/health").status_code == 200


def _tag_without_end(client: LodelineClient) -> None:
    """Small writes may still find room; go on until they do not."""
    for number in range(100):
        tags = {f"{number}.{index}": "x" * 20_000 for index in range(50)}
        client.traces.tag(trace_id("large-0"), tags)


def _assert_recovers(http: httpx.Client, ledger: Ledger) -> None:
    """What was refused is taken once there is room, without a restart."""
    until = time.monotonic() + 60
    for index, (made, fate) in enumerate(ledger.fates):
        if fate is Fate.REFUSED:
            while (answer := post(http, made.body)).status_code != 200:
                assert time.monotonic() < until, answer.content
                time.sleep(0.1)
            ledger.fates[index] = (made, Fate.ACKNOWLEDGED)
    for number in range(20):
        made = batch("after", number)
        assert post(http, made.body).status_code == 200
        ledger.note(made, Fate.ACKNOWLEDGED)


def test_a_start_on_a_full_disk_serves_or_says_why(tmp_path: Path) -> None:
    with _small_files(tmp_path) as disk:
        with serving(disk.store, before=disk.before) as server, server.http() as http:
            assert post(http, export([span("first", 0, text=word("first"))])).status_code == 200
            _fill_up(_over_http(http, as_json=False), Ledger())
            server.kill()
        with serving(disk.store, before=disk.before) as server, server.client() as client:
            assert [each.name for each in client.traces.spans(trace_id("first"))] == ["first 0"]
