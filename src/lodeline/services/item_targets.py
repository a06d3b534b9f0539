"""Targets of labeling items: what of them belongs to the experiment of their session.

An item may be about traces of its experiment, about records of datasets that are there or linked to it, and about
rows of its evaluations. Adding an item asks this; a file may hold items about anything, so an import asks it, and so
does whatever reads an item.
"""

from collections.abc import Mapping, Sequence

from lodeline.domain.dataset import Dataset
from lodeline.domain.errors import NotFound
from lodeline.domain.ids import DatasetId, ExperimentId, RecordId, RunId, TraceId
from lodeline.domain.labeling import ReviewTarget
from lodeline.domain.record import Record
from lodeline.domain.trace import Trace
from lodeline.storage.base import Stores


def traces_of(stores: Stores, experiment_id: ExperimentId, ids: Sequence[TraceId]) -> Sequence[Trace]:
    """Return those of traces that are there and belong to an experiment, in the order asked for."""
    return [trace for trace in stores.traces.get(ids) if trace.experiment_id == experiment_id]


def dataset_of(stores: Stores, experiment_id: ExperimentId, dataset_id: str) -> Dataset:
    """Return a dataset of an experiment, or one that is linked to it; else NotFound."""
    found = stores.datasets.get(DatasetId(dataset_id))
    if experiment_id not in {found.experiment_id, *found.linked_experiment_ids}:
        raise NotFound.of("dataset", dataset_id)
    return found


def record_of(stores: Stores, dataset: Dataset, record_id: str, version: int | None) -> Record | None:
    """Return a record as of a version (None: the draft or the latest); None when there is none."""
    number = dataset.latest_version + 1 if version is None else version
    found = stores.records.get(dataset.dataset_id, [RecordId(record_id)], number)
    return found[0] if found else None


class TargetOwners:
    """Tells of targets, which an import brings, whether they belong to another experiment than the one at hand."""

    def __init__(self, stores: Stores, experiment_id: ExperimentId) -> None:
        self._stores = stores
        self._experiment_id = experiment_id
        self._runs: dict[str, ExperimentId | None] = {}
        self._datasets: dict[str, bool] = {}

    def has_run(self, run_id: RunId) -> bool:
        """Tell whether a run is there and belongs to the experiment."""
        return self._owner_of_run(run_id) == self._experiment_id

    def foreign(self, targets: Sequence[ReviewTarget]) -> Sequence[str | None]:
        """Return of each target, in words, what of it belongs to another experiment; None of one that is all of this
        experiment, or of nobody: it was deleted, and an item that is about it is kept as one whose target is gone."""
        ids = {each for target in targets for each in (target.trace_id, target.other_trace_id) if each is not None}
        owners = self._stores.transfer.owners(sorted(ids))
        return [self._foreign(target, owners) for target in targets]

    def _foreign(self, target: ReviewTarget, owners: Mapping[TraceId, ExperimentId]) -> str | None:
        for trace_id in (target.trace_id, target.other_trace_id):
            if trace_id is not None and owners.get(trace_id, self._experiment_id) != self._experiment_id:
                return f"trace {trace_id}"
        if target.dataset_id is not None and self._is_foreign(target.dataset_id):
            return f"dataset {target.dataset_id}"
        if target.run_id is not None and self._owner_of_run(target.run_id) not in {None, self._experiment_id}:
            return f"evaluation {target.run_id}"
        return None

    def _owner_of_run(self, run_id: RunId) -> ExperimentId | None:
        if run_id not in self._runs:
            found = self._stores.runs.get([run_id])
            self._runs[run_id] = found[0].experiment_id if found else None
        return self._runs[run_id]

    def _is_foreign(self, dataset_id: str) -> bool:
        if dataset_id not in self._datasets:
            holder = self._stores.data_transfer.holder_of(DatasetId(dataset_id))
            self._datasets[dataset_id] = holder not in {None, self._experiment_id} and not self._reaches(dataset_id)
        return self._datasets[dataset_id]

    def _reaches(self, dataset_id: str) -> bool:
        try:
            dataset_of(self._stores, self._experiment_id, dataset_id)
        except NotFound:
            return False
        return True
