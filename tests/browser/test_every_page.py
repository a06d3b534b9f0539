"""What holds for every page: accessibility, in light and dark, wide and narrow; and a small first load."""

import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser

from lodeline.server.pages import APP_DIRECTORY
from tests.browser.watching import Watched

AXE = Path(__file__).parents[2] / "ui" / "node_modules" / "axe-core" / "axe.min.js"
FAILED = "tr-8d28a12c9501e4ca15f6725b793625c5"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
MAX_FIRST_LOAD = 400_000
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
    "/experiments/{airline}/compare",
    "/settings",
    "/settings/prices",
    "/sign-in",
)


def settled_violations(visit: Watched) -> list[str]:
    """Return what axe goes on finding on the page that is open: colours may be changing when it first looks."""
    found = violations(visit)
    for _ in range(TRIES):
        if not found:
            break
        visit.page.wait_for_timeout(300)
        found = violations(visit)
    return found


def violations(visit: Watched) -> list[str]:
    """Return what axe finds now."""
    options = {"runOnly": {"type": "tag", "values": RULES}, "resultTypes": ["violations"]}
    found: Any = visit.page.evaluate("(options) => axe.run(document, options)", options)
    return [
        f"{each['id']}: {node['html'][:160]} {node['any'][0]['message'][:160] if node['any'] else ''}"
        for each in found["violations"]
        for node in each["nodes"][:3]
    ]


@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing(path: str, visit: Watched, api: httpx.Client):
    airline = api.get("/experiments/find", params={"name": "demo: airline agent (tau-bench)"}).json()["experiment_id"]
    page = visit.open(path.format(airline=airline))
    page.locator("h1, h2").first.wait_for()
    page.wait_for_load_state("networkidle")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = settled_violations(visit)
    assert not found, "\n".join(found)
    page.emulate_media(color_scheme="dark")
    page.locator("html[data-mantine-color-scheme='dark']").wait_for()
    found = settled_violations(visit)
    assert not found, "\n".join(found)
    page.set_viewport_size({"width": 400, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    page.set_viewport_size({"width": 1440, "height": 900})


def test_the_first_load_is_small(browser: Browser):
    assert browser.is_connected()
    index = (APP_DIRECTORY / "index.html").read_text(encoding="utf-8")
    scripts = re.findall(r'(?:src|href)="/assets/([^"]+\.js)"', index)
    assert scripts
    assert sum((APP_DIRECTORY / "assets" / f"{name}.gz").stat().st_size for name in scripts) < MAX_FIRST_LOAD
