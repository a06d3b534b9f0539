"""Lists of the smaller nouns: one walk in the asked order, each row checked, one page with a keyset cursor.

SQL orders the rows and decides what it can of the filter; the reference interpreter decides the rest. Every row of
the walk comes back from SQL, matching or not, so a walk that runs into its deadline knows how far it came.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from lodeline.domain.page import Page
from lodeline.query import cursor as cursors
from lodeline.query.ast import SORT_CHARS, EntityScope, Order, Search
from lodeline.query.fields import field
from lodeline.query.reference import matches
from lodeline.query.subjects import Subject
from lodeline.query.values import Scalar
from lodeline.storage.sql.codec import clean
from lodeline.storage.sql.db import Db, carray
from lodeline.storage.sql.experiment_rows import active_numbers
from lodeline.storage.sql.filter import TRUE, UNKNOWN, Atom, Sql, compare

T = TypeVar("T")
Key = tuple[Scalar | None, ...]
"""The sort values of a row, then its id."""


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """How one noun is listed.

    `columns` gives the SQL by which its fields sort; a keyed field takes its key as a parameter. The default order
    is newest first by the field `newest`, whose column is never NULL, or (None) by id alone. Of rows with equal sort
    values the one with the larger id comes first.
    """

    entity: EntityScope
    table: str
    id_column: str
    columns: Mapping[str, str]
    newest: str | None
    load: Callable[[Db, int], T]
    subject: Callable[[T], Subject]

    def page(self, db: Db, search: Search, *, scope: Sql = TRUE, condition: Sql = UNKNOWN) -> Page[T]:
        """Return one page of the rows in `scope` that satisfy the filter, of which SQL decides `condition`."""
        orders = search.order or (() if self.newest is None else (Order(field(self.entity, self.newest)),))
        fingerprint = cursors.of_search(search, self.entity, orders)
        after = None if search.cursor is None else cursors.decode(search.cursor, fingerprint)
        until = time.monotonic() + search.deadline_s
        items: list[T] = []
        end: Key = ()  # the last row that is on the page or was found not to belong there
        for key, hit in self._walk(db, orders, after, scope, condition):
            if end and time.monotonic() > until:
                return Page(tuple(items), cursors.encode(end, fingerprint), partial=True)
            item = self.load(db, int(key[-1] or 0)) if hit else None
            if item is not None and (condition.exact or matches(search.node, self.subject(item))):
                if len(items) == search.limit:
                    return Page(tuple(items), cursors.encode(end, fingerprint))
                items.append(item)
            end = key
        return Page(tuple(items))

    def _walk(
        self, db: Db, orders: Sequence[Order], after: Key | None, scope: Sql, condition: Sql
    ) -> Iterator[tuple[Key, bool]]:
        columns = [self._sort_column(order) for order in orders]
        params = [param for column in columns for param in column.params]
        bound = TRUE if after is None else self._after(orders, columns, after)
        keys = "".join(f"{column.text}, " for column in columns)
        order_by = "".join(
            f"{column.text} {'DESC' if order.descending else 'ASC'} NULLS LAST, "
            for column, order in zip(columns, orders, strict=True)
        )
        rows = db.execute(
            f"SELECT {keys}{self.id_column}, {condition.text} FROM {self.table} "
            f"WHERE {scope.text} AND {bound.text} ORDER BY {order_by}{self.id_column} DESC",
            (*params, *condition.params, *scope.params, *bound.params, *params),
        )
        for row in rows:
            yield row[:-1], bool(row[-1])

    def _sort_column(self, order: Order) -> Sql:
        text, key = self.columns[order.field.name], order.field.key
        column = Sql(text, () if key is None else (key,))
        return Sql(f"substr({text}, 1, {SORT_CHARS})", column.params) if order.field.type == "string" else column

    def _after(self, orders: Sequence[Order], columns: Sequence[Sql], key: Key) -> Sql:
        """The rows that come after `key`: equal in the first sort values and later in the next; at last by id."""
        if len(orders) == 1 and orders[0].descending and orders[0].field.name == self.newest:
            return Sql(f"({columns[0].text}, {self.id_column}) < (?, ?)", key)
        ways: list[Sql] = []
        equal: list[Sql] = []
        for order, column, value in zip(orders, columns, key, strict=False):
            if value is not None:
                sign = "<" if order.descending else ">"
                later = f"({column.text} {sign} ? OR {column.text} IS NULL)"
                ways.append(_joined(" AND ", [*equal, Sql(later, (*column.params, value, *column.params))]))
            equal.append(Sql(f"{column.text} IS ?", (*column.params, value)))
        ways.append(_joined(" AND ", [*equal, Sql(f"{self.id_column} < ?", (key[-1],))]))
        return _joined(" OR ", ways)


def by_columns(columns: Mapping[str, str]) -> Callable[[Atom], Sql]:
    """Return what `within` asks about conditions on fields that have a column; a keyed field takes its key as a
    parameter. Of other fields SQL decides nothing."""

    def atom(node: Atom) -> Sql:
        column, key = columns.get(node.field.name), node.field.key
        return UNKNOWN if column is None else compare(node, Sql(column, () if key is None else (clean(key),)))

    return atom


def active_scope(db: Db, search: Search, table: str) -> Sql:
    """Restrict rows of a table with the column exp to the experiments asked for that are not deleted."""
    active = active_numbers(db, search.experiment_ids)
    if len(active) == 1:
        return Sql(f"{table}.exp = ?", (active[0],))
    return Sql(f"{table}.exp IN carray(?)", (carray(active),))


def _joined(glue: str, parts: Sequence[Sql]) -> Sql:
    text = glue.join(part.text for part in parts)
    return Sql(f"({text})", tuple(param for part in parts for param in part.params))
