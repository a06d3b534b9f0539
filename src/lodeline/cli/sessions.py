"""``lodeline sessions``: traced conversations."""

from typing import Annotated

import typer

from lodeline.cli.options import (
    AllOption,
    ExperimentOption,
    FilterOption,
    LimitOption,
    OneExperimentOption,
    OrderOption,
    Use,
    command,
)
from lodeline.cli.output import clean, cost, count, duration, moment

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="List and show traced conversations.")


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


@command(app, "get")
def get(
    use: Use,
    session: Annotated[str, typer.Argument(metavar="SESSION", help="A session, as 'sessions list' shows it.")],
    *,
    experiment: OneExperimentOption = "0",
) -> None:
    """Show one session of an experiment and its traces, the first first.

    With --json: one document of the session and its traces.
    """
    found = use.client.sessions.get(session, experiment=experiment)
    named = session.replace("\\", "\\\\").replace("'", "\\'")
    traces = list(use.client.traces.search(experiment=experiment, filter=f"session = '{named}'", order="start"))
    if use.out.as_json:
        use.out.document({"session": found, "traces": traces})
        return
    use.out.pairs(
        (
            ("session", found.session),
            ("experiment", found.experiment_id),
            ("user", found.user),
            ("state", found.state),
            ("first", moment(found.first_ns // 1_000_000)),
            ("last", moment(found.last_ns // 1_000_000)),
            ("tokens", count(found.tokens.total)),
            ("cost", cost(found.cost_usd)),
        )
    )
    use.out.say("")
    use.out.table(
        ("trace", "start", "duration", "state", "name", "request"),
        [
            (
                item.trace_id,
                moment(item.start_ns // 1_000_000),
                duration(item.duration_ns),
                item.state,
                item.name,
                None if item.request is None else clean(item.request, 60),
            )
            for item in traces
        ],
    )
