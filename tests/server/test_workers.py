"""Several processes over one store: all serve, any may be killed, and nothing that was acknowledged is lost."""

import json
import signal
import socket
import sys
import threading
import time
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path

import httpx
import psutil
import pytest

from lodeline.auth.throttle import NAME_LIMIT
from lodeline.domain.errors import Invalid, Unsupported
from lodeline.server import workers as workers_module
from lodeline.server.app import close_app, create_app, jobs_of, services_of
from lodeline.server.settings import MAX_WORKERS, Settings, load_settings
from lodeline.server.worker import settings_of
from lodeline.server.workers import check_workers, share_of
from tests.e2e import harness
from tests.e2e.harness import (
    Server,
    assert_checked,
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

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="one process only")
_PATIENCE_S = 60.0
WAYS = sorted({False, workers_module.FORKS})
"""Of starting workers on this system: as programs of their own, and as forks."""


def running_workers(server: Server, count: int = 2) -> list[psutil.Process]:
    """Return the workers, the oldest first, which leads as long as none was replaced; wait until so many run."""
    until = time.monotonic() + _PATIENCE_S
    while True:
        found = psutil.Process(server.process.pid).children()
        running = [each for each in found if each.status() != psutil.STATUS_ZOMBIE]
        if len(running) == count:
            return sorted(running, key=lambda worker: worker.create_time())
        assert time.monotonic() < until, f"{len(running)} workers run:\n{server.said()}"
        time.sleep(0.02)


def suspend(worker: psutil.Process) -> None:
    """Stop a worker until it is resumed; it may still take a connection before it has stopped."""
    worker.suspend()
    until = time.monotonic() + _PATIENCE_S
    while worker.status() != psutil.STATUS_STOPPED:
        assert time.monotonic() < until
        time.sleep(0.002)


@contextmanager
def connected(server: Server, worker: psutil.Process, workers: Sequence[psutil.Process]) -> Generator[httpx.Client]:
    """Give a client that this worker answers: it connects while the others are stopped."""
    others = [other for other in workers if other != worker]
    with server.http() as http:
        for other in others:
            suspend(other)
        try:
            assert http.get("/health").status_code == 200
        finally:
            for other in others:
                other.resume()
        yield http


def test_every_worker_serves(tmp_path: Path) -> None:
    with serving(tmp_path / "store", "--workers", "3") as server:
        workers = running_workers(server, 3)
        for worker in workers:
            with connected(server, worker, workers) as http:
                assert post(http, export([span(str(worker.pid), 0)])).status_code == 200
        assert server.stop() == -signal.SIGTERM
        assert not any(worker.is_running() for worker in workers)


@pytest.mark.parametrize("behind", [0, 1])
def test_a_worker_that_has_fewer_connections_catches_up(tmp_path: Path, behind: int) -> None:
    """Without the tally one of the two never does: the other always looks first, and takes four of five.

    A worker that gets no processor for long enough leaves connections to the other, so any single one may go there.
    """
    with serving(tmp_path / "store", "--workers", "2") as server, ExitStack() as opened_ones:
        workers = running_workers(server)
        for worker in workers:
            with connected(server, worker, workers):
                pass
        lagging, leading = workers[behind], workers[1 - behind]
        suspend(lagging)
        for _ in range(8):
            _connect(server, workers, opened_ones)
        lagging.resume()
        port = httpx.URL(server.url).port or 0
        assert _connections(lagging, port) == 0
        for _ in range(200):
            if _connections(lagging, port) >= _connections(leading, port):
                break
            _connect(server, workers, opened_ones)
        counts = [_connections(worker, port) for worker in (lagging, leading)]
        assert counts[0] >= counts[1], counts


def _connect(server: Server, workers: Sequence[psutil.Process], opened_ones: ExitStack) -> None:
    """Open a connection that stays, and return when a worker has taken it."""
    address = httpx.URL(server.url)
    before = sum(_connections(worker, address.port or 0) for worker in workers)
    opened_ones.enter_context(socket.create_connection((address.host, address.port or 0), _PATIENCE_S))
    until = time.monotonic() + _PATIENCE_S
    while sum(_connections(worker, address.port or 0) for worker in workers) <= before:
        assert time.monotonic() < until
        time.sleep(0.005)


def _connections(worker: psutil.Process, port: int) -> int:
    found = worker.net_connections()
    return sum(each.status == psutil.CONN_ESTABLISHED and each.laddr.port == port for each in found)


@pytest.mark.parametrize("place", [0, 1], ids=["the one that leads", "another"])
def test_a_killed_worker_loses_nothing_and_is_replaced(tmp_path: Path, place: int) -> None:
    store, ledger = tmp_path / "store", Ledger()
    with serving(store, "--workers", "2", grpc=True) as server:
        before = running_workers(server)
        with sending([server], ledger, "load"):
            ledger.wait_for(40)
            before[place].kill()
        # A sender ends with the connection it loses: new ones come, as other programs do.
        with sending([server], ledger, "afterwards"):
            ledger.wait_for(ledger.count(Fate.ACKNOWLEDGED) + 20)
        after = running_workers(server)
        (new,) = set(after) - set(before)
        with connected(server, new, after) as http:
            assert post(http, export([span("new", 0)])).status_code == 200
        with server.client() as client:
            verify(client, ledger)
        assert server.stop() == -signal.SIGTERM
        assert "was ended by SIGKILL; starting it again" in server.said()
    with opened(store) as client:
        verify(client, ledger)
    assert_checked(store)


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGINT])
def test_stopping_finishes_the_requests_under_way(tmp_path: Path, by: signal.Signals) -> None:
    body = export([span("late", 0)])
    one_each = {"LODELINE_INGEST_REQUESTS_IN_FLIGHT": "2"}
    with serving(tmp_path / "store", "--workers", "2", env=one_each) as server:
        workers = running_workers(server)
        with connected(server, workers[0], workers) as http, _begun(server, workers, http, body) as slow:
            code: list[int] = []
            stopping = threading.Thread(target=lambda: code.append(server.stop(by=by)))
            stopping.start()
            time.sleep(0.3)  # the longer, the further the stop has come: it must wait all the same
            slow.sendall(body[1:])
            assert slow.recv(1_000).startswith(b"HTTP/1.1 200")
        stopping.join()
        assert code == [-signal.SIGTERM if by is signal.SIGTERM else 130]
        assert not any(worker.is_running() for worker in workers)
    with opened(tmp_path / "store") as client:
        assert client.traces.spans(trace_id("late"))


@contextmanager
def _begun(
    server: Server, workers: Sequence[psutil.Process], http: httpx.Client, body: bytes
) -> Generator[socket.socket]:
    """Give a connection on which a request to the first worker has begun; `http` is connected to that worker."""
    suspend(workers[1])
    try:
        (slow,) = occupied(server, http, body)
    finally:
        workers[1].resume()
    with slow:
        yield slow


def test_stopping_under_load_loses_nothing(tmp_path: Path) -> None:
    store, ledger = tmp_path / "store", Ledger()
    with serving(store, "--workers", "2", grpc=True) as server, sending([server], ledger, "load"):
        ledger.wait_for(40)
        assert server.stop() == -signal.SIGTERM
    with opened(store) as client:
        verify(client, ledger)
    assert_checked(store)


@pytest.mark.parametrize("forks", WAYS)
def test_workers_end_when_their_supervisor_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forks: bool
) -> None:
    program = (
        f"from lodeline.server import workers; workers.FORKS = {forks}; from lodeline.cli.main import main; main()"
    )
    monkeypatch.setattr(harness, "LODELINE", (sys.executable, "-c", program))
    store, ledger = tmp_path / "store", Ledger()
    with serving(store, "--workers", "2") as server:
        workers = running_workers(server)
        with sending([server], ledger, "load"):
            ledger.wait_for(10)
            server.kill()
        _, alive = psutil.wait_procs(workers, _PATIENCE_S)
        assert not alive
    with opened(store) as client:
        verify(client, ledger)


def test_a_worker_that_keeps_dying_ends_the_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    quick = "from lodeline.server import workers; workers.FIRST_PAUSE_S = 0.05; workers.DEATHS = 2"
    started = (sys.executable, "-c", f"{quick}; from lodeline.cli.main import main; main()")
    monkeypatch.setattr(harness, "LODELINE", started)
    with serving(tmp_path / "store", "--workers", "2") as server:
        first, second = running_workers(server)
        second.kill()
        second.wait(_PATIENCE_S)
        running_workers(server)[1].kill()
        assert server.process.wait(_PATIENCE_S) == 4
        assert "worker 2 died 2 times within 60 s, last it was ended by SIGKILL" in server.said()
        assert not first.is_running()


@pytest.mark.parametrize("forks", WAYS)
def test_a_worker_that_ends_before_it_hears_its_order_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forks: bool
) -> None:
    """Its line is closed then, while the supervisor writes."""
    doomed = (
        "from lodeline.server import workers; begin, begun = workers._Supervisor._begin, []\n"
        "def doom(*arguments):\n"
        "    begun.append(begin(*arguments))\n"
        "    if len(begun) == 3: begun[-1].send_signal(9); begun[-1].wait()\n"
        "    return begun[-1]\n"
        f"workers._Supervisor._begin = doom; workers.FORKS = {forks}; workers.FIRST_PAUSE_S = 0.05\n"
        "from lodeline.cli.main import main; main()"
    )
    monkeypatch.setattr(harness, "LODELINE", (sys.executable, "-c", doomed))
    with serving(tmp_path / "store", "--workers", "2") as server:
        running_workers(server)[1].kill()
        until = time.monotonic() + _PATIENCE_S
        while server.said().count("was ended by SIGKILL; starting it again") < 2:
            assert time.monotonic() < until, server.said()
            time.sleep(0.02)
        running_workers(server)
        assert server.stop() == -signal.SIGTERM


@pytest.mark.skipif(not workers_module.FORKS, reason="no forks here")
def test_a_worker_that_cannot_be_forked_is_started_again_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = (
        "import os; from lodeline.server import workers; fork, tries = os.fork, []\n"
        "def forking():\n"
        "    tries.append(1)\n"
        "    if len(tries) == 3: raise BlockingIOError(11, 'Resource temporarily unavailable')\n"
        "    return fork()\n"
        "os.fork = forking; workers.FIRST_PAUSE_S = 0.05\n"
        "from lodeline.cli.main import main; main()"
    )
    monkeypatch.setattr(harness, "LODELINE", (sys.executable, "-c", full))
    with serving(tmp_path / "store", "--workers", "2") as server:
        running_workers(server)[1].kill()
        until = time.monotonic() + _PATIENCE_S
        while "could not be started (Resource temporarily unavailable)" not in server.said():
            assert time.monotonic() < until, server.said()
            time.sleep(0.02)
        assert len(running_workers(server)) == 2


def test_what_stops_a_start_is_said_as_with_one_process(tmp_path: Path) -> None:
    store = tmp_path / "store"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        busy = lodeline("server", "--workers", "2", "--store", str(store), "--port", str(port))
    assert (busy.returncode, busy.stdout) == (5, "")
    assert f"port {port} on 127.0.0.1 is taken by another program" in busy.stderr
    open_door = lodeline("server", "--workers", "2", "--store", str(store), "--host", "0.0.0.0")
    assert open_door.returncode == 2
    assert "auth is off" in open_door.stderr
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "notes.txt").write_text("mine")
    other = lodeline("server", "--workers", "2", "--store", str(foreign), "--port", str(free_port()))
    assert other.returncode == 5
    assert "is not a Lodeline store" in other.stderr


def test_a_store_in_memory_has_one_process() -> None:
    refused = lodeline("server", "--workers", "2", "--store", "memory:", "--port", str(free_port()))
    assert refused.returncode == 6
    assert "is for one process only" in refused.stderr
    with pytest.raises(Unsupported, match="one process only"):
        check_workers(Settings(store="memory:", workers=2))


@pytest.mark.parametrize("count", ["0", "-1", str(MAX_WORKERS + 1), "two"])
def test_a_senseless_number_of_workers_is_refused(count: str) -> None:
    with pytest.raises(Invalid, match="workers"):
        load_settings(flags={"workers": count})


def test_the_command_line_refuses_no_workers() -> None:
    refused = lodeline("server", "--workers", "0", "--store", "memory:")
    assert refused.returncode == 2
    assert "workers" in refused.stderr


def test_workers_divide_what_is_in_flight() -> None:
    share = share_of(Settings(workers=3, ingest_bytes_in_flight=100, ingest_requests_in_flight=7))
    assert (share.ingest_bytes_in_flight, share.ingest_requests_in_flight) == (34, 3)
    assert share.ingest_processes == 0


def test_settings_reach_a_worker_as_they_are() -> None:
    settings = Settings(workers=2, grpc_port=None, allowed_hosts=("a.example", "b.example"), job_interval_s=0.5)
    assert settings_of(json.loads(json.dumps(asdict(settings)))) == settings


def test_only_the_worker_that_leads_runs_the_jobs_of_the_store() -> None:
    settings = Settings(store="memory:")
    app = create_app(settings, leads=False)
    try:
        services = services_of(app)
        assert [job.name for job in jobs_of(services, settings, leads=False)] == ["key-uses"]
        leading = [job.name for job in jobs_of(services, settings)]
        assert leading == ["reaper", "retention", "labeling-rules", "parking", "budgets", "purges", "key-uses"]
    finally:
        close_app(app)


def test_a_deleted_experiment_is_refused_by_every_worker_at_once(tmp_path: Path) -> None:
    with serving(tmp_path / "store", "--workers", "2") as server:
        workers = running_workers(server)
        with server.http() as http:
            made = http.post("/api/v1/experiments", json={"name": "app"}).json()["experiment_id"]
        with connected(server, workers[0], workers) as one, connected(server, workers[1], workers) as other:
            for name, http in (("one", one), ("other", other)):
                assert post(http, export([span(name, 0)]), experiment=made).content == b""
            assert one.delete(f"/api/v1/experiments/{made}").status_code == 200
            refused = post(other, export([span("after", 0)]), experiment=made)
            assert b"is deleted" in refused.content
            assert other.get(f"/api/v1/traces/{trace_id('after')}").status_code == 404


def test_refused_logins_are_counted_by_all_workers_together(tmp_path: Path) -> None:
    with serving(tmp_path / "store", "--workers", "2", "--auth") as server:
        workers = running_workers(server)
        with connected(server, workers[0], workers) as one, connected(server, workers[1], workers) as other:

            def guess(http: httpx.Client) -> int:
                return http.post("/api/v1/login", json={"name": "ada", "password": "not the one"}).status_code

            guesses = [guess(http) for http in (one, other) * 4]
        assert guesses == [401] * NAME_LIMIT.free + [429] * (8 - NAME_LIMIT.free)


def _asked_for_body(server: Server, path: str) -> socket.socket:
    """Return a connection on which a request has begun: the server has asked for its body, which never comes."""
    url = httpx.URL(server.url)
    made = socket.create_connection((url.host, url.port or 80), timeout=_PATIENCE_S)
    head = ("Content-Type: application/json", "Content-Length: 10", "Expect: 100-continue")
    made.sendall("\r\n".join((f"POST {path} HTTP/1.1", f"Host: {url.host}", *head, "", "")).encode())
    said = b""
    while not said.endswith(b"\r\n\r\n"):
        said += made.recv(1)
    assert said.startswith(b"HTTP/1.1 100 ")
    return made


@pytest.mark.parametrize("workers", [1, 2])
def test_a_stop_tells_the_requests_that_it_cuts_to_come_again(tmp_path: Path, workers: int) -> None:
    doors = {
        "/v1/traces": b'"code":',
        "/api/2.0/mlflow/runs/create": b'"error_code":"TEMPORARILY_UNAVAILABLE"',
        "/api/v1/experiments": b'"code":"stopping"',
    }
    env = {"LODELINE_SHUTDOWN_TIMEOUT_S": "1"}
    with serving(tmp_path / "store", "--workers", str(workers), env=env) as server, ExitStack() as stack:
        begun = [stack.enter_context(_asked_for_body(server, path)) for path in doors for _ in range(2)]
        server.process.send_signal(signal.SIGTERM)
        for connection, own in zip(begun, [own for own in doors.values() for _ in range(2)], strict=True):
            answer = b"".join(iter(lambda connection=connection: connection.recv(65_536), b""))
            head, _, body = answer.partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 503 "), answer
            assert b"\r\nretry-after: 1\r\n" in head.lower() + b"\r\n"
            assert own in body.replace(b": ", b":"), answer
            assert b"the server is stopping" in body
        server.process.wait(harness.STOP_TIMEOUT_S)
        assert "Traceback" not in server.said()
