"""The records of datasets in SQLite: intervals of versions."""

from collections import Counter
from collections.abc import Sequence

from lodeline.domain.audit import AuditEntry
from lodeline.domain.canonical import digest_of_set
from lodeline.domain.dataset import (
    LATEST,
    Dataset,
    DatasetVersion,
    Published,
    check_expected,
    draft_in_the_way,
)
from lodeline.domain.errors import NotFound
from lodeline.domain.ids import DatasetId, ExperimentId, RecordId, TraceId
from lodeline.domain.page import Page
from lodeline.domain.record import (
    Record,
    RecordDifference,
    RecordPlace,
    RecordRevision,
    RecordWrite,
    WriteReport,
    difference,
)
from lodeline.domain.record_table import RecordWriter, WriteCounts
from lodeline.query import cursor as cursors
from lodeline.query.ast import Always, Search
from lodeline.query.reference import matches
from lodeline.query.subjects_data import RecordSubject
from lodeline.storage.base import MAX_PAGE_CHARS
from lodeline.storage.sql import audit as trail
from lodeline.storage.sql import dataset_rows
from lodeline.storage.sql.codec import clean
from lodeline.storage.sql.connection import Readers
from lodeline.storage.sql.db import Db
from lodeline.storage.sql.filter import within
from lodeline.storage.sql.listing import by_columns
from lodeline.storage.sql.record_rows import COLUMNS, IN_VERSION, SqlRecordTable, record_in, record_of, revisions
from lodeline.storage.sql.snapshots import Stint
from lodeline.storage.sql.writer import Writer

_FILTER = {
    "id": "r.record_id",
    "external_id": "r.external_id",
    "split": "r.split",
    "author": "r.author",
    "created": "(r.created_ms * 1000000)",
    "updated": "(r.updated_ms * 1000000)",
}


class SqlRecords:
    """Implements `storage.base.RecordStore`."""

    def __init__(self, writer: Writer, readers: Readers) -> None:
        self._writer = writer
        self._readers = readers

    def write(self, dataset_id: DatasetId, write: RecordWrite, *, by: str | None, now_ms: int, audit: AuditEntry
              ) -> WriteReport:  # fmt: skip
        def run(db: Db) -> WriteReport:
            key, dataset = dataset_rows.writable(db, dataset_id)
            check_expected(dataset, write.expected_version)
            if not write.draft and dataset.draft_changes:
                raise draft_in_the_way(dataset, dataset.draft_changes)
            counts = _apply(db, (key, dataset), write, by, now_ms)
            if counts.inserted or counts.updated or counts.deleted:
                trail.write(db, audit)
            version = None
            if not write.draft:
                version = _publish(db, (key, dataset_rows.by_key(db, key)), write.message, by, now_ms).version.version
            return WriteReport(
                counts.inserted, counts.updated, counts.unchanged, counts.deleted, tuple(counts.rejected),
                tuple(counts.record_ids), version, dataset_rows.by_key(db, key).draft_changes,
            )  # fmt: skip

        return self._writer.call(run)

    def publish(self, dataset_id: DatasetId, *, message: str, by: str | None, now_ms: int, audit: AuditEntry,
                expected_version: int | None = None) -> Published:  # fmt: skip
        def run(db: Db) -> Published:
            key, dataset = dataset_rows.writable(db, dataset_id)
            check_expected(dataset, expected_version)
            published = _publish(db, (key, dataset), message, by, now_ms)
            if published.made:
                trail.write(db, audit)
            return published

        return self._writer.call(run)

    def discard(self, dataset_id: DatasetId, *, audit: AuditEntry) -> int:
        def run(db: Db) -> int:
            key, dataset = dataset_rows.writable(db, dataset_id)
            at = dataset.latest_version + 1
            db.execute("DELETE FROM records WHERE ds = ? AND valid_from = ?", (key, at))
            db.execute("UPDATE records SET valid_to = NULL WHERE ds = ? AND valid_to = ?", (key, at))
            db.execute("UPDATE datasets SET added = 0, changed = 0, removed = 0 WHERE id = ?", (key,))
            if dataset.draft_changes:
                trail.write(db, audit)
            return dataset.draft_changes

        return self._writer.call(run)

    def search(self, dataset_id: DatasetId, version: int, search: Search) -> Page[Record]:
        def read(db: Db, search: Search, stint: Stint) -> Page[Record]:
            key, _ = dataset_rows.known(db, dataset_id)
            return _page(db, key, dataset_id, version, search, stint=stint)

        return self._readers.page(search, read)

    def get(self, dataset_id: DatasetId, record_ids: Sequence[RecordId], version: int) -> Sequence[Record]:
        with self._readers.read() as db:
            key, _ = dataset_rows.known(db, dataset_id)
            found = [record_in(db, key, record_id, version) for record_id in record_ids]
        return [record for record in found if record is not None]

    def history(self, dataset_id: DatasetId, record_id: RecordId) -> Sequence[RecordRevision]:
        with self._readers.read() as db:
            key, _ = dataset_rows.known(db, dataset_id)
            found = revisions(db, key, record_id)
        if not found:
            raise NotFound.of("record", record_id)
        return found

    def diff(self, dataset_id: DatasetId, before: int, after: int, *, limit: int, cursor: str | None
             ) -> Page[RecordDifference]:  # fmt: skip
        print_ = cursors.fingerprint("record", Always(), (), "diff", dataset_id, str(before), str(after))
        start = -1 if cursor is None else int(cursors.decode(cursor, print_)[0] or 0)
        low, high = min(before, after), max(before, after)
        sql = (
            "SELECT DISTINCT place, record_id FROM records WHERE ds = ?1 AND place > ?2 AND "
            "((valid_from > ?3 AND valid_from <= ?4) OR (valid_to > ?3 AND valid_to <= ?4)) ORDER BY place"
        )
        found: list[tuple[int, RecordDifference]] = []
        with self._readers.read() as db:
            key, _ = dataset_rows.known(db, dataset_id)
            for place, record_id in db.execute(sql, (key, start, low, high)).fetchall():
                old, new = record_in(db, key, record_id, before), record_in(db, key, record_id, after)
                one = difference(RecordId(record_id), old, new)
                if one is not None:
                    found.append((place, one))
                if len(found) > limit:
                    break
        end = cursors.encode((found[limit - 1][0],), print_) if len(found) > limit else None
        return Page(tuple(one for _, one in found[:limit]), end)

    def of_trace(self, trace_id: TraceId, *, limit: int) -> Sequence[RecordPlace]:
        sql = (
            f"SELECT d.dataset_id, d.name, d.exp, r.valid_from, {COLUMNS} FROM records r "
            "JOIN datasets d ON d.id = r.ds AND d.lifecycle = 'ACTIVE' "
            "JOIN experiments e ON e.exp = d.exp AND e.lifecycle = 'ACTIVE' "
            "WHERE r.trace = ? AND r.valid_to IS NULL ORDER BY r.ds, r.place LIMIT ?"
        )
        with self._readers.read() as db:
            found = db.execute(sql, (clean(trace_id), limit)).fetchall()
        return [RecordPlace(row[0], row[1], ExperimentId(str(row[2])), record_of(row[4:]), row[3]) for row in found]


def _apply(db: Db, found: tuple[int, Dataset], write: RecordWrite, by: str | None, now_ms: int) -> WriteCounts:
    key, dataset = found
    row = db.execute("SELECT next_place FROM datasets WHERE id = ?", (key,)).fetchone()
    table = SqlRecordTable(db, key, at=dataset.latest_version + 1, next_place=0 if row is None else row[0])
    counts = RecordWriter(table, dataset.identity, author=by, now_ms=now_ms).apply(write)
    if counts.inserted or counts.updated or counts.deleted:
        db.execute(
            "UPDATE datasets SET added = added + ?, changed = changed + ?, removed = removed + ?, next_place = ?, "
            "updated_ms = ? WHERE id = ?",
            (counts.added, counts.changed, counts.removed, table.next_place, now_ms, key),
        )
    return counts


def _publish(db: Db, found: tuple[int, Dataset], message: str, by: str | None, now_ms: int) -> Published:
    key, dataset = found
    if not dataset.draft_changes:
        return Published(dataset_rows.version_meant(db, key, dataset, LATEST), made=False)
    row = db.execute("SELECT added, changed, removed FROM datasets WHERE id = ?", (key,)).fetchone()
    added, changed, removed = row or (0, 0, 0)
    members: list[tuple[str, str | None]] = []
    splits: Counter[str] = Counter()
    sql = "SELECT content_hash, external_id, split FROM records WHERE ds = ? AND valid_to IS NULL"
    for content_hash, external_id, split in db.execute(sql, (key,)):
        members.append((content_hash.hex(), external_id))
        if split is not None:
            splits[split] += 1
    version = DatasetVersion(
        dataset_id=dataset.dataset_id,
        version=dataset.latest_version + 1,
        parent=dataset.latest_version,
        digest=digest_of_set(members),
        created_ms=now_ms,
        message=message,
        author=by,
        added=added,
        changed=changed,
        removed=removed,
        total=len(members),
        splits=dict(sorted(splits.items())),
    )
    dataset_rows.add_version(db, key, version)
    db.execute(
        "UPDATE datasets SET latest = ?, added = 0, changed = 0, removed = 0, record_count = ?, digest = ?, "
        "updated_ms = ? WHERE id = ?",
        (version.version, version.total, version.digest, now_ms, key),
    )
    return Published(version, made=True)


def _page(db: Db, key: int, dataset_id: DatasetId, version: int, search: Search, *, stint: Stint) -> Page[Record]:
    """Walk the places of a version; every one comes back, so that a deadline knows how far it came."""
    print_ = cursors.fingerprint("record", search.node, (), dataset_id, str(version))
    start = -1 if search.cursor is None else int(cursors.decode(search.cursor, print_)[0] or 0)
    condition = within(search.node, by_columns(_FILTER))
    sql = (
        f"SELECT r.place, {condition.text}, r.id FROM records r WHERE r.ds = ? AND r.place > ? AND {IN_VERSION} "
        "ORDER BY r.place"
    )
    items: list[Record] = []
    end, chars = start, 0
    for place, hit, row_id in db.execute(sql, (*condition.params, key, start, version, version)):
        if end != start and stint.over():
            return Page(tuple(items), cursors.encode((end,), print_), partial=True)
        row = db.execute(f"SELECT {COLUMNS} FROM records r WHERE r.id = ?", (row_id,)).fetchone() if hit else None
        record = None if row is None else record_of(row)
        if (
            row is not None
            and record is not None
            and (condition.exact or matches(search.node, RecordSubject(record)))
        ):
            if len(items) == search.limit or chars > MAX_PAGE_CHARS:
                return Page(tuple(items), cursors.encode((end,), print_))
            items.append(record)
            chars += len(row[-1])
        end = place
    return Page(tuple(items))
