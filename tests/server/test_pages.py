"""The web page as the server serves it: the index, its policy, assets and their codings."""

import gzip
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.testclient import TestClient

from lodeline.server.pages import NONCE, PAGES, lost_page, routes
from tests.server.world import serve


@pytest.fixture
def built(tmp_path: Path) -> TestClient:
    """Return a client of a page with one script, also compressed."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "index.html").write_text(f'<!doctype html><script nonce="{NONCE}" src="/assets/a-1.js"></script>')
    (tmp_path / "assets" / "a-1.js").write_text("one")
    (tmp_path / "assets" / "a-1.js.gz").write_bytes(gzip.compress(b"one"))
    return TestClient(Starlette(routes=routes(tmp_path)))


def nonce_of(text: str) -> str:
    return text.partition('nonce="')[2].partition('"')[0]


@pytest.mark.parametrize("path", PAGES)
def test_every_page_route_returns_the_index(path: str, built: TestClient):
    answer = built.get(path.replace("{rest:path}", "1/traces/tr-%2F").replace("{trace_id}", "tr-1"))
    assert answer.status_code == 200
    assert "/assets/a-1.js" in answer.text


def test_each_answer_has_a_nonce_of_its_own_for_styles_only(built: TestClient):
    first, second = built.get("/"), built.get("/")
    assert nonce_of(first.text) != nonce_of(second.text)
    policy = first.headers["content-security-policy"]
    assert f"style-src 'self' 'nonce-{nonce_of(first.text)}';" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy


def test_the_index_is_never_cached():
    with serve() as world:
        assert world.client.get("/").headers["cache-control"] in {"no-store", "no-cache"}


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [("gzip, br", "gzip"), ("gzip;q=0", None), ("gzip; q=0.5", "gzip"), ("identity", None), ("", None)],
)
def test_an_asset_comes_in_a_coding_that_the_browser_takes(accepted: str, coding: str | None, built: TestClient):
    answer = built.get("/assets/a-1.js", headers={"accept-encoding": accepted})
    assert answer.text == "one"
    assert answer.headers.get("content-encoding") == coding
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-type"].startswith("text/javascript")


@pytest.mark.parametrize("path", ["/assets/a-1.js.gz", "/assets/none.js", "/assets/..%2Fsecret.txt", "/nothing"])
def test_nothing_else_is_served(path: str, built: TestClient):
    assert built.get(path).status_code == 404


def test_a_page_that_is_not_built_says_how_to_build_it(tmp_path: Path):
    answer = TestClient(Starlette(routes=routes(tmp_path / "none"))).get("/experiments")
    assert "make ui" in answer.text


BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def lost_client(directory: Path) -> TestClient:
    """Return a client of an app without routes that shows lost browsers the page of `directory`."""

    async def lost(request: Request, error: Exception) -> Response:
        return await lost_page(request, directory) or Response(str(error), status_code=404)

    return TestClient(Starlette(exception_handlers={HTTPException: lost}))


def test_a_browser_at_an_unknown_address_gets_the_page_which_leads_back(tmp_path: Path, built: TestClient):
    assert built.get("/").status_code == 200
    answer = lost_client(tmp_path).get("/nonsense", headers=BROWSER)
    assert answer.status_code == 404
    assert "/assets/a-1.js" in answer.text
    assert f"'nonce-{nonce_of(answer.text)}'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("GET", "/nonsense", {"accept": "application/json"}),
        ("POST", "/nonsense", BROWSER),
        ("GET", "/api/v1/nonsense", BROWSER),
        ("GET", "/v1/nonsense", BROWSER),
        ("GET", "/assets/nonsense", BROWSER),
    ],
)
def test_programs_and_interfaces_get_no_page(
    method: str, path: str, headers: dict[str, str], tmp_path: Path, built: TestClient
):
    assert built.get("/").status_code == 200
    assert "/assets/" not in lost_client(tmp_path).request(method, path, headers=headers).text


def test_the_server_answers_programs_with_a_problem_and_browsers_with_a_page():
    with serve() as world:
        program = world.client.get("/nonsense", headers={"accept": "application/json"})
        browser = world.client.get("/nonsense", headers=BROWSER)
    assert (program.status_code, program.json()["code"]) == (404, "route_not_found")
    assert (browser.status_code, browser.headers["content-type"]) == (404, "text/html; charset=utf-8")
