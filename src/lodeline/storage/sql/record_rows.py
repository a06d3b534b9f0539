"""Rows of records: domain values in and out, and the table that `domain.record_table` writes to."""

from collections.abc import Iterable, Sequence
from typing import Any

from lodeline.domain.ids import RecordId
from lodeline.domain.record import Record, RecordRevision, RecordSource, trace_of
from lodeline.storage.sql.codec import clean, dumps, loads
from lodeline.storage.sql.db import Db, Row, SqlValue, carray_of_texts

COLUMNS = (
    "r.record_id, r.content_hash, r.input_hash, r.external_id, r.split, r.author, r.created_ms, r.updated_ms, r.doc"
)
IN_VERSION = "r.valid_from <= ? AND (r.valid_to IS NULL OR r.valid_to > ?)"
"""Takes the version twice."""
_LAST = (
    f"SELECT r.place, r.valid_from, r.valid_to, {COLUMNS} FROM records r WHERE r.ds = ? AND r.record_id = ? "
    "ORDER BY r.valid_from DESC LIMIT 1"
)
_KEYED = {
    kind: f"SELECT r.place, r.valid_from, r.valid_to, {COLUMNS} FROM records r "
    f"WHERE r.ds = ? AND r.{column} = ? AND r.valid_to IS NULL"
    for kind, column in (("input", "input_hash"), ("external", "external_id"))
}
_INSERT = (
    "INSERT INTO records (ds, place, record_id, valid_from, valid_to, content_hash, input_hash, external_id, split, "
    "author, trace, created_ms, updated_ms, doc) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_MOVABLE = "ds = ? AND record_id IN carray(?) AND valid_to IS NULL AND valid_from < ? AND split IS NOT ?"
_MOVE = (
    "INSERT INTO records (ds, place, record_id, valid_from, content_hash, input_hash, external_id, split, author, "
    "trace, created_ms, updated_ms, doc) "
    "SELECT ds, place, record_id, ?, content_hash, input_hash, external_id, ?, ?, trace, created_ms, ?, doc "
    f"FROM records WHERE {_MOVABLE} RETURNING record_id"
)


def record_of(row: Sequence[Any]) -> Record:
    """Return the record of a row of `COLUMNS`."""
    record_id, content_hash, input_hash, external_id, split, author, created_ms, updated_ms, doc = row
    data: dict[str, Any] = loads(doc)
    source = data.get("source")
    return Record(
        record_id=RecordId(record_id),
        inputs=data["inputs"],
        expectations=data["expectations"],
        outputs=data.get("outputs"),
        tags=data.get("tags", {}),
        split=split,
        external_id=external_id,
        source=None if source is None else RecordSource(*source),
        content_hash=bytes(content_hash).hex(),
        input_hash=bytes(input_hash).hex(),
        created_ms=created_ms,
        updated_ms=updated_ms,
        author=author,
    )


def insert(db: Db, key: int, place: int, revision: RecordRevision) -> None:
    """Insert the row of a revision."""
    db.execute(_INSERT, _values(key, place, revision))


def _values(key: int, place: int, revision: RecordRevision) -> tuple[SqlValue, ...]:
    record, source = revision.record, revision.record.source
    doc: dict[str, object] = {"inputs": record.inputs, "expectations": record.expectations}
    if record.outputs is not None:
        doc["outputs"] = record.outputs
    if record.tags:
        doc["tags"] = dict(record.tags)
    if source is not None:
        doc["source"] = [source.kind, source.source_id, source.note]
    return (
        key, place, clean(record.record_id), revision.valid_from, revision.valid_to,
        bytes.fromhex(record.content_hash), bytes.fromhex(record.input_hash), record.external_id, record.split,
        record.author, trace_of(source), record.created_ms, record.updated_ms, dumps(doc),
    )  # fmt: skip


def revisions(db: Db, key: int, record_id: RecordId) -> list[RecordRevision]:
    """Return every revision of a record, the oldest first."""
    sql = f"SELECT r.valid_from, r.valid_to, {COLUMNS} FROM records r WHERE r.ds = ? AND r.record_id = ? "
    found = db.execute(sql + "ORDER BY r.valid_from", (key, clean(record_id))).fetchall()
    return [RecordRevision(record_of(row[2:]), row[0], row[1]) for row in found]


def record_in(db: Db, key: int, record_id: str, version: int) -> Record | None:
    """Return a record as a version has it."""
    sql = f"SELECT {COLUMNS} FROM records r WHERE r.ds = ? AND r.record_id = ? AND {IN_VERSION}"
    row = db.execute(sql, (key, clean(record_id), version, version)).fetchone()
    return None if row is None else record_of(row)


class SqlRecordTable:
    """The `RecordTable` of one dataset within a transaction.

    `next_place` is the place of the next record that is new; the caller keeps it.
    """

    def __init__(self, db: Db, key: int, *, at: int, next_place: int) -> None:
        self._db = db
        self._key = key
        self._at = at
        self.next_place = next_place
        self._places: dict[str, int] = {}

    def current(self, record_id: RecordId) -> Record | None:
        row = self._seen(self._db.execute(_LAST, (self._key, clean(record_id))).fetchone())
        return None if row is None or row[2] is not None else record_of(row[3:])

    def by_key(self, key: tuple[str, str]) -> Record | None:
        kind, value = key
        bound = bytes.fromhex(value) if kind == "input" else clean(value)
        row = self._seen(self._db.execute(_KEYED[kind], (self._key, bound)).fetchone())
        return None if row is None else record_of(row[3:])

    def published(self, record_id: RecordId) -> Record | None:
        return record_in(self._db, self._key, record_id, self._at - 1)

    def current_ids(self) -> Iterable[RecordId]:
        sql = "SELECT record_id FROM records WHERE ds = ? AND valid_to IS NULL ORDER BY place"
        return [RecordId(record_id) for (record_id,) in self._db.execute(sql, (self._key,)).fetchall()]

    def add(self, record: Record) -> None:
        place = self._places.get(record.record_id)
        if place is None:
            place = self._places[record.record_id] = self.next_place
            self.next_place += 1
        insert(self._db, self._key, place, RecordRevision(record, self._at))

    def end(self, record_id: RecordId) -> None:
        where = "WHERE ds = ? AND record_id = ? AND valid_to IS NULL"
        values = (self._key, clean(record_id))
        self._db.execute(f"DELETE FROM records {where} AND valid_from = ?", (*values, self._at))
        if not self._db.changes():
            self._db.execute(f"UPDATE records SET valid_to = ? {where}", (self._at, *values))

    def move(self, record_ids: Sequence[RecordId], split: str, *, author: str | None, now_ms: int
             ) -> Iterable[RecordId]:  # fmt: skip
        which = (self._key, carray_of_texts([clean(each) for each in record_ids]), self._at, split)
        moved = self._db.execute(_MOVE, (self._at, split, author, now_ms, *which)).fetchall()
        self._db.execute(f"UPDATE records SET valid_to = ? WHERE {_MOVABLE}", (self._at, *which))
        return [RecordId(record_id) for (record_id,) in moved]

    def reopen(self, record_id: RecordId) -> None:
        self._db.execute(
            "UPDATE records SET valid_to = NULL WHERE ds = ? AND record_id = ? AND valid_to = ?",
            (self._key, clean(record_id), self._at),
        )

    def _seen(self, row: Row | None) -> Row | None:
        if row is not None:
            self._places[row[3]] = row[0]
        return row
