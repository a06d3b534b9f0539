"""Traces: what a client says about them, reading, searching."""

from lodeline.domain.errors import NotFound, TooLarge
from lodeline.domain.ids import TraceId, check_trace_id
from lodeline.domain.trace import Trace
from lodeline.ingest.semconv.mlflow_trace import SIZE_STATS, stated_span_count
from lodeline.server.mlflow.assessment_messages import assessment_draft
from lodeline.server.mlflow.assessments import log
from lodeline.server.mlflow.endpoint import Call, Endpoint, NotYet
from lodeline.server.mlflow.fields import Fields
from lodeline.server.mlflow.paging import active_experiments, list_query, max_results
from lodeline.server.mlflow.span_messages import span_message
from lodeline.server.mlflow.trace_infos import experiment_of_location, trace_info
from lodeline.server.mlflow.trace_messages import trace_message
from lodeline.server.mlflow.wire import Reply, message, page_token

DEFAULT_RESULTS = 100
MOST_RESULTS = 500
MAX_IDS = 1_000


def start(call: Call) -> Reply:
    """Take what a client says about a trace after its root has ended; its spans come as OTLP, before or after."""
    sent = call.fields.needed_message("trace").needed_message("trace_info")
    trace_id = check_trace_id(sent.needed("trace_id"))
    drafts = [assessment_draft(item, trace_id) for item in sent.messages("assessments")]
    trace = call.services.traces.log_info(call.actor, experiment_of_location(sent), trace_id, trace_info(sent))
    logged = [log(call, draft) for draft in drafts]
    return {"trace": {"trace_info": trace_message(call, trace, logged, told=True)}}


def get_info(call: Call) -> Reply:
    """Return the info of a trace."""
    trace = call.services.traces.get(call.actor, TraceId(call.fields.needed("trace_id")))
    return {"trace": {"trace_info": infos(call, [trace])[0]}}


def get(call: Call) -> Reply:
    """Return a trace with its spans; those that its client counted are waited for, unless a part will do."""
    trace = call.services.traces.get(call.actor, TraceId(call.fields.needed("trace_id")))
    stated = stated_span_count(trace.metadata.get(SIZE_STATS, ""))
    if trace.span_count < stated and not call.fields.boolean("allow_partial"):
        missing = (
            f"trace {trace.trace_id!r} is not fully exported yet: {trace.span_count} of {stated} spans are here."
        )
        raise NotYet(NotFound(missing + " Ask again, or with allow_partial.", code="spans_missing"))
    return {"trace": _whole(call, trace)}


def batch_get(call: Call) -> Reply:
    """Return traces with their spans; unknown ids are passed over."""
    return message(traces=[_whole(call, trace) for trace in _known(call)])


def batch_get_infos(call: Call) -> Reply:
    """Return the infos of traces; unknown ids are passed over."""
    return message(trace_infos=infos(call, _known(call)))


def search(call: Call) -> Reply:
    """List traces of experiments, newest first, in MLflow's grammar."""
    fields = call.fields
    limit = max_results(fields, default=DEFAULT_RESULTS, most=MOST_RESULTS)
    query = list_query(fields, limit, experiments=active_experiments(call, _searched(fields)))
    if not query.experiments:
        return {}
    page = call.services.traces.search(call.actor, query)
    return message(traces=infos(call, page.items), next_page_token=page_token(page.cursor))


def infos(call: Call, traces: tuple[Trace, ...] | list[Trace]) -> list[dict[str, object]]:
    """Return the infos of traces, with their assessments."""
    judged = call.services.assessments.of_traces(call.actor, traces)
    return [trace_message(call, trace, judged.get(trace.trace_id, ())) for trace in traces]


def _searched(fields: Fields) -> tuple[str, ...]:
    places = [item.message("mlflow_experiment") for item in fields.messages("locations")]
    found = [place.needed("experiment_id") for place in places if place is not None]
    found += fields.texts("experiment_ids")
    return tuple(found) or (fields.needed("locations"),)


def _known(call: Call) -> list[Trace]:
    ids = call.fields.texts("trace_ids")
    if len(ids) > MAX_IDS:
        raise TooLarge(f"trace_ids: {len(ids)} are over the limit of {MAX_IDS} in one call.")
    wanted = call.fields.texts("experiment_ids")
    known = call.services.traces.known(call.actor, [TraceId(item) for item in ids])
    return [trace for trace in known if not wanted or trace.experiment_id in wanted]


def _whole(call: Call, trace: Trace) -> dict[str, object]:
    spans = call.services.traces.spans(call.actor, trace.trace_id) if trace.span_count else ()
    return {"trace_info": infos(call, [trace])[0], "spans": [span_message(span) for span in spans]}


ENDPOINTS = (
    Endpoint("POST", "3.0/mlflow/traces", start),
    Endpoint("GET", "3.0/mlflow/traces/get", get),
    Endpoint("GET", "3.0/mlflow/traces/batchGet", batch_get),
    Endpoint("POST", "3.0/mlflow/traces/batchGetInfos", batch_get_infos),
    Endpoint("POST", "3.0/mlflow/traces/search", search),
    Endpoint("GET", "3.0/mlflow/traces/{trace_id}", get_info),
)
