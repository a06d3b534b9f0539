"""Aggregates over traces: what has changed is computed, one segment of time after the other, the rest remembered.

An answer is put together from cells. Of those only the ones are computed in whose segment of time something has
changed since they were computed last. All of it happens in one read transaction, so that the numbers of changes and
the cells are of the same state of the store.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from lodeline.domain.analytics import AggregatePoint, AggregateQuery
from lodeline.query.ast import Node, Search
from lodeline.query.grouping import parse_group
from lodeline.storage.sql.aggregate_cache import AggregateCache, Cell, Part, Shape
from lodeline.storage.sql.aggregate_sql import RUN_TRACES, UNGROUPED, Statements, check_size, group_of
from lodeline.storage.sql.db import Db
from lodeline.storage.sql.filter import compile_filter
from lodeline.storage.sql.measures import Add, Columns, add
from lodeline.storage.sql.segments import EVER, Grid, Segment, Window, segments, split_window
from lodeline.storage.sql.selection import select


@dataclass(slots=True)
class Answer:
    """The cells of an answer, as far as they are computed; not `complete` when only some traces were looked at."""

    query: AggregateQuery
    columns: Columns
    complete: bool = True
    cells: dict[tuple[int | None, str | None], Add] = field(default_factory=dict[tuple[int | None, str | None], Add])

    @classmethod
    def to(cls, query: AggregateQuery) -> "Answer":
        """Return the answer to a question before anything is known."""
        return cls(query, Columns.of(query.measures, judged=query.assessment is not None))

    def take(self, cells: Sequence[Cell]) -> None:
        """Add cells over traces that were not there yet; TooLarge when there are too many."""
        for cell in cells:
            key = self._bucket(cell.start_ms), cell.group
            before = self.cells.get(key)
            self.cells[key] = cell.values if before is None else add(before, cell.values)
        check_size(len(self.cells), self.query.max_points)

    def _bucket(self, start_ms: int | None) -> int | None:
        if start_ms is None or self.query.bucket_ms is None:
            return None
        return start_ms - (start_ms - self.query.offset_ms) % self.query.bucket_ms

    @property
    def traces(self) -> int:
        """How many traces are behind the cells."""
        return sum(int(values[0] or 0) for values in self.cells.values())

    def points(self) -> tuple[AggregatePoint, ...]:
        """Return the cells with the measures asked for, in order."""
        ordered = sorted(self.cells.items(), key=lambda pair: (pair[0][0] or 0, pair[0][1] is None, pair[0][1] or ""))
        readers = {name: self.columns.reader(name) for name in self.query.measures}
        number = self.columns.number
        return tuple(
            AggregatePoint(*key, number(values), {name: read(values) for name, read in readers.items()})
            for key, values in ordered
        )


def compute(db: Db, search: Search, answer: Answer, cache: AggregateCache) -> None:
    """Find an answer's cells within the open transaction; those found before an exception are in it.

    `search` names active experiments only.
    """
    query = answer.query
    group = UNGROUPED if query.group_by is None else group_of(parse_group(query.group_by, "group_by"))
    exact = compile_filter(search.node).exact
    # With which trace a session begins changes with traces of other hours, so nothing of that is remembered.
    lasting = exact and not (query.assessment is not None and query.assessment_of == "sessions")
    window, node = split_window(search.node) if exact else (EVER, search.node)
    chosen = select(db, replace(search, node=node), group.column.text)
    exps = tuple(sorted({int(exp) for exp in search.experiment_ids}))
    if query.edges_ms:
        statements = Statements(db, exps, chosen, group, query, answer.columns, None)
        answer.complete = chosen.complete
        _by_edges(statements, window, node if lasting else None, answer, cache)
        return
    grid = Grid.of(query.bucket_ms, query.offset_ms, additive=answer.columns.additive)
    found = segments(db, exps, window, grid) if lasting else None
    answer.complete = chosen.complete
    if found is None:
        uncut = Grid.uncut(query.bucket_ms, query.offset_ms)
        statements = Statements(db, exps, chosen, group, query, answer.columns, uncut)
        answer.take(_flat(_computed(statements, [Segment(None, window, 0, whole=False)])))
        return
    statements = Statements(db, exps, chosen, group, query, answer.columns, grid)
    bounds = window if grid is None else None
    shape = Shape(exps, node, answer.columns, grid, bounds, query.group_by, query.assessment)
    _put_together(statements, found, answer, cache, shape)


def _by_edges(
    statements: Statements, window: Window, node: Node | None, answer: Answer, cache: AggregateCache
) -> None:
    """Find the cells between edges: each stretch is an answer of its own, remembered whole. `node` is the filter
    beside the window; without one nothing can be remembered.
    """
    query = answer.query
    for first_ms, end_ms in pairwise(query.edges_ms):
        of = Window(first_ms * 1_000_000, end_ms * 1_000_000 - 1).within(window)
        part = Answer(replace(query, edges_ms=()), answer.columns)
        found = None if node is None else segments(statements.db, statements.exps, of, None)
        if node is None or found is None:
            part.take(_flat(_computed(statements, [Segment(None, of, 0, whole=False)])))
        else:
            shape = Shape(tuple(statements.exps), node, answer.columns, None, of, query.group_by, query.assessment)
            _put_together(statements, found, part, cache, shape)
        answer.cells.update({(first_ms, of_group): values for (_, of_group), values in part.cells.items()})
        check_size(len(answer.cells), query.max_points)


def _put_together(
    statements: Statements, found: Sequence[Segment], answer: Answer, cache: AggregateCache, shape: Shape
) -> None:
    known = cache.find(shape, found)
    fresh: dict[int, Part] = {}
    try:
        for run in _runs(found, known):
            number = run[0].number
            if number in known:
                answer.take(known[number])
                continue
            cells = _computed(statements, run)
            answer.take(_flat(cells))
            fresh.update(
                (segment.number, Part(segment.changes, cells.get(segment.number, ())))
                for segment in run
                if segment.whole and segment.number is not None
            )
    finally:
        cache.store(shape, fresh)


def _runs(found: Sequence[Segment], known: Mapping[int, Sequence[Cell]]) -> Iterator[list[Segment]]:
    """Yield the segments: each known one alone, those to compute as far as they may share a statement."""
    run: list[Segment] = []
    changes = 0
    for segment in found:
        alone = segment.number in known
        if run and (alone or changes + segment.changes > RUN_TRACES):
            yield run
            run, changes = [], 0
        if alone:
            yield [segment]
        else:
            run.append(segment)
            changes += segment.changes
    if run:
        yield run


def _computed(statements: Statements, run: Sequence[Segment]) -> dict[int | None, list[Cell]]:
    """Return the cells of segments that follow each other, by segment."""
    window, number, grid = Window(run[0].window.first_ns, run[-1].window.last_ns), run[0].number, statements.grid
    cells: dict[int | None, list[Cell]] = {}
    if grid is None or number is None or (len(run) == 1 and grid.step_ns == grid.width_ns):
        start_ms = None if grid is None or number is None else grid.window(number).first_ns // 1_000_000
        rows = statements.rows(window, stepped=grid is not None and number is None)
        cells[number] = [Cell(start_ms if step is None else step, group, values) for (step, group), values in rows]
        return cells
    for (step, group), values in statements.rows(window, stepped=True):
        of = grid.number((step or 0) * 1_000_000)
        cells.setdefault(of, []).append(Cell(step, group, values))
    return cells


def _flat(cells: Mapping[int | None, Sequence[Cell]]) -> list[Cell]:
    return [cell for part in cells.values() for cell in part]
