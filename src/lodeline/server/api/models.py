"""Native routes of models: versions of the application, their metrics, aliases and differences."""

from typing import Annotated

from fastapi import Path, Query
from pydantic import Field

from lodeline.domain.gate import MAX_GATE_TEXT, GateRun
from lodeline.domain.ids import ModelId, RunId, TraceId
from lodeline.domain.model import (
    MAX_DIFF_BYTES,
    MAX_MESSAGE,
    MAX_METRICS,
    MAX_PROMPTS,
    MAX_REASON,
    AliasEvent,
    AliasMove,
    GateOutcome,
    GitInfo,
    Model,
    ModelChange,
    ModelDiff,
    ModelDraft,
    ModelMetric,
    ModelStatus,
    PromptUse,
)
from lodeline.domain.page import Page
from lodeline.domain.run import MAX_NUMBER
from lodeline.server.access import ActorDep
from lodeline.server.answers import Json, ServicesDep, answer
from lodeline.server.api.bodies import Body, Id, TagKeys, Tags
from lodeline.server.api.entry import native_router
from lodeline.server.api.listing import LimitParam, ListedLifecycle, NativeListedDep, lifecycle_of
from lodeline.server.api.runs import Number, Params, Whole

router = native_router("/models", "models")

ModelPath = Annotated[str, Path(min_length=1, max_length=250, description="The model's id.")]
AliasPath = Annotated[str, Path(min_length=1, max_length=250, description="The alias.", examples=["production"])]
ExperimentQuery = Annotated[str, Query(min_length=1, max_length=500, description="The id or name of an experiment.")]
_Name = Annotated[str, Field(min_length=1, max_length=500)]
_Url = Annotated[str | None, Field(max_length=2_000)]


class GitBody(Body):
    """The source that a model was made from; `dirty` says that files differed from the commit, `diff` how."""

    commit: Id | None = None
    branch: Id | None = None
    remote: _Url = None
    dirty: bool = False
    diff_digest: Id | None = None
    diff: Annotated[str | None, Field(max_length=MAX_DIFF_BYTES)] = None


class PromptUseBody(Body):
    """A version of a prompt that a model uses."""

    name: Id
    version: Annotated[int, Field(ge=0, le=MAX_NUMBER)]


Prompts = Annotated[list[PromptUseBody], Field(max_length=MAX_PROMPTS)]


class ModelBody(Body):
    """A new model of `experiment` (id or name). With a `reuse_key` that made one before, that one is returned."""

    experiment: Annotated[str, Field(min_length=1, max_length=500)] = "0"
    name: _Name
    status: ModelStatus = "PENDING"
    status_message: Annotated[str | None, Field(max_length=MAX_MESSAGE)] = None
    model_type: Id | None = None
    source_run_id: Id | None = None
    source_trace_id: Annotated[str | None, Field(min_length=1, max_length=50)] = None
    parent_model_id: Id | None = None
    params: Params = Field(default_factory=dict[str, str])
    tags: Tags = Field(default_factory=dict[str, str])
    git: GitBody | None = None
    config_digest: Id | None = None
    dependencies_digest: Id | None = None
    prompt_versions: Prompts = Field(default_factory=list[PromptUseBody])
    reuse_key: Id | None = None
    model_id: Id | None = None

    def to_domain(self) -> ModelDraft:
        """Return the draft as the services take it."""
        return ModelDraft(
            name=self.name,
            status=self.status,
            status_message=self.status_message,
            model_type=self.model_type,
            source_run_id=None if self.source_run_id is None else RunId(self.source_run_id),
            source_trace_id=None if self.source_trace_id is None else TraceId(self.source_trace_id),
            parent_model_id=None if self.parent_model_id is None else ModelId(self.parent_model_id),
            params=self.params,
            tags=self.tags,
            git=None if self.git is None else GitInfo(**self.git.model_dump()),
            config_digest=self.config_digest,
            dependencies_digest=self.dependencies_digest,
            prompt_versions=prompts_of(self.prompt_versions),
            reuse_key=self.reuse_key,
            model_id=None if self.model_id is None else ModelId(self.model_id),
        )


class ModelChangeBody(Body):
    """A change; what is left out stays as it is. Tags are set, then deleted; a param is set once."""

    name: _Name | None = None
    status: ModelStatus | None = None
    status_message: Annotated[str | None, Field(max_length=MAX_MESSAGE)] = None
    set_params: Params = Field(default_factory=dict[str, str])
    set_tags: Tags = Field(default_factory=dict[str, str])
    delete_tags: TagKeys = Field(default_factory=list[str])
    add_prompts: Prompts = Field(default_factory=list[PromptUseBody])


class ModelMetricBody(Body):
    """One measurement of a model: by a run, on a dataset, or neither."""

    key: Id
    value: Number
    timestamp_ms: Whole
    step: Whole = 0
    dataset_id: Id | None = None
    dataset_digest: Id | None = None
    run_id: Id | None = None

    def to_domain(self) -> ModelMetric:
        """Return the metric as the services take it."""
        run_id = None if self.run_id is None else RunId(self.run_id)
        return ModelMetric(
            self.key, float(self.value), self.timestamp_ms, self.step, self.dataset_id, self.dataset_digest, run_id
        )


class ModelMetricsBody(Body):
    """Measurements of a model."""

    metrics: Annotated[list[ModelMetricBody], Field(max_length=MAX_METRICS)]


class GateRunBody(Body):
    """A gate that the server is to hold: the `rules` of a gate file (TOML) on an evaluation of the model."""

    run_id: Id
    rules: Annotated[str, Field(max_length=MAX_GATE_TEXT)]
    baseline_run_id: Id | None = None

    def to_domain(self) -> GateRun:
        """Return the gate as the services take it."""
        baseline = None if self.baseline_run_id is None else RunId(self.baseline_run_id)
        return GateRun(RunId(self.run_id), self.rules, baseline)


class AliasBody(Body):
    """Where an alias of `experiment` (id or name) is to point; null takes it away.

    With a `gate_run` the server holds that gate and keeps its outcome, which must be a pass where the alias is gated.
    Without one, `gate` is kept as it is said.
    """

    experiment: Annotated[str, Field(min_length=1, max_length=500)] = "0"
    model_id: Id | None
    reason: Annotated[str, Field(max_length=MAX_REASON)] = ""
    gate: GateOutcome | None = None
    gate_report: Annotated[str | None, Field(max_length=MAX_REASON)] = None
    gate_run: GateRunBody | None = None


def prompts_of(bodies: list[PromptUseBody]) -> tuple[PromptUse, ...]:
    """Return prompt versions as the services take them."""
    return tuple(PromptUse(item.name, item.version) for item in bodies)


@router.post("", **answer(Model, 404, 409, 413, status=201))
def create_model(actor: ActorDep, services: ServicesDep, body: ModelBody) -> Json:
    """Create a model, or return the one that the same `reuse_key` made."""
    return Json(services.models.create(actor, body.experiment, body.to_domain()), status_code=201)


@router.get("", **answer(Page[Model], 404))
def search_models(
    actor: ActorDep, services: ServicesDep, query: NativeListedDep, lifecycle: ListedLifecycle = "ACTIVE"
) -> Json:
    """List models that match a filter, newest first, without the diffs of their source."""
    return Json(services.models.search(actor, query, lifecycle=lifecycle_of(lifecycle)))


@router.get("/diff", **answer(ModelDiff, 404))
def diff_models(
    actor: ActorDep,
    services: ServicesDep,
    left: Annotated[str, Query(min_length=1, max_length=250, description="The id of a model.")],
    right: Annotated[str, Query(min_length=1, max_length=250, description="The id of another.")],
) -> Json:
    """Return how two models differ in params, prompts, source and metrics."""
    return Json(services.models.diff(actor, ModelId(left), ModelId(right)))


@router.get("/aliases", **answer(list[AliasEvent], 404))
def list_alias_events(
    actor: ActorDep,
    services: ServicesDep,
    experiment: ExperimentQuery,
    *,
    alias: Annotated[str | None, Query(max_length=250, description="Only moves of this alias.")] = None,
    limit: LimitParam = 50,
) -> Json:
    """List the latest moves of an experiment's aliases, the last first."""
    return Json(services.models.alias_events(actor, experiment, alias, limit=limit))


@router.get("/aliases/{alias}", **answer(Model, 404))
def get_model_by_alias(actor: ActorDep, services: ServicesDep, alias: AliasPath, experiment: ExperimentQuery) -> Json:
    """Return the model that an alias points at."""
    return Json(services.models.by_alias(actor, experiment, alias))


@router.put("/aliases/{alias}", **answer(Model | None, 404, 409, 413))
def set_model_alias(actor: ActorDep, services: ServicesDep, alias: AliasPath, body: AliasBody) -> Json:
    """Move an alias to a model, or take it away; return the model that it points at now, null for none."""
    model_id = None if body.model_id is None else ModelId(body.model_id)
    gate_run = None if body.gate_run is None else body.gate_run.to_domain()
    move = AliasMove(alias, model_id, body.reason, body.gate, body.gate_report, gate_run)
    return Json(services.models.set_alias(actor, body.experiment, move))


@router.get("/{model_id}", **answer(Model, 404))
def get_model(actor: ActorDep, services: ServicesDep, model_id: ModelPath) -> Json:
    """Return one model, deleted or not."""
    return Json(services.models.get(actor, ModelId(model_id)))


@router.patch("/{model_id}", **answer(Model, 404, 409, 413))
def update_model(actor: ActorDep, services: ServicesDep, model_id: ModelPath, body: ModelChangeBody) -> Json:
    """Rename a model, set its status, add params and prompts, set and delete tags."""
    change = ModelChange(
        name=body.name,
        status=body.status,
        status_message=body.status_message,
        set_params=body.set_params,
        set_tags=body.set_tags,
        delete_tags=tuple(body.delete_tags),
        add_prompts=prompts_of(body.add_prompts),
    )
    return Json(services.models.update(actor, ModelId(model_id), change))


@router.delete("/{model_id}", **answer(Model, 404, 409))
def delete_model(actor: ActorDep, services: ServicesDep, model_id: ModelPath) -> Json:
    """Delete a model: hide it from lists until it is restored. Its traces stay."""
    return Json(services.models.delete(actor, ModelId(model_id)))


@router.post("/{model_id}/restore", **answer(Model, 404, 409))
def restore_model(actor: ActorDep, services: ServicesDep, model_id: ModelPath) -> Json:
    """Restore a deleted model without loss."""
    return Json(services.models.restore(actor, ModelId(model_id)))


@router.post("/{model_id}/metrics", **answer(Model, 404, 409, 413))
def log_model_metrics(actor: ActorDep, services: ServicesDep, model_id: ModelPath, body: ModelMetricsBody) -> Json:
    """Log measurements of a model; of each key, dataset and run the latest is kept."""
    metrics = [item.to_domain() for item in body.metrics]
    return Json(services.models.log_metrics(actor, ModelId(model_id), metrics))
