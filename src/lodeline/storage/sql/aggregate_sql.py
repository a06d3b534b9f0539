"""The statements behind an aggregate: measures over the traces of a window of time, and the judgments on them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from lodeline.domain.analytics import AggregateQuery
from lodeline.domain.errors import TooLarge
from lodeline.query.ast import Field
from lodeline.storage.sql.codec import clean
from lodeline.storage.sql.db import Db, SqlValue
from lodeline.storage.sql.filter import Sql, column_of
from lodeline.storage.sql.measures import Add, Columns
from lodeline.storage.sql.segments import EVER, Grid, Window
from lodeline.storage.sql.selection import Selection

Key: TypeAlias = "tuple[int | None, str | None]"
"""The start of a step in epoch milliseconds, and a group."""


RUN_TRACES = 1_000
"""Segments that follow each other are computed by one statement while they have at most so many changes together:
a statement has its price, and so has sorting many rows by segment."""


@dataclass(frozen=True, slots=True)
class Group:
    """A text field to group by: its column, the tables that it needs beside `traces t`, and their condition."""

    column: Sql
    tables: str = ""
    where: str = "1"


_FIRST = "SELECT f.id FROM traces f WHERE f.exp = a.exp AND f.session = a.session ORDER BY f.start_ns, f.id LIMIT 1"
"""The trace that a session begins with."""


def check_size(cells: int, most: int) -> None:
    """Raise TooLarge for more cells than may be."""
    if cells > most:
        raise TooLarge(
            f"the answer has more than {most} cells; take wider buckets, a shorter time or a group with fewer values."
        )


UNGROUPED = Group(Sql("NULL"))
_OF_RUN = Group(
    Sql("iif(k.linked, r.run, t.run)"),
    " CROSS JOIN (SELECT 0 AS linked UNION ALL SELECT 1) k LEFT JOIN run_links r ON k.linked AND r.id = t.id",
    "iif(k.linked, r.run IS NOT NULL AND r.run IS NOT t.run, "
    "t.run IS NOT NULL OR NOT EXISTS (SELECT 1 FROM run_links o WHERE o.id = t.id))",
)
"""A row for the trace's own run, or for having none at all, and one for every other run that it is linked to."""


def group_of(of: Field) -> Group:
    """Return how to group by a text field. A trace in several runs is in the group of each."""
    return _OF_RUN if of.name == "run" else Group(column_of(of) or Sql("NULL"))


@dataclass(frozen=True, slots=True)
class Statements:
    """What the statements of one answer have in common."""

    db: Db
    exps: Sequence[int]
    chosen: Selection
    group: Group
    query: AggregateQuery
    columns: Columns
    grid: Grid | None

    def rows(self, window: Window, *, stepped: bool) -> Iterable[tuple[Key, Add]]:
        """Compute the columns over the traces of a window by group and, if `stepped`, by step of the grid."""
        step = self._step() if stepped else "NULL"
        rows = self._of_traces(step, window)
        if self.query.assessment is None:
            return rows.items()
        judged, none = self._of_assessments(step, window), self.columns.none_judged
        return [(key, (*values, *judged.get(key, none))) for key, values in rows.items()]

    def _step(self) -> str:
        assert self.grid is not None  # noqa: S101  # the caller asks for steps only where there are
        width, offset = self.grid.step_ns, self.grid.offset_ns
        return f"(t.start_ns - ((t.start_ns - {offset}) % {width} + {width}) % {width}) / 1000000"

    def _of_traces(self, step: str, window: Window) -> dict[Key, Add]:
        return self._select(step, self.columns.of_traces, self.chosen.tables, _within("t", window))

    def _of_assessments(self, step: str, window: Window) -> dict[Key, Add]:
        """Look at valid feedback of the name asked for, which an index has in the order of the traces' starts."""
        if self.query.assessment_of == "sessions":
            return self._of_sessions(step, window)
        tables = f"{self.chosen.tables} JOIN assessments a ON a.trace = t.id"
        traces, assessments = _within("t", window), _within("a", window)
        where = (
            f"{traces.text} AND {assessments.text} AND a.exp IN ({', '.join('?' * len(self.exps))}) AND a.name = ? "
            "AND a.kind = 'FEEDBACK' AND a.valid = 1 AND a.deleted = 0"
        )
        params = (*traces.params, *assessments.params, *self.exps, clean(self.query.assessment or ""))
        return self._select(step, self.columns.of_assessments, tables, Sql(where, params))

    def _of_sessions(self, step: str, window: Window) -> dict[Key, Add]:
        """The same of sessions, whose judgments the index has before those of traces: they have no start."""
        tables, traces = self.chosen.tables, _within("t", window)
        # A filter that SQL cannot decide has collected its traces; else the judgments are fewer.
        collected = tables.startswith("carray")
        tables = f"{tables} CROSS JOIN assessments a" if collected else f"assessments a CROSS JOIN {tables}"
        where = (
            f"{traces.text} AND a.exp IN ({', '.join('?' * len(self.exps))}) AND a.name = ? AND a.start_ns IS NULL "
            "AND a.kind = 'FEEDBACK' AND a.valid = 1 AND a.deleted = 0 AND a.exp = t.exp AND a.session = t.session "
            f"AND t.id = ({_FIRST})"
        )
        params = (*traces.params, *self.exps, clean(self.query.assessment or ""))
        return self._select(step, self.columns.of_assessments, tables, Sql(where, params))

    def _select(self, step: str, columns: Sequence[str], tables: str, when: Sql) -> dict[Key, Add]:
        group = self.group
        keys = (step, group.column.text)
        by = ", ".join(str(place) for place, key in enumerate(keys, 1) if key != "NULL")
        sql = (
            f"SELECT {', '.join((*keys, *columns))} FROM {tables}{group.tables} "
            f"WHERE {self.chosen.where} AND {when.text} AND {group.where} "
            + (f"GROUP BY {by}" if by else "HAVING count(*)")
        )
        params = (*group.column.params, *self.chosen.params, *when.params)
        found: dict[Key, Add] = {}
        most = max(self.query.max_points, RUN_TRACES)
        for start_ms, value, *values in self.db.execute(sql, params):
            found[start_ms, shown(value)] = tuple(values)
            check_size(len(found), most)
        return found


def _within(alias: str, window: Window) -> Sql:
    if window == EVER:
        return Sql("1")
    return Sql(f"{alias}.start_ns BETWEEN ? AND ?", (window.first_ns, window.last_ns))


def shown(value: SqlValue) -> str | None:
    """Return a group's value as text."""
    return None if value is None else value if isinstance(value, str) else str(value)
