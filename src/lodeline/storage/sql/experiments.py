"""Experiments in SQLite: making, finding and changing them. How they are purged is in `purge`."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from typing import Any

from lodeline.domain.audit import AuditEntry
from lodeline.domain.budget import CostBudget
from lodeline.domain.errors import Conflict, Deleted, NotFound
from lodeline.domain.experiment import (
    Experiment,
    ExperimentChange,
    ExperimentDraft,
    ExperimentSettings,
    PriceOverride,
    PurgeReceipt,
    Retention,
    changed_experiment,
    experiment_taken,
    id_is_name,
    name_is_id,
)
from lodeline.domain.ids import MAX_EXPERIMENT_NUMBER, ExperimentId, check_experiment_id
from lodeline.domain.page import Page
from lodeline.query.ast import Search
from lodeline.query.subjects import ExperimentSubject
from lodeline.storage.base import BlobStore
from lodeline.storage.sql import audit as trail
from lodeline.storage.sql import meta
from lodeline.storage.sql.codec import clean, dumps, loads
from lodeline.storage.sql.connection import Readers
from lodeline.storage.sql.db import Db, Row, carray
from lodeline.storage.sql.experiment_rows import check_writable, number_of
from lodeline.storage.sql.filter import TRUE, Sql
from lodeline.storage.sql.listing import Listing
from lodeline.storage.sql.purge import forget_purge, is_purging, purge, receipt_of, unfinished, was_purged
from lodeline.storage.sql.writer import Writer

__all__ = ["SqlExperiments", "check_writable", "known", "number_of"]

_COLUMNS = "exp, name, lifecycle, created_ms, updated_ms, doc"
_SELECT = f"SELECT {_COLUMNS} FROM experiments "
_LAST_GIVEN = "last_experiment"


class SqlExperiments:
    """Implements `storage.base.ExperimentStore`."""

    def __init__(self, writer: Writer, readers: Readers, blobs: BlobStore) -> None:
        self._writer = writer
        self._readers = readers
        self._blobs = blobs

    def create(self, draft: ExperimentDraft, *, now_ms: int, audit: AuditEntry) -> Experiment:
        def run(db: Db) -> Experiment:
            if draft.client_key is not None:
                row = db.execute(_SELECT + "WHERE client_key = ?", (clean(draft.client_key),)).fetchone()
                if row is not None:
                    return _experiment(row)
            return _create(db, draft, now_ms, audit)

        return self._writer.call(run)

    def get(self, experiment_id: ExperimentId) -> Experiment:
        with self._readers.read() as db:
            return known(db, experiment_id)

    def find(self, name: str) -> Experiment | None:
        with self._readers.read() as db:
            return _named(db, name)

    def search(self, search: Search) -> Page[Experiment]:
        scope = TRUE
        if search.experiment_ids:
            numbers = [number_of(ExperimentId(i)) for i in search.experiment_ids]
            scope = Sql("exp IN carray(?)", (carray(numbers),))
        with self._readers.read() as db:
            return _LISTING.page(db, search, scope=scope)

    def update(self, experiment_id: ExperimentId, change: ExperimentChange, *, now_ms: int, audit: AuditEntry
               ) -> Experiment:  # fmt: skip
        def run(db: Db) -> Experiment:
            changed = _changed(db, known(db, experiment_id), change, now_ms)
            db.execute(
                "UPDATE experiments SET name = ?, lifecycle = ?, updated_ms = ?, doc = ? WHERE exp = ?",
                (clean(changed.name), changed.lifecycle, now_ms, _doc(changed), number_of(experiment_id)),
            )
            trail.write(db, audit)
            return changed

        return self._writer.call(run)

    def purge(self, experiment_id: ExperimentId, *, audit: AuditEntry, stopping: Callable[[], bool] | None = None
              ) -> PurgeReceipt:  # fmt: skip
        with self._readers.read() as db:
            experiment = known(db, experiment_id)
        return purge(self._writer, self._blobs, experiment, audit=audit, stopping=stopping)

    def home_of(self, noun: str, ident: str) -> ExperimentId | None:
        sql = _HOMES.get(noun)
        if sql is None:
            return None
        with self._readers.read() as db:
            row = db.execute(sql, (clean(ident),)).fetchone()
        return None if row is None else ExperimentId(str(row[0]))

    def purged(self, experiment_id: ExperimentId) -> PurgeReceipt:
        with self._readers.read() as db:
            return receipt_of(db, number_of(experiment_id))

    def purging(self) -> Sequence[PurgeReceipt]:
        with self._readers.read() as db:
            return unfinished(db)


_OF_RUN = "SELECT exp FROM runs WHERE run_id = ?"
_HOMES = {
    "trace": "SELECT exp FROM traces WHERE trace_id = ?",
    "assessment": "SELECT exp FROM assessments WHERE aid = ? AND deleted = 0",
    "run": _OF_RUN,
    "evaluation": _OF_RUN,
    "labeling session": _OF_RUN,
    "review queue": _OF_RUN,
    "item": "SELECT r.exp FROM labeling_items i JOIN runs r ON r.id = i.run WHERE i.item_id = ?",
    "model": "SELECT exp FROM models WHERE model_id = ?",
    "dataset": "SELECT exp FROM datasets WHERE dataset_id = ?",
    "issue": "SELECT exp FROM issues WHERE issue_id = ?",
    "label schema": "SELECT exp FROM label_schemas WHERE schema_id = ?",
}
"""Where things are, by the nouns of errors."""


def known(db: Db, experiment_id: ExperimentId) -> Experiment:
    """Return the experiment, deleted or not; NotFound when there is none."""
    row = db.execute(_SELECT + "WHERE exp = ?", (number_of(experiment_id),)).fetchone()
    if row is None:
        raise NotFound.of("experiment", experiment_id)
    return _experiment(row)


def _create(db: Db, draft: ExperimentDraft, now_ms: int, audit: AuditEntry) -> Experiment:
    _check_name_is_free(db, draft.name, draft.experiment_id)
    if draft.experiment_id is None:
        number = _next_number(db)
    else:
        number = int(check_experiment_id(draft.experiment_id))
        holder = db.execute(_SELECT + "WHERE exp = ?", (number,)).fetchone()
        if holder is not None:
            raise experiment_taken("id", draft.experiment_id, _experiment(holder))
        namesake = _named(db, str(number))
        if namesake is not None:
            raise id_is_name(draft.experiment_id, namesake)
        forget_purge(db, number)
    experiment = Experiment(
        experiment_id=ExperimentId(str(number)),
        name=clean(draft.name),
        lifecycle="ACTIVE",
        created_ms=now_ms,
        updated_ms=now_ms if draft.updated_ms is None else draft.updated_ms,
        created_by=draft.created_by,
        description=draft.description,
        tags=dict(draft.tags),
        settings=draft.settings,
        artifact_root=draft.artifact_root,
    )
    db.execute(
        f"INSERT INTO experiments ({_COLUMNS}, client_key) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (number, experiment.name, "ACTIVE", now_ms, experiment.updated_ms, _doc(experiment), draft.client_key),
    )
    trail.write(db, replace(audit, experiment_id=experiment.experiment_id))
    return experiment


def _next_number(db: Db) -> int:
    """Return the lowest number that was never used; an import or a name may have taken some of those to come."""
    number = meta.get_number(db, _LAST_GIVEN) + 1
    taken = "SELECT 1 FROM experiments WHERE exp = ? OR name = ?"
    while was_purged(db, number) or db.execute(taken, (number, str(number))).fetchone():
        number += 1
    if number > MAX_EXPERIMENT_NUMBER:
        raise Conflict(f"all {MAX_EXPERIMENT_NUMBER} experiment ids are used; start another store.")
    meta.put(db, _LAST_GIVEN, number)
    return number


def _changed(db: Db, old: Experiment, change: ExperimentChange, now_ms: int) -> Experiment:
    if old.lifecycle == "DELETED":
        if change.lifecycle != "ACTIVE":
            raise Deleted.of("experiment", old.experiment_id)
        if is_purging(db, int(old.experiment_id)):
            raise Conflict(
                f"experiment {old.experiment_id!r} is half purged and cannot be restored; purge it again.",
                code="experiment_purging",
            )
    if change.name is not None and change.name != old.name:
        _check_name_is_free(db, change.name, old.experiment_id)
    changed = changed_experiment(old, change, now_ms=now_ms)
    return replace(changed, name=clean(changed.name))


def _named(db: Db, name: str) -> Experiment | None:
    row = db.execute(_SELECT + "WHERE name = ?", (clean(name),)).fetchone()
    return None if row is None else _experiment(row)


def _check_name_is_free(db: Db, name: str, own: ExperimentId | None) -> None:
    """Refuse a name that another experiment has, or that is the id of another than `own`."""
    holder = _named(db, name)
    if holder is not None:
        raise experiment_taken("name", name, holder)
    row = db.execute(_SELECT + "WHERE exp = ?", (number_of(ExperimentId(name)),)).fetchone()
    if row is not None and name != own:
        raise name_is_id(name, _experiment(row))


def _doc(experiment: Experiment) -> str:
    return dumps(
        {
            "created_by": experiment.created_by,
            "description": experiment.description,
            "tags": dict(experiment.tags),
            "settings": asdict(experiment.settings),
            "artifact_root": experiment.artifact_root,
        }
    )


def _experiment(row: Row) -> Experiment:
    number, name, lifecycle, created_ms, updated_ms, doc = row
    data: dict[str, Any] = loads(doc)
    settings = data.pop("settings", {})
    return Experiment(
        ExperimentId(str(number)), name, lifecycle, created_ms, updated_ms, settings=_settings(settings), **data
    )


def _settings(data: dict[str, Any]) -> ExperimentSettings:
    """Return the settings that `asdict` made into plain values."""
    values = dict(data)
    for name in ("mask_patterns", "recommended_tags", "environments", "gated_aliases"):
        values[name] = tuple(data.get(name, ()))
    values["prices"] = tuple(PriceOverride(**price) for price in data.get("prices", ()))
    values["retention"] = Retention(**data.get("retention", {}))
    values["budget"] = CostBudget(**data.get("budget", {}))
    return ExperimentSettings(**values)


def _load(db: Db, number: int) -> Experiment:
    return known(db, ExperimentId(str(number)))


_LISTING = Listing(
    entity="experiment",
    table="experiments",
    id_column="exp",
    columns={
        "id": "CAST(exp AS TEXT)",
        "name": "name",
        "lifecycle": "lifecycle",
        "created": "created_ms",
        "updated": "updated_ms",
        "created_by": "json_extract(doc, '$.created_by')",
        "tags": "(SELECT j.value FROM json_each(doc, '$.tags') j WHERE j.key = ?)",
    },
    newest="created",
    load=_load,
    subject=ExperimentSubject,
)
