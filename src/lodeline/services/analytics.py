"""Analytics: how many traces, which values, which measures over time. Always bounded."""

from collections.abc import Sequence
from itertools import pairwise

from lodeline.auth.actor import Actor
from lodeline.domain.analytics import (
    MODEL_CALLS,
    Aggregate,
    AggregateQuery,
    Facet,
    SpanBreakdown,
    SpanField,
    TraceCount,
)
from lodeline.domain.errors import Invalid
from lodeline.domain.page import check_limit
from lodeline.domain.span import SpanKind
from lodeline.query.ast import Search
from lodeline.services.listing import Listing, ListQuery
from lodeline.storage.base import Stores

MAX_FACET_VALUES = 1_000
MAX_POINTS = 100_000
MAX_EDGES = 1_000
_FARTHEST_MS = 9_000_000_000_000
"""About the year 2255: nanoseconds of later times do not fit 64 bits."""


class AnalyticsService:
    """Use cases of analytics; whoever may read the traces may count them."""

    def __init__(self, stores: Stores, listing: Listing) -> None:
        self._stores = stores
        self._listing = listing

    def count(self, actor: Actor, query: ListQuery) -> TraceCount:
        """Return how many traces match."""
        return TraceCount(*self._stores.analytics.count(self._search(actor, query)))

    def facet(self, actor: Actor, query: ListQuery, field: str, *, limit: int = 50) -> Facet:
        """Return the most frequent values of a filter field over the matching traces."""
        search = self._search(actor, query)
        return self._stores.analytics.facet(search, field, limit=check_limit(limit, most=MAX_FACET_VALUES))

    def breakdown(
        self, actor: Actor, query: ListQuery, field: SpanField, *, kinds: Sequence[SpanKind] = (), limit: int = 50
    ) -> SpanBreakdown:
        """Compare the spans of the matching traces by a field of theirs: those of `kinds`; where none is given those
        that call a model, for their model and provider, and else all."""
        search = self._search(actor, query)
        of = tuple(dict.fromkeys(kinds)) or (MODEL_CALLS if field in {"model", "provider"} else ())
        limit = check_limit(limit, most=MAX_FACET_VALUES)
        return self._stores.analytics.breakdown(search, field, kinds=of, limit=limit)

    def aggregate(self, actor: Actor, query: ListQuery, aggregate: AggregateQuery) -> Aggregate:
        """Compute measures over time buckets and groups of the matching traces."""
        search = self._search(actor, query)
        return self._stores.analytics.aggregate(search, _checked(aggregate))

    def _search(self, actor: Actor, query: ListQuery) -> Search:
        return self._listing.search(actor, "trace.read", query, "trace")


def _checked(query: AggregateQuery) -> AggregateQuery:
    if not query.measures:
        raise Invalid("measures: name at least one, such as 'count'.", details={"field": "measures"})
    if query.bucket_ms is not None and not 1_000 <= query.bucket_ms <= 10 * 366 * 86_400_000:
        raise Invalid.value("bucket_ms", query.bucket_ms, "milliseconds from 1000 (a second) to ten years")
    if not 0 <= query.offset_ms < (query.bucket_ms or 1):
        raise Invalid.value("offset_ms", query.offset_ms, "milliseconds from 0 to below bucket_ms")
    _check_edges(query)
    if not 1 <= query.max_points <= MAX_POINTS:
        raise Invalid.value("max_points", query.max_points, f"a number from 1 to {MAX_POINTS}")
    needs_name = [measure for measure in query.measures if measure.startswith("assessment_")]
    if needs_name and not query.assessment:
        raise Invalid(
            f"assessment: {needs_name[0]} needs the name of an assessment.", details={"field": "assessment"}
        )
    return query


def _check_edges(query: AggregateQuery) -> None:
    edges_ms = query.edges_ms
    if not edges_ms:
        return
    if query.bucket_ms is not None:
        raise Invalid("edges_ms: give either edges_ms or bucket_ms, not both.", details={"field": "edges_ms"})
    if not 2 <= len(edges_ms) <= MAX_EDGES:
        raise Invalid.value("edges_ms", f"{len(edges_ms)} times", f"2 to {MAX_EDGES} times")
    if abs(edges_ms[0]) > _FARTHEST_MS or abs(edges_ms[-1]) > _FARTHEST_MS:
        raise Invalid.value("edges_ms", f"{edges_ms[0]} to {edges_ms[-1]}", f"times within ±{_FARTHEST_MS}")
    for before, after in pairwise(edges_ms):
        if before >= after:
            raise Invalid.value("edges_ms", f"{before}, {after}", "rising times")
