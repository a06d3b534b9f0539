"""Native routes of analytics over traces: counts, facets, aggregates."""

from typing import Annotated

from fastapi import Query
from pydantic import Field

from lodeline.domain.analytics import (
    Aggregate,
    AggregateQuery,
    Facet,
    Judged,
    Measure,
    SpanBreakdown,
    SpanField,
    TraceCount,
)
from lodeline.domain.span import SpanKind
from lodeline.query.ast import Dialect
from lodeline.server.access import ActorDep
from lodeline.server.answers import Json, ServicesDep, answer
from lodeline.server.api.bodies import Body, EpochMs, Id
from lodeline.server.api.entry import native_router
from lodeline.server.api.listing import MatchedDep
from lodeline.services.analytics import MAX_EDGES, MAX_FACET_VALUES, MAX_POINTS
from lodeline.services.listing import ListQuery

router = native_router("/traces", "analytics")

_YEARS_MS = 10 * 366 * 86_400_000


class AggregateBody(Body):
    """What to compute over the traces that match `filter`, by time bucket and by the values of a field."""

    measures: Annotated[list[Measure], Field(min_length=1, max_length=20)]
    experiments: Annotated[list[Id], Field(max_length=1_000)] = Field(default_factory=list[str])
    filter: Annotated[str, Field(max_length=20_000)] = ""
    dialect: Dialect = "lodeline"
    bucket_ms: Annotated[int | None, Field(ge=1_000, le=_YEARS_MS)] = None
    offset_ms: Annotated[int, Field(ge=0, lt=_YEARS_MS)] = 0
    edges_ms: Annotated[list[EpochMs], Field(max_length=MAX_EDGES)] = Field(default_factory=list[int])
    group_by: Annotated[str | None, Field(min_length=1, max_length=500)] = None
    assessment: Annotated[str | None, Field(min_length=1, max_length=250)] = None
    assessment_of: Judged = "traces"
    max_points: Annotated[int, Field(ge=1, le=MAX_POINTS)] = 10_000


@router.get("/count", **answer(TraceCount, 404))
def count_traces(actor: ActorDep, services: ServicesDep, query: MatchedDep) -> Json:
    """Count the traces that match a filter."""
    return Json(services.analytics.count(actor, query))


@router.get("/facet", **answer(Facet, 404))
def get_trace_facet(
    actor: ActorDep,
    services: ServicesDep,
    query: MatchedDep,
    field: Annotated[str, Query(min_length=1, max_length=500, description="A field, such as `state` or `tags.a`.")],
    limit: Annotated[int, Query(ge=1, le=MAX_FACET_VALUES, description="Most values of the answer.")] = 50,
) -> Json:
    """Return the most frequent values of a field over the traces that match a filter."""
    return Json(services.analytics.facet(actor, query, field, limit=limit))


@router.get("/breakdown", **answer(SpanBreakdown, 404))
def break_down_spans(
    actor: ActorDep,
    services: ServicesDep,
    query: MatchedDep,
    *,
    by: Annotated[SpanField, Query(description="By what spans are told apart.")],
    kind: Annotated[
        list[SpanKind] | None,
        Query(
            max_length=20,
            description="Only spans of these kinds. By default those that call a model, for `model` and `provider`, "
            "and else all.",
        ),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_FACET_VALUES, description="Most values of the answer.")] = 50,
) -> Json:
    """Compare the spans of the traces that match a filter: calls, failures, durations, tokens and cost by language
    model, provider, name or kind."""
    return Json(services.analytics.breakdown(actor, query, by, kinds=kind or (), limit=limit))


@router.post("/aggregate", **answer(Aggregate, 404))
def aggregate_traces(actor: ActorDep, services: ServicesDep, body: AggregateBody) -> Json:
    """Compute counts, error rates, latencies, tokens, cost and assessment means over time and groups."""
    aggregate = AggregateQuery(
        measures=tuple(dict.fromkeys(body.measures)),
        bucket_ms=body.bucket_ms,
        offset_ms=body.offset_ms,
        edges_ms=tuple(body.edges_ms),
        group_by=body.group_by,
        assessment=body.assessment,
        assessment_of=body.assessment_of,
        max_points=body.max_points,
    )
    query = ListQuery(tuple(body.experiments), body.filter, dialect=body.dialect)
    return Json(services.analytics.aggregate(actor, query, aggregate))
