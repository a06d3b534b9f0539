"""What somebody meets who starts Lodeline for the first time, and what a service meets that stops it."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import httpx
import pytest

from lodeline.sdk.client.clients import LodelineClient
from tests.e2e.demonstration import demonstration
from tests.e2e.harness import (
    assert_consistent,
    export,
    free_port,
    lodeline,
    occupied,
    opened,
    post,
    serving,
    span,
    trace_id,
)
from tests.e2e.load import Fate, Ledger, sending, verify

pytestmark = pytest.mark.usefixtures("cold")
MAKEFILE = Path(__file__).parents[2] / "Makefile"


@contextmanager
def _taken() -> Generator[int]:
    """Give a port that another program listens on, while the one after it is free."""
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        yield int(busy.getsockname()[1])


def test_a_busy_port_is_named_with_the_next_free_one(tmp_path: Path) -> None:
    with _taken() as port:
        said = lodeline("server", "--store", str(tmp_path / "store"), "--port", str(port), "--grpc-port", "off")
        assert said.returncode != 0
        assert f"port {port} on 127.0.0.1 is taken" in said.stderr
        assert "is free: --port " in said.stderr
        assert "Traceback" not in said.stderr
        assert not (tmp_path / "store").exists()  # nothing was begun
        free = int(said.stderr.partition("--port ")[2].split()[0].rstrip("."))
        assert port < free <= port + 100


def test_a_busy_grpc_port_does_not_stop_the_server(tmp_path: Path) -> None:
    with _taken() as port, serving(tmp_path / "store", "--grpc-port", str(port)) as server:
        assert f"OTLP/gRPC  off: port {port} is taken by another program" in server.said()
        assert "is free: --grpc-port " in server.said()
        with server.http() as http:
            assert http.get("/health").text == "OK"


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_everybody_on_the_network_is_let_in_only_with_auth(tmp_path: Path, host: str) -> None:
    said = lodeline("server", "--store", str(tmp_path / "store"), "--host", host, "--port", str(free_port()))
    assert said.returncode != 0
    assert "--auth" in said.stderr
    assert "Traceback" not in said.stderr


def test_with_auth_the_first_account_is_made_with_the_printed_token(tmp_path: Path) -> None:
    with serving(tmp_path / "store", "--auth") as server, server.http() as http:
        token = server.said().partition("with the token ")[2].split()[0]
        assert http.get("/api/v1/traces").status_code == 401
        assert post(http, export([span("nobody", 0)])).status_code == 401
        body = {"token": token, "name": "ada", "password": "correct horse battery"}
        assert http.post("/api/v1/setup", json={**body, "token": "wrong"}).status_code in {401, 403}
        assert http.post("/api/v1/setup", json=body).status_code == 201
        assert http.post("/api/v1/setup", json=body).status_code == 409


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_finishes_what_is_under_way(tmp_path: Path, by: signal.Signals) -> None:
    ledger = Ledger()
    with serving(tmp_path / "store", grpc=True) as server, sending([server], ledger, "last", connections=2):
        ledger.wait_for(20)
        assert server.stop(by=by) in {0, -by, 128 + by}
        assert "Traceback" not in server.said()
        assert "incident" not in server.said()
    with opened(tmp_path / "store") as client:
        verify(client, ledger)
    assert ledger.count(Fate.ACKNOWLEDGED) >= 20


def test_a_stop_waits_for_a_request_that_has_begun(tmp_path: Path) -> None:
    """A slow sender's request is taken, though the server was told to stop in the middle of it."""
    body = export([span("slow", 0)])
    with serving(tmp_path / "store", env={"LODELINE_INGEST_REQUESTS_IN_FLIGHT": "1"}) as server:
        with server.http() as http:
            (slow,) = occupied(server, http, body)
        with slow:
            server.process.send_signal(signal.SIGTERM)
            time.sleep(0.3)
            slow.sendall(body[1:])
            assert slow.recv(1_000).startswith(b"HTTP/1.1 200 ")
        server.process.wait(30)
    with opened(tmp_path / "store") as client:
        assert client.traces.spans(trace_id("slow"))


@contextmanager
def _read_only(folder: Path) -> Generator[None]:
    """Take the right to write to a folder: from root, who may write anywhere, by mounting it read-only."""
    folder.chmod(0o500)
    bound = False
    try:
        if os.access(folder, os.W_OK):
            for options in (["--bind", str(folder), str(folder)], ["-o", "remount,ro,bind", str(folder)]):
                subprocess.run(["mount", *options], check=True)
                bound = True
        yield
    finally:
        if bound:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)
        folder.chmod(0o700)


@pytest.mark.skipif(sys.platform == "win32", reason="rights of folders are another matter there")
@pytest.mark.parametrize("made_before", [True, False])
def test_a_store_that_cannot_be_written_is_named(tmp_path: Path, made_before: bool) -> None:
    store = tmp_path / "store"
    store.mkdir()
    if made_before:
        with opened(store) as client:
            client.server.get()
    with _read_only(store):
        said = lodeline("server", "--store", str(store), "--port", str(free_port()), "--grpc-port", "off")
    assert said.returncode != 0
    assert str(store) in said.stderr
    assert "Traceback" not in said.stderr


def test_a_folder_that_is_no_store_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear.txt").write_text("hello")
    said = lodeline("server", "--store", str(tmp_path / "letters"), "--port", str(free_port()), "--grpc-port", "off")
    assert said.returncode != 0
    assert "not a Lodeline store" in said.stderr
    assert [path.name for path in (tmp_path / "letters").iterdir()] == ["dear.txt"]


def _digest(client: LodelineClient) -> str:
    """Return a digest of everything that a store shows but times of arrival and edit."""
    seen = sha256()
    experiments = client.experiments.search()
    traces = client.traces.search().all()
    judged = client.assessments.search().all()
    for experiment in sorted(experiments, key=lambda item: int(item.experiment_id)):
        seen.update(repr((experiment.experiment_id, experiment.name, experiment.created_ms)).encode())
    for trace in sorted(traces, key=lambda item: item.trace_id):
        seen.update(
            repr((trace.trace_id, trace.span_count, trace.size_bytes, trace.received_ms, trace.tags)).encode()
        )
    for item in sorted(judged, key=lambda item: item.assessment_id):
        seen.update(repr((item.assessment_id, item.name, item.value, item.revision, item.valid)).encode())
    assert len(traces) > 1_000
    assert len(judged) > 100
    return seen.hexdigest()


@pytest.mark.timeout(300)
def test_the_commands_of_make_run(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """What `make run` does, on a port of its own; the demonstration loaded twice is the same as loaded once."""
    recipe = MAKEFILE.read_text(encoding="utf-8").partition("\nrun:")[2].partition("\n\n")[0]
    lines = [line.strip() for line in recipe.splitlines()[1:]]
    assert [line.split()[1:3] for line in lines] == [["demo", "--store"], ["server", "--store"]]
    first = demonstration(tmp_path_factory)
    assert "Try:" in first.out
    store = first.copy(tmp_path / "store")
    with opened(store) as client:
        before = _digest(client)
    with serving(store) as server, server.client() as client:
        again = lodeline("demo", "--server", server.url, timeout_s=200)
        assert again.returncode == 0, again.stderr
        assert _digest(client) == before
        with httpx.Client(base_url=server.url) as http:
            assert http.get("/api/v1/docs").status_code == 200
    assert_consistent(store)
