"""Do traces agree with their payload? They are rebuilt from it, and what is derived from it is compared."""

from collections.abc import Iterator, Sequence
from typing import cast

from lodeline.domain.errors import LodelineError
from lodeline.domain.ids import TraceId
from lodeline.domain.trace import TRACE_STATES, TraceSummary
from lodeline.storage.sql.codec import loads
from lodeline.storage.sql.db import Db, Row, SqlValue
from lodeline.storage.sql.names import span_names
from lodeline.storage.sql.open_trace import OpenTrace, load
from lodeline.storage.sql.rows import TRACE_COLUMNS, doc_row
from lodeline.storage.sql.trace_rows import span_figures, trace_row

SAMPLE = 200
"""How many traces, evenly spread, are rebuilt unless all are."""

_COLUMNS = tuple(TRACE_COLUMNS.split(", "))
_NOT_DERIVED = {"received_ms", "updated_ms", "version"}
_ONCE_LOST = {"start_ns", "dur_ns", "cost"}
"""Of what clients said of traces, zeros in these were not kept with it at first, only in the row."""
_OPEN, _ABANDONED = TRACE_STATES.index("IN_PROGRESS"), TRACE_STATES.index("ABANDONED")
_STATE = "trace_id, id, exp, version, state, received_ms, updated_ms"
_DOC_COLUMNS = ("tags", "metadata", "request", "response", "doc")
_JSON_COLUMNS = {"tags", "metadata", "doc"}
_SPANS = (
    "SELECT s.seq, n.name, m.name, p.name, s.kind, s.status, s.start_ns, s.dur_ns, s.tok_total, s.cost FROM spans s "
    "LEFT JOIN names n ON n.nid = s.name LEFT JOIN names m ON m.nid = s.model "
    "LEFT JOIN names p ON p.nid = s.provider WHERE s.id = ?"
)


def broken_traces(db: Db, *, every: bool) -> Iterator[str]:
    """Yield what is wrong with traces: all of them, or a sample. Of all, too much in the indexes is seen as well."""
    pairs = terms = 0
    for trace_id, row in _all(db) if every else _sample(db):
        try:
            trace = load(db, trace_id, row)
        except LodelineError as error:
            yield f"trace {trace_id}: its payload cannot be read: {error.message}"
            continue
        pairs, terms = pairs + len(trace.pairs), terms + len(trace.terms)
        yield from _check(db, trace)
    for table, count in (("kv", pairs), ("span_terms", terms)) if every else ():
        (found,) = db.execute(f"SELECT count(*) FROM {table}").fetchone() or (0,)
        if found > count:
            yield f"table {table} has {found - count} entries that no trace has"


def _all(db: Db) -> Iterator[tuple[TraceId, Row]]:
    after = -1
    while found := db.execute(f"SELECT {_STATE} FROM traces WHERE id > ? ORDER BY id LIMIT 500", (after,)).fetchall():
        for row in found:
            yield TraceId(row[0]), row[1:]
        after = found[-1][1]


def _sample(db: Db) -> Iterator[tuple[TraceId, Row]]:
    row = db.execute("SELECT min(id), max(id) FROM traces").fetchone()
    if row is None or row[0] is None:
        return
    low, high = row
    sql = f"SELECT {_STATE} FROM traces WHERE id >= ? ORDER BY id LIMIT 1"
    seen: set[int] = set()
    for step in range(SAMPLE):
        found = db.execute(sql, (low + (high - low) * step // (SAMPLE - 1),)).fetchone()
        if found is not None and found[1] not in seen:
            seen.add(found[1])
            yield TraceId(found[0]), found[1:]


def _check(db: Db, trace: OpenTrace) -> Iterator[str]:
    of = f"trace {trace.trace_id}"
    summary = trace.fold.summary()
    columns = ", ".join(_COLUMNS)
    row = db.execute(f"SELECT {columns} FROM traces WHERE id = ?", (trace.row_id,)).fetchone()
    if row is None:  # it was deleted meanwhile
        return
    stored: dict[str, SqlValue] = dict(zip(_COLUMNS, row, strict=True))
    spans = db.execute(_SPANS, (trace.row_id,)).fetchall()
    if not len(trace.fold) == stored["span_count"] == len(spans):
        yield f"{of}: payload, row and table have {len(trace.fold)}, {stored['span_count']}, {len(spans)} spans"
        return
    said = trace.extra.info is not None
    yield from _differences(of, stored, dict(zip(_COLUMNS, trace_row(trace, summary), strict=True)), said=said)
    yield from _doc_differences(db, of, trace, summary)
    yield from _span_differences(of, trace, spans)
    yield from _gaps(db, of, trace, cast("int", stored["start_ns"]))
    linked = {run for (run,) in db.execute("SELECT run FROM run_links WHERE id = ?", (trace.row_id,))}
    if linked != set(trace.extra.linked):
        yield f"{of}: its links to runs differ from its document"


def _differences(of: str, stored: dict[str, SqlValue], derived: dict[str, SqlValue], *, said: bool) -> Iterator[str]:
    for column, value in derived.items():
        if column in _NOT_DERIVED or stored[column] == value:
            continue
        if column == "state" and (stored[column], value) == (_ABANDONED, _OPEN):
            continue
        if said and column in _ONCE_LOST and stored[column] == 0:
            continue
        yield f"{of}: its {column} is {stored[column]!r}, by its payload it is {value!r}"


def _doc_differences(db: Db, of: str, trace: OpenTrace, summary: TraceSummary) -> Iterator[str]:
    sql = f"SELECT {', '.join(_DOC_COLUMNS)} FROM trace_docs WHERE id = ?"
    stored = db.execute(sql, (trace.row_id,)).fetchone()
    if stored is None:  # another rule tells so
        return
    derived = doc_row(trace.row_id, summary, trace.extra, trace.extra.tags(summary))[1:]
    for column, found, expected in zip(_DOC_COLUMNS, stored, derived, strict=True):
        if found != expected and not (column in _JSON_COLUMNS and _said(found) == _said(expected)):
            yield f"{of}: its {column} differ from its payload"


def _said(text: SqlValue) -> dict[str, object]:
    """Return what a JSON object says; an edit leaves empty lists and objects behind."""
    said: dict[str, object] = loads(cast("str", text))
    return {key: value for key, value in said.items() if value not in ({}, [])}


def _span_differences(of: str, trace: OpenTrace, rows: Sequence[Row]) -> Iterator[str]:
    stored = {row[0]: row[1:] for row in rows}
    for facts in trace.fold.winners():
        derived = (*span_names(facts.name, facts.model, facts.provider), *span_figures(facts))
        if stored.get(trace.seqs[facts.span_id]) != derived:
            yield f"{of}: the row of span {facts.span_id} differs from its payload"


def _gaps(db: Db, of: str, trace: OpenTrace, start_ns: int) -> Iterator[str]:
    """Yield which of its index entries there are not."""
    place = (trace.exp, start_ns, trace.row_id)
    kv = "SELECT 1 FROM kv WHERE exp = ? AND start_ns = ? AND id = ? AND key = ? AND val = ?"
    for pair in trace.pairs:
        if db.execute(kv, (*place, *pair)).fetchone() is None:
            yield f"{of}: the index lacks {pair[0]!r}"
    terms = (
        "SELECT 1 FROM span_terms WHERE exp = ? AND start_ns = ? AND id = ? "
        "AND term = (SELECT nid FROM names WHERE name = ?) AND err = ?"
    )
    for term in trace.terms:
        if db.execute(terms, (*place, *term)).fetchone() is None:
            yield f"{of}: the span index lacks {term[0]!r}"
