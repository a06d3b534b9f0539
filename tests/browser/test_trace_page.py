"""The page of one trace: moving about, finding, folding; also when it is very large."""

import httpx
import pytest
from playwright.sync_api import expect

from lodeline.domain.span import AttributeValue
from tests.browser.sending import experiment, id_of, send, span
from tests.browser.watching import Watched
from tests.e2e.harness import Server

FAILED = "tr-8d28a12c9501e4ca15f6725b793625c5"
LARGE = 30_000


def test_moving_finding_and_folding_by_keyboard(visit: Watched):
    page = visit.open(f"/traces/{FAILED}")
    tree = page.get_by_role("tree")
    rows, selected = tree.get_by_role("treeitem"), tree.get_by_role("treeitem", selected=True)
    expect(rows).to_have_count(13)
    expect(tree).to_be_focused()
    page.keyboard.press("Home")
    expect(selected).to_contain_text("invoke_agent Strands Agents")
    page.keyboard.press("h")
    expect(rows).to_have_count(1)
    page.keyboard.press("l")
    expect(rows).to_have_count(13)
    page.keyboard.press("e")
    expect(selected).to_contain_text("execute_event_loop_cycle")
    page.keyboard.press("/")
    page.keyboard.type("execute_tool get_weather")
    page.keyboard.press("Enter")
    expect(selected).to_contain_text("execute_tool get_weather")
    page.keyboard.press("Escape")
    expect(tree).to_be_focused()
    page.keyboard.press("c")
    expect(page.get_by_role("button", name="Critical path (c)")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("z")
    expect(page.get_by_role("button", name="Whole trace")).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("next or previous span")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Copy the id").click()
    expect(page.get_by_role("tooltip", name="Copied")).to_be_visible()
    page.keyboard.press("a")
    expect(page.get_by_role("form", name="Assess")).to_be_visible()


def test_what_spans_hold_is_found_and_marked(visit: Watched, demo: Server, api: httpx.Client):
    own = experiment(api, "journey: content")
    said = {"input.value": "Where is parcel QX-17?", "output.value": "Parcel qx-17 is in Bergen."}
    send(
        demo.url,
        own,
        span("content", 0, "root"),
        span("content", 1, "first", parent=0, start_ms=1, attributes=said),
        span("content", 2, "second", parent=0, start_ms=2),
        span("content", 3, "third", parent=0, start_ms=3, attributes={"note": "qx-17 was late"}),
    )
    page = visit.open(f"/traces/{id_of('content')}")
    selected = page.get_by_role("treeitem", selected=True)
    search = page.get_by_role("textbox", name="Find spans")
    search.fill("QX-17")
    count = page.locator("main").get_by_role("status")
    expect(count).to_have_text("2 found")
    search.press("Enter")
    expect(selected).to_contain_text("first")
    expect(count).to_have_text("1 of 2")
    page.wait_for_function("() => CSS.highlights.get('found')?.size === 2")
    page.get_by_role("tree").press("n")
    expect(selected).to_contain_text("third")
    page.get_by_role("tab", name="Attributes").click()
    page.wait_for_function("() => CSS.highlights.get('found')?.size === 1")
    page.get_by_role("tree").press("N")
    expect(selected).to_contain_text("first")
    search.fill("nothing of the kind")
    expect(count).to_have_text("no match")
    page.wait_for_function("() => CSS.highlights.get('found')?.size === 0")
    search.press("Escape")
    page.wait_for_function("() => CSS.highlights.get('found') === undefined")


def test_a_span_has_an_address(visit: Watched):
    page = visit.open(f"/traces/{FAILED}")
    page.get_by_role("treeitem").filter(has_text="get_country").click()
    page.get_by_role("tab", name="Attributes").click()
    expect(page.get_by_text("gen_ai.tool.name")).to_be_visible()
    page.reload()
    expect(page.get_by_role("treeitem", selected=True)).to_contain_text("get_country")
    expect(page.get_by_role("tab", name="Attributes", selected=True)).to_be_visible()


def test_a_laptop_shows_that_nobody_has_judged_a_trace(visit: Watched, demo: Server, api: httpx.Client):
    own = experiment(api, "journey: nobody judged")
    send(demo.url, own, span("unjudged", 0, "root"))
    visit.page.set_viewport_size({"width": 1280, "height": 800})
    page = visit.open(f"/traces/{id_of('unjudged')}")
    pane = page.get_by_role("complementary", name="Assessments")
    heading = pane.get_by_role("heading", name="Assessments")
    expect(heading).to_be_visible()
    assert heading.evaluate("e => e.clientHeight < 2 * parseFloat(getComputedStyle(e).fontSize)")
    said = pane.get_by_text("Nobody has judged this trace.")
    assert said.evaluate("e => e.clientHeight < 4 * parseFloat(getComputedStyle(e).fontSize)")


def test_a_very_large_trace_is_searched_and_scrolled(visit: Watched, demo: Server, api: httpx.Client):
    own = experiment(api, "journey: large")
    spans = [span("large", 0, "root", length_ms=LARGE)]
    spans += [span("large", n, f"step {n}", parent=(n - 1) // 10, start_ms=n, length_ms=3) for n in range(1, LARGE)]
    for start in range(0, LARGE, 5_000):
        send(demo.url, own, *spans[start : start + 5_000])
    page = visit.open(f"/traces/{id_of('large')}")
    tree = page.get_by_role("tree")
    expect(page.get_by_role("treeitem").first).to_be_visible()
    tree.focus()
    page.keyboard.press("End")
    expect(tree.get_by_role("treeitem", selected=True)).to_contain_text("step ")
    assert tree.get_by_role("treeitem").count() < 100
    page.keyboard.press("/")
    page.keyboard.type("step 17171")
    expect(page.get_by_text("1 of 1").or_(page.get_by_text("1 found"))).to_be_visible()
    page.keyboard.press("Enter")
    expect(tree.get_by_role("treeitem", selected=True)).to_contain_text("step 17171")
    page.get_by_role("button", name="Collapse all").click()
    expect(tree.get_by_role("treeitem")).to_have_count(1)


def test_integers_of_64_bits_are_shown_and_copied_as_they_were_sent(visit: Watched, demo: Server, api: httpx.Client):
    own = experiment(api, "journey: long integers")
    numbers = {"snowflake": 1234567890123456789, "just.over": 9007199254740993, "small": 7}
    send(demo.url, own, span("journey: long integers", 0, "root", attributes=numbers))
    page = visit.open(f"/traces/{id_of('journey: long integers')}?tab=attributes")
    panel = page.get_by_role("tabpanel", name="Attributes")
    for shown in ("1234567890123456789", "9007199254740993", "7"):
        expect(panel.get_by_text(shown, exact=True)).to_be_visible()
    panel.get_by_role("textbox").fill("0993")
    expect(panel.get_by_text("9007199254740993", exact=True)).to_be_visible()
    expect(panel.get_by_text("1234567890123456789", exact=True)).to_have_count(0)
    page.get_by_role("tab", name="Raw").click()
    expect(page.get_by_role("tabpanel", name="Raw")).to_contain_text("1234567890123456789")


@pytest.mark.parametrize("mode", ["hashed", "structure", "none"])
def test_a_span_says_why_its_content_is_not_kept(mode: str, visit: Watched, demo: Server, api: httpx.Client):
    name = f"journey: content {mode}"
    own = experiment(api, name)
    assert api.patch(f"/experiments/{own}", json={"settings": {"capture": mode}}).is_success
    sent = span(name, 0, "root", attributes={"lodeline.inputs": "the rain in Spain"})
    claimed = span(name, 1, "claimed", parent=0, attributes={"lodeline.capture": "constructor"})
    send(demo.url, own, sent, claimed)
    page = visit.open(f"/traces/{id_of(name)}")
    expect(page.get_by_text("The content of this span is not kept")).to_contain_text(f"capture: {mode}")
    expect(page.get_by_text("the rain in Spain")).to_have_count(0)
    page.get_by_role("treeitem").filter(has_text="claimed").click()
    expect(page.get_by_role("heading", name="claimed")).to_be_visible()
    expect(page.get_by_text("The content of this span is not kept")).to_contain_text(f"capture: {mode}")


@pytest.mark.parametrize("claim", ["constructor", "none", 7, ["hashed"]], ids=str)
def test_a_span_whose_content_is_there_is_not_said_to_have_none(
    claim: AttributeValue, visit: Watched, demo: Server, api: httpx.Client
):
    name = f"journey: claims {claim}"
    own = experiment(api, name)
    told = {"lodeline.inputs": "the rain in Spain", "lodeline.capture": claim}
    send(demo.url, own, span(name, 0, "root", attributes=told))
    page = visit.open(f"/traces/{id_of(name)}")
    expect(page.get_by_role("tabpanel").get_by_text("the rain in Spain")).to_be_visible()
    expect(page.get_by_text("The content of this span is not kept")).to_have_count(0)
