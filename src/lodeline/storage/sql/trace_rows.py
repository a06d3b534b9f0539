"""Rows of traces, gathered over a group of writes and inserted together."""

from collections.abc import Mapping

from lodeline.domain.span import SPAN_KINDS, SPAN_STATUSES, SpanFacts
from lodeline.domain.trace import TRACE_STATES, TraceSummary
from lodeline.storage.sql import conversations, rows, terms
from lodeline.storage.sql.codec import clean
from lodeline.storage.sql.db import Db, SqlValue
from lodeline.storage.sql.names import Names
from lodeline.storage.sql.open_trace import OpenTrace

Values = tuple[SqlValue, ...]

INSERT_PAIR = "INSERT OR IGNORE INTO kv (exp, key, val, start_ns, id) VALUES (?, ?, ?, ?, ?)"
DELETE_PAIR = "DELETE FROM kv WHERE exp = ? AND key = ? AND val = ? AND start_ns = ? AND id = ?"
INSERT_TERM = "INSERT OR IGNORE INTO span_terms (exp, term, err, start_ns, id) VALUES (?, ?, ?, ?, ?)"
DELETE_TERM = "DELETE FROM span_terms WHERE exp = ? AND term = ? AND err = ? AND start_ns = ? AND id = ?"
_INSERT_CHUNK = "INSERT INTO chunks (cid, id, copies, data) VALUES (?, ?, ?, ?)"
_INSERT_SPAN = (
    "INSERT OR REPLACE INTO spans (id, seq, name, kind, status, start_ns, dur_ns, model, provider, tok_total, cost) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_KIND_NUMBER = {kind: number for number, kind in enumerate(SPAN_KINDS)}
_STATUS_NUMBER = {status: number for number, status in enumerate(SPAN_STATUSES)}
_STATE_NUMBER = {state: number for number, state in enumerate(TRACE_STATES)}
_MAX_INT = rows.MAX_INT


class Batch:
    """Rows of one transaction, a list a statement."""

    def __init__(self, *, next_chunk: int) -> None:
        self._next_chunk = next_chunk
        self._statements: dict[str, list[Values]] = {
            sql: []
            for sql in (
                DELETE_PAIR, DELETE_TERM, rows.INSERT_TRACE, rows.UPDATE_TRACE, rows.UPSERT_DOC, _INSERT_CHUNK,
                _INSERT_SPAN, INSERT_PAIR, INSERT_TERM,
            )
        }  # fmt: skip
        self._activity = conversations.Activity()

    def add_chunk(self, row_id: int, copies: int, chunk: bytes) -> int:
        """Store a payload chunk with so many copies of spans under the next number, and return that."""
        number = self._next_chunk
        self._statements[_INSERT_CHUNK].append((number, row_id, copies, chunk))
        self._next_chunk += 1
        return number

    def add(self, db: Db, trace: OpenTrace, names: Names) -> None:
        """Add all rows by which the trace differs from what is stored, and take them as its new base."""
        before, summary = trace.summary, trace.fold.summary()
        row = trace_row(trace, summary)
        if trace.is_new:
            self._statements[rows.INSERT_TRACE].append((trace.row_id, *row))
        else:
            self._update(trace, row)
        tags = trace.extra.tags(summary)
        if trace.said or trace.written is None or before is None or not rows.same_doc(before, summary):
            self._statements[rows.UPSERT_DOC].append(rows.doc_row(trace.row_id, summary, trace.extra, tags))
        self._index(db, trace, summary, tags, names)
        span_rows = self._statements[_INSERT_SPAN]
        for span in trace.touched.values():
            span_rows.append(_span_row(db, trace, span, names))
        self._activity.note(trace.exp, before, summary)
        trace.settle(summary, row)

    def _update(self, trace: OpenTrace, row: Values) -> None:
        """Update what has changed of a trace's row, all of it where what it is now is not known."""
        written = trace.written
        if written is None:
            self._statements[rows.UPDATE_TRACE].append((*row, trace.row_id))
            return
        changed = tuple(place for place, value in enumerate(row) if value != written[place])
        values = (*(row[place] for place in changed), trace.row_id)
        self._statements.setdefault(rows.update_of(changed), []).append(values)

    def _index(self, db: Db, trace: OpenTrace, summary: TraceSummary, tags: Mapping[str, str], names: Names) -> None:
        start, row_id, exp = rows.bounded(summary.start_ns), trace.row_id, trace.exp
        before = trace.summary
        pairs = terms.trace_pairs(summary, summary.state, tags, trace.extra.linked)
        found = trace.fresh_terms
        if before is not None and before.start_ns != summary.start_ns:
            self.drop_index(db, trace, names)
            new_pairs, new_terms = pairs, trace.terms | found
            db.execute("UPDATE assessments SET start_ns = ? WHERE trace = ?", (start, row_id))
        else:
            new_pairs, new_terms = pairs - trace.pairs, found - trace.terms
            gone = self._statements[DELETE_PAIR]
            gone.extend((exp, key, val, start, row_id) for key, val in trace.pairs - pairs)
        self._statements[INSERT_PAIR].extend((exp, key, val, start, row_id) for key, val in new_pairs)
        self._statements[INSERT_TERM].extend(
            (exp, names.number(db, term), err, start, row_id) for term, err in new_terms
        )
        trace.pairs = pairs
        trace.terms |= found

    def drop_index(self, db: Db, trace: OpenTrace, names: Names) -> None:
        """Remove every index entry that the trace has now."""
        if trace.summary is None:
            return
        start, row_id, exp = rows.bounded(trace.summary.start_ns), trace.row_id, trace.exp
        self._statements[DELETE_PAIR].extend((exp, key, val, start, row_id) for key, val in trace.pairs)
        self._statements[DELETE_TERM].extend(
            (exp, names.number(db, term), err, start, row_id) for term, err in trace.terms
        )

    def note_removed(self, trace: OpenTrace) -> None:
        """Take its session and user into account; its own rows are the caller's to delete."""
        self._activity.note(trace.exp, trace.summary, None)

    def insert(self, db: Db) -> None:
        """Run everything gathered."""
        for sql, values in self._statements.items():
            if values:
                db.executemany(sql, values)
        self._activity.write(db)


def trace_row(trace: OpenTrace, s: TraceSummary) -> Values:
    """Return the values of `rows.TRACE_COLUMNS`, the next version among them."""
    bounded, text, tokens = rows.bounded, rows.text_or_none, rows.bounded_tokens(s.tokens)
    uncached, read, write_5m, write_1h, out_text, reasoning, audio_in, audio_out, image = tokens
    tok_in, tok_out = uncached + read + write_5m + write_1h + audio_in + image, out_text + reasoning + audio_out
    return (
        trace.trace_id, trace.exp, bounded(s.start_ns), None if s.duration_ns is None else bounded(s.duration_ns),
        _STATE_NUMBER[s.state], clean(s.name), text(s.session), text(s.user), text(s.environment),
        text(s.service), text(s.client), text(s.model_id), text(s.run_id), text(s.client_request_id),
        tok_in + tok_out, tok_in, tok_out, read, write_5m, write_1h, audio_in, image, reasoning, audio_out,
        None if s.cost_picousd is None else bounded(s.cost_picousd), s.span_count, s.error_count, s.size_bytes,
        trace.received_ms, trace.updated_ms, trace.version + 1,
    )  # fmt: skip


def _span_row(db: Db, trace: OpenTrace, span: SpanFacts, names: Names) -> Values:
    name, model, provider = names.of_span(db, (span.name, span.model, span.provider))
    kind, status, start_ns, dur_ns, tokens, cost = span_figures(span)
    seq = trace.seqs[span.span_id]
    return (trace.row_id, seq, name, kind, status, start_ns, dur_ns, model, provider, tokens, cost)


def span_figures(span: SpanFacts) -> tuple[int, int, int, int | None, int | None, int | None]:
    """Return kind, status, start, duration, tokens and cost of a span as its row holds them."""
    start_ns, end_ns, tokens, cost = span.start_ns, span.end_ns, span.tokens, span.cost_picousd
    if start_ns > _MAX_INT or end_ns > _MAX_INT:
        start_ns, end_ns = min(start_ns, _MAX_INT), min(end_ns, _MAX_INT)
    return (
        _KIND_NUMBER[span.kind],
        _STATUS_NUMBER[span.status],
        start_ns,
        end_ns - start_ns if end_ns else None,
        None if tokens is None else min(sum(tokens), _MAX_INT),
        None if cost is None else min(cost, _MAX_INT),
    )
