"""Label schemas in SQLite."""

from collections.abc import Sequence
from dataclasses import replace

from lodeline.domain.audit import AuditEntry
from lodeline.domain.document import from_document
from lodeline.domain.errors import Conflict, NotFound, TooLarge
from lodeline.domain.ids import ExperimentId
from lodeline.domain.label_schema import (
    MAX_SCHEMAS,
    LabelSchema,
    LabelSchemaChange,
    LabelSchemaId,
    changed_schema,
    name_taken,
)
from lodeline.storage.sql import audit as trail
from lodeline.storage.sql.assessment_rows import dump_json, load_json
from lodeline.storage.sql.codec import clean
from lodeline.storage.sql.connection import Readers
from lodeline.storage.sql.db import Db
from lodeline.storage.sql.experiment_rows import check_writable, number_of
from lodeline.storage.sql.writer import Writer

_ACTIVE = "JOIN experiments e ON e.exp = s.exp AND e.lifecycle = 'ACTIVE' "


class SqlLabelSchemas:
    """Implements `storage.base.LabelSchemaStore`."""

    def __init__(self, writer: Writer, readers: Readers) -> None:
        self._writer = writer
        self._readers = readers

    def put(self, schema: LabelSchema, *, audit: AuditEntry) -> LabelSchema:
        def run(db: Db) -> LabelSchema:
            check_writable(db, schema.experiment_id)
            taken = "SELECT 1 FROM label_schemas WHERE schema_id = ?"
            if db.execute(taken, (clean(schema.schema_id),)).fetchone() is not None:
                raise Conflict(f"label schema id {schema.schema_id!r} is taken; leave it out.")
            _check_name(db, schema)
            count = "SELECT count(*) FROM label_schemas WHERE exp = ? AND deleted = 0"
            row = db.execute(count, (number_of(schema.experiment_id),)).fetchone()
            if row is not None and row[0] >= MAX_SCHEMAS:
                raise TooLarge(f"label schemas: an experiment has at most {MAX_SCHEMAS}; delete some.")
            insert(db, [schema])
            trail.write(db, replace(audit, target=schema.schema_id))
            return schema

        return self._writer.call(run)

    def get(self, schema_id: LabelSchemaId, version: int | None = None) -> LabelSchema:
        with self._readers.read() as db:
            key, latest = _visible(db, schema_id)
            return _version(db, key, schema_id, latest if version is None else version)

    def list(self, experiment_id: ExperimentId) -> Sequence[LabelSchema]:
        sql = (
            "SELECT v.doc FROM label_schemas s "
            + _ACTIVE
            + "JOIN label_schema_versions v ON v.label_schema = s.id AND v.version = s.latest "
            "WHERE s.exp = ? AND s.deleted = 0 ORDER BY s.name"
        )
        with self._readers.read() as db:
            found = db.execute(sql, (number_of(experiment_id),)).fetchall()
        return [_schema(doc) for (doc,) in found]

    def versions(self, schema_id: LabelSchemaId) -> Sequence[LabelSchema]:
        with self._readers.read() as db:
            key, _ = _visible(db, schema_id)
            return versions_of(db, key)

    def change(self, schema_id: LabelSchemaId, change: LabelSchemaChange, *, now_ms: int, audit: AuditEntry
               ) -> LabelSchema:  # fmt: skip
        def run(db: Db) -> LabelSchema:
            key, latest = _writable(db, schema_id)
            changed = changed_schema(_version(db, key, schema_id, latest), change, now_ms=now_ms)
            if changed.version == latest:
                return changed
            _check_name(db, changed)
            _insert_version(db, key, changed)
            db.execute(
                "UPDATE label_schemas SET name = ?, latest = ? WHERE id = ?",
                (clean(changed.name), changed.version, key),
            )
            trail.write(db, audit)
            return changed

        return self._writer.call(run)

    def delete(self, schema_id: LabelSchemaId, *, audit: AuditEntry) -> None:
        def run(db: Db) -> None:
            key, _ = _writable(db, schema_id)
            db.execute("UPDATE label_schemas SET deleted = 1 WHERE id = ?", (key,))
            trail.write(db, audit)

        self._writer.call(run)


def insert(db: Db, versions: Sequence[LabelSchema]) -> None:
    """Add a schema with its versions, the last of which is the latest."""
    last = versions[-1]
    db.execute(
        "INSERT INTO label_schemas (schema_id, exp, name, latest, deleted) VALUES (?, ?, ?, ?, 0)",
        (clean(last.schema_id), number_of(last.experiment_id), clean(last.name), last.version),
    )
    key = db.last_insert_rowid()
    for version in versions:
        _insert_version(db, key, version)


def versions_of(db: Db, key: int) -> list[LabelSchema]:
    """Return every version of a schema, oldest first."""
    sql = "SELECT doc FROM label_schema_versions WHERE label_schema = ? ORDER BY version"
    return [_schema(doc) for (doc,) in db.execute(sql, (key,))]


def forget(db: Db, number: int) -> int:
    """Remove the schemas of an experiment; return how many there were that were not deleted."""
    sql = "SELECT count(*) FROM label_schemas WHERE exp = ? AND deleted = 0"
    row = db.execute(sql, (number,)).fetchone()
    mine = "(SELECT id FROM label_schemas WHERE exp = ?)"
    db.execute(f"DELETE FROM label_schema_versions WHERE label_schema IN {mine}", (number,))
    db.execute("DELETE FROM label_schemas WHERE exp = ?", (number,))
    return 0 if row is None else int(row[0])


def _check_name(db: Db, schema: LabelSchema) -> None:
    sql = "SELECT 1 FROM label_schemas WHERE exp = ? AND name = ? AND deleted = 0 AND schema_id != ?"
    values = number_of(schema.experiment_id), clean(schema.name), clean(schema.schema_id)
    if db.execute(sql, values).fetchone() is not None:
        raise name_taken(schema.name)


def _insert_version(db: Db, key: int, schema: LabelSchema) -> None:
    db.execute(
        "INSERT INTO label_schema_versions (label_schema, version, doc) VALUES (?, ?, ?)",
        (key, schema.version, dump_json(schema)),
    )


def _visible(db: Db, schema_id: LabelSchemaId) -> tuple[int, int]:
    sql = "SELECT s.id, s.latest FROM label_schemas s " + _ACTIVE + "WHERE s.schema_id = ? AND s.deleted = 0"
    row = db.execute(sql, (clean(schema_id),)).fetchone()
    if row is None:
        raise NotFound.of("label schema", schema_id)
    return row[0], row[1]


def _writable(db: Db, schema_id: LabelSchemaId) -> tuple[int, int]:
    sql = "SELECT id, latest, exp FROM label_schemas WHERE schema_id = ? AND deleted = 0"
    row = db.execute(sql, (clean(schema_id),)).fetchone()
    if row is None:
        raise NotFound.of("label schema", schema_id)
    check_writable(db, ExperimentId(str(row[2])))
    return row[0], row[1]


def _version(db: Db, key: int, schema_id: LabelSchemaId, version: int) -> LabelSchema:
    sql = "SELECT doc FROM label_schema_versions WHERE label_schema = ? AND version = ?"
    row = db.execute(sql, (key, version)).fetchone()
    if row is None:
        raise NotFound.of("label schema", f"{schema_id}/{version}")
    return _schema(row[0])


def _schema(doc: str) -> LabelSchema:
    return from_document(LabelSchema, load_json(doc))
