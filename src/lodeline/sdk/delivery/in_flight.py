"""What is under way to the server: several batches at one time, which may be settled in any order.

A spool remembers one number, up to which all of it is settled. So a batch that is done before an older one of the
same spool waits for that one, and a process that ends between the two leaves both to be sent again.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from lodeline.sdk.delivery.records import Record
from lodeline.sdk.delivery.spool import Spool, SpoolMeta


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Records of one instance that go in one request. `spool` is where they stand, None for memory."""

    meta: SpoolMeta
    records: Sequence[Record]
    own: bool
    spool: Spool | None
    order: int
    """The how manieth it is of those that were taken; its parts have the same."""

    @property
    def spans(self) -> int:
        """How many spans it has."""
        return sum(record.spans for record in self.records)

    @property
    def body(self) -> bytes:
        """The export request, not compressed."""
        return b"".join(record.payload for record in self.records)

    @property
    def sequence(self) -> str:
        """The sequence numbers of its records, such as "7" or "7-9,12"."""
        ranges: list[list[int]] = []
        for record in self.records:
            if ranges and record.sequence == ranges[-1][1] + 1:
                ranges[-1][1] = record.sequence
            else:
                ranges.append([record.sequence, record.sequence])
        return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in ranges)


@dataclass(slots=True)
class _Place:
    batch: Batch
    done: bool = False


class InFlight:
    """The batches under way, in the order in which they were taken from each spool. Not thread-safe."""

    def __init__(self) -> None:
        self._of: dict[Spool | None, deque[_Place]] = {}
        self.own_spans = 0
        """How many spans of this process are under way."""

    def add(self, batch: Batch) -> None:
        """Note that a batch is under way."""
        if batch.own:
            self.own_spans += batch.spans
        self._of.setdefault(batch.spool, deque()).append(_Place(batch))

    def split(self, batch: Batch) -> list[Batch]:
        """Return batches of one record each that take the place of a batch."""
        places = self._of[batch.spool]
        parts = [replace(batch, records=[record]) for record in batch.records]
        at = next(index for index, place in enumerate(places) if place.batch is batch)
        del places[at]
        for offset, part in enumerate(parts):
            places.insert(at + offset, _Place(part))
        return parts

    def settle(self, batch: Batch) -> Record | None:
        """Note that a batch is done with. Return the record up to which nothing of its spool is under way any more;
        None when an older batch still is."""
        places = self._of[batch.spool]
        next(place for place in places if place.batch is batch).done = True
        if batch.own:
            self.own_spans -= batch.spans
        last: Record | None = None
        while places and places[0].done:
            last = places.popleft().batch.records[-1]
        if not places:
            del self._of[batch.spool]
        return last

    def clear(self) -> None:
        """Forget all."""
        self._of.clear()
        self.own_spans = 0

    def holds(self, spool: Spool) -> bool:
        """Tell whether something of a spool is under way."""
        return spool in self._of

    @property
    def first_order(self) -> int | None:
        """The order of the batch that was taken before all others under way; None when there is none."""
        return min((batch.order for batch in self._batches()), default=None)

    def own(self) -> Iterator[Record]:
        """Yield the records of this process that are under way."""
        for batch in self._batches():
            if batch.own:
                yield from batch.records

    @property
    def volatile_spans(self) -> int:
        """How many spans are under way that stand on no disk."""
        return sum(batch.spans for batch in self._batches() if batch.spool is None)

    def _batches(self) -> Iterator[Batch]:
        return (place.batch for places in self._of.values() for place in places if not place.done)
