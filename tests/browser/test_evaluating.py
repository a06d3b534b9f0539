"""Journeys through evaluations, datasets, versions, prompts and scorers."""

import base64
import re

import httpx
import pytest
from playwright.sync_api import Page, expect

from lodeline.demo.otlp import request
from lodeline.domain.evaluation import Bindings, EvaluationDraft
from lodeline.domain.evaluation_row import RowDraft, ScoreDraft
from lodeline.domain.ids import ModelId
from lodeline.domain.run import RunDraft
from lodeline.sdk.client.clients import LodelineClient
from tests.browser.sending import experiment, id_of, send, span
from tests.browser.test_hostile import ATTACKS
from tests.browser.test_reviewing import check_axe
from tests.browser.watching import Watched
from tests.e2e.harness import Server, post

MATHS = "demo: maths, four models"
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@pytest.fixture
def maths(api: httpx.Client) -> str:
    """Return the id of the experiment with four evaluations on one dataset."""
    return str(api.get("/experiments/find", params={"name": MATHS}).json()["experiment_id"])


@pytest.fixture
def runs(api: httpx.Client, maths: str) -> dict[str, str]:
    """Return the ids of its evaluations by their names."""
    found = api.get("/runs", params={"experiment": maths, "filter": "kind = 'EVALUATION'"}).json()["items"]
    return {run["name"]: run["run_id"] for run in found}


def rows_of(page: Page, label: str):
    return page.get_by_role("grid", name=label).get_by_role("row")


def test_two_evaluations_are_chosen_compared_and_a_lost_row_is_opened(
    visit: Watched, api: httpx.Client, maths: str, runs: dict[str, str]
):
    page = visit.open(f"/experiments/{maths}/evaluations")
    listed = page.get_by_role("row").filter(has_text="175b verification")
    expect(listed).to_contain_text(re.compile(r"correct 57\.3% 54\.1% – 60\.5% n = 900"))
    page.get_by_role("checkbox", name="Select 175b verification").click()
    page.get_by_role("checkbox", name="Select 175b finetuning").click()
    page.get_by_role("button", name="Compare", exact=True).click()
    first, second = runs["175b finetuning"], runs["175b verification"]
    body = {"baseline": first, "candidates": [second], "max_rows": 1_000}
    (compared,) = api.post("/evaluations/compare", json=body).json()["candidates"]
    known = next(each for each in compared["scorers"] if each["scorer"] == "correct")
    table = page.get_by_role("table", name="Compare evaluations")
    row = table.get_by_role("row").filter(has_text="correct")
    expect(row).to_contain_text("better")
    expect(row).to_contain_text("+22.3%")
    expect(row).to_contain_text(f"{known['wins']} · {known['ties']} · {known['losses']}")
    expect(page.get_by_text("By correct, 175b verification is better than 175b finetuning.").last).to_be_visible()
    expect(page.get_by_text("It went from 35% to 57.3%: +22.3% (95% interval")).to_be_visible()
    lost = page.get_by_role("heading", name="Rows by correct, the most lost first")
    expect(lost).to_contain_text(str(known["losses"]))
    first_lost = rows_of(page, "Rows by correct, the most lost first").nth(1)
    expect(first_lost).to_contain_text(re.compile("true.*false"))
    first_lost.click()
    panel = page.get_by_role("complementary", name="Row")
    expect(panel.get_by_role("heading", name="175b finetuning true")).to_be_visible()
    expect(panel.get_by_role("heading", name="175b verification false")).to_be_visible()
    page.reload()
    panel.get_by_role("link", name="Compare the traces").click()
    expect(page.get_by_role("heading", name="Compare traces")).to_be_visible()


def test_negative_rows_are_found_sorted_and_walked_by_keyboard(
    visit: Watched, api: httpx.Client, maths: str, runs: dict[str, str]
):
    run = runs["6b finetuning"]
    rows = api.get(f"/evaluations/{run}/rows", params={"limit": 1_000}).json()["items"]
    failed = sum(any(score["value"] is False for score in row["scores"]) for row in rows)
    assert 0 < failed < len(rows)
    page = visit.open(f"/experiments/{maths}/evaluations/{run}")
    heading = page.get_by_role("heading", name=re.compile("^Rows"))
    expect(heading).to_contain_text("900")
    page.get_by_text("Negative", exact=True).click()
    expect(heading).to_contain_text(str(failed))
    column = page.get_by_role("grid", name="Rows").get_by_role("columnheader", name="correct")
    column.get_by_role("button").click()
    expect(column).to_have_attribute("aria-sort", "descending")
    page.get_by_role("grid", name="Rows").focus()
    page.keyboard.press("Enter")
    panel = page.get_by_role("complementary", name="Row")
    expect(panel).to_contain_text("correct")
    opened = panel.get_by_role("heading").first.inner_text()
    page.keyboard.press("j")
    expect(panel.get_by_role("heading").first).not_to_have_text(opened)
    page.reload()
    expect(panel).to_be_visible()
    expect(heading).to_contain_text(str(failed))
    page.keyboard.press("Escape")
    expect(panel).to_have_count(0)
    page.get_by_role("grid", name="Rows").press("Enter")
    panel.get_by_role("link", name="Open the trace").click()
    expect(page.get_by_role("tree")).to_be_visible()


def test_a_histogram_counts_every_row(visit: Watched, maths: str, runs: dict[str, str]):
    page = visit.open(f"/experiments/{maths}/evaluations/{runs['175b verification']}")
    page.get_by_role("table", name="Scores").get_by_role("button", name="correct", exact=True).click()
    spread = page.get_by_role("region", name="Scores of correct")
    expect(spread.get_by_role("row").filter(has_text="true")).to_contain_text("516")
    expect(spread.get_by_role("row").filter(has_text="false")).to_contain_text("384")


def test_records_are_filtered_opened_and_lead_to_what_used_them(visit: Watched, maths: str):
    page = visit.open(f"/experiments/{maths}/datasets")
    page.get_by_role("link", name="gsm8k").click()
    expect(rows_of(page, "Records").nth(1)).to_contain_text("Janet")
    box = page.get_by_role("combobox", name="Filter")
    box.fill("external_id = 'gsm8k-7'")
    box.press("Escape")
    box.press("Enter")
    expect(rows_of(page, "Records")).to_have_count(2)
    rows_of(page, "Records").nth(1).click()
    expect(page.get_by_role("complementary", name="gsm8k-7")).to_contain_text("expected_response")
    page.get_by_role("link", name="Its evaluations").click()
    expect(page.get_by_role("link", name="6b finetuning")).to_be_visible()


def test_two_versions_of_a_dataset_are_compared(visit: Watched, api: httpx.Client):
    own = experiment(api, "journey: versions of a dataset")
    made = api.post("/datasets", json={"experiment": own, "name": "cases", "identity": "by_external_id"}).json()
    records = f"/datasets/{made['dataset_id']}/records"
    first = [{"inputs": {"q": each}, "external_id": each} for each in ("kept", "edited", "dropped")]
    second = [
        {"inputs": {"q": "kept"}, "external_id": "kept"},
        {"inputs": {"q": "edited, now longer"}, "external_id": "edited"},
        {"inputs": {"q": "new"}, "external_id": "new"},
    ]
    for batch in (first, second):
        answer = api.post(records, json={"records": batch, "operation": "replace"})
        assert answer.is_success, answer.text
    page = visit.open(f"/experiments/{own}/datasets/{made['dataset_id']}")
    expect(rows_of(page, "Records")).to_have_count(4)
    page.get_by_label("Changes since").select_option("1")
    grid = page.get_by_role("grid", name="Changes since")
    for kind, name in (("changed", "edited"), ("removed", "dropped"), ("added", "new")):
        expect(grid.get_by_role("row").filter(has_text=name).first).to_contain_text(kind)
    expect(grid.get_by_role("row")).to_have_count(4)
    grid.get_by_role("row").filter(has_text="edited").click()
    panel = page.get_by_role("complementary")
    expect(panel.get_by_text("edited, now longer")).to_be_visible()


def test_records_that_say_almost_the_same_are_found_and_compared(visit: Watched, api: httpx.Client):
    own = experiment(api, "journey: near-duplicates")
    made = api.post("/datasets", json={"experiment": own, "name": "asked", "identity": "by_external_id"}).json()
    asked = "How do I send back the chair that I bought in your shop last week?"
    records = [
        {"inputs": {"q": asked}, "external_id": "a", "expectations": {"answer": "By post."}},
        {"inputs": {"q": asked.replace("week", "month")}, "external_id": "b", "expectations": {"answer": "Not."}},
        {"inputs": {"q": "Where is my order?"}, "external_id": "c"},
        {"inputs": {"q": "Where is my order?"}, "external_id": "d"},
        {"inputs": {"q": "<img src=x onerror=alert(1)> something else"}, "external_id": "e"},
    ]
    assert api.post(f"/datasets/{made['dataset_id']}/records", json={"records": records}).is_success
    page = visit.open(f"/experiments/{own}/datasets/{made['dataset_id']}")
    page.get_by_role("button", name="Find near-duplicates").click()
    expect(page.get_by_text("2 groups among 5 records; keeping one of each would leave out 2.")).to_be_visible()
    same = rows_of(page, "Near-duplicates").filter(has_text="Where is my order?")
    expect(same).to_contain_text("the same")
    near = rows_of(page, "Near-duplicates").filter(has_text="How do I send back")
    expect(near).to_contain_text(re.compile(r"at least 8\d"))
    near.click()
    panel = page.get_by_role("complementary", name="2 records that say almost the same")
    expect(panel).to_contain_text("only in the first: week")
    expect(panel).to_contain_text("only here: month")
    expect(panel.get_by_text("Expects something else than the first")).to_be_visible()
    expect(panel).to_contain_text("By post.")
    expect(panel).to_contain_text("Not.")
    page.get_by_label("As similar as").select_option("1")
    expect(rows_of(page, "Near-duplicates").filter(has_text="How do I send back")).to_have_count(0)
    same.click()
    panel = page.get_by_role("complementary", name="2 records that say the same")
    expect(panel.get_by_text("Its inputs are those of the first.")).to_be_visible()
    panel.get_by_role("link", name="d", exact=True).click()
    expect(page.get_by_role("complementary", name="d", exact=True)).to_contain_text("Where is my order?")
    expect(rows_of(page, "Records")).to_have_count(6)
    page.get_by_role("button", name="Find near-duplicates").click()
    same.click()
    panel.get_by_role("button", name="Remove the record d").click()
    page.get_by_role("dialog", name="Remove d?").get_by_role("button", name="Remove").click()
    expect(page.get_by_text("d was removed: this is version 2.")).to_be_visible()
    expect(page.get_by_text("1 group among 4 records; keeping one of each would leave out 1.")).to_be_visible()
    left = api.get(f"/datasets/{made['dataset_id']}/records").json()["items"]
    assert {each["external_id"] for each in left} == {"a", "b", "c", "e"}


def test_two_versions_of_the_application_are_compared(visit: Watched, maths: str):
    page = visit.open(f"/experiments/{maths}/models")
    page.get_by_role("button", name="175b finetuning").click()
    expect(page.get_by_role("complementary", name="175b finetuning")).to_contain_text("method")
    page.get_by_role("checkbox", name="Select 6b verification").click()
    page.get_by_role("checkbox", name="Select 175b verification").click()
    page.get_by_role("button", name="Compare", exact=True).click()
    difference = page.get_by_role("complementary", name=re.compile("6b verification and 175b verification"))
    expect(difference.get_by_role("row").filter(has_text="parameters")).to_contain_text("6b")
    expect(difference.get_by_role("row").filter(has_text="method")).to_have_count(0)


def test_versions_are_called_by_their_names(visit: Watched, demo: Server, api: httpx.Client):
    own = experiment(api, "journey: versions by name")
    digests = {"cook-1": "1a" * 32, "cook-2": "2b" * 32}
    ids: dict[str, str] = {}
    for name, digest in digests.items():
        made = api.post("/models", json={"experiment": own, "name": name, "config_digest": digest})
        assert made.is_success, made.text
        ids[name] = made.json()["model_id"]
    resource = {"service.name": "journey", "lodeline.model_id": ids["cook-1"]}
    with httpx.Client(base_url=demo.url, timeout=60) as http:
        sent = post(http, request([(resource, "tests", "1", [span("versioned", 0, "cook")])]), experiment=own)
        assert sent.is_success, sent.text
    page = visit.open(f"/experiments/{own}/traces/{id_of('versioned')}")
    expect(page.get_by_role("link", name="cook-1").get_by_title(ids["cook-1"])).to_be_visible()
    page = visit.open(f"/experiments/{own}/traces?columns=quality")
    expect(page.get_by_role("gridcell").filter(has_text="cook-1")).to_be_visible()
    filters = page.get_by_role("combobox", name="Filter")
    filters.fill("model = ")
    page.get_by_role("option", name="'cook-1' 1 trace").click()
    expect(filters).to_have_value("model = 'cook-1' ")
    filters.press("Escape")
    filters.press("Enter")
    expect(page).to_have_url(re.compile("cook-1"))
    expect(page.get_by_role("gridcell", name="cook", exact=True)).to_be_visible()

    page = visit.open(f"/experiments/{own}/models")
    page.get_by_role("checkbox", name="Select cook-2").click()
    page.get_by_role("checkbox", name="Select cook-1").click()
    page.get_by_role("button", name="Compare", exact=True).click()
    difference = page.get_by_role("complementary", name="cook-1 and cook-2")
    row = difference.get_by_role("row").filter(has_text="config")
    expect(row).to_contain_text("1a1a1a1a1a1a…")
    expect(row).not_to_contain_text(digests["cook-1"])
    for figures in ("Traces 1 0", "Error rate 0% –"):
        expect(difference.get_by_role("row", name=figures, exact=True)).to_be_visible()
    difference.get_by_role("link", name="Its traces").first.click()
    expect(page.get_by_role("gridcell", name="cook", exact=True)).to_be_visible()
    expect(page.get_by_role("combobox", name="Filter")).to_have_value(f"model = '{ids['cook-1']}'")


def test_a_run_of_another_tool_is_found_by_the_link_that_was_printed(visit: Watched, api: httpx.Client):
    own = experiment(api, "journey: runs")
    made = api.post("/runs", json={"experiment": own, "name": "nightly", "params": {"k": "3"}})
    assert made.is_success, made.text
    run_id = made.json()["run_id"]
    metric = {"key": "accuracy", "value": 0.93, "timestamp_ms": 1, "step": 0}
    logged = api.post(f"/runs/{run_id}/metrics", json={"metrics": [metric]})
    assert logged.is_success, logged.text
    page = visit.open(f"/#/experiments/{own}/runs/{run_id}")
    panel = page.get_by_role("complementary", name="nightly")
    expect(panel.get_by_role("row").filter(has_text="accuracy")).to_contain_text("0.93")
    expect(panel).to_contain_text("k")
    expect(page).to_have_url(re.compile(f"/experiments/{own}/runs\\?run={run_id}$"))
    page.get_by_role("button", name="Close").click()
    row = page.get_by_role("table", name="Runs").get_by_role("row").filter(has_text="nightly")
    expect(row).to_contain_text("accuracy=0.93")
    page.get_by_role("combobox", name="Filter").fill("metrics.accuracy > 0.95")
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="No run matches")).to_be_visible()


def test_files_of_a_run_are_looked_at_and_nothing_in_them_runs(visit: Watched, demo: Server, api: httpx.Client):
    own = experiment(api, "journey: files of a run")
    run = api.post("/runs", json={"experiment": own, "name": "with files"}).json()["run_id"]
    page = "<html><body onload=alert(1)><script>alert(2)</script><img src=x onerror=alert(3)></body></html>"
    files = {
        "page.html": page.encode(),
        "plot.svg": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(4)'><script>alert(5)</script></svg>",
        "plot.png": PIXEL,
        "rows.csv": b'question,right\n"Why, then?",true\n',
        "long.txt": b"a line\n" * 50_000,
        "ids.json": b'{"id": 12345678901234567890}',
        "notes.md": b"It was **right**.\n\n<img src=x onerror=alert(6)> [go](javascript:alert(7))\n",
    }
    for name, data in files.items():
        place = f"{demo.url}/api/2.0/mlflow-artifacts/artifacts/{own}/{run}/artifacts/{name}"
        assert httpx.put(place, content=data).is_success
    shown = visit.open(f"/experiments/{own}/runs?run={run}")
    for name, seen in (("page.html", "<script>alert(2)</script>"), ("plot.svg", "onload='alert(4)'")):
        shown.get_by_role("button", name=f"Show {name}").click()
        preview = shown.get_by_role("region", name=f"Preview of {name}")
        expect(preview).to_contain_text(seen)
        expect(preview).to_be_in_viewport()
        expect(preview.locator("script, svg[onload], iframe, object, embed, img")).to_have_count(0)
    shown.get_by_role("button", name="Show plot.png").click()
    picture = shown.get_by_role("img", name="The picture plot.png")
    expect(picture).to_be_visible()
    expect(picture).to_have_js_property("naturalWidth", 1)
    shown.get_by_role("button", name="Show rows.csv").click()
    table = shown.get_by_role("table", name="Rows of rows.csv")
    expect(table.get_by_role("cell")).to_have_text(["Why, then?", "true"])
    shown.get_by_role("button", name="Show long.txt").click()
    expect(shown.get_by_text("The first 250,000 characters; save the file to see all of it.")).to_be_visible()
    expect(shown.get_by_role("button", name="Show the first 250,000 characters")).to_be_visible()
    shown.get_by_role("button", name="Show ids.json").click()
    expect(shown.get_by_role("region", name="Preview of ids.json")).to_contain_text("12345678901234567890")
    shown.get_by_role("button", name="Show notes.md").click()
    notes = shown.get_by_role("region", name="Preview of notes.md")
    expect(notes.locator("strong")).to_have_text("right")
    expect(notes.locator("script, img, a[href^='javascript']")).to_have_count(0)
    expect(notes).to_contain_text("<img src=x onerror=alert(6)>")
    notes.get_by_text("as it is written").click()
    expect(notes).to_contain_text("It was **right**.")
    shown.get_by_role("button", name="Close the preview").click()
    expect(notes).to_have_count(0)
    check_axe(visit)


def test_an_alias_is_moved_to_a_version_of_the_application(visit: Watched, api: httpx.Client):
    own = experiment(api, "journey: aliases")
    made = api.post("/models", json={"experiment": own, "name": "first", "params": {"k": "3"}})
    assert made.is_success, made.text
    page = visit.open(f"/experiments/{own}/models?model={made.json()['model_id']}")
    form = page.get_by_role("form", name="Move an alias here")
    form.get_by_role("combobox").fill("production")
    form.get_by_role("textbox", name="Reason").fill("the first release")
    form.get_by_role("button", name="Point it here").click()
    moves = page.get_by_role("table", name="Moves of aliases")
    expect(moves.get_by_role("row").filter(has_text="the first release")).to_contain_text("production")
    expect(page.get_by_role("table", name="Versions").get_by_role("row").nth(1)).to_contain_text("production")


def test_a_gated_alias_is_moved_once_its_rules_pass(visit: Watched, demo: Server, api: httpx.Client):
    own = experiment(api, "journey: a gated alias")
    settings = {"gated_aliases": ["production"]}
    assert api.patch(f"/experiments/{own}", json={"settings": settings}).is_success
    model = str(api.post("/models", json={"experiment": own, "name": "second"}).json()["model_id"])
    page = visit.open(f"/experiments/{own}/models?model={model}")
    form = page.get_by_role("form", name="Move an alias here")
    form.get_by_role("combobox", name="Alias").fill("production")
    expect(form.get_by_text("There is no completed evaluation of this version")).to_be_visible()

    with LodelineClient(demo.url) as client:
        bindings = Bindings(scorers={"right": "1"}, model_id=ModelId(model))
        made = client.evaluations.create(EvaluationDraft(RunDraft("of second"), bindings), experiment=own)
        client.evaluations.start(made.run.run_id)
        scores = [(ScoreDraft("right", at < 18),) for at in range(20)]
        rows = [RowDraft(str(at), content_hash=str(at), scores=each) for at, each in enumerate(scores)]
        client.evaluations.log_rows(made.run.run_id, rows)
        client.evaluations.finish(made.run.run_id)
    page.reload()
    form.get_by_role("combobox", name="Alias").fill("production")
    form.get_by_role("textbox", name="Reason").fill("it is right more often")
    gate = form.get_by_role("region", name="The gate of production")
    move = gate.get_by_role("button", name="Point it here")
    rules = gate.get_by_role("textbox", name="Rules (a gate file)")
    gate.get_by_role("button", name="Add a rule for right").click()
    expect(rules).to_have_value('[[gate]]\nmetric = "right"\nop = ">="\nthreshold = 0.9\n')
    visit.expected.append("400")
    rules.fill("[[gate]]\nmetrik = 'right'")
    gate.get_by_role("button", name="Hold the gate").click()
    expect(gate.get_by_role("alert")).to_contain_text("metrik")
    rules.fill("[[gate]]\nmetric = 'right'\nop = '>='\nthreshold = 0\n")
    gate.get_by_role("button", name="Hold the gate").click()
    expect(gate.get_by_role("alert")).to_contain_text("holds whatever the rows say")
    expect(move).to_be_disabled()
    rule = "[[gate]]\nname = 'answers are right'\nmetric = 'right'\nop = '>='\nthreshold = {}\n"
    rules.fill(rule.format(0.95))
    gate.get_by_role("button", name="Hold the gate").click()
    said = gate.get_by_role("table", name="What the rules say").get_by_role("row").nth(1)
    expect(said).to_contain_text("answers are right")
    expect(said.get_by_role("cell").nth(1)).to_have_text("fail")
    expect(said.get_by_role("cell").nth(2)).to_have_text("0.9")
    expect(gate.get_by_text("Failed: it stays where it is.")).to_be_visible()
    expect(move).to_be_disabled()
    rules.fill(rule.format(0.8))
    expect(gate.get_by_role("table", name="What the rules say")).to_have_count(0)
    gate.get_by_role("button", name="Hold the gate").click()
    expect(gate.get_by_text("Passed: it can be moved.")).to_be_visible()
    move.click()
    moved = page.get_by_role("table", name="Moves of aliases").get_by_role("row").nth(1)
    expect(moved).to_contain_text("it is right more often")
    expect(moved.get_by_role("link", name="passed")).to_be_visible()
    expect(page.get_by_role("table", name="Versions").get_by_role("row").nth(1)).to_contain_text("production")
    form.get_by_role("combobox", name="Alias").fill("production")
    expect(rules).to_have_value(re.compile("threshold = 0.8"))


def test_versions_of_a_prompt_are_read_and_compared(visit: Watched, api: httpx.Client):
    own = experiment(api, "journey: prompts")
    for template, message in (
        ("Answer {{ question }}.\nBe kind.", "the first"),
        ("Answer {{ question }}.\nBe brief.", "shorter answers"),
    ):
        body = {"experiment": own, "name": "answer", "template": template, "message": message}
        assert api.post("/prompts", json=body).is_success
    changed = api.patch("/prompts/answer", params={"experiment": own}, json={"set_aliases": {"production": 1}})
    assert changed.is_success, changed.text
    page = visit.open(f"/experiments/{own}/prompts")
    expect(page.get_by_role("row").filter(has_text="answer")).to_contain_text("production → 1")
    page.get_by_role("link", name="answer").click()
    expect(page.get_by_text("Be brief.")).to_be_visible()
    page.get_by_label("Compare with").select_option("1")
    difference = page.get_by_role("region", name="From version 1 to version 2")
    expect(difference).to_contain_text("removed: Be kind.")
    expect(difference).to_contain_text("added: Be brief.")
    page.get_by_role("link", name=re.compile("^Version 1")).click()
    expect(page.get_by_role("table", name="Moves of aliases")).to_contain_text("production")
    page.get_by_role("link", name=re.compile("^Version 2")).click()
    form = page.get_by_role("form", name="Move an alias here")
    form.get_by_role("combobox").fill("production")
    form.get_by_role("textbox", name="Reason").fill("it is shorter")
    form.get_by_role("button", name="Point it here").click()
    expect(page.get_by_role("row").filter(has_text="it is shorter")).to_be_visible()
    assert api.get("/prompts/answer", params={"experiment": own}).json()["aliases"] == {"production": 2}


def test_what_datasets_prompts_and_scorers_hold_is_shown_as_text(visit: Watched, api: httpx.Client):
    attack = "\n\n".join(ATTACKS)
    own = experiment(api, "journey: hostile assets")
    made = api.post("/datasets", json={"experiment": own, "name": "cases", "description": attack}).json()
    record = {"inputs": {"q": attack}, "expectations": {"a": attack}, "tags": {"t": attack}}
    assert api.post(f"/datasets/{made['dataset_id']}/records", json={"records": [record]}).is_success
    prompt = {"experiment": own, "name": "answer", "template": f"{{{{ q }}}} {attack}", "message": attack}
    assert api.post("/prompts", json=prompt).is_success
    scorer = {"experiment": own, "name": "right", "definition": {"kind": attack}, "message": attack}
    assert api.post("/scorers", json=scorer).is_success
    page = visit.open(f"/experiments/{own}/datasets/{made['dataset_id']}")
    rows_of(page, "Records").nth(1).click()
    expect(page.get_by_role("complementary").get_by_text("Inputs")).to_be_visible()
    visit.open(f"/experiments/{own}/prompts/answer")
    expect(page.get_by_text("Variables")).to_be_visible()
    visit.open(f"/experiments/{own}/scorers?scorer=right")
    expect(page.get_by_role("complementary", name="right")).to_contain_text("Version 1")
    assert page.evaluate("window.owned") is None


def test_selected_traces_become_records_of_a_new_dataset(visit: Watched, demo: Server, api: httpx.Client):
    own = experiment(api, "journey: records of traces")
    said = {"input.value": "Where is parcel 7?", "output.value": "In Bergen."}
    for number in range(2):
        send(demo.url, own, span(f"record {number}", 0, f"trace {number}", attributes=said | {"n": number}))
    page = visit.open(f"/experiments/{own}/traces")
    page.get_by_role("checkbox", name="Select trace 0").click()
    toolbar = page.get_by_role("toolbar", name="1 selected")
    toolbar.get_by_role("button", name="Add to dataset").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox", name=re.compile("^Name of the new dataset")).fill("parcels")
    dialog.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("1 added")).to_be_visible()
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Datasets").click()
    page.get_by_role("link", name="parcels").click()
    expect(rows_of(page, "Records")).to_have_count(2)
    rows_of(page, "Records").nth(1).click()
    panel = page.get_by_role("complementary")
    expect(panel.get_by_text("Where is parcel 7?").first).to_be_visible()
    panel.get_by_role("link", name=re.compile("^tr-")).click()
    expect(page.get_by_role("tree")).to_be_visible()
