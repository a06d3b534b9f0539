"""``lodeline audit``: who changed what."""

import typer

from lodeline.cli.listing import list_command
from lodeline.cli.output import moment

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Show who changed what.")


_EARLIEST_MS = 10**11
"""Milliseconds below it, which are a time of 1973, are a length of time."""


def _detail(key: str, value: str) -> str:
    """Return a detail as people read it: a time as such."""
    if key.endswith("_ms") and value.isdecimal() and int(value) >= _EARLIEST_MS:
        return f"{key.removesuffix('_ms')}={moment(int(value))}"
    return f"{key}={value}"


@app.callback()
def _audit() -> None:
    """Show who changed what."""


list_command(
    app,
    "List changes, newest first.",
    lambda client: client.audit.search,
    {
        "time": lambda item: moment(item.at_ms),
        "actor": lambda item: item.actor,
        "action": lambda item: item.action,
        "target": lambda item: item.target,
        "experiment": lambda item: item.experiment_id,
        "details": lambda item: ", ".join(_detail(key, value) for key, value in item.details.items()) or None,
    },
)
