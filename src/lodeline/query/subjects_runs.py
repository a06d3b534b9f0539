"""What filters on runs and models are evaluated on."""

from collections.abc import Callable, Mapping, Sequence

from lodeline.domain.model import Model
from lodeline.domain.run import Run
from lodeline.domain.span import AttributeValue
from lodeline.query.ast import Field
from lodeline.query.subjects import NS_PER_MS, Leaf


class RunSubject(Leaf):
    """A run."""

    def __init__(self, run: Run) -> None:
        self.run = run

    def values(self, field: Field) -> Sequence[AttributeValue]:
        """Return the run's values of a field."""
        run, key = self.run, field.key or ""
        match field.name:
            case "params":
                return (run.params.get(key),)
            case "tags":
                return (run.tags.get(key),)
            case "metrics":
                point = run.metrics.get(key)
                return () if point is None else (point.value,)
            case "dataset":
                texts = ((item.dataset_id, item.name, item.digest) for item in run.inputs)
                return tuple(text for each in texts for text in each)
            case "dataset_context":
                return tuple(item.context for item in run.inputs)
            case "model":
                return (*(item.model_id for item in run.inputs), *(item.model_id for item in run.outputs))
            case _:
                return (_RUN[field.name](run),)


class ModelSubject(Leaf):
    """A version of the application."""

    def __init__(self, model: Model) -> None:
        self.model = model

    def values(self, field: Field) -> Sequence[AttributeValue]:
        """Return the model's values of a field."""
        model, key = self.model, field.key or ""
        match field.name:
            case "params":
                return (model.params.get(key),)
            case "tags":
                return (model.tags.get(key),)
            case "metrics":
                return tuple(metric.value for metric in model.metrics if metric.key == key)
            case "alias":
                return model.aliases
            case "prompt":
                return tuple(prompt.name for prompt in model.prompt_versions)
            case _:
                return (_MODEL[field.name](model),)


_RUN: Mapping[str, Callable[[Run], AttributeValue]] = {
    "id": lambda r: r.run_id,
    "experiment": lambda r: r.experiment_id,
    "name": lambda r: r.name,
    "artifact_uri": lambda r: f"mlflow-artifacts:/{r.experiment_id}/{r.run_id}/artifacts",
    "kind": lambda r: r.kind,
    "status": lambda r: r.status,
    "lifecycle": lambda r: r.lifecycle,
    "start": lambda r: r.start_ms * NS_PER_MS,
    "end": lambda r: None if r.end_ms is None else r.end_ms * NS_PER_MS,
    "duration": lambda r: None if r.end_ms is None else (r.end_ms - r.start_ms) * NS_PER_MS,
    "created_by": lambda r: r.created_by,
    "parent": lambda r: r.parent_run_id,
}
_MODEL: Mapping[str, Callable[[Model], AttributeValue]] = {
    "id": lambda m: m.model_id,
    "experiment": lambda m: m.experiment_id,
    "name": lambda m: m.name,
    "status": lambda m: m.status,
    "lifecycle": lambda m: m.lifecycle,
    "type": lambda m: m.model_type,
    "created": lambda m: m.created_ms * NS_PER_MS,
    "updated": lambda m: m.updated_ms * NS_PER_MS,
    "commit": lambda m: None if m.git is None else m.git.commit,
    "branch": lambda m: None if m.git is None else m.git.branch,
    "parent": lambda m: m.parent_model_id,
    "run": lambda m: m.source_run_id,
}
