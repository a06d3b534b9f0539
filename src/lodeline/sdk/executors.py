"""The trace of whoever hands work on, in the thread or process that does the work.

Tasks of asyncio carry it by themselves; threads and processes do not. Only the trace is carried, no other context
variable: what the work sees of the program stays as it is.
"""

import functools
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

from opentelemetry import context as otel_context
from opentelemetry.context import Context

from lodeline.sdk.contexts import Entered
from lodeline.sdk.propagation import get_tracing_context_headers, set_tracing_context_from_headers

P = ParamSpec("P")
R = TypeVar("R")

_patched: dict[str, Callable[..., Any]] = {}
_patching = threading.Lock()


def with_current_context(function: Callable[P, R]) -> Callable[P, R]:
    """Return a function that does the same within the trace that is current now, wherever it is called.

    >>> import threading
    >>> import lodeline
    >>> def work() -> None:
    ...     with lodeline.start_span("in a thread"):
    ...         pass
    >>> with lodeline.start_span("request"):
    ...     thread = threading.Thread(target=lodeline.with_current_context(work))
    ...     thread.start()
    ...     thread.join()
    """
    context = otel_context.get_current()

    @functools.wraps(function)
    def carried(*args: P.args, **kwargs: P.kwargs) -> R:
        with Entered(context):
            return function(*args, **kwargs)

    return carried


def traced_executor(executor: Executor) -> Executor:
    """Return an executor that does its work in `executor`, each call within the trace of the one who submits it.

    For pools of threads and of processes; also as the pool of ``loop.run_in_executor``. Functions for processes must
    be picklable, as always. Shutting it down shuts `executor` down.

    >>> from concurrent.futures import ThreadPoolExecutor
    >>> import lodeline
    >>> @lodeline.trace
    ... def square(x: int) -> int:
    ...     return x * x
    >>> with lodeline.traced_executor(ThreadPoolExecutor()) as pool, lodeline.start_span("squares"):
    ...     list(pool.map(square, [1, 2]))
    [1, 4]
    """
    return _TracedExecutor(executor)


class _TracedExecutor(Executor):
    """Hands work on to another executor, with the trace of whoever submits it."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self._far = _works_in_processes(executor)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        return self._executor.submit(self._carried(fn), *args, **kwargs)

    def map(
        self, fn: Callable[..., Any], *iterables: Iterable[Any], timeout: float | None = None, **options: Any
    ) -> Iterator[Any]:
        return self._executor.map(self._carried(fn), *iterables, timeout=timeout, **options)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._executor.shutdown(wait=wait, cancel_futures=cancel_futures)

    def _carried(self, function: Callable[..., Any]) -> Callable[..., Any]:
        if self._far:
            return functools.partial(_run_far, get_tracing_context_headers(), function)
        return functools.partial(_run_near, otel_context.get_current(), function)


def instrument_threads() -> None:
    """Make every new thread and every call that is submitted to a pool of threads go on with the trace around it.

    It changes `threading.Thread` and `ThreadPoolExecutor` for the whole process, until `uninstrument_threads`.

    >>> import threading
    >>> import lodeline
    >>> lodeline.instrument_threads()
    >>> with lodeline.start_span("request"):
    ...     thread = threading.Thread(target=lodeline.trace(print), args=("in a thread",))
    ...     thread.start()
    ...     thread.join()
    in a thread
    >>> lodeline.uninstrument_threads()
    """
    with _patching:
        if not _patched:
            _patched["submit"] = ThreadPoolExecutor.submit
            _patched["start"] = threading.Thread.start
            ThreadPoolExecutor.submit = _submit
            threading.Thread.start = _start


def uninstrument_threads() -> None:
    """Undo `instrument_threads`; work that was handed on before keeps its trace.

    >>> import lodeline
    >>> lodeline.uninstrument_threads()
    """
    with _patching:
        if _patched:
            ThreadPoolExecutor.submit = _patched["submit"]
            threading.Thread.start = _patched["start"]
            _patched.clear()


def _submit(self: ThreadPoolExecutor, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
    submit = _patched.get("submit", _SUBMIT)
    return submit(self, functools.partial(_run_near, otel_context.get_current(), fn), *args, **kwargs)


def _start(self: threading.Thread) -> None:
    # A pool's own threads live on; each call that they do brings its own context.
    target = getattr(self, "_target", None)
    if getattr(target, "__module__", None) != "concurrent.futures.thread":
        self.run = functools.partial(_run_near, otel_context.get_current(), self.run)
    _patched.get("start", _START)(self)


_SUBMIT, _START = ThreadPoolExecutor.submit, threading.Thread.start


def _run_near(context: Context, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    with Entered(context):
        return function(*args, **kwargs)


def _run_far(headers: Mapping[str, str], function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    with set_tracing_context_from_headers(headers):
        return function(*args, **kwargs)


def _works_in_processes(executor: Executor) -> bool:
    module = sys.modules.get("concurrent.futures.process")
    return module is not None and isinstance(executor, module.ProcessPoolExecutor)
