"""Fluent functions about experiments, over the default client."""

from collections.abc import Mapping, Sequence
from typing import Literal

from lodeline.domain.errors import Conflict, NotFound
from lodeline.domain.experiment import Experiment, ExperimentSettings
from lodeline.sdk.client.clients import LodelineClient
from lodeline.sdk.default_client import default_client


def create_experiment(
    name: str,
    *,
    description: str = "",
    tags: Mapping[str, str] | None = None,
    settings: ExperimentSettings | None = None,
) -> Experiment:
    """Create an experiment and return it; Conflict when the name is taken, also by a deleted one."""
    return default_client().experiments.create(name, description=description, tags=tags, settings=settings)


def make_experiment(client: LodelineClient, name: str) -> str:
    """Make an experiment that was not there a moment ago and return its id."""
    try:
        return client.experiments.create(name).experiment_id
    except Conflict:  # another program was quicker
        return client.experiments.find(name).experiment_id


def get_experiment(experiment: str) -> Experiment:
    """Return the experiment of this id or exact name, deleted or not; NotFound when there is none."""
    return default_client().experiments.find(experiment)


def get_experiment_by_name(name: str) -> Experiment | None:
    """Return the experiment of this exact name, deleted or not; None when there is none."""
    try:
        found = default_client().experiments.find(name)
    except NotFound:
        return None
    return found if found.name == name else None


def search_experiments(
    *,
    filter: str = "",
    order: str = "",
    lifecycle: Literal["ACTIVE", "DELETED", "ALL"] = "ACTIVE",
    limit: int | None = 1_000,
) -> list[Experiment]:
    """Return experiments that match a filter, newest first, at most `limit` (None: all of them)."""
    found = default_client().experiments.search(filter=filter, order=order, lifecycle=lifecycle, limit=limit)
    return found.all()


def update_experiment(
    experiment: str,
    *,
    name: str | None = None,
    description: str | None = None,
    settings: ExperimentSettings | Mapping[str, object] | None = None,
    set_tags: Mapping[str, str] | None = None,
    delete_tags: Sequence[str] = (),
) -> Experiment:
    """Change what is given of an experiment (id or name) and return it.

    `settings` as a mapping changes those that it names; an `ExperimentSettings` replaces all.
    """
    experiments = default_client().experiments
    found = experiments.find(experiment)
    return experiments.update(
        found.experiment_id,
        name=name,
        description=description,
        settings=settings,
        set_tags=set_tags,
        delete_tags=delete_tags,
    )


def delete_experiment(experiment: str) -> Experiment:
    """Hide an experiment (id or name) with all that is in it, until it is restored or purged."""
    experiments = default_client().experiments
    return experiments.delete(experiments.find(experiment).experiment_id)


def restore_experiment(experiment: str) -> Experiment:
    """Restore a deleted experiment (id or name) without loss."""
    experiments = default_client().experiments
    return experiments.restore(experiments.find(experiment).experiment_id)
