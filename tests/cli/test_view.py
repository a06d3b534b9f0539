"""Where people see what commands and evaluations are about: only where a server serves the page."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from lodeline.cli.options import Use
from lodeline.cli.output import Output
from lodeline.cli.trace_view import show_trace
from lodeline.domain.ids import DEFAULT_EXPERIMENT, RunId
from lodeline.local import connect
from lodeline.sdk.client.clients import LodelineClient
from lodeline.sdk.client.inprocess import InProcessTransport
from lodeline.sdk.evaluation.result import EvaluationResult
from lodeline.server import pages
from tests.cli.conftest import Lodeline
from tests.server.test_otlp import ONE
from tests.server.world import BASE, World, request_of, serve


@pytest.fixture
def world() -> Iterator[World]:
    with serve() as opened:
        opened.send(request_of(ONE))
        yield opened


@pytest.fixture
def served(world: World, tmp_path: Path) -> Iterator[LodelineClient]:
    """A client of a server that has a page."""
    (tmp_path / "index.html").write_text('<!doctype html><body><div id="root"></div></body>')
    world.app.router.routes[:0] = pages.routes(tmp_path)
    with InProcessTransport(world.app) as transport, LodelineClient(BASE, transport=transport) as client:
        yield client


def test_the_page_is_built_around_what_tells_it() -> None:
    root = Path(__file__).parent.parent.parent
    assert '<div id="root">' in (root / "ui" / "index.html").read_text()
    assert '<div id="root">' not in (root / "src" / "lodeline" / "server" / "static" / "unbuilt.html").read_text()


def test_an_address_is_that_of_the_page(served: LodelineClient) -> None:
    assert served.page_url("7") == f"{BASE}/experiments/7"
    assert served.page_url("7", "sessions", "a/b c?") == f"{BASE}/experiments/7/sessions/a%2Fb%20c%3F"


def test_a_command_says_where_people_see_what_it_shows(
    served: LodelineClient, capsys: pytest.CaptureFixture[str]
) -> None:
    show_trace(Use(served, Output()), f"tr-{ONE}", content=False, most_spans=9)
    assert f"View: {BASE}/experiments/0/traces/tr-{ONE}\n" in capsys.readouterr().out
    show_trace(Use(served, Output(as_json=True)), f"tr-{ONE}", content=False, most_spans=9)
    assert "View" not in capsys.readouterr().out


def test_a_store_that_nobody_serves_has_no_address(lodeline: Lodeline, store: Path) -> None:
    assert "View" not in lodeline("experiments", "create", "x", store=store).out
    with connect(store) as client:
        assert client.page_url("0") is None


def test_a_server_without_a_page_or_that_is_away_has_no_address(world: World, tmp_path: Path) -> None:
    world.app.router.routes[:0] = pages.routes(tmp_path)
    with InProcessTransport(world.app) as transport, LodelineClient(BASE, transport=transport) as client:
        assert client.page_url("0") is None
    with LodelineClient("http://127.0.0.1:9", max_retries=0) as client:
        assert client.page_url("0") is None


def test_an_evaluation_says_where_people_see_it() -> None:
    url = f"{BASE}/experiments/0/evaluations/r"
    result = EvaluationResult(RunId("r"), "first", DEFAULT_EXPERIMENT, "COMPLETED", (), (), url=url)
    assert str(result).endswith(f"\nView: {url}")
    assert "View" not in str(dataclasses.replace(result, url=None))
