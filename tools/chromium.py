"""The browser that tests, pictures and benchmarks of the web page use: a Chromium of Debian's, or another by name.

The shell comes first: the same engine without a desktop browser's own windows, so a page in it costs half the time.
"""

import os
import shutil

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
NOT_FOUND = "no Chromium was found; install Debian's package chromium-headless-shell, or set LODELINE_CHROMIUM"
_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


def chromium_path() -> str | None:
    """Return where a Chromium is installed; LODELINE_CHROMIUM names another."""
    named = os.environ.get("LODELINE_CHROMIUM")
    return named or next((path for name in _NAMES if (path := shutil.which(name))), None)
