"""Counts, facets and aggregates over traces in SQL, bounded by a deadline."""

from collections.abc import Sequence

from lodeline.domain.analytics import Aggregate, AggregateQuery, Facet, FacetValue, SpanBreakdown, SpanField
from lodeline.domain.span import SpanKind
from lodeline.query.ast import Always, Field, Search
from lodeline.query.grouping import parse_group
from lodeline.storage.sql import terms
from lodeline.storage.sql.aggregate_cache import AggregateCache
from lodeline.storage.sql.aggregate_sql import group_of, shown
from lodeline.storage.sql.aggregates import Answer, compute
from lodeline.storage.sql.breakdown import breakdown
from lodeline.storage.sql.connection import DeadlineReached, Readers
from lodeline.storage.sql.db import Db
from lodeline.storage.sql.search import active
from lodeline.storage.sql.selection import select

FACET_TRACES = 50_000
"""How many of the newest matching traces a facet looks at when no index can count all."""


class SqlAnalyticsStore:
    """`storage.base.AnalyticsStore` over SQL."""

    def __init__(self, readers: Readers) -> None:
        self._readers = readers
        self._cache = AggregateCache()

    def count(self, search: Search) -> tuple[int, bool]:
        answer, in_time = self._compute(search, AggregateQuery(("count",)))
        return answer.traces, answer.complete and in_time

    def facet(self, search: Search, field: str, *, limit: int) -> Facet:
        of = parse_group(field)

        def run(db: Db) -> Facet:
            visible = active(db, search)
            if isinstance(visible.node, Always) and (key := _indexed_key(of)) is not None:
                return _facet_by_index(db, visible, field, key, limit)
            return _facet_by_rows(db, visible, field, of, limit)

        return self._readers.repeat(run)

    def aggregate(self, search: Search, query: AggregateQuery) -> Aggregate:
        answer, in_time = self._compute(search, query)
        if not in_time:
            return Aggregate((), complete=False)
        return Aggregate(answer.points(), answer.complete)

    def breakdown(self, search: Search, field: SpanField, *, kinds: Sequence[SpanKind], limit: int) -> SpanBreakdown:
        def run(db: Db) -> SpanBreakdown:
            return breakdown(db, active(db, search), field, kinds, limit)

        try:
            return self._readers.repeat(run, deadline_s=search.deadline_s)
        except DeadlineReached:
            return SpanBreakdown(field, (), examined=0, complete=False)

    def _compute(self, search: Search, query: AggregateQuery) -> tuple[Answer, bool]:
        """Return the answer's cells, as far as they are found, and whether that ended before the deadline."""
        answer = Answer.to(query)

        def run(db: Db) -> None:
            nonlocal answer
            answer = Answer.to(query)
            compute(db, active(db, search), answer, self._cache)

        try:
            self._readers.repeat(run, deadline_s=search.deadline_s)
        except DeadlineReached:
            return answer, False
        return answer, True


def _indexed_key(of: Field) -> str | None:
    """Return the kv key that holds every value of a field, None when there is none."""
    if of.name == "tags" and of.key is not None:
        return terms.tag_key(of.key)
    if of.name == "metadata" and of.key is not None:
        return terms.metadata_key(of.key)
    return terms.field_key(of.name) if of.name in {*terms.FIELDS, "state", "run"} else None


def _facet_by_index(db: Db, search: Search, name: str, key: str, limit: int) -> Facet:
    """Count along the index of exact values: all traces, one pass over a narrow range."""
    counts: dict[str, int] = {}
    total = present = 0
    for exp in map(int, search.experiment_ids):
        row = db.execute("SELECT count(*) FROM traces WHERE exp = ?", (exp,)).fetchone()
        total += 0 if row is None else row[0]
        for value, count in db.execute(
            "SELECT val, count(*) FROM kv WHERE exp = ? AND key = ? GROUP BY val", (exp, key)
        ):
            counts[value] = counts.get(value, 0) + count
        if key == terms.field_key("run"):
            row = db.execute("SELECT count(DISTINCT id) FROM kv WHERE exp = ? AND key = ?", (exp, key)).fetchone()
            present += 0 if row is None else row[0]
    missing = total - (present or sum(counts.values()))
    values = [FacetValue(value, count) for value, count in counts.items()]
    if missing:
        values.append(FacetValue(None, missing))
    return Facet(name, _most_frequent(values, limit), total, complete=True)


def _facet_by_rows(db: Db, search: Search, name: str, of: Field, limit: int) -> Facet:
    group = group_of(of)
    chosen = select(db, search, group.column.text)
    newest = (
        f"SELECT t.id AS id, {group.column.text} AS val FROM {chosen.tables}{group.tables} "
        f"WHERE {chosen.where} AND {group.where} ORDER BY t.start_ns DESC, t.id DESC LIMIT {FACET_TRACES + 1}"
    )
    sql = f"SELECT val, count(*) FROM ({newest}) GROUP BY val"
    values = [FacetValue(shown(val), count) for val, count in db.execute(sql, (*group.column.params, *chosen.params))]
    total = sum(value.count for value in values)
    complete = chosen.complete and total <= FACET_TRACES
    return Facet(name, _most_frequent(values, limit), min(total, FACET_TRACES), complete)


def _most_frequent(values: Sequence[FacetValue], limit: int) -> tuple[FacetValue, ...]:
    return tuple(sorted(values, key=lambda v: (-v.count, v.value is None, v.value or ""))[:limit])
