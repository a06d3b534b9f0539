"""Sums over a span tree that never count a call twice: one rule for tokens and for cost.

The effective value of a span is the greater of what it reports itself and the sum of its children's effective values
(its own when they are equally great, also when both report nothing). So a parent that reports the sum of its
children, and a wrapper that repeats its only child, count once. The total is the sum of the effective values of all
spans without a known parent.

Parent links that run in a circle, which only a broken or hostile program sends, are cut: of every circle the span
with the smallest id counts as one without a parent.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Generic, TypeVar

from lodeline.domain.ids import SpanId
from lodeline.domain.span import SpanFacts

T = TypeVar("T")

MAX_CLIMB = 1_000
"""Ancestors that one addition visits; a longer way is left to the next rebuild, so a hostile chain costs no more."""


class Rollup(Generic[T]):
    """The running total of one quantity over the spans of one trace.

    `spans` are the trace's spans, owned and filled by the caller. `own` reads the quantity that a span reports
    itself, None for nothing; `size` orders quantities. `plus` and `minus` must be exact. `total` is None while no
    span reports anything.
    """

    __slots__ = ("_below", "_effective", "_minus", "_own", "_plus", "_size", "_spans", "total")

    def __init__(
        self,
        spans: Mapping[SpanId, SpanFacts],
        own: Callable[[SpanFacts], T | None],
        *,
        plus: Callable[[T, T], T],
        minus: Callable[[T, T], T],
        size: Callable[[T], int],
    ) -> None:
        self._spans = spans
        self._own = own
        self._plus = plus
        self._minus = minus
        self._size = size
        self._effective: dict[SpanId, T] = {}
        self._below: dict[SpanId, T] = {}
        self.total: T | None = None

    def add(self, span: SpanFacts) -> bool:
        """Count a span that has just joined `spans`; its parent and its children may be known or not.

        Costs a step an ancestor whose value changes. False when they are more than `MAX_CLIMB`: the total is then
        void until the next `rebuild`. The span may not close a circle.
        """
        below = self._below.get(span.span_id)
        if below is not None:
            self._move(below, None)
        value = self._greater(self._own(span), below)
        return True if value is None else self._climb(span, value)

    def rebuild(self, order: Sequence[SpanFacts], cut: Collection[SpanId]) -> None:
        """Count all spans anew; `order` and `cut` are what `leaves_first` gives."""
        self._effective.clear()
        self._below.clear()
        self.total = None
        for span in order:
            value = self._greater(self._own(span), self._below.get(span.span_id))
            if value is None:
                continue
            self._effective[span.span_id] = value
            parent_id = None if span.span_id in cut else span.parent_id
            if parent_id is not None:
                self._below[parent_id] = self._sum(self._below.get(parent_id), value)
            if parent_id is None or parent_id not in self._spans:
                self._move(None, value)

    def _climb(self, span: SpanFacts, new: T) -> bool:
        old: T | None = None
        for _ in range(MAX_CLIMB):
            self._effective[span.span_id] = new
            if span.parent_id is None:
                self._move(old, new)
                return True
            below = self._below.get(span.parent_id)
            if below is not None and old is not None:
                below = self._minus(below, old)
            below = self._below[span.parent_id] = self._sum(below, new)
            parent = self._spans.get(span.parent_id)
            if parent is None:
                self._move(old, new)
                return True
            old = self._effective.get(parent.span_id)
            greater = self._greater(self._own(parent), below)
            if greater is None or greater == old:
                return True
            span, new = parent, greater
        return False

    def _greater(self, own: T | None, below: T | None) -> T | None:
        if own is None or below is None:
            return below if own is None else own
        return own if self._size(own) >= self._size(below) else below

    def _sum(self, one: T | None, other: T) -> T:
        return other if one is None else self._plus(one, other)

    def _move(self, old: T | None, new: T | None) -> None:
        """Replace `old` by `new` in the total."""
        if old is not None and self.total is not None:
            self.total = self._minus(self.total, old)
        if new is not None:
            self.total = self._sum(self.total, new)


def leaves_first(spans: Mapping[SpanId, SpanFacts]) -> tuple[list[SpanFacts], set[SpanId]]:
    """Return the spans so that children come before their parent, and the ids of those whose parent link is cut."""
    waiting = Counter(span.parent_id for span in spans.values() if span.parent_id in spans)
    order = [span for span in spans.values() if span.span_id not in waiting]
    cut: set[SpanId] = set()
    _drain(spans, waiting, order, 0)
    if len(order) < len(spans):
        for circle in list(_circles(spans, waiting)):
            first = min(circle)
            cut.add(first)
            start = len(order)
            _release(spans, waiting, order, spans[first].parent_id)
            _drain(spans, waiting, order, start, stop=first)
    return order, cut


def _drain(
    spans: Mapping[SpanId, SpanFacts],
    waiting: Counter[SpanId | None],
    order: list[SpanFacts],
    start: int,
    stop: SpanId | None = None,
) -> None:
    """Extend `order` by every span whose children are all in it; `stop` has already released its parent."""
    while start < len(order):
        span = order[start]
        start += 1
        if span.span_id != stop:
            _release(spans, waiting, order, span.parent_id)


def _release(
    spans: Mapping[SpanId, SpanFacts],
    waiting: Counter[SpanId | None],
    order: list[SpanFacts],
    parent_id: SpanId | None,
) -> None:
    if parent_id is not None and parent_id in spans:
        waiting[parent_id] -= 1
        if not waiting[parent_id]:
            order.append(spans[parent_id])


def _circles(spans: Mapping[SpanId, SpanFacts], waiting: Mapping[SpanId | None, int]) -> Iterator[list[SpanId]]:
    """Yield the ids of each circle once; only members of circles still wait."""
    seen: set[SpanId] = set()
    for span_id, children in waiting.items():
        circle: list[SpanId] = []
        at = span_id
        while children and at is not None and at not in seen:
            seen.add(at)
            circle.append(at)
            at = spans[at].parent_id
        if circle:
            yield circle
