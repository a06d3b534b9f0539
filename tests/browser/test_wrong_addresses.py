"""Addresses that are wrong: they say so, name what is not there, and lead to the list of what is."""

import httpx
from playwright.sync_api import expect

from tests.browser.sending import experiment, id_of, send, span
from tests.browser.watching import Watched
from tests.e2e.harness import Server

NO_TRACE = "tr-00000000000000000000000000000000"


def run_in(api: httpx.Client, experiment_id: str, name: str) -> str:
    answer = api.post("/runs", json={"experiment": experiment_id, "name": name})
    assert answer.is_success, answer.text
    return str(answer.json()["run_id"])


def test_what_does_not_exist_is_named_and_leads_to_its_list(visit: Watched, api: httpx.Client):
    visit.expected += ["404", "400"]
    own = experiment(api, "journey: nothing in it")
    for place, named, leads in (
        ("/experiments/987654/traces", "experiment '987654' does not exist.", "/experiments"),
        ("/experiments/987654/settings", "experiment '987654' does not exist.", "/experiments"),
        ("/experiments/kitchen/runs", "'kitchen' is not valid", None),
        (
            f"/experiments/{own}/traces/{NO_TRACE}",
            f"trace '{NO_TRACE}' does not",
            f"/experiments/{own}/traces",
        ),
        (f"/experiments/{own}/sessions/none", "session 'none' does not exist.", f"/experiments/{own}/sessions"),
        (f"/experiments/{own}/runs?run=none", "run 'none' does not exist.", f"/experiments/{own}/runs"),
        (f"/experiments/{own}/evaluations/none", "'none' does not exist.", f"/experiments/{own}/evaluations"),
        (f"/experiments/{own}/datasets/none", "dataset 'none' does not exist.", f"/experiments/{own}/datasets"),
        (f"/experiments/{own}/issues?issue=none", "issue 'none' does not exist.", f"/experiments/{own}/issues"),
    ):
        page = visit.open(place)
        told = page.get_by_role("alert").filter(has_text=named)
        expect(told, place).to_have_count(1)
        if leads is not None:
            expect(told.get_by_role("link", name="To the list"), place).to_have_attribute("href", leads)


def test_a_parameter_that_no_page_has_is_said_and_left_out(visit: Watched, api: httpx.Client):
    own = experiment(api, "journey: misspelt")
    page = visit.open(f"/experiments/{own}/traces?filtre=state+%3D+%27ERROR%27&range=all")
    told = page.get_by_role("alert").filter(has_text="filtre")
    expect(told).to_contain_text("It has range, tz, filter, order")
    told.get_by_role("button", name="Leave it out").click()
    expect(told).to_have_count(0)
    assert "filtre" not in page.url
    assert "range=all" in page.url


def test_a_run_is_opened_by_its_name_where_one_alone_has_it(visit: Watched, api: httpx.Client):
    visit.expected.append("404")
    own = experiment(api, "journey: runs by name")
    one = run_in(api, own, "nightly 'A'")
    for _ in range(2):
        run_in(api, own, "twice")
    page = visit.open(f"/experiments/{own}/runs?run=nightly+%27A%27")
    expect(page.get_by_role("complementary", name="nightly 'A'").get_by_text(one, exact=True)).to_be_visible()
    visit.open(f"/experiments/{own}/runs?run=twice")
    panel = page.get_by_role("complementary", name="twice")
    expect(panel.get_by_role("listitem")).to_have_count(2)
    panel.get_by_role("listitem").first.get_by_role("button").click()
    expect(panel.get_by_text("Several runs have this name", exact=False)).to_have_count(0)
    expect(panel).to_be_visible()


def test_a_trace_is_shown_in_its_own_experiment(visit: Watched, demo: Server, api: httpx.Client):
    own, other = experiment(api, "journey: its own"), experiment(api, "journey: another")
    send(demo.url, own, span("journey: elsewhere", 0, "root"))
    trace = id_of("journey: elsewhere")
    page = visit.open(f"/experiments/{other}/traces/{trace}?tab=raw")
    page.wait_for_url(f"**/experiments/{own}/traces/{trace}*")
    assert "tab=raw" in page.url
