"""Datasets and their records."""

from collections.abc import Sequence
from typing import Protocol

from lodeline.domain.audit import AuditEntry
from lodeline.domain.dataset import Dataset, DatasetChange, DatasetDraft, DatasetVersion, Published, VersionRef
from lodeline.domain.ids import (
    DatasetId,
    ExperimentId,
    RecordId,
    TraceId,
)
from lodeline.domain.page import Page
from lodeline.domain.record import (
    Record,
    RecordDifference,
    RecordPlace,
    RecordRevision,
    RecordWrite,
    WriteReport,
)
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
