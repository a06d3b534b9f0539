"""A journey through the list of versions: what ran with each, and how two of one name are told apart."""

import re
from dataclasses import replace

import httpx
from playwright.sync_api import expect

from lodeline.demo.otlp import SpanDraft, request
from tests.browser.sending import experiment, span
from tests.browser.test_reviewing import check_axe
from tests.browser.watching import Watched
from tests.e2e.harness import Server, post

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def test_versions_are_listed_with_what_ran_with_them(visit: Watched, demo: Server, api: httpx.Client):
    own = experiment(api, "journey: figures of versions")
    ids: list[str] = []
    for git in ({"commit": COMMIT, "dirty": True}, None):
        made = api.post("/models", json={"experiment": own, "name": "cook", "git": git})
        assert made.is_success, made.text
        ids.append(made.json()["model_id"])

    def send(model_id: str, *spans: SpanDraft) -> None:
        resource = {"service.name": "journey", "lodeline.model_id": model_id}
        with httpx.Client(base_url=demo.url, timeout=60) as http:
            assert post(http, request([(resource, "tests", "1", spans)]), experiment=own).is_success

    failed = replace(span("figures 0", 0, "cook"), error="KeyError")
    send(ids[0], failed, *(span(f"figures {n}", 0, "cook") for n in range(1, 4)))
    asked: list[str] = []
    visit.page.on("request", lambda one: asked.append(one.url) if one.url.endswith("/traces/aggregate") else None)
    page = visit.open(f"/experiments/{own}/models")
    listed = page.get_by_role("table", name="Versions").get_by_role("row")
    first, second = listed.filter(has_text="01234567"), listed.filter(has_not_text="01234567").nth(1)
    expect(first).to_contain_text(re.compile(r"cook\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"))
    expect(first).to_contain_text("01234567 + changes")
    expect(first).not_to_contain_text(COMMIT)
    expect(first.get_by_role("cell", name="25%")).to_be_visible()
    expect(second.get_by_role("cell", name="0", exact=True)).to_be_visible()
    assert len(asked) == 1
    for model_id in ids:
        expect(page.get_by_role("checkbox", name=f"Select cook ({model_id})")).to_be_visible()
    check_axe(visit)
    first.get_by_role("link", name="4").click()
    expect(page.get_by_role("combobox", name="Filter")).to_have_value(f"model = '{ids[0]}'")
    expect(page.get_by_role("grid").get_by_role("row")).to_have_count(5)
