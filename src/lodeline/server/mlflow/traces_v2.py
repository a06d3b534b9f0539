"""Traces as clients before MLflow 3 tell and read them: begun, then ended, without spans."""

from lodeline.domain.ids import TraceId, new_hex
from lodeline.server.mlflow.endpoint import Call, Endpoint
from lodeline.server.mlflow.experiments import experiment_of
from lodeline.server.mlflow.paging import active_experiments, list_query, max_results
from lodeline.server.mlflow.trace_infos import info_of, state_of
from lodeline.server.mlflow.trace_messages import trace_message_v2
from lodeline.server.mlflow.traces import DEFAULT_RESULTS, MOST_RESULTS
from lodeline.server.mlflow.wire import Reply, message, page_token

_NS_PER_MS = 1_000_000
_MAX_MS = 9_000_000_000_000


def start(call: Call) -> Reply:
    """Begin a trace; its id is made here."""
    fields = call.fields
    info = info_of(
        tags=fields.pairs("tags"),
        metadata=fields.pairs("request_metadata"),
        state="IN_PROGRESS",
        start_ns=_ns(call, "timestamp_ms") or call.services.clock.now_ns(),
        duration_ns=None,
        finalised=False,
    )
    trace_id = TraceId(new_hex("tr-"))
    return {"trace_info": trace_message_v2(call, call.services.traces.log_info(
        call.actor, experiment_of(call), trace_id, info,
    ))}  # fmt: skip


def end(call: Call) -> Reply:
    """End a trace: its state and when that was."""
    fields = call.fields
    trace = call.services.traces.get(call.actor, TraceId(fields.needed("request_id")))
    at_ns = _ns(call, "timestamp_ms")
    info = info_of(
        tags=fields.pairs("tags"),
        metadata=fields.pairs("request_metadata"),
        state=state_of(fields, "status"),
        start_ns=None,
        duration_ns=None if at_ns is None else max(0, at_ns - trace.start_ns),
        finalised=True,
    )
    ended = call.services.traces.log_info(call.actor, trace.experiment_id, trace.trace_id, info)
    return {"trace_info": trace_message_v2(call, ended)}


def get_info(call: Call) -> Reply:
    """Return the info of a trace."""
    trace = call.services.traces.get(call.actor, TraceId(call.fields.needed("request_id")))
    return {"trace_info": trace_message_v2(call, trace)}


def search(call: Call) -> Reply:
    """List traces of experiments, newest first."""
    fields = call.fields
    limit = max_results(fields, default=DEFAULT_RESULTS, most=MOST_RESULTS)
    query = list_query(fields, limit, experiments=active_experiments(call, fields.texts("experiment_ids")))
    if not query.experiments:
        return {}
    page = call.services.traces.search(call.actor, query)
    found = [trace_message_v2(call, trace) for trace in page.items]
    return message(traces=found, next_page_token=page_token(page.cursor))


def _ns(call: Call, name: str) -> int | None:
    found = call.fields.integer(name)
    if found is not None and not 0 <= found <= _MAX_MS:
        raise call.fields.wrong(name, f"epoch milliseconds from 0 to {_MAX_MS}")
    return None if found is None else found * _NS_PER_MS


ENDPOINTS = (
    Endpoint("POST", "2.0/mlflow/traces", start),
    Endpoint("PATCH", "2.0/mlflow/traces/{request_id}", end),
    Endpoint("GET", "2.0/mlflow/traces/{request_id}/info", get_info),
    Endpoint("GET", "2.0/mlflow/traces", search),
)
