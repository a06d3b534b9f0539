"""Analytics over traces: counts, facets, aggregates."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lodeline.domain.analytics import Aggregate, AggregateQuery, Facet, SpanBreakdown, SpanField, TraceCount
from lodeline.domain.span import SpanKind
from lodeline.sdk.client.call import Call, ModeT, Noun, call, given, names, one, path_of

if TYPE_CHECKING:
    from lodeline.query.ast import Dialect


class Analytics(Noun[ModeT]):
    """Calls that compute over many traces."""

    @call
    def count(
        self, *, experiment: str | Sequence[str] | None = None, filter: str = "", dialect: "Dialect" = "lodeline"
    ) -> Call[TraceCount]:
        """Count the traces that match a filter."""
        params = {"experiment": names(experiment), "filter": filter, "dialect": dialect}
        return Call("GET", path_of("traces", "count"), one(TraceCount), params=params)

    @call
    def facet(
        self,
        field: str,
        *,
        experiment: str | Sequence[str] | None = None,
        filter: str = "",
        dialect: "Dialect" = "lodeline",
        limit: int = 50,
    ) -> Call[Facet]:
        """Return the most frequent values of a field such as ``state`` or ``tags.release``."""
        params = {
            "field": field, "experiment": names(experiment), "filter": filter, "dialect": dialect, "limit": limit
        }  # fmt: skip
        return Call("GET", path_of("traces", "facet"), one(Facet), params=params)

    @call
    def breakdown(
        self,
        by: SpanField,
        *,
        kinds: Sequence[SpanKind] = (),
        experiment: str | Sequence[str] | None = None,
        filter: str = "",
        dialect: "Dialect" = "lodeline",
        limit: int = 50,
    ) -> Call[SpanBreakdown]:
        """Compare the spans of the traces that match a filter by language model, provider, name or kind: calls,
        failures, durations, tokens and cost. Without `kinds` those that call a model, for ``model`` and
        ``provider``, and else all."""
        params = {
            "by": by, "kind": list(kinds), "experiment": names(experiment), "filter": filter, "dialect": dialect,
            "limit": limit,
        }  # fmt: skip
        return Call("GET", path_of("traces", "breakdown"), one(SpanBreakdown), params=params)

    @call
    def aggregate(
        self,
        query: AggregateQuery,
        *,
        experiment: str | Sequence[str] | None = None,
        filter: str = "",
        dialect: "Dialect" = "lodeline",
    ) -> Call[Aggregate]:
        """Compute measures over the traces that match a filter, by time bucket and by the values of a field."""
        body = given(
            measures=list(query.measures),
            experiments=list(names(experiment) or ()),
            filter=filter,
            dialect=dialect,
            bucket_ms=query.bucket_ms,
            offset_ms=query.offset_ms,
            edges_ms=list(query.edges_ms) or None,
            group_by=query.group_by,
            assessment=query.assessment,
            assessment_of=query.assessment_of,
            max_points=query.max_points,
        )
        return Call("POST", path_of("traces", "aggregate"), one(Aggregate), body=body, repeat="always")
