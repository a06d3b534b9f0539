"""``lodeline users``: traced end users."""

import typer

from lodeline.cli.options import AllOption, ExperimentOption, FilterOption, LimitOption, OrderOption, Use, command
from lodeline.cli.output import cost, count, moment

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="List traced end users.")


@app.callback()
def _users() -> None:
    """List traced end users."""


@command(app, "list")
def list_users(
    use: Use,
    *,
    experiment: ExperimentOption = None,
    filter: FilterOption = "",
    order: OrderOption = "",
    limit: LimitOption = 50,
    all: AllOption = False,
) -> None:
    """List the users that traces name, last activity first. Who may sign in here is under 'accounts'."""
    most = None if all else limit
    found = use.client.users.search(experiment=experiment, filter=filter, order=order, limit=most)
    if use.out.as_json:
        use.out.lines(found)
        return
    use.out.table(
        ("user", "traces", "errors", "sessions", "last activity", "tokens", "cost"),
        (
            (
                item.user,
                item.trace_count,
                count(item.error_count),
                item.session_count,
                moment(item.last_ns // 1_000_000),
                count(item.tokens.total),
                cost(item.cost_usd),
            )
            for item in found
        ),
    )
