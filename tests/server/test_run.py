"""A real server process: first lines, a clean stop, busy ports, and the refusal to be open to everybody."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import cast

import grpc
import httpx
import pytest

from lodeline.domain.errors import Invalid
from lodeline.server.grpc import SERVICE
from lodeline.server.run import check_exposure
from lodeline.server.settings import Settings
from lodeline.server.sockets import listen
from tests.server.test_grpc import Stalled, Streaming
from tests.server.world import PROTOBUF, request_of

PROGRAM = """
import os
from lodeline.domain.errors import LodelineError
from lodeline.server.run import serve
from lodeline.server.settings import load_settings
try:
    serve(load_settings(environ=os.environ))
except LodelineError as error:
    raise SystemExit(f"error: {error.message}")
"""
ONE = "01" * 16


def start(**settings: object) -> "subprocess.Popen[str]":
    environ = {f"LODELINE_{name.upper()}": str(value) for name, value in settings.items()}
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        env={**os.environ, "PYTHONWARNINGS": "error", "LODELINE_PORT": "0", "LODELINE_GRPC_PORT": "off", **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def running(**settings: object) -> Generator[tuple[str, list[str], "subprocess.Popen[str]"]]:
    """Give the URL of a server, what it printed, and its process."""
    process = start(**settings)
    lines: list[str] = []
    try:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line.rstrip())
            if line.startswith("Stop:"):
                break
        else:
            assert process.stderr is not None
            raise AssertionError(process.stderr.read())
        found = re.search(r"OTLP/HTTP +(http://\S+)/v1/traces", "\n".join(lines))
        assert found is not None
        yield found[1], lines, process
    finally:
        process.kill()
        process.communicate()


def stop(process: "subprocess.Popen[str]", how: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
    """Stop a server; return its exit code and what it logged."""
    process.send_signal(how)
    _, errors = process.communicate(timeout=60)
    return process.returncode, errors


def test_a_server_keeps_what_it_acknowledged_over_a_restart(tmp_path: Path) -> None:
    for number in (1, 2):
        with running(store=tmp_path / "store") as (url, lines, process):
            assert any("nobody else" in line for line in lines)
            body = request_of(f"{number:032x}")
            assert httpx.post(f"{url}/v1/traces", content=body, headers=PROTOBUF).status_code == 200
            assert len(httpx.get(f"{url}/api/v1/traces").json()["items"]) == number
            code, errors = stop(process)
            assert code in {0, -signal.SIGTERM}
            assert errors == ""


def test_a_stop_closes_both_doors_at_the_same_time() -> None:
    """Neither waits for what is under way at the other."""
    settings = {"store": "memory:", "grpc_port": 0, "shutdown_timeout_s": 30}
    with running(**settings) as (url, lines, process), ExitStack() as held:
        line = next(line for line in lines if "OTLP/gRPC" in line)
        http_port, grpc_port = int(url.rpartition(":")[2]), int(line.rpartition(":")[2])
        slow = held.enter_context(socket.create_connection(("127.0.0.1", http_port)))
        slow.sendall(b"POST /v1/traces HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/x-protobuf\r\n")
        slow.sendall(b"expect: 100-continue\r\ncontent-length: 1000\r\n\r\n")
        assert slow.recv(1_000).startswith(b"HTTP/1.1 100")  # it is being read
        end = threading.Event()
        call = held.enter_context(stalled_call(grpc_port, end))
        process.send_signal(signal.SIGTERM)
        for port in (http_port, grpc_port):
            until_closed(port)
        assert not call.done()
        slow.setblocking(False)
        with pytest.raises(BlockingIOError):
            slow.recv(1)


@contextmanager
def stalled_call(port: int, end: threading.Event) -> Generator[Stalled]:
    """Give a call that has begun and sends no message while this lasts."""

    def nothing() -> Iterator[bytes]:
        end.wait(60)
        yield from ()

    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        call = cast("Streaming", channel.stream_unary(f"/{SERVICE}/Export")).future(
            nothing(), metadata=(), timeout=60
        )
        # Answered after the call above has come, on the same connection.
        export = cast("Callable[..., bytes]", channel.unary_unary(f"/{SERVICE}/Export"))
        assert export(request_of(ONE), timeout=60) == b""
        try:
            yield call
        finally:
            end.set()


def until_closed(port: int) -> None:
    """Wait until nobody takes connections at a port."""
    give_up = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=60).close()
        except ConnectionRefusedError:
            return
        assert time.monotonic() < give_up
        time.sleep(0.02)


def test_ctrl_c_is_a_clean_stop() -> None:
    with running(store="memory:") as (url, _, process):
        assert httpx.get(f"{url}/health").text == "OK"
        _, errors = stop(process, signal.SIGINT)
        assert "Traceback" not in errors or "KeyboardInterrupt" in errors


def test_with_auth_the_first_account_needs_the_printed_token() -> None:
    with running(store="memory:", auth="true") as (url, lines, _):
        assert httpx.get(f"{url}/api/v1/traces").status_code == 401
        found = re.search(r"token (\S+)", "\n".join(lines))
        assert found is not None
        assert httpx.get(f"{url}/api/v1/me").json()["needs_set_up"] is True
        body = {"token": "wrong", "name": "root", "password": "tulips in the rain"}
        assert httpx.post(f"{url}/api/v1/setup", json=body).status_code == 401
        assert httpx.post(f"{url}/api/v1/setup", json={**body, "token": found[1]}).status_code == 201
        assert httpx.post(f"{url}/api/v1/setup", json={**body, "token": found[1]}).status_code == 409
        assert httpx.get(f"{url}/api/v1/me").json()["needs_set_up"] is False


def test_a_busy_port_ends_the_start_and_names_a_free_one() -> None:
    with listen("127.0.0.1", 0) as taken:
        process = start(store="memory:", port=taken.getsockname()[1])
        output, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert output == ""
    assert re.search(r"error: port \d+ on 127\.0\.0\.1 is taken by another program; \d+ is free", errors)


def test_a_busy_grpc_port_is_told_and_stops_nothing() -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with running(store="memory:", grpc_port=port) as (url, lines, _):
            line = next(line for line in lines if "OTLP/gRPC" in line)
            assert f"off: port {port} is taken" in line
            assert "--grpc-port" in line
            assert sum(f"port {port} is taken" in said for said in lines) == 1
            assert httpx.get(f"{url}/health").status_code == 200


def test_open_to_the_network_without_auth_is_refused() -> None:
    process = start(store="memory:", host="0.0.0.0")
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, output) == (1, "")
    assert "--auth" in errors


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org", ""])
def test_only_loopback_hosts_go_without_auth(host: str) -> None:
    with pytest.raises(Invalid, match="auth"):
        check_exposure(Settings(host=host))
    check_exposure(Settings(host=host, auth=True))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_loopback_hosts_need_no_auth(host: str) -> None:
    check_exposure(Settings(host=host))
