"""Journeys over many generated traces: a few thousand always, a hundred thousand as a soak test."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from bench import data
from bench.corpus import SCORE_NAME, fill
from lodeline.domain.ids import DEFAULT_EXPERIMENT
from tests.browser.watching import Watched, watched
from tests.e2e.harness import Server, serving

TRACES = f"/experiments/{DEFAULT_EXPERIMENT}/traces"
TURNS = data.TURNS


@dataclass(frozen=True, slots=True)
class Many:
    """A server with traces `data.facts(0)` to `data.facts(count - 1)`."""

    server: Server
    count: int

    def expected(self, true_of: str) -> int:
        """Return how many traces a fact is true of."""
        return sum(bool(getattr(data.facts(number, data.SMALL), true_of)) for number in range(self.count))


@pytest.fixture(scope="module", params=[3_000, pytest.param(100_000, marks=pytest.mark.soak)])
def many(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, browser: Browser
) -> Iterator[Many]:
    """A server over a store filled directly."""
    assert browser.is_connected()
    count: int = request.param
    store = tmp_path_factory.mktemp("many") / "store"
    fill(store, count, data.SMALL, giant_spans=100)
    with serving(store) as server:
        yield Many(server, count)


@pytest.fixture
def seen(browser: Browser, many: Many) -> Iterator[Watched]:
    """A page at that server."""
    with watched(browser, many.server.url) as made:
        yield made


def total(page: Page):
    return page.get_by_role("heading", name=re.compile("^Traces"))


def search(page: Page, wanted: str) -> None:
    box = page.get_by_role("combobox", name="Filter")
    box.fill(wanted)
    box.press("Escape")
    box.press("Enter")


def test_a_failed_trace_and_the_cause_of_a_hidden_failure_are_found(seen: Watched, many: Many):
    page = seen.open(f"/experiments/{DEFAULT_EXPERIMENT}")
    page.get_by_role("link", name="Latest failures").click()
    expect(total(page)).to_contain_text(f"{many.expected('failed'):,} traces")
    page.get_by_role("grid").get_by_role("link", name="answer_question").first.click()
    expect(page.get_by_text("the answer was empty").first).to_be_visible()
    page.go_back()
    search(page, "state = 'OK' AND error_count > 0")
    expect(total(page)).to_contain_text(f"{many.expected('failed_call'):,} traces")
    page.get_by_role("grid").get_by_role("link", name="answer_question").first.click()
    expect(page.get_by_role("treeitem", selected=True)).to_contain_text("call_api")
    expect(page.get_by_role("region", name="The span")).to_contain_text("upstream answered 503")


def test_text_and_score_narrow_the_list_to_what_the_server_counts(seen: Watched, many: Many):
    page = seen.open(TRACES)
    expect(total(page)).to_contain_text(f"{many.count:,} traces")
    search(page, f"text ~ '{data.COMMON_WORD}'")
    expect(total(page)).to_contain_text(f"{many.expected('common'):,} traces")
    with httpx.Client(base_url=f"{many.server.url}/api/v1", timeout=60) as api:
        judged = data.facts(many.count - many.count % 10 - 5, data.SMALL)
        request = str(api.get(f"/traces/{judged.trace_id}").json()["trace"]["request"])
        word = max(request.split()[1:-1], key=len)
        wanted = f"feedback.{SCORE_NAME} <= {judged.score} AND text ~ '{word}'"
        count = int(api.get("/traces/count", params={"experiment": "0", "filter": wanted}).json()["count"])
    assert 0 < count < many.count // 10
    search(page, wanted)
    expect(total(page)).to_contain_text(re.compile(rf"\b{count:,} trace"))
    expect(page.get_by_role("grid").get_by_role("link", name="answer_question").first).to_be_visible()


def test_a_session_is_followed_from_the_list_to_a_turn(seen: Watched, many: Many):
    last = data.facts(many.count - 1, data.SMALL)
    page = seen.open(f"/experiments/{DEFAULT_EXPERIMENT}/sessions")
    page.get_by_role("link", name=last.session).click()
    turns = page.get_by_role("link", name=re.compile(r"^Turn \d"))
    expect(turns).to_have_count(TURNS)
    turns.nth(TURNS - 1).click()
    expect(page.get_by_role("treeitem").first).to_contain_text("answer_question")
    assert last.trace_id in page.url
    page.get_by_role("link", name=last.session).click()
    expect(turns).to_have_count(TURNS)


def test_traces_are_judged_by_keyboard_from_the_list_and_back(seen: Watched, many: Many):
    page = seen.open(f"{TRACES}?filter=error_count+%3D+0")
    grid = page.get_by_role("grid")
    expect(grid.get_by_role("link", name="answer_question").first).to_be_visible()
    grid.focus()
    for key in ("j", "j", "Enter"):
        page.keyboard.press(key)
    page.get_by_role("tree").focus()
    page.keyboard.press("a")
    page.keyboard.type("by_keys")
    page.keyboard.press("Tab")
    page.keyboard.type("yes")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("article").filter(has_text="by_keys")).to_contain_text("true")
    page.go_back()
    search(page, "feedback.by_keys = true")
    expect(total(page)).to_have_text(re.compile(r"^Traces\s+1 trace$"))


def test_a_long_list_is_scrolled_page_after_page(seen: Watched):
    page = seen.open(TRACES)
    grid = page.get_by_role("grid")
    grid.focus()
    for reached in (100, 200, 300):
        page.keyboard.press("End")
        expect(grid.locator(f"[aria-rowindex='{reached + 1}']")).to_be_visible()
        page.wait_for_function(
            "n => document.querySelector('h1').innerHTML.includes(`${n} loaded`)", arg=reached + 100
        )
    assert grid.get_by_role("row").count() < 100
