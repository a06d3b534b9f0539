"""Call blocking functions from an event loop, each in a thread that is free, or in a new one.

There is no bound on their number, because a function that hangs keeps its thread; the engine bounds what runs at
once. Threads that have had nothing to do for a while end. They are daemons: none keeps the program from ending.
"""

import asyncio
import contextvars
import os
import queue
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar, cast

T = TypeVar("T")
_IDLE_S = 10.0


async def run_in_thread(function: Callable[[], T]) -> T:
    """Return what a function returns, or raise what it raises; it sees the caller's context variables.

    When the caller is cancelled it no longer waits, and the function goes on until it returns.
    """
    work = _Work(function)
    _free_worker().take(work)
    await work.ended
    if work.error is not None:
        try:
            raise work.error
        finally:
            del work  # the error's traceback holds this frame
    return cast("T", work.result)


class _Work:
    """One call of a function, and who waits for it."""

    def __init__(self, function: Callable[[], object]) -> None:
        self._function = function
        self._context = contextvars.copy_context()
        self._loop = asyncio.get_running_loop()
        self.ended: asyncio.Future[None] = self._loop.create_future()
        self.result: Any = None
        self.error: BaseException | None = None

    def do(self) -> None:
        """Call the function, and keep what comes of it."""
        try:
            self.result = self._context.run(self._function)
        except BaseException as error:  # raised where it is waited for
            self.error = error

    def tell(self) -> None:
        """Wake who waits. Where the loop is closed nobody does."""
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._settle)

    def _settle(self) -> None:
        if not self.ended.done():
            self.ended.set_result(None)


class _Worker(threading.Thread):
    """A thread that does one piece of work after the other, and waits for the next among the idle ones."""

    def __init__(self) -> None:
        super().__init__(name="lodeline-call", daemon=True)
        self._given: queue.SimpleQueue[_Work] = queue.SimpleQueue()

    def take(self, work: _Work) -> None:
        """Do this next."""
        self._given.put(work)

    def run(self) -> None:
        while (work := self._next()) is not None:
            work.do()
            _IDLE.append(self)  # before it is told, so that the next call finds this thread
            work.tell()
            del work  # it holds what the function gave

    def _next(self) -> _Work | None:
        with suppress(queue.Empty):
            return self._given.get(timeout=_IDLE_S)
        try:
            _IDLE.remove(self)
        except ValueError:
            return self._given.get()  # somebody has just taken this thread, and is about to say for what
        return None


_IDLE: deque[_Worker] = deque()
"""The last one to become idle is the first to be taken, so that the others can end."""


def _free_worker() -> _Worker:
    try:
        return _IDLE.pop()
    except IndexError:
        worker = _Worker()
        worker.start()
        return worker


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_IDLE.clear)
