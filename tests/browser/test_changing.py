"""Journeys that change something: experiments, judgments, tags, deletion, traces that arrive."""

import json
import re
from pathlib import Path

import httpx
from playwright.sync_api import Page, expect

from tests.browser.sending import experiment, id_of, send, span
from tests.browser.watching import Watched
from tests.e2e.harness import Server


def assessments(api: httpx.Client, trace: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = api.get(f"/traces/{id_of(trace)}/assessments").json()
    return found


def in_tree(page: Page) -> None:
    page.get_by_role("tree").focus()


def test_an_experiment_is_created_renamed_deleted_and_restored(visit: Watched):
    page = visit.open("/experiments")
    page.get_by_role("button", name="New experiment").click()
    page.get_by_role("textbox", name="Name", exact=True).fill("journey: kitchen")
    page.get_by_role("textbox", name="Tags", exact=True).fill("team=cooks\nstage=test")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", name="journey: kitchen")).to_be_visible()
    expect(page.get_by_text("OTEL_EXPORTER_OTLP_ENDPOINT")).to_be_visible()
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Experiments").click()
    page.get_by_role("searchbox", name=re.compile("Find by name")).fill("team=cooks")
    expect(page.get_by_role("table").get_by_role("row")).to_have_count(2)
    page.get_by_role("button", name="Actions: journey: kitchen").click()
    page.get_by_role("menuitem", name="Rename and describe").click()
    page.get_by_role("textbox", name="Name", exact=True).fill("journey: bakery")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("button", name="Actions: journey: bakery").click()
    page.get_by_role("menuitem", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("No experiment has these words.")).to_be_visible()
    page.get_by_text("Deleted", exact=True).click()
    page.get_by_role("row").filter(has_text="journey: bakery").get_by_role("button", name="Restore").click()
    expect(page.get_by_text("journey: bakery is back.")).to_be_visible()


def test_tags_that_lodeline_sets_are_not_listed(visit: Watched, api: httpx.Client):
    tags = {"lodeline.demo": "kitchen", "team": "ovens"}
    made = api.post("/experiments", json={"name": "journey: tagged", "tags": tags})
    assert made.is_success, made.text
    row = visit.open("/experiments").get_by_role("row").filter(has_text="journey: tagged")
    expect(row).to_contain_text("team=ovens")
    expect(row).not_to_contain_text("lodeline.demo")


def test_a_trace_is_judged_and_overridden_by_keyboard(visit: Watched, demo: Server, api: httpx.Client):
    own = experiment(api, "journey: judging")
    send(demo.url, own, span("judged", 0, "root"), span("judged", 1, "step", parent=0))
    page = visit.open(f"/traces/{id_of('judged')}")
    in_tree(page)
    page.keyboard.press("j")
    expect(page.get_by_role("treeitem", selected=True)).to_contain_text("step")
    page.keyboard.press("a")
    page.keyboard.type("helpful")
    page.keyboard.press("Tab")
    page.keyboard.type("no")
    page.keyboard.press("Control+Enter")
    card = page.get_by_role("article").filter(has_text="helpful")
    expect(card).to_contain_text("false")
    assert [(each["name"], each["value"]) for each in assessments(api, "judged")] == [("helpful", False)]
    card.get_by_role("button", name="Override").press("Enter")
    page.get_by_role("textbox", name="Value", exact=True).fill("true")
    page.get_by_role("textbox", name="Reason", exact=True).fill("it was right after all")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("article").filter(has_text="it was right after all")).to_contain_text("true")
    first, second = assessments(api, "judged")
    assert (first["valid"], second["valid"], second["overrides"]) == (False, True, first["assessment_id"])
    page.get_by_role("button", name="Show 1 overridden").click()
    expect(page.get_by_text("overridden", exact=False).first).to_be_visible()


def test_selected_traces_are_tagged_judged_exported_and_deleted(
    visit: Watched, demo: Server, api: httpx.Client, downloads: Path
):
    own = experiment(api, "journey: many")
    for number in range(5):
        send(demo.url, own, span(f"many {number}", 0, f"trace {number}", start_ms=number))
    page = visit.open(f"/experiments/{own}/traces?columns=quality")
    page.get_by_role("checkbox", name="Select trace 4").click()
    page.get_by_role("checkbox", name="Select trace 2").click(modifiers=["Shift"])
    toolbar = page.get_by_role("toolbar", name="3 selected")
    toolbar.get_by_role("button", name="Tag").click()
    page.get_by_role("textbox", name="Key", exact=True).fill("colour")
    page.get_by_role("textbox", name="Value", exact=True).fill("red")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("3 traces tagged.")).to_be_visible()
    toolbar.get_by_role("button", name="Assess").click()
    page.get_by_role("combobox", name="Name", exact=True).fill("fine")
    page.get_by_role("textbox", name="Value", exact=True).fill("0.5")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("3 traces assessed.")).to_be_visible()
    with page.expect_download() as handed:
        toolbar.get_by_role("button", name="Export").click()
    handed.value.save_as(downloads / "traces.jsonl")
    lines = [json.loads(line) for line in (downloads / "traces.jsonl").read_text(encoding="utf-8").splitlines()]
    assert sorted(line["trace"]["name"] for line in lines) == ["trace 2", "trace 3", "trace 4"]
    assert {line["trace"]["tags"]["colour"] for line in lines} == {"red"}
    assert all(line["assessments"][0]["value"] == 0.5 and len(line["spans"]) == 1 for line in lines)
    toolbar.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("grid").get_by_role("row")).to_have_count(3)
    left = api.get("/traces", params={"experiment": own}).json()["items"]
    assert sorted(trace["name"] for trace in left) == ["trace 0", "trace 1"]


def test_traces_that_arrive_are_followed(visit: Watched, demo: Server, api: httpx.Client):
    own = experiment(api, "journey: live")
    send(demo.url, own, span("live before", 0, "came before"))
    page = visit.open(f"/experiments/{own}/traces")
    expect(page.get_by_role("grid").get_by_role("row")).to_have_count(2)
    page.get_by_role("switch", name="Live").click()
    expect(page.get_by_text("Following")).to_be_visible()
    send(demo.url, own, span("live after", 0, "came after"))
    expect(page.get_by_role("grid").get_by_role("link", name="came after")).to_be_visible()
    expect(page.get_by_role("grid").get_by_role("row")).to_have_count(3)


def test_a_price_of_ones_own_is_kept(visit: Watched, api: httpx.Client):
    own = experiment(api, "journey: prices")
    page = visit.open("/settings/prices")
    page.get_by_label("Experiment", exact=True).select_option(own)
    page.get_by_role("textbox", name="Model", exact=True).fill("house-model")
    page.get_by_role("spinbutton", name="Input", exact=True).fill("1.5")
    page.get_by_role("button", name="Add a price").click()
    expect(page.get_by_role("row").filter(has_text="house-model")).to_contain_text("1.5")
    (price,) = api.get(f"/experiments/{own}").json()["settings"]["prices"]
    assert (price["model"], price["input_usd_per_mtok"], price["output_usd_per_mtok"]) == ("house-model", 1.5, None)


def test_traces_are_priced_anew_after_a_look_at_what_that_changes(visit: Watched, demo: Server, api: httpx.Client):
    own = experiment(api, "journey: priced anew")
    usage = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "own-1", "gen_ai.usage.input_tokens": 400_000}
    send(demo.url, own, span("priced anew", 0, "call", attributes=usage))
    page = visit.open("/settings/prices")
    page.get_by_label("Experiment", exact=True).select_option(own)
    anew = page.get_by_role("region", name="Price traces anew")
    anew.get_by_role("button", name="What would change?").click()
    expect(anew.get_by_role("status")).to_have_text("Of 1 trace none would cost anything else.")
    expect(anew.get_by_role("button", name="Write these costs")).to_have_count(0)
    prices = [{"model": "own-1", "input_usd_per_mtok": 2.5}]
    api.patch(f"/experiments/{own}", json={"settings": {"prices": prices}})
    anew.get_by_role("button", name="What would change?").click()
    expect(anew.get_by_role("status")).to_have_text("1 of 1 trace would cost $1.00 instead of $0.")
    assert api.get(f"/traces/{id_of('priced anew')}").json()["trace"]["cost_usd"] is None
    anew.get_by_role("button", name="Write these costs").click()
    expect(page.get_by_text("Costs of 1 trace written.")).to_be_visible()
    assert api.get(f"/traces/{id_of('priced anew')}").json()["trace"]["cost_usd"] == 1.0


def test_a_prompt_is_written_and_rewritten_on_the_page(visit: Watched, api: httpx.Client):
    visit.expected += ["404"]  # is the name free?
    own = experiment(api, "journey: writing prompts")
    page = visit.open(f"/experiments/{own}/prompts")
    page.get_by_role("button", name="New prompt").click()
    form = page.get_by_role("dialog", name="New prompt")
    expect(form.get_by_role("button", name="Save the version")).to_be_disabled()
    form.get_by_role("textbox", name="Name", exact=True).fill("journey-answer")
    form.get_by_text("Messages", exact=True).click()
    form.get_by_role("textbox", name="Content").fill("You are {{ tone }}.")
    form.get_by_role("button", name="Add a message").click()
    form.get_by_role("group", name="Message 2").get_by_role("textbox", name="Content").fill("{{ question }}")
    expect(form.get_by_text("Variables: tone, question")).to_be_visible()
    form.get_by_role("button", name="Save the version").click()
    expect(page.get_by_text("Version 1 of journey-answer was saved.")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/prompts/journey-answer\?version=1$"))
    config = {"model": "gpt-4o", "temperature": 0.5}
    messages = [{"role": "system", "content": "You are {{ tone }}."}, {"role": "user", "content": "{{ question }}"}]
    body = {"name": "journey-answer", "experiment": own, "messages": messages, "config": config}
    assert api.post("/prompts", json=body).json()["version"]["version"] == 2
    page.reload()
    page.get_by_role("link", name="Version 2").click()
    page.get_by_role("button", name="New version").click()
    form = page.get_by_role("dialog", name="New version of journey-answer")
    first = form.get_by_role("group", name="Message 1")
    expect(first.get_by_role("textbox", name="Content")).to_have_value("You are {{ tone }}.")
    first.get_by_role("textbox", name="Content").fill("You are {{ tone }}, and short.")
    form.get_by_role("textbox", name="What is new in it").fill("shorter")
    form.get_by_role("button", name="Save the version").click()
    expect(page.get_by_text("Version 3 of journey-answer was saved.")).to_be_visible()
    stored = api.get("/prompts/journey-answer/versions/3", params={"experiment": own}).json()
    assert (stored["message"], stored["model_config"]) == ("shorter", config)
    assert stored["messages"][0]["content"] == "You are {{ tone }}, and short."
    visit.expected += ["409"]
    page.goto(page.url.partition("/journey-answer")[0])
    page.get_by_role("button", name="New prompt").click()
    form = page.get_by_role("dialog", name="New prompt")
    form.get_by_role("textbox", name="Name", exact=True).fill("journey-answer")
    form.get_by_role("textbox", name="Template").fill("x")
    form.get_by_role("button", name="Save the version").click()
    expect(form.get_by_text("There is a prompt journey-answer already")).to_be_visible()
    assert api.get("/prompts/journey-answer", params={"experiment": own}).json()["latest_version"] == 3


def test_a_dataset_is_made_and_its_records_are_written_on_the_page(visit: Watched, api: httpx.Client):
    own = experiment(api, "journey: writing records")
    page = visit.open(f"/experiments/{own}/datasets")
    page.get_by_role("button", name="New dataset").click()
    form = page.get_by_role("dialog", name="New dataset")
    form.get_by_role("textbox", name="Name", exact=True).fill("cases")
    form.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", name="Datasets / cases")).to_be_visible()
    dataset = page.url.rpartition("/")[2]
    page.get_by_role("button", name="Add a record").click()
    form = page.get_by_role("dialog", name="Add a record")
    form.get_by_role("textbox", name="Inputs").fill('{"question": "How many?", "most": 9007199254740993')
    expect(form.get_by_text("This is no JSON.")).to_be_visible()
    expect(form.get_by_role("button", name="Save in the draft")).to_be_disabled()
    form.get_by_role("textbox", name="Inputs").fill('{"question": "How many?", "most": 9007199254740993}')
    form.get_by_role("textbox", name="Expectations").fill('{"answer": 1.0}')
    form.get_by_role("textbox", name="Split").fill("test")
    form.get_by_role("button", name="Save in the draft").click()
    expect(page.get_by_text("The record is in the draft.")).to_be_visible()
    panel = page.get_by_role("complementary").filter(has_text="Edit the record")
    panel.get_by_role("button", name="Edit the record").click()
    form = page.get_by_role("dialog", name="Edit the record")
    expect(form.get_by_role("textbox", name="Inputs")).to_have_value(re.compile("9007199254740993"))
    form.get_by_role("textbox", name="Outputs").fill('"Seven"')
    form.get_by_role("button", name="Save in the draft").click()
    expect(form).to_have_count(0)
    stored = api.get(f"/datasets/{dataset}/records", params={"version": "draft"}).text
    assert '"most":9007199254740993' in stored.replace(" ", "")
    (record,) = json.loads(stored)["items"]
    assert (record["outputs"], record["split"], record["source"]["kind"]) == ("Seven", "test", "HUMAN")
    page.get_by_role("button", name=re.compile("^Publish")).click()
    page.get_by_role("dialog").get_by_role("button", name=re.compile("^Publish")).click()
    expect(page.get_by_role("combobox", name="Version")).to_have_value("1")
    page.get_by_role("button", name="Add a record").click()
    form = page.get_by_role("dialog", name="Add a record")
    form.get_by_role("textbox", name="Inputs").fill('{"most": 9007199254740993, "question": "How many?"}')
    form.get_by_role("button", name="Save in the draft").click()
    expect(form.get_by_role("alert")).to_be_visible()
    assert api.get(f"/datasets/{dataset}").json()["draft_changes"] == 0
