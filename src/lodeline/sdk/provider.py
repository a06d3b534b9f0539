"""The one tracer provider of the process: made at the first span, changed in place by `configure`.

It is Lodeline's own, beside whatever provider the program has: spans nest with each other's through OpenTelemetry's
context, and `get_tracer_provider` gives it to instrumentations.
"""

import atexit
import importlib
import os
import sys
import threading
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, SpanProcessor, TracerProvider
from opentelemetry.trace import Tracer

from lodeline import __version__
from lodeline.domain.experiment import CaptureMode
from lodeline.domain.ids import DEFAULT_EXPERIMENT
from lodeline.sdk.errors_kept import ErrorsKept
from lodeline.sdk.ids import Ids, IdSource
from lodeline.sdk.masking import ContentFilter
from lodeline.sdk.pipeline import Flow, SpanPipeline, Stage
from lodeline.sdk.quiet import FOREIGN_FAULTS, complain
from lodeline.sdk.rendering import DEFAULT_LIMITS, Limits
from lodeline.sdk.sampling import HeadSampler
from lodeline.sdk.scope import TraceScope
from lodeline.sdk.settings import Mask, SdkSettings, resolve
from lodeline.sdk.sink import lost_spans, start_sink

_MAX_ATTRIBUTES = 1_000


@dataclass(slots=True)
class Runtime:
    """What every traced call looks at. `tracer` is None while tracing is off or has not begun (`started`); `sends` is
    false while traces are captured instead."""

    tracer: Tracer | None = None
    started: bool = False
    limits: Limits = DEFAULT_LIMITS
    keeps_content: bool = True
    sends: bool = True


runtime = Runtime()
pipeline = SpanPipeline()
ids = Ids()
sampler = HeadSampler()

at_flush: list[Callable[[float], bool]] = []
"""What else waits for the server, for so many seconds at most, when traces are flushed; false when it is not done."""

_lock = threading.RLock()
_provider: TracerProvider | None = None
_settings = SdkSettings()
_lost_said = 0
"""How many lost spans a flush has told of."""


def current_tracer() -> Tracer | None:
    """Return the tracer to start spans with, None while tracing is off; starts it if nobody has. Never raises."""
    if not runtime.started:
        _start_quietly()
    return runtime.tracer


def configure(
    *,
    url: str | None = None,
    key: str | None = None,
    headers: Mapping[str, str] | None = None,
    experiment: str | None = None,
    model_id: str | None = None,
    service: str | None = None,
    environment: str | None = None,
    enabled: bool | None = None,
    sample_ratio: float | None = None,
    keep_errors: bool | None = None,
    capture: CaptureMode | None = None,
    mask: Mask | None = None,
    max_depth: int | None = None,
    max_chars: int | None = None,
    exit_timeout_s: float | None = None,
    span_processor: SpanProcessor | None = None,
) -> SdkSettings:
    """Set up tracing, and return the settings in force; what is not given comes from the environment or is a default.

    Not needed when the environment says it all: tracing begins with the first span. May be called again: what ended
    before is delivered as it was to be, and tracers handed out go on with the new settings. `span_processor` gets the
    spans instead of the server. Raises Invalid for a value that cannot be used, and then changes nothing.

    >>> import lodeline
    >>> lodeline.configure(experiment="weather bot", enabled=False).experiment
    'weather bot'
    """
    arguments = {name: value for name, value in locals().items() if name != "span_processor"}
    return _apply(resolve(os.environ, arguments), span_processor)


def get_tracer_provider() -> TracerProvider:
    """Return the provider whose spans are sent to Lodeline, for instrumentations that take one.

    It stays the same for the life of the process. Its spans nest with those of `lodeline.trace`.

    >>> import lodeline
    >>> tracer = lodeline.get_tracer_provider().get_tracer("my instrumentation")
    >>> with lodeline.start_span("ours"), tracer.start_as_current_span("theirs"):
    ...     pass
    """
    current_tracer()
    return _get_provider()


def flush(timeout_s: float = 30.0) -> bool:
    """Wait until everything that has ended so far is delivered; tell whether it was.

    False when that took longer than `timeout_s`, or when spans have been refused or dropped since the last flush; the
    log and `lodeline doctor` say why.

    >>> import lodeline
    >>> lodeline.flush(timeout_s=5)
    True
    """
    global _lost_said  # noqa: PLW0603 - one pipeline a process
    until = time.monotonic() + timeout_s
    try:
        done = pipeline.force_flush(round(timeout_s * 1_000))
        waited = [wait(max(until - time.monotonic(), 0.0)) for wait in at_flush]
        lost, before = lost_spans(pipeline.flow.targets), _lost_said
        _lost_said = lost
        return done and all(waited) and lost == before
    except FOREIGN_FAULTS as error:
        complain("Traces could not be flushed", error)
        return False


def shutdown() -> None:
    """Deliver what is left and end tracing; functions that are traced go on untraced. `configure` begins anew.

    >>> import lodeline
    >>> lodeline.shutdown()
    >>> with lodeline.start_span("untraced") as span:
    ...     span.is_recording()
    False
    """
    with _lock:
        runtime.started, runtime.tracer = True, None
    until = time.monotonic() + _settings.exit_timeout_s
    pipeline.shutdown()
    for wait in at_flush:
        wait(max(until - time.monotonic(), 0.0))


def get_settings() -> SdkSettings:
    """Return the settings in force."""
    current_tracer()
    return _settings


def current_experiment() -> str:
    """Return the experiment (id or name) that new traces go to, and what else is made without saying where."""
    if not runtime.started:
        return resolve(os.environ).experiment or DEFAULT_EXPERIMENT
    return get_defaults().experiment or get_settings().experiment or DEFAULT_EXPERIMENT


def set_defaults(scope: TraceScope) -> None:
    """Make `scope` what new traces are given where nothing nearer says it."""
    current_tracer()
    with _lock:
        pipeline.defaults = scope


def get_defaults() -> TraceScope:
    """Return what new traces are given where nothing nearer says it."""
    current_tracer()
    return pipeline.defaults


def _start_quietly() -> None:
    with _lock:
        if runtime.started:
            return
        try:
            _apply(resolve(os.environ), None)
        except FOREIGN_FAULTS as error:
            runtime.started, runtime.tracer = True, None
            complain("Tracing is off", error)


@contextmanager
def temporarily(settings: SdkSettings, processor: SpanProcessor, source: IdSource) -> Generator[None]:
    """Trace with these settings into `processor`, with ids of `source`; then all is as it was before.

    For tests: it holds for the whole process.
    """
    global _settings
    with _lock:
        before = (_settings, pipeline.defaults, ids.source, sampler.ratio, sampler.keep_errors)
        running = (runtime.tracer, runtime.started, runtime.limits, runtime.keeps_content, runtime.sends)
        flow = pipeline.flow
        pipeline.flow = Flow()
        ids.source = source
        _apply(settings, processor)
        runtime.sends = False
    try:
        yield
    finally:
        with _lock:
            _settings, pipeline.defaults, ids.source, sampler.ratio, sampler.keep_errors = before
            runtime.tracer, runtime.started, runtime.limits, runtime.keeps_content, runtime.sends = running
            pipeline.flow = flow


def _apply(settings: SdkSettings, span_processor: SpanProcessor | None) -> SdkSettings:
    global _settings  # noqa: PLW0603 - the process has one provider, and this module is it
    with _lock:
        sink = (span_processor or start_sink(settings)) if settings.enabled else None
        provider = _get_provider()
        _settings = settings
        pipeline.defaults = TraceScope(experiment=settings.experiment, model_id=settings.model_id)
        sampler.ratio, sampler.keep_errors = settings.sample_ratio, settings.keep_errors
        runtime.limits = Limits(settings.max_depth, settings.max_chars)
        runtime.keeps_content = settings.capture != "none"
        targets = (sink,) if sink is not None else ()
        before = pipeline.use(Flow(targets, _resource(settings), _stages(settings)))
        runtime.tracer = provider.get_tracer("lodeline", __version__) if settings.enabled else None
        runtime.started = True
    before.close()
    return settings


def _stages(settings: SdkSettings) -> tuple[Stage, ...]:
    """Return what ended spans go through: content that may not leave is not even to wait for an error."""
    stages: list[Stage] = []
    if settings.mask is not None or settings.capture != "full":
        stages.append(ContentFilter(settings.mask, settings.capture, runtime.limits))
    if settings.keep_errors and settings.sample_ratio < 1:
        stages.append(ErrorsKept())
    return tuple(stages)


def _get_provider() -> TracerProvider:
    global _provider  # noqa: PLW0603 - see above
    with _lock:
        if _provider is None:
            # The provider starts threads of a pool in forked children. This module makes itself fit for that in a
            # handler of forks, too, which must be registered before the provider's, or the child waits for ever.
            importlib.import_module("concurrent.futures.thread")
            limits = SpanLimits() if _is_limited() else SpanLimits(max_span_attributes=_MAX_ATTRIBUTES)
            _provider = TracerProvider(
                sampler=sampler,
                resource=Resource.get_empty(),
                shutdown_on_exit=False,
                active_span_processor=pipeline,  # pyright: ignore[reportArgumentType] - any processor will do
                id_generator=ids,
                span_limits=limits,
            )
            atexit.register(shutdown)
            if hasattr(os, "register_at_fork"):
                os.register_at_fork(after_in_child=_after_fork)
        return _provider


def _after_fork() -> None:
    """Make a forked child fit for tracing: another thread of its parent may have held a lock."""
    global _lock  # noqa: PLW0603 - see above
    _lock = threading.RLock()
    # OpenTelemetry has just given the provider what its resource says of this process.
    made = Resource.get_empty() if _provider is None else _provider.resource
    pipeline.forked(made)


def _is_limited() -> bool:
    names = ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "OTEL_ATTRIBUTE_COUNT_LIMIT")
    return any(os.environ.get(name) for name in names)


def _resource(settings: SdkSettings) -> Resource:
    said: dict[str, Any] = {}
    if settings.service is not None:
        said["service.name"] = settings.service
    if settings.environment is not None:
        said["deployment.environment.name"] = settings.environment
    return Resource.create(said)


def watch_exit() -> None:
    """End tracing when a process of `multiprocessing` ends, which leaves without the handlers of `atexit`."""
    process = sys.modules.get("multiprocessing.process")
    if process is not None and process.parent_process() is not None:
        importlib.import_module("multiprocessing.util").Finalize(None, shutdown, exitpriority=10)


pipeline.at_first_trace = watch_exit
