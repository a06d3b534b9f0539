"""How runs are written."""

from lodeline.domain.errors import Forbidden, NotFound
from lodeline.domain.ids import ExperimentId
from lodeline.domain.run import MetricPoint, Run, RunInput
from lodeline.query.mlflow_run import NAME_TAG, USER_TAG
from lodeline.server.mlflow.endpoint import Call
from lodeline.server.mlflow.experiments import artifact_location
from lodeline.server.mlflow.wire import message, number, pairs

CONTEXT_TAG = "mlflow.data.context"
"""The tag of an input that says what it went in for."""
_DIGEST = 8


def location_of(call: Call, experiment_id: ExperimentId) -> str:
    """Return where the artifacts of an experiment are; the usual place where the actor may not read it."""
    if experiment_id not in call.locations:
        try:
            location = artifact_location(call.services.experiments.find(call.actor, experiment_id))
        except (Forbidden, NotFound):
            location = f"mlflow-artifacts:/{experiment_id}"
        call.locations[experiment_id] = location
    return call.locations[experiment_id]


def run_message(call: Call, run: Run) -> dict[str, object]:
    """Return a whole run."""
    tags = {**run.tags, NAME_TAG: run.name} if run.name else run.tags
    datasets = [_dataset(item) for item in run.inputs if item.model_id is None]
    models = [{"model_id": item.model_id} for item in run.inputs if item.model_id is not None]
    empty: dict[str, object] = {"inputs": {}}
    return empty | message(
        info=info_message(call, run),
        data=message(
            metrics=[metric_message(run.metrics[key]) for key in sorted(run.metrics)],
            params=pairs(run.params),
            tags=pairs(tags),
        ),
        inputs=message(dataset_inputs=datasets, model_inputs=models),
        outputs=message(model_outputs=[{"model_id": out.model_id, "step": out.step} for out in run.outputs]),
    )


def info_message(call: Call, run: Run) -> dict[str, object]:
    """Return what a run is, without its data."""
    return message(
        run_id=run.run_id,
        run_uuid=run.run_id,
        run_name=run.name,
        experiment_id=run.experiment_id,
        user_id=run.tags.get(USER_TAG) or run.created_by or "",
        status=run.status,
        start_time=run.start_ms,
        end_time=run.end_ms,
        artifact_uri=f"{location_of(call, run.experiment_id)}/{run.run_id}/artifacts",
        lifecycle_stage=run.lifecycle.lower(),
    )


def metric_message(point: MetricPoint) -> dict[str, object]:
    """Return one measurement."""
    return message(
        key=point.key,
        value=number(point.value),
        timestamp=point.timestamp_ms,
        step=point.step,
        model_id=point.model_id,
        dataset_name=point.dataset_id,
        dataset_digest=point.dataset_digest,
    )


def _dataset(item: RunInput) -> dict[str, object]:
    digest = item.digest or ""
    dataset = message(
        name=item.name or item.dataset_id or "",
        digest=digest if item.dataset_id is None else digest[:_DIGEST],
        source_type=item.source_type or "lodeline",
        source=item.source or "{}",
        schema=item.schema,
        profile=item.profile,
    )
    tags = [] if item.context is None else [{"key": CONTEXT_TAG, "value": item.context}]
    return message(dataset=dataset, tags=tags)
