"""The records of datasets in memory."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from lodeline.domain.audit import AuditEntry
from lodeline.domain.canonical import digest_of_set
from lodeline.domain.dataset import (
    DatasetVersion,
    Identity,
    Published,
    check_expected,
    draft_in_the_way,
    empty_version,
)
from lodeline.domain.errors import Deleted, NotFound
from lodeline.domain.ids import DatasetId, RecordId, TraceId
from lodeline.domain.page import Page
from lodeline.domain.record import (
    Record,
    RecordDifference,
    RecordPlace,
    RecordRevision,
    RecordWrite,
    WriteReport,
    difference,
    identity_of,
    trace_of,
)
from lodeline.domain.record_table import RecordWriter
from lodeline.query import cursor as cursors
from lodeline.query.ast import Always, Search
from lodeline.query.subjects_data import RecordSubject
from lodeline.storage.memory.datasets import DatasetTable, visible
from lodeline.storage.memory.matching import Row, list_page
from lodeline.storage.memory.state import State


class MemoryRecords:
    """The `RecordStore` of the memory backend."""

    def __init__(self, state: State, tables: dict[DatasetId, DatasetTable]) -> None:
        self._state = state
        self._tables = tables

    def write(self, dataset_id: DatasetId, write: RecordWrite, *, by: str | None, now_ms: int, audit: AuditEntry
              ) -> WriteReport:  # fmt: skip
        with self._state.lock:
            table = self._writable(dataset_id)
            check_expected(table.dataset, write.expected_version)
            if not write.draft and table.drafted:
                raise draft_in_the_way(table.dataset, table.drafted)
            before = {record_id: list(entries) for record_id, entries in table.revisions.items()}
            writer = RecordWriter(_Table(table), table.dataset.identity, author=by, now_ms=now_ms)
            try:
                counts = writer.apply(write)
            except BaseException:
                table.revisions = before
                raise
            table.revisions = {record_id: entries for record_id, entries in table.revisions.items() if entries}
            table.added += counts.added
            table.changed += counts.changed
            table.removed += counts.removed
            changed = counts.inserted or counts.updated or counts.deleted
            if changed:
                table.dataset = replace(table.dataset, updated_ms=now_ms)
                self._state.record(audit)
            version = None
            if not write.draft:
                version = self._publish(table, write.message, by, now_ms).version.version
            return WriteReport(
                counts.inserted, counts.updated, counts.unchanged, counts.deleted, tuple(counts.rejected),
                tuple(counts.record_ids), version, table.drafted,
            )  # fmt: skip

    def publish(self, dataset_id: DatasetId, *, message: str, by: str | None, now_ms: int, audit: AuditEntry,
                expected_version: int | None = None) -> Published:  # fmt: skip
        with self._state.lock:
            table = self._writable(dataset_id)
            check_expected(table.dataset, expected_version)
            published = self._publish(table, message, by, now_ms)
            if published.made:
                self._state.record(audit)
            return published

    def discard(self, dataset_id: DatasetId, *, audit: AuditEntry) -> int:
        with self._state.lock:
            table = self._writable(dataset_id)
            drafted, at = table.drafted, table.at
            for record_id, entries in list(table.revisions.items()):
                kept = [e if e.valid_to != at else replace(e, valid_to=None) for e in entries if e.valid_from != at]
                if kept:
                    table.revisions[record_id] = kept
                else:
                    del table.revisions[record_id]
            table.added = table.changed = table.removed = 0
            if drafted:
                self._state.record(audit)
            return drafted

    def search(self, dataset_id: DatasetId, version: int, search: Search) -> Page[Record]:
        with self._state.lock:
            table = visible(self._state, self._tables, dataset_id)
            places = {record_id: place for place, record_id in enumerate(table.revisions)}
            rows = [
                Row(record, RecordSubject(record), (places[record.record_id],)) for record in table.records(version)
            ]
            return list_page(rows, search, "record", more=(dataset_id, str(version)))

    def get(self, dataset_id: DatasetId, record_ids: Sequence[RecordId], version: int) -> Sequence[Record]:
        with self._state.lock:
            table = visible(self._state, self._tables, dataset_id)
            found = [table.record(record_id, version) for record_id in record_ids]
            return [record for record in found if record is not None]

    def history(self, dataset_id: DatasetId, record_id: RecordId) -> Sequence[RecordRevision]:
        with self._state.lock:
            entries = visible(self._state, self._tables, dataset_id).revisions.get(record_id)
            if not entries:
                raise NotFound.of("record", record_id)
            return tuple(entries)

    def diff(self, dataset_id: DatasetId, before: int, after: int, *, limit: int, cursor: str | None
             ) -> Page[RecordDifference]:  # fmt: skip
        with self._state.lock:
            table = visible(self._state, self._tables, dataset_id)
            print_ = cursors.fingerprint("record", Always(), (), "diff", dataset_id, str(before), str(after))
            start = -1 if cursor is None else int(cursors.decode(cursor, print_)[0] or 0)
            found: list[tuple[int, RecordDifference]] = []
            for place, record_id in enumerate(table.revisions):
                one = difference(record_id, table.record(record_id, before), table.record(record_id, after))
                if one is not None and place > start:
                    found.append((place, one))
            more = len(found) > limit
            end = cursors.encode((found[limit - 1][0],), print_) if more else None
            return Page(tuple(one for _, one in found[:limit]), end)

    def of_trace(self, trace_id: TraceId, *, limit: int) -> Sequence[RecordPlace]:
        with self._state.lock:
            found = [
                RecordPlace(table.dataset.dataset_id, table.dataset.name, table.dataset.experiment_id,
                            entries[-1].record, entries[-1].valid_from)
                for table in self._tables.values()
                if table.dataset.lifecycle == "ACTIVE" and self._state.is_active(table.dataset.experiment_id)
                for entries in table.revisions.values()
                if entries[-1].valid_to is None and trace_of(entries[-1].record.source) == trace_id
            ]  # fmt: skip
            return found[:limit]

    def _writable(self, dataset_id: DatasetId) -> DatasetTable:
        table = visible(self._state, self._tables, dataset_id, for_write=True)
        if table.dataset.lifecycle == "DELETED":
            raise Deleted.of("dataset", dataset_id)
        return table

    def _publish(self, table: DatasetTable, message: str, by: str | None, now_ms: int) -> Published:
        if not table.drafted:
            last = table.versions[-1] if table.versions else empty_version(table.dataset)
            return Published(table.labelled(last), made=False)
        records = list(table.records(table.at))
        version = DatasetVersion(
            dataset_id=table.dataset.dataset_id,
            version=table.at,
            parent=table.dataset.latest_version,
            digest=digest_of_set((record.content_hash, record.external_id) for record in records),
            created_ms=now_ms,
            message=message,
            author=by,
            added=table.added,
            changed=table.changed,
            removed=table.removed,
            total=len(records),
            splits=dict(sorted(Counter(r.split for r in records if r.split is not None).items())),
        )
        table.versions.append(version)
        table.dataset = replace(table.dataset, latest_version=version.version, updated_ms=now_ms)
        table.added = table.changed = table.removed = 0
        return Published(version, made=True)


class _Table:
    """The `RecordTable` of one dataset."""

    def __init__(self, table: DatasetTable) -> None:
        self._revisions = table.revisions
        self._at = table.at
        identity: Identity = table.dataset.identity
        self._identity: Identity = identity
        self._keys: dict[tuple[str, str], RecordId] = {}
        for record in table.records(self._at):
            key = identity_of(identity, record)
            if key is not None:
                self._keys[key] = record.record_id

    def current(self, record_id: RecordId) -> Record | None:
        entries = self._revisions.get(record_id)
        return entries[-1].record if entries and entries[-1].valid_to is None else None

    def by_key(self, key: tuple[str, str]) -> Record | None:
        record_id = self._keys.get(key)
        return None if record_id is None else self.current(record_id)

    def published(self, record_id: RecordId) -> Record | None:
        entries = self._revisions.get(record_id, ())
        return next((entry.record for entry in entries if entry.holds_in(self._at - 1)), None)

    def current_ids(self) -> Iterable[RecordId]:
        return [record_id for record_id in self._revisions if self.current(record_id) is not None]

    def add(self, record: Record) -> None:
        entries = self._revisions.setdefault(record.record_id, [])
        entries.append(RecordRevision(record, self._at))
        self._know(record)

    def end(self, record_id: RecordId) -> None:
        entries = self._revisions[record_id]
        last = entries.pop()
        key = identity_of(self._identity, last.record)
        if key is not None:
            self._keys.pop(key, None)
        if last.valid_from != self._at:
            entries.append(replace(last, valid_to=self._at))

    def move(self, record_ids: Sequence[RecordId], split: str, *, author: str | None, now_ms: int
             ) -> Iterable[RecordId]:  # fmt: skip
        moved: list[RecordId] = []
        for record_id in record_ids:
            record = self.current(record_id)
            if record is not None and record is self.published(record_id) and record.split != split:
                self.end(record_id)
                self.add(replace(record, split=split, author=author, updated_ms=now_ms))
                moved.append(record_id)
        return moved

    def reopen(self, record_id: RecordId) -> None:
        entries = self._revisions[record_id]
        entries[-1] = replace(entries[-1], valid_to=None)
        self._know(entries[-1].record)

    def _know(self, record: Record) -> None:
        key = identity_of(self._identity, record)
        if key is not None:
            self._keys[key] = record.record_id
