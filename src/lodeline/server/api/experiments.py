"""Native routes of experiments."""

from typing import Annotated, Literal, cast

from fastapi import Path, Query
from pydantic import Field

from lodeline.domain.budget import BudgetPeriod, Spending
from lodeline.domain.experiment import (
    CaptureMode,
    Experiment,
    ExperimentChange,
    ExperimentDraft,
    ExperimentSettings,
    PriceOverride,
    PurgeReceipt,
    SettingsChange,
    changed_settings,
)
from lodeline.domain.ids import check_experiment_id
from lodeline.domain.page import Page
from lodeline.server.access import ActorDep
from lodeline.server.answers import Json, ServicesDep, answer
from lodeline.server.api.bodies import Body, TagKeys, Tags
from lodeline.server.api.entry import native_router
from lodeline.server.api.listing import PagedDep

router = native_router("/experiments", "experiments")

ExperimentPath = Annotated[str, Path(max_length=20, description="The experiment's id.", examples=["0"])]
_Usd = Annotated[float | None, Field(ge=0, le=1e9)]
_Name = Annotated[str, Field(min_length=1, max_length=500)]
_Names = Annotated[list[_Name], Field(max_length=100)]


class PriceBody(Body):
    """Own prices of one model, in US dollars per million tokens."""

    model: _Name
    provider: _Name | None = None
    input_usd_per_mtok: _Usd = None
    output_usd_per_mtok: _Usd = None
    cache_read_usd_per_mtok: _Usd = None
    cache_write_usd_per_mtok: _Usd = None


class RetentionBody(Body):
    """How long traces are kept; null means no limit."""

    max_age_days: Annotated[float | None, Field(gt=0, le=1e6, strict=True)] = None
    max_traces: Annotated[int | None, Field(gt=0, le=2**53, strict=True)] = None
    max_bytes: Annotated[int | None, Field(gt=0, le=2**53, strict=True)] = None


class CostBudgetBody(Body):
    """What the traces that begin in one day, week or month (UTC) may cost, in US dollars; null means no budget."""

    max_usd: Annotated[float | None, Field(gt=0, le=1e12, strict=True)] = None
    period: BudgetPeriod | None = None


class SettingsBody(Body):
    """What every incoming trace of an experiment inherits.

    What is left out stays as it is, so that two changes at one time keep each other; null is what it is by default.
    """

    capture: CaptureMode | None = None
    mask_patterns: Annotated[list[_Name] | None, Field(max_length=100)] = None
    mask_secrets: bool | None = None
    prices: Annotated[list[PriceBody] | None, Field(max_length=1_000)] = None
    retention: RetentionBody | None = None
    recommended_tags: _Names | None = None
    environments: _Names | None = None
    default_environment: _Name | None = None
    gated_aliases: _Names | None = None
    enforce_label_schemas: bool | None = None
    budget: CostBudgetBody | None = None

    def to_domain(self) -> SettingsChange:
        """Return what is set as the services take it."""
        change: dict[str, object] = {}
        for name in self.model_fields_set:
            value = getattr(self, name)
            if name in _GROUPS:
                usual = getattr(_DEFAULTS, name)
                parts = _GROUPS[name]() if value is None else value
                given = parts.model_dump(exclude_unset=value is not None)
                change[name] = {key: getattr(usual, key) if part is None else part for key, part in given.items()}
            elif value is None:
                change[name] = getattr(_DEFAULTS, name)
            elif name == "prices":
                change[name] = tuple(PriceOverride(**price.model_dump()) for price in self.prices or ())
            else:
                change[name] = tuple(cast("list[str]", value)) if isinstance(value, list) else value
        return cast("SettingsChange", change)


_DEFAULTS = ExperimentSettings()
_GROUPS: dict[str, type[RetentionBody] | type[CostBudgetBody]] = {
    "retention": RetentionBody,
    "budget": CostBudgetBody,
}


class ExperimentBody(Body):
    """A new experiment. Sent again with the same `client_key` it returns the first one."""

    name: _Name
    description: Annotated[str, Field(max_length=100_000)] = ""
    tags: Tags = Field(default_factory=dict[str, str])
    settings: SettingsBody | None = None
    client_key: Annotated[str | None, Field(min_length=1, max_length=250)] = None


class ExperimentChangeBody(Body):
    """A change; what is left out stays as it is. Tags are set, then deleted."""

    name: _Name | None = None
    description: Annotated[str | None, Field(max_length=100_000)] = None
    settings: SettingsBody | None = None
    set_tags: Tags = Field(default_factory=dict[str, str])
    delete_tags: TagKeys = Field(default_factory=list[str])


@router.post("", **answer(Experiment, 409, 413, status=201))
def create_experiment(actor: ActorDep, services: ServicesDep, body: ExperimentBody) -> Json:
    """Create an experiment."""
    draft = ExperimentDraft(
        name=body.name,
        description=body.description,
        tags=body.tags,
        settings=changed_settings(_DEFAULTS, None if body.settings is None else body.settings.to_domain()),
        client_key=body.client_key,
    )
    return Json(services.experiments.create(actor, draft), status_code=201)


@router.get("", **answer(Page[Experiment]))
def search_experiments(
    actor: ActorDep,
    services: ServicesDep,
    query: PagedDep,
    lifecycle: Annotated[Literal["ACTIVE", "DELETED", "ALL"], Query(description="Which ones to list.")] = "ACTIVE",
) -> Json:
    """List experiments, newest created first."""
    page = services.experiments.search(actor, query, lifecycle=None if lifecycle == "ALL" else lifecycle)
    return Json(page)


@router.get("/find", **answer(Experiment, 404))
def find_experiment(
    actor: ActorDep,
    services: ServicesDep,
    name: Annotated[str, Query(min_length=1, max_length=500, description="An id, or else an exact name.")],
) -> Json:
    """Find an experiment by id or by exact name, deleted or not."""
    return Json(services.experiments.find(actor, name))


@router.get("/{experiment_id}", **answer(Experiment, 404))
def get_experiment(actor: ActorDep, services: ServicesDep, experiment_id: ExperimentPath) -> Json:
    """Return one experiment, deleted or not."""
    return Json(services.experiments.get(actor, check_experiment_id(experiment_id)))


@router.get("/{experiment_id}/budget", **answer(Spending, 404))
def get_budget(actor: ActorDep, services: ServicesDep, experiment_id: ExperimentPath) -> Json:
    """Return what its traces have cost in the present day, week or month, beside the budget."""
    return Json(services.budgets.spending(actor, check_experiment_id(experiment_id)))


@router.patch("/{experiment_id}", **answer(Experiment, 404, 409, 413))
def update_experiment(
    actor: ActorDep, services: ServicesDep, experiment_id: ExperimentPath, body: ExperimentChangeBody
) -> Json:
    """Rename, describe, tag or set settings."""
    change = ExperimentChange(
        name=body.name,
        description=body.description,
        settings=None if body.settings is None else body.settings.to_domain(),
        set_tags=body.set_tags,
        delete_tags=tuple(body.delete_tags),
    )
    return Json(services.experiments.update(actor, check_experiment_id(experiment_id), change))


@router.delete("/{experiment_id}", **answer(Experiment, 404, 409))
def delete_experiment(actor: ActorDep, services: ServicesDep, experiment_id: ExperimentPath) -> Json:
    """Delete an experiment: hide it with all that is in it. It can be restored until it is purged."""
    return Json(services.experiments.delete(actor, check_experiment_id(experiment_id)))


@router.post("/{experiment_id}/restore", **answer(Experiment, 404, 409))
def restore_experiment(actor: ActorDep, services: ServicesDep, experiment_id: ExperimentPath) -> Json:
    """Restore a deleted experiment without loss."""
    return Json(services.experiments.restore(actor, check_experiment_id(experiment_id)))


@router.post("/{experiment_id}/purge", **answer(PurgeReceipt, 404, 409))
def purge_experiment(actor: ActorDep, services: ServicesDep, experiment_id: ExperimentPath) -> Json:
    """Remove a deleted experiment and everything in it for good; answer when that is done.

    It goes on when the caller leaves, and after a restart of the server; `GET` tells how far it is.
    """
    return Json(services.experiments.purge(actor, check_experiment_id(experiment_id)))


@router.get("/{experiment_id}/purge", **answer(PurgeReceipt, 404))
def get_purge(actor: ActorDep, services: ServicesDep, experiment_id: ExperimentPath) -> Json:
    """Return what a purge has removed by now, and whether it is finished."""
    return Json(services.experiments.purged(actor, check_experiment_id(experiment_id)))
