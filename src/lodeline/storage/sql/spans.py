"""Spans of one trace, read back from its chunks."""

from collections.abc import Collection, Iterator, Sequence

from lodeline.domain.errors import NotFound
from lodeline.domain.ids import SpanId, TraceId
from lodeline.domain.span import Span, SpanSkeleton
from lodeline.domain.trace import Trace
from lodeline.ingest.payload import (
    Rank,
    each_texts,
    skeleton_order,
    unpack_narrow,
    unpack_skeletons,
    unpack_spans,
    unpack_texts,
    winners,
)
from lodeline.storage.sql.connection import Readers
from lodeline.storage.sql.db import Db

_CHUNKS = "SELECT data FROM chunks WHERE id = ? ORDER BY cid"


def load_spans(db: Db, row_id: int, trace_id: TraceId, span_ids: Collection[SpanId] | None = None) -> list[Span]:
    """Return the spans of a trace (None: all) in skeleton order."""
    chunks = [data for (data,) in db.execute(_CHUNKS, (row_id,))]
    chosen = {span_id: place for span_id, place in winners(chunks).items() if span_ids is None or span_id in span_ids}
    spans: dict[SpanId, Span] = {}
    for index, data in enumerate(chunks):
        positions = {facts.position for at, facts in chosen.values() if at == index}
        if positions:
            spans.update((span.span_id, span) for span in unpack_spans(data, trace_id, positions))
    return [spans[span_id] for span_id in chosen]


def narrow_spans(db: Db, row_id: int, trace: Trace, keys: Collection[str] | None) -> list[Span]:
    """Return the spans of a trace in any order, to check a filter on them: without views, and with `keys` given
    of their content only these attributes.
    """
    chunks = [data for (data,) in db.execute(_CHUNKS, (row_id,))]
    found = [_narrow(data, trace.trace_id, keys, None) for data in chunks]
    if sum(map(len, found)) != trace.span_count:  # some copies are superseded
        places = list(winners(chunks).values())
        found = [
            _narrow(data, trace.trace_id, keys, {facts.position for at, facts in places if at == index})
            for index, data in enumerate(chunks)
        ]
    return [span for spans in found for span in spans]


def _narrow(
    data: bytes, trace_id: TraceId, keys: Collection[str] | None, positions: Collection[int] | None
) -> list[Span]:
    if keys is None:
        return unpack_spans(data, trace_id, positions, want_view=False)
    return unpack_narrow(data, trace_id, keys, positions)


def span_texts(db: Db, row_id: int, span_count: int) -> list[list[str]]:
    """Return the texts of every span of a trace, of the copies that count; `span_count` is how many spans it has."""
    chunks = [data for (data,) in db.execute(_CHUNKS, (row_id,))]
    found = [(index, *item) for index, data in enumerate(chunks) for item in unpack_texts(data)]
    if len(found) == span_count:
        return [texts for _, _, texts in found]
    places = {(index, facts.position) for index, facts in winners(chunks).values()}
    return [texts for index, position, texts in found if (index, position) in places]


class SqlSpanStore:
    """`storage.base.SpanStore` over chunks."""

    def __init__(self, readers: Readers) -> None:
        self._readers = readers

    def skeleton(self, trace_id: TraceId) -> Sequence[SpanSkeleton]:
        best: dict[SpanId, tuple[Rank, SpanSkeleton]] = {}
        for data in self.chunks(trace_id):
            for rank, span in unpack_skeletons(data):
                known = best.get(span.span_id)
                if known is None or rank > known[0]:
                    best[span.span_id] = (rank, span)
        return sorted((span for _, span in best.values()), key=skeleton_order)

    def load(self, trace_id: TraceId, span_ids: Sequence[SpanId] | None = None) -> Sequence[Span]:
        wanted = None if span_ids is None else frozenset(span_ids)
        with self._readers.read() as db:
            return load_spans(db, row_id_of(db, trace_id), trace_id, wanted)

    def texts(self, trace_id: TraceId) -> Iterator[tuple[SpanId, Sequence[str]]]:
        return _texts(list(self.chunks(trace_id)))

    def chunks(self, trace_id: TraceId) -> Iterator[bytes]:
        with self._readers.read() as db:
            found = [data for (data,) in db.execute(_CHUNKS, (row_id_of(db, trace_id),))]
        return iter(found)


def _texts(chunks: Sequence[bytes]) -> Iterator[tuple[SpanId, Sequence[str]]]:
    chosen = {(index, facts.position): span_id for span_id, (index, facts) in winners(chunks).items()}
    for index, data in enumerate(chunks):
        for position, texts in each_texts(data):
            span_id = chosen.get((index, position))
            if span_id is not None:
                yield span_id, texts


def row_id_of(db: Db, trace_id: TraceId) -> int:
    """Return the row id of a trace; NotFound when unknown or hidden with its deleted experiment."""
    row = db.execute(
        "SELECT t.id FROM traces t JOIN experiments e ON e.exp = t.exp AND e.lifecycle = 'ACTIVE' WHERE trace_id = ?",
        (trace_id,),
    ).fetchone()
    if row is None:
        raise NotFound.of("trace", trace_id)
    return row[0]
