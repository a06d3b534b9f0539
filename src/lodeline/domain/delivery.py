"""Deliveries: which batches of an SDK's process have arrived, so that it shows when some are missing."""

import re
from dataclasses import dataclass, replace

from lodeline.domain.errors import Invalid
from lodeline.domain.ids import ExperimentId

MAX_GAPS = 100
"""Gaps kept of one delivery; of the older ones only the number of batches is known."""
MAX_DELIVERIES = 1_000
"""Deliveries kept of one experiment, those that were heard of last."""
MAX_SEQUENCE = 2**53
_INSTANCE = re.compile("[0-9A-Za-z._-]{1,64}")
_SEQUENCES = re.compile(r"[0-9]{1,16}(-[0-9]{1,16})?(,[0-9]{1,16}(-[0-9]{1,16})?){0,99}")

Ranges = tuple[tuple[int, int], ...]
"""Ascending ranges of numbers, both ends included, that neither overlap nor touch."""


@dataclass(frozen=True, slots=True)
class DeliverySource:
    """What a request says of itself: who sends it, and the numbers of its batches, which the sender counts from 1."""

    instance: str
    sequences: Ranges


@dataclass(frozen=True, slots=True)
class DeliveryMark:
    """A source with the experiment and the time of its arrival, as a store records it."""

    source: DeliverySource
    experiment_id: ExperimentId
    at_ms: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """What has arrived from one process. It belongs to the experiment of its first batch.

    `gaps` are the numbers up to `highest` that have not arrived (yet), the newest `MAX_GAPS` of them; `missing`
    counts all. A gap may close: a process sends again what it keeps, in any order. Times are epoch milliseconds.
    """

    instance: str
    experiment_id: ExperimentId
    first_ms: int
    last_ms: int
    requests: int
    highest: int
    missing: int
    gaps: Ranges


def parse_source(instance: str, sequences: str) -> DeliverySource:
    """Return what two headers say; Invalid when they are malformed."""
    if not _INSTANCE.fullmatch(instance):
        raise Invalid.value("x-lodeline-instance", instance, "up to 64 letters, digits, dots and dashes")
    wrong = Invalid.value(
        "x-lodeline-sequence", sequences, "ascending numbers or ranges from 1, such as '7' or '7-9,12'"
    )
    if not _SEQUENCES.fullmatch(sequences):
        raise wrong
    ranges: list[tuple[int, int]] = []
    for part in sequences.split(","):
        first, _, last = part.partition("-")
        found = (int(first), int(last or first))
        if not (ranges[-1][1] if ranges else 0) < found[0] <= found[1] <= MAX_SEQUENCE:
            raise wrong
        ranges.append(found)
    return DeliverySource(instance, tuple(ranges))


def first_delivery(mark: DeliveryMark) -> Delivery:
    """Return the delivery of which this is the first sign."""
    empty = Delivery(mark.source.instance, mark.experiment_id, mark.at_ms, mark.at_ms, 0, 0, 0, ())
    return advance(empty, mark)


def advance(delivery: Delivery, mark: DeliveryMark) -> Delivery:
    """Return the delivery after another request; the order of requests does not matter, nor does sending again."""
    gaps, highest, missing = list(delivery.gaps), delivery.highest, delivery.missing
    for first, last in mark.source.sequences:
        if first <= highest:
            gaps, closed = _without(gaps, first, last)
            missing -= closed
        elif first > highest + 1:
            gaps.append((highest + 1, first - 1))
            missing += first - 1 - highest
        highest = max(highest, last)
    return replace(
        delivery,
        first_ms=min(delivery.first_ms, mark.at_ms),
        last_ms=max(delivery.last_ms, mark.at_ms),
        requests=delivery.requests + 1,
        highest=highest,
        missing=missing,
        gaps=tuple(gaps[-MAX_GAPS:]),
    )


def _without(gaps: list[tuple[int, int]], first: int, last: int) -> tuple[list[tuple[int, int]], int]:
    """Return gaps less a range, and how many numbers that took out."""
    left: list[tuple[int, int]] = []
    closed = 0
    for low, high in gaps:
        start, end = max(low, first), min(high, last)
        if start > end:
            left.append((low, high))
            continue
        closed += end - start + 1
        left += [part for part in ((low, start - 1), (end + 1, high)) if part[0] <= part[1]]
    return left, closed


def format_ranges(ranges: Ranges) -> str:
    """Return ranges as text, such as "3,7-9"."""
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in ranges)


def parse_ranges(text: str) -> Ranges:
    """Return what `format_ranges` wrote."""
    parts = (part.partition("-") for part in text.split(",") if part)
    return tuple((int(first), int(last or first)) for first, _, last in parts)
