"""The traces that a filter selects, as SQL to count and sum over."""

import time
from dataclasses import dataclass

from lodeline.query.ast import Order, Search
from lodeline.storage.sql.db import Db, SqlValue, carray
from lodeline.storage.sql.filter import compile_filter
from lodeline.storage.sql.search import START, Position, matching_keys
from lodeline.storage.sql.snapshots import Stint

MOST_VERIFIED = 50_000
"""How many traces are collected when SQL alone cannot decide the filter."""
_DOC_COLUMNS = ("d.tags", "d.metadata", "d.request", "d.response", "d.doc")


@dataclass(frozen=True, slots=True)
class Selection:
    """``FROM <tables> WHERE <where>`` over ``traces t``; `complete` is false when only the newest were collected."""

    tables: str
    where: str
    params: tuple[SqlValue, ...]
    complete: bool = True


def select(db: Db, search: Search, *extra: str) -> Selection:
    """Return the selection; `extra` are further expressions that will be used, so that their tables are joined."""
    condition = compile_filter(search.node)
    exps = tuple(int(exp) for exp in dict.fromkeys(search.experiment_ids))
    if not condition.exact:
        return _collected(db, search, extra)
    tables = _tables(condition.text, *extra)
    if len(exps) == 1:
        return Selection(tables, f"t.exp = ? AND {condition.text}", (exps[0], *condition.params))
    marks = ", ".join("?" * len(exps))
    return Selection(tables, f"t.exp IN ({marks}) AND {condition.text}", (*exps, *condition.params))


def _tables(*expressions: str) -> str:
    docs = any(column in expression for expression in expressions for column in _DOC_COLUMNS)
    return "traces t JOIN trace_docs d ON d.id = t.id" if docs else "traces t"


def _collected(db: Db, search: Search, extra: tuple[str, ...]) -> Selection:
    position = Position(Stint(time.monotonic() + search.deadline_s))
    ids: list[int] = []
    for key in matching_keys(db, search, (Order(START),), position):
        if len(ids) == MOST_VERIFIED:
            position.stopped = True
            break
        ids.append(int(key[-1]))  # type: ignore[arg-type]  # ids are integers
    tables = _tables(*extra).replace("traces t", "carray(?) c CROSS JOIN traces t ON t.id = c.value", 1)
    if not ids:
        return Selection("traces t JOIN trace_docs d ON d.id = t.id", "0", (), not position.stopped)
    return Selection(tables, "1", (carray(ids),), not position.stopped)
