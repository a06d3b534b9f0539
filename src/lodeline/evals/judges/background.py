"""One event loop in the background for all calls to providers.

A provider's client keeps connections that belong to the loop they were opened on, while judges are called from
notebooks, threads and loops that come and go.
"""

import asyncio
import os
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

from lodeline.domain.errors import Invalid

T = TypeVar("T")


class _Loop:
    """The loop, started on first use, and anew in a forked process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._process = 0

    def get(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None or self._process != os.getpid():
                self._loop, self._process = asyncio.new_event_loop(), os.getpid()
                threading.Thread(target=self._loop.run_forever, name="lodeline-judges", daemon=True).start()
            return self._loop


_BACKGROUND = _Loop()


def submit(work: Coroutine[Any, Any, T]) -> Future[T]:
    """Start a coroutine on the background loop, in the caller's context."""
    return asyncio.run_coroutine_threadsafe(work, _BACKGROUND.get())


async def run_there(work: Coroutine[Any, Any, T]) -> T:
    """Await a coroutine on the background loop; cancelling the caller cancels it."""
    return await asyncio.wrap_future(submit(work))


def wait_for(work: Coroutine[Any, Any, T]) -> T:
    """Return what a coroutine comes to, from synchronous code, also within a running loop (which it blocks).

    Invalid on the background loop itself, which would wait for itself.
    """
    if _running_loop() is _BACKGROUND.get():
        work.close()
        raise Invalid("a judge was called without await within another judge; await its call_async instead.")
    return submit(work).result()


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
