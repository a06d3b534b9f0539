"""Counters of a delivery: of every span that was made it is known what became of it."""

import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

DropReason = Literal["queue_full", "spool_full", "memory_full", "damaged", "unencodable", "too_large", "exit"]
"""Why a span will never be delivered.

queue_full: made faster than they could be written; spool_full, memory_full: the oldest of those not sent yet, to keep
the bound; damaged: its record on disk cannot be read; unencodable: it has no form in OTLP; too_large: larger than the
whole spool; exit: it was in memory only when the program ended.
"""


@dataclass(frozen=True, slots=True)
class DeliveryStats:
    """What became of the spans of this process: made = sent + pending + refused + all that were dropped.

    `pending` are in memory or on disk. `refused` are spans that the server will not take; they are kept as dead
    letters. `adopted` counts spans that other processes left behind and this one sent, `adopted_lost` those of them
    that were damaged, refused or over the bound. `spool` tells where spans wait: "disk", or "memory" when there is
    no folder or it cannot be written. Times are epoch milliseconds.
    """

    instance: str
    made: int
    sent: int
    pending: int
    refused: int
    dropped: Mapping[DropReason, int]
    adopted: int
    adopted_lost: int
    requests: int
    retries: int
    sent_bytes: int
    spool: Literal["disk", "memory"]
    spool_bytes: int
    last_sent_ms: int | None
    last_error: str | None
    last_error_ms: int | None


class Ledger:
    """Counts for one process. Thread-safe; the lock may be taken again by the thread that holds it."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self.made = self.sent = self.refused = self.adopted = self.adopted_lost = 0
        self.requests = self.retries = self.sent_bytes = 0
        self.dropped: Counter[DropReason] = Counter()
        self.last_sent_ms: int | None = None
        self.last_error: str | None = None
        self.last_error_ms: int | None = None

    def note_made(self, spans: int) -> None:
        """Count spans that the program has ended."""
        with self._lock:
            self.made += spans

    def note_dropped(self, reason: DropReason, spans: int) -> None:
        """Count spans that will never be delivered."""
        with self._lock:
            self.dropped[reason] += spans

    def note_sent(self, spans: int, size_bytes: int, *, own: bool) -> None:
        """Count the spans of one request that the server has acknowledged."""
        with self._lock:
            if own:
                self.sent += spans
            else:
                self.adopted += spans
            self.sent_bytes += size_bytes
            self.last_sent_ms = time.time_ns() // 1_000_000

    def note_request(self, *, again: bool) -> None:
        """Count a request, and whether it repeats one."""
        with self._lock:
            self.requests += 1
            self.retries += again

    def note_refused(self, spans: int, *, own: bool) -> None:
        """Count spans that the server will not take."""
        with self._lock:
            if own:
                self.refused += spans
            else:
                self.adopted_lost += spans

    def note_adopted_lost(self, spans: int) -> None:
        """Count spans of an ended process that are damaged, or dropped to keep the bound."""
        with self._lock:
            self.adopted_lost += spans

    def note_error(self, text: str) -> None:
        """Remember the last thing that went wrong."""
        with self._lock:
            self.last_error = text
            self.last_error_ms = time.time_ns() // 1_000_000
