"""A trace across processes: W3C trace context in the headers of a request or a message, both ways."""

from collections.abc import Mapping
from urllib.parse import quote, unquote

from opentelemetry import context as otel_context
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import get_current_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from lodeline.sdk.attributes import EXPERIMENT
from lodeline.sdk.contexts import Entered
from lodeline.sdk.quiet import complain
from lodeline.sdk.scope import TraceScope, context_with

_EXPERIMENT_HEADER = "x-lodeline-experiment"
_MAX_HEADER = 2_000
_W3C = TraceContextTextMapPropagator()


def get_tracing_context_headers() -> dict[str, str]:
    """Return headers that let another process go on with the current trace; none when there is no trace.

    They are those of W3C trace context, and the experiment of the trace, which all its spans must go to.

    >>> import lodeline
    >>> with lodeline.start_span("call the other service"):
    ...     sorted(lodeline.get_tracing_context_headers())
    ['traceparent']
    """
    headers: dict[str, str] = {}
    try:
        _W3C.inject(headers)
        span = get_current_span()
        experiment = span.resource.attributes.get(EXPERIMENT) if isinstance(span, ReadableSpan) else None
        if headers and isinstance(experiment, str):
            headers[_EXPERIMENT_HEADER] = quote(experiment)
    except Exception as error:
        complain("The trace could not be given on", error)
    return headers


def set_tracing_context_from_headers(headers: Mapping[str, str]) -> Entered:
    """Return a context manager: what is traced within it goes on with the trace that these headers name.

    `headers` may be those of a whole request; letter case does not matter. Without a trace in them, or with one that
    is malformed, spans begin as they would without it. Take headers from callers you trust only: they choose the
    trace and the experiment.

    >>> import lodeline
    >>> headers = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
    >>> with lodeline.set_tracing_context_from_headers(headers), lodeline.start_span("serve") as span:
    ...     print(span.trace_id)
    tr-0af7651916cd43dd8448eb211c80319c
    """
    try:
        lowered = {str(name).lower(): str(value) for name, value in headers.items()}
        experiment = unquote(lowered.get(_EXPERIMENT_HEADER, "")[:_MAX_HEADER]).strip()
        context = _W3C.extract(lowered, context_with(TraceScope()))
        remote = get_current_span(context).get_span_context()
        if experiment and remote.is_remote:
            with Entered(context):
                context = context_with(TraceScope(experiment=experiment))
        return Entered(context)
    except Exception as error:
        complain("The trace of a caller could not be gone on with", error)
        return Entered(otel_context.get_current())
