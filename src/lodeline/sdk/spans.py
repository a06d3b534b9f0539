"""Spans by hand: begun and ended around a block, or wherever the program likes; and the trace around them."""

from collections.abc import Mapping
from contextvars import Token
from types import TracebackType

from opentelemetry import context as otel_context
from opentelemetry.context import Context
from opentelemetry.trace import Span as OtelSpan
from opentelemetry.trace import Status, StatusCode, Tracer, get_current_span, set_span_in_context

from lodeline.domain.ids import TraceId
from lodeline.domain.span import SpanKind
from lodeline.sdk.attributes import (
    KIND,
    METADATA,
    REQUEST_PREVIEW,
    RESPONSE_PREVIEW,
    TRACE_NAME,
    label_text,
    labels,
)
from lodeline.sdk.contexts import leave
from lodeline.sdk.provider import current_tracer, pipeline, runtime
from lodeline.sdk.quiet import complain, quietly
from lodeline.sdk.rendering import clean_name
from lodeline.sdk.span import NO_SPAN, Span, SpanStatusName, attribute_value, fail, otel_span


class StartedSpan:
    """What `start_span` gives: begins a span when it is entered, and ends it when it is left."""

    __slots__ = ("_attributes", "_entered", "_name", "_otel", "_span_type", "_token")

    def __init__(self, name: str, span_type: str | None, attributes: Mapping[str, object] | None) -> None:
        self._name = name
        self._span_type = span_type
        self._attributes = attributes
        self._otel: OtelSpan | None = None
        self._entered: Context | None = None
        self._token: Token[Context] | None = None

    def __enter__(self) -> Span:
        try:
            tracer = current_tracer()
            if tracer is None:
                return NO_SPAN
            otel = start(tracer, self._name, self._span_type, self._attributes)
            self._entered = set_span_in_context(otel)
            self._token = otel_context.attach(self._entered)
            self._otel = otel
            return Span(otel)
        except Exception as failure:
            complain("A span could not be started", failure)
            return NO_SPAN

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        otel, self._otel = self._otel, None
        if otel is None or self._token is None or self._entered is None:
            return
        if error is not None:
            fail(otel, error)
        leave(self._token, self._entered)
        try:
            if otel.is_recording():
                otel.end()
        except Exception as failure:
            complain("A span could not be ended", failure)


def start_span(
    name: str = "span",
    span_type: SpanKind | str | None = None,
    attributes: Mapping[str, object] | None = None,
) -> StartedSpan:
    """Return a context manager for one step: spans that begin within it are its children.

    What the block raises is recorded and goes on unchanged. Nothing begins before it is entered.

    >>> import lodeline
    >>> with lodeline.start_span("look up", span_type="TOOL") as span:
    ...     span.set_inputs({"city": "Oslo"})
    ...     span.set_outputs("rain")
    """
    return StartedSpan(name, span_type, attributes)


def start_span_no_context(
    name: str,
    span_type: SpanKind | str | None = None,
    parent_span: Span | None = None,
    *,
    inputs: object = None,
    attributes: Mapping[str, object] | None = None,
    tags: Mapping[str, object] | None = None,
    start_time_ns: int | None = None,
) -> Span:
    """Begin a span that is nobody's surroundings: what begins meanwhile does not become its child by itself.

    Without `parent_span` it begins a trace, which gets `tags`. It must be ended by `Span.end`, in any thread.

    >>> import lodeline
    >>> call = lodeline.start_span_no_context("call", inputs={"number": 1})
    >>> answer = lodeline.start_span_no_context("answer", parent_span=call)
    >>> answer.end(outputs="hello")
    >>> call.end()
    """
    try:
        tracer = current_tracer()
        if tracer is None:
            return NO_SPAN
        above = Context() if parent_span is None else set_span_in_context(otel_span(parent_span))
        otel = start(tracer, name, span_type, attributes, context=above, start_time_ns=start_time_ns)
        span = Span(otel)
        if inputs is not None:
            span.set_inputs(inputs)
        if tags:
            otel.set_attributes(labels(tags=tags))
        return span
    except Exception as failure:
        complain("A span could not be started", failure)
        return NO_SPAN


def start(
    tracer: Tracer,
    name: str,
    span_type: str | None,
    attributes: Mapping[str, object] | None,
    *,
    context: Context | None = None,
    start_time_ns: int | None = None,
) -> OtelSpan:
    """Start a span of OpenTelemetry with our attributes."""
    said = (
        {} if attributes is None else {clean_name(key): attribute_value(value) for key, value in attributes.items()}
    )
    if span_type is not None:
        said[KIND] = clean_name(span_type)
    return tracer.start_span(
        clean_name(name),
        context,
        attributes=said,
        start_time=start_time_ns,
        record_exception=False,
        set_status_on_exception=False,
    )


def get_current_active_span() -> Span | None:
    """Return the span that surrounds this code, whichever library began it; None when there is none, or it records
    nothing.

    >>> import lodeline
    >>> @lodeline.trace
    ... def work() -> None:
    ...     span = lodeline.get_current_active_span()
    ...     if span is not None:
    ...         span.set_attribute("step", 1)
    >>> work()
    """
    otel = get_current_span()
    return Span(otel) if otel.is_recording() else None


@quietly("The current trace could not be updated")
def update_current_trace(
    tags: Mapping[str, object] | None = None,
    metadata: Mapping[str, object] | None = None,
    *,
    session: str | None = None,
    user: str | None = None,
    name: str | None = None,
    state: SpanStatusName | None = None,
    request_preview: str | None = None,
    response_preview: str | None = None,
    client_request_id: str | None = None,
    missing_ok: bool = False,
) -> None:
    """Say something about the trace that this code runs in; later words replace earlier ones.

    `state` is that of its first span here. The entries ``mlflow.trace.session`` and ``mlflow.trace.user`` of the
    metadata count as `session` and `user`; `client_request_id` is kept in the metadata under its name. Without a
    trace it does nothing but complain, unless `missing_ok`.

    >>> import lodeline
    >>> with lodeline.start_span("turn"):
    ...     lodeline.update_current_trace(tags={"channel": "web"}, session="thread-7", user="ada")
    """
    found = dict(metadata or {})
    session = session or _text(found.pop("mlflow.trace.session", None))
    user = user or _text(found.pop("mlflow.trace.user", None))
    said = labels(session=session, user=user, tags=tags, metadata=found)
    pairs = (
        (TRACE_NAME, name), (REQUEST_PREVIEW, request_preview), (RESPONSE_PREVIEW, response_preview),
        (f"{METADATA}client_request_id", client_request_id),
    )  # fmt: skip
    said.update({key: label_text(value) for key, value in pairs if value is not None})
    context = get_current_span().get_span_context()
    if not context.is_valid:
        if not missing_ok and runtime.tracer is not None:
            complain("update_current_trace was called without a trace that is in progress")
        return
    target = trace_span(context.trace_id)
    if target is None:
        return
    target.set_attributes(said)
    if state is not None:
        target.set_status(Status(StatusCode.ERROR if state.upper() == "ERROR" else StatusCode.OK))


def get_last_active_trace_id(thread_local: bool = False) -> TraceId | None:
    """Return the id of the trace that ended last, here or in this thread; None before any.

    A trace ends with its first span in this process.

    >>> import lodeline
    >>> with lodeline.start_span("turn") as span:
    ...     pass
    >>> lodeline.get_last_active_trace_id() == span.trace_id
    True
    """
    found = getattr(pipeline.last_by_thread, "trace_id", None) if thread_local else pipeline.last_trace_id
    return None if found is None else TraceId(f"tr-{found:032x}")


def trace_span(trace_id: int) -> OtelSpan | None:
    """Return the span to say something about the current trace on: its local root, or else the current span."""
    root, current = pipeline.root(trace_id), get_current_span()
    if root is not None and root.is_recording():
        return root
    return current if current.is_recording() else None


def _text(value: object) -> str | None:
    return None if value is None else label_text(value)
