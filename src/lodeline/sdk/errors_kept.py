"""Keeping the traces in which something failed, of those that are not sampled.

Their spans wait in memory until one of them is an ERROR, which lets all of the trace go, or until the trace ends here
without one. Within bounds: the oldest traces that wait are given up first.
"""

import threading
from collections import OrderedDict

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanContext, StatusCode, TraceFlags

_MAX_WAITING_SPANS = 20_000
_MAX_SPANS_OF_TRACE = 2_000
_MAX_KEPT = 10_000
"""Traces of which it is remembered that they are let go: spans may come after their root."""


class ErrorsKept:
    """A stage of the pipeline: hands on sampled spans, and of the others those of traces that failed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: OrderedDict[int, list[ReadableSpan]] = OrderedDict()
        self._count = 0
        self._kept: OrderedDict[int, None] = OrderedDict()

    def __call__(self, span: ReadableSpan) -> list[ReadableSpan]:
        """Return the spans that go on now that this one has ended."""
        context = span.get_span_context()
        if context is None or context.trace_flags.sampled:
            return [span]
        with self._lock:
            going = self._decide(span, context.trace_id)
        return [_sampled(one) for one in going]

    def _decide(self, span: ReadableSpan, trace_id: int) -> list[ReadableSpan]:
        if trace_id in self._kept:
            return [span]
        if span.status.status_code is StatusCode.ERROR:
            self._kept[trace_id] = None
            if len(self._kept) > _MAX_KEPT:
                self._kept.popitem(last=False)
            return [*self._given_up(trace_id), span]
        if span.parent is None or span.parent.is_remote:
            self._given_up(trace_id)
            return []
        waiting = self._waiting.setdefault(trace_id, [])
        if len(waiting) < _MAX_SPANS_OF_TRACE:
            waiting.append(span)
            self._count += 1
        while self._count > _MAX_WAITING_SPANS:
            self._given_up(next(iter(self._waiting)))
        return []

    def _given_up(self, trace_id: int) -> list[ReadableSpan]:
        found = self._waiting.pop(trace_id, [])
        self._count -= len(found)
        return found


def _sampled(span: ReadableSpan) -> ReadableSpan:
    """Return a copy that says it is sampled: exporters leave out what does not."""
    context = span.get_span_context()
    if context is None:
        return span
    flags = TraceFlags(context.trace_flags | TraceFlags.SAMPLED)
    return ReadableSpan(
        name=span.name,
        context=SpanContext(context.trace_id, context.span_id, context.is_remote, flags, context.trace_state),
        parent=span.parent,
        resource=span.resource,
        attributes=span.attributes,
        events=span.events,
        links=span.links,
        kind=span.kind,
        status=span.status,
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )
