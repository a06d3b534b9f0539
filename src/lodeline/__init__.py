"""Lodeline: traces, evaluation and improvement of GenAI applications."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lodeline.sdk.attachments import log_attachment
    from lodeline.sdk.decorator import trace
    from lodeline.sdk.executors import instrument_threads, traced_executor, uninstrument_threads, with_current_context
    from lodeline.sdk.masking import mask_strings
    from lodeline.sdk.propagation import get_tracing_context_headers, set_tracing_context_from_headers
    from lodeline.sdk.provider import configure, flush, get_tracer_provider, shutdown
    from lodeline.sdk.scoping import set_active_model, set_experiment, trace_context
    from lodeline.sdk.span import Span, SpanType
    from lodeline.sdk.spans import (
        get_current_active_span,
        get_last_active_trace_id,
        start_span,
        start_span_no_context,
        update_current_trace,
    )

__version__ = "0.1.0"

_MODULES = {
    "Span": "lodeline.sdk.span",
    "SpanType": "lodeline.sdk.span",
    "configure": "lodeline.sdk.provider",
    "flush": "lodeline.sdk.provider",
    "get_current_active_span": "lodeline.sdk.spans",
    "get_last_active_trace_id": "lodeline.sdk.spans",
    "get_tracer_provider": "lodeline.sdk.provider",
    "get_tracing_context_headers": "lodeline.sdk.propagation",
    "instrument_threads": "lodeline.sdk.executors",
    "log_attachment": "lodeline.sdk.attachments",
    "mask_strings": "lodeline.sdk.masking",
    "set_active_model": "lodeline.sdk.scoping",
    "set_experiment": "lodeline.sdk.scoping",
    "set_tracing_context_from_headers": "lodeline.sdk.propagation",
    "shutdown": "lodeline.sdk.provider",
    "start_span": "lodeline.sdk.spans",
    "start_span_no_context": "lodeline.sdk.spans",
    "trace": "lodeline.sdk.decorator",
    "trace_context": "lodeline.sdk.scoping",
    "traced_executor": "lodeline.sdk.executors",
    "uninstrument_threads": "lodeline.sdk.executors",
    "update_current_trace": "lodeline.sdk.spans",
    "with_current_context": "lodeline.sdk.executors",
}
"""Where each public name is; its module is imported when the name is first used."""

__all__ = [
    "Span",
    "SpanType",
    "__version__",
    "configure",
    "flush",
    "get_current_active_span",
    "get_last_active_trace_id",
    "get_tracer_provider",
    "get_tracing_context_headers",
    "instrument_threads",
    "log_attachment",
    "mask_strings",
    "set_active_model",
    "set_experiment",
    "set_tracing_context_from_headers",
    "shutdown",
    "start_span",
    "start_span_no_context",
    "trace",
    "trace_context",
    "traced_executor",
    "uninstrument_threads",
    "update_current_trace",
    "with_current_context",
]


def __getattr__(name: str) -> Any:
    module = _MODULES.get(name)
    if module is None:
        raise AttributeError(f"module 'lodeline' has no attribute {name!r}")
    value = getattr(importlib.import_module(module), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES})
