"""What is changed on traces: tags, links to runs and prompts, deletion."""

from lodeline.domain.errors import Invalid, NotFound, TooLarge
from lodeline.domain.ids import ExperimentId, RunId, TraceId
from lodeline.domain.span import JsonValue
from lodeline.ingest.semconv.mlflow_trace import PROMPTS_TAG, SERVER_TAGS
from lodeline.ingest.semconv.parsing import parse_json
from lodeline.server.mlflow.endpoint import Call, Endpoint, NotYet
from lodeline.server.mlflow.experiments import experiment_of
from lodeline.server.mlflow.trace_infos import MAX_TAG_KEY, MAX_TRACE_TAG
from lodeline.server.mlflow.wire import Reply, json_text
from lodeline.services.listing import ListQuery
from lodeline.services.traces import MAX_DELETE

MAX_LINKS = 100


def set_tag(call: Call) -> Reply:
    """Set a tag; a long value is cut."""
    trace_id, key = _trace_id(call), _key(call)
    call.services.traces.tag(call.actor, trace_id, {key: (call.fields.text("value") or "")[:MAX_TRACE_TAG]})
    return {}


def delete_tag(call: Call) -> Reply:
    """Delete a tag; not found when it is absent."""
    trace_id, key = _trace_id(call), _key(call)
    if key not in call.services.traces.get(call.actor, trace_id).tags:
        raise NotFound.of("tag", key)
    call.services.traces.tag(call.actor, trace_id, {}, [key])
    return {}


def delete(call: Call) -> Reply:
    """Delete traces of an experiment: those of the ids, or the oldest up to a time; tell how many there were."""
    fields, experiment_id = call.fields, experiment_of(call)
    ids = fields.texts("request_ids") or fields.texts("trace_ids")
    until_ms, most = fields.integer("max_timestamp_millis"), fields.integer("max_traces")
    if bool(ids) == (until_ms is not None):
        raise Invalid("request_ids, max_timestamp_millis: send one of them, and not both.")
    if most is not None and (ids or most < 1):
        raise Invalid.value("max_traces", most, "a number from 1 on, beside max_timestamp_millis")
    if ids:
        traces = call.services.traces
        known = traces.known(call.actor, [TraceId(item) for item in ids])
        mine = [trace.trace_id for trace in known if trace.experiment_id == experiment_id]
        return {"traces_deleted": traces.delete(call.actor, mine).deleted}
    return {"traces_deleted": _delete_until(call, experiment_id, until_ms or 0, most)}


def link_run(call: Call) -> Reply:
    """Link traces to a run, which need not exist; again is fine."""
    ids, run_id = call.fields.texts("trace_ids"), RunId(call.fields.needed("run_id"))
    if len(ids) > MAX_LINKS:
        raise TooLarge(f"trace_ids: {len(ids)} are over the limit of {MAX_LINKS} in one call.")
    by_experiment: dict[ExperimentId, list[TraceId]] = {}
    for trace in call.services.traces.known(call.actor, [TraceId(item) for item in ids]):
        by_experiment.setdefault(trace.experiment_id, []).append(trace.trace_id)
    for mine in by_experiment.values():
        call.services.traces.link_run(call.actor, run_id, mine)
    linked = {trace_id for mine in by_experiment.values() for trace_id in mine}
    missing = [ident for ident in ids if ident not in linked]
    if missing:
        raise NotYet(NotFound.of("trace", missing[0]))
    return {}


def link_prompts(call: Call) -> Reply:
    """Note the versions of prompts that a trace used; again is fine."""
    trace_id = TraceId(call.fields.needed("trace_id"))
    trace = call.services.traces.get(call.actor, trace_id)
    found = parse_json(trace.tags.get(PROMPTS_TAG, "[]"))
    linked: list[JsonValue] = list(found) if isinstance(found, list) else []
    for item in call.fields.messages("prompt_versions"):
        prompt = {"name": item.needed("name"), "version": item.needed("version")}
        if prompt not in linked:
            linked.append(prompt)
    call.services.traces.tag(call.actor, trace_id, {PROMPTS_TAG: json_text(linked)})
    return {}


def _delete_until(call: Call, experiment_id: ExperimentId, until_ms: int, most: int | None) -> int:
    query = ListQuery((experiment_id,), f"timestamp_ms <= {until_ms}", "timestamp_ms ASC", dialect="mlflow")
    deleted = 0
    while most is None or deleted < most:
        step = MAX_DELETE if most is None else min(MAX_DELETE, most - deleted)
        report = call.services.traces.delete_matching(call.actor, query, max_traces=step)
        deleted += report.deleted
        if not report.more or not report.deleted:
            break
    return deleted


def _trace_id(call: Call) -> TraceId:
    return TraceId(call.fields.text("request_id") or call.fields.needed("trace_id"))


def _key(call: Call) -> str:
    key = call.fields.needed("key")
    if len(key) > MAX_TAG_KEY:
        raise Invalid.value("key", key, f"at most {MAX_TAG_KEY} characters")
    if key in SERVER_TAGS:
        raise Invalid.value("key", key, "a tag that the server does not set itself")
    return key


ENDPOINTS = (
    Endpoint("PATCH", "2.0/mlflow/traces/{request_id}/tags", set_tag),
    Endpoint("DELETE", "2.0/mlflow/traces/{request_id}/tags", delete_tag),
    Endpoint("POST", "2.0/mlflow/traces/delete-traces", delete),
    Endpoint("POST", "2.0/mlflow/traces/link-to-run", link_run),
    Endpoint("POST", "2.0/mlflow/traces/link-prompts", link_prompts),
)
