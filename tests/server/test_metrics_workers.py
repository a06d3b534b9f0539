"""Figures of several processes: whichever is asked shows the sums, and what a dead one counted stays."""

import signal
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.e2e import harness
from tests.e2e.harness import begun_request, export, post, serving, span
from tests.server.scraped import Scrape, scrape
from tests.server.test_grpc import until
from tests.server.test_metrics import send
from tests.server.test_workers import WAYS, connected, running_workers, suspend
from tests.server.world import request_of

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="one process only")
SPANS, REQUESTS = "lodeline_ingest_spans_total", "lodeline_http_requests_total"
HELD = "lodeline_ingest_requests_under_way"


@pytest.mark.parametrize("forks", WAYS)
def test_figures_are_of_all_workers_and_outlive_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forks: bool
) -> None:
    program = f"from lodeline.server import workers; workers.FORKS = {forks}; workers.FIRST_PAUSE_S = 0.05"
    start = (sys.executable, "-c", f"{program}; from lodeline.cli.main import main; main()")
    monkeypatch.setattr(harness, "LODELINE", start)
    folders = tmp_path / "temporary"
    folders.mkdir()
    with serving(
        tmp_path / "store", "--workers", "2", "--metrics", grpc=True, env={"TMPDIR": str(folders)}
    ) as server:
        (folder,) = folders.glob("lodeline-figures-*")
        assert folder.stat().st_mode & 0o077 == 0
        workers = running_workers(server)
        with connected(server, workers[0], workers) as one, connected(server, workers[1], workers) as other:
            assert post(one, export([span("one", 0)])).status_code == 200
            assert post(other, export([span("other", 0), span("other", 1)])).status_code == 200
            assert send(server.grpc or "", request_of("01" * 16))
            _all_say(lambda found: _counted(found) == (3, 1, 2), one, other)
            workers[1].kill()
            until(lambda: "was ended by SIGKILL" in server.said())
            assert _counted(scrape(one)) == (3, 1, 2)
        workers = running_workers(server)
        with connected(server, workers[0], workers) as one, connected(server, workers[1], workers) as new:
            _all_say(lambda found: _counted(found) == (3, 1, 2), one, new)
            assert post(new, export([span("new", 0)])).status_code == 200
            _all_say(lambda found: _counted(found) == (4, 1, 3), one, new)
            assert {file.stem.rpartition("_")[2] for file in folder.iterdir()} == {"0", "1"}
        assert server.stop() == -signal.SIGTERM
    assert list(folders.iterdir()) == []


def test_what_is_under_way_is_of_all_workers_that_live(tmp_path: Path) -> None:
    body = export([span("slow", 0)])
    folders = tmp_path / "temporary"
    folders.mkdir()
    flags, env = ("--workers", "2", "--metrics"), {"TMPDIR": str(folders)}
    with serving(tmp_path / "store", *flags, env=env) as server, server.http() as http:
        first, second = workers = running_workers(server)
        with connected(server, first, workers) as one:
            suspend(first)
            try:
                slow = begun_request(server, body)
                until(lambda: scrape(http).value(HELD) == 1)
            finally:
                first.resume()
            with slow:
                until(lambda: scrape(one).value(HELD) == 1)
                second.kill()
                until(lambda: scrape(one).value(HELD) == 0)
        assert len(list(folders.iterdir())) == 1
        server.kill()
        until(lambda: not list(folders.iterdir()))  # the workers remove what their supervisor cannot


def _counted(found: Scrape) -> tuple[float, float, float]:
    """Return the spans that came over HTTP and over gRPC, and the requests of the former."""
    return (
        found.total(SPANS, protocol="http", outcome="accepted"),
        found.total(SPANS, protocol="grpc", outcome="accepted"),
        found.total(REQUESTS, route="/v1/traces"),
    )


def _all_say(holds: Callable[[Scrape], bool], *clients: httpx.Client) -> None:
    """Wait until a scrape of each says so: a request is counted when its answer has gone."""
    for client in clients:
        until(lambda client=client: holds(scrape(client)))
