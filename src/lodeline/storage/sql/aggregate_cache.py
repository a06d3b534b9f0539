"""Parts of earlier answers, remembered as long as nothing in their hours has changed, within bounded memory."""

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lodeline.query.ast import Node
from lodeline.storage.sql.measures import Add, Columns
from lodeline.storage.sql.segments import Grid, Segment, Window

MOST_BYTES = 32 * 1024 * 1024
"""How much the parts may take together, by estimate."""
_CELL_BYTES, _VALUE_BYTES = 250, 32


@dataclass(frozen=True, slots=True)
class Cell:
    """The values of one group in one step of time; `start_ms` is None where time is not cut."""

    start_ms: int | None
    group: str | None
    values: Add


@dataclass(frozen=True, slots=True)
class Shape:
    """All that the parts of an answer depend on but their time; parts of equal shape are used for each other.

    `window` bounds an answer that is remembered whole, and is None for one that is cut into segments.
    """

    exps: tuple[int, ...]
    node: Node
    columns: Columns
    grid: Grid | None
    window: Window | None
    group_by: str | None
    assessment: str | None


@dataclass(frozen=True, slots=True)
class Part:
    """The cells of one segment, and the number of changes in its hours when they were computed."""

    changes: int
    cells: Sequence[Cell]

    @property
    def size_bytes(self) -> int:
        """About what it takes."""
        each = (_CELL_BYTES + _VALUE_BYTES * len(cell.values) + len(cell.group or "") for cell in self.cells)
        return _CELL_BYTES + sum(each)


class AggregateCache:
    """Remembers parts by shape and segment; forgets the shapes that were asked for longest ago. Thread-safe."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._shapes: OrderedDict[Shape, dict[int, Part]] = OrderedDict()
        self._bytes = 0

    def find(self, shape: Shape, wanted: Sequence[Segment]) -> dict[int, Sequence[Cell]]:
        """Return the cells of those segments, by number, of which nothing has changed since they were stored."""
        with self._lock:
            parts = self._shapes.get(shape)
            if parts is None:
                return {}
            self._shapes.move_to_end(shape)
            found: dict[int, Sequence[Cell]] = {}
            for segment in wanted:
                if not segment.whole or segment.number is None:
                    continue
                part = parts.get(segment.number)
                if part is not None and part.changes == segment.changes:
                    found[segment.number] = part.cells
            return found

    def store(self, shape: Shape, parts: Mapping[int, Part]) -> None:
        """Remember parts. One that was computed from a later state of the store than its like stays."""
        size = sum(part.size_bytes for part in parts.values())
        if not parts or size > self._most_bytes:
            return
        with self._lock:
            kept = self._shapes.setdefault(shape, {})
            self._shapes.move_to_end(shape)
            for number, part in parts.items():
                before = kept.get(number)
                if before is not None and before.changes > part.changes:
                    continue
                kept[number] = part
                self._bytes += part.size_bytes - (0 if before is None else before.size_bytes)
            self._make_room(shape)

    def _make_room(self, latest: Shape) -> None:
        while self._bytes > self._most_bytes:
            oldest = next(iter(self._shapes))
            parts = self._shapes[oldest]
            if oldest == latest:
                self._bytes -= parts.pop(next(iter(parts))).size_bytes
            else:
                del self._shapes[oldest]
                self._bytes -= sum(part.size_bytes for part in parts.values())
