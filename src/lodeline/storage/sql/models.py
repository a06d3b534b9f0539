"""Models in SQLite, their metrics and their aliases."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from lodeline.domain.audit import AuditEntry
from lodeline.domain.document import from_document, to_document
from lodeline.domain.errors import Conflict, Deleted, NotFound
from lodeline.domain.ids import ExperimentId, ModelId, new_hex
from lodeline.domain.model import (
    AliasEvent,
    AliasMove,
    AliasMoved,
    Model,
    ModelChange,
    ModelDraft,
    ModelMetric,
    changed_model,
    check_move,
    merged_metrics,
    model_of,
    without_diff,
)
from lodeline.domain.page import Page
from lodeline.query.ast import Search
from lodeline.query.subjects_runs import ModelSubject
from lodeline.storage.sql import audit as trail
from lodeline.storage.sql.assessment_rows import dump_json, load_json
from lodeline.storage.sql.codec import clean, dumps, loads
from lodeline.storage.sql.connection import Readers
from lodeline.storage.sql.db import Db, Row, carray
from lodeline.storage.sql.experiment_rows import check_writable, number_of
from lodeline.storage.sql.filter import within
from lodeline.storage.sql.listing import Listing, active_scope, by_columns
from lodeline.storage.sql.writer import Writer

_COLUMNS = (
    "model_id, exp, name, status, lifecycle, type, created_ms, updated_ms, reuse_key, git_commit, git_branch, doc"
)
_ACTIVE = "JOIN experiments e ON e.exp = m.exp AND e.lifecycle = 'ACTIVE' "
_SELECT = "SELECT m.id, m.doc, m.diff FROM models m "
_LIST = "SELECT m.id, m.doc, NULL FROM models m "


class SqlModels:
    """Implements `storage.base.ModelStore`."""

    def __init__(self, writer: Writer, readers: Readers) -> None:
        self._writer = writer
        self._readers = readers

    def create(self, experiment_id: ExperimentId, draft: ModelDraft, *, now_ms: int, audit: AuditEntry
               ) -> tuple[Model, bool]:  # fmt: skip
        def run(db: Db) -> tuple[Model, bool]:
            check_writable(db, experiment_id)
            if draft.reuse_key is not None:
                known = db.execute(
                    _SELECT + "WHERE m.exp = ? AND m.reuse_key = ? AND m.lifecycle = 'ACTIVE'",
                    (number_of(experiment_id), clean(draft.reuse_key)),
                ).fetchone()
                if known is not None:
                    return _model(db, known), False
            model_id = draft.model_id or ModelId(new_hex("m-"))
            if db.execute("SELECT 1 FROM models WHERE model_id = ?", (clean(model_id),)).fetchone() is not None:
                raise Conflict(f"model id {model_id!r} is taken; leave it out.", code="model_id_taken")
            model = model_of(draft, model_id, experiment_id, now_ms=now_ms)
            insert(db, model)
            trail.write(db, replace(audit, target=model_id))
            return model, True

        return self._writer.call(run)

    def get(self, model_ids: Sequence[ModelId]) -> Sequence[Model]:
        found: dict[str, Model] = {}
        with self._readers.read() as db:
            for model_id in dict.fromkeys(model_ids):
                row = db.execute(_SELECT + _ACTIVE + "WHERE m.model_id = ?", (clean(model_id),)).fetchone()
                if row is not None:
                    found[model_id] = _model(db, row)
        return [found[model_id] for model_id in model_ids if model_id in found]

    def search(self, search: Search) -> Page[Model]:
        with self._readers.read() as db:
            return _LISTING.page(
                db, search, scope=active_scope(db, search, "m"), condition=within(search.node, by_columns(_FILTER))
            )

    def update(self, model_id: ModelId, change: ModelChange, *, now_ms: int, audit: AuditEntry) -> Model:
        def run(db: Db) -> Model:
            row_id, present = _writable(db, model_id)
            changed = changed_model(present, change, now_ms=now_ms)
            if replace(changed, updated_ms=present.updated_ms) == present:
                return present
            if present.lifecycle == "DELETED" and reuse_taken(db, changed):
                changed = replace(changed, reuse_key=None)
            _put(db, row_id, changed)
            trail.write(db, audit)
            return changed

        return self._writer.call(run)

    def log_metrics(self, model_id: ModelId, metrics: Sequence[ModelMetric]) -> Model:
        def run(db: Db) -> Model:
            row_id, present = _writable(db, model_id)
            if present.lifecycle == "DELETED":
                raise Deleted.of("model", model_id)
            changed = replace(present, metrics=merged_metrics(present.metrics, tuple(metrics)))
            _put(db, row_id, changed)
            return changed

        return self._writer.call(run)

    def set_alias(self, experiment_id: ExperimentId, move: AliasMove, *, gated: bool, by: str | None, now_ms: int,
                  audit: AuditEntry) -> AliasMoved:  # fmt: skip
        def run(db: Db) -> AliasMoved:
            check_writable(db, experiment_id)
            row_id, wanted = None, None
            if move.model_id is not None:
                row_id, wanted = _writable(db, move.model_id)
                if wanted.experiment_id != experiment_id:
                    raise NotFound.of("model", move.model_id)
                check_move(wanted, move, gated=gated)
            present = _aliased(db, experiment_id, move.alias)
            previous = None if present is None else present.model_id
            if previous == move.model_id:
                return AliasMoved(present, None)
            point(db, experiment_id, move.alias, row_id)
            event = AliasEvent(
                experiment_id, move.alias, move.model_id, previous, now_ms, by, move.reason, move.gate,
                move.gate_report,
            )  # fmt: skip
            add_event(db, experiment_id, event)
            trail.write(db, audit)
            return AliasMoved(_aliased(db, experiment_id, move.alias), event)

        return self._writer.call(run)

    def find_alias(self, experiment_id: ExperimentId, alias: str) -> Model | None:
        with self._readers.read() as db:
            return _aliased(db, experiment_id, alias)

    def alias_events(
        self, experiment_id: ExperimentId, alias: str | None = None, *, limit: int
    ) -> Sequence[AliasEvent]:
        which = "" if alias is None else "AND v.alias = ? "
        params = (number_of(experiment_id), *(() if alias is None else (clean(alias),)), limit)
        sql = (
            "SELECT v.doc FROM alias_events v JOIN experiments e ON e.exp = v.exp AND e.lifecycle = 'ACTIVE' "
            f"WHERE v.exp = ? {which}ORDER BY v.event DESC LIMIT ?"
        )
        with self._readers.read() as db:
            return [from_document(AliasEvent, loads(doc)) for (doc,) in db.execute(sql, params)]


def insert(db: Db, model: Model) -> int:
    """Add the row of a model; return its row id. Its aliases are left aside."""
    names = f"{_COLUMNS}, diff"
    db.execute(f"INSERT INTO models ({names}) VALUES ({', '.join('?' * 13)})", (*_values(model), _diff(model)))
    return db.last_insert_rowid()


def point(db: Db, experiment_id: ExperimentId, alias: str, row_id: int | None) -> None:
    """Make an alias point at the model with this row id, or at none."""
    number = number_of(experiment_id)
    db.execute("DELETE FROM model_aliases WHERE exp = ? AND alias = ?", (number, clean(alias)))
    if row_id is not None:
        db.execute("INSERT INTO model_aliases (exp, alias, model) VALUES (?, ?, ?)", (number, clean(alias), row_id))


def add_event(db: Db, experiment_id: ExperimentId, event: AliasEvent) -> None:
    """Record a move of an alias."""
    db.execute(
        "INSERT INTO alias_events (exp, alias, doc) VALUES (?, ?, ?)",
        (number_of(experiment_id), clean(event.alias), dumps(to_document(event))),
    )


def remove(db: Db, row_ids: Sequence[int]) -> None:
    """Remove models with their aliases."""
    ids = carray(row_ids)
    db.execute("DELETE FROM model_aliases WHERE model IN carray(?)", (ids,))
    db.execute("DELETE FROM models WHERE id IN carray(?)", (ids,))


def _writable(db: Db, model_id: ModelId) -> tuple[int, Model]:
    row = db.execute(_SELECT + "WHERE m.model_id = ?", (clean(model_id),)).fetchone()
    if row is None:
        raise NotFound.of("model", model_id)
    found = _model(db, row)
    check_writable(db, found.experiment_id)
    return row[0], found


def _aliased(db: Db, experiment_id: ExperimentId, alias: str) -> Model | None:
    sql = _SELECT + _ACTIVE + "JOIN model_aliases x ON x.model = m.id WHERE x.exp = ? AND x.alias = ?"
    row = db.execute(sql, (number_of(experiment_id), clean(alias))).fetchone()
    return None if row is None else _model(db, row)


def reuse_taken(db: Db, model: Model) -> bool:
    """Tell whether an active model of the experiment has a model's reuse key."""
    sql = "SELECT 1 FROM models WHERE exp = ? AND reuse_key = ? AND lifecycle = 'ACTIVE'"
    return db.execute(sql, (int(model.experiment_id), model.reuse_key)).fetchone() is not None


def _put(db: Db, row_id: int, model: Model) -> None:
    sets = ", ".join(f"{name} = ?" for name in _COLUMNS.split(", "))
    db.execute(f"UPDATE models SET {sets} WHERE id = ?", (*_values(model), row_id))


def _values(model: Model) -> tuple[Any, ...]:
    git = model.git
    document = to_document(replace(without_diff(model), aliases=()))
    return (
        clean(model.model_id), int(model.experiment_id), clean(model.name), model.status, model.lifecycle,
        _text(model.model_type), model.created_ms, model.updated_ms, _text(model.reuse_key),
        _text(git.commit if git else None), _text(git.branch if git else None), dump_json(document),
    )  # fmt: skip


def _diff(model: Model) -> str | None:
    return None if model.git is None else _text(model.git.diff)


def _text(value: str | None) -> str | None:
    return None if value is None else clean(value)


def _model(db: Db, row: Row) -> Model:
    row_id, doc, diff = row
    aliases = db.execute("SELECT alias FROM model_aliases WHERE model = ? ORDER BY alias", (row_id,))
    found = from_document(Model, load_json(doc))
    git = found.git if diff is None or found.git is None else replace(found.git, diff=diff)
    return replace(found, git=git, aliases=tuple(alias for (alias,) in aliases))


_IN_DOC = "(SELECT j.value FROM json_each(m.doc, '$.{}') j WHERE j.key = ?)"
_FILTER = {
    "id": "m.model_id",
    "experiment": "CAST(m.exp AS TEXT)",
    "name": "m.name",
    "status": "m.status",
    "lifecycle": "m.lifecycle",
    "type": "m.type",
    "created": "(m.created_ms * 1000000)",
    "updated": "(m.updated_ms * 1000000)",
    "commit": "m.git_commit",
    "branch": "m.git_branch",
    "parent": "json_extract(m.doc, '$.parent_model_id')",
    "run": "json_extract(m.doc, '$.source_run_id')",
    "params": _IN_DOC.format("params"),
    "tags": _IN_DOC.format("tags"),
}


def _load(db: Db, row_id: int) -> Model:
    row = db.execute(_LIST + "WHERE m.id = ?", (row_id,)).fetchone()
    assert row is not None  # noqa: S101  # the id was read in this transaction
    return _model(db, row)


_LISTING = Listing(
    entity="model",
    table="models m",
    id_column="m.id",
    columns={**_FILTER, "created": "m.created_ms", "updated": "m.updated_ms"},
    newest="created",
    load=_load,
    subject=ModelSubject,
)
