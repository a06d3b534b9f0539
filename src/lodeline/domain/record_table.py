"""The rules of writing records, over whatever table a store keeps their revisions in.

A dataset's revisions are intervals of versions. A write works on version `at`, the one after the latest: what it adds
is valid from `at` on, what it ends is valid up to it. So a draft is what begins or ends at `at`, and publishing it
changes no revision.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from lodeline.domain.dataset import Identity
from lodeline.domain.errors import Conflict, Invalid, LodelineError
from lodeline.domain.ids import RecordId, ordered_hex
from lodeline.domain.record import (
    PreparedRecord,
    Record,
    RecordWrite,
    Rejection,
    identity_of,
    made,
    merged,
    put,
    rejection,
)


class RecordTable(Protocol):
    """The revisions of one dataset, within a transaction, as they stand in version `at`."""

    def current(self, record_id: RecordId) -> Record | None:
        """Return the record as it stands now, draft included."""
        ...

    def by_key(self, key: tuple[str, str]) -> Record | None:
        """Return the record that now has this key (`identity_of`)."""
        ...

    def published(self, record_id: RecordId) -> Record | None:
        """Return the record as the latest version has it."""
        ...

    def current_ids(self) -> Iterable[RecordId]:
        """Return the ids of all records that are there now."""
        ...

    def add(self, record: Record) -> None:
        """Begin a revision at `at`; of a record that was there before it takes that one's place in lists."""
        ...

    def end(self, record_id: RecordId) -> None:
        """Let the record's present revision end at `at`; one that begins there is removed."""
        ...

    def move(self, record_ids: Sequence[RecordId], split: str, *, author: str | None, now_ms: int
             ) -> Iterable[RecordId]:  # fmt: skip
        """Begin a revision in this split of each of these records that is as the latest version has it, and is in
        another split there; return their ids."""
        ...

    def reopen(self, record_id: RecordId) -> None:
        """Take back the end at `at` of the revision that the latest version has."""
        ...


@dataclass(slots=True)
class WriteCounts:
    """What a write did, and by how much it changed what the draft adds, changes and removes."""

    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    deleted: int = 0
    rejected: list[Rejection] = field(default_factory=list[Rejection])
    record_ids: list[RecordId | None] = field(default_factory=list["RecordId | None"])
    added: int = 0
    changed: int = 0
    removed: int = 0


def nothing_replaced(rejected: Sequence[Rejection]) -> Invalid:
    """Return the error of a replacement that would lose records: what was rejected is not there to replace."""
    first = rejected[0]
    return Invalid(
        f"records: {len(rejected)} were rejected, the first at index {first.index}: {first.reason} "
        "Nothing was replaced.",
        details={"index": first.index, "pointer": first.pointer},
    )


class RecordWriter:
    """Applies one write to a table."""

    def __init__(self, table: RecordTable, identity: Identity, *, author: str | None, now_ms: int) -> None:
        self._table = table
        self._identity: Identity = identity
        self._author = author
        self._now_ms = now_ms
        self._check = RecordWrite("append").check
        self.counts = WriteCounts()

    def apply(self, write: RecordWrite) -> WriteCounts:
        """Do it. Invalid when something of a replacement is rejected: it would delete what it was to replace."""
        self._check = write.check
        match write.operation:
            case "append":
                self._each(write.records, self._append)
            case "merge":
                self._each(write.records, lambda record: self._bring(record, merged))
            case "put":
                self._each(write.records, lambda record: self._bring(record, put))
            case "replace":
                self._replace(write.records)
            case "delete":
                self._delete(write.delete_ids)
            case "split":
                self._split(write.splits)
        return self.counts

    def _each(self, records: Iterable[PreparedRecord], take: Callable[[PreparedRecord], RecordId]) -> None:
        for record in records:
            try:
                self.counts.record_ids.append(take(record))
            except LodelineError as error:
                self.counts.rejected.append(rejection(error, record.index))
                self.counts.record_ids.append(None)

    def _append(self, prepared: PreparedRecord) -> RecordId:
        there = self._present(prepared)
        if there is not None:
            raise Conflict(f"the dataset has it already, as record {there.record_id}; merge it to change that one.")
        return self._insert(prepared)

    def _bring(self, prepared: PreparedRecord, how: Callable[..., Record]) -> RecordId:
        there = self._present(prepared)
        if there is None:
            return self._insert(prepared)
        self._change(there, how(there, prepared, author=self._author, now_ms=self._now_ms))
        return there.record_id

    def _replace(self, records: Iterable[PreparedRecord]) -> None:
        self._each(records, lambda record: self._bring(record, put))
        if self.counts.rejected:
            raise nothing_replaced(self.counts.rejected)
        kept = set(self.counts.record_ids)
        self._delete([record_id for record_id in self._table.current_ids() if record_id not in kept])

    def _delete(self, record_ids: Iterable[RecordId]) -> None:
        for record_id in dict.fromkeys(record_ids):
            there = self._table.current(record_id)
            if there is None:
                self.counts.unchanged += 1
                continue
            base = self._table.published(record_id)
            self._table.end(record_id)
            self.counts.deleted += 1
            if base is None:
                self.counts.added -= 1
            else:
                self.counts.removed += 1
                self.counts.changed -= not base.same_as(there)

    def _split(self, splits: Mapping[RecordId, str]) -> None:
        for split in dict.fromkeys(splits.values()):
            members = [record_id for record_id, chosen in splits.items() if chosen == split]
            moved = set(self._table.move(members, split, author=self._author, now_ms=self._now_ms))
            self.counts.updated += len(moved)
            self.counts.changed += len(moved)
            for record_id in members:
                there = None if record_id in moved else self._table.current(record_id)
                if there is not None:
                    self._change(there, replace(there, split=split, author=self._author, updated_ms=self._now_ms))

    def _present(self, prepared: PreparedRecord) -> Record | None:
        """Return the record that a draft means; Conflict when its id and its identity mean two."""
        draft = prepared.draft
        key = identity_of(self._identity, prepared)
        if self._identity == "by_external_id" and key is None and draft.record_id is None:
            raise Invalid.value("external_id", None, "one: this dataset knows its records by it")
        same = None if key is None else self._table.by_key(key)
        if draft.record_id is None or (same is not None and same.record_id == draft.record_id):
            return same
        if same is not None:
            raise Conflict(f"record {same.record_id} has the same identity ({key[0] if key else ''}) already.")
        return self._table.current(draft.record_id)

    def _insert(self, prepared: PreparedRecord) -> RecordId:
        record_id = prepared.draft.record_id or RecordId(ordered_hex("dr-"))
        new = made(prepared, record_id, author=self._author, now_ms=self._now_ms)
        self._check(new)
        base = None if prepared.draft.record_id is None else self._table.published(record_id)
        self.counts.inserted += 1
        if base is None:
            self._table.add(new)
            self.counts.added += 1
            return record_id
        self.counts.removed -= 1
        if base.same_as(new):
            self._table.reopen(record_id)
        else:
            self._table.add(new)
            self.counts.changed += 1
        return record_id

    def _change(self, old: Record, new: Record) -> None:
        if new.same_as(old):
            self.counts.unchanged += 1
            return
        self._check(new)
        base = self._table.published(old.record_id)
        self.counts.updated += 1
        self._table.end(old.record_id)
        if base is None:
            self._table.add(new)
            return
        self.counts.changed -= not base.same_as(old)
        if base.same_as(new):
            self._table.reopen(old.record_id)
        else:
            self._table.add(new)
            self.counts.changed += 1
