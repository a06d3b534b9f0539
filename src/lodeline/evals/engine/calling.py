"""Call functions of the user from the engine's loop: ``async`` ones on it, any other in a thread of its own."""

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from functools import partial
from typing import Any, TypeVar, cast

from lodeline.domain.scorer import Feedback, Sample
from lodeline.evals.engine.threads import run_in_thread
from lodeline.evals.scoring.protocol import Scorer

T = TypeVar("T")


class ProgramExitError(RuntimeError):
    """A function asked to end the program, which one row must not do."""


async def call(function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    """Return what a function returns; generators are exhausted into a list.

    A thread carries the context variables of the caller, so that spans nest; one that is no longer waited for goes
    on until its function returns. Raises what the function raises; ProgramExitError for what would end the program.
    """
    return await calling(function)(*args, **kwargs)


def calling(function: Callable[..., Any]) -> Callable[..., Coroutine[Any, Any, Any]]:
    """Return what calls a function as `call` does, for one that is called often."""
    return partial(_on_loop if _is_async(function) else _off_loop, function)


async def _on_loop(function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    return await _staying(lambda: _resolved(function(*args, **kwargs)))


async def _off_loop(function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    returned = await in_thread(lambda: _exhausted(function(*args, **kwargs)))
    if not inspect.isawaitable(returned) and not inspect.isasyncgen(returned):
        return returned
    return await _staying(lambda: _resolved(returned))


async def score_of(scorer: Scorer, sample: Sample) -> tuple[Feedback, ...]:
    """Return what a scorer makes of a sample, in a thread where it blocks."""
    if not scorer.blocking:
        return await _staying(lambda: scorer.score(sample))
    return await in_thread(lambda: _driven(scorer.score(sample)))


async def in_thread(function: Callable[[], T]) -> T:
    """Return what a blocking function returns, called in a thread; when cancelled, the thread is left alone."""

    def guarded() -> T:
        # These would end the loop that waits for the thread, or the coroutine on it.
        try:
            return function()
        except (SystemExit, KeyboardInterrupt, GeneratorExit) as error:
            raise _exit_of(error) from error

    return await run_in_thread(guarded)


async def _staying(make: Callable[[], Awaitable[T]]) -> T:
    """Return what an awaitable of the user's gives; what it raises to end the program would end the loop."""
    try:
        return await make()
    except (SystemExit, KeyboardInterrupt) as error:
        raise _exit_of(error) from error


def _exit_of(error: BaseException) -> ProgramExitError:
    if isinstance(error, SystemExit):
        return ProgramExitError(f"the function called sys.exit({error.code!r})")
    if isinstance(error, KeyboardInterrupt):
        return ProgramExitError("the function was interrupted")
    return ProgramExitError(f"the function raised {type(error).__name__}")


def _driven(coroutine: Coroutine[Any, Any, T]) -> T:
    """Return the result of a coroutine that awaits nothing: a loop of its own would cost more than most scorers."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        return end.value
    coroutine.close()
    raise RuntimeError("a synchronous scorer returned something to be awaited; make it an async function")


def _exhausted(result: Any) -> Any:
    return list(cast("Iterator[Any]", result)) if inspect.isgenerator(result) else result


async def _resolved(result: Any) -> Any:
    if inspect.isawaitable(result):
        result = await result
    if inspect.isasyncgen(result):
        return [item async for item in cast("AsyncIterator[Any]", result)]
    return result


def _is_async(function: Callable[..., Any]) -> bool:
    target: Any = inspect.unwrap(function)
    while hasattr(target, "func"):  # functools.partial
        target = target.func
    kind = cast("Any", type(target))
    call_method = getattr(kind, "__call__", None)  # noqa: B004 - an object whose call is async
    return any(
        inspect.iscoroutinefunction(each) or inspect.isasyncgenfunction(each) for each in (target, call_method)
    )
