"""The browser that tests, pictures and benchmarks of the web page use: Debian's Chromium, or another by name."""

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
_NAMES = ("chromium", "chromium-browser", "google-chrome")


def chromium_path() -> str | None:
    """Return where a Chromium is installed; LODELINE_CHROMIUM names another."""
    named = os.environ.get("LODELINE_CHROMIUM")
    return named or next((path for name in _NAMES if (path := shutil.which(name))), None)
