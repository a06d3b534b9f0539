"""Journeys through the settings of an experiment: read, changed, refused at the field, and what they will remove."""

import time

import httpx
from playwright.sync_api import Page, expect

from tests.browser.sending import experiment, send, span
from tests.browser.watching import Watched
from tests.e2e.harness import T0_NS, Server

KEPT_TRACES = 1


def settings(api: httpx.Client, experiment_id: str) -> dict[str, object]:
    found: dict[str, object] = api.get(f"/experiments/{experiment_id}").json()["settings"]
    return found


def field(page: Page, name: str):
    return page.get_by_role("textbox", name=name, exact=True)


def save(page: Page) -> None:
    page.get_by_role("button", name="Save the changes").click()


def test_settings_are_changed_and_what_others_set_meanwhile_stays(visit: Watched, api: httpx.Client):
    own = experiment(api, "journey: configured")
    page = visit.open(f"/experiments/{own}")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Experiment settings").click()
    expect(field(page, "Name")).to_have_value("journey: configured")
    expect(page.get_by_text("now another value")).to_have_count(0)
    expect(page.get_by_role("button", name="Save the changes")).to_be_disabled()
    page.get_by_label("Content", exact=True).select_option("structure")
    field(page, "Gated aliases").fill("production\nstaging")
    page.get_by_role("button", name="Add a price").click()
    price = page.get_by_role("group", name="Price 1")
    price.get_by_role("textbox", name="Model", exact=True).fill("house-model")
    price.get_by_role("textbox", name="Input, $").fill("1.5")
    expect(page.get_by_text("Changed: Content, Own prices, Gated aliases.")).to_be_visible()
    meanwhile = {"environments": ["production"]}
    assert api.patch(f"/experiments/{own}", json={"settings": meanwhile}).is_success
    save(page)
    expect(page.get_by_text("The settings were saved.")).to_be_visible()
    expect(page.get_by_text("Nothing is changed yet.")).to_be_visible()
    expect(field(page, "Environments")).to_have_value("production")
    stored = settings(api, own)
    assert stored["capture"] == "structure"
    assert stored["gated_aliases"] == ["production", "staging"]
    assert stored["environments"] == ["production"]
    assert [price["input_usd_per_mtok"] for price in stored["prices"]] == [1.5]  # type: ignore[union-attr]
    page.get_by_role("link", name="Who changed it, in the audit trail").click()
    expect(page.get_by_role("row").filter(has_text="experiment.update")).to_have_count(2)


def test_a_budget_stands_on_the_overview(visit: Watched, demo: Server, api: httpx.Client):
    own = experiment(api, "journey: budget")
    price = {"model": "house", "input_usd_per_mtok": 3.0}
    assert api.patch(f"/experiments/{own}", json={"settings": {"prices": [price]}}).is_success
    usage = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "house", "gen_ai.usage.input_tokens": 1_000_000}
    since_ms = round(time.time() * 1000) - T0_NS // 1_000_000
    send(demo.url, own, span("spends", 1, "call", start_ms=since_ms, attributes=usage))
    page = visit.open(f"/experiments/{own}/settings")
    field(page, "US dollars").fill("2.5")
    page.get_by_label("Period", exact=True).select_option("week")
    expect(page.get_by_text("Changed: US dollars, Period.")).to_be_visible()
    save(page)
    expect(page.get_by_text("The settings were saved.")).to_be_visible()
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Overview").click()
    strip = page.get_by_role("region", name="Budget")
    expect(strip).to_contain_text("Budget of this week")
    expect(strip).to_contain_text("$3.00 of $2.50 over the budget")
    expect(strip.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "100")
    assert api.patch(f"/experiments/{own}", json={"settings": {"budget": None}}).is_success
    page.reload()
    expect(page.get_by_role("heading", name="Cost")).to_be_visible()
    expect(strip).to_have_count(0)


def test_what_the_server_refuses_is_said_at_its_field(visit: Watched, api: httpx.Client):
    visit.expected += ["400", "409"]
    own = experiment(api, "journey: refused")
    before = settings(api, own)
    page = visit.open(f"/experiments/{own}/settings")
    field(page, "Masked patterns").fill("[0-9]{4}\n(")
    save(page)
    expect(field(page, "Masked patterns")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_text("an RE2 expression")).to_be_visible()
    page.get_by_role("button", name="Undo the changes").click()
    field(page, "Bytes").fill("50 GB")
    save(page)
    expect(field(page, "Bytes")).to_have_attribute("aria-invalid", "true")
    page.get_by_role("button", name="Undo the changes").click()
    expect(field(page, "Bytes")).not_to_have_attribute("aria-invalid", "true")
    field(page, "Name").fill("demo: maths, four models")
    save(page)
    expect(page.get_by_text("is taken; choose another.")).to_be_visible()
    assert settings(api, own) == before


def test_a_shorter_retention_says_what_it_removes_before_it_is_saved(visit: Watched, demo: Server, api: httpx.Client):
    own = experiment(api, "journey: retention")
    for number in range(3):
        send(demo.url, own, span(f"journey: kept {number}", 0, f"answer {number}", start_ms=number))
    page = visit.open(f"/experiments/{own}/settings")
    field(page, "Traces").fill(str(KEPT_TRACES))
    save(page)
    asked = page.get_by_role("dialog", name="Remove traces?")
    expect(asked).to_contain_text("2 traces over the limit")
    expect(asked).to_contain_text("cannot be undone")
    asked.get_by_role("button", name="Cancel").click()
    assert settings(api, own)["retention"] == {"max_age_days": None, "max_traces": None, "max_bytes": None}
    field(page, "Traces").fill("")
    # Traces of journeys began at a fixed moment, which no clock of today is before.
    field(page, "Days").fill("400000")
    save(page)
    expect(asked).to_contain_text("0 traces began before")
    asked.get_by_role("button", name="Save, and let them be removed").click()
    expect(page.get_by_text("The settings were saved.")).to_be_visible()
    assert settings(api, own)["retention"] == {"max_age_days": 400000.0, "max_traces": None, "max_bytes": None}
