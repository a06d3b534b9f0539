"""``lodeline traces``: search, show, follow, tag, delete, price anew, export and import traces."""

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from lodeline.cli.analytics import aggregate, breakdown, facet
from lodeline.cli.exits import NEGATIVE
from lodeline.cli.feedback import FeedbackOption, Judged, document, with_feedback
from lodeline.cli.naming import confirm, pairs
from lodeline.cli.options import (
    AllOption,
    ExperimentOption,
    FilterOption,
    LimitOption,
    OneExperimentOption,
    OrderOption,
    Use,
    YesOption,
    command,
)
from lodeline.cli.otlp_files import is_otel, read_requests, send_request, trace_lines
from lodeline.cli.output import clean, cost, count, duration, moment
from lodeline.cli.progress import counting
from lodeline.cli.repricing import repriced, told
from lodeline.cli.trace_view import show_trace
from lodeline.domain.errors import Conflict, Invalid, shown
from lodeline.domain.page import MAX_LIMIT
from lodeline.domain.trace import Trace

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Search, show, follow, count and move traces.")

TraceArgument = Annotated[str, typer.Argument(metavar="TRACE", help="A trace id, as 'traces search' shows it.")]
_COLUMNS = ("id", "start", "duration", "state", "errors", "name", "tokens", "cost")
_REQUEST_CHARACTERS = 60
_STATE_STYLES = {"ERROR": "bold red", "ABANDONED": "yellow", "IN_PROGRESS": "cyan"}


@command(app, "search")
def search(
    use: Use,
    *,
    experiment: ExperimentOption = None,
    filter: FilterOption = "",
    order: OrderOption = "",
    limit: LimitOption = 50,
    all: AllOption = False,
    feedback: FeedbackOption = None,
) -> None:
    """List traces, newest first; of those that failed, why, in the place of what was asked.

    With --json and --feedback: lines of a trace and its assessments each.
    """
    partial = False
    names = list(dict.fromkeys(feedback or ()))
    found: list[Judged[Trace]] = []
    most = None if all else limit
    listed = use.client.traces.search(experiment=experiment, filter=filter, order=order, limit=most)
    for page in listed.pages():
        partial = partial or page.partial
        use.out.hints(page.hints)
        judged = with_feedback(use, page.items, "trace", lambda item: (item.experiment_id, item.trace_id), names)
        if use.out.as_json:
            use.out.lines((document(each, "trace") for each in judged) if names else page.items)
        else:
            found.extend(judged)
    if not use.out.as_json:
        rows = ((*_row(each.item), *each.cells(names), _about(each.item)) for each in found)
        use.out.table((*_COLUMNS, *names, "about"), rows, _STATE_STYLES)
        if not found and not partial:
            use.out.note("No trace matches.")
        elif len(found) == limit and not all:
            use.out.note(f"These are the first {limit}; there may be more: --limit N, or --all.")
    if partial:
        use.out.warn("The search stopped at its deadline: there may be more. Narrow the filter, or use --all.")


@command(app, "get")
def get(
    use: Use,
    trace: TraceArgument,
    *,
    content: Annotated[bool, typer.Option("--content", "-c", help="Also show what went in and out.")] = False,
    spans: Annotated[int, typer.Option("--spans", min=1, help="Most spans to show.")] = 200,
) -> None:
    """Show a trace: its tree of spans with times, tokens, cost and errors, and its assessments.

    With --json: one document of the trace, its spans (with --content whole ones) and its assessments.
    """
    show_trace(use, trace, content=content, most_spans=spans)


@command(app, "tail")
def tail(
    use: Use,
    *,
    experiment: ExperimentOption = None,
    filter: FilterOption = "",
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="How many to show at first.")] = 10,
    interval_s: Annotated[float, typer.Option("--interval", min=0.1, help="Seconds between two looks.")] = 1.0,
    follow: Annotated[bool, typer.Option("--follow/--no-follow", help="Go on until Ctrl-C.")] = True,
) -> None:
    """Follow traces as they arrive."""
    traces = use.client.traces
    page = traces.follow(experiment=experiment, filter=filter, limit=max(lines, 1))
    _print_lines(use, page.items if lines else ())
    while follow:
        if not page.partial and len(page.items) < MAX_LIMIT:
            time.sleep(interval_s)
        page = traces.follow(experiment=experiment, filter=filter, limit=MAX_LIMIT, cursor=page.cursor)
        _print_lines(use, page.items)


command(app, "facet")(facet)
command(app, "breakdown")(breakdown)
command(app, "aggregate")(aggregate)


@command(app, "tag")
def tag(
    use: Use,
    trace: TraceArgument,
    tags: Annotated[list[str] | None, typer.Argument(metavar="KEY=VALUE", help="Tags to set.")] = None,
    delete: Annotated[list[str] | None, typer.Option(metavar="KEY", help="A tag to delete; may be repeated.")] = None,
) -> None:
    """Set and delete tags of a trace."""
    changed = use.client.traces.tag(trace, pairs(tags, "tag"), delete or ())
    if use.out.as_json:
        use.out.document(changed)
    use.out.say(
        f"{changed.trace_id}: {', '.join(f'{key}={value}' for key, value in changed.tags.items()) or 'no tags'}"
    )


@command(app, "delete")
def delete(
    use: Use,
    traces: Annotated[list[str] | None, typer.Argument(metavar="TRACE", help="Trace ids.")] = None,
    *,
    experiment: ExperimentOption = None,
    filter: FilterOption = "",
    most: Annotated[int, typer.Option("--max", min=1, max=10_000, help="Most traces to delete by filter.")] = 1_000,
    yes: YesOption = False,
) -> None:
    """Delete traces with all that is in them: by id, or those of an experiment that match a filter.

    Exit code 1 says that there was no trace for one of the ids; the others are deleted.
    """
    if bool(traces) == bool(experiment):
        raise Invalid("delete: give trace ids, or --experiment with --filter, and not both.")
    if traces:
        confirm(f"Delete {len(traces)} traces for good?", yes=yes)
        report = use.client.traces.delete_many(traces)
    else:
        matching = use.client.analytics.count(experiment=experiment, filter=filter)
        of = f"{'' if matching.exact else 'at least '}{matching.count:,}"
        confirm(f"Delete {min(most, matching.count):,} of {of} matching traces for good?", yes=yes)
        report = use.client.traces.delete_matching(experiment or (), filter=filter, max_traces=most)
    if use.out.as_json:
        use.out.document(report)
    more = "; more match, run it again" if report.more else ""
    use.out.say(f"Deleted {report.deleted} traces{more}.")
    if report.missing:
        use.out.warn(f"There is no trace {', '.join(map(shown, report.missing))}.")
        raise typer.Exit(NEGATIVE)


@command(app, "reprice")
def reprice(
    use: Use,
    experiment: Annotated[str, typer.Argument(metavar="EXPERIMENT", help="Id or name.")],
    *,
    filter: FilterOption = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    yes: YesOption = False,
) -> None:
    """Give traces the costs that they have by the prices of today: the experiment's own, and the packaged ones.

    Costs that programs reported stand.
    """
    report = repriced(use, experiment, filter, dry_run=dry_run or not yes)
    if report.changed and not dry_run and not yes:
        confirm(f"{told(report)} Write these costs?", yes=False)
        report = repriced(use, experiment, filter, dry_run=False)
    if use.out.as_json:
        use.out.document(report)
    use.out.say(told(report))


@command(app, "export")
def export(
    use: Use,
    file: Annotated[Path, typer.Argument(help="Where to write; must not exist.")],
    *,
    experiment: ExperimentOption = None,
    filter: FilterOption = "",
    order: OrderOption = "",
    limit: LimitOption = 1_000,
    all: AllOption = False,
) -> None:
    """Export spans as they were sent, as lines of OTLP/JSON, which 'traces import' and any collector can read.

    A trace is one line, a large one several. Tags set afterwards and assessments are not part of OTLP: 'experiments
    export' has everything.
    """
    most = None if all else limit
    listed = use.client.traces.search(experiment=experiment, filter=filter, order=order, limit=most)
    written = 0
    try:
        with file.open("xb") as stream, counting(use.out, "exporting traces", most) as advance:
            for item in listed:
                if not is_otel(item.trace_id):
                    use.out.warn(f"{item.trace_id} is left out: OTLP has no form for such an id.")
                    continue
                if not sum(map(stream.write, trace_lines(use.client.traces.otlp(item.trace_id)))):
                    use.out.warn(f"{item.trace_id} is left out: it has no spans.")
                    continue
                written += 1
                advance(1)
    except FileExistsError as error:
        raise Conflict(f"{file} exists already; name another file.") from error
    except OSError as error:
        raise Invalid(f"{file} cannot be written ({error.strerror}); name another file.") from error
    if use.out.as_json:
        use.out.document({"file": str(file), "traces": written})
    use.out.say(f"Exported {written:,} traces to {file}.")


@command(app, "import", makes_store=True)
def import_traces(
    use: Use,
    files: Annotated[
        list[Path], typer.Argument(exists=True, dir_okay=False, help="OTLP: .pb, .json, .jsonl, or .gz.")
    ],
    *,
    experiment: OneExperimentOption = "0",
) -> None:
    """Import OTLP files into an experiment: protobuf bodies, JSON bodies, or lines of JSON; gzip is unpacked."""
    spans_refused = 0
    sent = 0
    with counting(use.out, "importing requests", None) as advance:
        for file in files:
            for request in read_requests(file):
                refused, reason = send_request(use.client, request, experiment)
                sent += 1
                advance(1)
                if refused:
                    spans_refused += refused
                    use.out.warn(f"{file}: {clean(reason, 500) or f'{refused} spans were refused'}")
    if use.out.as_json:
        use.out.document({"requests": sent, "spans_refused": spans_refused})
    use.out.say(f"Imported {sent:,} requests from {len(files)} files into experiment {experiment}.")
    if spans_refused:
        raise Invalid(f"{spans_refused} spans were refused; everything else was stored.", code="partly_refused")


def _print_lines(use: Use, traces: Iterable[Trace]) -> None:
    if use.out.as_json:
        use.out.lines(traces)
        return
    for item in traces:
        values = (
            item.trace_id, moment(item.start_ns // 1_000_000), duration(item.duration_ns), item.state, item.name,
            count(item.tokens.total), cost(item.cost_usd),
        )  # fmt: skip
        use.out.say("  ".join(clean(value, 80) for value in values if value), _STATE_STYLES.get(item.state, ""))


def _row(trace: Trace) -> tuple[object, ...]:
    return (
        trace.trace_id,
        moment(trace.start_ns // 1_000_000),
        duration(trace.duration_ns),
        trace.state,
        count(trace.error_count),
        trace.name,
        count(trace.tokens.total),
        cost(trace.cost_usd),
    )


def _about(trace: Trace) -> str | None:
    """Return why a trace failed, or else the beginning of what was asked."""
    if trace.state == "ERROR" and trace.status_message:
        return "error: " + clean(trace.status_message, _REQUEST_CHARACTERS)
    return None if trace.request is None else clean(trace.request, _REQUEST_CHARACTERS)
