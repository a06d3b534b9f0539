"""A team labels on the page alone: a session is made, reviewed by two people, decided and reported."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from lodeline.auth.actor import LOCAL
from lodeline.auth.credentials import Credentials
from lodeline.domain.ids import TraceId
from lodeline.domain.label_schema import LabelInput, LabelSchemaDraft
from lodeline.domain.labeling import LabelingDraft
from lodeline.domain.labeling_rules import ItemRule
from lodeline.domain.run import RunDraft
from lodeline.domain.trace import TraceInfo
from lodeline.sdk.client.clients import LodelineClient
from lodeline.services.bundle import assemble
from lodeline.storage.open import open_stores, store_directory
from tests.browser.labeled import labeled
from tests.browser.sending import experiment, id_of, send, span
from tests.browser.test_reviewing import check_axe
from tests.browser.test_signing_in import PASSWORD, sign_in
from tests.browser.watching import Watched, watched
from tests.e2e.harness import Server, serving

QUESTION = "Is it polite?"


@pytest.fixture
def team(tmp_path: Path) -> Path:
    """Return a store with two traces, an admin, and two accounts that review and do nothing else."""
    folder = tmp_path / "store"
    stores = open_stores(str(folder))
    try:
        services = assemble(stores, Credentials.load(store_directory(str(folder))))
        services.accounts.create(LOCAL, "ada", role="admin", password=PASSWORD)
        for name in ("rita", "ron"):
            services.accounts.create(LOCAL, name, role="reviewer", password=PASSWORD)
        for number in range(2):
            info = TraceInfo(name="answer", state="OK", request=f"Refund {number}?", response=f"No, sir {number}.")
            services.traces.log_info(LOCAL, "0", TraceId(f"tr-{number}"), info)
    finally:
        stores.close()
    return folder


@pytest.fixture
def client(demo: Server) -> Iterator[LodelineClient]:
    """A client of the demonstration server."""
    with LodelineClient(demo.url) as made:
        yield made


def make_session(page: Page) -> None:
    """Fill the form of a new session, with a schema of its own, and create it."""
    page.get_by_role("main").get_by_role("link", name="New session").click()
    form = page.get_by_role("form", name="New labeling session")
    form.get_by_role("textbox", name="Name", exact=True).fill("politeness")
    form.get_by_role("button", name="Create the session").click()
    expect(page.get_by_text("Choose at least one schema.")).to_be_visible()
    form.get_by_role("button", name="Make another").click()
    schema = page.get_by_role("form", name="New label schema")
    schema.get_by_role("textbox", name="Name", exact=True).fill("polite")
    schema.get_by_role("textbox", name="Question").fill(QUESTION)
    schema.get_by_role("button", name="Make the schema").click()
    expect(form.get_by_role("checkbox", name=QUESTION)).to_be_checked()
    expect(form.get_by_text("2 traces match.")).to_be_visible()
    form.get_by_role("textbox", name="Names, one a line").fill("rita\nron")
    form.get_by_role("textbox", name="Reviews that each item needs").fill("2")
    form.get_by_role("textbox", name="Disputed below an agreement of").fill("100")
    form.get_by_label("Dataset for what people expect").select_option("A new one")
    form.get_by_role("button", name="Create the session").click()
    expect(form.get_by_text("Give the dataset a name.")).to_be_visible()
    form.get_by_role("textbox", name="Name of the new dataset").fill("polite answers")
    form.get_by_role("button", name="Create the session").click()
    expect(page.get_by_role("heading", name="politeness")).to_be_visible()


def review(browser: Browser, url: str, name: str, keys: str) -> None:
    """Sign in as a reviewer, who begins with their reviews, and answer one item a key."""
    with watched(browser, url) as visit:
        visit.expected.append("401")  # before signing in
        page = visit.open("/")
        sign_in(page, name)
        expect(page.get_by_role("heading", name="Your reviews")).to_be_visible()
        expect(page.get_by_role("navigation", name="Main").get_by_role("link", name="Experiments")).to_have_count(0)
        page.get_by_role("main").get_by_role("link", name="politeness").click()
        for done, key in enumerate(keys):
            expect(page.get_by_text(f"You have reviewed {done} item")).to_be_visible()
            expect(page.get_by_role("region", name="Item", exact=True)).to_contain_text(f"Refund {1 - done}?")
            page.locator("body").press(key)
            expect(page.get_by_role("radio", checked=True)).to_have_count(1)
            page.keyboard.press("Control+Enter")
        expect(page.get_by_role("region", name="Item", exact=True)).to_have_count(0)


def test_a_team_labels_and_a_dispute_is_decided(browser: Browser, team: Path):
    with serving(team, "--auth") as server, watched(browser, server.url) as visit:
        visit.expected.append("401")  # before signing in
        page = visit.open("/experiments/0/labeling")
        sign_in(page, "ada")
        make_session(page)
        expect(page.get_by_role("list", name="Items by state")).to_have_text("Pending: 2")
        (dataset,) = page.request.get(f"{server.url}/api/v1/datasets").json()["items"]
        (session,) = page.request.get(f"{server.url}/api/v1/labeling").json()["items"]
        assert (dataset["name"], session["dataset_id"]) == ("polite answers", dataset["dataset_id"])
        page.get_by_role("button", name="Link for a reviewer").click()
        expect(page.get_by_role("dialog")).to_contain_text(f"{server.url}/review/")
        page.keyboard.press("Escape")

        review(browser, server.url, "rita", "11")
        review(browser, server.url, "ron", "12")

        page.reload()
        expect(page.get_by_role("list", name="Items by state")).to_contain_text("Disputed: 1")
        page.get_by_role("combobox", name="Items shown").select_option("DISPUTED")
        row = page.get_by_role("grid", name="Items").get_by_role("row").filter(has_text="Refund")
        expect(row).to_have_count(1)
        row.click()
        panel = page.get_by_role("complementary", name="Item")
        answers = panel.get_by_role("table", name="Answers").get_by_role("row").filter(has_text=QUESTION)
        expect(answers.get_by_role("cell")).to_have_text(["Pass", "Fail"])
        panel.get_by_role("button", name="Decide").click()
        decision = panel.get_by_role("form", name="Decide the dispute")
        decision.get_by_role("textbox", name="Reason").fill("“Sir” is not enough.")
        decision.get_by_role("button", name="Decide", exact=True).click()
        expect(decision.get_by_role("alert")).to_contain_text(f"still to be decided: {QUESTION}")
        decision.get_by_role("button", name="Take ron's answers").click()
        decision.get_by_role("button", name="Decide", exact=True).click()
        expect(page.get_by_text("The dispute is decided.")).to_be_visible()
        page.get_by_role("combobox", name="Items shown").select_option("ADJUDICATED")
        page.get_by_role("grid", name="Items").get_by_role("row").filter(has_text="Refund").click()
        expect(panel.get_by_role("table", name="Answers")).to_contain_text("decided by ada")
        expect(panel.get_by_role("table", name="Answers")).to_contain_text("“Sir” is not enough.")

        page.get_by_text("Report", exact=True).click()
        agreement = page.get_by_role("table", name=f"Agreement: {QUESTION}")
        percent = agreement.get_by_role("row").filter(has_text="Percent agreement").get_by_role("cell")
        expect(percent.nth(1)).to_have_text("50%")
        expect(percent.nth(4)).to_have_text("2")
        with httpx.Client(base_url=server.url) as anonymous:
            assert anonymous.get("/api/v1/labeling").status_code == 401


def test_items_are_removed_put_back_and_reopened(visit: Watched, demo: Server, client: LodelineClient):
    experiment_id, session = labeled(demo.url, client)
    (complete,) = client.labeling_items.list(session, state="COMPLETE", limit=1).all()
    page = visit.open(f"/experiments/{experiment_id}/labeling/{session}?item={complete.item_id}")
    panel = page.get_by_role("complementary", name=f"Item {complete.place + 1}")
    panel.get_by_role("button", name="Remove").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_text("The item was removed.")).to_be_visible()
    removed = [each.item_id for each in client.labeling_items.list(session, removed=True).all()]
    assert removed == [complete.item_id]
    page.get_by_role("combobox", name="Items shown").select_option("removed")
    rows = page.get_by_role("grid", name="Items").get_by_role("row")
    expect(rows).to_have_count(2)  # the heading and the removed one: the list before stays until this one comes
    rows.nth(1).click()
    panel.get_by_role("button", name="Put back").click()
    expect(page.get_by_text("The item is back.")).to_be_visible()
    assert client.labeling_items.list(session, removed=True).all() == []


def test_selected_traces_become_items(visit: Watched, demo: Server, client: LodelineClient):
    experiment_id, session = labeled(demo.url, client)
    before = len(client.labeling_items.list(session).all())
    page = visit.open(f"/experiments/{experiment_id}/traces")
    page.get_by_role("checkbox", name="Select answer").first.check()
    page.get_by_role("button", name="Add to labeling").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("combobox", name="Labeling session").select_option(session)
    dialog.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("0 items added; 1 were there already")).to_be_visible()
    assert len(client.labeling_items.list(session).all()) == before


def test_items_are_added_by_a_filter(visit: Watched, demo: Server, client: LodelineClient):
    experiment_id, _ = labeled(demo.url, client)
    page = visit.open(f"/experiments/{experiment_id}/labeling/new")
    form = page.get_by_role("form", name="New labeling session")
    form.get_by_role("textbox", name="Name", exact=True).fill("a second one")
    for name in ("first", "second"):
        form.get_by_role("button", name="Make another").click()
        schema = page.get_by_role("form", name="New label schema")
        schema.get_by_role("textbox", name="Name", exact=True).fill(f"{name} asked")
        schema.get_by_role("textbox", name="Question").fill(f"Is the {name} asked {name}?")
        schema.get_by_role("button", name="Make the schema").click()
        expect(schema).to_have_count(0)
    form.get_by_role("checkbox", name="Is the final answer right?").check()
    up = form.get_by_role("button", name="Move up: Is the final answer right?")
    up.press("Enter")
    expect(up).to_be_focused()
    up.press("Enter")
    order = ["Is the final answer right?", "Is the first asked first?", "Is the second asked second?"]
    expect(form.get_by_role("list", name="Asked in this order").get_by_role("listitem")).to_have_text(order)
    check_axe(visit)
    form.get_by_role("textbox", name="At most").fill("0")
    form.get_by_role("checkbox", name="Open it at once").uncheck()
    form.get_by_role("button", name="Create the session").click()
    expect(page.get_by_text("This session is a draft")).to_be_visible()
    made = next(
        each for each in client.labeling.list(experiment=experiment_id).all() if each.run.name == "a second one"
    )
    assert [schema.title for schema in made.schemas] == order
    page.get_by_role("button", name="Add items").click()
    dialog = page.get_by_role("dialog", name="Add items")
    box = dialog.get_by_role("combobox", name="Filter")
    box.fill("name = 'nothing of that kind'")
    box.press("Enter")
    expect(dialog.get_by_text("0 traces match.")).to_be_visible()
    box.fill("name = 'answer'")  # what is written counts, also before it is run
    box.press("Escape")
    dialog.get_by_role("textbox", name="At most").fill("3")
    dialog.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("3 items added")).to_be_visible()
    page.get_by_role("main").get_by_role("button", name="Open", exact=True).click()
    expect(page.get_by_role("list", name="Items by state")).to_have_text("Pending: 3")


def test_items_are_counted_from_one_and_say_how_agreement_is_meant(
    visit: Watched, demo: Server, client: LodelineClient
):
    experiment_id, session = labeled(demo.url, client)
    page = visit.open(f"/experiments/{experiment_id}/labeling/{session}")
    row = page.get_by_role("grid", name="Items").get_by_role("row").nth(1)
    expect(row.get_by_role("gridcell").first).to_have_text("1")
    row.get_by_role("gridcell").first.click()
    panel = page.get_by_role("complementary", name="Item 1", exact=True)
    expect(panel).to_contain_text("of the question that agrees least")


def test_a_session_is_synced_to_a_dataset_that_is_made_for_it(
    visit: Watched, api: httpx.Client, client: LodelineClient
):
    own = experiment(api, "journey: the first dataset")
    draft = LabelingDraft(RunDraft("to be synced"), (), state="OPEN")
    session = client.labeling.create(draft, ["Feedback"], experiment=own).run.run_id
    page = visit.open(f"/experiments/{own}/labeling/{session}")
    page.get_by_role("button", name="Sync to a dataset").click()
    dialog = page.get_by_role("dialog", name="Sync to a dataset")
    dialog.get_by_role("textbox", name="Name of the new dataset").fill("what people expect")
    dialog.get_by_role("button", name="Sync", exact=True).click()
    report = dialog.get_by_role("status")
    expect(report).to_contain_text("Items with expectations")
    expect(report).not_to_contain_text("Rejected")  # nothing of it: not said
    dialog.get_by_role("link", name="Open the dataset").click()
    expect(page.get_by_role("heading", name="what people expect")).to_be_visible()


def test_items_come_in_the_order_that_the_form_names(
    visit: Watched, demo: Server, api: httpx.Client, client: LodelineClient
):
    own = experiment(api, "journey: the oldest first")
    for number in range(3):
        send(demo.url, own, span(f"queued {number}", 0, "answer", start_ms=number))
    polite = LabelSchemaDraft("polite", "FEEDBACK", LabelInput("pass_fail", "Yes", "No"), QUESTION)
    client.label_schemas.create(polite, experiment=own)
    page = visit.open(f"/experiments/{own}/labeling/new")
    form = page.get_by_role("form", name="New labeling session")
    form.get_by_role("button", name="Create the session").click()
    # Both at once, each where it is wrong.
    expect(form.get_by_text("Give the session a name.")).to_be_visible()
    expect(form.get_by_text("Choose at least one schema.")).to_be_visible()
    expect(form.get_by_role("textbox", name="Name", exact=True)).to_be_focused()
    form.get_by_role("textbox", name="Name", exact=True).fill("in turn")
    form.get_by_role("checkbox", name=QUESTION).check()
    form.get_by_role("textbox", name="Names, one a line").fill("rita\nron")
    form.get_by_role("textbox", name="Reviews that each item needs").fill("3")
    visit.expected.append("400")
    form.get_by_role("button", name="Create the session").click()
    expect(form.get_by_text("3 reviews of each item need as many reviewers")).to_be_visible()
    expect(form.get_by_text("policy.reviews_required")).to_have_count(0)
    expect(form.get_by_role("textbox", name="Reviews that each item needs")).to_be_focused()
    form.get_by_role("textbox", name="Reviews that each item needs").fill("2")
    form.get_by_role("combobox", name="Order of items").select_option("As they were added")
    form.get_by_role("combobox", name="Added").select_option("oldest first")
    expect(form.get_by_text("3 traces match.")).to_be_visible()
    form.get_by_role("button", name="Create the session").click()
    expect(page.get_by_role("heading", name="in turn")).to_be_visible()
    (made,) = client.labeling.list(experiment=own).all()
    items = client.labeling_items.list(made.run.run_id).all()
    assert [item.target.trace_id for item in items] == [id_of(f"queued {number}") for number in range(3)]


def test_a_session_and_its_standing_rules_are_changed(visit: Watched, api: httpx.Client, client: LodelineClient):
    experiment_id = experiment(api, "journey: a session is changed")
    draft = LabelingDraft(RunDraft("to be changed"), (), reviewers=("rita", "ron"), state="OPEN")
    session = client.labeling.create(draft, ["Feedback"], experiment=experiment_id).run.run_id
    page = visit.open(f"/experiments/{experiment_id}/labeling/{session}?tab=setup")
    page.get_by_role("button", name="Change the session").click()
    form = page.get_by_role("form", name="Change the session")
    visit.expected.append("400")
    form.get_by_role("textbox", name="Reviews that each item needs").fill("3")
    form.get_by_role("button", name="Save the changes").click()
    expect(form.get_by_text("3 reviews of each item need as many reviewers")).to_be_visible()
    form.get_by_role("textbox", name="Reviews that each item needs").fill("2")
    form.get_by_role("textbox", name="Instructions").fill("Be **kind**.")
    form.get_by_role("button", name="Save the changes").click()
    expect(page.get_by_text("The session was changed.")).to_be_visible()
    expect(page.locator("strong", has_text="kind")).to_be_visible()
    kept = client.labeling.get(session)
    assert (kept.instructions, kept.policy.reviews_required, kept.reviewers) == ("Be **kind**.", 2, ("rita", "ron"))

    page.get_by_role("button", name="Add a rule").click()
    dialog = page.get_by_role("dialog", name="Add a rule")
    dialog.get_by_role("textbox", name="Share in percent").fill("0")
    expect(dialog.get_by_text("Write a number above 0, and 100 at most.")).to_be_visible()
    expect(dialog.get_by_role("button", name="Add", exact=True)).to_be_disabled()
    dialog.get_by_role("combobox", name="Rule").select_option("low_score")
    dialog.get_by_role("combobox", name="Name of the judgment").fill("right")
    dialog.get_by_role("textbox", name="At most in all").fill("20")
    dialog.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("The rule stands.")).to_be_visible()
    table = page.get_by_role("table", name="Standing rules")
    expect(table).to_contain_text("right below 0.5")
    expect(table).to_contain_text("0 of 20")
    (rule,) = client.labeling.get(session).rules
    assert (rule.kind, rule.most) == ("low_score", 20)
    # Somebody else adds a rule meanwhile: taking one away leaves theirs.
    client.labeling.update(session, rules=(rule, ItemRule("sample", share=0.5)))
    table.get_by_role("button", name="Remove the rule: right below 0.5").click()
    expect(table).to_contain_text("a sample of 50%")
    expect(table).not_to_contain_text("right below 0.5")
    assert [rule.kind for rule in client.labeling.get(session).rules] == ["sample"]
