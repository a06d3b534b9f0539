"""``lodeline sessions``: traced conversations."""

import typer

from lodeline.cli.options import (
    AllOption,
    ExperimentOption,
    FilterOption,
    LimitOption,
    OrderOption,
    Use,
    command,
)
from lodeline.cli.output import cost, count, duration, moment

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="List traced conversations.")


@app.callback()
def _sessions() -> None:
    """List traced conversations."""


@command(app, "list")
def list_sessions(
    use: Use,
    *,
    experiment: ExperimentOption = None,
    filter: FilterOption = "",
    order: OrderOption = "",
    limit: LimitOption = 50,
    all: AllOption = False,
) -> None:
    """List sessions, last activity first."""
    most = None if all else limit
    found = use.client.sessions.search(experiment=experiment, filter=filter, order=order, limit=most)
    if use.out.as_json:
        use.out.lines(found)
        return
    use.out.table(
        ("session", "user", "state", "traces", "errors", "last activity", "duration", "tokens", "cost"),
        (
            (
                item.session,
                item.user,
                item.state,
                item.trace_count,
                count(item.error_count),
                moment(item.last_ns // 1_000_000),
                duration(max(0, item.last_ns - item.first_ns)),
                count(item.tokens.total),
                cost(item.cost_usd),
            )
            for item in found
        ),
    )
