"""Agreement on spans: how far those who mark a text mark the same."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lodeline.domain.agreement import Coefficient
from lodeline.domain.text_span import TextSpan


@dataclass(frozen=True, slots=True)
class MarkedItem:
    """One item's spans by reviewer, in texts of `length` Unicode code points; no spans say that there are none."""

    item: str
    length: int
    spans: Mapping[str, Sequence[TextSpan]]


@dataclass(frozen=True, slots=True)
class SpanRater:
    """One who marks: on how many items, how many spans, which share of the texts, and by label how many spans."""

    rater: str
    answers: int
    spans: int
    marked: float | None
    labels: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class DisputedSpans:
    """An item that is marked differently; `overlap` is the mean over pairs (`text_span.overlap_of`)."""

    item: str
    overlap: float


@dataclass(frozen=True, slots=True)
class SpanReport:
    """How far people agree on spans.

    `items` counts those that two or more marked, or found nothing to mark in; `single` those with one answer;
    `characters` the code points of the texts of `items`, each text once. Items without a text say nothing.
    `disputed` are the ones that are marked most differently, at most 100 of `disputed_items`.
    """

    raters: tuple[SpanRater, ...]
    items: int
    single: int
    characters: int
    coefficients: tuple[Coefficient, ...]
    disputed: tuple[DisputedSpans, ...] = ()
    disputed_items: int = 0
    warnings: tuple[str, ...] = ()
