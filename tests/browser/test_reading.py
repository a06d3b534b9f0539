"""Journeys of reading: to a failure and its cause, through filters, along a conversation, between two traces."""

import re
import time
from dataclasses import replace

import httpx
from playwright.sync_api import Page, expect

from tests.browser.sending import experiment, id_of, send, span
from tests.browser.watching import Watched
from tests.e2e.harness import Server

AIRLINE = "demo: airline agent (tau-bench)"
CAPTURES = "demo: one call, many emitters"
FAILED = "tr-8d28a12c9501e4ca15f6725b793625c5"


def experiment_id(api: httpx.Client, name: str) -> str:
    return str(api.get("/experiments/find", params={"name": name}).json()["experiment_id"])


def filter_box(page: Page):
    return page.get_by_role("combobox", name="Filter")


def test_from_the_list_of_experiments_to_a_failure_and_its_cause(visit: Watched):
    page = visit.open("/")
    expect(page).to_have_url(re.compile(r"/experiments$"))
    row = page.get_by_role("row").filter(has_text=CAPTURES)
    expect(row).to_contain_text("2.49%")
    row.get_by_role("link", name=CAPTURES).click()
    expect(page.get_by_role("heading", name=CAPTURES)).to_be_visible()
    page.get_by_role("link", name="Latest failures").click()
    expect(filter_box(page)).to_have_value("state = 'ERROR'")
    expect(page.get_by_role("heading", name=re.compile("Traces"))).to_contain_text("10 traces")
    failed = page.get_by_role("grid").get_by_role("row").filter(has_text="invoke_agent Strands Agents").first
    expect(failed).to_contain_text("404: no recording")
    failed.get_by_role("link", name="invoke_agent Strands Agents").click()
    page.get_by_text("openai.NotFoundError").first.wait_for()
    selected = page.get_by_role("treeitem", selected=True)
    expect(selected).to_contain_text("chat")
    page.get_by_text("Stack trace").first.click()
    expect(page.locator("pre").first).to_contain_text("Traceback")
    page.go_back()
    expect(filter_box(page)).to_have_value("state = 'ERROR'")


def test_from_a_tool_that_fails_to_the_traces_it_failed_in(visit: Watched, api: httpx.Client):
    own = experiment_id(api, AIRLINE)
    page = visit.open(f"/experiments/{own}?range=all")
    models = page.get_by_role("region", name="Language models")
    expect(models.get_by_role("row").filter(has_text="gpt-4o")).to_contain_text("2,023")
    tools = page.get_by_role("region", name="Tools")
    booking = tools.get_by_role("row").filter(has_text="book_reservation")
    booking.get_by_role("link", name="27", exact=True).click()
    filter = "span(kind = TOOL AND name = 'execute_tool book_reservation' AND status = ERROR)"
    expect(filter_box(page)).to_have_value(filter)
    counted = api.get("/traces/count", params={"experiment": own, "filter": filter}).json()["count"]
    expect(page.get_by_role("heading", name=re.compile("Traces"))).to_contain_text(f"{counted} traces")


def test_the_overview_keeps_runs_and_traffic_apart(visit: Watched, api: httpx.Client):
    own = experiment_id(api, AIRLINE)
    page = visit.open(f"/experiments/{own}?range=all")
    headline = page.get_by_role("region", name="Traces", exact=True)
    expect(headline).to_contain_text("1,046")
    for choice, count in (("Without runs", "906"), ("Of runs", "140")):
        page.get_by_text(choice, exact=True).click()
        expect(headline).to_contain_text(count)
    page.reload()
    expect(headline).to_contain_text("140")
    page.get_by_role("region", name="Language models").get_by_role("link", name="gpt-4o").click()
    expect(filter_box(page)).to_have_value("span(model = 'gpt-4o') AND run IS NOT NULL")
    expect(page.get_by_role("heading", name=re.compile("Traces"))).to_contain_text("140 traces")


def test_a_filter_by_text_and_score_finds_what_the_server_finds(visit: Watched, api: httpx.Client):
    rag = experiment_id(api, "demo: rag")
    wanted = "feedback.correctness = false AND text ~ 'disney resort'"
    count = api.get("/traces/count", params={"experiment": rag, "filter": wanted}).json()["count"]
    assert count > 0
    page = visit.open(f"/experiments/{rag}/traces")
    filter_box(page).fill(wanted)
    filter_box(page).press("Enter")
    expect(page.get_by_role("heading", name=re.compile("Traces"))).to_contain_text(f"{count} trace")
    expect(page.get_by_role("grid").get_by_role("row")).to_have_count(count + 1)
    assert "filter=" in page.url
    page.reload()
    expect(filter_box(page)).to_have_value(wanted)


def test_writing_a_filter_by_completion(visit: Watched, api: httpx.Client):
    page = visit.open(f"/experiments/{experiment_id(api, AIRLINE)}/traces")
    box = filter_box(page)
    box.click()
    box.press_sequentially("us")
    option = page.get_by_role("option").filter(has_text=re.compile(r"^user"))
    expect(option).to_have_count(1)
    box.press("Tab")
    expect(box).to_have_value("user ")
    box.press_sequentially("= 'moh")
    expect(page.get_by_role("option")).to_contain_text(["'mohamed_silva_9265'"])
    box.press("ArrowDown")
    box.press("Enter")
    expect(box).to_have_value("user = 'mohamed_silva_9265' ")
    box.press("Escape")
    box.press("Enter")
    expect(page.get_by_role("heading", name=re.compile("Traces"))).to_contain_text("103 traces")
    page.get_by_role("button", name="Saved filters").click()
    expect(page.get_by_role("button", name="user = 'mohamed_silva_9265'")).to_be_visible()


def test_a_wrong_filter_is_marked_where_it_is_wrong(visit: Watched, api: httpx.Client):
    page = visit.open(f"/experiments/{experiment_id(api, AIRLINE)}/traces")
    box = filter_box(page)
    box.fill("state = 'OK' AND duratoin > 2s")
    box.press("Escape")
    expect(page.get_by_test_id("filter-underline").locator("mark")).to_have_text("duratoin")
    expect(box).to_have_attribute("aria-invalid", "true")
    page.get_by_role("button", name="Take it").click()
    expect(box).to_have_value("state = 'OK' AND duration > 2s")
    expect(page.get_by_test_id("filter-underline")).to_have_count(0)


def test_a_list_stays_while_its_filter_is_wrong(visit: Watched, api: httpx.Client):
    visit.expected.append("400")
    page = visit.open(f"/experiments/{experiment_id(api, CAPTURES)}/traces?filter=state+%3D+%27ERROR%27")
    heading = page.get_by_role("heading", name=re.compile("Traces"))
    rows = page.get_by_role("grid", name="Traces").get_by_role("row")
    expect(heading).to_contain_text("10 traces")
    top = rows.nth(1).bounding_box()
    filter_box(page).fill("stat = 'OK'")
    filter_box(page).press("Enter")
    told = page.get_by_role("alert")
    expect(told).to_contain_text("unknown field 'stat' (character 1)")
    expect(told).to_contain_text("The list shows what the filter before found.")
    expect(page).to_have_url(re.compile("filter=stat[+%]"))
    expect(heading).to_contain_text("10 traces")
    assert rows.nth(1).bounding_box() == top
    told.get_by_role("button", name="Take it").click()
    expect(filter_box(page)).to_have_value("state = 'OK'")
    expect(told).to_have_count(0)
    expect(heading).not_to_contain_text("10 traces")


def test_facets_write_the_filter(visit: Watched, api: httpx.Client):
    page = visit.open(f"/experiments/{experiment_id(api, CAPTURES)}/traces")
    facets = page.get_by_role("complementary", name="Facets")
    facets.get_by_role("checkbox", name=re.compile("^Error")).check()
    expect(filter_box(page)).to_have_value("state = 'ERROR'")
    facets.get_by_role("checkbox", name=re.compile("without")).check()
    expect(filter_box(page)).to_have_value("state = 'ERROR' AND environment IS NULL")
    expect(page.get_by_role("heading", name=re.compile("Traces"))).to_contain_text("2 traces")
    facets.get_by_role("checkbox", name=re.compile("^Error")).uncheck()
    expect(filter_box(page)).to_have_value("environment IS NULL")


def test_a_long_list_is_read_to_its_end_by_keyboard(visit: Watched, api: httpx.Client):
    page = visit.open(f"/experiments/{experiment_id(api, AIRLINE)}/traces")
    grid = page.get_by_role("grid", name="Traces")
    grid.focus()
    for _ in range(30):
        page.keyboard.press("End")
        page.wait_for_timeout(50)
        if page.get_by_text("These are all.").is_visible():
            break
    expect(page.get_by_text("These are all.")).to_be_visible()
    page.keyboard.press("End")
    expect(grid.locator("[aria-rowindex='1047']")).to_be_visible()
    assert grid.get_by_role("row").count() < 120
    page.keyboard.press("Enter")
    expect(page.get_by_role("tree")).to_be_visible()


def test_a_conversation_is_followed(visit: Watched, api: httpx.Client):
    page = visit.open(
        f"/experiments/{experiment_id(api, AIRLINE)}/sessions?filter=id+%3D+%27airline-task-34-trial-3%27"
    )
    expect(page.get_by_role("row").filter(has_text="I need to cancel my flights")).to_have_count(1)
    page.get_by_role("link", name="airline-task-34-trial-3").click()
    expect(page.get_by_role("link", name=re.compile(r"^Turn \d+$"))).to_have_count(6)
    expect(page.get_by_text("reward")).to_be_visible()
    page.get_by_role("link", name="Turn 6").click()
    expect(page.get_by_role("tree")).to_be_visible()
    page.get_by_role("link", name="daiki_muller_1116").click()
    expect(filter_box(page)).to_have_value("user = 'daiki_muller_1116'")


def test_a_judgment_from_before_the_last_turn_says_so(visit: Watched, demo: Server, api: httpx.Client):
    own = experiment(api, "journey: a late turn")
    turns = [span(f"late {n}", 0, "turn", attributes={"session.id": "late"}) for n in range(2)]
    send(demo.url, own, turns[0])
    body = {"experiment": own, "session": "late", "name": "resolved", "value": True, "source": {"kind": "LLM_JUDGE"}}
    assert api.post("/assessments", json=body).status_code == 200
    page = visit.open(f"/experiments/{own}/sessions/late")
    expect(page.get_by_text("resolved")).to_be_visible()
    expect(page.get_by_text("before its last turn")).to_have_count(0)
    now_ns = time.time_ns() + 10**9
    send(demo.url, own, replace(turns[1], start_ns=now_ns, end_ns=now_ns + 10**6))
    page.reload()
    expect(page.get_by_role("listitem").filter(has_text="resolved")).to_contain_text("before its last turn")


def test_a_small_window_shows_why_a_trace_failed(visit: Watched, demo: Server, api: httpx.Client):
    own = experiment(api, "journey: failed on a telephone")
    send(demo.url, own, replace(span("telephone", 0, "cook"), error="KeyError: 'butter'"))
    visit.page.set_viewport_size({"width": 400, "height": 800})
    page = visit.open(f"/experiments/{own}/traces")
    reason = page.get_by_role("gridcell").filter(has_text="KeyError: 'butter'")
    expect(reason).to_be_visible()
    box = reason.bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= 400
    expect(page.get_by_role("columnheader", name="State")).to_be_in_viewport(ratio=1)


def test_a_comparison_says_why_a_trace_and_its_step_failed(visit: Watched, demo: Server, api: httpx.Client):
    own = experiment(api, "journey: failed beside good")
    tool = {"openinference.span.kind": "TOOL", "input.value": "butter"}
    for name, error in (("baked", None), ("burnt", "KeyError: 'butter'")):
        send(
            demo.url,
            own,
            replace(span(name, 0, "cook"), error=error),
            replace(span(name, 1, "look_up", parent=0, start_ms=1, attributes=tool), error=error),
        )
    page = visit.open(f"/experiments/{own}/compare?left={id_of('baked')}&right={id_of('burnt')}")
    heads = page.locator("section").filter(has=page.get_by_role("heading", name="cook"))
    expect(heads).to_have_count(2)
    expect(heads.nth(1)).to_contain_text("KeyError: 'butter'")
    expect(heads.nth(0)).to_contain_text("Nothing was recorded.")
    expect(heads.nth(1)).not_to_contain_text("Response")
    step = page.get_by_role("listitem").first
    expect(step.get_by_role("img", name="Error")).to_have_count(1)
    expect(step).to_contain_text("KeyError: 'butter'")
    expect(step.get_by_text("[]")).to_have_count(0)


def test_two_traces_are_compared_step_by_step(visit: Watched, api: httpx.Client):
    page = visit.open(
        f"/experiments/{experiment_id(api, AIRLINE)}/traces?filter=session+%3D+%27airline-task-34-trial-0%27"
    )
    boxes = page.get_by_role("grid").get_by_role("checkbox", name=re.compile("^Select airline"))
    boxes.nth(0).click()
    boxes.nth(1).click()
    page.get_by_role("button", name="Compare", exact=True).click()
    expect(page.get_by_role("status").filter(has_text=re.compile("first difference|the same"))).to_be_visible()
    expect(page.get_by_role("listitem").first).to_be_visible()
    page.get_by_text("All spans").click()
    expect(page).to_have_url(re.compile("steps=all"))


def test_the_palette_goes_anywhere(visit: Watched):
    page = visit.open("/experiments")
    page.keyboard.press("Control+k")
    palette = page.get_by_role("combobox", name="Go to")
    palette.fill("airline")
    expect(page.get_by_role("option")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=AIRLINE)).to_be_visible()
    page.keyboard.press("Control+k")
    palette.fill(FAILED)
    page.keyboard.press("Enter")
    expect(page.get_by_role("tree")).to_be_visible()
    expect(page).to_have_url(re.compile(rf"/experiments/\d+/traces/{FAILED}"))


def test_one_time_range_holds_for_every_page(visit: Watched, api: httpx.Client):
    experiment = experiment_id(api, AIRLINE)
    page = visit.open(
        f"/experiments/{experiment}?range=2024-05-16T00%3A00%3A00Z..2024-05-17T00%3A00%3A00Z&tz=Asia%2FTokyo"
    )
    expect(page.get_by_role("region", name="Traces").first).to_be_visible()
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Traces", exact=True).click()
    expect(page).to_have_url(re.compile("range=2024-05-16"))
    first = page.get_by_role("grid").get_by_role("row").nth(1)
    expect(first).to_contain_text(re.compile(r"2024-05-1[67] "))
    page.get_by_role("button", name=re.compile("Time range")).click()
    page.get_by_role("button", name="Last 24 hours").click()
    expect(page.get_by_text("No traces match")).to_be_visible()
    page.get_by_role("button", name="Show all time").click()
    expect(page.get_by_role("heading", name=re.compile("Traces"))).to_contain_text("1,046 traces")
    assert "tz=Asia" in page.url


def test_the_overview_has_figures_charts_and_their_tables(visit: Watched, api: httpx.Client):
    page = visit.open(f"/experiments/{experiment_id(api, 'demo: rag')}")
    latency = page.get_by_role("region", name="Latency")
    expect(latency).to_contain_text("of 120 traces")
    expect(latency.locator("canvas")).to_be_visible()
    latency.get_by_role("button", name="Show as table: Latency").click()
    expect(latency.get_by_role("columnheader", name="p95")).to_be_visible()
    quality = page.get_by_role("row").filter(has_text="correctness")
    expect(quality).to_contain_text("120")
    expect(quality).to_contain_text(" – ")
