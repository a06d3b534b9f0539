"""Blocking functions in threads: what comes back, who waits, and which thread it is."""

import asyncio
import threading
from contextvars import ContextVar

import pytest

from lodeline.evals.engine.threads import run_in_thread

NAME: ContextVar[str] = ContextVar("NAME")


def test_a_result_comes_back_and_the_context_goes_along() -> None:
    async def main() -> tuple[str, bool]:
        NAME.set("ada")
        found = await run_in_thread(lambda: (NAME.get(), threading.current_thread()))
        return found[0], found[1] is not threading.current_thread()

    assert asyncio.run(main()) == ("ada", True)


@pytest.mark.parametrize("error", [ValueError("no"), KeyboardInterrupt()])
def test_what_is_raised_is_raised_where_it_is_waited_for(error: BaseException) -> None:
    async def main() -> BaseException | None:
        def broken() -> None:
            raise error

        try:
            await run_in_thread(broken)
        except BaseException as found:
            return found
        return None

    assert asyncio.run(main()) is error


def test_calls_one_after_the_other_share_a_thread_and_calls_at_once_do_not() -> None:
    async def main() -> tuple[set[int], set[int]]:
        meeting = threading.Barrier(20, timeout=60)

        def meet() -> int:
            meeting.wait()
            return threading.get_ident()

        in_turn = {await run_in_thread(threading.get_ident) for _ in range(50)}
        at_once = await asyncio.gather(*(run_in_thread(meet) for _ in range(20)))
        return in_turn, set(at_once)

    in_turn, at_once = asyncio.run(main())
    assert (len(in_turn), len(at_once)) == (1, 20)


def test_who_is_cancelled_waits_no_longer_and_the_function_goes_on() -> None:
    go_on, ended = threading.Event(), threading.Event()

    async def main() -> bool:
        begun, loop = asyncio.Event(), asyncio.get_running_loop()

        def slow() -> None:
            loop.call_soon_threadsafe(begun.set)
            go_on.wait(60)
            ended.set()

        waiting = asyncio.create_task(run_in_thread(slow))
        await begun.wait()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        return ended.is_set()

    assert asyncio.run(main()) is False
    go_on.set()  # the loop is closed by now: there is nobody to tell
    assert ended.wait(60)
