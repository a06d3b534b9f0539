"""References by id to what may belong to another experiment: what the actor may not read there is not found.

An id that nothing here has may be given: programs name models and datasets that are kept elsewhere, or come later.
"""

from collections.abc import Iterable

from lodeline.auth.actor import Actor
from lodeline.auth.policy import permit, reach_of
from lodeline.domain.errors import NotFound
from lodeline.domain.ids import DatasetId, ExperimentId, ModelId, RunId
from lodeline.domain.run import RunInput, RunOutput
from lodeline.storage.base import Stores


def check_references(
    stores: Stores,
    actor: Actor,
    *,
    runs: Iterable[str | None] = (),
    datasets: Iterable[str | None] = (),
    models: Iterable[str | None] = (),
) -> None:
    """Return when the actor may read the runs, datasets and models of these ids, as far as there are any; a dataset
    also where it is linked to an experiment in which they may. NotFound for one out of reach."""
    wanted = _distinct(runs)
    if wanted and not reach_of(actor, "run.read").everything:
        for run in stores.runs.get([RunId(each) for each in wanted]):
            permit(actor, "run.read", run.experiment_id, missing=NotFound.of("run", run.run_id))
    wanted = _distinct(models)
    if wanted and not reach_of(actor, "model.read").everything:
        for model in stores.models.get([ModelId(each) for each in wanted]):
            permit(actor, "model.read", model.experiment_id, missing=NotFound.of("model", model.model_id))
    readable = reach_of(actor, "dataset.read")
    for dataset_id in () if readable.everything else _distinct(datasets):
        homes = _homes(stores, dataset_id)
        if homes and not readable.narrowed(homes):
            permit(actor, "dataset.read", homes[0], missing=NotFound.of("dataset", dataset_id))


def check_inputs(
    stores: Stores, actor: Actor, inputs: Iterable[RunInput], outputs: Iterable[RunOutput], parent: str | None = None
) -> None:
    """Return when a run's inputs, outputs and parent may be named, as `check_references` says."""
    ins = tuple(inputs)
    check_references(
        stores, actor,
        runs=(parent,),
        datasets=(each.dataset_id for each in ins),
        models=(*(each.model_id for each in ins), *(each.model_id for each in outputs)),
    )  # fmt: skip


def _homes(stores: Stores, dataset_id: str) -> tuple[ExperimentId, ...]:
    """Return the experiment of a dataset and those that it is linked to; none of one that is not there."""
    try:
        found = stores.datasets.get(DatasetId(dataset_id))
    except NotFound:
        return ()
    return (found.experiment_id, *found.linked_experiment_ids)


def _distinct(ids: Iterable[str | None]) -> list[str]:
    return list(dict.fromkeys(each for each in ids if each))
