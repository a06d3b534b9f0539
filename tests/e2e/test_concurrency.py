"""Many readers and writers at once, over one and over two processes: no errors, and cursors that neither skip nor
repeat; back-pressure where more comes than is taken."""

import threading
import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from lodeline.domain.analytics import TraceCount
from lodeline.sdk.client.clients import LodelineClient
from tests.e2e.harness import (
    PROTOBUF,
    Server,
    assert_checked,
    export,
    judgment,
    occupied,
    opened,
    post,
    serving,
    span,
    trace_id,
)
from tests.e2e.load import Ledger, sending, verify, word

MIB = 2**20
ORDERS = ("", "received asc", "duration desc, start", "name asc")
EDITORS = 2
_OLD = 150


class Crowd:
    """Threads that repeat something, each with a client of its own."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self._pool = pool
        self._stop = threading.Event()
        self._running: dict[str, Future[int]] = {}

    def add(self, name: str, server: Server, work: Callable[[LodelineClient, int], None]) -> None:
        """Begin one; `work` is given how often it ran before."""

        def run() -> int:
            times = 0
            with server.client() as client:
                while not self._stop.is_set():
                    work(client, times)
                    times += 1
            return times

        self._running[name] = self._pool.submit(run)

    def disperse(self) -> dict[str, int]:
        """Stop all, and return how often each ran; raises what any of them raised."""
        self._stop.set()
        return {name: running.result(60) for name, running in self._running.items()}


@contextmanager
def crowd() -> Generator[Crowd]:
    """Give a crowd, which never outlives the block."""
    with ThreadPoolExecutor(32) as pool:
        made = Crowd(pool)
        try:
            yield made
        finally:
            made.disperse()


def _old(number: int) -> str:
    return f"old-{number}"


def _fill(store: Path) -> set[str]:
    """Store traces that stay as they are, and return their ids."""
    names = [_old(number) for number in range(_OLD)]
    with opened(store) as client:
        body = export([span(name, index, text=word(name)) for name in names for index in range(2)])
        client.otlp.export(body, experiment="0")
    return {trace_id(name) for name in names}


def _walker(order: str, old: set[str]) -> Callable[[LodelineClient, int], None]:
    """Go through pages while others write, until every old row was met: none may be skipped or come twice."""

    def walk(client: LodelineClient, _: int) -> None:
        met: list[str] = []
        cursor: str | None = None
        while len(met) < len(old):
            page = next(client.traces.search(order=order, limit=20, cursor=cursor).pages())
            met += [trace.trace_id for trace in page.items if trace.trace_id in old]
            assert not page.partial
            cursor = page.cursor
            if cursor is None:
                break
        assert sorted(met) == sorted(old), f"order {order!r}"

    return walk


def _search(client: LodelineClient, times: int) -> None:
    name = _old(times % _OLD)
    found = client.traces.search(filter=f"text ~ '{word(name)}'", limit=50)
    assert [trace.trace_id for trace in found] == [trace_id(name)]


def _editor(who: str) -> Callable[[LodelineClient, int], None]:
    """Edit traces that others edit at the same time."""

    def edit(client: LodelineClient, times: int) -> None:
        ident = trace_id(_old(times % 5))
        client.traces.tag(ident, {f"{who} {times}": "x"})
        client.assessments.log(judgment(ident, who, times))

    return edit


def _hammer(servers: Sequence[Server], old: set[str], ledger: Ledger, duration_s: float) -> dict[str, int]:
    """Write, read and edit for a while; return how often each of the crowd ran."""
    with crowd() as made, sending(servers, ledger, "new", connections=2):
        for index, server in enumerate(servers):
            for order in ORDERS:
                made.add(f"walk {order} {index}", server, _walker(order, old))
            made.add(f"search {index}", server, _search)
            for number in range(EDITORS):
                made.add(f"edit {index}.{number}", server, _editor(f"edit {index}.{number}"))
        time.sleep(duration_s)
        counts = made.disperse()
    assert min(counts.values()) >= 1, counts
    return counts


def _hold(store: Path, counts: dict[str, int], ledger: Ledger) -> None:
    """Nothing that was acknowledged is lost, whoever wrote beside."""
    with opened(store) as client:
        verify(client, ledger)
        traces = [client.traces.get(trace_id(_old(number))).trace for number in range(5)]
        tags = [key for each in traces for key in each.tags]
        judged = client.assessments.search().all()
        for name, count in counts.items():
            if name.startswith("edit"):
                assert sorted(key for key in tags if key.startswith(name)) == sorted(
                    f"{name} {n}" for n in range(count)
                )
                assert sorted(int(str(item.value)) for item in judged if item.name == name) == list(range(count))
    assert_checked(store)


def _concurrent(store: Path, *, processes: int, duration_s: float) -> None:
    ledger = Ledger()
    old = _fill(store)
    with serving(store, grpc=True) as first:
        if processes == 1:
            counts = _hammer([first], old, ledger, duration_s)
        else:
            with serving(store) as second:
                counts = _hammer([first, second], old, ledger, duration_s)
                assert "incident" not in second.said()
        assert "incident" not in first.said()
    _hold(store, counts, ledger)


@pytest.mark.parametrize("processes", [1, 2])
def test_readers_and_writers(tmp_path: Path, processes: int) -> None:
    _concurrent(tmp_path / "store", processes=processes, duration_s=3)


@pytest.mark.soak
@pytest.mark.parametrize("processes", [1, 2])
def test_readers_and_writers_for_long(tmp_path: Path, processes: int) -> None:
    _concurrent(tmp_path / "store", processes=processes, duration_s=120)


def test_back_pressure(tmp_path: Path) -> None:
    """Far more is sent at once than is taken in: senders are told to wait, and memory stays bounded."""
    bounds = {"LODELINE_INGEST_REQUESTS_IN_FLIGHT": "3", "LODELINE_INGEST_BYTES_IN_FLIGHT": str(4 * MIB)}
    senders, each = 12, 6
    with serving(tmp_path / "store", env=bounds) as server:
        with server.http() as http:
            assert post(http, _megabyte("warm")).status_code == 200
        rss_before = server.rss_bytes()
        rss_most = rss_before
        with ThreadPoolExecutor(senders) as pool:
            jobs = [pool.submit(_insist, server, [f"{n}-{m}" for m in range(each)]) for n in range(senders)]
            while not all(job.done() for job in jobs):
                rss_most = max(rss_most, server.rss_bytes())
                time.sleep(0.02)
            waited = sum(job.result() for job in jobs)
        assert waited > 0
        assert rss_most < 2 * rss_before + 64 * MIB
        with server.client() as client:
            assert client.analytics.count() == TraceCount(senders * each + 1, exact=True)


def _megabyte(name: str) -> bytes:
    return export([span(name, index, text=f"{name} " * 30_000) for index in range(5)])


def _insist(server: Server, names: Sequence[str]) -> int:
    """Send each request until it is taken; return how often the server said to wait."""
    waited = 0
    with server.http() as http:
        for name in names:
            body = _megabyte(name)
            while (answer := post(http, body)).status_code != 200:
                assert answer.status_code == 503
                assert int(answer.headers["retry-after"]) >= 1
                assert answer.headers["content-type"] == PROTOBUF
                waited += 1
                time.sleep(0.05)
    return waited


def test_senders_that_never_finish_are_given_up(tmp_path: Path) -> None:
    """They hold the places of others only for as long as a request may take to arrive."""
    bounds = {"LODELINE_INGEST_REQUESTS_IN_FLIGHT": "2", "LODELINE_BODY_TIMEOUT_S": "5"}
    with serving(tmp_path / "store", env=bounds) as server, server.http() as http:
        body = export([span("patient", 0)])
        stuck = occupied(server, http, body, places=2)
        until = time.monotonic() + 60
        while (answer := post(http, body)).status_code != 200:
            assert answer.status_code == 503
            assert time.monotonic() < until, "two stuck senders keep everybody out"
            time.sleep(0.1)
        for each in stuck:
            with each:
                assert b" 503 " in each.recv(1_000)
