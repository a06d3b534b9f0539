"""The locks of a store directory: shared by everyone who has it open, exclusive for who rewrites it whole; and whose
turn it is to write.

A lock belongs to the open file, so the system lets go of it when the process ends, however it ends.
"""

import os
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from lodeline.domain.errors import Conflict, Unavailable

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

LOCK_FILE = "lodeline.lock"
TEXT_LOCK_FILE = "text-index.lock"
"""Held by the one process that fills the full-text index."""
TURN_FILE = "write-turn.lock"
"""Held by the process that is the next to write."""
LONG_READ_FILE = "long-read.lock"
"""Held by who reads for as long as it takes."""
LOCK_FILES = frozenset({LOCK_FILE, TEXT_LOCK_FILE, TURN_FILE, LONG_READ_FILE})
_POLL_S = 0.001
_LONG_READ_WAIT_S = 1.0
_SLOTS = 256
"""Windows has exclusive byte locks only: a sharer locks one of these bytes, an exclusive owner all of them."""


class DirectoryLock:
    """One holder's lock on a store directory, or on a duty in it (`file`); used by one thread at a time."""

    def __init__(self, directory: Path, *, exclusive: bool = False, file: str = LOCK_FILE) -> None:
        """Take the lock, without waiting; Conflict when another holder excludes that."""
        self._directory = directory
        self._file: int | None = _open(directory, file)
        try:
            self._take(exclusive=exclusive)
        except BaseException:
            self.release()
            raise

    def make_exclusive(self) -> None:
        """Exclude everyone else; Conflict, and the lock is shared as before, when somebody else holds it too."""
        try:
            self._take(exclusive=True)
        except Conflict:
            self._take(exclusive=False)
            raise

    def make_shared(self) -> None:
        """Let others in again."""
        self._take(exclusive=False)

    def release(self) -> None:
        """Let go; again is fine."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _take(self, *, exclusive: bool) -> None:
        if self._file is None:
            raise Unavailable("the store is closed.")
        if not _lock(self._file, exclusive=exclusive):
            who = "another program has it open" if exclusive else "another program is rewriting it"
            raise Conflict(
                f"the store in {self._directory} is in use: {who}; stop that program first.", code="store_in_use"
            )


class WriteTurn:
    """Lets processes that write to one store take turns; used by one thread at a time.

    SQLite's own lock goes to who happens to ask when it is free: a process that writes without a pause has it again
    before one that looks every millisecond sees it free, for seconds on end. Here who waits for SQLite's lock holds
    the turn, and who has just written waits for the turn.
    """

    def __init__(self, directory: Path) -> None:
        self._file = _open(directory, TURN_FILE)

    @contextmanager
    def waiting(self, timeout_s: float) -> Generator[None]:
        """Hold the turn while the block waits for SQLite's lock; after `timeout_s` go on without it."""
        until = time.monotonic() + timeout_s
        while not (held := _lock(self._file, exclusive=True)) and time.monotonic() < until:
            time.sleep(_POLL_S)
        try:
            yield
        finally:
            if held:
                _unlock(self._file)

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)


class LongReads:
    """Lets processes know that one of them reads for as long as it takes, as a backup does. Thread-safe."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    @contextmanager
    def held(self) -> Generator[None]:
        """Tell the others during the block; without it being known when somebody else has told them already."""
        file = _open(self._directory, LONG_READ_FILE)
        try:
            until = time.monotonic() + _LONG_READ_WAIT_S
            while not _lock(file, exclusive=True) and time.monotonic() < until:  # who asks holds it for a moment
                time.sleep(_POLL_S)
            yield
        finally:
            os.close(file)

    def known(self) -> bool:
        """Tell whether somebody does."""
        file = _open(self._directory, LONG_READ_FILE)
        try:
            return not _lock(file, exclusive=False)
        finally:
            os.close(file)


def _open(directory: Path, file: str) -> int:
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    try:
        return os.open(directory / file, flags, 0o600)
    except OSError as error:
        raise Unavailable(f"the store in {directory} cannot be opened: {error.strerror}.") from error


if sys.platform == "win32":

    def _lock(file: int, *, exclusive: bool) -> bool:
        os.lseek(file, 0, os.SEEK_SET)
        _unlock(file)
        if exclusive:
            return _lock_bytes(file, 0, _SLOTS)
        return any(_lock_bytes(file, slot, 1) for slot in range(_SLOTS))

    def _lock_bytes(file: int, start: int, count: int) -> bool:
        os.lseek(file, start, os.SEEK_SET)
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, count)
        except OSError:
            return False
        return True

    def _unlock(file: int) -> None:
        for start, count in ((0, _SLOTS), *((slot, 1) for slot in range(_SLOTS))):
            os.lseek(file, start, os.SEEK_SET)
            try:
                msvcrt.locking(file, msvcrt.LK_UNLCK, count)
            except OSError:
                continue
            return

else:

    def _lock(file: int, *, exclusive: bool) -> bool:
        try:
            fcntl.flock(file, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError as error:
            raise Unavailable(
                f"the store cannot be locked: {error.strerror}; keep it on a file system that has locks."
            ) from error
        return True

    def _unlock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)
