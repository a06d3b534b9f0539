"""What every backend implements for datasets, prompts and registered scorers, as `storage.base` says."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from lodeline.domain.audit import AuditEntry
from lodeline.domain.dataset import Dataset, DatasetChange, DatasetDraft, DatasetVersion, Published, VersionRef
from lodeline.domain.experiment import Lifecycle
from lodeline.domain.ids import DatasetId, ExperimentId, RecordId, TraceId
from lodeline.domain.page import Page
from lodeline.domain.prompt import (
    Prompt,
    PromptAliasEvent,
    PromptChange,
    PromptDraft,
    PromptVersion,
    RegisteredPrompt,
)
from lodeline.domain.record import (
    Record,
    RecordDifference,
    RecordPlace,
    RecordRevision,
    RecordWrite,
    WriteReport,
)
from lodeline.domain.registered_scorer import RegisteredScorer, ScorerDraft, ScorerRegistration
from lodeline.domain.transfer import DatasetDump, PromptDump
from lodeline.query.ast import Search

MAX_PAGE_CHARS = 16 * 2**20
"""A page of records may end before its limit once it holds so much text; its cursor tells."""


class DatasetStore(Protocol):
    """Datasets and their versions. Names are unique among the active datasets of an experiment."""

    def create(self, draft: DatasetDraft, *, now_ms: int, audit: AuditEntry) -> Dataset:
        """Make an empty dataset. Conflict when its name (details name the holder) or the given id is taken; NotFound
        or Deleted for the experiment. The audit entry is given the id as its target."""
        ...

    def get(self, dataset_id: DatasetId) -> Dataset:
        """Return it, deleted or not; NotFound when unknown or below a deleted experiment."""
        ...

    def find(self, experiment_id: ExperimentId, name: str) -> Dataset | None:
        """Return the active dataset of exactly this name, of this experiment or (second) linked to it; else None."""
        ...

    def search(self, search: Search) -> Page[Dataset]:
        """List the datasets of `search.experiment_ids` and those linked to them; default order is newest created
        first."""
        ...

    def update(self, dataset_id: DatasetId, change: DatasetChange, *, now_ms: int, audit: AuditEntry) -> Dataset:
        """Apply the change. Conflict when the new name, or that of a restored one, is taken; Deleted when it is
        deleted and the change does not restore it. Links to what is linked already, and their absence, are fine."""
        ...

    def versions(self, dataset_id: DatasetId, *, limit: int, cursor: str | None) -> Page[DatasetVersion]:
        """List published versions, the latest first; NotFound for the dataset."""
        ...

    def version(self, dataset_id: DatasetId, ref: VersionRef) -> DatasetVersion:
        """Return the published version that is meant; NotFound when there is none. The latest one of a dataset
        without any, and number 0, are the empty version 0; "draft" is Invalid. A digest means the latest version
        that has it."""
        ...

    def label(self, dataset_id: DatasetId, version: int, *, set_labels: Sequence[str], delete_labels: Sequence[str],
              audit: AuditEntry) -> DatasetVersion:  # fmt: skip
        """Move labels to a version, then take others from it; an absent one is fine. NotFound, Deleted."""
        ...


class RecordStore(Protocol):
    """The records of datasets, by version. The draft is the version after the latest.

    In every version records stand in the order in which they were first added.
    """

    def write(self, dataset_id: DatasetId, write: RecordWrite, *, by: str | None, now_ms: int, audit: AuditEntry
              ) -> WriteReport:  # fmt: skip
        """Write records as `RecordWrite` and `domain.record_table` say, in one transaction.

        NotFound or Deleted for the dataset. Conflict when `expected_version` is not the latest one (details name
        that), or when a write that is not for the draft meets a draft with changes. A write that changes nothing
        makes no version.
        """
        ...

    def publish(self, dataset_id: DatasetId, *, message: str, by: str | None, now_ms: int, audit: AuditEntry,
                expected_version: int | None = None) -> Published:  # fmt: skip
        """Make a version of the draft; without changes there is none, and the latest version is returned."""
        ...

    def discard(self, dataset_id: DatasetId, *, audit: AuditEntry) -> int:
        """Undo the draft; return how many changed records it had."""
        ...

    def search(self, dataset_id: DatasetId, version: int, search: Search) -> Page[Record]:
        """List a version's records that match, in their order; `search.order` must be empty and the experiments
        count nothing. NotFound for the dataset; a version that does not exist is empty."""
        ...

    def get(self, dataset_id: DatasetId, record_ids: Sequence[RecordId], version: int) -> Sequence[Record]:
        """Return those that the version has, in the order asked for."""
        ...

    def history(self, dataset_id: DatasetId, record_id: RecordId) -> Sequence[RecordRevision]:
        """Return every revision of a record, the oldest first; NotFound when there never was one."""
        ...

    def diff(self, dataset_id: DatasetId, before: int, after: int, *, limit: int, cursor: str | None
             ) -> Page[RecordDifference]:  # fmt: skip
        """List the records that two versions do not have the same, in their order; `before` may be the later."""
        ...

    def of_trace(self, trace_id: TraceId, *, limit: int) -> Sequence[RecordPlace]:
        """Return the present records of active datasets whose source is this trace or a span of it, by dataset."""
        ...


class PromptStore(Protocol):
    """Prompts, by experiment and name, their versions and aliases."""

    def register(self, experiment_id: ExperimentId, draft: PromptDraft, digest: str, *, by: str | None, now_ms: int,
                 audit: AuditEntry) -> RegisteredPrompt:  # fmt: skip
        """Add a version, and the prompt when it is new; nothing when the latest version has this digest.

        NotFound or Deleted for the experiment; Conflict when the prompt is of the other kind.
        """
        ...

    def get(self, experiment_id: ExperimentId, name: str) -> Prompt:
        """Return one; NotFound when unknown or hidden."""
        ...

    def search(self, search: Search) -> Page[Prompt]:
        """List prompts of `search.experiment_ids`; default order is newest created first."""
        ...

    def update(self, experiment_id: ExperimentId, name: str, change: PromptChange, *, by: str | None, now_ms: int,
               audit: AuditEntry) -> Prompt:  # fmt: skip
        """Apply the change, as `domain.prompt.changed_prompt` says; each move of an alias is an event."""
        ...

    def delete(self, experiment_id: ExperimentId, name: str, *, audit: AuditEntry) -> int:
        """Remove a prompt with its versions and events for good; return how many versions it had."""
        ...

    def versions(self, experiment_id: ExperimentId, name: str, *, limit: int, cursor: str | None
                 ) -> Page[PromptVersion]:  # fmt: skip
        """List versions, the latest first; NotFound for the prompt."""
        ...

    def version(self, experiment_id: ExperimentId, name: str, ref: str) -> PromptVersion:
        """Return a version by its number, an alias, or "latest"; NotFound when there is none."""
        ...

    def alias_events(self, experiment_id: ExperimentId, name: str, *, limit: int) -> Sequence[PromptAliasEvent]:
        """Return up to `limit` moves of aliases, the latest first."""
        ...


class ScorerStore(Protocol):
    """Registered scorers, by experiment and name, with their versions."""

    def register(self, experiment_id: ExperimentId, draft: ScorerDraft, digest: str, *, by: str | None, now_ms: int,
                 audit: AuditEntry) -> ScorerRegistration:  # fmt: skip
        """Add a version; nothing when the latest version has this digest. NotFound or Deleted for the experiment."""
        ...

    def list(self, experiment_ids: Sequence[str]) -> Sequence[RegisteredScorer]:
        """Return the latest version of every scorer of these experiments, by experiment, then name."""
        ...

    def versions(self, experiment_id: ExperimentId, name: str) -> Sequence[RegisteredScorer]:
        """Return every version of one, the latest first; NotFound when unknown or hidden."""
        ...

    def delete(self, experiment_id: ExperimentId, name: str, *, audit: AuditEntry) -> int:
        """Remove one with its versions for good; return how many it had. NotFound, Deleted."""
        ...


class DataTransferStore(Protocol):
    """Datasets, prompts and registered scorers, taken out whole and put back as they were, but for the experiment."""

    def revisions(self, dataset_id: DatasetId) -> Iterator[RecordRevision]:
        """Return every revision of every record, the draft's too: in the order of the records, of each the oldest
        first. NotFound for the dataset."""
        ...

    def holder_of(self, dataset_id: DatasetId) -> ExperimentId | None:
        """Return the experiment that has the dataset of this id, deleted ones too; None when the id is free."""
        ...

    def restore_dataset(self, experiment_id: ExperimentId, dump: DatasetDump) -> bool:
        """Add a dataset with its versions, without records, as a deleted one, until `complete_dataset`. False, and
        nothing is changed, when a complete one has its id; True, too, for one that waits to be completed.

        NotFound or Deleted for the experiment.
        """
        ...

    def complete_dataset(self, dataset_id: DatasetId, *, lifecycle: Lifecycle, updated_ms: int) -> None:
        """Give a restored dataset its lifecycle and the time of its last change, above 0. Conflict when its name is
        taken."""
        ...

    def restore_records(self, dataset_id: DatasetId, revisions: Sequence[RecordRevision]) -> int:
        """Add revisions as they were, in the order of `revisions`; those known stay. Return how many records are
        new. NotFound for the dataset."""
        ...

    def restore_prompt(self, experiment_id: ExperimentId, dump: PromptDump) -> bool:
        """Add a prompt; False, and nothing is changed, when the experiment has one of its name."""
        ...

    def restore_scorer(self, experiment_id: ExperimentId, versions: Sequence[RegisteredScorer]) -> bool:
        """Add the versions of one scorer, oldest first; False when the experiment has one of its name."""
        ...
