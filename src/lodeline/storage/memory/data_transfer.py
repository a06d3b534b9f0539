"""Whole datasets, prompts and registered scorers in memory, taken out and put back."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from lodeline.domain.dataset import name_taken
from lodeline.domain.experiment import Lifecycle
from lodeline.domain.ids import DatasetId, ExperimentId
from lodeline.domain.prompt import names_when_taken, prompt_name_taken
from lodeline.domain.record import RecordRevision
from lodeline.domain.registered_scorer import RegisteredScorer
from lodeline.domain.transfer import DatasetDump, PromptDump, named_prompt
from lodeline.storage.memory.datasets import DatasetTable, visible
from lodeline.storage.memory.prompts import PromptTable
from lodeline.storage.memory.scorers import ScorerKey
from lodeline.storage.memory.state import State


class MemoryDataTransfer:
    """The `DataTransferStore` of the memory backend."""

    def __init__(
        self,
        state: State,
        datasets: dict[DatasetId, DatasetTable],
        prompts: dict[str, PromptTable],
        scorers: dict[ScorerKey, list[RegisteredScorer]],
    ) -> None:
        self._state = state
        self._datasets = datasets
        self._prompts = prompts
        self._scorers = scorers

    def revisions(self, dataset_id: DatasetId) -> Iterator[RecordRevision]:
        with self._state.lock:
            table = visible(self._state, self._datasets, dataset_id)
            return iter([revision for entries in table.revisions.values() for revision in entries])

    def holder_of(self, dataset_id: DatasetId) -> ExperimentId | None:
        with self._state.lock:
            table = self._datasets.get(dataset_id)
            return None if table is None else table.dataset.experiment_id

    def restore_dataset(self, experiment_id: ExperimentId, dump: DatasetDump) -> bool:
        with self._state.lock:
            self._state.writable(experiment_id)
            dataset = dump.dataset
            there = self._datasets.get(dataset.dataset_id)
            if there is not None:
                return there.dataset.updated_ms == 0
            number = max((table.number for table in self._datasets.values()), default=0) + 1
            moved = replace(dataset, experiment_id=experiment_id, linked_experiment_ids=(), draft_changes=0)
            moved = replace(moved, lifecycle="DELETED", updated_ms=0)
            self._datasets[dataset.dataset_id] = DatasetTable(
                moved,
                number,
                [replace(version, labels=()) for version in dump.versions],
                {label: version.version for version in dump.versions for label in version.labels},
            )
            return True

    def complete_dataset(self, dataset_id: DatasetId, *, lifecycle: Lifecycle, updated_ms: int) -> None:
        with self._state.lock:
            table = visible(self._state, self._datasets, dataset_id, for_write=True)
            for other in self._datasets.values():
                one = other.dataset
                if lifecycle == one.lifecycle == "ACTIVE" and (one.experiment_id, one.name) == (
                    table.dataset.experiment_id, table.dataset.name,
                ):  # fmt: skip
                    raise name_taken(one.name, one.dataset_id)
            table.dataset = replace(table.dataset, lifecycle=lifecycle, updated_ms=updated_ms)

    def restore_records(self, dataset_id: DatasetId, revisions: Sequence[RecordRevision]) -> int:
        with self._state.lock:
            table = visible(self._state, self._datasets, dataset_id, for_write=True)
            before = len(table.revisions)
            for revision in revisions:
                entries = table.revisions.setdefault(revision.record.record_id, [])
                if all(entry.valid_from != revision.valid_from for entry in entries):
                    entries.append(revision)
                    entries.sort(key=lambda entry: entry.valid_from)
            _count_draft(table)
            return len(table.revisions) - before

    def restore_prompt(self, experiment_id: ExperimentId, dump: PromptDump) -> bool:
        with self._state.lock:
            self._state.writable(experiment_id)
            for name in names_when_taken(dump.prompt.name, experiment_id):
                there = self._prompts.get(name)
                if there is None:
                    break
                if there.prompt.experiment_id == experiment_id:
                    return False
            else:
                raise prompt_name_taken(dump.prompt.name)
            moved = named_prompt(dump, name, experiment_id)
            number = max((table.number for table in self._prompts.values()), default=0) + 1
            self._prompts[name] = PromptTable(moved.prompt, number, list(moved.versions), list(moved.events))
            return True

    def restore_scorer(self, experiment_id: ExperimentId, versions: Sequence[RegisteredScorer]) -> bool:
        with self._state.lock:
            self._state.writable(experiment_id)
            key = experiment_id, versions[0].name
            if key in self._scorers:
                return False
            self._scorers[key] = [replace(version, experiment_id=experiment_id) for version in versions]
            return True


def _count_draft(table: DatasetTable) -> None:
    begun = {i for i, entries in table.revisions.items() if any(e.valid_from == table.at for e in entries)}
    ended = {i for i, entries in table.revisions.items() if any(e.valid_to == table.at for e in entries)}
    table.added, table.changed, table.removed = len(begun - ended), len(begun & ended), len(ended - begun)
