"""Journeys to why something failed: rows of an evaluation, turns of a conversation; and to what a trace ran with."""

import re
from dataclasses import replace

import httpx
from playwright.sync_api import Page, expect

from lodeline.domain.assessment import STACK_KEY
from lodeline.domain.evaluation import Bindings, EvaluationDraft
from lodeline.domain.evaluation_row import RowDraft, ScoreDraft
from lodeline.domain.run import RunDraft
from lodeline.sdk.client.clients import LodelineClient
from tests.browser.sending import experiment, id_of, send, span
from tests.browser.test_hostile import ATTACKS
from tests.browser.test_reading import AIRLINE, experiment_id
from tests.browser.test_reviewing import check_axe
from tests.browser.watching import Watched
from tests.e2e.harness import Server

STACK = 'Traceback (most recent call last):\n  File "app.py", line 3, in ratio\nZeroDivisionError: division by zero'


def evaluation(demo: Server, own: str, name: str, *rows: RowDraft) -> str:
    """Log an evaluation whose rows have these traces."""
    with LodelineClient(demo.url) as client:
        draft = EvaluationDraft(RunDraft(name), Bindings(scorers={"ratio": "1", "right": "1"}), len(rows))
        run_id = client.evaluations.create(draft, experiment=own).run.run_id
        client.evaluations.start(run_id)
        client.evaluations.log_rows(run_id, rows)
        client.evaluations.finish(run_id)
    return run_id


def facts(page: Page, name: str):
    return page.locator("dl > div").filter(has=page.get_by_text(name, exact=True)).locator("dd")


def test_rows_with_errors_say_of_whom_with_what_and_where(visit: Watched, demo: Server, api: httpx.Client):
    own = experiment(api, "journey: broken scorer")
    send(demo.url, own, *(span(f"broken {n}", 0, "triage") for n in range(4)))
    raised = replace(span("broken away", 0, "triage"), error="ConnectionRefusedError: the model is away")
    send(demo.url, own, raised)
    zero = ScoreDraft(
        "ratio", error="ZeroDivisionError", error_message="division by zero", metadata={STACK_KEY: STACK}
    )
    wrong, hostile = ScoreDraft("right", False), ScoreDraft("ratio", error="KeyError", error_message=ATTACKS[0])
    rows = [
        RowDraft("0", trace_id=id_of("broken 0"), scores=(zero, wrong)),
        RowDraft("1", trace_id=id_of("broken 1"), scores=(zero, ScoreDraft("right", True))),
        RowDraft("2", trace_id=id_of("broken 2"), scores=(hostile,)),
        RowDraft("3", trace_id=id_of("broken 3"), scores=(ScoreDraft("ratio", 0.5), wrong)),
        RowDraft("4", trace_id=id_of("broken away"), state="PREDICT_ERROR", error=raised.error),
    ]
    run = evaluation(demo, own, "with errors", *rows)
    page = visit.open(f"/experiments/{own}/evaluations/{run}")
    heading = page.get_by_role("heading", name=re.compile("^Rows"))
    expect(facts(page, "Rows")).to_have_text("5")
    expect(facts(page, "Program failed")).to_have_text("1")
    expect(facts(page, "Scorer failed")).to_have_text("3")
    page.get_by_text("Negative", exact=True).click()
    expect(heading).to_contain_text("2")
    page.get_by_text("With errors", exact=True).click()
    expect(heading).to_contain_text("4")
    errors = page.get_by_role("region", name="Errors by message")
    expect(errors.get_by_role("listitem")).to_have_count(3)
    first = errors.get_by_role("listitem").first
    expect(first).to_have_text("ZeroDivisionError: division by zero ratio · 2 rows")
    first.get_by_role("button").click()
    expect(heading).to_contain_text("2")
    page.reload()
    expect(first.get_by_role("button")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("grid", name="Rows").get_by_role("row").nth(1).click()
    panel = page.get_by_role("complementary", name="Row")
    expect(panel.get_by_text("ratio: ZeroDivisionError")).to_be_visible()
    expect(panel.get_by_text("division by zero", exact=True)).to_be_visible()
    panel.get_by_text("Stack trace").click()
    expect(panel.get_by_text('File "app.py", line 3, in ratio')).to_be_visible()
    check_axe(visit)
    page.keyboard.press("Escape")
    first.get_by_role("button").click()
    page.get_by_role("grid", name="Rows").get_by_role("row").filter(has_text="program failed").click()
    panel.get_by_text("Where it was raised").click()
    expect(panel.get_by_text("ConnectionRefusedError: the model is away")).to_have_count(2)


def test_the_way_to_a_comparison_stands_above_the_facts_on_a_telephone(
    visit: Watched, demo: Server, api: httpx.Client
):
    own = experiment(api, "journey: evaluation on a telephone")
    rows = [RowDraft(str(n), state="PREDICT_ERROR", error="OSError") for n in range(40)]
    run = evaluation(demo, own, "long name of an evaluation", *rows)
    visit.page.set_viewport_size({"width": 400, "height": 800})
    page = visit.open(f"/experiments/{own}/evaluations/{run}")
    button = page.get_by_role("link", name="Compare with…").bounding_box()
    state = page.get_by_text("Completed with errors").first
    expect(state).to_be_visible()
    below = state.bounding_box()
    assert button is not None
    assert below is not None
    assert button["y"] + button["height"] <= below["y"]


def test_a_conversation_says_in_which_turn_which_tool_failed(visit: Watched, api: httpx.Client):
    airline = experiment_id(api, AIRLINE)
    page = visit.open(f"/experiments/{airline}/sessions/airline-task-23-trial-3")
    expect(facts(page, "Failed turns")).to_have_text("0")
    expect(facts(page, "Failed spans")).to_have_text("4")
    expect(page.get_by_text("1 failed span", exact=True)).to_have_count(4)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    turn = page.get_by_role("listitem").filter(has=page.get_by_role("link", name="Turn 11", exact=True))
    turn.get_by_text("Tool calls and failures").click()
    step = turn.get_by_role("listitem").filter(has_text="update_reservation_flights")
    expect(step).to_contain_text("failed")
    assert not any("/spans" in url for url in asked)
    step.locator("summary").first.click()
    expect(step.get_by_text("Error: gift card balance is not enough")).to_have_count(2)
    expect(step.get_by_text("gift_card_6941833")).to_be_visible()
    assert len([url for url in asked if "/spans" in url]) == 1
    assert len([url for url in asked if re.search(r"/traces/tr-", url)]) == 2
    check_axe(visit)
    step.get_by_role("link", name="Open the span").click()
    expect(page.get_by_role("treeitem", selected=True)).to_contain_text("update_reservation_flights")


def test_a_trace_names_its_prompts_and_leads_to_them_and_its_like(visit: Watched, demo: Server, api: httpx.Client):
    own = experiment(api, "journey: prompts of traces")
    for text in ("Sort {{ it }}", "Sort {{ it }} well"):
        body = {"experiment": own, "name": "triage-sys", "template": text}
        assert api.post("/prompts", json=body).is_success
    used = {
        "lodeline.metadata.lodeline.prompts": '[{"name":"triage-sys","version":2}]',
        "lodeline.metadata.lodeline.prompt.triage-sys": "2",
    }
    send(demo.url, own, span("prompted", 0, "triage", attributes=used), span("without", 0, "triage"))
    page = visit.open(f"/experiments/{own}/traces/{id_of('prompted')}")
    expect(facts(page, "Prompt")).to_contain_text("triage-sys v2")
    check_axe(visit)
    page.get_by_role("link", name="Traces that used triage-sys v2").click()
    expect(page.get_by_role("grid").get_by_role("row")).to_have_count(2)
    page.go_back()
    page.get_by_role("link", name="triage-sys v2", exact=True).click()
    expect(page.get_by_text("Sort {{ it }} well").first).to_be_visible()
