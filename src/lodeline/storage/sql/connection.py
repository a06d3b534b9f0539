"""SQLite connections: how one is opened, the pool of readers, and deadlines for queries.

apsw is the driver: it brings its own recent SQLite (FTS5 with contentless_delete, percentile) on every system. No
other SQLite library may open the same files in this process: two copies cancel each other's POSIX locks.
"""

import contextlib
import queue
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeVar, cast

import apsw

from lodeline.domain.errors import Unavailable
from lodeline.domain.page import Page
from lodeline.query.ast import Search
from lodeline.storage.sql import functions
from lodeline.storage.sql.db import Db
from lodeline.storage.sql.faults import cannot_open, unavailable
from lodeline.storage.sql.fresh_texts import FreshTexts
from lodeline.storage.sql.snapshots import LogFiles, Stint
from lodeline.storage.sql.text_file import attach_text

T = TypeVar("T")

DATABASE_FILE = "lodeline.db"
PAGE_BYTES = 8192
BUSY_TIMEOUT_MS = 10_000
"""How long a statement waits for a lock. In WAL mode this SQLite looks for it every millisecond then, since it is
compiled with SETLK_TIMEOUT; waiting inside the system call instead (setlk_timeout of -1) measured no better."""
MMAP_BYTES = 256 * 1024 * 1024
_PROGRESS_STEPS = 2_000
_STATEMENTS_CACHED = 200


class DeadlineReached(Exception):
    """A query was stopped because its time was up. Never leaves the storage layer."""


def connect(directory: Path, *, readonly: bool) -> Db:
    """Open the database of a store directory; Unavailable when the file cannot be opened.

    With `readonly` the full-text index is there as well, under the schema name `text`.
    """
    flags = apsw.SQLITE_OPEN_READWRITE | (0 if readonly else apsw.SQLITE_OPEN_CREATE)
    try:
        file = str(directory / DATABASE_FILE)
        db = cast("Db", apsw.Connection(file, flags=flags, statementcachesize=_STATEMENTS_CACHED))
        db.set_busy_timeout(BUSY_TIMEOUT_MS)
        # Else SQLite prepares most statements again for each new value, which takes ten times as long as to run them.
        db.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
        if not readonly:
            db.execute(f"PRAGMA page_size={PAGE_BYTES}")
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=FULL")
            db.execute("PRAGMA wal_autocheckpoint=4000")
            db.execute("PRAGMA journal_size_limit=67108864")
        db.execute("PRAGMA temp_store=MEMORY")
        db.execute(f"PRAGMA mmap_size={MMAP_BYTES}")
        db.execute("PRAGMA cache_size=-16384")
        db.execute("PRAGMA foreign_keys=OFF")
        if readonly:
            attach_text(db, directory)
            db.execute("PRAGMA query_only=ON")
    except apsw.Error as error:
        raise cannot_open(directory, error) from error
    functions.register(db)
    return db


class Readers:
    """A pool of read-only connections, opened when first needed, each used by one thread at a time."""

    def __init__(self, directory: Path, fresh: FreshTexts | None = None, *, most: int = 8) -> None:
        self._directory = directory
        self._fresh = FreshTexts() if fresh is None else fresh
        self._free: queue.LifoQueue[Db] = queue.LifoQueue()
        self._slots = threading.Semaphore(most)
        self._closed = False
        self._log = LogFiles(directory)

    def stints(self, deadline_s: float | None) -> Iterator[Stint]:
        """Yield what bounds a read that may take long: see `LogFiles.stints`. Each is for a `read` of its own."""
        return self._log.stints(deadline_s)

    def repeat(self, run: Callable[[Db], T], *, deadline_s: float | None = None) -> T:
        """Return what `run` returns within one read transaction; where that takes long perhaps in a second one, from
        the beginning. DeadlineReached after so many seconds."""
        for stint in self.stints(deadline_s):
            try:
                with self.read(stint) as db:
                    return run(db)
            except DeadlineReached:
                if not stint.cut:
                    raise
        raise DeadlineReached

    def page(self, search: Search, read: Callable[[Db, Search, Stint], Page[T]]) -> Page[T]:
        """Return the page that `read` finds within one read transaction; where that takes long perhaps its end within
        a second one. `read` returns a partial page when its stint is over."""
        items: list[T] = []
        page: Page[T] = Page(())
        for stint in self.stints(search.deadline_s):
            with self.read() as db:
                page = read(db, search, stint)
            items += page.items
            search = replace(search, cursor=page.cursor or search.cursor, limit=search.limit - len(page.items))
            if not page.partial or search.limit == 0:
                break
        return replace(page, items=tuple(items))

    @contextmanager
    def read(self, stint: Stint | None = None, *, wait_s: float | None = None) -> Generator[Db]:
        """Lend a connection within one read transaction, so that all its statements see the same state.

        When the stint is over a running statement raises DeadlineReached. Unavailable when the disk, the file or
        another process is in the way, or when no connection is free within `wait_s`.
        """
        with self._slot(wait_s):
            db = self._take()
            sound = True
            try:
                db.execute("BEGIN")
                if stint is None:
                    yield db
                else:
                    yield from self._bounded(db, stint)
            except apsw.Error as error:
                fault = unavailable(error, "nothing could be read", db)
                if fault is None:
                    raise
                sound = False
                raise fault from error
            finally:
                self._end(db, sound=sound)

    @contextmanager
    def _slot(self, wait_s: float | None) -> Generator[None]:
        if not self._slots.acquire(timeout=wait_s):
            raise Unavailable("the store: all of its connections are in use.")
        try:
            yield
        finally:
            self._slots.release()

    @staticmethod
    def _bounded(db: Db, stint: Stint) -> Generator[Db]:
        db.set_progress_handler(stint.over, _PROGRESS_STEPS)
        try:
            yield db
        except apsw.InterruptError as error:
            raise DeadlineReached from error
        finally:
            db.set_progress_handler(None)

    def _end(self, db: Db, *, sound: bool) -> None:
        """Take a connection back; one that met a fault is not used again."""
        if not sound:
            with contextlib.suppress(apsw.Error):
                db.close()
            return
        if db.in_transaction:
            db.execute("ROLLBACK")
        self._give(db)

    def _take(self) -> Db:
        if self._closed:
            raise Unavailable("the store is closed.")
        try:
            return self._free.get_nowait()
        except queue.Empty:
            db = connect(self._directory, readonly=True)
            functions.register_fresh(db, self._fresh)
            return db

    def _give(self, db: Db) -> None:
        if self._closed:
            db.close()
        else:
            self._free.put(db)

    def close(self) -> None:
        """Close the connections that are not lent; lent ones close when they come back."""
        self._closed = True
        while True:
            try:
                self._free.get_nowait().close()
            except queue.Empty:
                return
