"""Generators whose run is one step of a trace, wherever and however they are consumed.

The step's parent is the span around the call that made the generator; without one, the span around the first
iteration. It surrounds the generator's own code only: between two items the consumer has its own surroundings back,
and a child that the generator has left open is current again when it goes on.
"""

import functools
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from types import MethodType
from typing import Any, TypeAlias

from opentelemetry import context as otel_context
from opentelemetry.context import Context
from opentelemetry.trace import get_current_span

from lodeline.sdk.attributes import STREAM_END, STREAM_ITEMS
from lodeline.sdk.calls import Call, NoCall, Site
from lodeline.sdk.quiet import FOREIGN_FAULTS, complain

Reducer: TypeAlias = Callable[[list[Any]], Any]
"""Makes outputs of the list of items that a generator yielded."""

MAX_ITEMS = 10_000
"""Items that are kept for the outputs; of longer streams they are the first."""
FIRST_ITEM = "lodeline.first_item"
"""The event of the first item that a generator yielded."""


class _TracedStream:
    """A function that returns generators, for all that `inspect` and callers can see, and a descriptor as one."""

    def __init__(self, function: Callable[..., Any], site: Site, reducer: Reducer | None) -> None:
        functools.update_wrapper(self, function)
        self._function = function
        self._site = site
        self._reducer = reducer
        # By these `inspect` takes an object for a function, and tells what kind of function it is.
        self.__code__ = getattr(function, "__code__", None)
        self.__defaults__ = getattr(function, "__defaults__", None)
        self.__kwdefaults__ = getattr(function, "__kwdefaults__", None)

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        return self if instance is None else MethodType(self, instance)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError

    def __reduce__(self) -> str:
        return getattr(self, "__qualname__", "")

    def __repr__(self) -> str:
        return f"<traced {self._function!r}>"


class TracedGenerator(_TracedStream):
    """A traced generator function."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return a generator like that of the function."""
        inner = self._function(*args, **kwargs)
        begin = functools.partial(self._site.begin, args, kwargs, _surroundings())
        return _drive(inner, begin, self._reducer)


class TracedAsyncGenerator(_TracedStream):
    """A traced async generator function."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return an async generator like that of the function."""
        inner = self._function(*args, **kwargs)
        begin = functools.partial(self._site.begin, args, kwargs, _surroundings())
        return _drive_async(inner, begin, self._reducer)


def follow(inner: Generator[Any, Any, Any], call: Call, reducer: Reducer) -> Generator[Any, Any, Any]:
    """Return a generator like `inner`, during which the call goes on."""
    return _drive(inner, lambda: call, reducer)


def follow_async(inner: AsyncGenerator[Any, Any], call: Call, reducer: Reducer) -> AsyncGenerator[Any, Any]:
    """Return an async generator like `inner`, during which the call goes on."""
    return _drive_async(inner, lambda: call, reducer)


def _surroundings() -> Context | None:
    """Return the current context if a span is current."""
    current = otel_context.get_current()
    return current if get_current_span(current).get_span_context().is_valid else None


class _Gathered:
    """What a generator has yielded so far."""

    __slots__ = ("_call", "_count", "_items", "_reducer")

    def __init__(self, call: Call, reducer: Reducer | None) -> None:
        self._call = call
        self._reducer = reducer
        self._items: list[Any] = []
        self._count = 0

    def add(self, item: object) -> None:
        if self._count == 0:
            self._call.mark(FIRST_ITEM)
        self._count += 1
        if self._count <= MAX_ITEMS and self._call.keeps_outputs:
            self._items.append(item)

    def end(self, *, closed: bool = False) -> None:
        """End the call: the generator is exhausted, or it was closed before that."""
        self._finish("closed" if closed else "exhausted")
        self._call.end(self._reduced())

    def fail(self, error: BaseException) -> None:
        """End the call: the generator raised."""
        self._finish("raised")
        self._call.fail(error, self._reduced() if self._items else None)

    def _finish(self, how: str) -> None:
        self._call.note(STREAM_END, how)
        self._call.note(STREAM_ITEMS, self._count)

    def _reduced(self) -> object:
        items, self._items = self._items, []
        if self._reducer is None or not self._call.keeps_outputs:
            return items
        try:
            return self._reducer(items)
        except FOREIGN_FAULTS as error:
            complain("An output_reducer failed; the outputs are all items", error)
            return items


def _drive(
    inner: Generator[Any, Any, Any], begin: Callable[[], Call | None], reducer: Reducer | None
) -> Generator[Any, Any, Any]:
    call = begin()
    if call is None:
        return (yield from inner)
    gathered = _Gathered(call, reducer)
    step: Callable[[Any], Any] = inner.send
    given: Any = None
    try:
        while True:
            call.enter()
            try:
                item = step(given)
            except StopIteration as stop:
                result = stop.value
                break
            finally:
                call.pause()
            gathered.add(item)
            try:
                step, given = inner.send, (yield item)
            except GeneratorExit:
                result = _close(inner, call)
                gathered.end(closed=True)
                return result
            except BaseException as error:
                step, given = inner.throw, error
    except BaseException as error:
        gathered.fail(error)
        raise
    gathered.end()
    return result


def _close(inner: Generator[Any, Any, Any], call: Call) -> Any:
    call.enter()
    try:
        return inner.close()
    finally:
        call.pause()


async def _drive_async(
    inner: AsyncGenerator[Any, Any], begin: Callable[[], Call | None], reducer: Reducer | None
) -> AsyncGenerator[Any, Any]:
    call = begin()
    if call is None:
        call = NoCall()
    gathered = _Gathered(call, reducer)
    step: Callable[[Any], Awaitable[Any]] = inner.asend
    given: Any = None
    try:
        while True:
            call.enter()
            try:
                item = await step(given)
            except StopAsyncIteration:
                break
            finally:
                call.pause()
            gathered.add(item)
            try:
                step, given = inner.asend, (yield item)
            except GeneratorExit:
                await _close_async(inner, call)
                gathered.end(closed=True)
                return
            except BaseException as error:
                step, given = inner.athrow, error
    except BaseException as error:
        if error is given and _is_cancelled(error):
            # Its consumer was cancelled while it had the last item, or is closing it and was cancelled then.
            gathered.end(closed=True)
        else:
            gathered.fail(error)
        raise
    gathered.end()


def _is_cancelled(error: BaseException) -> bool:
    # Whoever has such an error has imported asyncio, which takes long and not every program needs.
    asyncio = sys.modules.get("asyncio")
    return asyncio is not None and isinstance(error, asyncio.CancelledError)


async def _close_async(inner: AsyncGenerator[Any, Any], call: Call) -> None:
    call.enter()
    try:
        await inner.aclose()
    finally:
        call.pause()
