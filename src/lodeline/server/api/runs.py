"""Native routes of runs: create, list, change, delete; their metrics."""

from typing import Annotated, Literal

from fastapi import Path, Query
from pydantic import Field

from lodeline.domain.ids import ModelId, RunId
from lodeline.domain.page import DEFAULT_LIMIT, Page
from lodeline.domain.run import (
    MAX_INPUT_TEXT,
    MAX_INPUTS,
    MAX_NUMBER,
    MAX_PARAM_VALUE,
    MAX_PARAMS,
    MAX_POINTS,
    MetricPoint,
    MetricsReport,
    Run,
    RunChange,
    RunDraft,
    RunInput,
    RunOutput,
    RunStatus,
)
from lodeline.server.access import ActorDep
from lodeline.server.answers import Json, ServicesDep, answer
from lodeline.server.api.bodies import Body, EpochMs, Id, TagKey, TagKeys, Tags
from lodeline.server.api.entry import native_router
from lodeline.server.api.listing import CursorParam, ListedLifecycle, NativeListedDep, lifecycle_of
from lodeline.services.runs import MAX_HISTORY

router = native_router("/runs", "runs")

RunPath = Annotated[str, Path(min_length=1, max_length=250, description="The run's id.")]
Number = float | Literal["NaN", "Infinity", "-Infinity"]
"""A number; JSON has no other way to write those that are not finite."""
Whole = Annotated[int, Field(ge=-MAX_NUMBER, le=MAX_NUMBER)]
Params = Annotated[
    dict[TagKey, Annotated[str, Field(max_length=MAX_PARAM_VALUE)]],
    Field(max_length=MAX_PARAMS, description="Params by key."),
]


_InputText = Annotated[str | None, Field(max_length=MAX_INPUT_TEXT)]


class RunInputBody(Body):
    """What went into a run: a dataset (by id or name) or a model. Of a dataset that is kept elsewhere `source` tells
    where, as its `source_type` says it; that, `schema` and `profile` are kept as they come."""

    dataset_id: Id | None = None
    name: Id | None = None
    version: Annotated[int | None, Field(ge=0, le=MAX_NUMBER)] = None
    digest: Id | None = None
    context: Id | None = None
    model_id: Id | None = None
    source_type: _InputText = None
    source: _InputText = None
    # Pydantic's models have a method of this name.
    schema_: Annotated[_InputText, Field(alias="schema")] = None
    profile: _InputText = None

    def to_domain(self) -> RunInput:
        """Return the input as the services take it."""
        model_id = None if self.model_id is None else ModelId(self.model_id)
        return RunInput(
            self.dataset_id,
            self.name,
            self.version,
            self.digest,
            self.context,
            model_id,
            source_type=self.source_type,
            source=self.source,
            schema=self.schema_,
            profile=self.profile,
        )


class RunOutputBody(Body):
    """A model that a run made, at a step of it."""

    model_id: Id
    step: Whole = 0


Inputs = Annotated[list[RunInputBody], Field(max_length=MAX_INPUTS)]
Outputs = Annotated[list[RunOutputBody], Field(max_length=MAX_INPUTS)]


class RunFields(Body):
    """What runs of every kind begin with."""

    experiment: Annotated[str, Field(min_length=1, max_length=500)] = "0"
    name: Annotated[str, Field(max_length=500)] = ""
    run_id: Id | None = None
    parent_run_id: Id | None = None
    start_ms: EpochMs | None = None
    params: Params = Field(default_factory=dict[str, str])
    tags: Tags = Field(default_factory=dict[str, str])
    inputs: Inputs = Field(default_factory=list[RunInputBody])
    outputs: Outputs = Field(default_factory=list[RunOutputBody])

    def to_run(self, status: RunStatus = "RUNNING", end_ms: int | None = None) -> RunDraft:
        """Return the draft of the run as the services take it."""
        return RunDraft(
            name=self.name,
            status=status,
            start_ms=self.start_ms,
            end_ms=end_ms,
            parent_run_id=None if self.parent_run_id is None else RunId(self.parent_run_id),
            params=self.params,
            tags=self.tags,
            inputs=tuple(item.to_domain() for item in self.inputs),
            outputs=outputs_of(self.outputs),
            run_id=None if self.run_id is None else RunId(self.run_id),
        )


class RunBody(RunFields):
    """A new run of `experiment` (id or name). Without `start_ms` it begins now; an id is made unless one is given."""

    status: RunStatus = "RUNNING"
    end_ms: EpochMs | None = None


class RunChangeBody(Body):
    """A change; what is left out stays as it is. Tags are set, then deleted; a param is set once."""

    name: Annotated[str | None, Field(max_length=500)] = None
    status: RunStatus | None = None
    end_ms: EpochMs | None = None
    set_params: Params = Field(default_factory=dict[str, str])
    set_tags: Tags = Field(default_factory=dict[str, str])
    delete_tags: TagKeys = Field(default_factory=list[str])
    add_inputs: Inputs = Field(default_factory=list[RunInputBody])
    add_outputs: Outputs = Field(default_factory=list[RunOutputBody])


class MetricBody(Body):
    """One measurement; it may say on which dataset and of which model it is."""

    key: Id
    value: Number
    timestamp_ms: Whole
    step: Whole = 0
    dataset_id: Id | None = None
    dataset_digest: Id | None = None
    model_id: Id | None = None

    def to_domain(self) -> MetricPoint:
        """Return the point as the services take it."""
        model_id = None if self.model_id is None else ModelId(self.model_id)
        return MetricPoint(
            self.key, float(self.value), self.timestamp_ms, self.step, self.dataset_id, self.dataset_digest, model_id
        )


class MetricsBody(Body):
    """Measurements of a run."""

    metrics: Annotated[list[MetricBody], Field(max_length=MAX_POINTS)]


def outputs_of(bodies: list[RunOutputBody]) -> tuple[RunOutput, ...]:
    """Return outputs as the services take them."""
    return tuple(RunOutput(ModelId(item.model_id), item.step) for item in bodies)


@router.post("", **answer(Run, 404, 409, 413, status=201))
def create_run(actor: ActorDep, services: ServicesDep, body: RunBody) -> Json:
    """Create a run of an experiment. Evaluations are created by their own route."""
    return Json(services.runs.create(actor, body.experiment, body.to_run(body.status, body.end_ms)), status_code=201)


@router.get("", **answer(Page[Run], 404))
def search_runs(
    actor: ActorDep, services: ServicesDep, query: NativeListedDep, lifecycle: ListedLifecycle = "ACTIVE"
) -> Json:
    """List runs of every kind that match a filter, newest start first."""
    return Json(services.runs.search(actor, query, lifecycle=lifecycle_of(lifecycle)))


@router.get("/{run_id}", **answer(Run, 404))
def get_run(actor: ActorDep, services: ServicesDep, run_id: RunPath) -> Json:
    """Return one run of any kind, deleted or not, with the latest point of each metric."""
    return Json(services.runs.get(actor, RunId(run_id)))


@router.patch("/{run_id}", **answer(Run, 404, 409, 413))
def update_run(actor: ActorDep, services: ServicesDep, run_id: RunPath, body: RunChangeBody) -> Json:
    """Rename, end or revive a run; add params, inputs and outputs; set and delete tags."""
    change = RunChange(
        name=body.name,
        status=body.status,
        end_ms=body.end_ms,
        set_params=body.set_params,
        set_tags=body.set_tags,
        delete_tags=tuple(body.delete_tags),
        add_inputs=tuple(item.to_domain() for item in body.add_inputs),
        add_outputs=outputs_of(body.add_outputs),
    )
    return Json(services.runs.update(actor, RunId(run_id), change))


@router.delete("/{run_id}", **answer(Run, 404, 409))
def delete_run(actor: ActorDep, services: ServicesDep, run_id: RunPath) -> Json:
    """Delete a run: hide it from lists until it is restored. Its traces stay."""
    return Json(services.runs.delete(actor, RunId(run_id)))


@router.post("/{run_id}/restore", **answer(Run, 404, 409))
def restore_run(actor: ActorDep, services: ServicesDep, run_id: RunPath) -> Json:
    """Restore a deleted run without loss."""
    return Json(services.runs.restore(actor, RunId(run_id)))


@router.post("/{run_id}/metrics", **answer(MetricsReport, 404, 409, 413))
def log_run_metrics(actor: ActorDep, services: ServicesDep, run_id: RunPath, body: MetricsBody) -> Json:
    """Log points of metrics. A point that is known already changes nothing."""
    points = [item.to_domain() for item in body.metrics]
    return Json(services.runs.log_metrics(actor, RunId(run_id), points))


@router.get("/{run_id}/metrics", **answer(Page[MetricPoint], 404))
def get_metric_history(
    actor: ActorDep,
    services: ServicesDep,
    run_id: RunPath,
    *,
    key: Annotated[str, Query(min_length=1, max_length=250, description="The metric.")],
    limit: Annotated[int, Query(ge=1, le=MAX_HISTORY, description="Most points of this page.")] = DEFAULT_LIMIT,
    cursor: CursorParam = None,
) -> Json:
    """List the points of one metric by step, time and value."""
    return Json(services.runs.metric_history(actor, RunId(run_id), key, limit=limit, cursor=cursor))
