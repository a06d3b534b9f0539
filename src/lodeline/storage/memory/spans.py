"""Spans in memory."""

from collections.abc import Iterator, Sequence

from lodeline.domain.ids import SpanId, TraceId
from lodeline.domain.span import Span, SpanFacts, SpanSkeleton
from lodeline.domain.usage import picousd_to_usd
from lodeline.ingest.payload import unpack_spans
from lodeline.query.values import span_texts
from lodeline.storage.memory.record import TraceRecord
from lodeline.storage.memory.state import State


class MemorySpans:
    """The `SpanStore` of the memory backend."""

    def __init__(self, state: State) -> None:
        self._state = state

    def skeleton(self, trace_id: TraceId) -> Sequence[SpanSkeleton]:
        with self._state.lock:
            record = self._state.visible_trace(trace_id)
            return [_skeleton(facts) for facts in sorted(record.fold.winners(), key=_order)]

    def load(self, trace_id: TraceId, span_ids: Sequence[SpanId] | None = None) -> Sequence[Span]:
        with self._state.lock:
            return load_spans(self._state.visible_trace(trace_id), span_ids)

    def texts(self, trace_id: TraceId) -> Iterator[tuple[SpanId, Sequence[str]]]:
        with self._state.lock:
            spans = load_spans(self._state.visible_trace(trace_id), want_view=False)
        return ((span.span_id, [text for text in span_texts(span) if text]) for span in spans)

    def chunks(self, trace_id: TraceId) -> Iterator[bytes]:
        with self._state.lock:
            return iter(list(self._state.visible_trace(trace_id).chunks))


def load_spans(
    record: TraceRecord, span_ids: Sequence[SpanId] | None = None, *, want_view: bool = True
) -> list[Span]:
    """Return the winning copies of a trace's spans, in skeleton order."""
    wanted = None if span_ids is None else set(span_ids)
    by_chunk: dict[int, list[int]] = {}
    for span_id, (chunk, position) in record.places.items():
        if wanted is None or span_id in wanted:
            by_chunk.setdefault(chunk, []).append(position)
    spans: list[Span] = []
    for chunk, positions in by_chunk.items():
        spans += unpack_spans(record.chunks[chunk], record.trace_id, positions, want_view=want_view)
    return sorted(spans, key=_order)


def _order(span: SpanFacts | Span) -> tuple[bool, int, SpanId]:
    return (span.parent_id is not None, span.start_ns, span.span_id)


def _skeleton(facts: SpanFacts) -> SpanSkeleton:
    return SpanSkeleton(
        span_id=facts.span_id,
        parent_id=facts.parent_id,
        name=facts.name,
        kind=facts.kind,
        status=facts.status,
        start_ns=facts.start_ns,
        end_ns=facts.end_ns or None,
        model=facts.model,
        tokens=facts.tokens,
        cost_usd=picousd_to_usd(facts.cost_picousd),
        size_bytes=facts.size_bytes,
    )
