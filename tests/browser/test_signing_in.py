"""A server that asks who is there."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from lodeline.auth.actor import LOCAL
from lodeline.auth.credentials import Credentials
from lodeline.services.bundle import assemble
from lodeline.storage.open import open_stores, store_directory
from tests.browser.watching import watched
from tests.e2e.harness import serving

PASSWORD = "tulips in the rain"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Return a store with an admin."""
    folder = tmp_path / "store"
    stores = open_stores(str(folder))
    try:
        services = assemble(stores, Credentials.load(store_directory(str(folder))))
        services.accounts.create(LOCAL, "ada", role="admin", password=PASSWORD)
    finally:
        stores.close()
    return folder


def test_signing_in_leads_back_and_signing_out_ends_it(browser: Browser, store: Path):
    with serving(store, "--auth") as server, watched(browser, server.url) as visit:
        visit.expected.append("401")
        page = visit.open("/experiments/0/traces?filter=state+%3D+%27OK%27")
        page.get_by_role("textbox", name="Name", exact=True).fill("ada")
        page.locator("input[name=password]").fill("wrong")
        page.get_by_role("button", name="Sign in", exact=True).click()
        expect(page.get_by_role("alert")).to_be_visible()
        page.locator("input[name=password]").fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        expect(page.get_by_role("combobox", name="Filter")).to_have_value("state = 'OK'")
        page.goto(f"{server.url}/settings/accounts")
        form = page.get_by_role("form", name="New account")
        form.get_by_role("textbox", name="Account", exact=True).fill("grace")
        form.locator("input[type=password]").fill("a wholly new one")
        form.get_by_role("button", name="New account").click()
        expect(page.get_by_role("row").filter(has_text="grace")).to_be_visible()
        page.goto(f"{server.url}/settings/keys")
        page.get_by_role("textbox", name="Key", exact=True).fill("sender")
        page.get_by_role("button", name="New key").click()
        expect(page.get_by_text("Copy the key now")).to_be_visible()
        page.get_by_role("button", name="Signed in as ada").click()
        page.get_by_role("menuitem", name="Sign out").click()
        expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
        page.goto(f"{server.url}/settings/keys")
        expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
