"""Counts, facets and aggregates over traces in SQL, bounded by a deadline."""

from collections.abc import Sequence
from dataclasses import replace

from lodeline.domain.analytics import Aggregate, AggregatePoint, AggregateQuery, Facet, FacetValue, Measure
from lodeline.domain.errors import TooLarge
from lodeline.query.ast import Always, Field, Search
from lodeline.query.grouping import parse_group
from lodeline.storage.sql import terms
from lodeline.storage.sql.codec import clean
from lodeline.storage.sql.connection import DeadlineReached, Readers
from lodeline.storage.sql.db import Db, Row, SqlValue
from lodeline.storage.sql.filter import Sql, column_of
from lodeline.storage.sql.search import active
from lodeline.storage.sql.selection import select

FACET_TRACES = 50_000
"""How many of the newest matching traces a facet looks at when no index can count all."""


class SqlAnalyticsStore:
    """`storage.base.AnalyticsStore` over SQL."""

    def __init__(self, readers: Readers) -> None:
        self._readers = readers

    def count(self, search: Search) -> tuple[int, bool]:
        with self._readers.read() as db:
            chosen = select(db, active(db, search))
            sql = f"SELECT count(*) FROM {chosen.tables} WHERE {chosen.where}"
            row = db.execute(sql, chosen.params).fetchone()
        return (0 if row is None else row[0]), chosen.complete

    def facet(self, search: Search, field: str, *, limit: int) -> Facet:
        of = parse_group(field)
        with self._readers.read() as db:
            search = active(db, search)
            if isinstance(search.node, Always) and (key := _indexed_key(of)) is not None:
                return _facet_by_index(db, search, field, key, limit)
            return _facet_by_rows(db, search, field, of, limit)

    def aggregate(self, search: Search, query: AggregateQuery) -> Aggregate:
        group = None if query.group_by is None else parse_group(query.group_by)
        with self._readers.read(deadline_s=search.deadline_s) as db:
            try:
                return _aggregate(db, active(db, search), query, group)
            except DeadlineReached:
                return Aggregate((), complete=False)


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
    column = _values_of(of)
    chosen = select(db, search, column.text)
    tables = chosen.tables if of.name != "run" else f"{chosen.tables} LEFT JOIN {_RUNS}"
    newest = (
        f"SELECT t.id AS id, {column.text} AS val FROM {tables} WHERE {chosen.where} "
        f"ORDER BY t.start_ns DESC, t.id DESC LIMIT {FACET_TRACES + 1}"
    )
    sql = f"SELECT val, count(*) FROM ({newest}) GROUP BY val"
    values = [FacetValue(_shown(val), count) for val, count in db.execute(sql, (*column.params, *chosen.params))]
    total = sum(value.count for value in values)
    complete = chosen.complete and total <= FACET_TRACES
    return Facet(name, _most_frequent(values, limit), min(total, FACET_TRACES), complete)


def _shown(value: SqlValue) -> str | None:
    return None if value is None else value if isinstance(value, str) else str(value)


def _most_frequent(values: Sequence[FacetValue], limit: int) -> tuple[FacetValue, ...]:
    return tuple(sorted(values, key=lambda v: (-v.count, v.value is None, v.value or ""))[:limit])


_MEASURES: dict[Measure, str] = {
    "count": "count(*)",
    "error_rate": "avg(t.state = 2)",
    "duration_p50": "percentile_cont(t.dur_ns, 0.5) / 1e6",
    "duration_p95": "percentile_cont(t.dur_ns, 0.95) / 1e6",
    "duration_p99": "percentile_cont(t.dur_ns, 0.99) / 1e6",
    "duration_mean": "avg(t.dur_ns) / 1e6",
    "tokens_input": "sum(t.tok_in)",
    "tokens_output": "sum(t.tok_out)",
    "tokens_total": "sum(t.tok_total)",
    "cost_usd": "sum(t.cost) / 1e12",
}
_JUDGED: dict[Measure, str] = {
    "assessment_mean": "avg(a.num)",
    "assessment_sd": "sqrt(max(avg(a.num * a.num) - avg(a.num) * avg(a.num), 0))",
    "assessment_count": "count(*)",
    "assessment_errors": "count(a.error)",
}


def _aggregate(db: Db, search: Search, query: AggregateQuery, group: Field | None) -> Aggregate:
    column = None if group is None else _values_of(group)
    chosen = select(db, search, *([] if column is None else [column.text]))
    cells: dict[tuple[int | None, str | None], AggregatePoint] = {}
    plain: list[Measure] = [measure for measure in query.measures if measure in _MEASURES]
    judged: list[Measure] = [measure for measure in query.measures if measure in _JUDGED]
    tables = chosen.tables if group is None or group.name != "run" else f"{chosen.tables} LEFT JOIN {_RUNS}"
    keys = f"{_bucket(query)}, {'NULL' if column is None else column.text}"
    params = (*(() if column is None else column.params), *chosen.params)
    sums = ", ".join(["count(*)", *(_MEASURES[measure] for measure in plain)])
    where = f"{chosen.where} AND {_within(query)}"
    sql = f"SELECT {keys}, {sums} FROM {tables} WHERE {where} GROUP BY 1, 2"
    for row in db.execute(sql, params):
        _add(cells, row, plain)
        if len(cells) > query.max_points:
            raise TooLarge(
                f"the answer has more than {query.max_points} cells; take wider buckets, a shorter time or a group "
                "with fewer values."
            )
    if query.assessment is not None:
        cells = {key: replace(cell, n=0) for key, cell in cells.items()}
        sums = ", ".join(["count(a.num)", *(_JUDGED[measure] for measure in judged)])
        sql = (
            f"SELECT {keys}, {sums} FROM {tables} JOIN assessments a ON a.trace = t.id WHERE {where} "
            "AND a.name = ? AND a.kind = 'FEEDBACK' AND a.valid = 1 AND a.deleted = 0 GROUP BY 1, 2"
        )
        for row in db.execute(sql, (*params, clean(query.assessment))):
            _add(cells, row, judged)
    points = sorted(cells.values(), key=lambda p: (p.bucket_ms or 0, p.group is None, p.group or ""))
    none = {measure: 0.0 if measure in _COUNTS else None for measure in query.measures}
    return Aggregate(tuple(replace(p, values={**none, **p.values}) for p in points), chosen.complete)


_COUNTS = frozenset({"assessment_count", "assessment_errors"})
_RUNS = (
    "(SELECT id AS run_of, run AS a_run FROM run_links UNION SELECT id, run FROM traces WHERE run IS NOT NULL) "
    "ON run_of = t.id"
)
"""Every run of a trace, its own and those it is linked to."""


def _values_of(of: Field) -> Sql:
    return Sql("a_run") if of.name == "run" else column_of(of) or Sql("NULL")


def _bucket(query: AggregateQuery) -> str:
    if query.edges_ms:
        return _edge_before(query.edges_ms[:-1])
    if query.bucket_ms is None:
        return "NULL"
    width, start_ms = query.bucket_ms, "t.start_ns / 1000000"
    return f"{start_ms} - (({start_ms} - {query.offset_ms}) % {width} + {width}) % {width}"


def _edge_before(edges_ms: Sequence[int]) -> str:
    """Return the expression of the last edge that is not after a trace's start: a tree of comparisons."""
    if len(edges_ms) == 1:
        return str(edges_ms[0])
    middle = len(edges_ms) // 2
    below, above = _edge_before(edges_ms[:middle]), _edge_before(edges_ms[middle:])
    return f"CASE WHEN t.start_ns < {edges_ms[middle] * 1_000_000} THEN {below} ELSE {above} END"


def _within(query: AggregateQuery) -> str:
    if not query.edges_ms:
        return "1"
    first, last = query.edges_ms[0] * 1_000_000, query.edges_ms[-1] * 1_000_000
    return f"t.start_ns >= {first} AND t.start_ns < {last}"


def _add(cells: dict[tuple[int | None, str | None], AggregatePoint], row: Row, measures: Sequence[Measure]) -> None:
    bucket, group, n, *values = row
    key = (bucket, _shown(group))
    cell = cells.get(key)
    found = dict(zip(measures, (None if v is None else float(v) for v in values), strict=True))
    cells[key] = AggregatePoint(*key, n, {**({} if cell is None else cell.values), **found})
