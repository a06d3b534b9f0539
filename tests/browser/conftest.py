"""A headless Chromium and real servers with built pages for the journeys.

Outside CI they are skipped where there is no Chromium or no built page; in CI that is a failure.
"""

import os
from collections.abc import Generator, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from lodeline.server.pages import APP_DIRECTORY
from tests.browser.watching import Watched, watched
from tests.e2e.demonstration import demonstration
from tests.e2e.harness import Server, serving
from tools.chromium import FLAGS, NOT_FOUND, chromium_path

PATIENCE_MS = 15_000


def missing(what: str) -> None:
    """Fail in CI, skip elsewhere."""
    if os.environ.get("CI"):
        pytest.fail(what)
    pytest.skip(what)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for all journeys; each has a context of its own."""
    path = chromium_path()
    if path is None:
        missing(NOT_FOUND)
    if not (APP_DIRECTORY / "index.html").is_file():
        missing("the web page is not built; run make ui")
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=list(FLAGS), headless=True)
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Server]:
    """A server with the demonstration data; journeys change nothing in it but what they make themselves."""
    assert browser.is_connected()
    store = demonstration(tmp_path_factory).copy(tmp_path_factory.mktemp("demo") / "store")
    with serving(store) as server:
        yield server


@pytest.fixture
def visit(browser: Browser, demo: Server) -> Generator[Watched]:
    """A page at the demonstration server. Afterwards: no error in its console, nothing asked of another origin."""
    with watched(browser, demo.url) as made:
        yield made


@pytest.fixture
def page(visit: Watched) -> Page:
    """The page of `visit`."""
    return visit.page


@pytest.fixture
def api(demo: Server) -> Iterator[httpx.Client]:
    """A client of the demonstration server's API."""
    with httpx.Client(base_url=f"{demo.url}/api/v1", timeout=60) as client:
        yield client


@pytest.fixture
def downloads(tmp_path: Path) -> Path:
    """A folder for what a page hands out."""
    return tmp_path
