"""What the spans of matching traces come to by a field of theirs, from their narrow rows."""

from collections.abc import Iterator, Sequence

from lodeline.domain.analytics import SpanBreakdown, SpanField, SpanFigures, dearest
from lodeline.domain.span import SPAN_KINDS, SpanKind
from lodeline.query.ast import Search
from lodeline.storage.sql.db import Db, carray
from lodeline.storage.sql.selection import select

MOST_TRACES = 20_000
"""The spans of so many of the newest traces are looked at."""
_ERROR = 2


def breakdown(db: Db, search: Search, field: SpanField, kinds: Sequence[SpanKind], limit: int) -> SpanBreakdown:
    """Compute it within the open transaction. `search` names active experiments only."""
    chosen = select(db, search)
    newest = (
        f"SELECT t.id FROM {chosen.tables} WHERE {chosen.where} "
        f"ORDER BY t.start_ns DESC, t.id DESC LIMIT {MOST_TRACES + 1}"
    )
    ids = [id_ for (id_,) in db.execute(newest, chosen.params)]
    complete = chosen.complete and len(ids) <= MOST_TRACES
    values = dearest(_figures(db, ids[:MOST_TRACES], field, kinds), limit) if ids else ()
    return SpanBreakdown(field, values, min(len(ids), MOST_TRACES), complete)


def _figures(db: Db, ids: Sequence[int], field: SpanField, kinds: Sequence[SpanKind]) -> Iterator[SpanFigures]:
    numbers = [SPAN_KINDS.index(kind) for kind in kinds]
    of_kinds = f"s.kind IN ({', '.join(map(str, numbers))})" if numbers else "1"
    sql = (
        f"SELECT s.{field}, count(*), count(DISTINCT s.id), total(s.status = {_ERROR}), "
        "percentile_cont(s.dur_ns, 0.5), percentile_cont(s.dur_ns, 0.95), total(s.tok_total), total(s.cost), "
        f"count(s.cost) FROM carray(?) c CROSS JOIN spans s ON s.id = c.value WHERE {of_kinds} GROUP BY s.{field}"
    )
    for number, spans, traces, errors, p50_ns, p95_ns, tokens, cost, priced in db.execute(sql, (carray(ids),)):
        yield SpanFigures(
            _value(db, field, number),
            spans=spans,
            traces=traces,
            errors=int(errors),
            duration_p50_ms=None if p50_ns is None else p50_ns / 1e6,
            duration_p95_ms=None if p95_ns is None else p95_ns / 1e6,
            tokens_total=int(tokens),
            cost_usd=cost / 1e12 if priced else None,
        )


def _value(db: Db, field: SpanField, number: int | None) -> str | None:
    if number is None or field == "kind":
        return None if number is None else SPAN_KINDS[number]
    row = db.execute("SELECT name FROM names WHERE nid = ?", (number,)).fetchone()
    return None if row is None else str(row[0])[2:]  # behind the mark of what it names
