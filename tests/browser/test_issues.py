"""Journeys through issues: from the list to an issue, to its traces, and back from a trace."""

import json

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.sending import experiment, id_of, send, span
from tests.browser.test_every_page import AXE, settled_violations
from tests.browser.watching import Watched
from tests.e2e.harness import Server

HOSTILE = "<img src=x onerror=alert(1)> loses the order"


def made(demo: Server, experiment_id: str, name: str, severity: str) -> str:
    sent = {"experiment_id": experiment_id, "name": name, "description": f"*What* {name}.", "severity": severity}
    answer = httpx.post(f"{demo.url}/api/3.0/mlflow/issues", json=sent | {"root_causes": ["a cause"]}, timeout=60)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["issue"]["issue_id"])


def refer(api: httpx.Client, trace: str, issue_id: str, reason: str) -> None:
    body = {"trace_id": id_of(trace), "name": issue_id, "kind": "ISSUE_REF", "rationale": reason}
    answer = api.post("/assessments", json=body)
    assert answer.status_code == 200, answer.text


@pytest.fixture
def own(demo: Server, api: httpx.Client, request: pytest.FixtureRequest) -> tuple[str, str]:
    """Make an experiment with two issues, of which one was seen in two traces; return its id and that issue's."""
    name = f"journey: issues of {request.node.name}"
    experiment_id = experiment(api, name)
    made(demo, experiment_id, "is slow", "low")
    issue = made(demo, experiment_id, HOSTILE, "high")
    for number in range(2):
        trace = f"{name} {number}"
        send(demo.url, experiment_id, span(trace, 0, f"answer {number}", start_ms=number))
        refer(api, trace, issue, f"It says **nothing** of {number}.")
    return experiment_id, issue


def test_an_issue_is_found_and_resolved_and_its_traces_lead_back(
    visit: Watched, own: tuple[str, str], api: httpx.Client
):
    experiment_id, issue = own
    page = visit.open(f"/experiments/{experiment_id}")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Issues").click()
    rows = page.get_by_role("table", name="Issues", exact=True).get_by_role("row")
    expect(rows).to_have_count(3)
    page.get_by_label("Severity of the issues shown").select_option("high")
    expect(rows).to_have_count(2)
    expect(rows.nth(1)).to_contain_text("2")
    page.get_by_role("button", name=HOSTILE).click()
    panel = page.get_by_role("complementary", name=HOSTILE)
    expect(panel).to_contain_text("a cause")
    traces = panel.get_by_role("table").get_by_role("row")
    expect(traces).to_have_count(3)
    expect(traces.nth(1)).to_contain_text("It says nothing of 1.")
    panel.get_by_label("State").select_option("resolved")
    expect(page.get_by_text(f"{HOSTILE}: resolved.")).to_be_visible()
    assert api.get(f"/issues/{issue}").json()["issue"]["status"] == "resolved"
    page.get_by_label("State of the issues shown").select_option("pending")
    expect(page.get_by_text("No issue is in this state and of this severity")).to_be_visible()
    panel.get_by_role("link", name="answer 1").click()
    card = page.get_by_role("article").filter(has_text=HOSTILE)
    card.get_by_role("link", name=HOSTILE).click()
    expect(page.get_by_role("complementary", name=HOSTILE).get_by_label("State")).to_have_value("resolved")
    page.get_by_role("link", name="In the list of traces").click()
    expect(page.get_by_role("grid").get_by_role("row")).to_have_count(3)


def test_an_issue_is_named_anew(visit: Watched, own: tuple[str, str], api: httpx.Client):
    experiment_id, issue = own
    page = visit.open(f"/experiments/{experiment_id}/issues?issue={issue}")
    page.get_by_role("button", name="Name or describe it anew").click()
    page.get_by_role("textbox", name="Issue").fill("loses the order")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("complementary", name="loses the order")).to_be_visible()
    expect(page.get_by_role("button", name="loses the order", exact=True)).to_be_visible()
    assert api.get(f"/issues/{issue}").json()["issue"]["name"] == "loses the order"


def test_an_issue_is_made_on_the_page(visit: Watched, own: tuple[str, str], api: httpx.Client):
    experiment_id, _ = own
    page = visit.open(f"/experiments/{experiment_id}/issues")
    page.get_by_role("button", name="New issue").click()
    form = page.get_by_role("form", name="New issue")
    expect(form.get_by_role("button", name="Create")).to_be_disabled()
    form.get_by_role("textbox", name="Issue").fill("forgets the name")
    form.get_by_role("textbox", name="What it is").fill("It asks *again*.")
    form.get_by_label("Severity").select_option("medium")
    form.get_by_role("button", name="Create").click()
    panel = page.get_by_role("complementary", name="forgets the name")
    expect(panel).to_contain_text("It asks again.")
    found = api.get("/issues", params={"experiment": experiment_id, "severity": "medium"}).json()["items"]
    assert [each["issue"]["name"] for each in found] == ["forgets the name"]


def test_a_trace_is_linked_to_an_issue_that_is_made_beside_it(
    visit: Watched, own: tuple[str, str], api: httpx.Client
):
    experiment_id, issue = own
    trace = id_of(f"{api.get(f'/experiments/{experiment_id}').json()['name']} 0")
    page = visit.open(f"/experiments/{experiment_id}/traces/{trace}")
    panel = page.get_by_role("complementary", name="Assessments")
    expect(panel.get_by_role("article")).to_have_count(1)
    page.keyboard.press("a")
    form = panel.get_by_role("form", name="Assess")
    form.get_by_text("Issue", exact=True).click()
    expect(form.get_by_label("The issue it shows")).to_have_value(issue)
    form.get_by_label("The issue it shows").select_option(label="New issue")
    form.get_by_role("textbox", name="Issue").fill("answers by heart")
    form.get_by_label("What it is").fill("No tool was called.")
    form.get_by_label("Reason").fill("See step 3.")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    assert settled_violations(visit) == []
    form.get_by_role("button", name="Link").click()
    expect(panel.get_by_role("article")).to_have_count(2)
    panel.get_by_role("link", name="answers by heart").click()
    shown = page.get_by_role("complementary", name="answers by heart")
    expect(shown.get_by_role("table").get_by_role("row")).to_have_count(2)
    expect(shown).to_contain_text("See step 3.")


def test_axe_finds_nothing_in_an_open_issue(visit: Watched, own: tuple[str, str]):
    experiment_id, issue = own
    page = visit.open(f"/experiments/{experiment_id}/issues?issue={issue}")
    page.get_by_role("link", name="answer 1").wait_for()
    page.evaluate(AXE.read_text(encoding="utf-8"))
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.locator(f"html[data-mantine-color-scheme='{scheme}']").wait_for()
        assert json.dumps(settled_violations(visit)) == "[]"
    page.set_viewport_size({"width": 400, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
