"""Native routes of traces: search, the skeleton first, spans on demand, tags, deletion, links to runs."""

from typing import Annotated

from fastapi import Path, Query
from pydantic import Field
from starlette.responses import Response

from lodeline.domain.ids import RunId, SpanId, TraceId, check_span_id
from lodeline.domain.page import Page
from lodeline.domain.repricing import RepriceReport
from lodeline.domain.span import Span
from lodeline.domain.trace import (
    DeleteReport,
    LinkReport,
    SpanHits,
    TagReport,
    Trace,
    TraceDetail,
    TraceInfo,
    TraceState,
)
from lodeline.domain.usage import TokenUsage, usd_to_picousd
from lodeline.query.ast import Dialect
from lodeline.server.access import ActorDep
from lodeline.server.answers import Json, ServicesDep, answer, binary
from lodeline.server.api.bodies import Body, Id, TagKeys, Tags, Text
from lodeline.server.api.entry import native_router
from lodeline.server.api.listing import ListedDep
from lodeline.server.api.paths import TEXT
from lodeline.services.listing import ListQuery
from lodeline.services.repricing import MAX_TRACES as MAX_REPRICED
from lodeline.services.traces import MAX_DELETE, MAX_IDS

router = native_router("/traces", "traces")

TracePath = Annotated[
    str,
    Path(
        min_length=1, max_length=50, description="The trace's id.", examples=["tr-0af7651916cd43dd8448eb211c80319c"]
    ),
]
_PROTOBUF = "application/x-protobuf"
_Count = Annotated[int, Field(ge=0, le=2**53 - 1)]
_Ns = Annotated[int, Field(ge=0, le=2**63 - 1, description="Nanoseconds; past 2^53 as a string of digits.")]
_TraceIds = Annotated[list[Annotated[str, Field(min_length=1, max_length=50)]], Field(max_length=MAX_IDS)]


class TagsBody(Body):
    """Tags to set, and then keys to delete."""

    set: Tags = Field(default_factory=dict[str, str])
    delete: TagKeys = Field(default_factory=list[str])


class ManyTagsBody(TagsBody):
    """Tags to set, and then keys to delete, in many traces."""

    trace_ids: _TraceIds


class TokensBody(Body):
    """Tokens, each counted in one bucket."""

    input_uncached: _Count = 0
    cache_read: _Count = 0
    cache_write_5m: _Count = 0
    cache_write_1h: _Count = 0
    output_text: _Count = 0
    output_reasoning: _Count = 0
    audio_in: _Count = 0
    audio_out: _Count = 0
    image: _Count = 0


class InfoBody(Body):
    """What a client knows about a trace of `experiment`, beside its spans. What is given wins over what spans say.

    Without `experiment` it is that which has the trace, and the default one for a new trace. `finalised` fixes the
    metadata.
    """

    experiment: Annotated[str | None, Field(min_length=1, max_length=500)] = None
    name: Annotated[str | None, Field(max_length=1_000)] = None
    state: TraceState | None = None
    start_ns: _Ns | None = None
    duration_ns: _Ns | None = None
    request: Text | None = None
    response: Text | None = None
    session: Annotated[str | None, Field(min_length=1, max_length=500)] = None
    user: Annotated[str | None, Field(min_length=1, max_length=500)] = None
    environment: Annotated[str | None, Field(min_length=1, max_length=500)] = None
    model_id: Id | None = None
    run_id: Id | None = None
    client_request_id: Id | None = None
    tokens: TokensBody | None = None
    cost_usd: Annotated[float | None, Field(ge=0, le=1_000_000, allow_inf_nan=False)] = None
    tags: Tags = Field(default_factory=dict[str, str])
    metadata: Tags = Field(default_factory=dict[str, str])
    finalised: bool = False

    def to_domain(self) -> TraceInfo:
        """Return the info as the services take it."""
        given = self.model_dump(exclude={"experiment", "tokens", "cost_usd"})
        return TraceInfo(
            **given,
            tokens=None if self.tokens is None else TokenUsage(**self.tokens.model_dump()),
            cost_picousd=None if self.cost_usd is None else usd_to_picousd(self.cost_usd),
        )


class DeleteBody(Body):
    """What to delete: either `trace_ids`, or what matches `filter` in `experiments`, at most `max_traces`."""

    trace_ids: _TraceIds | None = None
    experiments: Annotated[list[Id], Field(max_length=1_000)] | None = None
    filter: Annotated[str, Field(max_length=20_000)] = ""
    dialect: Dialect = "lodeline"
    max_traces: Annotated[int, Field(ge=1, le=MAX_DELETE, strict=True)] = 1_000


class RepriceBody(Body):
    """Which traces of an experiment to price anew. `cursor` goes on where an earlier answer ended."""

    experiment: Annotated[str, Field(min_length=1, max_length=500)]
    filter: Annotated[str, Field(max_length=20_000)] = ""
    dialect: Dialect = "lodeline"
    max_traces: Annotated[int, Field(ge=1, le=MAX_REPRICED, strict=True)] = 1_000
    dry_run: bool = False
    cursor: Annotated[str | None, Field(min_length=1, max_length=4_000)] = None


class LinkBody(Body):
    """Traces to link to a run."""

    run_id: Id
    trace_ids: _TraceIds


@router.get("", **answer(Page[Trace], 404))
def search_traces(
    actor: ActorDep,
    services: ServicesDep,
    query: ListedDep,
    *,
    follow: Annotated[bool, Query(description="List traces as they arrive, the earliest first.")] = False,
) -> Json:
    """List traces that match a filter, newest start first.

    With `follow` and without a cursor: the latest `limit` to arrive. Every such page has a `cursor`, which gives what
    arrived since, now or later; nothing is missed or given twice.
    """
    return Json(services.traces.follow(actor, query) if follow else services.traces.search(actor, query))


@router.post("/delete", **answer(DeleteReport, 404, 409, 413))
def delete_traces(actor: ActorDep, services: ServicesDep, body: DeleteBody) -> Json:
    """Delete traces by id, or those that match a filter within a bound. The answer names ids without a trace."""
    if body.trace_ids is not None:
        return Json(services.traces.delete(actor, [TraceId(item) for item in body.trace_ids]))
    query = ListQuery(tuple(body.experiments or ()), body.filter, dialect=body.dialect)
    return Json(services.traces.delete_matching(actor, query, max_traces=body.max_traces))


@router.post("/tags", **answer(TagReport, 404, 409, 413))
def tag_traces(actor: ActorDep, services: ServicesDep, body: ManyTagsBody) -> Json:
    """Set and delete tags of many traces, of all or of none; ids without a trace are named in the answer.

    Of traces in several experiments, those of one are changed together.
    """
    ids = [TraceId(item) for item in body.trace_ids]
    return Json(services.traces.tag_many(actor, ids, body.set, body.delete))


@router.post("/reprice", **answer(RepriceReport, 404, 409, 413))
def reprice_traces(actor: ActorDep, services: ServicesDep, body: RepriceBody) -> Json:
    """Give traces the costs that they have by the prices of today, at the time of their calls.

    Costs that programs reported stand. Repeat the request with the answer's `cursor` until it is null.
    """
    query = ListQuery(filter=body.filter, dialect=body.dialect, cursor=body.cursor)
    return Json(
        services.repricing.reprice(actor, body.experiment, query, max_traces=body.max_traces, dry_run=body.dry_run)
    )


@router.post("/link", **answer(LinkReport, 404, 413))
def link_traces(actor: ActorDep, services: ServicesDep, body: LinkBody) -> Json:
    """Link traces of one experiment to a run; links that exist stay."""
    return Json(services.traces.link_run(actor, RunId(body.run_id), [TraceId(item) for item in body.trace_ids]))


@router.get("/{trace_id}", **answer(TraceDetail, 404))
def get_trace(actor: ActorDep, services: ServicesDep, trace_id: TracePath) -> Json:
    """Return a trace without the content of its spans: summary, span tree with times and names, assessments."""
    return Json(services.traces.detail(actor, TraceId(trace_id)))


@router.get("/{trace_id}/spans", **answer(list[Span], 404))
def get_spans(
    actor: ActorDep,
    services: ServicesDep,
    trace_id: TracePath,
    ids: Annotated[
        list[str] | None, Query(max_length=10_000, description="Ids of spans; all when left out. May be repeated.")
    ] = None,
) -> Json:
    """Return whole spans with attributes, events and their normalised view; roots first, then by start."""
    wanted: list[SpanId] | None = None if ids is None else [check_span_id(item) for item in ids]
    return Json(services.traces.spans(actor, TraceId(trace_id), wanted))


@router.get("/{trace_id}/spans/find", **answer(SpanHits, 404))
def find_spans(
    actor: ActorDep,
    services: ServicesDep,
    trace_id: TracePath,
    text: Annotated[str, Query(min_length=1, max_length=500, description="Words; a span must have each of them.")],
) -> Json:
    """Find spans of a trace by words in their names, attributes and events."""
    return Json(services.traces.find_spans(actor, TraceId(trace_id), text))


@router.get(
    "/{trace_id}/otlp",
    **binary(_PROTOBUF, 404, 413, what="`TracesData` in protobuf, which is also a body for `POST /v1/traces`."),
)
def get_trace_otlp(actor: ActorDep, services: ServicesDep, trace_id: TracePath) -> Response:
    """Return all spans as OTLP, as they were sent, with their resources and scopes.

    Tags set afterwards, what clients said of the trace and assessments are no part of OTLP.
    """
    return Response(services.traces.otlp(actor, TraceId(trace_id)), media_type=_PROTOBUF)


@router.put("/{trace_id}/info", **answer(Trace, 404, 409, 413))
def log_trace_info(actor: ActorDep, services: ServicesDep, trace_id: TracePath, body: InfoBody) -> Json:
    """Say what is known about a trace beside its spans, which may come before or after."""
    return Json(services.traces.log_info(actor, body.experiment, TraceId(trace_id), body.to_domain()))


@router.patch("/{trace_id}/tags", **answer(Trace, 404, 409, 413))
def tag_trace(actor: ActorDep, services: ServicesDep, trace_id: TracePath, body: TagsBody) -> Json:
    """Set and delete tags."""
    return Json(services.traces.tag(actor, TraceId(trace_id), body.set, body.delete))


@router.delete(f"/{{trace_id}}/tags/{{key:{TEXT}}}", **answer(Trace, 404, 409))
def delete_trace_tag(
    actor: ActorDep,
    services: ServicesDep,
    trace_id: TracePath,
    key: Annotated[str, Path(min_length=1, max_length=250, description="The tag's key.")],
) -> Json:
    """Delete one tag; an absent one is fine."""
    return Json(services.traces.tag(actor, TraceId(trace_id), {}, [key]))


@router.delete("/{trace_id}", **answer(DeleteReport, 404))
def delete_trace(actor: ActorDep, services: ServicesDep, trace_id: TracePath) -> Json:
    """Delete a trace with its spans, assessments and attachments."""
    services.traces.get(actor, TraceId(trace_id), "trace.delete")
    return Json(services.traces.delete(actor, [TraceId(trace_id)]))
