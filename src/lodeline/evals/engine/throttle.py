"""How many rows run at once: fewer when a provider says that it is too much, more again as calls succeed."""

import asyncio
import time
from types import TracebackType


class Throttle:
    """Adaptive concurrency: additive increase, multiplicative decrease, as TCP does it (RFC 5681, section 3.1).

    At most `limit` holders are inside at once. `slow_down` halves the limit and keeps everybody out for as long as
    the provider asked; each `succeeded` adds 1/limit, up to the limit it began with. One throttle is shared by
    whatever uses the same provider. It belongs to one event loop.
    """

    def __init__(self, limit: int) -> None:
        self._most = float(limit)
        self._limit = float(limit)
        self._inside = 0
        self._closed_until_s = 0.0
        self._slowed_s = 0.0
        self._waiting = 0
        self._changed = asyncio.Condition()

    @property
    def limit(self) -> int:
        """How many may be inside now, at least 1."""
        return max(1, int(self._limit))

    async def __aenter__(self) -> None:
        if not self._waiting and self._inside < self.limit and time.monotonic() >= self._closed_until_s:
            self._inside += 1
            return
        self._waiting += 1
        try:
            await self._wait()
        finally:
            self._waiting -= 1

    async def _wait(self) -> None:
        async with self._changed:
            while True:
                wait_s = self._closed_until_s - time.monotonic()
                if wait_s <= 0 and self._inside < self.limit:
                    self._inside += 1
                    return
                if wait_s <= 0:
                    await self._changed.wait()
                    continue
                self._changed.release()
                try:
                    await asyncio.sleep(wait_s)
                finally:
                    await self._changed.acquire()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._inside -= 1
        if self._waiting:
            async with self._changed:
                self._changed.notify_all()

    def slow_down(self, pause_s: float = 0.0) -> None:
        """Halve the limit, and let nobody in for `pause_s` seconds.

        Refusals that come while it is closed belong to the same overload and do not halve it again.
        """
        now_s = time.monotonic()
        if now_s >= self._closed_until_s and now_s - self._slowed_s > _SAME_OVERLOAD_S:
            self._limit = max(1.0, self._limit / 2)
            self._slowed_s = now_s
        self._closed_until_s = max(self._closed_until_s, now_s + pause_s)

    def succeeded(self) -> None:
        """Open it a little again."""
        self._limit = min(self._most, self._limit + 1.0 / max(1.0, self._limit))


_SAME_OVERLOAD_S = 0.5
