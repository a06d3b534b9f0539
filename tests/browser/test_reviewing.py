"""Journeys of reviewers: a labeling session worked through by keyboard, and read back by the client."""

import json
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from lodeline.domain.label_schema import LabelInput, LabelSchemaDraft
from lodeline.domain.labeling import LabelingDraft, ReviewForm, ReviewPolicy
from lodeline.domain.run import RunDraft
from lodeline.sdk.client.clients import LodelineClient
from tests.browser.sending import experiment, send, span
from tests.browser.test_every_page import AXE, settled_violations
from tests.browser.watching import Watched
from tests.e2e.harness import Server

QUESTIONS = ("Where is Paris?", "Where is Rome?", "<img src=x onerror=alert(1)>")
SCHEMAS = (
    LabelSchemaDraft(
        "right", "FEEDBACK", LabelInput("pass_fail", "Right", "Wrong"), "Is the answer right?", enable_comment=True
    ),
    LabelSchemaDraft(
        "faults", "FEEDBACK", LabelInput("categorical", options=("vague", "rude"), multi_select=True), "What is bad?"
    ),
    LabelSchemaDraft(
        "tone", "FEEDBACK", LabelInput("categorical", options=("cold", "warm"), ordered=True), "How does it sound?"
    ),
    LabelSchemaDraft("score", "FEEDBACK", LabelInput("numeric", min_value=0, max_value=5), "How good is it?"),
    LabelSchemaDraft("better", "EXPECTATION", LabelInput("text"), "What should it say?"),
    LabelSchemaDraft("facts", "EXPECTATION", LabelInput("text_list", max_count=3), "What must it name?"),
)


@pytest.fixture
def client(demo: Server) -> Iterator[LodelineClient]:
    """A client of the demonstration server, as a program has it."""
    with LodelineClient(demo.url) as made:
        yield made


def session(name: str, demo: Server, api: httpx.Client, client: LodelineClient, *, whole: bool = True) -> str:
    """Open a session over three traces of an experiment of its own and return its id."""
    own = experiment(api, f"journey: {name}")
    for number, asked in enumerate(QUESTIONS):
        attributes = {
            "input.value": json.dumps([{"role": "user", "content": asked}]),
            "output.value": f"answer {number}",
        }
        send(demo.url, own, span(f"{name} {number}", 0, "root", start_ms=number, attributes=attributes))
    for schema in SCHEMAS:
        client.label_schemas.create(schema, experiment=own)
    draft = LabelingDraft(
        RunDraft(f"session of {name}"),
        (),
        "Judge the **answer**, not the question.",
        policy=ReviewPolicy(order="oldest", require_all_answers=whole),
        state="OPEN",
    )
    made = client.labeling.create(draft, [schema.name for schema in SCHEMAS], experiment=own)
    client.labeling_items.add_traces(made.run.run_id, order="start asc")
    return made.run.run_id


def item_of(page: Page) -> Locator:
    return page.get_by_role("region", name="Item", exact=True)


def check_axe(visit: Watched) -> None:
    visit.page.evaluate(AXE.read_text(encoding="utf-8"))
    found = settled_violations(visit)
    assert not found, "\n".join(found)


def test_two_items_are_reviewed_by_keyboard(visit: Watched, demo: Server, api: httpx.Client, client: LodelineClient):
    run_id = session("keys", demo, api, client)
    page = visit.open(f"/review/{run_id}")
    page.get_by_role("textbox", name="Your name").fill("ada")
    page.keyboard.press("Enter")
    expect(item_of(page)).to_contain_text(QUESTIONS[0])
    expect(page).to_have_url(f"{demo.url}/review/{run_id}?reviewer=ada")
    expect(item_of(page)).not_to_contain_text("content")
    expect(page.get_by_text("0 of 3 items have all their reviews.")).to_be_visible()
    expect(page.locator("strong", has_text="answer")).to_be_visible()
    check_axe(visit)
    page.set_viewport_size({"width": 400, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    page.set_viewport_size({"width": 1440, "height": 900})

    page.keyboard.press("1")  # right; what is bad is marked next
    expect(page.get_by_role("radio", name="Right")).to_be_checked()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Answer this to submit.").first).to_be_visible()
    expect(page.get_by_role("checkbox", name="vague")).to_be_focused()
    page.keyboard.press("2")
    page.keyboard.press("1")
    expect(page.get_by_role("checkbox", name="rude")).to_be_checked()
    page.get_by_role("radio", name="cold").focus()
    page.keyboard.press("2")
    expect(page.get_by_role("radio", name="warm")).to_be_checked()
    page.get_by_role("textbox", name="How good is it?").focus()
    page.keyboard.type("7")
    page.keyboard.press("Enter")  # a field's Enter hands nothing in
    expect(page.get_by_text("This is above 5, the greatest number that is taken.")).to_be_visible()
    page.keyboard.press("Backspace")
    page.keyboard.type("4.5")
    page.keyboard.press("Tab")
    page.keyboard.type("In France, on the Seine.")
    page.keyboard.press("Tab")
    page.keyboard.type("Names France.")
    page.keyboard.press("Enter")
    page.keyboard.type("Names the river.")
    page.keyboard.press("Control+Enter")

    expect(item_of(page)).to_contain_text(QUESTIONS[1])
    expect(page.get_by_text("Your review was submitted; the item is complete.")).to_be_visible()
    expect(page.get_by_text("1 of 3 items have all their reviews.")).to_be_visible()
    page.locator("body").press("2")
    page.keyboard.press("3")  # none of these
    page.get_by_role("radio", name="cold").focus()
    page.keyboard.press("1")
    for name, written in (("How good is it?", "0"), ("What should it say?", "Italy"), ("Text 1", "Names Italy.")):
        page.get_by_role("textbox", name=name, exact=True).focus()
        page.keyboard.type(written)
    page.get_by_role("textbox", name="Comment on: Is the answer right?").focus()
    page.keyboard.type("It is in Italy.")
    page.keyboard.press("Control+Enter")
    expect(item_of(page)).to_contain_text("onerror=alert(1)")

    first, second, third = client.labeling_items.list(run_id).all()
    assert (first.state, second.state, third.state) == ("COMPLETE", "COMPLETE", "IN_REVIEW")
    forms = [each.submission.form for item in (first, second) for each in item.submissions if each.submission]
    assert [dict(form.answers) for form in forms] == [
        {
            "right": True, "faults": ["vague", "rude"], "tone": "warm", "score": 4.5,
            "better": "In France, on the Seine.", "facts": ["Names France.", "Names the river."],
        },
        {
            "right": False, "faults": [], "tone": "cold", "score": 0, "better": "Italy", "facts": ["Names Italy."],
        },
    ]  # fmt: skip
    assert [dict(form.comments) for form in forms] == [{}, {"right": "It is in Italy."}]
    assert [each.reviewer for each in first.submissions] == ["ada"]


def test_drafts_are_kept_and_submissions_undone(
    visit: Watched, demo: Server, api: httpx.Client, client: LodelineClient
):
    run_id = session("drafts", demo, api, client, whole=False)
    page = visit.open(f"/review/{run_id}?reviewer=grace")
    page.get_by_role("textbox", name="What should it say?").fill("In France")
    expect(page.get_by_text("Draft saved.")).to_be_visible()
    page.reload()
    expect(page.get_by_role("textbox", name="What should it say?")).to_have_value("In France")
    page.keyboard.press("2")
    page.keyboard.press("Control+Enter")
    expect(item_of(page)).to_contain_text(QUESTIONS[1])
    page.locator("body").press("u")
    expect(item_of(page)).to_contain_text(QUESTIONS[0])
    expect(page.get_by_role("radio", name="Wrong")).to_be_checked()
    page.keyboard.press("Control+Enter")
    expect(item_of(page)).to_contain_text(QUESTIONS[1])
    page.reload()  # the last submission can be undone still
    page.get_by_role("button", name="Undo the last one").click()
    expect(item_of(page)).to_contain_text(QUESTIONS[0])
    page.keyboard.press("Control+Enter")
    expect(item_of(page)).to_contain_text(QUESTIONS[1])

    page.get_by_role("button", name="Skip for now").click()
    expect(item_of(page)).to_contain_text(QUESTIONS[2])
    page.locator("body").press("d")
    page.keyboard.type("I read no HTML.")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("You declined the item.")).to_be_visible()
    expect(item_of(page)).to_contain_text(QUESTIONS[1])
    page.get_by_role("button", name="Stop here").click()
    expect(page.get_by_role("heading", name="You have stopped")).to_be_visible()
    page.get_by_role("button", name="Go on").click()
    expect(item_of(page)).to_contain_text(QUESTIONS[1])

    client.labeling.update(run_id, state="CLOSED")
    visit.expected.append("409")
    page.keyboard.press("1")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text("is CLOSED")
    page.get_by_role("button", name="Go on with another item").click()
    expect(page.get_by_role("heading", name="Closed")).to_be_visible()
    check_axe(visit)

    first, second, third = client.labeling_items.list(run_id).all()
    (given,) = first.submissions
    assert given.submission is not None
    assert dict(given.submission.form.answers) == {"right": False, "better": "In France"}
    assert second.submissions == ()
    assert [(each.state, each.reason) for each in third.assignments if each.reviewer == "grace"] == [
        ("DECLINED", "I read no HTML.")
    ]


def test_the_list_of_sessions_leads_to_where_they_are_reviewed(
    visit: Watched, demo: Server, api: httpx.Client, client: LodelineClient
):
    run_id = session("listed", demo, api, client)
    own = client.labeling.get(run_id).run.experiment_id
    page = visit.open(f"/experiments/{own}")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Labeling").click()
    row = page.get_by_role("row").filter(has_text="session of listed")
    expect(row).to_contain_text("Open")
    row.get_by_role("link", name="Review session of listed").click()
    expect(page.get_by_role("heading", name="Who are you?")).to_be_visible()
    check_axe(visit)


def test_who_has_reviewed_every_item_is_told_so(
    visit: Watched, demo: Server, api: httpx.Client, client: LodelineClient
):
    own = experiment(api, "journey: one of two reviewers")
    send(demo.url, own, span("one of two", 0, "root"))
    policy = ReviewPolicy(reviews_required=2, require_all_answers=False)
    draft = LabelingDraft(RunDraft("one of two"), (), policy=policy, state="OPEN")
    run_id = client.labeling.create(draft, ["Feedback"], experiment=own).run.run_id
    (item_id,) = client.labeling_items.add_traces(run_id).item_ids
    client.reviews.submit(item_id, ReviewForm(answers={}, comment="Well said."), reviewer="ada")
    page = visit.open(f"/review/{run_id}?reviewer=ada")
    expect(page.get_by_text("You have reviewed every item")).to_be_visible()
    expect(page.get_by_text("1 item waits for somebody else's review.")).to_be_visible()


def test_a_conversation_under_review_shows_its_tool_calls(
    visit: Watched, demo: Server, api: httpx.Client, client: LodelineClient
):
    own = experiment(api, "journey: tools under review")
    call = {
        "id": "c1",
        "type": "function",
        "function": {"name": "cancel_booking", "arguments": '{"booking": "XEHM4B"}'},
    }
    asked = [
        {"role": "user", "content": "Cancel my flight."},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "cancelled"},
    ]
    attributes = {
        "input.value": json.dumps(asked),
        "output.value": json.dumps([{"role": "assistant", "content": "Done."}]),
    }
    send(demo.url, own, span("tools under review", 0, "root", attributes=attributes))
    draft = LabelingDraft(RunDraft("tools"), (), state="OPEN")
    run_id = client.labeling.create(draft, ["Feedback"], experiment=own).run.run_id
    client.labeling_items.add_traces(run_id)
    page = visit.open(f"/review/{run_id}?reviewer=ada")
    expect(item_of(page).get_by_role("article").filter(has_text="cancel_booking").last).to_contain_text("XEHM4B")
    expect(item_of(page)).to_contain_text("Done.")
    expect(item_of(page)).not_to_contain_text("tool_calls")


def test_spans_are_marked_by_keyboard_and_by_mouse(
    visit: Watched, demo: Server, api: httpx.Client, client: LodelineClient
):
    own = experiment(api, "journey: spans")
    said = "<img src=x onerror=alert(1)> Ada was born in 1915 \U0001f600."
    attributes = {"input.value": "Who was Ada?", "output.value": said}
    send(demo.url, own, span("spans", 0, "root", attributes=attributes))
    schema = LabelSchemaDraft("marks", "FEEDBACK", LabelInput("spans", options=("made up", "<b>rude</b>")), "What?")
    client.label_schemas.create(schema, experiment=own)
    draft = LabelingDraft(
        RunDraft("marks"), (), policy=ReviewPolicy(reviews_required=2, min_agreement=1.0), state="OPEN"
    )
    run_id = client.labeling.create(draft, ["marks"], experiment=own).run.run_id
    client.labeling_items.add_traces(run_id)
    page = visit.open(f"/review/{run_id}?reviewer=ada")
    text = item_of(page).get_by_role("textbox", name="Text to mark: response")
    expect(text).to_have_value(said)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Answer this to submit.")).to_be_visible()
    # By keyboard: from the end of the text back over the smiling face and the year before it.
    text.focus()
    page.keyboard.press("Control+End")
    page.keyboard.press("ArrowLeft")
    for _ in range(6):
        page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("1")
    expect(page.get_by_role("list", name="Marked")).to_contain_text("1915 \U0001f600")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keys")).to_have_count(0)
    text.evaluate("field => field.setSelectionRange(0, 28)")
    page.get_by_role("button", name="Mark as <b>rude</b>").click()
    expect(item_of(page).locator("mark")).to_have_count(2)
    # The words of a mark lie under those of the field that is selected in.
    measured = text.evaluate(
        "field => [field.clientHeight, field.scrollHeight, field.previousElementSibling.clientHeight]"
    )
    assert len(set(measured)) == 1
    check_axe(visit)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Your review was submitted")).to_be_visible()
    (item,) = client.labeling_items.list(run_id).all()
    submitted = [each.submission for each in item.submissions if each.submission]
    assert [each.form.answers for each in submitted] == [
        {
            "marks": [
                {"field": "response", "start": 0, "end": 28, "label": "<b>rude</b>", "text": said[:28]},
                {"field": "response", "start": 45, "end": 51, "label": "made up", "text": said[45:51]},
            ]
        }
    ]
    client.reviews.submit(item.item_id, ReviewForm({"marks": []}), reviewer="ben")
    page = visit.open(f"/experiments/{own}/labeling/{run_id}?tab=report")
    expect(page.get_by_role("row", name="Krippendorff's α for unitizing")).to_be_visible()
    expect(page.get_by_role("table", name="What each reviewer marks")).to_contain_text("1 <b>rude</b>")
    expect(page.get_by_role("link", name="Who was Ada?").first).to_be_visible()
    check_axe(visit)

    # They differ: whoever decides marks in the text, too.
    page = visit.open(f"/experiments/{own}/labeling/{run_id}?item={item.item_id}")
    page.get_by_role("button", name="Decide").click()
    decision = page.get_by_role("form", name="Decide the dispute")
    expect(decision.get_by_text("answers differ")).to_be_visible()
    text = decision.get_by_role("textbox", name="Text to mark: response")
    text.evaluate("field => field.setSelectionRange(29, 32)")
    text.press("1")
    check_axe(visit)
    decision.get_by_role("textbox", name="Reason").fill("That is her name.")
    decision.get_by_role("textbox", name="Your name").fill("cleo")
    decision.get_by_role("button", name="Decide", exact=True).click()
    expect(page.get_by_text("The dispute is decided.")).to_be_visible()
    (decided,) = client.labeling_items.list(run_id).all()
    mark = {"field": "response", "start": 29, "end": 32, "label": "made up", "text": "Ada"}
    assert [each.form.answers for each in decided.adjudications] == [{"marks": [mark]}]
