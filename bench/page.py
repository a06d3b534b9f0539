"""The web page: from an address to a view that can be used, its scripts, long tasks, memory and layout shifts."""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from playwright.sync_api import Browser, Page, sync_playwright

from bench import data
from bench.corpus import fill
from bench.report import Report, Table, spread
from bench.served import serve
from lodeline.domain.ids import DEFAULT_EXPERIMENT
from tools.chromium import FLAGS, NOT_FOUND, chromium_path

_METHOD = (
    "Each view is opened in a new browser context of headless Chromium, so nothing is cached. Usable means that what "
    "the view is for is visible; the time runs from the start of the navigation. Script time is the browser's own "
    "count of what scripts took by then, the longest task what the page could not be used for, the layout shift the "
    "cumulative score of the Layout Instability API, memory the JavaScript heap after a collection. Keys are timed "
    "from the key to the next frame that shows its effect. A search is timed from the first key to its last answer, "
    "and its longest task is what typing and painting took of the page at once."
)
_WATCH = """
window.watched = { longest: 0, shift: 0 };
new PerformanceObserver((list) => {
  for (const each of list.getEntries()) window.watched.longest = Math.max(window.watched.longest, each.duration);
}).observe({ type: "longtask", buffered: true });
new PerformanceObserver((list) => {
  for (const each of list.getEntries()) if (!each.hadRecentInput) window.watched.shift += each.value;
}).observe({ type: "layout-shift", buffered: true });
"""
_TIMEOUT_MS = 120_000


@dataclass(frozen=True, slots=True)
class View:
    """An address, and the selector of what makes it usable."""

    name: str
    path: str
    usable: str


@dataclass(frozen=True, slots=True)
class Typed:
    """What is typed into a box, and whether Enter submits it; `answered` is a function that says so in the page."""

    name: str
    box: str
    text: str
    answered: str
    submits: bool = False


_SPAN_WORDS = Typed(
    "words in all spans of the large trace",
    "[data-search-spans]",
    "step 17",
    "() => /([0-9,]+\\+? found| of [0-9,]+\\+?)$/"
    ".test(document.querySelector('[data-search-spans]').parentElement.textContent)",
)
_TRACE_FILTER = Typed(
    "filter of the traces",
    "input[role=combobox]",
    "state = 'ERROR' AND duration > 2s",
    "() => location.search.includes('filter=') && /[0-9] traces?/.test(document.querySelector('h1').textContent)"
    " && document.querySelector(\"[role=row][data-state='OK']\") === null",
    submits=True,
)


def run(*, quick: bool = False) -> Report:
    """Measure the page over many traces, one of them very large, and return the report."""
    traces, giant, repeats = (200, 500, 1) if quick else (100_000, 30_000, 5)
    path = chromium_path()
    if path is None:
        raise RuntimeError(NOT_FOUND)
    with tempfile.TemporaryDirectory(prefix="lodeline-bench-") as folder, sync_playwright() as playwright:
        store = Path(folder) / "store"
        fill(store, traces, data.SMALL, giant_spans=giant)
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS), headless=True)
        with serve(store) as served:
            url = f"http://127.0.0.1:{served.port}"
            rows = [_view(browser, url, view, repeats) for view in _views()]
            keys = _keys(browser, url, repeats)
            searches = [
                _search(browser, url, f"/traces/{data.giant_trace_id()}", _SPAN_WORDS, repeats),
                _search(browser, url, f"/experiments/{DEFAULT_EXPERIMENT}/traces", _TRACE_FILTER, repeats),
            ]
        browser.close()
    note = f"{traces:,} traces of {data.SMALL.spans} spans, and one of {giant:,}."
    columns = ("view", "ms to usable", "ms of script", "longest task ms", "heap MiB", "layout shift")
    return Report(
        "page",
        _METHOD,
        [
            Table("Views", columns, rows, note),
            Table("Keys in the large trace", ("key", "ms"), keys),
            Table("Searches", ("search", "ms to its answer", "longest task ms"), searches),
        ],
        quick,
    )


def _views() -> Sequence[View]:
    experiment = f"/experiments/{DEFAULT_EXPERIMENT}"
    return (
        View("experiments", "/experiments", "main table tbody tr"),
        View("overview", experiment, "main canvas"),
        View("traces", f"{experiment}/traces", "[role=grid] [role=row][aria-rowindex='2']"),
        View("large trace", f"/traces/{data.giant_trace_id()}", "[role=treeitem]"),
        View("sessions", f"{experiment}/sessions", "main table tbody tr"),
        View("users", f"{experiment}/users", "main table tbody tr"),
    )


def _view(browser: Browser, url: str, view: View, repeats: int) -> tuple[str, ...]:
    found: list[tuple[float, float, float, float, float]] = []
    for _ in range(repeats):
        page = _opened(browser)
        devtools = page.context.new_cdp_session(page)
        send = cast(Callable[[str], dict[str, Any]], devtools.send)  # pyright: ignore[reportUnknownMemberType] bare maps
        send("Performance.enable")
        page.goto(url + view.path)
        page.wait_for_selector(view.usable)
        usable_ms: float = page.evaluate("performance.now()")
        page.wait_for_load_state("networkidle")
        send("HeapProfiler.collectGarbage")
        metrics = send("Performance.getMetrics")
        values: dict[str, float] = {each["name"]: each["value"] for each in metrics["metrics"]}
        watched: dict[str, float] = page.evaluate("window.watched")
        found.append((
            usable_ms, values["ScriptDuration"] * 1_000, watched["longest"], values["JSHeapUsedSize"] / 2**20,
            watched["shift"],
        ))  # fmt: skip
        page.context.close()
    return (view.name, *(spread(column) for column in zip(*found, strict=True)))


def _keys(browser: Browser, url: str, repeats: int) -> list[tuple[str, str]]:
    page = _opened(browser)
    page.goto(f"{url}/traces/{data.giant_trace_id()}")
    page.wait_for_selector("[role=treeitem]")
    page.locator("[role=tree]").focus()
    timed = {key: [_key_ms(page, key) for _ in range(repeats)] for key in ("End", "Home", "j", "PageDown", "c")}
    page.context.close()
    return [(key, spread(times)) for key, times in timed.items()]


def _search(browser: Browser, url: str, path: str, typed: Typed, repeats: int) -> tuple[str, str, str]:
    found: list[tuple[float, float]] = []
    for _ in range(repeats):
        page = _opened(browser)
        page.goto(url + path)
        box = page.locator(typed.box)
        box.wait_for()
        page.wait_for_load_state("networkidle")
        page.evaluate("window.watched.longest = 0; window.typed = performance.now()")
        box.press_sequentially(typed.text)
        if typed.submits:
            box.press("Escape")
            box.press("Enter")
        page.wait_for_function(typed.answered)
        took_ms: float = page.evaluate("performance.now() - window.typed")
        longest_ms: float = page.evaluate("window.watched.longest")
        found.append((took_ms, longest_ms))
        page.context.close()
    took, longest = zip(*found, strict=True)
    return (typed.name, spread(took), spread(longest))


def _key_ms(page: Page, key: str) -> float:
    page.evaluate(
        """() => { window.keyed = new Promise((done) => addEventListener("keydown", () => {
          const start = performance.now();
          requestAnimationFrame(() => setTimeout(() => done(performance.now() - start)));
        }, { once: true, capture: true })); }"""
    )
    page.keyboard.press(key)
    found: float = page.evaluate("window.keyed")
    return found


def _opened(browser: Browser) -> Page:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.set_default_timeout(_TIMEOUT_MS)
    context.add_init_script(_WATCH)
    return context.new_page()
