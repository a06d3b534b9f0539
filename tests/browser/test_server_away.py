"""The server goes away while a page is open, and comes back."""

from playwright.sync_api import expect

from tests.browser.watching import Watched


def test_a_page_that_cannot_be_loaded_says_so_and_is_there_when_the_server_is(visit: Watched):
    visit.expected += ["ERR_INTERNET_DISCONNECTED", "Problem"]
    page = visit.open("/experiments/1/traces")
    expect(page.get_by_role("grid").first).to_be_visible()
    page.context.set_offline(True)
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Scorers").click()
    expect(page.get_by_text("The server does not answer.")).to_be_visible()
    again = page.get_by_role("button", name="Try again")
    again.click()
    expect(page.get_by_text("The server does not answer.")).to_be_visible()
    page.context.set_offline(False)
    again.click()
    expect(page.get_by_role("heading", name="Scorers", exact=True)).to_be_visible()
