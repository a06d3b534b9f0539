"""Operation of a SQLite store."""

import contextlib
import shutil
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

import apsw

from lodeline.domain.errors import Unavailable
from lodeline.domain.operation import Vitals
from lodeline.storage.blobs import DirectoryBlobStore
from lodeline.storage.copied import CopyReport
from lodeline.storage.sql.backup import copy_store
from lodeline.storage.sql.check import check
from lodeline.storage.sql.connection import DATABASE_FILE, Readers, connect
from lodeline.storage.sql.directory import database_bytes, file_bytes
from lodeline.storage.sql.faults import translated
from lodeline.storage.sql.lock import DirectoryLock, LongReads
from lodeline.storage.sql.names import prune
from lodeline.storage.sql.text import TextIndexer, backlog_bound
from lodeline.storage.sql.text_file import connect_text
from lodeline.storage.sql.writer import Writer

_COUNTED = ("experiments", "accounts", "api_keys")
"""Tables that stay small enough to be counted."""
_NUMBERED = (("traces", "id"), ("chunks", "cid"), ("assessments", "id"), ("audit", "entry_id"))
"""Large tables; as removals are rare, the range of their keys estimates how many rows they have."""
_VITALS_WAIT_S = 1.0


class SqlAdmin:
    """Implements `storage.base.StoreAdmin`."""

    def __init__(
        self,
        directory: Path,
        lock: DirectoryLock,
        *,
        writer: Writer,
        readers: Readers,
        indexer: TextIndexer,
        blobs: DirectoryBlobStore,
    ) -> None:
        self._directory = directory
        self._lock = lock
        self._rewriting = threading.Lock()
        self._writer = writer
        self._readers = readers
        self._indexer = indexer
        self._blobs = blobs

    def ping(self) -> None:
        with self._readers.read() as db:
            db.execute("SELECT 1 FROM meta LIMIT 1").fetchone()

    def figures(self) -> Mapping[str, int | str]:
        """Return sizes in bytes, waiting work, and row counts; those named ``…_estimate`` are upper estimates."""
        found: dict[str, int | str] = {
            "backend": "sqlite",
            "sqlite_version": apsw.sqlite_lib_version(),
            "file_bytes": database_bytes(self._directory),
            "disk_free_bytes": shutil.disk_usage(self._directory).free,
            "queue_length": self._writer.queued,
            "text_backlog": self._indexer.backlog(),
        }
        with self._readers.read() as db:

            def number(sql: str) -> int:
                row = db.execute(sql).fetchone()
                return int(row[0]) if row is not None else 0

            free_pages, page_bytes = number("PRAGMA freelist_count"), number("PRAGMA page_size")
            found["reclaimable_bytes"] = free_pages * page_bytes
            found["schema_version"] = number("SELECT count(*) FROM migrations")
            for table in _COUNTED:
                found[table] = number(f"SELECT count(*) FROM {table}")
            for table, key in _NUMBERED:
                sql = f"SELECT ifnull(max({key}) - min({key}) + 1, 0) FROM {table}"
                found[f"{table}_estimate"] = number(sql)
        return found

    def vitals(self) -> Vitals:
        answers, backlog, free_bytes = False, None, None
        with contextlib.suppress(OSError):  # the directory is gone, or its disk
            free_bytes = shutil.disk_usage(self._directory).free
        with contextlib.suppress(Unavailable), self._readers.read(wait_s=_VITALS_WAIT_S) as db:
            answers, backlog = True, backlog_bound(db)
        return Vitals(answers, file_bytes(self._directory), free_bytes, backlog)

    def queue_length(self) -> int:
        return self._writer.queued

    def check(self, *, every: bool = False) -> Sequence[str]:
        with LongReads(self._directory).held(), self._readers.read() as db:
            return check(db, every=every)

    def backup(self, target: str) -> CopyReport:
        return copy_store(self._directory, Path(target), self._blobs)

    def vacuum(self) -> Mapping[str, int]:
        """Rewrite the database without its free pages, and without names that no span has any more. Writers wait
        meanwhile and may be answered Unavailable.

        Conflict when another program has the store open; Unavailable when the disk lacks room for two more copies.
        """
        with self._rewriting:
            return self._vacuum()

    def _vacuum(self) -> Mapping[str, int]:
        before = database_bytes(self._directory)
        free = shutil.disk_usage(self._directory).free
        if free < 2 * before:
            raise Unavailable(
                f"vacuum: {free} bytes are free beside {self._directory / DATABASE_FILE}, but rewriting it may take "
                f"{2 * before}; free space first.",
                code="disk_full",
            )
        self._lock.make_exclusive()
        try:
            self._writer.call_and_forget(prune)
            self._rewrite()
        finally:
            self._lock.make_shared()
        return {"bytes_before": before, "bytes_after": database_bytes(self._directory)}

    def _rewrite(self) -> None:
        for opened in (connect(self._directory, readonly=False), connect_text(self._directory)):
            with contextlib.closing(opened) as db, translated("the file was not rewritten, and nothing is lost", db):
                db.execute("VACUUM")
                db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
