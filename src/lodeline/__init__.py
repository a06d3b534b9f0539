"""Lodeline: traces, evaluation and improvement of GenAI applications."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lodeline.sdk.decorator import trace
    from lodeline.sdk.provider import configure, flush, get_tracer_provider, shutdown
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
    "shutdown": "lodeline.sdk.provider",
    "start_span": "lodeline.sdk.spans",
    "start_span_no_context": "lodeline.sdk.spans",
    "trace": "lodeline.sdk.decorator",
    "update_current_trace": "lodeline.sdk.spans",
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
    "shutdown",
    "start_span",
    "start_span_no_context",
    "trace",
    "update_current_trace",
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
