"""Runs and models, from MLflow's rows to what an export keeps of them."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from lodeline.domain.errors import LodelineError
from lodeline.domain.experiment import Lifecycle, check_name
from lodeline.domain.ids import ExperimentId, ModelId, RunId
from lodeline.domain.model import Model, ModelMetric, ModelStatus, check_metrics, check_model, check_model_id
from lodeline.domain.run import (
    MetricPoint,
    Run,
    RunInput,
    RunOutput,
    RunStatus,
    check_points,
    check_run,
)
from lodeline.mlflow.source import Row, Source, named, rows_of, together

NAME_TAG, PARENT_TAG = "mlflow.runName", "mlflow.parentRunId"
CONTEXT_TAG = "mlflow.data.context"
_STATUSES: Mapping[str, RunStatus] = {
    "RUNNING": "RUNNING", "SCHEDULED": "SCHEDULED", "FINISHED": "FINISHED", "FAILED": "FAILED", "KILLED": "KILLED",
}  # fmt: skip
_MODEL_STATUSES: Mapping[int, ModelStatus] = {1: "PENDING", 2: "READY", 3: "FAILED"}


@dataclass(slots=True)
class _Values:
    params: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    tags: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    inputs: dict[str, list[RunInput]] = field(default_factory=dict[str, list[RunInput]])
    outputs: dict[str, list[RunOutput]] = field(default_factory=dict[str, list[RunOutput]])


def runs_of(source: Source, experiment_id: ExperimentId) -> Iterator[Run | str]:
    """Yield the runs of an experiment without their metrics, the first started first, deleted ones too; a text says
    why one is left out."""
    ids = [
        row.text("run_uuid")
        for row in source.rows("runs", "WHERE experiment_id = ? ORDER BY start_time, run_uuid", (int(experiment_id),))
    ]
    for batch in together(ids):
        values = _values(source, batch)
        rows = {row.text("run_uuid"): row for row in rows_of(source, "runs", "run_uuid", batch)}
        for run_id in batch:
            try:
                yield _run(rows[run_id], values, experiment_id)
            except LodelineError as error:
                yield f"run {named(run_id)}: {error.message}"


def homes_of_artifacts(source: Source, experiment_id: ExperimentId) -> Iterator[tuple[str, str]]:
    """Yield where the artifacts of each run and model lie in MLflow, and the folder that they have here."""
    order = "WHERE experiment_id = ? ORDER BY start_time, run_uuid"
    for row in source.rows("runs", order, (int(experiment_id),)):
        yield row.text("artifact_uri"), f"{row.text('run_uuid')}/artifacts"
    order = "WHERE experiment_id = ? ORDER BY creation_timestamp_ms, model_id"
    for row in source.rows("logged_models", order, (int(experiment_id),)):
        yield row.text("artifact_location"), f"models/{row.text('model_id')}/artifacts"


def points_of(source: Source, run_id: str) -> Iterator[MetricPoint | str]:
    """Yield every point of every metric of a run; a text says why one is left out."""
    for row in source.rows("metrics", "WHERE run_uuid = ? ORDER BY key, step, timestamp", (run_id,)):
        value = math.nan if row.whole("is_nan") else row.number_or_none("value")
        if value is None:
            continue
        point = MetricPoint(row.text("key"), value, row.whole("timestamp"), row.whole("step"))
        try:
            check_points([point])
        except LodelineError as error:
            yield f"run {named(run_id)}: {error.message}"
        else:
            yield point


def models_of(source: Source, experiment_id: ExperimentId) -> Iterator[Model | str]:
    """Yield the models of an experiment with their metrics, the first made first; a text says why one is left out."""
    order = "WHERE experiment_id = ? ORDER BY creation_timestamp_ms, model_id"
    ids = [row.text("model_id") for row in source.rows("logged_models", order, (int(experiment_id),))]
    for batch in together(ids):
        params: dict[str, dict[str, str]] = {}
        tags: dict[str, dict[str, str]] = {}
        metrics: dict[str, list[ModelMetric]] = {}
        for row in rows_of(source, "logged_model_params", "model_id", batch):
            params.setdefault(row.text("model_id"), {})[row.text("param_key")] = row.text("param_value")
        for row in rows_of(source, "logged_model_tags", "model_id", batch):
            tags.setdefault(row.text("model_id"), {})[row.text("tag_key")] = row.text("tag_value")
        for row in rows_of(source, "logged_model_metrics", "model_id", batch):
            metrics.setdefault(row.text("model_id"), []).append(_model_metric(row))
        rows = {row.text("model_id"): row for row in rows_of(source, "logged_models", "model_id", batch)}
        for model_id in batch:
            try:
                yield _model(
                    rows[model_id], experiment_id, params.get(model_id, {}), tags.get(model_id, {}),
                    metrics.get(model_id, []),
                )  # fmt: skip
            except LodelineError as error:
                yield f"model {named(model_id)}: {error.message}"


def _values(source: Source, ids: list[str]) -> _Values:
    found = _Values()
    for table, into in (("params", found.params), ("tags", found.tags)):
        for row in rows_of(source, table, "run_uuid", ids):
            into.setdefault(row.text("run_uuid"), {})[row.text("key")] = row.text("value")
    links = list(rows_of(source, "inputs", "destination_id", ids, "AND source_type = 'DATASET'"))
    datasets = _datasets(source, links)
    for link in links:
        dataset = datasets.get(link.text("source_id"))
        if dataset is not None:
            given = (link.text("input_uuid"), CONTEXT_TAG)
            contexts = source.rows("input_tags", "WHERE input_uuid = ? AND name = ?", given)
            context = next((row.text("value") for row in contexts), None)
            found.inputs.setdefault(link.text("destination_id"), []).append(_input(dataset, context))
    for link in rows_of(
        source, "inputs", "source_id", ids, "AND destination_type IN ('MODEL_INPUT', 'MODEL_OUTPUT')"
    ):
        model_id = ModelId(link.text("destination_id"))
        if link.text("destination_type") == "MODEL_INPUT":
            found.inputs.setdefault(link.text("source_id"), []).append(RunInput(model_id=model_id))
        else:
            found.outputs.setdefault(link.text("source_id"), []).append(RunOutput(model_id, link.whole("step")))
    return found


def _datasets(source: Source, links: list[Row]) -> dict[str, Row]:
    ids = list({link.text("source_id") for link in links})
    return {
        row.text("dataset_uuid"): row
        for batch in together(ids)
        for row in rows_of(source, "datasets", "dataset_uuid", batch)
    }


def _input(dataset: Row, context: str | None) -> RunInput:
    match dataset.json("dataset_source"):
        case {"dataset_id": str(dataset_id)} if dataset_id:
            ident = dataset_id
        case _:
            ident = None
    return RunInput(
        dataset_id=ident, name=dataset.text("name")[:250], digest=dataset.text("digest") or None, context=context
    )


def _run(row: Row, values: _Values, experiment_id: ExperimentId) -> Run:
    run_id = row.text("run_uuid")
    tags = values.tags.get(run_id, {})
    parent = tags.get(PARENT_TAG)
    run = Run(
        run_id=RunId(run_id),
        experiment_id=experiment_id,
        name=row.text("name") or tags.get(NAME_TAG, ""),
        kind="RUN",
        status=_STATUSES.get(row.text("status"), "FINISHED"),
        lifecycle=_lifecycle(row),
        start_ms=row.moment("start_time"),
        end_ms=None if row.whole_or_none("end_time") is None else row.moment("end_time"),
        created_by=row.text_or_none("user_id") or None,
        parent_run_id=RunId(parent) if parent else None,
        params=values.params.get(run_id, {}),
        tags=tags,
        inputs=tuple(dict.fromkeys(values.inputs.get(run_id, ()))),
        outputs=tuple(dict.fromkeys(values.outputs.get(run_id, ()))),
    )
    check_run(run)
    return run


def _model(
    row: Row, experiment_id: ExperimentId, params: dict[str, str], tags: dict[str, str], metrics: list[ModelMetric]
) -> Model:
    model = Model(
        model_id=check_model_id(row.text("model_id")),
        experiment_id=experiment_id,
        name=check_name(row.text("name"), noun="model name"),
        status=_MODEL_STATUSES.get(row.whole("status"), "READY"),
        lifecycle=_lifecycle(row),
        created_ms=row.moment("creation_timestamp_ms"),
        updated_ms=row.moment("last_updated_timestamp_ms"),
        status_message=row.text_or_none("status_message"),
        model_type=row.text("model_type") or None,
        source_run_id=RunId(run_id) if (run_id := row.text("source_run_id")) else None,
        params=params,
        tags=tags,
        metrics=tuple(metrics),
    )
    check_model(model)
    check_metrics(model.metrics)
    return model


def _model_metric(row: Row) -> ModelMetric:
    value = row.number_or_none("metric_value")
    return ModelMetric(
        key=row.text("metric_name"),
        value=math.nan if value is None else value,
        timestamp_ms=row.whole("metric_timestamp_ms"),
        step=row.whole("metric_step"),
        dataset_id=row.text_or_none("dataset_name"),
        dataset_digest=row.text_or_none("dataset_digest"),
        run_id=RunId(run_id) if (run_id := row.text("run_id")) else None,
    )


def _lifecycle(row: Row) -> Lifecycle:
    return "DELETED" if row.text("lifecycle_stage").lower() == "deleted" else "ACTIVE"
