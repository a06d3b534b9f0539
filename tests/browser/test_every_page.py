"""What holds for every page: accessibility, in light and dark, wide and narrow; and a small first load."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from lodeline.sdk.client.clients import LodelineClient
from lodeline.server.pages import APP_DIRECTORY
from tests.browser.labeled import labeled
from tests.browser.watching import Watched
from tests.e2e.harness import Server

AXE = Path(__file__).parents[2] / "ui" / "node_modules" / "axe-core" / "axe.min.js"
FAILED = "tr-8d28a12c9501e4ca15f6725b793625c5"
RULES = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]}
COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
"""Those of `RULES` that look at colours: all that dark can change for axe where the elements are the same."""
ELEMENTS = "document.body.outerHTML"
MAX_FIRST_LOAD = 400_000
MAX_SHIFT = 0.02
"""Of the Layout Instability API's score, of which 0.1 is called good."""
WATCH_SHIFTS = """
window.shifts = [];
new PerformanceObserver((list) => {
  for (const each of list.getEntries()) if (!each.hadRecentInput) window.shifts.push({
    value: each.value, moved: each.sources.map(({ node }) => (node?.outerHTML ?? node?.textContent)?.slice(0, 120)),
  });
}).observe({ type: "layout-shift", buffered: true });
"""
ANSWER_SLOWLY = """
window.waiting = 0;
window.asked = 0;
const ask = window.fetch;
window.fetch = async (...request) => {
  window.waiting += 1;
  window.asked += 1;
  const place = window.asked;
  try {
    const answer = await ask(...request);
    await new Promise((done) => setTimeout(done, delayOf(place)));
    return answer;
  } finally {
    setTimeout(() => { window.waiting -= 1; }, 100);
  }
};
"""
"""Each answer arrives in a moment of its own, so that what shifts when two of them change places is seen."""
ORDERS = {
    "first-first": "const delayOf = (place) => 100 * place;",
    "last-first": "const delayOf = (place) => 1000 - 100 * Math.min(9, place);",
}
TRIES = 6
PAGES = (
    "/experiments",
    "/experiments/{airline}",
    "/experiments/0",
    "/experiments/{airline}/traces",
    f"/traces/{FAILED}",
    "/experiments/{airline}/sessions",
    "/experiments/{airline}/sessions/airline-task-34-trial-3",
    "/experiments/{airline}/users",
    "/experiments/{airline}/issues",
    "/experiments/{airline}/compare",
    "/experiments/{maths}/evaluations",
    "/experiments/{maths}/evaluations/{run}?scorer=correct",
    "/experiments/{maths}/evaluations/compare?baseline={run}&with={other}",
    "/experiments/0/evaluations",
    "/experiments/{maths}/runs?run={run}",
    "/experiments/{maths}/datasets",
    "/experiments/{maths}/datasets/{dataset}",
    "/experiments/{maths}/datasets/{dataset}?alike=0.6",
    "/experiments/{maths}/models?model=gsm8k-6b_finetuning",
    "/experiments/{maths}/prompts",
    "/experiments/{maths}/scorers",
    "/experiments/{maths}/settings",
    "/experiments/0/labeling",
    "/experiments/{labeled}/labeling",
    "/experiments/{labeled}/labeling/new",
    "/experiments/{labeled}/labeling/{session}",
    "/experiments/{labeled}/labeling/{session}?show=DISPUTED&item={disputed}",
    "/experiments/{labeled}/labeling/{session}?tab=report",
    "/experiments/{labeled}/labeling/{session}?tab=setup",
    "/reviews",
    "/settings",
    "/settings/prices",
    "/settings/audit",
    "/sign-in",
)


def settled_violations(visit: Watched, rules: dict[str, Any] = RULES) -> list[str]:
    """Return what axe goes on finding on the page that is open: colours may be changing when it first looks."""
    found = violations(visit, rules)
    for _ in range(TRIES):
        if not found:
            break
        visit.page.wait_for_timeout(300)
        found = violations(visit, rules)
    return found


def violations(visit: Watched, rules: dict[str, Any]) -> list[str]:
    """Return what axe finds now."""
    options = {"runOnly": rules, "resultTypes": ["violations"]}
    found: Any = visit.page.evaluate("(options) => axe.run(document, options)", options)
    return [
        f"{each['id']}: {node['html'][:160]} {node['any'][0]['message'][:160] if node['any'] else ''}"
        for each in found["violations"]
        for node in each["nodes"][:3]
    ]


def check_shifts(visit: Watched) -> None:
    """Raise AssertionError, with what moved, when the page that is open has jumped by more than a little."""
    shifts: list[dict[str, Any]] = visit.page.evaluate("window.shifts")
    assert sum(each["value"] for each in shifts) < MAX_SHIFT, "\n".join(map(str, shifts))


def check_keys(visit: Watched) -> None:
    """Raise AssertionError when a question mark does not list the keys of the page that is open."""
    visit.page.keyboard.press("?")
    keys = visit.page.get_by_role("dialog", name="Keys")
    expect(keys).to_contain_text("go anywhere")
    visit.page.keyboard.press("Escape")
    expect(keys).to_have_count(0)


def check_accessible(visit: Watched) -> None:
    """Raise AssertionError for what axe finds on the page that is open, light and dark, and when a phone scrolls it
    sideways."""
    page = visit.page
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = settled_violations(visit)
    assert not found, "\n".join(found)
    light = page.evaluate(ELEMENTS)
    page.emulate_media(color_scheme="dark")
    page.locator("html[data-mantine-color-scheme='dark']").wait_for()
    found = settled_violations(visit, COLOURS)
    if page.evaluate(ELEMENTS) != light:
        found = settled_violations(visit)
    assert not found, "\n".join(found)
    page.set_viewport_size({"width": 400, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    assert page.evaluate("document.querySelector('main').scrollWidth") <= 400
    page.set_viewport_size({"width": 1440, "height": 900})


@pytest.fixture(scope="module")
def places(demo: Server) -> dict[str, str]:
    """Return what the addresses of `PAGES` leave open: ids of experiments, evaluations, a dataset, an item."""
    with LodelineClient(demo.url) as client:
        airline, maths = (
            client.experiments.find(name).experiment_id
            for name in ("demo: airline agent (tau-bench)", "demo: maths, four models")
        )
        run, other = client.runs.search(experiment=maths, filter="kind = 'EVALUATION'", limit=2).all()
        [dataset] = client.datasets.search(experiment=maths, limit=1).all()
        labels, session = labeled(demo.url, client)
        disputed = client.labeling_items.list(session, state="DISPUTED").all()[0]
    return {
        "airline": airline,
        "maths": maths,
        "run": run.run_id,
        "other": other.run_id,
        "dataset": dataset.dataset_id,
        "labeled": labels,
        "session": session,
        "disputed": disputed.item_id,
    }


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_small_and_still_lists_its_keys_and_is_accessible(
    path: str, visit: Watched, places: dict[str, str]
):
    page = visit.page
    page.add_init_script(WATCH_SHIFTS)
    scripts: list[str] = []
    page.on("response", lambda answer: scripts.append(answer.url) if answer.url.endswith(".js") else None)
    visit.open(path.format_map(places))
    page.locator("h1, h2").first.wait_for()
    page.wait_for_load_state("networkidle")
    names = [url.rpartition("/")[2] for url in scripts]
    assert names
    assert sum((APP_DIRECTORY / "assets" / f"{name}.gz").stat().st_size for name in names) < MAX_FIRST_LOAD
    check_shifts(visit)
    if path != "/sign-in":
        check_keys(visit)
    check_accessible(visit)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("path", PAGES)
def test_nothing_jumps_when_answers_are_slow(path: str, order: str, visit: Watched, places: dict[str, str]):
    page = visit.page
    page.add_init_script(ORDERS[order] + ANSWER_SLOWLY + WATCH_SHIFTS)
    visit.open(path.format_map(places))
    page.locator("h1, h2").first.wait_for()
    page.wait_for_load_state("networkidle")
    page.wait_for_function("() => window.waiting === 0")
    check_shifts(visit)


def test_an_unknown_address_says_so_and_leads_back(visit: Watched):
    visit.expected.append("404")
    page = visit.open("/no/such/page")
    expect(page.get_by_role("heading", name="Nothing is here")).to_be_visible()
    page.get_by_role("main").get_by_role("link", name="Experiments").click()
    expect(page.get_by_role("heading", name="Experiments")).to_be_visible()
    visit.open("/traces/tr-00000000000000000000000000000000")
    expect(page.get_by_text("This trace does not exist", exact=False)).to_be_visible()


def test_the_short_address_of_a_trace_keeps_what_it_asks_for(visit: Watched):
    page = visit.open(f"/traces/{FAILED}?tab=raw&range=all")
    expect(page.get_by_role("tab", name="Raw")).to_have_attribute("aria-selected", "true")
    assert f"/traces/{FAILED}" in page.url
    assert "tab=raw" in page.url
