"""Metrics and params of runs, one by one and in batches."""

from lodeline.domain.errors import Invalid, TooLarge
from lodeline.domain.ids import ModelId, RunId
from lodeline.domain.model import ModelMetric
from lodeline.domain.run import MetricPoint, RunChange
from lodeline.server.mlflow.endpoint import Call, Endpoint
from lodeline.server.mlflow.experiments import check_tag_key
from lodeline.server.mlflow.fields import Fields
from lodeline.server.mlflow.paging import max_results
from lodeline.server.mlflow.run_messages import metric_message
from lodeline.server.mlflow.runs import run_id_of, tag_of
from lodeline.server.mlflow.wire import Reply, message, page_token
from lodeline.services.runs import MAX_HISTORY

MAX_PARAM_VALUE = 6_000
"""Longer values are cut, as MLflow does."""
MAX_PARAMS = 100
MAX_TAGS = 100
MAX_METRICS = 1_000
_HISTORY = 25_000


def log_batch(call: Call) -> Reply:
    """Log metrics, params and tags; params are refused before anything is written."""
    fields = call.fields
    metrics, params, tags = fields.messages("metrics"), fields.messages("params"), fields.messages("tags")
    for noun, count, most in (
        ("params", len(params), MAX_PARAMS),
        ("tags", len(tags), MAX_TAGS),
        ("metrics", len(metrics), MAX_METRICS),
        ("metrics, params and tags", len(metrics) + len(params) + len(tags), MAX_METRICS),
    ):
        if count > most:
            raise TooLarge(f"{noun}: {count} are over the limit of {most} in one batch; send several.")
    points = [_point(item) for item in metrics]
    run_id = run_id_of(fields)
    change = RunChange(set_params=_params(params), set_tags=dict(map(tag_of, tags)))
    if change.set_params or change.set_tags:
        call.services.runs.update(call.actor, run_id, change)
    _log(call, run_id, points)
    return {}


def log_metric(call: Call) -> Reply:
    """Log one point of a metric; with a model it is one of that model, too."""
    _log(call, run_id_of(call.fields), [_point(call.fields)])
    return {}


def log_param(call: Call) -> Reply:
    """Set a param; the same value again is fine, another is not."""
    change = RunChange(set_params=_params((call.fields,)))
    call.services.runs.update(call.actor, run_id_of(call.fields), change)
    return {}


def get_history(call: Call) -> Reply:
    """List the points of one metric by step, time and value."""
    fields = call.fields
    limit = min(max_results(fields, default=MAX_HISTORY, most=_HISTORY), MAX_HISTORY)
    page = call.services.runs.metric_history(
        call.actor, run_id_of(fields), fields.needed("metric_key"), limit=limit,
        cursor=fields.text("page_token") or None,
    )  # fmt: skip
    return message(metrics=[metric_message(point) for point in page.items], next_page_token=page_token(page.cursor))


def _log(call: Call, run_id: RunId, points: list[MetricPoint]) -> None:
    by_model: dict[ModelId, list[ModelMetric]] = {}
    for point in points:
        if point.model_id is not None:
            metric = ModelMetric(
                point.key, point.value, point.timestamp_ms, point.step, point.dataset_id, point.dataset_digest, run_id
            )
            by_model.setdefault(point.model_id, []).append(metric)
    if points:
        call.services.runs.log_metrics(call.actor, run_id, points)
    for model_id, metrics in by_model.items():
        call.services.models.log_metrics(call.actor, model_id, metrics)


def _point(item: Fields) -> MetricPoint:
    value, timestamp_ms = item.number("value"), item.integer("timestamp")
    if value is None or timestamp_ms is None:
        item.needed("value" if value is None else "timestamp")
        raise item.wrong("value", "a number")
    model_id = item.text("model_id") or None
    return MetricPoint(
        key=check_tag_key(item.needed("key")),
        value=value,
        timestamp_ms=timestamp_ms,
        step=item.integer("step") or 0,
        dataset_id=item.text("dataset_name") or None,
        dataset_digest=item.text("dataset_digest") or None,
        model_id=None if model_id is None else ModelId(model_id),
    )


def _params(items: tuple[Fields, ...]) -> dict[str, str]:
    params: dict[str, str] = {}
    for item in items:
        key, value = check_tag_key(item.needed("key")), (item.text("value") or "")[:MAX_PARAM_VALUE]
        if params.setdefault(key, value) != value:
            raise Invalid(f"param {key!r}: it is given twice with different values; a param has one value.")
    return params


ENDPOINTS = (
    Endpoint("POST", "2.0/mlflow/runs/log-batch", log_batch),
    Endpoint("POST", "2.0/mlflow/runs/log-metric", log_metric),
    Endpoint("POST", "2.0/mlflow/runs/log-parameter", log_param),
    Endpoint("GET", "2.0/mlflow/metrics/get-history", get_history),
)
