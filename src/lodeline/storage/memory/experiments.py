"""Experiments in memory."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from lodeline.domain.audit import AuditEntry
from lodeline.domain.blob import experiment_folder
from lodeline.domain.errors import Conflict, Deleted, NotFound
from lodeline.domain.experiment import (
    Experiment,
    ExperimentChange,
    ExperimentDraft,
    PurgeReceipt,
    changed_experiment,
    experiment_taken,
    id_is_name,
    name_is_id,
    never_purged,
)
from lodeline.domain.ids import DEFAULT_EXPERIMENT, DatasetId, ExperimentId
from lodeline.domain.page import Page
from lodeline.domain.registered_scorer import RegisteredScorer
from lodeline.query.ast import Search
from lodeline.storage.base import BlobStore
from lodeline.storage.memory.datasets import DatasetTable
from lodeline.storage.memory.matching import experiment_page
from lodeline.storage.memory.prompts import PromptTable
from lodeline.storage.memory.scorers import ScorerKey
from lodeline.storage.memory.state import State

_DEFAULT = Experiment(DEFAULT_EXPERIMENT, "Default", "ACTIVE", created_ms=0, updated_ms=0)


class MemoryExperiments:
    """The `ExperimentStore` of the memory backend."""

    def __init__(
        self,
        state: State,
        blobs: BlobStore,
        datasets: dict[DatasetId, DatasetTable],
        prompts: dict[str, PromptTable],
        scorers: dict[ScorerKey, list[RegisteredScorer]],
    ) -> None:
        self._state = state
        self._datasets = datasets
        self._prompts = prompts
        self._scorers = scorers
        self._blobs = blobs
        self._purges: dict[ExperimentId, PurgeReceipt] = {}
        state.experiments[DEFAULT_EXPERIMENT] = _DEFAULT
        state.used_experiment_ids.add(DEFAULT_EXPERIMENT)

    def create(self, draft: ExperimentDraft, *, now_ms: int, audit: AuditEntry) -> Experiment:
        state = self._state
        with state.lock:
            if draft.client_key is not None and draft.client_key in state.client_keys:
                return state.experiments[state.client_keys[draft.client_key]]
            self._check_name_is_free(draft.name, draft.experiment_id)
            experiment_id = self._next_id() if draft.experiment_id is None else draft.experiment_id
            if experiment_id in state.experiments:
                raise experiment_taken("id", experiment_id, state.experiments[experiment_id])
            namesake = self.find(experiment_id)
            if namesake is not None:
                raise id_is_name(experiment_id, namesake)
            self._purges.pop(experiment_id, None)
            experiment = Experiment(
                experiment_id=experiment_id,
                name=draft.name,
                lifecycle="ACTIVE",
                created_ms=now_ms,
                updated_ms=now_ms if draft.updated_ms is None else draft.updated_ms,
                created_by=draft.created_by,
                description=draft.description,
                tags=dict(draft.tags),
                settings=draft.settings,
                artifact_root=draft.artifact_root,
            )
            state.experiments[experiment_id] = experiment
            state.used_experiment_ids.add(experiment_id)
            if draft.client_key is not None:
                state.client_keys[draft.client_key] = experiment_id
            state.record(replace(audit, experiment_id=experiment_id))
            return experiment

    def get(self, experiment_id: ExperimentId) -> Experiment:
        with self._state.lock:
            experiment = self._state.experiments.get(experiment_id)
            if experiment is None:
                raise NotFound.of("experiment", experiment_id)
            return experiment

    def find(self, name: str) -> Experiment | None:
        with self._state.lock:
            return next((e for e in self._state.experiments.values() if e.name == name), None)

    def search(self, search: Search) -> Page[Experiment]:
        with self._state.lock:
            return experiment_page(self._state, search)

    def update(self, experiment_id: ExperimentId, change: ExperimentChange, *, now_ms: int, audit: AuditEntry
               ) -> Experiment:  # fmt: skip
        with self._state.lock:
            old = self.get(experiment_id)
            if old.lifecycle == "DELETED" and change.lifecycle != "ACTIVE":
                raise Deleted.of("experiment", experiment_id)
            if change.name is not None and change.name != old.name:
                self._check_name_is_free(change.name, experiment_id)
            new = changed_experiment(old, change, now_ms=now_ms)
            self._state.experiments[experiment_id] = new
            self._state.record(audit)
            return new

    def purge(self, experiment_id: ExperimentId, *, audit: AuditEntry, stopping: Callable[[], bool] | None = None
              ) -> PurgeReceipt:  # fmt: skip
        del stopping
        with self._state.lock:
            experiment = self.get(experiment_id)
            if experiment_id == DEFAULT_EXPERIMENT:
                raise Conflict("the default experiment cannot be purged; delete its traces instead.")
            if experiment.lifecycle != "DELETED":
                raise Conflict(f"experiment {experiment_id!r} is not deleted; delete it before purging it.")
            receipt = self._purges[experiment_id] = self._remove(experiment)
            self._state.record(replace(audit, details={**audit.details, **receipt.counted()}))
            return receipt

    def home_of(self, noun: str, ident: str) -> ExperimentId | None:
        with self._state.lock:
            return next((home for home, name in self._things(noun) if name == ident), None)

    def _things(self, noun: str) -> Iterator[tuple[ExperimentId, str]]:
        """Yield where all things of a noun are, and their ids."""
        state = self._state
        match noun:
            case "trace":
                yield from ((each.experiment_id, each.trace_id) for each in state.traces.values())
            case "assessment":
                yield from ((each.experiment_id, each.assessment_id) for each in state.present_assessments())
            case "run" | "evaluation" | "labeling session" | "review queue":
                yield from ((each.run.experiment_id, each.run.run_id) for each in state.runs.values())
            case "item":
                for record in state.runs.values():
                    items = () if record.labeling is None else record.labeling.items
                    yield from ((record.run.experiment_id, item_id) for item_id in items)
            case "model":
                yield from ((each.experiment_id, each.model_id) for each in state.models.values())
            case "dataset":
                yield from ((each.dataset.experiment_id, ident) for ident, each in self._datasets.items())
            case "issue":
                yield from ((each.experiment_id, ident) for ident, each in state.issues.items())
            case "label schema":
                yield from ((each[-1].experiment_id, ident) for ident, each in state.label_schemas.items())
            case _:
                pass

    def purged(self, experiment_id: ExperimentId) -> PurgeReceipt:
        with self._state.lock:
            if experiment_id not in self._purges:
                raise never_purged(experiment_id)
            return self._purges[experiment_id]

    def purging(self) -> Sequence[PurgeReceipt]:
        return ()

    def _remove(self, experiment: Experiment) -> PurgeReceipt:
        state, experiment_id = self._state, experiment.experiment_id
        records = [r for r in state.traces.values() if r.experiment_id == experiment_id]
        for record in records:
            del state.traces[record.trace_id]
        state.deliveries = {i: d for i, d in state.deliveries.items() if d.experiment_id != experiment_id}
        state.parked = {i: each for i, each in state.parked.items() if each.experiment_id != experiment_id}
        assessments = state.forget_assessments(lambda a: a.experiment_id == experiment_id)
        runs, labeling_items = state.forget_runs(experiment_id)
        models = state.forget_models(experiment_id)
        label_schemas = state.forget_label_schemas(experiment_id)
        issues = state.forget_issues(experiment_id)
        state.client_keys = {k: i for k, i in state.client_keys.items() if i != experiment_id}
        gone = [i for i, table in self._datasets.items() if table.dataset.experiment_id == experiment_id]
        tables = [self._datasets.pop(dataset_id) for dataset_id in gone]
        for table in self._datasets.values():
            links = tuple(link for link in table.dataset.linked_experiment_ids if link != experiment_id)
            table.dataset = replace(table.dataset, linked_experiment_ids=links)
        prompts = [name for name, each in self._prompts.items() if each.prompt.experiment_id == experiment_id]
        for each in self._prompts.values():
            links = tuple(link for link in each.prompt.linked_experiment_ids if link != experiment_id)
            each.prompt = replace(each.prompt, linked_experiment_ids=links)
        scorers = [key for key in self._scorers if key[0] == experiment_id]
        for key in prompts:
            del self._prompts[key]
        for key in scorers:
            del self._scorers[key]
        blobs, blob_bytes = self._blobs.delete(experiment_folder(experiment_id))
        del state.experiments[experiment_id]
        return PurgeReceipt(
            experiment_id=experiment_id,
            name=experiment.name,
            traces=len(records),
            spans=sum(len(record.fold) for record in records),
            assessments=assessments,
            blobs=blobs,
            bytes_freed=blob_bytes + sum(record.fold.summary().size_bytes for record in records),
            runs=runs,
            models=models,
            datasets=len(tables),
            records=sum(len(table.revisions) for table in tables),
            prompts=len(prompts),
            scorers=len(scorers),
            label_schemas=label_schemas,
            labeling_items=labeling_items,
            issues=issues,
            of_traces=len(records),
        )

    def _next_id(self) -> ExperimentId:
        names = {each.name for each in self._state.experiments.values()}
        number = 1
        while str(number) in self._state.used_experiment_ids or str(number) in names:
            number += 1
        return ExperimentId(str(number))

    def _check_name_is_free(self, name: str, own: ExperimentId | None) -> None:
        """Refuse a name that another experiment has, or that is the id of another than `own`."""
        holder = self.find(name)
        if holder is not None:
            raise experiment_taken("name", name, holder)
        called = self._state.experiments.get(ExperimentId(name))
        if called is not None and called.experiment_id != own:
            raise name_is_id(name, called)
