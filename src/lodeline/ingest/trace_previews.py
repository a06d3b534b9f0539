"""Which spans of a chunk give previews: only those whose a trace's summary can take.

Of spans that are no roots a summary takes the request of the earliest that has one, and the response of the one that
ended last (`ingest.summary`). Of those that came together only one can be either, so the others are not read for
theirs: to find the last message in a model call's content costs more than all else about the span.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple

from opentelemetry.proto.trace.v1.trace_pb2 import Span

from lodeline.domain.ids import SpanId
from lodeline.domain.span import SpanFacts
from lodeline.ingest import semconv
from lodeline.ingest.semconv import Derived


class Waiting(NamedTuple):
    """A span whose previews are not read yet: its place among the facts, and its bytes as they are stored."""

    place: int
    data: bytes


_Read = Callable[[Waiting], Derived]


def fill_previews(facts: list[SpanFacts], waiting: Sequence[Waiting]) -> None:
    """Give those of the waiting spans that matter their previews, in place.

    The earliest span of all may name its trace by its content, so it is read in any case. Where several copies of a
    span came together all are read: which of them counts is not known here.
    """
    if not waiting:
        return
    read: _Read = cache(_read)
    if len({span.span_id for span in facts}) < len(facts):
        for span in waiting:
            said = read(span)
            _replace(facts, span, request=said.request, response=said.response, trace_name=said.trace_name)
        return
    earliest = min(range(len(facts)), key=lambda index: _earliness(facts[index]))
    first, last = _first_request(facts, waiting, read), _last_response(facts, waiting, read)
    for span in waiting:
        if span.place == earliest:
            _replace(facts, span, trace_name=read(span).trace_name)
        if span is first:
            _replace(facts, span, request=read(span).request)
        if span is last:
            _replace(facts, span, response=read(span).response)


def _replace(facts: list[SpanFacts], span: Waiting, **found: str | None) -> None:
    facts[span.place] = facts[span.place]._replace(**found)


def _first_request(facts: Sequence[SpanFacts], waiting: Sequence[Waiting], read: _Read) -> Waiting | None:
    """Return the earliest waiting span with a request, if no other is earlier."""
    known = min((_earliness(span) for span in facts if span.request), default=None)
    early = [span for span in waiting if known is None or _earliness(facts[span.place]) < known]
    early.sort(key=lambda span: _earliness(facts[span.place]))
    return next((span for span in early if read(span).request), None)


def _last_response(facts: Sequence[SpanFacts], waiting: Sequence[Waiting], read: _Read) -> Waiting | None:
    """Return the waiting span with a response that ended last, if no other ended later."""
    known = max((_lateness(span) for span in facts if span.response), default=None)
    late = [span for span in waiting if known is None or _lateness(facts[span.place]) > known]
    late.sort(key=lambda span: _lateness(facts[span.place]), reverse=True)
    return next((span for span in late if read(span).response), None)


def _earliness(span: SpanFacts) -> tuple[bool, int, SpanId]:
    return not span.start_ns, span.start_ns, span.span_id


def _lateness(span: SpanFacts) -> tuple[int, SpanId]:
    return span.end_ns, span.span_id


def _read(span: Waiting) -> Derived:
    message = Span.FromString(span.data)
    values = {pair.key: pair.value for pair in message.attributes}
    return semconv.derive(message, values, want_preview=True)
