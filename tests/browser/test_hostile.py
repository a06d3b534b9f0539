"""Attack strings in every field of a trace: shown as text, run by nobody, loaded from nowhere."""

from dataclasses import replace

import httpx
import pytest
from playwright.sync_api import expect

from lodeline.demo.otlp import Attributes, SpanDraft
from tests.browser.sending import experiment, id_of, send, span
from tests.browser.watching import Watched
from tests.e2e.harness import Server

ATTACKS = (
    "<script>window.owned = 1</script>",
    "<img src=x onerror='window.owned = 1'>",
    '"><svg onload="window.owned = 1">',
    "javascript:window.owned=1",
    "[click](javascript:window.owned=1)",
    "![](http://attacker.example/pixel.png)",
    "<iframe srcdoc='<script>parent.owned=1</script>'></iframe>",
    "{{constructor.constructor('window.owned=1')()}}",
    "<style>@import 'http://attacker.example/x.css';</style>",
    "<a href='data:text/html,<script>opener.owned=1</script>'>x</a>",
    "\u202egnp.exe \u200b\u2066hidden\u2069",
    "# heading\n\n<b onmouseover=window.owned=1>bold</b>\n\n[remote]: http://attacker.example/a",
)
EVERYTHING = "\n\n".join(ATTACKS)


def attacked() -> list[SpanDraft]:
    """Return a trace whose every field carries the attacks."""
    image: Attributes = {"type": "image_url", "image_url": {"url": "http://attacker.example/pixel.png"}}
    message: Attributes = {"role": "user", "content": [{"type": "text", "text": EVERYTHING}, image]}
    tool: Attributes = {
        "role": "assistant",
        "content": EVERYTHING,
        "tool_calls": [
            {"id": EVERYTHING, "type": "function", "function": {"name": EVERYTHING, "arguments": EVERYTHING}}
        ],
    }
    attributes: Attributes = {
        "openinference.span.kind": "LLM",
        "session.id": ATTACKS[0],
        "user.id": ATTACKS[1],
        "input.value": EVERYTHING,
        "output.value": EVERYTHING,
        "llm.model_name": ATTACKS[2],
        "lodeline.tags": {ATTACKS[3][:20]: EVERYTHING},
        "llm.input_messages.0.message.role": "user",
        "llm.input_messages.0.message.content": EVERYTHING,
        "llm.input_messages.1.message.role": "assistant",
        "llm.input_messages.1.message.contents.0.message_content.type": "image",
        "llm.input_messages.1.message.contents.0.message_content.image.image.url": "http://attacker.example/p.png",
        "llm.output_messages.0.message.role": "assistant",
        "llm.output_messages.0.message.content": EVERYTHING,
        "llm.output_messages.0.message.tool_calls.0.tool_call.function.name": EVERYTHING,
        "llm.output_messages.0.message.tool_calls.0.tool_call.function.arguments": EVERYTHING,
        "gen_ai.input.messages": [message, tool],
        EVERYTHING: EVERYTHING,
    }
    root = span("attacked", 0, ATTACKS[0], attributes=attributes)
    events = ((EVERYTHING, root.start_ns, {EVERYTHING: EVERYTHING}), ("exception", root.start_ns, {
        "exception.type": EVERYTHING, "exception.message": EVERYTHING, "exception.stacktrace": EVERYTHING,
    }))  # fmt: skip
    return [
        replace(root, events=events, error=EVERYTHING),
        *(span("attacked", n, attack, parent=0, attributes=attributes) for n, attack in enumerate(ATTACKS, 1)),
    ]  # fmt: skip


@pytest.fixture
def hostile(demo: Server, api: httpx.Client) -> str:
    """Return the id of an experiment with attacks in its name, its description, its traces and their judgments."""
    name = f"{ATTACKS[1]} hostile"
    found = api.get("/experiments/find", params={"name": name})
    if found.status_code == 200:
        return str(found.json()["experiment_id"])
    own = experiment(api, name)
    api.patch(f"/experiments/{own}", json={"description": EVERYTHING, "set_tags": {ATTACKS[0]: EVERYTHING}})
    send(demo.url, own, *attacked())
    judged = {"trace_id": id_of("attacked"), "name": ATTACKS[1], "value": EVERYTHING, "rationale": EVERYTHING}
    assert api.post("/assessments", json=judged).status_code == 200
    return own


def test_nothing_in_a_trace_runs_or_loads(visit: Watched, hostile: str):
    for path in (
        "/experiments",
        f"/experiments/{hostile}",
        f"/experiments/{hostile}/traces?columns=state,name,request,response,tags,session,user,message",
        f"/experiments/{hostile}/sessions",
        f"/experiments/{hostile}/users",
        f"/experiments/{hostile}/compare?left={id_of('attacked')}&right={id_of('attacked')}",
    ):
        page = visit.open(path)
        page.wait_for_load_state("networkidle")
        assert page.evaluate("window.owned") is None, path
    page = visit.open(f"/traces/{id_of('attacked')}")
    expect(page.get_by_role("treeitem")).to_have_count(len(ATTACKS) + 1)
    for index in range(3):
        page.get_by_role("treeitem").nth(index).click()
        for tab in ("Content", "Attributes", "Events", "Raw"):
            page.get_by_role("tab", name=tab).click()
            page.wait_for_load_state("networkidle")
        page.get_by_role("tab", name="Content").click()
    assert page.evaluate("window.owned") is None
    assert page.locator("main script, main iframe, main img[src^='http'], main [onerror], main [onload]").count() == 0
    assert page.locator("main a[href^='javascript'], main a[href^='data']").count() == 0


def test_hidden_characters_are_named(visit: Watched, hostile: str):
    assert hostile
    page = visit.open(f"/traces/{id_of('attacked')}")
    expect(page.get_by_role("treeitem").filter(has_text="U+202E")).to_have_count(1)
    expect(page.get_by_title("Hidden character U+200B").first).to_be_visible()


def test_an_address_full_of_attacks_is_only_text(visit: Watched, hostile: str):
    visit.expected.append("400")
    page = visit.open(
        f"/experiments/{hostile}/traces?filter=%3Cimg+src%3Dx+onerror%3Dwindow.owned%3D1%3E&range=%3Cscript%3E"
    )
    expect(page.get_by_role("alert").first).to_contain_text("filter")
    assert page.evaluate("window.owned") is None
