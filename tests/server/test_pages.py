"""The web page as the server serves it: the index, its policy, assets and their codings."""

import gzip
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from lodeline.server.pages import NONCE, PAGES, routes
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
