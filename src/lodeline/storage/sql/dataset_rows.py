"""Rows of datasets and their versions: domain values in and out."""

from dataclasses import replace
from typing import Any

from lodeline.domain.dataset import (
    Dataset,
    DatasetVersion,
    VersionRef,
    draft_is_no_version,
    empty_version,
    no_version,
)
from lodeline.domain.errors import Deleted, NotFound
from lodeline.domain.ids import DatasetId, ExperimentId
from lodeline.storage.sql.codec import clean, dumps, loads
from lodeline.storage.sql.db import Db, Row, SqlValue

_COLUMNS = (
    "d.id, d.dataset_id, d.exp, d.name, d.lifecycle, d.created_ms, d.updated_ms, d.latest, "
    "d.added + d.changed + d.removed, d.record_count, d.digest, d.doc"
)
_SELECT = f"SELECT {_COLUMNS} FROM datasets d "
_VERSION = "SELECT version, digest, created_ms, doc FROM dataset_versions WHERE ds = ? "


def known(db: Db, dataset_id: DatasetId) -> tuple[int, Dataset]:
    """Return a dataset's key and the dataset, deleted or not; NotFound when unknown or hidden."""
    row = db.execute(
        _SELECT + "JOIN experiments e ON e.exp = d.exp AND e.lifecycle = 'ACTIVE' WHERE d.dataset_id = ?",
        (clean(dataset_id),),
    ).fetchone()
    if row is None:
        raise NotFound.of("dataset", dataset_id)
    return row[0], dataset_of(db, row)


def writable(db: Db, dataset_id: DatasetId, *, deleted_too: bool = False) -> tuple[int, Dataset]:
    """Return a dataset's key and the dataset; NotFound when unknown, Deleted when it or its experiment is."""
    row = db.execute(_SELECT + "WHERE d.dataset_id = ?", (clean(dataset_id),)).fetchone()
    if row is None:
        raise NotFound.of("dataset", dataset_id)
    holder = db.execute("SELECT lifecycle FROM experiments WHERE exp = ?", (row[2],)).fetchone()
    if holder is None or holder[0] != "ACTIVE":
        raise Deleted.of("experiment", row[2])
    dataset = dataset_of(db, row)
    if dataset.lifecycle == "DELETED" and not deleted_too:
        raise Deleted.of("dataset", dataset_id)
    return row[0], dataset


def by_key(db: Db, key: int) -> Dataset:
    """Return the dataset of a row that exists."""
    row = db.execute(_SELECT + "WHERE d.id = ?", (key,)).fetchone()
    assert row is not None  # noqa: S101  # the key was read in this transaction
    return dataset_of(db, row)


def named(db: Db, experiment: int, name: str) -> Dataset | None:
    """Return the active dataset of an experiment that has this name."""
    sql = _SELECT + "WHERE d.exp = ? AND d.name = ? AND d.lifecycle = 'ACTIVE'"
    row = db.execute(sql, (experiment, clean(name))).fetchone()
    return None if row is None else dataset_of(db, row)


def linked_named(db: Db, experiment: int, name: str) -> Dataset | None:
    """Return the first active dataset linked to an experiment that has this name and can be seen."""
    row = db.execute(
        _SELECT + "JOIN dataset_links l ON l.ds = d.id AND l.exp = ? "
        "JOIN experiments e ON e.exp = d.exp AND e.lifecycle = 'ACTIVE' "
        "WHERE d.name = ? AND d.lifecycle = 'ACTIVE' ORDER BY d.id",
        (experiment, clean(name)),
    ).fetchone()
    return None if row is None else dataset_of(db, row)


def dataset_of(db: Db, row: Row) -> Dataset:
    """Return the dataset of a selected row."""
    key, dataset_id, number, name, lifecycle, created_ms, updated_ms, latest, drafted, count, digest, doc = row
    data: dict[str, Any] = loads(doc)
    links = db.execute("SELECT exp FROM dataset_links WHERE ds = ? ORDER BY exp", (key,)).fetchall()
    return Dataset(
        dataset_id=DatasetId(dataset_id),
        experiment_id=ExperimentId(str(number)),
        name=name,
        lifecycle=lifecycle,
        created_ms=created_ms,
        updated_ms=updated_ms,
        linked_experiment_ids=tuple(ExperimentId(str(link)) for (link,) in links),
        latest_version=latest,
        draft_changes=drafted,
        record_count=count,
        digest=digest,
        **data,
    )


def doc_of(dataset: Dataset) -> str:
    """Return what of a dataset its row keeps as JSON."""
    return dumps(
        {
            "identity": dataset.identity,
            "created_by": dataset.created_by,
            "description": dataset.description,
            "tags": dict(dataset.tags),
            "input_schema": dataset.input_schema,
            "expectation_schema": dataset.expectation_schema,
        }
    )


def add_version(db: Db, key: int, version: DatasetVersion) -> None:
    """Insert a version's row."""
    doc = {
        "parent": version.parent, "message": version.message, "author": version.author, "added": version.added,
        "changed": version.changed, "removed": version.removed, "total": version.total,
        "splits": dict(version.splits),
    }  # fmt: skip
    db.execute(
        "INSERT INTO dataset_versions (ds, version, digest, created_ms, doc) VALUES (?, ?, ?, ?, ?)",
        (key, version.version, version.digest, version.created_ms, dumps(doc)),
    )


def versions_below(db: Db, key: int, dataset: Dataset, below: int, limit: int) -> list[DatasetVersion]:
    """Return versions under a number, the latest first."""
    sql = _VERSION + "AND version < ? ORDER BY version DESC LIMIT ?"
    return [_version(db, key, dataset, row) for row in db.execute(sql, (key, below, limit)).fetchall()]


def version_meant(db: Db, key: int, dataset: Dataset, ref: VersionRef) -> DatasetVersion:
    """Return the version that is meant, as `DatasetStore.version` says."""
    if ref.kind == "draft":
        raise draft_is_no_version()
    ways: dict[str, tuple[str, SqlValue]] = {
        "latest": ("version <= ?", 2**62),
        "number": ("version = ?", ref.number),
        "time": ("created_ms <= ?", ref.number),
        "digest": ("digest GLOB ? || '*'", ref.text),
        "label": (
            "version = (SELECT l.version FROM dataset_labels l WHERE l.ds = dataset_versions.ds AND l.label = ?)",
            ref.text,
        ),
    }  # fmt: skip
    condition, value = ways[ref.kind]
    sql = _VERSION + f"AND {condition} ORDER BY version DESC LIMIT 1"
    row = db.execute(sql, (key, value)).fetchone()
    if row is not None:
        return _version(db, key, dataset, row)
    if ref.kind == "latest" or (ref.kind == "number" and ref.number == 0):
        return empty_version(dataset)
    raise no_version(dataset, ref)


def _version(db: Db, key: int, dataset: Dataset, row: Row) -> DatasetVersion:
    version, digest, created_ms, doc = row
    labels = db.execute(
        "SELECT label FROM dataset_labels WHERE ds = ? AND version = ? ORDER BY label", (key, version)
    ).fetchall()
    found = DatasetVersion(
        dataset_id=dataset.dataset_id, version=version, digest=digest, created_ms=created_ms, **loads(doc)
    )
    return replace(found, labels=tuple(label for (label,) in labels))
