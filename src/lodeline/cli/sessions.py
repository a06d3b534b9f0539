"""``lodeline sessions``: traced conversations."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated

import typer

from lodeline.cli.feedback import FeedbackOption, Judged, document, with_feedback
from lodeline.cli.naming import MOST_NAMESAKES, experiment_names
from lodeline.cli.options import AllOption, ExperimentOption, FilterOption, LimitOption, OrderOption, Use, command
from lodeline.cli.output import clean, cost, count, duration, moment
from lodeline.domain.errors import Invalid, NotFound, shown
from lodeline.domain.session import Session
from lodeline.query.literals import quote

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="List and show traced conversations.")


_COLUMNS: Mapping[str, Callable[[Session], object]] = {
    "session": lambda item: item.session,
    "user": lambda item: item.user,
    "state": lambda item: item.state,
    "traces": lambda item: item.trace_count,
    "errors": lambda item: count(item.error_count),
    "faulty": lambda item: count(item.faulty_count),
    "last activity": lambda item: moment(item.last_ns // 1_000_000),
    "duration": lambda item: duration(max(0, item.last_ns - item.first_ns)),
    "tokens": lambda item: count(item.tokens.total),
    "cost": lambda item: cost(item.cost_usd),
}


@command(app, "list")
def list_sessions(
    use: Use,
    *,
    experiment: ExperimentOption = None,
    filter: FilterOption = "",
    order: OrderOption = "",
    limit: LimitOption = 50,
    all: AllOption = False,
    feedback: FeedbackOption = None,
) -> None:
    """List sessions, last activity first. 'errors' counts the traces that failed, 'faulty' those with failed spans.

    With --json and --feedback: lines of a session and its assessments each.
    """
    names = list(dict.fromkeys(feedback or ()))
    most = None if all else limit
    found: list[Judged[Session]] = []
    for page in use.client.sessions.search(experiment=experiment, filter=filter, order=order, limit=most).pages():
        use.out.hints(page.hints)
        judged = with_feedback(use, page.items, "session", lambda item: (item.experiment_id, item.session), names)
        if use.out.as_json:
            use.out.lines((document(each, "session") for each in judged) if names else page.items)
        else:
            found.extend(judged)
    if not use.out.as_json:
        rows = ((*(cell(each.item) for cell in _COLUMNS.values()), *each.cells(names)) for each in found)
        use.out.table((*_COLUMNS, *names), rows)


@command(app, "get")
def get(
    use: Use,
    session: Annotated[str, typer.Argument(metavar="SESSION", help="A session, as 'sessions list' shows it.")],
    *,
    experiment: Annotated[
        str | None,
        typer.Option("--experiment", "-e", metavar="ID-or-NAME", help="The experiment [whichever has it]."),
    ] = None,
) -> None:
    """Show one session of an experiment and its traces, the first first.

    With --json: one document of the session and its traces.
    """
    found = _find(use, session, experiment)
    named = f"session = {quote(session)}"
    traces = list(use.client.traces.search(experiment=found.experiment_id, filter=named, order="start"))
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
            ("failed turns", count(found.error_count)),
            ("failed spans", count(sum(item.error_count for item in traces))),
            ("tokens", count(found.tokens.total)),
            ("cost", cost(found.cost_usd)),
        )
    )
    use.out.say("")
    use.out.table(
        ("trace", "start", "duration", "state", "failed spans", "name", "request"),
        [
            (
                item.trace_id,
                moment(item.start_ns // 1_000_000),
                duration(item.duration_ns),
                item.state,
                count(item.error_count),
                item.name,
                None if item.request is None else clean(item.request, 60),
            )
            for item in traces
        ],
    )
    use.view(found.experiment_id, "sessions", found.session)


def _find(use: Use, session: str, experiment: str | None) -> Session:
    """Return the session of this id in an experiment, or in whichever has it when none is given.

    NotFound where it is not, and Invalid where several experiments have it: both say which have it.
    """
    if experiment is not None:
        try:
            return use.client.sessions.get(session, experiment=experiment)
        except NotFound as error:
            if error.error_code != "session_not_found":
                raise
            elsewhere = _named(use, _holders(use, session))
            hint = f" It is in {elsewhere}." if elsewhere else ""
            message = f"session {shown(session)} does not exist in experiment {shown(experiment)}.{hint}"
            raise NotFound(message, code=error.error_code, details=error.details) from error
    found = _holders(use, session)
    if not found:
        raise NotFound(f"session {shown(session)} does not exist in any experiment.", code="session_not_found")
    if len(found) > 1:
        where = _named(use, found)
        raise Invalid(f"session {shown(session)} is in {where}; name one of them with -e.", code="ambiguous_name")
    return found[0]


def _holders(use: Use, session: str) -> list[Session]:
    return list(use.client.sessions.search(filter=f"id = {quote(session)}", limit=MOST_NAMESAKES))


def _named(use: Use, found: Sequence[Session]) -> str:
    names = experiment_names(use.client, (each.experiment_id for each in found))
    return ("experiments " if len(names) > 1 else "experiment ") + ", ".join(names.values()) if names else ""
