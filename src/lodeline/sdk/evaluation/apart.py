"""Run the engine on an event loop of its own, also where one is running already, as in a notebook."""

import asyncio
import contextvars
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")
_BEGIN_S = 5.0
_LOOK_S = 0.5
"""Some systems tell a thread that waits of Ctrl-C only when its wait has ended."""


def run_apart(make: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Return what the coroutine returns that `make` makes, run on a loop in a thread with the caller's context.

    Ctrl-C cancels it, waits until it has ended, and is raised then. Raises what it raises.
    """
    done: Future[T] = Future()
    begun: Future[tuple[asyncio.AbstractEventLoop, asyncio.Task[T]]] = Future()

    async def main() -> T:
        task = asyncio.ensure_future(make())
        begun.set_result((asyncio.get_running_loop(), task))
        return await task

    def body() -> None:
        try:
            done.set_result(asyncio.run(main()))
        except BaseException as error:  # goes on in the thread that waits
            done.set_exception(error)

    context = contextvars.copy_context()
    thread = threading.Thread(target=context.run, args=(body,), name="lodeline-evaluation", daemon=True)
    try:
        thread.start()  # within: it waits for the thread, and Ctrl-C may come meanwhile
        return _result(done)
    except KeyboardInterrupt:
        with suppress(TimeoutError):  # it may not have begun at all
            loop, task = begun.result(_BEGIN_S)
            loop.call_soon_threadsafe(task.cancel)
            _result(done)
        raise


def _result(done: "Future[T]") -> T:
    while True:
        try:
            return done.result(_LOOK_S)
        except TimeoutError:
            if done.done():
                raise
