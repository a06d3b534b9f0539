"""Labeling report: what a labeling session came to. Throughput, reviewers beside each other and beside gold answers,
disputed items, agreement by schema, judges beside people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lodeline.domain.aggregate import Interval
from lodeline.domain.agreement import Scale
from lodeline.domain.rating import Rating
from lodeline.domain.span import JsonValue
from lodeline.domain.span_agreement import SpanReport
from lodeline.domain.trust import JudgeReport, PanelReport

UNKNOWN_SKILL = 0.5
"""The skill of a reviewer who has answered no gold item."""


@dataclass(frozen=True, slots=True)
class Review:
    """One submitted review, as the report sees it. `duration_ms` is the time it took, None where that is unknown;
    `text_lengths` are its submission's."""

    item: str
    reviewer: str
    answers: Mapping[str, JsonValue]
    submitted_ms: int
    duration_ms: int | None = None
    text_lengths: Mapping[str, int] = field(default_factory=dict[str, int])


@dataclass(frozen=True, slots=True)
class ReportedSchema:
    """What was asked. Answers are compared on `scale` (None: as the values tell), texts in `order`; free text and
    lists of facts are not `comparable`, and `spans` are by where they lie."""

    name: str
    scale: Scale | None = None
    order: tuple[str, ...] = ()
    comparable: bool = True
    spans: bool = False


@dataclass(frozen=True, slots=True)
class ReportRows:
    """What a report is made of: reviews, schemas, gold answers by item and schema, ratings of judges by schema, the
    number of items in each state, and the ids of those in dispute."""

    reviews: Sequence[Review]
    schemas: Sequence[ReportedSchema]
    gold: Mapping[str, Mapping[str, JsonValue]] = field(default_factory=dict[str, "Mapping[str, JsonValue]"])
    judged: Mapping[str, Sequence[Rating]] = field(default_factory=dict[str, "Sequence[Rating]"])
    states: Mapping[str, int] = field(default_factory=dict[str, int])
    disputed: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class DayReviews:
    """The reviews submitted on one day (UTC, as 2026-11-27)."""

    day: str
    reviews: int


@dataclass(frozen=True, slots=True)
class Throughput:
    """How fast reviews came. Times of one review are those that are known (`timed` of them): their median with its
    interval, and the hours they come to; `reviews_per_hour` is of these hours of work, not of the clock."""

    reviews: int
    first_ms: int | None
    last_ms: int | None
    timed: int
    median_ms: float | None
    median_interval: Interval | None
    hours: float
    reviews_per_hour: float | None
    days: tuple[DayReviews, ...] = ()


@dataclass(frozen=True, slots=True)
class ReviewerReport:
    """One reviewer: reviews, the median time of one, and how many answers to gold items were the known ones. Beside
    the other reviewers they stand in the panel of each schema.

    `skill` is what the gold answers say of how well they review, from 0 to 1: (right + 1) / (all + 2), Laplace's rule
    of succession, so that few answers say little and nobody's is 0; 1/2 without any. It is a weight for
    `ReviewPolicy.weights`."""

    reviewer: str
    reviews: int
    median_ms: float | None
    gold: int
    gold_right: int
    gold_accuracy: float | None
    gold_interval: Interval | None
    skill: float = UNKNOWN_SKILL


@dataclass(frozen=True, slots=True)
class SchemaReport:
    """One schema: how far reviewers agree (None where answers cannot be compared, which `note` explains), their
    answers to gold items, and the judges of the same name beside them. Where spans are marked, `spans` says how far
    they agree on these."""

    name: str
    answers: int
    panel: PanelReport | None
    gold: int
    gold_right: int
    judges: tuple[JudgeReport, ...] = ()
    note: str | None = None
    spans: SpanReport | None = None


@dataclass(frozen=True, slots=True)
class LabelingReport:
    """What a labeling session came to. `disputed` are the items in dispute, at most 1,000 of `disputed_items`;
    `titles` say in a line what each item is about that the report names."""

    states: Mapping[str, int]
    throughput: Throughput
    reviewers: tuple[ReviewerReport, ...]
    schemas: tuple[SchemaReport, ...]
    disputed: tuple[str, ...]
    disputed_items: int
    warnings: tuple[str, ...] = ()
    titles: Mapping[str, str] = field(default_factory=dict[str, str])
