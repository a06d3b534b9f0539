"""A server that asks who is there."""

import re
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from lodeline.auth.actor import LOCAL
from lodeline.auth.credentials import Credentials
from lodeline.domain.assessment import AssessmentDraft, AssessmentSource, AssessmentTarget
from lodeline.domain.experiment import ExperimentDraft
from lodeline.domain.ids import DEFAULT_EXPERIMENT, TraceId
from lodeline.domain.trace import TraceInfo
from lodeline.services.bundle import assemble
from lodeline.storage.open import open_stores, store_directory
from tests.browser.test_reviewing import check_axe
from tests.browser.watching import watched
from tests.e2e.harness import serving
from tests.e2e.oidc_provider import providing

PASSWORD = "tulips in the rain"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Return a store with an admin, and a viewer of everything who edits experiment 0 alone."""
    folder = tmp_path / "store"
    stores = open_stores(str(folder))
    try:
        services = assemble(stores, Credentials.load(store_directory(str(folder))))
        services.accounts.create(LOCAL, "ada", role="admin", password=PASSWORD)
        services.accounts.create(LOCAL, "vera", role="viewer", password=PASSWORD)
        services.accounts.set_role(LOCAL, "vera", "editor", experiment_id=DEFAULT_EXPERIMENT)
        services.experiments.create(LOCAL, ExperimentDraft("looked at"))
        for experiment in ("0", "1"):
            trace = TraceId(f"tr-in-{experiment}")
            services.traces.log_info(LOCAL, experiment, trace, TraceInfo(name=f"of {experiment}", state="OK"))
            judged = AssessmentDraft(
                AssessmentTarget(trace_id=trace), "fine", "FEEDBACK", AssessmentSource("CODE"), 1
            )
            services.assessments.log(LOCAL, judged)
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


def sign_in(page: Page, name: str, password: str = PASSWORD) -> None:
    page.get_by_role("textbox", name="Name", exact=True).fill(name)
    page.locator("input[name=password]").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("button", name=f"Signed in as {name}")).to_be_visible()


def test_a_viewer_is_offered_only_what_the_server_would_do(browser: Browser, store: Path):
    with serving(store, "--auth") as server, watched(browser, server.url) as visit:
        visit.expected.append("401")  # before signing in; a refusal of what is done later is 403
        page = visit.open("/experiments")
        sign_in(page, "vera")
        expect(page.get_by_role("link", name="looked at")).to_be_visible()
        expect(page.get_by_role("button", name="New experiment")).to_have_count(0)
        expect(page.get_by_role("button", name="Actions: looked at")).to_have_count(0)
        expect(page.get_by_role("button", name="Actions: default", exact=False)).to_have_count(1)

        looked = visit.open("/experiments/1/traces")
        looked.get_by_role("checkbox", name="Select of 1").click()
        toolbar = looked.get_by_role("toolbar", name="1 selected")
        expect(toolbar.get_by_text("You may look, not change: your role here is viewer.")).to_be_visible()
        expect(toolbar.get_by_role("button")).to_have_text(["Export", "Clear the selection"])
        looked.get_by_role("grid").get_by_role("link", name="of 1").click()
        panel = looked.get_by_role("complementary", name="Assessments")
        expect(panel.get_by_text("your role here is viewer")).to_be_visible()
        expect(panel.get_by_role("button")).to_have_text(["History"])
        looked.get_by_role("tree").press("a")
        expect(panel.get_by_role("textbox")).to_have_count(0)
        looked.locator("main").get_by_role("button", name="Actions", exact=True).click()
        expect(looked.get_by_role("menuitem")).to_have_text(["Compare with…"])
        visit.open("/experiments/1/settings")
        expect(looked.get_by_role("textbox", name="Name", exact=True)).to_be_disabled()
        expect(looked.get_by_role("textbox", name="Name", exact=True)).to_have_value("looked at")
        expect(looked.get_by_role("button", name="Save the changes")).to_have_count(0)

        edited = visit.open("/experiments/0/traces")
        edited.get_by_role("checkbox", name="Select of 0").click()
        toolbar = edited.get_by_role("toolbar", name="1 selected")
        expect(toolbar.get_by_role("button")).to_have_text(
            ["Tag", "Assess", "Add to dataset", "Add to labeling", "Export", "Delete", "Clear the selection"]
        )
        toolbar.get_by_role("button", name="Tag").click()
        edited.get_by_role("textbox", name="Key", exact=True).fill("colour")
        edited.get_by_role("button", name="Save", exact=True).click()
        expect(edited.get_by_text("1 trace tagged.")).to_be_visible()


def test_a_viewer_s_settings_hold_what_a_viewer_may_set(browser: Browser, store: Path):
    with serving(store, "--auth") as server, watched(browser, server.url) as visit:
        visit.expected.append("401")  # before signing in; a refusal of what is done later is 403
        page = visit.open("/settings/accounts")
        sign_in(page, "vera")
        expect(page.get_by_text("Only an admin may see this.")).to_be_visible()
        expect(page.get_by_role("form")).to_have_count(0)
        visit.open("/settings/keys")
        expect(page.get_by_role("form", name="New key").get_by_role("checkbox")).to_have_count(3)
        visit.open("/settings/prices")
        page.get_by_label("Experiment", exact=True).select_option("1")
        expect(page.get_by_text("your role here is viewer")).to_be_visible()
        expect(page.get_by_role("form", name="Add a price")).to_have_count(0)
        page.get_by_label("Experiment", exact=True).select_option("0")
        expect(page.get_by_role("form", name="Add a price")).to_be_visible()


def test_ones_own_password_is_changed_and_holds(browser: Browser, store: Path):
    with serving(store, "--auth") as server, watched(browser, server.url) as visit:
        visit.expected += ["401", "403"]  # before signing in, and with the password that was
        page = visit.open("/settings/account")
        sign_in(page, "vera")
        form = page.get_by_role("form", name="Change the password")
        submit = form.get_by_role("button", name="Change the password")
        form.get_by_label("Present password").fill("not this one")
        form.get_by_label(re.compile(r"^New password( \*)?$")).fill("daffodils in the sun")
        form.get_by_label("New password again").fill("daffodils in the fog")
        expect(form.get_by_text("The two differ.")).to_be_visible()
        expect(submit).to_be_disabled()
        form.get_by_label("New password again").fill("daffodils in the sun")
        submit.click()
        expect(form.get_by_role("alert")).to_be_visible()
        form.get_by_label("Present password").fill(PASSWORD)
        submit.click()
        expect(page.get_by_text("The password was changed.")).to_be_visible()
        page.get_by_role("button", name="Signed in as vera").click()
        page.get_by_role("menuitem", name="Sign out").click()
        sign_in(page, "vera", "daffodils in the sun")


def test_a_key_is_made_shown_once_and_revoked_and_the_audit_trail_tells(browser: Browser, store: Path):
    with serving(store, "--auth") as server, watched(browser, server.url) as visit:
        visit.expected.append("401")  # before signing in
        page = visit.open("/settings/keys")
        sign_in(page, "ada")
        page.get_by_role("textbox", name="Key", exact=True).fill("nightly")
        page.get_by_role("checkbox", name="read", exact=True).check()
        page.get_by_role("button", name="New key").click()
        made = page.get_by_role("status").filter(has_text="Copy the key now").locator("code")
        expect(made).not_to_be_empty()
        secret = made.inner_text()
        with httpx.Client(base_url=f"{server.url}/api/v1", headers={"authorization": f"Bearer {secret}"}) as api:
            assert api.get("/experiments").status_code == 200
            row = page.get_by_role("row").filter(has_text="nightly")
            row.get_by_role("button", name="Revoke").click()
            expect(page.get_by_role("row").filter(has_text="nightly")).to_contain_text("revoked")
            assert api.get("/experiments").status_code == 401
        page = visit.open("/settings/audit")
        expect(page.get_by_role("row").filter(has_text="key.create")).to_contain_text("ada")
        assert secret not in page.content()
        box = page.get_by_role("combobox", name="Filter")
        box.fill("action = 'key.revoke'")
        box.press("Escape")
        box.press("Enter")
        expect(page.get_by_role("table").get_by_role("row")).to_have_count(2)
        expect(page.get_by_role("row").filter(has_text="key.revoke")).to_contain_text("ada")


FONTS = "https://fonts.googleapis.com"
"""The provider's own page asks for one; it gets none."""
ADA = {"email": "ada@example.org", "email_verified": True, "groups": ["staff"]}


def test_somebody_signs_in_at_a_provider_lands_where_they_wanted_and_signs_out(browser: Browser, store: Path):
    with providing({"sub-ada": ADA, "sub-taken": {**ADA, "email": "vera"}}) as issuer:
        settings = {
            "LODELINE_OIDC_ISSUER": issuer,
            "LODELINE_OIDC_CLIENT_ID": "public",
            "LODELINE_OIDC_NAME": "Example",
            "LODELINE_OIDC_SCOPES": "openid,email,groups",
            "LODELINE_OIDC_ROLES": "staff=viewer",
        }
        with serving(store, "--auth", env=settings) as server, watched(browser, server.url) as visit:
            visit.others += [issuer, FONTS]
            visit.page.route(f"{FONTS}/**", lambda route: route.fulfill(content_type="text/css", body=""))
            visit.expected.append("401")  # before signing in
            page = visit.open("/experiments/0/traces?filter=state+%3D+%27OK%27")
            page.get_by_role("link", name="Sign in with Example").click()
            page.get_by_placeholder("Enter any login").fill("sub-ada")
            page.get_by_placeholder("and password").fill("any")
            page.get_by_role("button", name="Sign-in").click()
            expect(page.get_by_role("button", name="Signed in as ada@example.org")).to_be_visible()
            expect(page.get_by_role("combobox", name="Filter")).to_have_value("state = 'OK'")
            expect(page.get_by_role("link", name="of 0")).to_be_visible()
            names = {each.get("name") for each in page.context.cookies()}
            assert "lodeline_login" in names
            assert "lodeline_oidc" not in names
            page.reload()
            page.get_by_role("button", name="Signed in as ada@example.org").click()
            page.get_by_role("menuitem", name="Sign out").click()
            expect(page.get_by_role("link", name="Sign in with Example")).to_be_visible()
            page.goto(f"{server.url}/settings/keys")
            expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
            page.context.clear_cookies()
            page.get_by_role("link", name="Sign in with Example").click()
            page.get_by_placeholder("Enter any login").fill("sub-taken")
            page.get_by_placeholder("and password").fill("any")
            page.get_by_role("button", name="Sign-in").click()
            expect(page.get_by_role("alert")).to_have_text(
                "There is an account of your name that is not linked to you. Ask an admin to link it."
            )
            check_axe(visit)
            sign_in(page, "ada")
            assert page.url == f"{server.url}/settings/keys"
            page.goto(f"{server.url}/settings/accounts")
            expect(page.get_by_role("row").filter(has_text="ada@example.org")).to_contain_text("sub-ada")


def test_the_address_says_nothing_on_the_page(browser: Browser, store: Path):
    with serving(store, "--auth") as server, watched(browser, server.url) as visit:
        visit.expected.append("401")
        page = visit.open("/sign-in?error=Call+555-1234+to+sign+in")
        expect(page.get_by_role("alert")).to_contain_text("Signing in did not work.")
        expect(page.get_by_text("555-1234")).to_have_count(0)
        expect(page.get_by_role("link", name="Sign in with")).to_have_count(0)
