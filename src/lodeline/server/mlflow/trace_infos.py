"""What a client says about a trace: MLflow's trace info, read."""

from lodeline.domain.errors import NotFound
from lodeline.domain.experiment import MAX_TAG_VALUE
from lodeline.domain.ids import ExperimentId, check_experiment_id
from lodeline.domain.trace import MAX_PREVIEW, TraceInfo, TraceState
from lodeline.ingest.semconv import mlflow_trace as names
from lodeline.server.mlflow.fields import Fields
from lodeline.server.mlflow.times import parse_duration_ns, parse_timestamp_ns

MAX_TAG_KEY = 250
MAX_TRACE_TAG = 8_000
"""Longer values of tags of traces are cut, as MLflow does."""
_MAX_TEXT = 500
_STATES: dict[str, TraceState | None] = {
    "OK": "OK", "ERROR": "ERROR", "IN_PROGRESS": "IN_PROGRESS", "STATE_UNSPECIFIED": None,
    "TRACE_STATUS_UNSPECIFIED": None,
}  # fmt: skip


def trace_info(sent: Fields) -> TraceInfo:
    """Return what a V3 trace info says; it is the client's last word on times, state, tokens and cost."""
    at, length = sent.text("request_time"), sent.text("execution_duration")
    return info_of(
        tags=sent.mapping("tags"),
        metadata=sent.mapping("trace_metadata"),
        state=state_of(sent, "state"),
        start_ns=None if at is None else parse_timestamp_ns(at, "request_time"),
        duration_ns=None if length is None else parse_duration_ns(length, "execution_duration"),
        request=sent.text("request_preview"),
        response=sent.text("response_preview"),
        client_request_id=sent.text("client_request_id"),
        finalised=True,
    )


def info_of(
    *,
    tags: dict[str, str],
    metadata: dict[str, str],
    state: TraceState | None,
    start_ns: int | None,
    duration_ns: int | None,
    request: str | None = None,
    response: str | None = None,
    client_request_id: str | None = None,
    finalised: bool,
) -> TraceInfo:
    """Return a trace info with what MLflow keeps in metadata and we in fields; the server's own tags are left out."""
    kept = {key: value[:MAX_TRACE_TAG] for key, value in tags.items() if key not in names.SERVER_TAGS}
    said = {key: value[:MAX_TAG_VALUE] for key, value in metadata.items() if key != names.FINALISED}
    return TraceInfo(
        name=kept.pop(names.NAME_TAG, None) or None,
        state=state,
        start_ns=start_ns,
        duration_ns=duration_ns,
        request=None if request is None else request[:MAX_PREVIEW],
        response=None if response is None else response[:MAX_PREVIEW],
        session=_text(said, names.SESSION),
        user=_text(said, names.USER),
        model_id=_text(said, names.MODEL),
        run_id=_text(said, names.RUN),
        client_request_id=(client_request_id or "")[:_MAX_TEXT] or None,
        tokens=names.tokens_of(said[names.TOKENS]) if names.TOKENS in said else None,
        cost_picousd=names.cost_picousd_of(said[names.COST]) if names.COST in said else None,
        tags=kept,
        metadata=said,
        finalised=finalised,
    )


def state_of(sent: Fields, name: str) -> TraceState | None:
    """Return the state that a field says; None when it says nothing."""
    text = sent.text(name)
    if text is None:
        return None
    if text not in _STATES:
        raise sent.wrong(name, f"one of {', '.join(_STATES)}")
    return _STATES[text]


def experiment_of_location(sent: Fields) -> ExperimentId:
    """Return the experiment that a trace's location names."""
    location = sent.needed_message("trace_location")
    place = location.message("mlflow_experiment")
    if place is None:
        kind = location.text("type") or "no location"
        raise NotFound(f"trace_location: {kind} is no place of this server; use an experiment.", code="no_location")
    return check_experiment_id(place.needed("experiment_id"))


def _text(said: dict[str, str], key: str) -> str | None:
    return said.get(key, "")[:_MAX_TEXT] or None
