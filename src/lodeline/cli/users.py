"""``lodeline users``: traced end users."""

import typer

from lodeline.cli.listing import list_command
from lodeline.cli.output import cost, count, moment

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="List traced end users.")


@app.callback()
def _users() -> None:
    """List traced end users."""


list_command(
    app,
    "List the users that traces name, last activity first. Who may sign in here is under 'accounts'.",
    lambda client: client.users.search,
    {
        "user": lambda item: item.user,
        "traces": lambda item: item.trace_count,
        "errors": lambda item: count(item.error_count),
        "sessions": lambda item: item.session_count,
        "last activity": lambda item: moment(item.last_ns // 1_000_000),
        "tokens": lambda item: count(item.tokens.total),
        "cost": lambda item: cost(item.cost_usd),
    },
)
