"""``lodeline sessions``: traced conversations."""

from typing import Annotated

import typer

from lodeline.cli.listing import list_command
from lodeline.cli.options import OneExperimentOption, Use, command
from lodeline.cli.output import clean, cost, count, duration, moment

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="List and show traced conversations.")


list_command(
    app,
    "List sessions, last activity first.",
    lambda client: client.sessions.search,
    {
        "session": lambda item: item.session,
        "user": lambda item: item.user,
        "state": lambda item: item.state,
        "traces": lambda item: item.trace_count,
        "errors": lambda item: count(item.error_count),
        "last activity": lambda item: moment(item.last_ns // 1_000_000),
        "duration": lambda item: duration(max(0, item.last_ns - item.first_ns)),
        "tokens": lambda item: count(item.tokens.total),
        "cost": lambda item: cost(item.cost_usd),
    },
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
