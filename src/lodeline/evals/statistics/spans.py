"""Agreement on spans of text: Krippendorff's α for unitizing, with intervals by resampling items.

uα is that of Krippendorff, Mathet, Bouvry and Widlöcher, "On the reliability of unitizing textual continua: further
developments", Quality & Quantity 50 (2016), equations 1 to 6; also Krippendorff, "Content Analysis", 4th edition
(2019), section 12.6. It takes the place of his α_U of 1995 and 2004, which misleads with more than two who mark.
Everybody's marks cut a text into units, which bear a label, and gaps φ between them. With m who mark,

- l(c, k) is the length of all intersections of units (or gaps) of c and k by different people, by m - 1; l(c) its sum
  over k, l that of all: m times the length of the text;
- e(c, k) = l · (l(c) l(k) - [c = k] S(c)) / (l² - S), where S(c) sums the squared lengths of the units of c: a unit
  is not paired with itself; of gaps, which have no structure, their lengths; S sums S(c);
- uα = 1 - (l - Σ l(c, c)) / (l - Σ e(c, c)), and |uα, which knows marked and unmarked only, is
  1 - (l(φ) - l(φ, φ)) / (e(φ) - e(φ, φ)).

Where all units are one code point long, uα is the nominal α of code points. Texts of several items are one after the
other: l(c, k), l(c) and S are their sums, and m is that of each item. What one person marks with several labels is a
unit that bears them all.
"""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np

from lodeline.domain.agreement import Coefficient
from lodeline.domain.errors import TooLarge
from lodeline.domain.span_agreement import DisputedSpans, MarkedItem, SpanRater, SpanReport
from lodeline.domain.text_span import TextSpan, overlap_of
from lodeline.evals.statistics.agreement import FEW_ITEMS, MAX_CATEGORIES, RESAMPLES, coefficient_of
from lodeline.evals.statistics.arrays import FloatArray
from lodeline.evals.statistics.bootstrap import draw_statistics
from lodeline.evals.statistics.intervals import check_level

MAX_DISPUTED = 100
_Labels = tuple[str, ...]
_Unit = tuple[str, int, int, _Labels]
"""Field, start, end, labels."""


@dataclass(frozen=True, slots=True)
class _Lengths:
    """What uα needs of every item, a row each: `unlike` is l - Σ l(c, c), `unlike_marked` is l(φ) - l(φ, φ),
    `by_category` l(c) with the gaps first, `own` is S."""

    unlike: FloatArray
    unlike_marked: FloatArray
    by_category: FloatArray
    own: FloatArray


def measure_spans(
    marked: Sequence[MarkedItem], *, level: float = 0.95, resamples: int = RESAMPLES, seed: int = 0
) -> SpanReport:
    """Return how far people mark the same; items in any order, each once. TooLarge for more than 200 labels, or
    combinations of labels that somebody gave one stretch."""
    check_level(level)
    _check_categories(
        len({span.label for each in marked for spans in each.spans.values() for span in spans}), "labels"
    )
    several = [each for each in marked if len(each.spans) > 1 and each.length > 0]
    n = len(several)
    coefficients: tuple[Coefficient, ...] = ()
    if n:
        lengths = _lengths(several)
        statistics = [partial(u_alpha, lengths), partial(u_alpha_marked, lengths), partial(percent_of_text, lengths)]
        draws = draw_statistics(statistics, n, resamples, seed)
        coefficients = (
            coefficient_of(("u-alpha", statistics[0], n), draws[:, 0], n, level),
            coefficient_of(("u-alpha-marked", statistics[1], n), draws[:, 1], n, level),
            coefficient_of(("percent", statistics[2], n), draws[:, 2], n, level),
        )
    overlaps = [(each.item, overlap_of([*each.spans.values()])) for each in several]
    disputed = sorted(((o, item) for item, o in overlaps if o is not None and o < 1), key=lambda pair: pair)
    return SpanReport(
        raters=tuple(_rater(name, marked) for name in sorted({name for each in marked for name in each.spans})),
        items=n,
        single=sum(len(each.spans) == 1 for each in marked),
        characters=sum(each.length for each in several),
        coefficients=coefficients,
        disputed=tuple(DisputedSpans(item, overlap) for overlap, item in disputed[:MAX_DISPUTED]),
        disputed_items=len(disputed),
        warnings=(f"{n} items have two answers; intervals are rough under {FEW_ITEMS}.",) if n < FEW_ITEMS else (),
    )


def u_alpha(lengths: _Lengths, weights: FloatArray) -> float:
    """Return uα over items that count as often as their weights say; NaN where chance explains everything."""
    by_category = weights @ lengths.by_category
    total = float(by_category.sum())
    expected = total**2 - float(by_category @ by_category)
    return _alpha(float(weights @ lengths.unlike), expected, total, float(weights @ lengths.own))


def u_alpha_marked(lengths: _Lengths, weights: FloatArray) -> float:
    """Return |uα: the same of marked and unmarked text, whatever the labels."""
    by_category = weights @ lengths.by_category
    total, gaps = float(by_category.sum()), float(by_category[0])
    return _alpha(float(weights @ lengths.unlike_marked), gaps * (total - gaps), total, float(weights @ lengths.own))


def percent_of_text(lengths: _Lengths, weights: FloatArray) -> float:
    """Return the share of the text of which pairs of people say the same."""
    total = float((weights @ lengths.by_category).sum())
    return 1 - float(weights @ lengths.unlike) / total if total > 0 else math.nan


def _alpha(observed: float, unlike: float, total: float, own: float) -> float:
    """Return 1 - observed / e, where e = total · unlike / (total² - own)."""
    free = total**2 - own
    if free <= 0 or unlike <= 0:
        return math.nan
    return 1 - observed * free / (total * unlike)


def _lengths(marked: Sequence[MarkedItem]) -> _Lengths:
    units = [[_units(spans) for spans in each.spans.values()] for each in marked]
    labels = sorted({label for item in units for person in item for _, _, _, label in person})
    _check_categories(len(labels), "combinations of labels")
    column = {label: number for number, label in enumerate(labels, start=1)}
    unlike, unlike_marked, own = np.zeros(len(marked)), np.zeros(len(marked)), np.zeros(len(marked))
    by_category = np.zeros((len(marked), len(labels) + 1))
    for row, (item, people) in enumerate(zip(marked, units, strict=True)):
        unlike[row], unlike_marked[row] = _unlike(people)
        for person in people:
            gaps = item.length - _size(person)
            by_category[row, 0] += gaps
            own[row] += gaps
            for _, start, end, label in person:
                by_category[row, column[label]] += end - start
                own[row] += (end - start) ** 2
    return _Lengths(unlike, unlike_marked, by_category, own)


def _check_categories(count: int, what: str) -> None:
    if count > MAX_CATEGORIES:
        raise TooLarge(f"spans: {count} {what} are over the limit of {MAX_CATEGORIES}.")


def _unlike(people: Sequence[Sequence[_Unit]]) -> tuple[float, float]:
    """Return of one item l - Σ l(c, c), and l(φ) - l(φ, φ).

    From edge to edge of anybody's units it is counted how many bear the same labels, so that it takes the time of
    sorting the edges, however many pairs of people and units there are.
    """
    edges = sorted(
        (field, at, labels, step)
        for units in people
        for field, start, end, labels in units
        for at, labels, step in ((start, labels, 1), (end, labels, -1))
    )
    m = len(people)
    bearing: Counter[_Labels] = Counter()
    alike = marked = unlike = unlike_marked = 0
    for (field, at, labels, step), (next_field, next_at, _, _) in pairwise([*edges, ("", 0, (), 0)]):
        before = bearing[labels]
        bearing[labels] = before + step
        # Pairs, in both orders, that bear these labels: n (n - 1).
        alike += 2 * before if step > 0 else -2 * (before - 1)
        marked += step
        if marked and field == next_field:
            unmarked = m - marked
            unlike += (next_at - at) * (m * (m - 1) - alike - unmarked * (unmarked - 1))
            unlike_marked += (next_at - at) * unmarked * marked
    return unlike / (m - 1), unlike_marked / (m - 1)


def _size(units: Sequence[_Unit]) -> int:
    return sum(end - start for _, start, end, _ in units)


def _units(spans: Sequence[TextSpan]) -> list[_Unit]:
    """Return the units that one person's spans cut a text into: they do not overlap, and bear the labels of all spans
    that lie over them."""
    by_field: dict[str, list[TextSpan]] = {}
    for span in spans:
        by_field.setdefault(span.field, []).append(span)
    return [unit for field, own in by_field.items() for unit in _units_of(field, own)]


def _units_of(field: str, spans: Sequence[TextSpan]) -> Iterator[_Unit]:
    edges = sorted(edge for span in spans for edge in ((span.start, 1, span.label), (span.end, -1, span.label)))
    over: Counter[str] = Counter()
    for (start, step, label), (end, _, _) in pairwise(edges):
        over[label] += step
        if not over[label]:
            del over[label]
        if over and start < end:
            yield field, start, end, tuple(sorted(over))


def _rater(name: str, marked: Sequence[MarkedItem]) -> SpanRater:
    own = [(each.length, each.spans[name]) for each in marked if name in each.spans]
    text = sum(length for length, _ in own)
    labels: Mapping[str, int] = Counter(span.label for _, spans in own for span in spans)
    return SpanRater(
        rater=name,
        answers=len(own),
        spans=sum(len(spans) for _, spans in own),
        marked=sum(_size(_units(spans)) for _, spans in own) / text if text else None,
        labels=dict(labels),
    )
