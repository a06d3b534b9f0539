"""Run a search over traces: candidates from an index or a walk, checked by SQL and, where SQL cannot decide, by the
reference interpreter; keyset pages; a deadline.
"""

import heapq
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace

import apsw

from lodeline.domain.page import Page
from lodeline.domain.trace import Trace
from lodeline.query import cursor as cursors
from lodeline.query.ast import Field, Node, Order, Search
from lodeline.query.order import by_arrival
from lodeline.query.values import Scalar
from lodeline.storage.sql import plan, text
from lodeline.storage.sql.connection import Readers
from lodeline.storage.sql.db import Db, Row, carray
from lodeline.storage.sql.filter import Sql, column_of, compile_filter
from lodeline.storage.sql.rows import SELECT_TRACE, to_trace
from lodeline.storage.sql.snapshots import Stint
from lodeline.storage.sql.verify import Verifier

FIRST_BLOCK, BLOCK = 1_000, 20_000
"""Rows of a walk between two looks at the clock. Where a block ends is found by going through it, so the first one,
in which most pages are found, is short."""
START = Field("trace", "start", "time")
Key = tuple[Scalar | None, ...]
"""The sort values of a row, then its id."""
Candidate = tuple[Key, bool]
"""A key, and whether it is a candidate (or just how far the search has looked)."""


@dataclass(slots=True)
class Position:
    """How far a search has looked, and whether its time ran out there."""

    stint: Stint
    key: Key | None = None
    stopped: bool = False

    def out_of_time(self) -> bool:
        """Tell whether the stint is over; remember that it stopped the search."""
        self.stopped = self.stopped or self.stint.over()
        return self.stopped


def search_traces(readers: Readers, search: Search) -> Page[Trace]:
    """Return one page of traces with full rows; of those found last the state is newer, where it took long."""
    return readers.page(search, _page)


def _page(db: Db, search: Search, stint: Stint) -> Page[Trace]:
    orders = search.order or (Order(START),)
    fingerprint = cursors.of_search(search, "trace", orders)
    after = None if search.cursor is None else tuple(cursors.decode(search.cursor, fingerprint))
    position = Position(stint, after)
    items: list[Trace] = []
    last: Key | None = None
    more = False
    for key, trace in matching(db, active(db, search), orders, position):
        if len(items) == search.limit:
            more = True
            break
        items.append(trace)
        last = key
    if position.stopped and not more:
        last = position.key
        return Page(tuple(items), None if last is None else cursors.encode(last, fingerprint), partial=True)
    return Page(tuple(items), cursors.encode(last, fingerprint) if more and last is not None else None)


def active(db: Db, search: Search) -> Search:
    """Return the search without its unknown and deleted experiments, whose content is hidden."""
    kept = tuple(
        exp
        for exp in dict.fromkeys(search.experiment_ids)
        if db.execute("SELECT 1 FROM experiments WHERE exp = ? AND lifecycle = 'ACTIVE'", (int(exp),)).fetchone()
    )
    return replace(search, experiment_ids=kept)


def matching_keys(db: Db, search: Search, orders: Sequence[Order], position: Position) -> Iterator[Key]:
    """Yield the keys of the matching traces; as `matching`, without loading those that SQL decides."""
    if compile_filter(search.node).exact:
        return (key for key, found in candidates(db, search, orders, position) if found)
    return (key for key, _ in matching(db, search, orders, position))


def matching(db: Db, search: Search, orders: Sequence[Order], position: Position) -> Iterator[tuple[Key, Trace]]:
    """Yield the matching traces after `position.key` in order, until there are none or time is out."""
    wanted = text.Wanted.of(search.node)
    verifier = Verifier(db, search.node, wanted)
    for key, found in candidates(db, search, orders, position, wanted):
        if found:
            row = db.execute(SELECT_TRACE + "WHERE t.id = ?", (key[-1],)).fetchone()
            if row is not None:
                trace = to_trace(row)
                if verifier.exact or verifier.matches(row[0], trace):
                    yield key, trace
        position.key = key
        if not (verifier.exact and found) and position.out_of_time():
            return


def candidates(
    db: Db, search: Search, orders: Sequence[Order], position: Position, wanted: text.Wanted | None = None
) -> Iterator[Candidate]:
    """Yield the keys of all traces that match, and where SQL cannot decide perhaps of some that do not; `wanted` is
    what the filter wants of the full-text index.
    """
    condition = compile_filter(search.node)
    exps = [int(exp) for exp in dict.fromkeys(search.experiment_ids)]
    if not exps:
        return
    keys, later_first = by_arrival(orders)
    if [order.field.name for order in keys] != ["start"] or not later_first:
        yield from _sorted(db, exps, condition, keys, position, later_first=later_first)
        return
    scans = [Scan(exp, condition, orders[0].descending, position.key) for exp in exps]
    streams = [_by_start(db, search.node, scan, wanted) for scan in scans]
    if len(streams) == 1:
        yield from streams[0]
    else:
        yield from heapq.merge(*streams, key=_start_order(orders[0].descending))


@dataclass(frozen=True, slots=True)
class Scan:
    """One experiment's part of a search ordered by start: which rows, which way, after which."""

    exp: int
    condition: Sql
    descending: bool
    after: Key | None


def _start_order(descending: bool) -> Callable[[Candidate], tuple[int, int]]:
    sign = -1 if descending else 1
    return lambda candidate: (sign * int(candidate[0][0] or 0), -int(candidate[0][1] or 0))


def _by_start(db: Db, node: Node, scan: Scan, wanted: text.Wanted | None) -> Iterator[Candidate]:
    found = plan.sources(node)
    ids = plan.small_set(db, scan.exp, found)
    if ids is None and wanted is not None:
        ids = wanted.small_set(db)
    if ids is not None:
        yield from _among(db, ids, scan)
        return
    walk = next((source for source in found if source.walk is not None), plan.EVERY_TRACE)
    stream = _walk(db, walk, scan)
    yield from stream if wanted is None else wanted.sift(db, stream)


def _after(descending: bool, key: Key | None, alias: str) -> Sql:
    if key is None:
        return Sql("1")
    sign = "<" if descending else ">"
    text = f"({alias}.start_ns {sign} ? OR ({alias}.start_ns = ? AND {alias}.id < ?))"
    if descending:
        return Sql(f"({alias}.start_ns, {alias}.id) < (?, ?)", (key[0], key[1]))
    return Sql(f"({alias}.start_ns >= ? AND {text})", (key[0], key[0], key[0], key[1]))


def _among(db: Db, ids: Sequence[int], scan: Scan) -> Iterator[Candidate]:
    """Yield the candidates of a small set in order."""
    unique = tuple(dict.fromkeys(ids))
    after = scan.after
    if len(unique) > _MANY:
        # Of many the first are found soon along the index of all traces, which costs less a row than looking one up.
        wanted, way = frozenset(unique), "DESC" if scan.descending else "ASC"
        low = _after(scan.descending, after, "t")
        sql = (
            f"SELECT t.start_ns, t.id FROM traces t WHERE t.exp = ? AND {low.text} "
            f"ORDER BY t.start_ns {way}, t.id DESC LIMIT {_WALKED * len(unique)}"
        )
        passes = f"SELECT 1 FROM traces t {_docs(scan.condition)}WHERE t.id = ? AND {scan.condition.text}"
        for after in db.execute(sql, (scan.exp, *low.params)):
            if after[1] in wanted and db.execute(passes, (after[1], *scan.condition.params)).fetchone() is not None:
                yield after, True
    if unique:
        yield from _picked(db, unique, replace(scan, after=after))


_MANY = 500
_WALKED = 10
"""So many traces of the index are looked at for each candidate, at most."""


def _picked(db: Db, unique: Sequence[int], scan: Scan) -> Iterator[Candidate]:
    """Yield the candidates of a set by looking up each of them."""
    bound = _after(scan.descending, scan.after, "t")
    sql = (
        "SELECT t.start_ns, t.id FROM carray(?) c CROSS JOIN traces t ON t.id = c.value "
        f"{_docs(scan.condition)}WHERE t.exp = ? AND {bound.text} AND {scan.condition.text} "
        f"ORDER BY t.start_ns {'DESC' if scan.descending else 'ASC'}, t.id DESC"
    )
    for key in db.execute(sql, (carray(unique), scan.exp, *bound.params, *scan.condition.params)):
        yield key, True


def _docs(condition: Sql) -> str:
    """Return the join with what is beside the narrow rows, where the condition speaks of it."""
    return "CROSS JOIN trace_docs d ON d.id = t.id " if "d." in condition.text else ""


def _walk(db: Db, source: plan.Source, scan: Scan) -> Iterator[Candidate]:
    """Yield candidates along an index ordered by time, block by block, so that the clock is looked at in between."""
    way = "DESC" if scan.descending else "ASC"
    order = f"ORDER BY w.start_ns {way}, w.id DESC"
    after = scan.after
    params = (scan.exp, *source.params)
    same_start = "" if source is plan.EVERY_TRACE else " AND t.start_ns = w.start_ns"
    block = FIRST_BLOCK
    while True:
        low = _after(scan.descending, after, "w")
        edge = db.execute(
            f"SELECT w.start_ns, w.id FROM {source.walk} WHERE {source.where} AND {low.text} {order} "
            "LIMIT 1 OFFSET ?",
            (*params, *low.params, block),
        ).fetchone()
        high = Sql("1") if edge is None else _until(scan.descending, edge)
        sql = (
            f"SELECT w.start_ns, w.id FROM {source.walk} CROSS JOIN traces t ON t.id = w.id{same_start} "
            f"{_docs(scan.condition)}WHERE {source.where} AND {low.text} AND {high.text} "
            f"AND {scan.condition.text} {order}"
        )
        for key in db.execute(sql, (*params, *low.params, *high.params, *scan.condition.params)):
            yield key, True
        if edge is None:
            return
        after, block = edge, BLOCK
        yield edge, False


def _until(descending: bool, edge: Row) -> Sql:
    """The block ends with the row `edge`, which belongs to it."""
    if descending:
        return Sql("(w.start_ns, w.id) >= (?, ?)", (edge[0], edge[1]))
    return Sql("(w.start_ns < ? OR (w.start_ns = ? AND w.id >= ?))", (edge[0], edge[0], edge[1]))


def _sorted(
    db: Db, exps: Sequence[int], condition: Sql, orders: Sequence[Order], position: Position, *, later_first: bool
) -> Generator[Candidate]:
    """Yield candidates in any other order, missing values last; arrival completes it."""
    columns = [_sort_column(order) for order in orders]
    bound = _keyset(columns, orders, position.key, later_first=later_first)
    order_by = "".join(
        f"{column.text} {'DESC' if order.descending else 'ASC'} NULLS LAST, "
        for column, order in zip(columns, orders, strict=True)
    )
    selected = "".join(f"{column.text}, " for column in columns)
    params = [p for column in columns for p in column.params]
    marks = ", ".join("?" * len(exps))
    # A unary plus takes the condition from the planner, which then walks by arrival instead of sorting.
    exp = "t.exp" if orders or not _walk_by_arrival(db, exps, position.key) else "+t.exp"
    sql = (
        f"SELECT {selected}t.id FROM traces t JOIN trace_docs d ON d.id = t.id "
        f"WHERE {exp} IN ({marks}) AND {bound.text} AND {condition.text} "
        f"ORDER BY {order_by}t.id {'DESC' if later_first else 'ASC'}"
    )
    db.set_progress_handler(lambda: time.monotonic() > position.stint.until, 2_000)
    try:
        for key in db.execute(sql, (*params, *exps, *bound.params, *condition.params, *params)):
            yield key, True
    except apsw.InterruptError:
        position.stopped = True
    finally:
        db.set_progress_handler(None)


def _walk_by_arrival(db: Db, exps: Sequence[int], after: Key | None) -> bool:
    """Tell whether to walk all traces by arrival instead of sorting those of the experiments: where these are many,
    or few of any arrived after the key."""
    last = db.execute("SELECT max(id) FROM traces").fetchone()
    if after is not None and last is not None and int(last[0] or 0) - int(after[0] or 0) < BLOCK:
        return True
    marks = ", ".join("?" * len(exps))
    sql = f"SELECT count(*) FROM (SELECT 1 FROM traces WHERE exp IN ({marks}) LIMIT {BLOCK})"
    row = db.execute(sql, tuple(exps)).fetchone()
    return row is not None and row[0] == BLOCK


def _sort_column(order: Order) -> Sql:
    column = column_of(order.field)
    if column is None:
        column = Sql("NULL")
    return Sql(f"substr({column.text}, 1, 80)", column.params) if order.field.type == "string" else column


def _keyset(columns: Sequence[Sql], orders: Sequence[Order], key: Key | None, *, later_first: bool) -> Sql:
    """Rows after `key`: equal on the first k sort values and later on the next; finally by id."""
    if key is None:
        return Sql("1")
    options: list[Sql] = []
    equal: list[Sql] = []
    for column, order, value in zip(columns, orders, key, strict=False):
        if value is not None:
            sign = "<" if order.descending else ">"
            later = Sql(f"({column.text} {sign} ? OR {column.text} IS NULL)", (*column.params, value, *column.params))
            options.append(_all([*equal, later]))
        equal.append(Sql(f"{column.text} IS ?", (*column.params, value)))
    options.append(_all([*equal, Sql("t.id < ?" if later_first else "t.id > ?", (key[-1],))]))
    return Sql("(" + " OR ".join(o.text for o in options) + ")", tuple(p for o in options for p in o.params))


def _all(parts: Sequence[Sql]) -> Sql:
    return Sql("(" + " AND ".join(p.text for p in parts) + ")", tuple(v for p in parts for v in p.params))
