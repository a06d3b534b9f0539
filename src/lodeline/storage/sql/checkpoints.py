"""Checkpoints: copying the write-ahead log into the database file, beside the writer instead of within its commits.

SQLite would do it within the commit that fills the log, and every request would wait for it. Here a thread with a
connection of its own copies; what the writers have added meanwhile it copies in the next round. In the end the writer
copies the little that is left, between two commits and while no other process writes: only a log that is copied whole
is begun anew.
"""

import contextlib
import logging
import threading
from pathlib import Path

import apsw

from lodeline.storage.sql.connection import BUSY_TIMEOUT_MS, connect
from lodeline.storage.sql.db import Db

FULL_PAGES = 4_000
"""From so many pages on the log is copied."""
REST_PAGES = 400
"""So few the writer may as well copy itself, within milliseconds."""
MOST_PAGES = 4 * FULL_PAGES
"""With so many the writer waits for the copy: the disk is slower than what comes in."""
_WAIT_S = 10.0
_FINISH_WAIT_MS = 20
_ROUNDS = 3
_log = logging.getLogger(__name__)


class Checkpoints:
    """Says when there is to be a checkpoint, and makes those beside the writer. For one writer.

    Reading transactions that stay open hold a checkpoint back, and the log grows meanwhile.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._pages = 0
        self._copied = 0
        self._next = FULL_PAGES
        self._begun = False
        self._wanted = threading.Event()
        self._idle = threading.Event()
        self._idle.set()
        self._closed = False
        self._thread: threading.Thread | None = None

    def note(self, _db: object, _schema: str, pages: int) -> int:
        """Take in that the log has so many pages after a commit: SQLite's hook, which wants a 0."""
        if pages < self._pages:  # it was begun anew
            self._copied, self._next, self._begun = 0, FULL_PAGES, False
        self._pages = pages
        return 0

    def after_commit(self, db: Db) -> None:
        """Do what is due: begin a checkpoint beside the writer, or finish one on its connection."""
        if self._pages < self._next:
            return
        if self._pages >= MOST_PAGES:
            self._idle.wait(_WAIT_S)
        if not self._idle.is_set():
            return
        if not self._begun and self._pages < MOST_PAGES:
            self._begin()
            return
        with contextlib.suppress(apsw.Error):  # the next one may succeed; the log has everything until then
            self._finish(db)
        self._begun = False
        # Where a reader holds it back: again, but less and less often.
        self._next = self._pages + max(REST_PAGES, self._pages // 4)

    def close(self) -> None:
        """End the thread, after the round it is in."""
        self._closed = True
        self._wanted.set()
        if self._thread is not None:
            self._thread.join()

    def _begin(self) -> None:
        self._idle.clear()
        if self._thread is None:
            self._thread = threading.Thread(target=self._loop, name="lodeline-checkpoints", daemon=True)
            self._thread.start()
        self._wanted.set()

    def _loop(self) -> None:
        while self._wanted.wait() and not self._closed:
            self._wanted.clear()
            try:
                with contextlib.closing(connect(self._directory, readonly=False)) as db:
                    self._rounds(db)
            except Exception as error:  # whatever it was, the log has everything, and the writer will ask again
                _log.warning("the write-ahead log could not be copied into the database: %s", error)
                self._next = self._pages + FULL_PAGES
            finally:
                self._idle.set()

    def _rounds(self, db: Db) -> None:
        """Copy until there is little left, or as good as that gets where others write as well."""
        for _ in range(_ROUNDS):
            self._copy(db)
            if self._closed or self._pages - self._copied <= REST_PAGES:
                break
        self._begun = True

    def _finish(self, db: Db) -> None:
        """Copy the rest while no other process writes, waiting a moment for readers of what was before."""
        db.set_busy_timeout(_FINISH_WAIT_MS)
        try:
            self._copy(db, "FULL")
        finally:
            db.set_busy_timeout(BUSY_TIMEOUT_MS)

    def _copy(self, db: Db, mode: str = "PASSIVE") -> None:
        row = db.execute(f"PRAGMA wal_checkpoint({mode})").fetchone()
        if row is not None and not row[0]:
            self._copied = min(row[2], self._pages)  # the log may have been begun anew since
