"""The audit trail in SQLite."""

from lodeline.domain.audit import AuditEntry
from lodeline.domain.ids import ExperimentId
from lodeline.domain.page import Page
from lodeline.query.ast import Search
from lodeline.query.subjects import AuditSubject
from lodeline.storage.sql.codec import clean, dumps, loads
from lodeline.storage.sql.connection import Readers
from lodeline.storage.sql.db import Db, Row
from lodeline.storage.sql.filter import TRUE, Sql, within
from lodeline.storage.sql.listing import Listing, by_columns
from lodeline.storage.sql.writer import Writer

_FILTER = {"actor": "actor", "action": "action", "target": "target", "at": "(at_ms * 1000000)"}


class SqlAudit:
    """Implements `storage.base.AuditStore`."""

    def __init__(self, writer: Writer, readers: Readers) -> None:
        self._writer = writer
        self._readers = readers

    def append(self, entry: AuditEntry) -> None:
        self._writer.call(lambda db: write(db, entry))

    def search(self, search: Search) -> Page[AuditEntry]:
        scope = TRUE
        if len(search.experiment_ids) == 1:
            scope = Sql("exp = ?", (clean(search.experiment_ids[0]),))
        elif search.experiment_ids:
            scope = Sql("+exp IN (SELECT value FROM json_each(?))", (dumps(search.experiment_ids),))
        with self._readers.read() as db:
            return _LISTING.page(db, search, scope=scope, condition=within(search.node, by_columns(_FILTER)))


def write(db: Db, entry: AuditEntry) -> None:
    """Append an entry within the transaction of the change that it records."""
    db.execute(
        "INSERT INTO audit (at_ms, actor, action, target, exp, details) VALUES (?, ?, ?, ?, ?, ?)",
        (
            entry.at_ms, clean(entry.actor), clean(entry.action), clean(entry.target), entry.experiment_id,
            dumps(dict(entry.details)),
        ),
    )  # fmt: skip


def _load(db: Db, entry_id: int) -> AuditEntry:
    sql = "SELECT entry_id, at_ms, actor, action, target, exp, details FROM audit WHERE entry_id = ?"
    row: Row | None = db.execute(sql, (entry_id,)).fetchone()
    assert row is not None  # noqa: S101  # the id was read in this transaction
    return AuditEntry(
        at_ms=row[1],
        actor=row[2],
        action=row[3],
        target=row[4],
        experiment_id=None if row[5] is None else ExperimentId(row[5]),
        details=loads(row[6]),
        entry_id=row[0],
    )


_LISTING = Listing(
    entity="audit",
    table="audit",
    id_column="entry_id",
    columns={"actor": "actor", "action": "action", "target": "target", "at": "at_ms"},
    newest=None,
    load=_load,
    subject=AuditSubject,
)
