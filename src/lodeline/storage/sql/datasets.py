"""Datasets in SQLite. Their records are in `records`."""

from collections.abc import Sequence
from dataclasses import replace

from lodeline.domain.audit import AuditEntry
from lodeline.domain.dataset import (
    Dataset,
    DatasetChange,
    DatasetDraft,
    DatasetVersion,
    VersionRef,
    changed_dataset,
    id_taken,
    name_taken,
)
from lodeline.domain.errors import Deleted
from lodeline.domain.ids import DatasetId, ExperimentId, new_hex
from lodeline.domain.page import Page
from lodeline.query import cursor as cursors
from lodeline.query.ast import Always, Search
from lodeline.query.subjects_data import DatasetSubject
from lodeline.storage.sql import audit as trail
from lodeline.storage.sql import dataset_rows as rows
from lodeline.storage.sql.codec import clean
from lodeline.storage.sql.connection import Readers
from lodeline.storage.sql.db import Db, carray
from lodeline.storage.sql.experiment_rows import active_numbers, check_writable, number_of
from lodeline.storage.sql.filter import Sql, within
from lodeline.storage.sql.listing import Listing, by_columns
from lodeline.storage.sql.writer import Writer


class SqlDatasets:
    """Implements `storage.base.DatasetStore`."""

    def __init__(self, writer: Writer, readers: Readers) -> None:
        self._writer = writer
        self._readers = readers

    def create(self, draft: DatasetDraft, *, now_ms: int, audit: AuditEntry) -> Dataset:
        dataset_id = draft.dataset_id or DatasetId(new_hex("d-"))

        def run(db: Db) -> Dataset:
            check_writable(db, draft.experiment_id)
            _check_free(db, draft.experiment_id, draft.name)
            if db.execute("SELECT 1 FROM datasets WHERE dataset_id = ?", (clean(dataset_id),)).fetchone():
                raise id_taken(dataset_id)
            made = Dataset(
                dataset_id=dataset_id,
                experiment_id=draft.experiment_id,
                name=clean(draft.name),
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
            insert(db, made)
            trail.write(db, replace(audit, target=dataset_id))
            return made

        return self._writer.call(run)

    def get(self, dataset_id: DatasetId) -> Dataset:
        with self._readers.read() as db:
            return rows.known(db, dataset_id)[1]

    def find(self, experiment_id: ExperimentId, name: str) -> Dataset | None:
        number = number_of(experiment_id)
        with self._readers.read() as db:
            if not active_numbers(db, [experiment_id]):
                return None
            return rows.named(db, number, name) or rows.linked_named(db, number, name)

    def search(self, search: Search) -> Page[Dataset]:
        with self._readers.read() as db:
            wanted = carray(active_numbers(db, search.experiment_ids))
            scope = Sql(
                "(d.exp IN carray(?) OR d.id IN (SELECT l.ds FROM dataset_links l "
                "WHERE l.exp IN carray(?))) AND d.exp IN (SELECT exp FROM experiments WHERE lifecycle = 'ACTIVE')",
                (wanted, wanted),
            )
            return _LISTING.page(db, search, scope=scope, condition=within(search.node, by_columns(_FILTER)))

    def update(self, dataset_id: DatasetId, change: DatasetChange, *, now_ms: int, audit: AuditEntry) -> Dataset:
        def run(db: Db) -> Dataset:
            key, old = rows.writable(db, dataset_id, deleted_too=True)
            if old.lifecycle == "DELETED" and change.lifecycle != "ACTIVE":
                raise Deleted.of("dataset", dataset_id)
            for experiment_id in change.link:
                check_writable(db, experiment_id)
            new = changed_dataset(old, change, now_ms)
            if new.lifecycle == "ACTIVE" and (new.name != old.name or old.lifecycle == "DELETED"):
                _check_free(db, old.experiment_id, new.name)
            db.execute(
                "UPDATE datasets SET name = ?, lifecycle = ?, updated_ms = ?, doc = ? WHERE id = ?",
                (clean(new.name), new.lifecycle, now_ms, rows.doc_of(new), key),
            )
            _link(db, key, new.linked_experiment_ids)
            trail.write(db, audit)
            return rows.by_key(db, key)

        return self._writer.call(run)

    def versions(self, dataset_id: DatasetId, *, limit: int, cursor: str | None) -> Page[DatasetVersion]:
        print_ = cursors.fingerprint("dataset", Always(), (), "versions", dataset_id)
        with self._readers.read() as db:
            key, dataset = rows.known(db, dataset_id)
            below = 2**62 if cursor is None else int(cursors.decode(cursor, print_)[0] or 0)
            found = rows.versions_below(db, key, dataset, below, limit + 1)
        end = cursors.encode((found[limit - 1].version,), print_) if len(found) > limit else None
        return Page(tuple(found[:limit]), end)

    def version(self, dataset_id: DatasetId, ref: VersionRef) -> DatasetVersion:
        with self._readers.read() as db:
            return rows.version_meant(db, *rows.known(db, dataset_id), ref)

    def label(self, dataset_id: DatasetId, version: int, *, set_labels: Sequence[str], delete_labels: Sequence[str],
              audit: AuditEntry) -> DatasetVersion:  # fmt: skip
        def run(db: Db) -> DatasetVersion:
            key, dataset = rows.writable(db, dataset_id)
            found = rows.version_meant(db, key, dataset, VersionRef("number", version or -1))
            before = db.total_changes()
            for label in set_labels:
                db.execute(
                    "INSERT INTO dataset_labels (ds, label, version) VALUES (?, ?, ?) "
                    "ON CONFLICT DO UPDATE SET version = excluded.version WHERE version != excluded.version",
                    (key, clean(label), version),
                )
            for label in delete_labels:
                db.execute(
                    "DELETE FROM dataset_labels WHERE ds = ? AND label = ? AND version = ?",
                    (key, clean(label), version),
                )
            if db.total_changes() == before:
                return found
            trail.write(db, audit)
            return rows.version_meant(db, key, dataset, VersionRef("number", version))

        return self._writer.call(run)


def insert(db: Db, dataset: Dataset) -> int:
    """Insert an empty dataset's row and return its key."""
    db.execute(
        "INSERT INTO datasets (dataset_id, exp, name, lifecycle, created_ms, updated_ms, latest, added, changed, "
        "removed, next_place, record_count, digest, doc) VALUES (?, ?, ?, ?, ?, ?, 0, 0, 0, 0, 0, 0, ?, ?)",
        (
            clean(dataset.dataset_id), number_of(dataset.experiment_id), clean(dataset.name), dataset.lifecycle,
            dataset.created_ms, dataset.updated_ms, dataset.digest, rows.doc_of(dataset),
        ),
    )  # fmt: skip
    return db.last_insert_rowid()


def _link(db: Db, key: int, experiment_ids: Sequence[ExperimentId]) -> None:
    db.execute("DELETE FROM dataset_links WHERE ds = ?", (key,))
    db.executemany(
        "INSERT INTO dataset_links (ds, exp) VALUES (?, ?)", [(key, number_of(each)) for each in experiment_ids]
    )


def _check_free(db: Db, experiment_id: ExperimentId, name: str) -> None:
    holder = rows.named(db, number_of(experiment_id), name)
    if holder is not None:
        raise name_taken(name, holder.dataset_id)


_FILTER = {
    "id": "d.dataset_id",
    "experiment": "CAST(d.exp AS TEXT)",
    "name": "d.name",
    "lifecycle": "d.lifecycle",
    "created": "(d.created_ms * 1000000)",
    "updated": "(d.updated_ms * 1000000)",
    "version": "d.latest",
    "record_count": "d.record_count",
    "digest": "d.digest",
}


_LISTING = Listing(
    entity="dataset",
    table="datasets d",
    id_column="d.id",
    columns={
        **_FILTER,
        "created": "d.created_ms",
        "updated": "d.updated_ms",
        "identity": "json_extract(d.doc, '$.identity')",
        "created_by": "json_extract(d.doc, '$.created_by')",
        "draft_changes": "(d.added + d.changed + d.removed)",
        "tags": "(SELECT j.value FROM json_each(d.doc, '$.tags') j WHERE j.key = ?)",
    },
    newest="created",
    load=rows.by_key,
    subject=DatasetSubject,
)
