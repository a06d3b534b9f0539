"""Logged models: versions of the application."""

import re
from collections.abc import Mapping
from dataclasses import replace

from lodeline.domain.errors import Deleted, Invalid, NotFound
from lodeline.domain.ids import ModelId, RunId, new_hex
from lodeline.domain.model import Model, ModelChange, ModelDraft, ModelMetric, ModelStatus
from lodeline.server.mlflow.endpoint import Call, Endpoint
from lodeline.server.mlflow.experiments import experiment_of
from lodeline.server.mlflow.fields import Fields
from lodeline.server.mlflow.model_metrics import needs_metrics, search_by_metrics
from lodeline.server.mlflow.paging import active_experiments, collected, list_query, max_results, offset_page
from lodeline.server.mlflow.wire import Reply, message, number, page_token, pairs

_DEFAULT_RESULTS = 50
_MOST_RESULTS = 50_000
_BAD_NAME = re.compile(r"[/:.%\"']")
_STATUSES: Mapping[str, ModelStatus] = {
    "LOGGED_MODEL_PENDING": "PENDING", "LOGGED_MODEL_READY": "READY", "LOGGED_MODEL_UPLOAD_FAILED": "FAILED",
}  # fmt: skip
_NAMES = {ours: theirs for theirs, ours in _STATUSES.items()}


def model_message(model: Model) -> dict[str, object]:
    """Return a model as MLflow writes it."""
    return {
        "info": message(
            model_id=model.model_id,
            experiment_id=model.experiment_id,
            name=model.name,
            creation_timestamp_ms=model.created_ms,
            last_updated_timestamp_ms=model.updated_ms,
            artifact_uri=f"mlflow-artifacts:/{model.experiment_id}/models/{model.model_id}/artifacts",
            status=_NAMES[model.status],
            status_message=model.status_message,
            model_type=model.model_type,
            source_run_id=model.source_run_id,
            tags=pairs(model.tags),
        ),
        "data": message(
            params=pairs(model.params), metrics=[_metric_message(model, metric) for metric in model.metrics]
        ),
    }


def create(call: Call) -> Reply:
    """Make a model, which is pending until its status is set."""
    fields = call.fields
    draft = ModelDraft(
        name=_name(fields),
        status="PENDING",
        model_type=fields.text("model_type") or None,
        source_run_id=RunId(run_id) if (run_id := fields.text("source_run_id")) else None,
        params=fields.pairs("params"),
        tags=fields.pairs("tags"),
    )
    return {"model": model_message(call.services.models.create(call.actor, experiment_of(call), draft))}


def get(call: Call) -> Reply:
    """Return a model; a deleted one only when the call allows it."""
    model = call.services.models.get(call.actor, _model_id(call))
    if model.lifecycle == "DELETED" and not call.fields.boolean("allow_deleted"):
        raise NotFound.of("model", model.model_id)
    return {"model": model_message(model)}


def finalize(call: Call) -> Reply:
    """Set the status that a model ends with."""
    text = call.fields.needed("status")
    if text not in _STATUSES:
        raise call.fields.wrong("status", f"one of {', '.join(_STATUSES)}")
    return {"model": model_message(_changed(call, ModelChange(status=_STATUSES[text])))}


def delete(call: Call) -> Reply:
    """Hide a model."""
    call.services.models.delete(call.actor, _model_id(call))
    return {}


def search(call: Call) -> Reply:
    """List models with their metrics, newest made first."""
    fields = call.fields
    experiments = active_experiments(call, fields.texts("experiment_ids"))
    if not experiments:
        return {}
    limit = max_results(fields, default=_DEFAULT_RESULTS, most=_MOST_RESULTS)
    if needs_metrics(fields):
        part, token = offset_page(search_by_metrics(call, experiments), fields, limit)
        return message(models=[model_message(item) for item in part], next_page_token=token)
    query = replace(
        list_query(Fields({**fields.values, "order_by": None}), limit, experiments=experiments),
        order=", ".join(map(_order, fields.messages("order_by"))),
    )
    models = call.services.models
    page = collected(lambda asked: models.search(call.actor, asked), query, limit)
    found = [model_message(item) for item in page.items]
    return message(models=found, next_page_token=page_token(page.cursor))


def set_tags(call: Call) -> Reply:
    """Set tags."""
    return {"model": model_message(_changed(call, ModelChange(set_tags=call.fields.pairs("tags"))))}


def delete_tag(call: Call) -> Reply:
    """Delete a tag; not found when it is absent."""
    key = call.fields.needed("tag_key")
    if key not in call.services.models.get(call.actor, _model_id(call)).tags:
        raise NotFound.of("tag", key)
    _changed(call, ModelChange(delete_tags=(key,)))
    return {}


def log_params(call: Call) -> Reply:
    """Add params; each is set once."""
    _changed(call, ModelChange(set_params=call.fields.pairs("params")))
    return {}


def _changed(call: Call, change: ModelChange) -> Model:
    model_id = _model_id(call)
    try:
        return call.services.models.update(call.actor, model_id, change)
    except Deleted as error:
        raise NotFound.of("model", model_id) from error


def _model_id(call: Call) -> ModelId:
    return ModelId(call.fields.needed("model_id"))


def _name(fields: Fields) -> str:
    name = fields.text("name")
    if not name:
        return new_hex("model-")[:14]
    if _BAD_NAME.search(name):
        raise Invalid.value("name", name, "a name without / : . % \" and '")
    return name


def _order(item: Fields) -> str:
    return f"{item.needed('field_name')} {'ASC' if item.boolean('ascending', default=True) else 'DESC'}"


def _metric_message(model: Model, metric: ModelMetric) -> dict[str, object]:
    return message(
        key=metric.key,
        value=number(metric.value),
        timestamp=metric.timestamp_ms,
        step=metric.step,
        model_id=model.model_id,
        run_id=metric.run_id,
        dataset_name=metric.dataset_id,
        dataset_digest=metric.dataset_digest,
    )


_MODEL = "2.0/mlflow/logged-models/{model_id}"
ENDPOINTS = (
    Endpoint("POST", "2.0/mlflow/logged-models", create),
    Endpoint("POST", "2.0/mlflow/logged-models/search", search),
    Endpoint("GET", _MODEL, get),
    Endpoint("PATCH", _MODEL, finalize),
    Endpoint("DELETE", _MODEL, delete),
    Endpoint("PATCH", f"{_MODEL}/tags", set_tags),
    Endpoint("DELETE", f"{_MODEL}/tags/{{tag_key}}", delete_tag),
    Endpoint("POST", f"{_MODEL}/params", log_params),
)
