"""What spans cost, after prices have changed, in SQL: the facts in the chunks, and the columns that follow them."""

from collections.abc import Sequence

from lodeline.domain.ids import SpanId, TraceId
from lodeline.domain.repricing import RepricedTrace
from lodeline.domain.span import SpanFacts
from lodeline.ingest.payload import unpack_facts
from lodeline.ingest.repricing import Repricing, fold_repriced, repacked
from lodeline.storage.base.costs import AuditOf
from lodeline.storage.sql import audit as trail
from lodeline.storage.sql.connection import Readers
from lodeline.storage.sql.db import Db, Row
from lodeline.storage.sql.rows import bounded, extra_of
from lodeline.storage.sql.trace_rows import span_figures
from lodeline.storage.sql.traces import mark_changed, touch
from lodeline.storage.sql.writer import Writer

_FIND = (
    "SELECT t.id, t.exp, t.start_ns, t.cost, d.doc FROM traces t JOIN trace_docs d ON d.id = t.id "
    "JOIN experiments e ON e.exp = t.exp AND e.lifecycle = 'ACTIVE' WHERE t.trace_id = ?"
)
_CHUNKS = "SELECT cid, data FROM chunks WHERE id = ? ORDER BY cid"


class SqlCosts:
    """Implements `storage.base.CostStore`."""

    def __init__(self, writer: Writer, readers: Readers) -> None:
        self._writer = writer
        self._readers = readers

    def preview(self, trace_ids: Sequence[TraceId], change: Repricing) -> Sequence[RepricedTrace]:
        with self._readers.read() as db:
            return [
                repriced
                for trace_id, row in _found(db, trace_ids)
                if (repriced := _looked_at(db, trace_id, row, change)[0]) is not None
            ]

    def reprice(
        self, trace_ids: Sequence[TraceId], change: Repricing, *, now_ms: int, audit: AuditOf
    ) -> Sequence[RepricedTrace]:
        def run(db: Db) -> list[RepricedTrace]:
            done: list[RepricedTrace] = []
            for trace_id, row in _found(db, trace_ids):
                repriced, spans = _looked_at(db, trace_id, row, change)
                if repriced is None:
                    continue
                _write(db, row, repriced, spans, change)
                touch(db, row, now_ms)
                mark_changed(db, row)
                done.append(repriced)
            if done:
                trail.write(db, audit(done))
            return done

        return self._writer.call(run)


def _found(db: Db, trace_ids: Sequence[TraceId]) -> list[tuple[TraceId, Row]]:
    rows = ((trace_id, db.execute(_FIND, (trace_id,)).fetchone()) for trace_id in dict.fromkeys(trace_ids))
    return [(trace_id, row) for trace_id, row in rows if row is not None]


def _looked_at(
    db: Db, trace_id: TraceId, row: Row, change: Repricing
) -> tuple[RepricedTrace | None, dict[SpanId, SpanFacts]]:
    """Return what pricing a trace anew does, None when that is nothing, and the spans with other costs."""
    chunks = db.execute(_CHUNKS, (row[0],))
    fold, changed = fold_repriced((data for _, data in chunks), extra_of(row[4]).info, change)
    if not changed:
        return None, changed
    return RepricedTrace(trace_id, len(changed), row[3], fold.summary().cost_picousd), changed


def _write(db: Db, row: Row, repriced: RepricedTrace, spans: dict[SpanId, SpanFacts], change: Repricing) -> None:
    """Write other costs into chunks and columns."""
    row_id, after = row[0], repriced.after_picousd
    numbers: dict[SpanId, int] = {}
    for cid, data in db.execute(_CHUNKS, (row_id,)).fetchall():
        for facts in unpack_facts(data):  # as `open_trace.load` numbers them
            numbers.setdefault(facts.span_id, len(numbers))
        if (other := repacked(data, change)) is not None:
            db.execute("UPDATE chunks SET data = ? WHERE cid = ?", (other, cid))
    db.executemany(
        "UPDATE spans SET cost = ? WHERE id = ? AND seq = ?",
        [(span_figures(facts)[-1], row_id, numbers[span_id]) for span_id, facts in spans.items()],
    )
    db.execute("UPDATE traces SET cost = ? WHERE id = ?", (None if after is None else bounded(after), row_id))
