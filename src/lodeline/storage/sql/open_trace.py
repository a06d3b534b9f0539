"""A trace as the writer works on it: its row's state beside the fold that the row was derived from."""

from dataclasses import dataclass, field

from lodeline.domain.ids import SpanId, TraceId
from lodeline.domain.span import SpanFacts
from lodeline.domain.trace import TRACE_STATES, TraceState, TraceSummary
from lodeline.ingest.payload import unpack_facts
from lodeline.ingest.summary import TraceFold
from lodeline.storage.sql import terms
from lodeline.storage.sql.db import Db, Row, SqlValue
from lodeline.storage.sql.rows import Extra, extra_of


@dataclass(slots=True)
class OpenTrace:
    """One trace in the writer's hands.

    `pairs` and `terms` are what the indexes hold for it now; `seqs` numbers its spans in order of arrival; `touched`
    are the spans that the present transaction brought, `fresh_terms` the terms of all their copies; `said` tells
    that it brought new info. `written` are the values of its row, None while they are not known.
    """

    row_id: int
    trace_id: TraceId
    exp: int
    version: int = 0
    received_ms: int = 0
    updated_ms: int = 0
    is_new: bool = False
    fold: TraceFold = field(default_factory=TraceFold)
    extra: Extra = field(default_factory=Extra)
    summary: TraceSummary | None = None
    pairs: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    terms: set[tuple[str, int]] = field(default_factory=set[tuple[str, int]])
    seqs: dict[SpanId, int] = field(default_factory=dict[SpanId, int])
    touched: dict[SpanId, SpanFacts] = field(default_factory=dict[SpanId, SpanFacts])
    fresh_terms: set[tuple[str, int]] = field(default_factory=set[tuple[str, int]])
    said: bool = False
    written: tuple[SqlValue, ...] | None = None

    @property
    def dirty(self) -> bool:
        """Whether the present transaction changed it."""
        return bool(self.touched) or self.said

    def settle(self, summary: TraceSummary, row: tuple[SqlValue, ...]) -> None:
        """Take the written state as the new base."""
        self.summary = summary
        self.written = row
        self.version += 1
        self.is_new = False
        self.said = False
        self.touched = {}
        self.fresh_terms = set()


def load(db: Db, trace_id: TraceId, row: Row) -> OpenTrace:
    """Rebuild a trace from its chunks; `row` is (id, exp, version, state, received_ms, updated_ms)."""
    row_id, exp, version, state, received_ms, updated_ms = row
    found = db.execute("SELECT doc FROM trace_docs WHERE id = ?", (row_id,)).fetchone()
    trace = OpenTrace(row_id, trace_id, exp, version, received_ms, updated_ms)
    if found is not None:
        trace.extra = extra_of(found[0])
    for (data,) in db.execute("SELECT data FROM chunks WHERE id = ? ORDER BY cid", (row_id,)):
        for facts in unpack_facts(data):
            if trace.fold.add(facts) != "known":  # as when it was merged: what lost at once is not indexed
                trace.seqs.setdefault(facts.span_id, len(trace.seqs))
                trace.terms.update(terms.span_terms(facts))
    if trace.extra.info is not None:
        trace.fold.add_info(trace.extra.info)
    trace.summary = trace.fold.summary()
    trace.pairs = index_pairs(trace, trace.summary, TRACE_STATES[int(state)])
    return trace


def index_pairs(trace: OpenTrace, summary: TraceSummary, state: TraceState) -> set[tuple[str, str]]:
    """Return the (key, value) pairs under which kv finds the trace."""
    return terms.trace_pairs(summary, state, trace.extra.tags(summary), trace.extra.linked)
