"""Admission: how much OTLP work one process takes on at a time. What is over the bounds is told to wait."""

import threading
from types import TracebackType
from typing import Self

from lodeline.domain.errors import Unavailable

RETRY_AFTER_S = 1.0


class Admission:
    """Counts the requests under way and their bytes, sent and decompressed; never more than the bounds at one time.

    A single request may be as large as its own limits allow, also where that is over `max_bytes`: then it is admitted
    alone.
    """

    def __init__(self, *, max_bytes: int, max_requests: int) -> None:
        self._max_bytes = max_bytes
        self._max_requests = max_requests
        self._lock = threading.Lock()
        self._bytes = 0
        self._requests = 0

    def enter(self, size_bytes: int = 0) -> "Ticket":
        """Return the ticket of a new request that is known to hold `size_bytes`; Unavailable over the bounds."""
        with self._lock:
            if self._requests >= self._max_requests or not self._fits(size_bytes, others=self._bytes):
                raise _busy()
            self._requests += 1
            self._bytes += size_bytes
        return Ticket(self, size_bytes)

    def grow(self, held_bytes: int, more_bytes: int) -> None:
        """Let a request of `held_bytes` hold more; Unavailable over the bounds."""
        with self._lock:
            if not self._fits(held_bytes + more_bytes, others=self._bytes - held_bytes):
                raise _busy()
            self._bytes += more_bytes

    def leave(self, held_bytes: int) -> None:
        """Give back what a request held."""
        with self._lock:
            self._requests -= 1
            self._bytes -= held_bytes

    def under_way(self) -> tuple[int, int]:
        """Return the requests under way and the bytes they hold."""
        with self._lock:
            return self._requests, self._bytes

    def _fits(self, size_bytes: int, *, others: int) -> bool:
        return not others or others + size_bytes <= self._max_bytes


class Ticket:
    """One admitted request; leaving its block gives back what it held."""

    __slots__ = ("_admission", "_bytes")

    def __init__(self, admission: Admission, size_bytes: int) -> None:
        self._admission = admission
        self._bytes = size_bytes

    def hold(self, size_bytes: int) -> None:
        """Hold `size_bytes` in all; fewer than are held already changes nothing. Unavailable over the bounds."""
        if size_bytes > self._bytes:
            self._admission.grow(self._bytes, size_bytes - self._bytes)
            self._bytes = size_bytes

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._admission.leave(self._bytes)


def _busy() -> Unavailable:
    return Unavailable(
        f"the ingest queue is full; send the spans again in {RETRY_AFTER_S:g} s.",
        retry_after_s=RETRY_AFTER_S,
        code="queue_full",
    )
