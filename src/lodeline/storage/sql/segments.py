"""Time cut into segments, so that of an answer over time only that is computed which has changed since.

The table `hours` counts changes by the hour of the trace's start. A segment is a stretch of time of at least an hour;
the sum over the hours that it touches tells whether anything in it can have changed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from lodeline.query.ast import Compare, Node
from lodeline.query.build import conj
from lodeline.storage.sql.db import Db
from lodeline.storage.sql.hours import HOUR_NS, hour_of, times_of
from lodeline.storage.sql.plan import conjuncts

DAY_NS = 24 * HOUR_NS
MOST_HOURS = 50_000
"""More hours than this are looked at together: the traces are spread so thinly that segments do not pay."""


@dataclass(frozen=True, slots=True)
class Window:
    """Times from `first_ns` to `last_ns`, both included; as wide as SQLite's integers unless bounded."""

    first_ns: int = -(2**63)
    last_ns: int = 2**63 - 1

    @property
    def empty(self) -> bool:
        """Whether there is no time in it."""
        return self.first_ns > self.last_ns

    def within(self, other: "Window") -> "Window":
        """Return the part of it that the other has too."""
        return Window(max(self.first_ns, other.first_ns), min(self.last_ns, other.last_ns))


EVER = Window()


def split_window(node: Node) -> tuple[Window, Node]:
    """Return the window in which a filter's conditions on the trace's start put it, and the rest of the filter."""
    window = EVER
    rest: list[Node] = []
    for part in conjuncts(node):
        bound = _bound(part)
        if bound is None:
            rest.append(part)
        else:
            window = window.within(bound)
    return window, conj(rest)


def _bound(node: Node) -> Window | None:
    if not isinstance(node, Compare) or node.field.name != "start" or type(node.value) is not int:
        return None
    match node.op:
        case "<":
            return Window(last_ns=node.value - 1)
        case "<=":
            return Window(last_ns=node.value)
        case ">":
            return Window(first_ns=node.value + 1)
        case ">=":
            return Window(first_ns=node.value)
        case _:
            return None


@dataclass(frozen=True, slots=True)
class Grid:
    """How time is cut: segments are `width_ns` wide, the cells in them `step_ns`, which divides it."""

    width_ns: int
    step_ns: int
    offset_ns: int = 0

    @classmethod
    def of(cls, bucket_ms: int | None, offset_ms: int, *, additive: bool) -> "Grid | None":
        """Return the cut for buckets; None when the answer is one that cannot be put together from parts.

        Wide buckets are put together from days where the measures allow that.
        """
        if bucket_ms is None:
            return cls(DAY_NS, DAY_NS) if additive else None
        width, offset = bucket_ms * 1_000_000, offset_ms * 1_000_000
        if width < HOUR_NS:
            return cls(width * -(-HOUR_NS // width), width, offset)
        if additive and width % DAY_NS == 0:
            return cls(DAY_NS, DAY_NS, offset)
        return cls(width, width, offset)

    @classmethod
    def uncut(cls, bucket_ms: int | None, offset_ms: int) -> "Grid | None":
        """Return the grid whose steps are the buckets themselves, however they lie to the hours."""
        if bucket_ms is None:
            return None
        return cls(bucket_ms * 1_000_000, bucket_ms * 1_000_000, offset_ms * 1_000_000)

    def number(self, time_ns: int) -> int:
        """Return the number of the segment that has this time."""
        return (time_ns - self.offset_ns) // self.width_ns

    def window(self, number: int) -> Window:
        """Return the times of a segment."""
        first_ns = number * self.width_ns + self.offset_ns
        return Window(first_ns, first_ns + self.width_ns - 1)


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of the answer, and how many changes there were in the hours it touches, at least one a trace.

    One that is cut off by the bounds of the search is not `whole`; one that lies on no grid has no number.
    """

    number: int | None
    window: Window
    changes: int
    whole: bool


def segments(db: Db, exps: Sequence[int], window: Window, grid: Grid | None) -> list[Segment] | None:
    """Return all segments that may hold traces, in order; None when there are too many hours.

    Without a grid a single segment, which is whole, stands for the window.
    """
    hours = _hours(db, exps, window)
    if len(hours) > MOST_HOURS:
        return None
    if grid is None:
        return [Segment(0, window, sum(changes for _, changes in hours), whole=True)] if hours else []
    totals: dict[int, int] = {}
    for hour, changes in hours:
        first_ns, last_ns = times_of(hour)
        for number in range(grid.number(first_ns), grid.number(last_ns) + 1):
            totals[number] = totals.get(number, 0) + changes
    found = [Segment(number, grid.window(number), totals[number], whole=True) for number in sorted(totals)]
    return list(_cut(found, window))


def _cut(found: Iterable[Segment], window: Window) -> Iterable[Segment]:
    for segment in found:
        inside = segment.window.within(window)
        if not inside.empty:
            yield segment if inside == segment.window else replace(segment, window=inside, whole=False)


def _hours(db: Db, exps: Sequence[int], window: Window) -> list[tuple[int, int]]:
    if window.empty or not exps:
        return []
    sql = (
        f"SELECT hour, sum(changes) FROM hours WHERE exp IN ({', '.join('?' * len(exps))}) AND hour BETWEEN ? AND ? "
        f"GROUP BY hour LIMIT {MOST_HOURS + 1}"
    )
    return [(hour, n) for hour, n in db.execute(sql, (*exps, hour_of(window.first_ns), hour_of(window.last_ns)))]
