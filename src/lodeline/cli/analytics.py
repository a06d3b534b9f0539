"""Counts over many traces: ``lodeline traces facet`` and ``lodeline traces aggregate``."""

import re
from collections.abc import Sequence
from typing import Annotated, cast, get_args

import typer

from lodeline.cli.options import ExperimentOption, FilterOption, Use
from lodeline.cli.output import moment
from lodeline.cli.texts import cost, duration
from lodeline.domain.analytics import Aggregate, AggregateQuery, Judged, Measure, SpanField
from lodeline.domain.errors import Invalid
from lodeline.domain.span import SpanKind

MEASURES: tuple[str, ...] = get_args(Measure)
_UNITS_MS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 7 * 86_400_000}
_BUCKET = re.compile(r"([1-9][0-9]{0,5})([smhdw])")


def facet(
    use: Use,
    field: Annotated[str, typer.Argument(help="A field of traces, such as 'state', 'model' or 'tags.release'.")],
    *,
    experiment: ExperimentOption = None,
    filter: FilterOption = "",
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="Most values to show.")] = 50,
) -> None:
    """Show the values of a field and how many traces have each, the most frequent first."""
    found = use.client.analytics.facet(field, experiment=experiment, filter=filter, limit=limit)
    if use.out.as_json:
        use.out.document(found)
        return
    use.out.table(("value", "count"), [(item.value, f"{item.count:,}") for item in found.values])
    if not found.complete:
        use.out.warn(f"Only the newest {found.examined:,} traces were counted. Narrow the filter.")


def breakdown(
    use: Use,
    by: Annotated[SpanField, typer.Argument(metavar="FIELD", help=f"By what: {', '.join(get_args(SpanField))}.")],
    *,
    kind: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KIND",
            help="Only spans of this kind, such as TOOL; may be repeated. Else of model and provider what calls.",
        ),
    ] = None,
    experiment: ExperimentOption = None,
    filter: FilterOption = "",
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="Most values to show.")] = 50,
) -> None:
    """Compare the spans of traces by language model, provider, name or kind: calls, failures, durations, cost."""
    kinds = cast("tuple[SpanKind, ...]", tuple(each.upper() for each in kind or ()))  # the server says which it knows
    found = use.client.analytics.breakdown(by, kinds=kinds, experiment=experiment, filter=filter, limit=limit)
    if use.out.as_json:
        use.out.document(found)
        return
    use.out.table(
        (by, "spans", "traces", "errors", "p50", "p95", "tokens", "cost"),
        [
            (
                item.value, f"{item.spans:,}", f"{item.traces:,}", f"{item.errors:,}", _ms(item.duration_p50_ms),
                _ms(item.duration_p95_ms), f"{item.tokens_total:,}", cost(item.cost_usd),
            )
            for item in found.values
        ],
    )  # fmt: skip
    if not found.complete:
        use.out.warn(f"Only the newest {found.examined:,} traces were looked at. Narrow the filter.")


def _ms(value: float | None) -> str | None:
    return duration(None if value is None else round(value * 1e6))


def aggregate(
    use: Use,
    measures: Annotated[
        list[str], typer.Argument(metavar="MEASURE", help=f"What to compute: {', '.join(MEASURES)}.")
    ],
    *,
    experiment: ExperimentOption = None,
    filter: FilterOption = "",
    every: Annotated[
        str | None, typer.Option("--every", metavar="TIME", help="Buckets of this length: 30m, 1h, 1d.")
    ] = None,
    by: Annotated[str | None, typer.Option("--by", metavar="FIELD", help="A row for each value of a field.")] = None,
    assessment: Annotated[
        str | None, typer.Option("--assessment", metavar="NAME", help="Whose judgments assessment_… looks at.")
    ] = None,
    assessment_of: Annotated[
        Judged,
        typer.Option("--of", help="On what they are: traces and their spans, or the sessions that the traces begin."),
    ] = "traces",
) -> None:
    """Compute counts, error rates, durations (in milliseconds), tokens, cost and means of judgments."""
    query = AggregateQuery(
        cast("tuple[Measure, ...]", tuple(measures)),  # the server says which it knows
        bucket_ms=None if every is None else bucket_ms(every),
        group_by=by,
        assessment=assessment,
        assessment_of=assessment_of,
    )
    found = use.client.analytics.aggregate(query, experiment=experiment, filter=filter)
    if use.out.as_json:
        use.out.document(found)
        return
    _table(use, found, measures, timed=every is not None, by=by)
    if not found.complete:
        use.out.warn("Only the newest traces were looked at. Narrow the filter.")


def bucket_ms(text: str) -> int:
    """Return a length of time such as ``15m`` in milliseconds."""
    match = _BUCKET.fullmatch(text)
    if match is None:
        raise Invalid.value("--every", text, "a number and s, m, h, d or w, such as '15m'")
    return int(match[1]) * _UNITS_MS[match[2]]


def _table(use: Use, found: Aggregate, measures: Sequence[str], *, timed: bool, by: str | None) -> None:
    leading = [*(["from"] if timed else []), *([by] if by else [])]
    rows: list[list[object]] = []
    for point in found.points:
        row: list[object] = [moment(point.bucket_ms)] if timed else []
        row += [point.group] if by else []
        values = [point.values.get(measure) for measure in measures]
        rows.append([*row, f"{point.n:,}", *(None if value is None else f"{value:,.6g}" for value in values)])
    use.out.table((*leading, "n", *measures), rows)
