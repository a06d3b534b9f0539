"""Pictures of every page over the demonstration data: `python -m tools.screenshots [--out DIR] [NAME ...]`.

Light and dark, wide and narrow, into ``build/screenshots``. Needs Chromium and the built page.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import httpx
from playwright.sync_api import Browser, sync_playwright

from lodeline.sdk.client.clients import LodelineClient
from tests.browser.labeled import labeled
from tests.e2e.harness import lodeline, serving
from tools.chromium import FLAGS, NOT_FOUND, chromium_path

AIRLINE = "demo: airline agent (tau-bench)"
CAPTURES = "demo: one call, many emitters"
MATHS = "demo: maths, four models"
PAGES = {
    "experiments": "/experiments",
    "overview": "/experiments/{captures}",
    "start": "/experiments/0",
    "traces": "/experiments/{airline}/traces",
    "failures": "/experiments/{captures}/traces?filter=state+%3D+%27ERROR%27&columns=debug",
    "trace": "/traces/tr-8d28a12c9501e4ca15f6725b793625c5",
    "judged": "/traces/tr-ab7305bb4065c861c1f4ebcb1bf802df",
    "sessions": "/experiments/{airline}/sessions",
    "session": "/experiments/{airline}/sessions/airline-task-34-trial-3",
    "users": "/experiments/{airline}/users",
    "compare": "/experiments/{airline}/compare"
    "?left=tr-a66d01b3ee542b58f7a3649608bcee77&right=tr-8ff44f434ba648999f87cbd24eef9af6",
    "evaluations": "/experiments/{maths}/evaluations",
    "evaluation": "/experiments/{maths}/evaluations/{run}?scorer=correct",
    "evaluation-row": "/experiments/{maths}/evaluations/{run}?show=failed&row={row}",
    "evaluations-compared": "/experiments/{maths}/evaluations/compare?baseline={run}&with={other}",
    "runs": "/experiments/{maths}/runs?run={run}",
    "datasets": "/experiments/{maths}/datasets",
    "dataset": "/experiments/{maths}/datasets/{dataset}",
    "versions": "/experiments/{maths}/models?model=gsm8k-6b_finetuning",
    "prompts": "/experiments/{maths}/prompts",
    "scorers": "/experiments/{maths}/scorers",
    "experiment-settings": "/experiments/{maths}/settings",
    "labeling": "/experiments/{labeled}/labeling",
    "labeling-new": "/experiments/{labeled}/labeling/new",
    "labeling-items": "/experiments/{labeled}/labeling/{session}",
    "labeling-dispute": "/experiments/{labeled}/labeling/{session}?show=DISPUTED&item={disputed}",
    "labeling-report": "/experiments/{labeled}/labeling/{session}?tab=report",
    "labeling-setup": "/experiments/{labeled}/labeling/{session}?tab=setup",
    "reviews": "/reviews",
    "review": "/review/{session}?reviewer=grace",
    "settings": "/settings",
    "sign-in": "/sign-in",
}
Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
SIZES = {"wide": (1440, 900), "narrow": (420, 900)}


def main(arguments: Sequence[str]) -> int:
    """Take the pictures and print where they are; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.screenshots", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(PAGES)} (default: all)")
    parser.add_argument("--out", type=Path, default=Path("build/screenshots"), help="where the pictures go")
    options = parser.parse_args(arguments)
    path = chromium_path()
    if path is None:
        print(NOT_FOUND, file=sys.stderr)
        return 1
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        store = Path(folder) / "store"
        lodeline("demo", "--store", str(store))
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS), headless=True)
        with serving(store) as server:
            places = _places(server.url)
            for name in options.names or PAGES:
                _take(browser, server.url + PAGES[name].format_map(places), name, options.out)
        browser.close()
    return 0


def _places(url: str) -> dict[str, str]:
    """Return what the addresses of `PAGES` leave open."""
    with LodelineClient(url) as client, httpx.Client(base_url=f"{url}/api/v1") as api:
        experiment_id, session = labeled(url, client)
        disputed = client.labeling_items.list(session, state="DISPUTED", limit=1).all()
        labels = {"labeled": experiment_id, "session": session, "disputed": disputed[0].item_id}
        return labels | _demo_places(api)


def _demo_places(api: httpx.Client) -> dict[str, str]:
    found = {
        key: str(api.get("/experiments/find", params={"name": name}).json()["experiment_id"])
        for key, name in (("airline", AIRLINE), ("captures", CAPTURES), ("maths", MATHS))
    }
    runs = api.get("/runs", params={"experiment": found["maths"], "filter": "kind = 'EVALUATION'"}).json()["items"]
    run, other = (str(each["run_id"]) for each in runs[:2])
    (row,) = api.get(f"/evaluations/{run}/rows", params={"limit": 1}).json()["items"]
    (dataset,) = api.get("/datasets", params={"experiment": found["maths"]}).json()["items"]
    return found | {
        "run": run,
        "other": other,
        "row": f"{row['row_key']}~{row['repetition']}",
        "dataset": str(dataset["dataset_id"]),
    }


def _take(browser: Browser, address: str, name: str, out: Path) -> None:
    for scheme in SCHEMES:
        for size, (width, height) in SIZES.items():
            context = browser.new_context(
                viewport={"width": width, "height": height}, color_scheme=scheme, reduced_motion="reduce"
            )
            page = context.new_page()
            page.goto(address)
            page.locator("main h1, main h2").first.wait_for()
            page.wait_for_load_state("networkidle")
            path = out / f"{name}-{scheme}-{size}.png"
            page.screenshot(path=path)
            print(path)
            context.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
