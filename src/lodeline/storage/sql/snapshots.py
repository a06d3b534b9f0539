"""How long a read keeps its snapshot. What is read from a snapshot cannot leave the write-ahead log, which grows.

Most reads take milliseconds. One that takes long looks at the log now and then; when that is long, it gives its
snapshot up, waits until the log is short again, and goes on from a new one, which it keeps. So those that take long
begin together, and between them there is a moment for the log to be emptied (`checkpoints`). The log's file tells how
long it is, to all processes alike; the full-text index has a log of its own.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lodeline.storage.sql.lock import LongReads

LOG_FILE = "lodeline.db-wal"
TEXT_LOG_FILE = "lodeline-text.db-wal"
LONG_BYTES = 128 * 1024 * 1024
"""With a log of so many bytes the writer begins to wait for readers to end."""
LONG_TEXT_BYTES = 64 * 1024 * 1024
"""With one of so many bytes who fills the full-text index does."""
HOLD_S = 0.5
"""So long a snapshot is kept however long the log is: the writer waits for such readers."""
WAIT_S = 10.0
"""So long is waited at most for a short log: about what a read takes that keeps its snapshot."""
_LOOK_S = 0.05
_POLL_S = 0.01


@dataclass(slots=True)
class Stint:
    """What a read may do in one snapshot: until `until`, a time of `time.monotonic`, or until it is `cut` short."""

    until: float
    log: "LogFiles | None" = None
    look_at: float = 0.0
    cut: bool = False

    def over(self) -> bool:
        """Tell whether the read has to end here. Cheap enough to ask for every row."""
        now = time.monotonic()
        if self.cut or now > self.until:
            return True
        if self.log is None or now < self.look_at:
            return False
        self.look_at = now + _LOOK_S
        self.cut = self.log.is_long()
        return self.cut


class LogFiles:
    """The write-ahead logs of database and full-text index, as a reader sees them."""

    def __init__(self, directory: Path) -> None:
        self._log = directory / LOG_FILE
        self._text_log = directory / TEXT_LOG_FILE
        self._long_reads = LongReads(directory)

    def is_long(self) -> bool:
        """Tell whether a log is long, and somebody can do something about it: not while a backup is made."""
        long = self.text_is_long() or _size_bytes(self._log) > LONG_BYTES
        return long and not self._long_reads.known()

    def text_is_long(self) -> bool:
        """Tell whether the full-text index's log is long."""
        return _size_bytes(self._text_log) > LONG_TEXT_BYTES

    def stints(self, deadline_s: float | None) -> Iterator[Stint]:
        """Yield what bounds a read of so many seconds: once, and when that was cut short, a second time afterwards.

        The second has all the seconds again, and is not cut short.
        """
        now = time.monotonic()
        first = Stint(_after(now, deadline_s), self, now + HOLD_S)
        yield first
        if first.cut:
            until = time.monotonic() + WAIT_S
            while self.is_long() and time.monotonic() < until:
                time.sleep(_POLL_S)
            yield Stint(_after(time.monotonic(), deadline_s))


def _size_bytes(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:  # there is none
        return 0


def _after(now: float, deadline_s: float | None) -> float:
    return float("inf") if deadline_s is None else now + deadline_s
