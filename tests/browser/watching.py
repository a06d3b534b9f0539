"""A page that is watched: what it logs, what it asks of whom, and whether somebody's script ran in it."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Dialog, Error, Page, Request

VIEWPORT_WIDTH, VIEWPORT_HEIGHT = 1440, 900
PATIENCE_MS = 15_000


@dataclass(slots=True)
class Watched:
    """A page at a server. `expected` are words of console errors that the journey provokes, `others` the
    addresses of servers that it goes to."""

    page: Page
    url: str
    expected: list[str] = field(default_factory=list[str])
    errors: list[str] = field(default_factory=list[str])
    foreign: list[str] = field(default_factory=list[str])
    others: list[str] = field(default_factory=list[str])

    def open(self, path: str) -> Page:
        """Go to a path of the server and return the page once its frame stands."""
        self.page.goto(self.url + path)
        self.page.locator("main").first.wait_for()
        return self.page

    def note_error(self, text: str) -> None:
        """Note an error of the page unless it is expected."""
        if not any(word in text for word in self.expected):
            self.errors.append(text)

    def note_request(self, request: Request) -> None:
        """Note a request to anybody but the server and those that the journey goes to."""
        known = tuple(f"{url}/" for url in (self.url, *self.others))
        if urlsplit(request.url).scheme not in {"data", "blob"} and not request.url.startswith(known):
            self.foreign.append(request.url)

    def check(self) -> None:
        """Raise AssertionError for what a page must never do."""
        assert not self.errors, self.errors
        assert not self.foreign, self.foreign


@contextmanager
def watched(browser: Browser, url: str) -> Generator[Watched]:
    """Give a fresh page at a server, and check it afterwards."""
    context = browser.new_context(
        viewport={"width": VIEWPORT_WIDTH, "height": VIEWPORT_HEIGHT},
        timezone_id="Europe/Berlin",
        locale="en-GB",
        color_scheme="light",
        reduced_motion="reduce",
    )
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    made = Watched(page, url)

    def on_console(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            made.note_error(message.text)

    def on_error(error: Error) -> None:
        made.note_error(f"uncaught: {error}")

    def on_request(request: Request) -> None:
        made.note_request(request)

    def on_dialog(dialog: Dialog) -> None:
        made.note_error(f"dialog: {dialog.message}")
        dialog.dismiss()

    page.on("console", on_console)
    page.on("pageerror", on_error)
    page.on("request", on_request)
    page.on("dialog", on_dialog)
    try:
        yield made
        made.check()
    finally:
        context.close()
