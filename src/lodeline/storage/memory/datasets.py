"""Datasets in memory."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from lodeline.domain.audit import AuditEntry
from lodeline.domain.dataset import (
    EMPTY_DIGEST,
    Dataset,
    DatasetChange,
    DatasetDraft,
    DatasetVersion,
    VersionRef,
    changed_dataset,
    draft_is_no_version,
    empty_version,
    id_taken,
    name_taken,
    no_version,
)
from lodeline.domain.errors import Deleted, NotFound
from lodeline.domain.ids import DatasetId, ExperimentId, RecordId, new_hex
from lodeline.domain.page import Page
from lodeline.domain.record import Record, RecordRevision
from lodeline.query import cursor as cursors
from lodeline.query.ast import Always, Order, Search
from lodeline.query.fields import field as field_of
from lodeline.query.subjects_data import DatasetSubject
from lodeline.storage.memory.matching import Row, list_page
from lodeline.storage.memory.state import State


@dataclass(slots=True)
class DatasetTable:
    """A dataset with all of its versions; `revisions` by record, each oldest first, in the order of the records."""

    dataset: Dataset
    number: int
    versions: list[DatasetVersion] = field(default_factory=list[DatasetVersion])
    labels: dict[str, int] = field(default_factory=dict[str, int])
    revisions: dict[RecordId, list[RecordRevision]] = field(default_factory=dict[RecordId, list[RecordRevision]])
    added: int = 0
    changed: int = 0
    removed: int = 0

    @property
    def at(self) -> int:
        """The number of the draft."""
        return self.dataset.latest_version + 1

    @property
    def drafted(self) -> int:
        """How many records the draft changes."""
        return self.added + self.changed + self.removed

    def records(self, version: int) -> Iterable[Record]:
        """Yield a version's records in order."""
        for entries in self.revisions.values():
            for entry in entries:
                if entry.holds_in(version):
                    yield entry.record

    def record(self, record_id: RecordId, version: int) -> Record | None:
        """Return one record as a version has it."""
        entries = self.revisions.get(record_id, ())
        return next((entry.record for entry in entries if entry.holds_in(version)), None)

    def labelled(self, version: DatasetVersion) -> DatasetVersion:
        """Return a version with its labels."""
        return replace(version, labels=tuple(sorted(k for k, v in self.labels.items() if v == version.version)))

    def shown(self) -> Dataset:
        """Return the dataset as it is shown."""
        last = self.versions[-1] if self.versions else None
        return replace(
            self.dataset,
            draft_changes=self.drafted,
            record_count=0 if last is None else last.total,
            digest=EMPTY_DIGEST if last is None else last.digest,
        )


class MemoryDatasets:
    """The `DatasetStore` of the memory backend."""

    def __init__(self, state: State, tables: dict[DatasetId, DatasetTable]) -> None:
        self._state = state
        self._tables = tables

    def create(self, draft: DatasetDraft, *, now_ms: int, audit: AuditEntry) -> Dataset:
        with self._state.lock:
            self._state.writable(draft.experiment_id)
            self._check_free(draft.experiment_id, draft.name)
            dataset_id = draft.dataset_id or DatasetId(new_hex("d-"))
            if dataset_id in self._tables:
                raise id_taken(dataset_id)
            made = Dataset(
                dataset_id=dataset_id,
                experiment_id=draft.experiment_id,
                name=draft.name,
                identity=draft.identity,
                lifecycle="ACTIVE",
                created_ms=now_ms,
                updated_ms=now_ms,
                created_by=draft.created_by,
                description=draft.description,
                tags=dict(draft.tags),
                input_schema=draft.input_schema,
                expectation_schema=draft.expectation_schema,
            )
            number = max((table.number for table in self._tables.values()), default=0) + 1
            self._tables[dataset_id] = DatasetTable(made, number)
            self._state.record(replace(audit, target=dataset_id))
            return made

    def get(self, dataset_id: DatasetId) -> Dataset:
        with self._state.lock:
            return visible(self._state, self._tables, dataset_id).shown()

    def find(self, experiment_id: ExperimentId, name: str) -> Dataset | None:
        with self._state.lock:
            named = [
                t.shown()
                for t in self._tables.values()
                if t.dataset.name == name
                and t.dataset.lifecycle == "ACTIVE"
                and self._state.is_active(t.dataset.experiment_id)
            ]
            own = (d for d in named if d.experiment_id == experiment_id)
            linked = (d for d in named if experiment_id in d.linked_experiment_ids)
            return next(own, None) or next(linked, None) if self._state.is_active(experiment_id) else None

    def search(self, search: Search) -> Page[Dataset]:
        with self._state.lock:
            active = {ExperimentId(i) for i in search.experiment_ids if self._state.is_active(ExperimentId(i))}
            rows = [
                Row(table.shown(), DatasetSubject(table.shown()), (-table.number,))
                for table in self._tables.values()
                if self._state.is_active(table.dataset.experiment_id)
                and active & {table.dataset.experiment_id, *table.dataset.linked_experiment_ids}
            ]
            return list_page(rows, search, "dataset", Order(field_of("dataset", "created")))

    def update(self, dataset_id: DatasetId, change: DatasetChange, *, now_ms: int, audit: AuditEntry) -> Dataset:
        with self._state.lock:
            table = visible(self._state, self._tables, dataset_id, for_write=True)
            old = table.dataset
            if old.lifecycle == "DELETED" and change.lifecycle != "ACTIVE":
                raise Deleted.of("dataset", dataset_id)
            for experiment_id in change.link:
                self._state.writable(experiment_id)
            new = changed_dataset(old, change, now_ms)
            if new.lifecycle == "ACTIVE" and (new.name != old.name or old.lifecycle == "DELETED"):
                self._check_free(old.experiment_id, new.name)
            table.dataset = new
            self._state.record(audit)
            return table.shown()

    def versions(self, dataset_id: DatasetId, *, limit: int, cursor: str | None) -> Page[DatasetVersion]:
        with self._state.lock:
            table = visible(self._state, self._tables, dataset_id)
            print_ = cursors.fingerprint("dataset", Always(), (), "versions", dataset_id)
            below = table.at if cursor is None else int(cursors.decode(cursor, print_)[0] or 0)
            found = [table.labelled(v) for v in reversed(table.versions) if v.version < below]
            more = len(found) > limit
            return Page(tuple(found[:limit]), cursors.encode((found[limit - 1].version,), print_) if more else None)

    def version(self, dataset_id: DatasetId, ref: VersionRef) -> DatasetVersion:
        with self._state.lock:
            table = visible(self._state, self._tables, dataset_id)
            found = _meant(table, ref)
            if found is not None:
                return table.labelled(found)
            if ref.kind == "latest" or (ref.kind == "number" and ref.number == 0):
                return empty_version(table.dataset)
            raise no_version(table.dataset, ref)

    def label(self, dataset_id: DatasetId, version: int, *, set_labels: Sequence[str], delete_labels: Sequence[str],
              audit: AuditEntry) -> DatasetVersion:  # fmt: skip
        with self._state.lock:
            table = visible(self._state, self._tables, dataset_id, for_write=True)
            if table.dataset.lifecycle == "DELETED":
                raise Deleted.of("dataset", dataset_id)
            ref = VersionRef("number", version)
            found = _meant(table, ref)
            if found is None:
                raise no_version(table.dataset, ref)
            before = dict(table.labels)
            table.labels.update(dict.fromkeys(set_labels, version))
            for label in delete_labels:
                if table.labels.get(label) == version:
                    del table.labels[label]
            if table.labels != before:
                self._state.record(audit)
            return table.labelled(found)

    def _check_free(self, experiment_id: ExperimentId, name: str) -> None:
        for table in self._tables.values():
            one = table.dataset
            if one.experiment_id == experiment_id and one.name == name and one.lifecycle == "ACTIVE":
                raise name_taken(name, one.dataset_id)


def visible(
    state: State, tables: dict[DatasetId, DatasetTable], dataset_id: DatasetId, *, for_write: bool = False
) -> DatasetTable:
    """Return a dataset; NotFound when unknown, or hidden (for a write: Deleted) with its experiment."""
    table = tables.get(dataset_id)
    if table is None:
        raise NotFound.of("dataset", dataset_id)
    if for_write:
        state.writable(table.dataset.experiment_id)
    elif not state.is_active(table.dataset.experiment_id):
        raise NotFound.of("dataset", dataset_id)
    return table


def _meant(table: DatasetTable, ref: VersionRef) -> DatasetVersion | None:
    if ref.kind == "draft":
        raise draft_is_no_version()
    number = table.labels.get(ref.text) if ref.kind == "label" else ref.number
    for version in reversed(table.versions):
        fits = {
            "latest": True,
            "number": version.version == number,
            "label": version.version == number,
            "digest": version.digest.startswith(ref.text),
            "time": version.created_ms <= ref.number,
        }[ref.kind]
        if fits:
            return version
    return None
