"""Counts, facets and aggregates in memory, by brute force."""

import math
import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from lodeline.domain.analytics import (
    MAX_SPAN_VALUE,
    Aggregate,
    AggregatePoint,
    AggregateQuery,
    Facet,
    FacetValue,
    Measure,
    SpanBreakdown,
    SpanField,
    SpanFigures,
    dearest,
)
from lodeline.domain.assessment import Assessment, numeric_value
from lodeline.domain.errors import TooLarge
from lodeline.domain.ids import TraceId
from lodeline.domain.span import SpanFacts, SpanKind
from lodeline.domain.trace import Trace
from lodeline.domain.usage import picousd_to_usd, usd_to_picousd
from lodeline.query.ast import Field, Order, Search
from lodeline.query.fields import field as field_of
from lodeline.query.grouping import parse_group
from lodeline.storage.memory.matching import Row, in_order, matching, trace_rows
from lodeline.storage.memory.state import State

_NEWEST_FIRST = (Order(field_of("trace", "start")),)


class MemoryAnalytics:
    """The `AnalyticsStore` of the memory backend."""

    def __init__(self, state: State) -> None:
        self._state = state

    def count(self, search: Search) -> tuple[int, bool]:
        with self._state.lock:
            scan = matching(trace_rows(self._state, search), search)
            return sum(1 for _ in scan), not scan.stopped

    def facet(self, search: Search, field: str, *, limit: int) -> Facet:
        of = parse_group(field)
        with self._state.lock:
            scan = matching(in_order(trace_rows(self._state, search), _NEWEST_FIRST), search)
            counts = Counter(value for row in scan for value in _values(row, of))
            by_count = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0] is None, pair[0] or ""))
            values = tuple(FacetValue(value, count) for value, count in by_count[:limit])
            return Facet(field, values, examined=scan.examined, complete=not scan.stopped)

    def aggregate(self, search: Search, query: AggregateQuery) -> Aggregate:
        group_by = None if query.group_by is None else parse_group(query.group_by, "group_by")
        cells: dict[tuple[int | None, str | None], _Cell] = {}
        with self._state.lock:
            begins = self._beginnings(query)
            scan = matching(in_order(trace_rows(self._state, search), _NEWEST_FIRST), search)
            for row in scan:
                if not _within(row.item, query):
                    continue
                bucket_ms = _bucket_ms(row.item, query)
                for group in [None] if group_by is None else _values(row, group_by):
                    cell = cells.setdefault((bucket_ms, group), _Cell())
                    cell.traces.append(row.item)
                    cell.assessments += self._judgments(row.item, query, begins)
                    if len(cells) > query.max_points:
                        raise TooLarge(
                            f"the answer has more than {query.max_points} cells; take wider buckets, a shorter time "
                            "or a group with fewer values."
                        )
        ordered = sorted(cells.items(), key=lambda pair: (pair[0][0] or 0, pair[0][1] is None, pair[0][1] or ""))
        return Aggregate(tuple(_point(*key, cell, query) for key, cell in ordered), complete=not scan.stopped)

    def breakdown(self, search: Search, field: SpanField, *, kinds: Sequence[SpanKind], limit: int) -> SpanBreakdown:
        groups: dict[str | None, list[tuple[TraceId, SpanFacts]]] = {}
        with self._state.lock:
            scan = matching(in_order(trace_rows(self._state, search), _NEWEST_FIRST), search)
            for row in scan:
                trace_id = row.item.trace_id
                for span in self._state.traces[trace_id].fold.winners():
                    if not kinds or span.kind in kinds:
                        value: str | None = getattr(span, field)
                        value = None if value is None else value[:MAX_SPAN_VALUE]
                        groups.setdefault(value, []).append((trace_id, span))
            values = dearest((_figures(value, of) for value, of in groups.items()), limit)
            return SpanBreakdown(field, values, examined=scan.examined, complete=not scan.stopped)

    def _beginnings(self, query: AggregateQuery) -> dict[TraceId, str]:
        """Return the traces that sessions begin with, where judgments on sessions are asked for."""
        if query.assessment_of != "sessions":
            return {}
        first: dict[tuple[str, str], tuple[int, int, TraceId]] = {}
        for record in self._state.traces.values():
            trace = record.trace()
            if trace.session is not None:
                place = (trace.start_ns, record.arrival, trace.trace_id)
                key = (trace.experiment_id, trace.session)
                first[key] = min(first.get(key, place), place)
        return {trace_id: session for (_, session), (_, _, trace_id) in first.items()}

    def _judgments(self, trace: Trace, query: AggregateQuery, begins: Mapping[TraceId, str]) -> list[Assessment]:
        """Return the standing feedback of the name asked for on the trace and its spans, or on the session that it
        begins."""

        def meant(a: Assessment) -> bool:
            if query.assessment_of == "traces":
                return a.target.trace_id == trace.trace_id
            session = begins.get(trace.trace_id)
            return session is not None and (a.target.session, a.experiment_id) == (session, trace.experiment_id)

        return [
            a
            for a in self._state.present_assessments()
            if (a.name, a.kind, a.valid) == (query.assessment, "FEEDBACK", True) and meant(a)
        ]


@dataclass(slots=True)
class _Cell:
    traces: list[Trace] = field(default_factory=list[Trace])
    assessments: list[Assessment] = field(default_factory=list[Assessment])

    @property
    def numbers(self) -> list[float]:
        numbers = (numeric_value(a.value) for a in self.assessments)
        return [number for number in numbers if number is not None and math.isfinite(number)]

    @property
    def durations_ms(self) -> list[float]:
        return [trace.duration_ns / 1_000_000 for trace in self.traces if trace.duration_ns is not None]


def _figures(value: str | None, of: Sequence[tuple[TraceId, SpanFacts]]) -> SpanFigures:
    spans = [span for _, span in of]
    durations_ms = [(span.end_ns - span.start_ns) / 1_000_000 for span in spans if span.end_ns]
    costs = [span.cost_picousd for span in spans if span.cost_picousd is not None]
    return SpanFigures(
        value,
        spans=len(spans),
        traces=len({trace_id for trace_id, _ in of}),
        errors=sum(span.status == "ERROR" for span in spans),
        duration_p50_ms=_percentile(durations_ms, 0.5),
        duration_p95_ms=_percentile(durations_ms, 0.95),
        tokens_total=sum(span.tokens.total for span in spans if span.tokens is not None),
        cost_usd=picousd_to_usd(sum(costs)) if costs else None,
    )


def _point(bucket_ms: int | None, group: str | None, cell: _Cell, query: AggregateQuery) -> AggregatePoint:
    n = len(cell.traces) if query.assessment is None else len(cell.numbers)
    values = {measure: _MEASURES[measure](cell) for measure in query.measures}
    return AggregatePoint(bucket_ms, group, n, dict(values))


def _mean(values: Sequence[float]) -> float | None:
    return math.fsum(values) / len(values) if values else None


def _percentile(values: Iterable[float], fraction: float) -> float | None:
    """Return the value at `fraction` of the way through the sorted values, interpolated between closest ranks."""
    ranked = sorted(values)
    if not ranked:
        return None
    place = fraction * (len(ranked) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ranked) - 1)
    return ranked[below] + (ranked[above] - ranked[below]) * (place - below)


def _cost_usd(cell: _Cell) -> float | None:
    costs = [usd_to_picousd(trace.cost_usd) for trace in cell.traces if trace.cost_usd is not None]
    return picousd_to_usd(sum(costs)) if costs else None


_MEASURES: Mapping[Measure, Callable[[_Cell], float | None]] = {
    "count": lambda cell: len(cell.traces),
    "error_rate": lambda cell: sum(trace.state == "ERROR" for trace in cell.traces) / len(cell.traces),
    "duration_p50": lambda cell: _percentile(cell.durations_ms, 0.5),
    "duration_p95": lambda cell: _percentile(cell.durations_ms, 0.95),
    "duration_p99": lambda cell: _percentile(cell.durations_ms, 0.99),
    "duration_mean": lambda cell: _mean(cell.durations_ms),
    "tokens_input": lambda cell: sum(trace.tokens.input for trace in cell.traces),
    "tokens_output": lambda cell: sum(trace.tokens.output for trace in cell.traces),
    "tokens_total": lambda cell: sum(trace.tokens.total for trace in cell.traces),
    "cost_usd": _cost_usd,
    "assessment_mean": lambda cell: _mean(cell.numbers),
    "assessment_sd": lambda cell: statistics.pstdev(cell.numbers) if cell.numbers else None,
    "assessment_count": lambda cell: len(cell.assessments),
    "assessment_errors": lambda cell: sum(a.error is not None for a in cell.assessments),
}


def _within(trace: Trace, query: AggregateQuery) -> bool:
    edges_ms = query.edges_ms
    return not edges_ms or edges_ms[0] * 1_000_000 <= trace.start_ns < edges_ms[-1] * 1_000_000


def _bucket_ms(trace: Trace, query: AggregateQuery) -> int | None:
    if query.edges_ms:
        return max(edge_ms for edge_ms in query.edges_ms if edge_ms * 1_000_000 <= trace.start_ns)
    if query.bucket_ms is None:
        return None
    start_ms = trace.start_ns // 1_000_000
    return start_ms - (start_ms - query.offset_ms) % query.bucket_ms


def _values(row: Row[Trace], of: Field) -> Sequence[str | None]:
    """Return the distinct values of a text field; a trace without one has the value None."""
    values = dict.fromkeys(str(value) for value in row.subject.values(of) if value is not None)
    return list(values) or [None]
