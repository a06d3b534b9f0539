"""Fluent functions about datasets, over the default client."""

from collections.abc import Mapping, Sequence
from functools import partial

from lodeline.domain.dataset import Identity
from lodeline.domain.errors import NotFound
from lodeline.sdk.datasets.handle import Dataset
from lodeline.sdk.default_client import default_client
from lodeline.sdk.fluent_experiments import make_experiment
from lodeline.sdk.provider import current_experiment

_ID = "d-"


def create_dataset(
    name: str,
    *,
    experiment: str = "0",
    identity: Identity = "by_input",
    description: str = "",
    tags: Mapping[str, str] | None = None,
    input_schema: Mapping[str, object] | None = None,
    expectation_schema: Mapping[str, object] | None = None,
) -> Dataset:
    """Create an empty dataset of an experiment (id or name) and return its handle; Conflict when the name is taken.

    The experiment that traces go to is made when it is not there yet, as by its first trace.

    `identity` says when two records are the same: by their inputs, by their external ids, or never.
    """
    client = default_client()
    create = partial(
        client.datasets.create,
        name,
        identity=identity,
        description=description,
        tags=tags,
        input_schema=input_schema,
        expectation_schema=expectation_schema,
    )
    try:
        made = create(experiment=experiment)
    except NotFound as error:
        if experiment != current_experiment() or error.error_code != "experiment_not_found":
            raise
        made = create(experiment=make_experiment(client, experiment))
    return Dataset(client, made)


def get_dataset(dataset: str, *, experiment: str = "0", version: str | int = "latest") -> Dataset:
    """Return the handle of a dataset at a version, by its id or by its name in an experiment (id or name)."""
    client = default_client()
    by_id = dataset.startswith(_ID) and len(dataset) == len(_ID) + 32
    found = client.datasets.get(dataset) if by_id else client.datasets.find(dataset, experiment=experiment)
    handle = Dataset(client, found)
    return handle if version == "latest" else handle.at(version)


def search_datasets(
    *,
    experiment: str | Sequence[str] | None = None,
    filter: str = "",
    order: str = "",
    limit: int | None = 1_000,
) -> list[Dataset]:
    """Return handles of the datasets that match a filter, newest first, at most `limit` (None: all of them)."""
    client = default_client()
    found = client.datasets.search(experiment=experiment, filter=filter, order=order, limit=limit)
    return [Dataset(client, info) for info in found]


def delete_dataset(dataset: str, *, experiment: str = "0") -> Dataset:
    """Take a dataset (id, or name in an experiment) out of lists, until it is restored, and return its handle."""
    client = default_client()
    found = get_dataset(dataset, experiment=experiment)
    return Dataset(client, client.datasets.delete(found.dataset_id))
