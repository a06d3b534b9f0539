"""`trace`: a function whose calls are steps of a trace."""

import functools
import inspect
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from types import AsyncGeneratorType, GeneratorType
from typing import Any, TypeVar, cast, overload

from lodeline.domain.errors import Invalid
from lodeline.domain.span import SpanKind
from lodeline.sdk.attributes import KIND
from lodeline.sdk.calls import Site
from lodeline.sdk.streams import Reducer, TracedAsyncGenerator, TracedGenerator, follow, follow_async

F = TypeVar("F", bound=Callable[..., Any])


@overload
def trace(func: F, /) -> F: ...


@overload
def trace(
    func: None = None,
    name: str | None = None,
    span_type: SpanKind | str | None = None,
    attributes: Mapping[str, object] | None = None,
    output_reducer: Reducer | None = None,
    *,
    capture_inputs: bool = True,
    capture_outputs: bool = True,
) -> Callable[[F], F]: ...


def trace(
    func: F | None = None,
    name: str | None = None,
    span_type: SpanKind | str | None = None,
    attributes: Mapping[str, object] | None = None,
    output_reducer: Reducer | None = None,
    *,
    capture_inputs: bool = True,
    capture_outputs: bool = True,
) -> F | Callable[[F], F]:
    """Make every call of a function a step of a trace, with its arguments as inputs and what it returns as outputs.

    For functions, methods, class and static methods, plain or ``async``, and for generators of both kinds, whose
    step lasts until they are exhausted, closed or thrown away, and whose outputs are the list of what they yielded,
    or what `output_reducer` makes of that list. With `output_reducer` also a generator that a function returns is
    followed. The step is named `name` or as the function is. What the function returns and raises stays what it was;
    a call that cannot be recorded is made untraced. Raises Invalid for what cannot be called.

    >>> import lodeline
    >>> @lodeline.trace(span_type="TOOL")
    ... def add(a: int, b: int = 1) -> int:
    ...     return a + b
    >>> add(2)
    3
    """

    def decorate(function: F) -> F:
        said = {**(attributes or {}), **({} if span_type is None else {KIND: span_type})}

        def site(of: Callable[..., Any]) -> Site:
            return Site(of, name, said, capture_inputs=capture_inputs, capture_outputs=capture_outputs)

        return _traced(function, site, output_reducer)

    return decorate if func is None else decorate(func)


def _traced(function: Any, site_of: Callable[[Callable[..., Any]], Site], reducer: Reducer | None) -> Any:
    if isinstance(function, (classmethod, staticmethod)):
        kind: Any = classmethod if isinstance(function, classmethod) else staticmethod
        return kind(_traced(cast("Any", function).__func__, site_of, reducer))
    if isinstance(function, type) or not callable(function):
        raise Invalid.value("func", function, "a function or a method; trace the methods of a class one by one")
    site = site_of(function)
    if inspect.isasyncgenfunction(function):
        return TracedAsyncGenerator(function, site, reducer)
    if inspect.isgeneratorfunction(function):
        return TracedGenerator(function, site, reducer)
    if inspect.iscoroutinefunction(function):
        return _coroutine(function, site, reducer)
    return _plain(function, site, reducer)


def _plain(function: Callable[..., Any], site: Site, reducer: Reducer | None) -> Callable[..., Any]:
    @functools.wraps(function)
    def traced(*args: Any, **kwargs: Any) -> Any:
        call = site.begin(args, kwargs)
        if call is None:
            return function(*args, **kwargs)
        call.enter()
        try:
            result = function(*args, **kwargs)
        except BaseException as error:
            call.leave()
            call.fail(error)
            raise
        call.leave()
        if reducer is not None and isinstance(result, GeneratorType):
            return follow(cast("Generator[Any, Any, Any]", result), call, reducer)
        if reducer is not None and isinstance(result, AsyncGeneratorType):
            return follow_async(cast("AsyncGenerator[Any, Any]", result), call, reducer)
        call.end(result)
        return result

    return traced


def _coroutine(function: Callable[..., Any], site: Site, reducer: Reducer | None) -> Callable[..., Any]:
    @functools.wraps(function)
    async def traced(*args: Any, **kwargs: Any) -> Any:
        call = site.begin(args, kwargs)
        if call is None:
            return await function(*args, **kwargs)
        call.enter()
        try:
            result = await function(*args, **kwargs)
        except BaseException as error:
            call.leave()
            call.fail(error)
            raise
        call.leave()
        if reducer is not None and isinstance(result, AsyncGeneratorType):
            return follow_async(cast("AsyncGenerator[Any, Any]", result), call, reducer)
        if reducer is not None and isinstance(result, GeneratorType):
            return follow(cast("Generator[Any, Any, Any]", result), call, reducer)
        call.end(result)
        return result

    return traced
