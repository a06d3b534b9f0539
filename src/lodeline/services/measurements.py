"""Measurements: traces, their spans or their assessments as flat rows, grouped and aggregated in any way."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from lodeline.auth.actor import Actor
from lodeline.domain.assessment import Assessment, numeric_value
from lodeline.domain.errors import TooLarge
from lodeline.domain.page import MAX_LIMIT
from lodeline.domain.span import SpanSkeleton
from lodeline.domain.trace import Trace
from lodeline.query.values import mlflow_json
from lodeline.services.assessments import AssessmentService
from lodeline.services.listing import ListQuery
from lodeline.services.span_costs import cost_parts
from lodeline.services.traces import TraceService
from lodeline.storage.base import Stores

View = Literal["traces", "spans", "whole_spans", "assessments"]
"""What rows are of. Whole spans have what only their attributes tell, too: provider, and parts of the cost."""
MAX_TRACES: Mapping[View, int] = {
    "traces": 100_000, "assessments": 100_000, "spans": 10_000, "whole_spans": 2_000,
}  # fmt: skip
"""Most traces that one answer is made of."""
_NS_PER_MS = 1_000_000


@dataclass(frozen=True, slots=True)
class Measured:
    """One thing that was measured: when it began, what it can be grouped by, and its numbers."""

    start_ms: int
    dimensions: Mapping[str, str | None]
    values: Mapping[str, float | None]


@dataclass(slots=True)
class Group:
    """The numbers of the rows that share their dimensions, and how many rows there are."""

    dimensions: Mapping[str, str]
    count: int = 0
    numbers: list[float] = field(default_factory=list[float])


class MeasurementService:
    """Rows of measurements; whoever may read the traces may measure them."""

    def __init__(self, stores: Stores, traces: TraceService, assessments: AssessmentService) -> None:
        self._stores = stores
        self._traces = traces
        self._assessments = assessments

    def rows(self, actor: Actor, query: ListQuery, view: View) -> list[Measured]:
        """Return a row for each matching trace, or for each span or standing assessment of one.

        TooLarge when more traces match than `MAX_TRACES`.
        """
        rows: list[Measured] = []
        examined = 0
        while True:
            page = self._traces.search(actor, replace(query, limit=MAX_LIMIT))
            examined += len(page.items)
            if examined > MAX_TRACES[view]:
                raise TooLarge(
                    f"metrics: over {MAX_TRACES[view]} traces match; ask for a shorter time, or filter more narrowly."
                )
            rows += self._of(actor, page.items, view)
            if page.cursor is None:
                return rows
            query = replace(query, cursor=page.cursor)

    def _of(self, actor: Actor, traces: Sequence[Trace], view: View) -> Iterable[Measured]:
        if view == "traces":
            return map(_of_trace, traces)
        if view == "spans":
            return [_of_span(span) for trace in traces for span in self._stores.spans.skeleton(trace.trace_id)]
        if view == "whole_spans":
            return [row for trace in traces for row in self._of_whole_spans(trace)]
        judged = self._assessments.of_traces(actor, traces)
        return [
            _of_assessment(item, trace)
            for trace in traces
            for item in judged.get(trace.trace_id, ())
            if item.valid and item.kind != "ISSUE_REF"
        ]

    def _of_whole_spans(self, trace: Trace) -> Iterable[Measured]:
        prices = self._stores.experiments.get(trace.experiment_id).settings.prices
        skeletons = {span.span_id: span for span in self._stores.spans.skeleton(trace.trace_id)}
        for span in self._stores.spans.load(trace.trace_id):
            skeleton = skeletons[span.span_id]
            parts, row = cost_parts(span, prices), _of_span(skeleton)
            yield replace(
                row,
                dimensions={**row.dimensions, "span_model_provider": span.view.provider},
                values={**row.values, "input_cost": parts.input_usd, "output_cost": parts.output_usd},
            )


def grouped(
    rows: Iterable[Measured], dimensions: Sequence[str], value: str | None, bucket_ms: int | None
) -> list[tuple[int | None, Group]]:
    """Return the groups by time bucket, then dimensions; rows without one of these are left out.

    `value` names the numbers that are gathered, None gathers none. Buckets are aligned to the epoch.
    """
    found: dict[tuple[int | None, tuple[str, ...]], Group] = {}
    for row in rows:
        place = tuple(text for name in dimensions if (text := row.dimensions.get(name)) is not None)
        if len(place) < len(dimensions):
            continue
        at_ms = None if bucket_ms is None else row.start_ms // bucket_ms * bucket_ms
        group = found.setdefault((at_ms, place), Group(dict(zip(dimensions, place, strict=True))))
        group.count += 1
        number = None if value is None else row.values.get(value)
        if number is not None:
            group.numbers.append(number)
    return [(key[0], found[key]) for key in sorted(found, key=lambda key: (key[0] or 0, key[1]))]


def percentile(numbers: Sequence[float], percent: float) -> float:
    """Return a percentile of at least one number, interpolated linearly between closest ranks."""
    ordered = sorted(numbers)
    place = (len(ordered) - 1) * percent / 100
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


AGGREGATES: Mapping[str, Callable[[Sequence[float]], float]] = {
    "SUM": math.fsum,
    "AVG": lambda numbers: math.fsum(numbers) / len(numbers),
    "MIN": min,
    "MAX": max,
}
"""Aggregates of at least one number."""


def _of_trace(trace: Trace) -> Measured:
    tokens = trace.tokens
    spent = tokens.total > 0
    return Measured(
        trace.start_ns // _NS_PER_MS,
        {"trace_name": trace.name, "trace_status": trace.state, "session": trace.session},
        {
            "latency": None if trace.duration_ns is None else trace.duration_ns // _NS_PER_MS,
            "input_tokens": tokens.input if spent else None,
            "output_tokens": tokens.output if spent else None,
            "total_tokens": tokens.total if spent else None,
            "cache_read_input_tokens": tokens.cache_read or None,
            "cache_creation_input_tokens": (tokens.cache_write_5m + tokens.cache_write_1h) or None,
        },
    )


def _of_span(span: SpanSkeleton) -> Measured:
    length_ms = None if span.end_ns is None else (span.end_ns - span.start_ns) // _NS_PER_MS
    return Measured(
        span.start_ns // _NS_PER_MS,
        {"span_name": span.name, "span_type": span.kind, "span_status": span.status, "span_model_name": span.model},
        {"latency": length_ms, "total_cost": span.cost_usd},
    )


def _of_assessment(item: Assessment, trace: Trace) -> Measured:
    text = None if item.error is not None else mlflow_json(item.value)
    return Measured(
        trace.start_ns // _NS_PER_MS,
        {"assessment_name": item.name, "assessment_value": text, "assessment_type": item.kind.lower()},
        {"assessment_value": numeric_value(item.value)},
    )
