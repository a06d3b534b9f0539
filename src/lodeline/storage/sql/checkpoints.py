"""Checkpoints: copying the write-ahead log into the database file, beside the writer instead of within its commits.

SQLite would do it within the commit that fills the log, and every request would wait for it. Here a thread with a
connection of its own copies; what the writers have added meanwhile it copies in the next round. In the end the writer
copies the little that is left, between two commits and while no other process writes: only a log that is copied whole
is begun anew, and only in a moment when nobody reads from it. Readers that follow each other without a gap leave no
such moment; so with a long log the writer makes one, by not writing until they have ended (`_cut_off`).
"""

import contextlib
import logging
import threading
import time
from collections import deque
from pathlib import Path

import apsw

from lodeline.storage.sql.connection import BUSY_TIMEOUT_MS, PAGE_BYTES, connect
from lodeline.storage.sql.db import Db
from lodeline.storage.sql.lock import WriteTurn

FULL_PAGES = 4_000
"""From so many pages on the log is copied."""
REST_PAGES = 400
"""So few the writer may as well copy itself, within milliseconds."""
MOST_PAGES = 4 * FULL_PAGES
"""So long the log is at most, but for what is written while it waits for readers to end. When it has grown as much
during one copy, the writer waits for it: the disk is slower than what comes in."""
PATIENCE_S = 2.0
"""So long the writer waits at most for readers to end, and only when none of them began longer ago."""
LOOK_AGAIN_S = 0.25
"""So long after an attempt in vain, at first, comes the next; each time half as long again, but no longer than
`_MOST_LOOK_AGAIN_S`."""
_MOST_LOOK_AGAIN_S = 5.0
_WARN_PAGES = 4 * MOST_PAGES
_WARN_EVERY_S = 300.0
_REST_SHARE = 4.0
"""So many times as long as an attempt in vain took, the writer writes before the next."""
_WAIT_S = 10.0
_FINISH_WAIT_MS = 20
_CUT_WAIT_MS = 25
"""One of several waits. SQLite waits for a place in its table of readers to be free, also when those that have come
to it meanwhile are no longer in the way; who asks again sees that."""
_ROUNDS = 3
_SOON_S = 0.01
_COMMITS_KNOWN = 4_096
"""Of so many commits it is known when they were, one for each `_SOON_S` at most: those of the last minute."""
_log = logging.getLogger(__name__)


class Checkpoints:
    """Says when there is to be a checkpoint, and makes those beside the writer. For one writer.

    A reading transaction that stays open for longer than `PATIENCE_S` holds the log back, which grows meanwhile.
    """

    def __init__(self, directory: Path, turn: WriteTurn) -> None:
        self._directory = directory
        self._turn = turn
        self._pages = 0
        self._copied = 0
        self._next = FULL_PAGES
        self._again_s = 0.0
        self._not_before = 0.0
        self._warn_at = 0.0
        self._begun = self._failed = False
        self._pages_begun = 0
        self._commits: deque[tuple[int, float]] = deque(maxlen=_COMMITS_KNOWN)
        self._wanted = threading.Event()
        self._idle = threading.Event()
        self._idle.set()
        self._closed = False
        self._thread: threading.Thread | None = None

    @property
    def retry_s(self) -> float | None:
        """In how many seconds `after_commit` should be called if there was no commit; None without a need."""
        if self._pages < max(MOST_PAGES, self._next):
            return None
        return max(self._not_before - time.monotonic(), _SOON_S)

    def note(self, _db: object, _schema: str, pages: int) -> int:
        """Take in that the log has so many pages after a commit: SQLite's hook, which wants a 0."""
        if pages < self._pages:
            self._forget()
        self._pages = pages
        now = time.monotonic()
        if not self._commits or now - self._commits[-1][1] >= _SOON_S:
            self._commits.append((pages, now))
        return 0

    def after_commit(self, db: Db) -> None:
        """Do what is due: begin a checkpoint beside the writer, or finish one on its connection."""
        if self._pages < self._next or time.monotonic() < self._not_before:
            return
        if not self._idle.is_set() and self._pages - self._pages_begun >= MOST_PAGES - FULL_PAGES:
            self._idle.wait(_WAIT_S)
        if not self._idle.is_set():
            return
        if not self._begun and not self._failed:
            self._begin()
            return
        self._begun = self._failed = False
        with contextlib.suppress(apsw.Error):  # the next one may succeed; the log has everything until then
            if self._pages < MOST_PAGES:
                self._finish(db)
                # Where a reader holds it back: again, but less and less often.
                self._next = min(self._pages + max(REST_PAGES, self._pages // 4), MOST_PAGES)
            else:
                self._cut_off(db)

    def close(self) -> None:
        """End the thread, after the round it is in."""
        self._closed = True
        self._wanted.set()
        if self._thread is not None:
            self._thread.join()

    def _forget(self) -> None:
        """Begin to count anew, as the log does."""
        self._pages, self._copied, self._next, self._begun = 0, 0, FULL_PAGES, False
        self._not_before = self._again_s = 0.0
        self._commits.clear()

    def _begin(self) -> None:
        self._idle.clear()
        self._pages_begun = self._pages
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
                self._failed = True
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

    def _cut_off(self, db: Db) -> None:
        """Copy the rest and empty the log, waiting for its readers to end, if that is worth it.

        Nobody writes meanwhile; who begins to read does not wait. It takes as long as the readers at the beginning,
        and then as long as those that began before the log was copied.
        """
        now = time.monotonic()
        emptied = False
        try:
            if self._oldest_reader_s(now) < PATIENCE_S:
                with self._turn.waiting(BUSY_TIMEOUT_MS / 1000):  # no other process writes between two attempts
                    emptied = emptied_log(db, PATIENCE_S)
        finally:
            if emptied:
                self._forget()
            else:
                self._put_off(now)

    def _put_off(self, begun: float) -> None:
        """Say when to try again after an attempt in vain."""
        now = time.monotonic()
        if self._pages >= _WARN_PAGES and now >= self._warn_at:
            self._warn_at = now + _WARN_EVERY_S
            _log.warning(
                "the write-ahead log has %d MiB and grows: somebody has been reading for %.0f s; it is emptied when "
                "that ends",
                self._pages * PAGE_BYTES >> 20,
                self._oldest_reader_s(now),
            )
        self._again_s = min(max(1.5 * self._again_s, LOOK_AGAIN_S), _MOST_LOOK_AGAIN_S)
        self._not_before = now + max(self._again_s, _REST_SHARE * (now - begun))

    def _oldest_reader_s(self, now: float) -> float:
        """For how long at least somebody has been reading what was before the pages that could not be copied."""
        while self._commits and self._commits[0][0] <= self._copied:
            self._commits.popleft()
        return now - self._commits[0][1] if self._commits else 0.0

    def _copy(self, db: Db, mode: str = "PASSIVE") -> None:
        row = db.execute(f"PRAGMA wal_checkpoint({mode})").fetchone()
        if row is not None and not row[0]:
            self._copied = min(row[2], self._pages)  # the log may have been begun anew since


def emptied_log(db: Db, patience_s: float) -> bool:
    """Copy the log and empty it, waiting so long for its readers to end; tell whether that was possible.

    Nobody writes while one of the attempts lasts.
    """
    until = time.monotonic() + patience_s
    db.set_busy_timeout(_CUT_WAIT_MS)
    try:
        while time.monotonic() < until:
            row = db.execute("PRAGMA main.wal_checkpoint(TRUNCATE)").fetchone()
            if row is not None and not row[0]:
                return True
    finally:
        db.set_busy_timeout(BUSY_TIMEOUT_MS)
    return False
