"""Runs: create, read, search, change; inputs and outputs."""

from lodeline.domain.errors import NotFound
from lodeline.domain.ids import ModelId, RunId, new_hex
from lodeline.domain.run import RUN_STATUSES, RunChange, RunDraft, RunInput, RunOutput, RunStatus
from lodeline.query.mlflow_run import NAME_TAG, USER_TAG
from lodeline.server.mlflow.endpoint import Call, Endpoint
from lodeline.server.mlflow.experiments import check_tag_key, experiment_of
from lodeline.server.mlflow.fields import Fields
from lodeline.server.mlflow.paging import active_experiments, collected, lifecycle, list_query, max_results
from lodeline.server.mlflow.run_messages import CONTEXT_TAG, info_message, run_message
from lodeline.server.mlflow.wire import Reply, message, page_token

MAX_TAG_VALUE = 8_000
MOST_RESULTS = 50_000
DEFAULT_RESULTS = 1_000
_PARENT_TAG = "mlflow.parentRunId"


def run_id_of(fields: Fields) -> RunId:
    """Return the run that a call is about: `run_id`, or its older name."""
    return RunId(fields.text("run_id") or fields.text("run_uuid") or fields.needed("run_id"))


def create(call: Call) -> Reply:
    """Make a run; one without a name is given one."""
    fields = call.fields
    tags = fields.pairs("tags")
    for key in tags:
        check_tag_key(key)
    name = fields.text("run_name") or tags.get(NAME_TAG) or f"run-{new_hex()[:8]}"
    user = fields.text("user_id")
    if user and USER_TAG not in tags:
        tags[USER_TAG] = user
    parent = tags.get(_PARENT_TAG)
    draft = RunDraft(
        name=name,
        start_ms=fields.integer("start_time") or None,
        parent_run_id=None if parent is None else RunId(parent),
        tags={**tags, NAME_TAG: name},
        run_id=RunId(new_hex()),
    )
    return {"run": run_message(call, call.services.runs.create(call.actor, experiment_of(call), draft))}


def get(call: Call) -> Reply:
    """Return a run, deleted or not."""
    return {"run": run_message(call, call.services.runs.get(call.actor, run_id_of(call.fields)))}


def update(call: Call) -> Reply:
    """Set status, end and name."""
    fields = call.fields
    name = fields.text("run_name") or None
    change = RunChange(
        name=name,
        status=_status(fields),
        end_ms=fields.integer("end_time"),
        set_tags={} if name is None else {NAME_TAG: name},
    )
    return {"run_info": info_message(call, call.services.runs.update(call.actor, run_id_of(fields), change))}


def delete(call: Call) -> Reply:
    """Hide a run until it is restored."""
    call.services.runs.delete(call.actor, run_id_of(call.fields))
    return {}


def restore(call: Call) -> Reply:
    """Undo a delete."""
    call.services.runs.restore(call.actor, run_id_of(call.fields))
    return {}


def search(call: Call) -> Reply:
    """List runs, latest start first."""
    fields, runs = call.fields, call.services.runs
    limit = max_results(fields, default=DEFAULT_RESULTS, most=MOST_RESULTS)
    stage = lifecycle(fields, "run_view_type")
    query = list_query(fields, limit, experiments=active_experiments(call, fields.texts("experiment_ids")))
    if not query.experiments:
        return {}
    page = collected(lambda each: runs.search(call.actor, each, lifecycle=stage), query, limit)
    return message(runs=[run_message(call, run) for run in page.items], next_page_token=page_token(page.cursor))


def set_tag(call: Call) -> Reply:
    """Set a tag; the one that holds the name renames the run."""
    key, value = tag_of(call.fields)
    name = value if key == NAME_TAG and value else None
    call.services.runs.update(call.actor, run_id_of(call.fields), RunChange(name=name, set_tags={key: value}))
    return {}


def delete_tag(call: Call) -> Reply:
    """Delete a tag; not found when it is absent."""
    run_id, key = run_id_of(call.fields), call.fields.needed("key")
    if key not in call.services.runs.get(call.actor, run_id).tags:
        raise NotFound.of("tag", key)
    call.services.runs.update(call.actor, run_id, RunChange(delete_tags=(key,)))
    return {}


def log_inputs(call: Call) -> Reply:
    """Add datasets and models that went in."""
    datasets = [_dataset(item) for item in call.fields.messages("datasets")]
    models = [RunInput(model_id=ModelId(item.needed("model_id"))) for item in call.fields.messages("models")]
    change = RunChange(add_inputs=(*datasets, *models))
    call.services.runs.update(call.actor, run_id_of(call.fields), change)
    return {}


def log_outputs(call: Call) -> Reply:
    """Add models that came out."""
    models = call.fields.messages("models")
    outputs = [RunOutput(ModelId(item.needed("model_id")), item.integer("step") or 0) for item in models]
    call.services.runs.update(call.actor, run_id_of(call.fields), RunChange(add_outputs=tuple(outputs)))
    return {}


def tag_of(item: Fields) -> tuple[str, str]:
    """Return the tag that a call or an item of a batch sets; a long value is cut, as MLflow does."""
    return check_tag_key(item.needed("key")), (item.text("value") or "")[:MAX_TAG_VALUE]


def _dataset(item: Fields) -> RunInput:
    dataset = item.needed_message("dataset")
    return RunInput(
        name=dataset.needed("name"),
        digest=dataset.needed("digest"),
        context=item.pairs("tags").get(CONTEXT_TAG),
        source_type=dataset.needed("source_type"),
        source=dataset.needed("source"),
        schema=dataset.text("schema"),
        profile=dataset.text("profile"),
    )


def _status(fields: Fields) -> RunStatus | None:
    text = fields.text("status")
    if text is None:
        return None
    for status in RUN_STATUSES:
        if status == text:
            return status
    raise fields.wrong("status", f"one of {', '.join(RUN_STATUSES)}")


ENDPOINTS = (
    Endpoint("POST", "2.0/mlflow/runs/create", create),
    Endpoint("GET", "2.0/mlflow/runs/get", get),
    Endpoint("POST", "2.0/mlflow/runs/update", update),
    Endpoint("POST", "2.0/mlflow/runs/delete", delete),
    Endpoint("POST", "2.0/mlflow/runs/restore", restore),
    Endpoint("POST", "2.0/mlflow/runs/search", search),
    Endpoint("POST", "2.0/mlflow/runs/set-tag", set_tag),
    Endpoint("POST", "2.0/mlflow/runs/delete-tag", delete_tag),
    Endpoint("POST", "2.0/mlflow/runs/log-inputs", log_inputs),
    Endpoint("POST", "2.0/mlflow/runs/outputs", log_outputs),
)
