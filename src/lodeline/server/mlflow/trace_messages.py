"""How traces are written: their infos, in the V3 and the V2 shape."""

from collections.abc import Sequence

from lodeline.domain.assessment import Assessment
from lodeline.domain.errors import Forbidden, NotFound
from lodeline.domain.trace import Trace
from lodeline.ingest.semconv import mlflow_trace as names
from lodeline.server.mlflow.assessment_messages import assessment_message
from lodeline.server.mlflow.endpoint import Call
from lodeline.server.mlflow.run_messages import location_of
from lodeline.server.mlflow.wire import duration_ns, json_text, message, pairs, timestamp_ns

STORED = "TRACKING_STORE"
"""The value of the tag that says that spans are read from the store."""
MAX_SHOWN_TAG = 4_096
_SPANS_FILE = "traces.json"
_CLIENT_HEADER = "x-mlflow-client-version"
_FIRST_WITH_OTLP = (3, 4)
_SERVICE_TAG = "service.name"
_STATE_TAG = "lodeline.state"
_NS_PER_MS = 1_000_000


def trace_message(
    call: Call, trace: Trace, assessments: Sequence[Assessment] = (), *, told: bool = False
) -> dict[str, object]:
    """Return a V3 trace info with its assessments, oldest first; `told` when it answers the client that told it."""
    return message(
        trace_id=trace.trace_id,
        client_request_id=trace.client_request_id,
        trace_location={
            "type": "MLFLOW_EXPERIMENT",
            "mlflow_experiment": {"experiment_id": trace.experiment_id},
        },
        request_time=timestamp_ns(trace.start_ns),
        execution_duration=None if trace.duration_ns is None else duration_ns(trace.duration_ns),
        state=state(trace),
        request_preview=trace.request,
        response_preview=trace.response,
        trace_metadata=metadata(trace),
        tags=tags(call, trace, told=told),
        assessments=[assessment_message(item) for item in assessments],
    )


def trace_message_v2(call: Call, trace: Trace) -> dict[str, object]:
    """Return the trace info of clients before V3."""
    return message(
        request_id=trace.trace_id,
        experiment_id=trace.experiment_id,
        timestamp_ms=trace.start_ns // _NS_PER_MS,
        execution_time_ms=None if trace.duration_ns is None else trace.duration_ns // _NS_PER_MS,
        status=state(trace),
        request_metadata=pairs(metadata(trace)),
        tags=pairs(tags(call, trace)),
    )


def state(trace: Trace) -> str:
    """Return the state; MLflow has no ABANDONED, which a tag tells."""
    return "ERROR" if trace.state == "ABANDONED" else trace.state


def tags(call: Call, trace: Trace, *, told: bool = False) -> dict[str, str]:
    """Return the tags with those that MLflow's server adds."""
    shown = {names.NAME_TAG: trace.name} if trace.name else {}
    if trace.service:
        shown[_SERVICE_TAG] = trace.service[:MAX_SHOWN_TAG]
    shown |= {key: value[:MAX_SHOWN_TAG] for key, value in trace.tags.items()}
    if trace.state == "ABANDONED":
        shown[_STATE_TAG] = trace.state
    location = location_of(call, trace.experiment_id)
    shown[names.ARTIFACTS_TAG] = f"{location}/traces/{trace.trace_id}/artifacts"
    if _stored_here(call, trace, told=told):
        shown[names.SPANS_TAG] = STORED
    return shown


def _stored_here(call: Call, trace: Trace, *, told: bool) -> bool:
    """Tell whether clients read the spans from here; else they fetch the file that one of them has put instead.

    A client that has just told of the trace and sends spans as OTLP hears so before they are here: it would send them
    a second time, as a file.
    """
    if trace.span_count:
        return True
    return _sends_spans(call.headers.get(_CLIENT_HEADER, "")) if told else not _has_file(call, trace)


def _has_file(call: Call, trace: Trace) -> bool:
    folder = f"{trace.experiment_id}/traces/{trace.trace_id}/artifacts"
    try:
        return any(item.name == _SPANS_FILE for item in call.services.artifacts.list(call.actor, folder))
    except (Forbidden, NotFound):
        return False


def _sends_spans(version: str) -> bool:
    """Tell whether a release of the client sends spans as OTLP."""
    numbers = version.split(".")[:2]
    if len(numbers) < 2 or not all(number.isdecimal() and len(number) < 6 for number in numbers):
        return False
    return (int(numbers[0]), int(numbers[1])) >= _FIRST_WITH_OTLP


def metadata(trace: Trace) -> dict[str, str]:
    """Return the metadata with what we keep in fields, whoever said it."""
    said = dict(trace.metadata)
    for key, value in (
        (names.SESSION, trace.session),
        (names.USER, trace.user),
        (names.MODEL, trace.model_id),
        (names.RUN, trace.run_id),
    ):
        if value:
            said[key] = value
    if trace.tokens.total and names.TOKENS not in said:
        said[names.TOKENS] = json_text(names.usage_object(trace.tokens))
    if trace.cost_usd is not None and names.COST not in said:
        said[names.COST] = json_text({"total_cost": trace.cost_usd})
    if trace.finalised:
        said[names.FINALISED] = "true"
    said.setdefault(names.SCHEMA, names.SCHEMA_VERSION)
    return said
