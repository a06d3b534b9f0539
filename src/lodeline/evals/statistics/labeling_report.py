"""The report of a labeling session, as a function of its reviews."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np

from lodeline.domain.errors import Invalid, TooLarge
from lodeline.domain.labeling_report import (
    DayReviews,
    LabelingReport,
    ReportedSchema,
    ReportRows,
    Review,
    ReviewerReport,
    SchemaReport,
    Throughput,
)
from lodeline.domain.rating import Rating, RatingValue, rating_value
from lodeline.domain.run import MAX_MS
from lodeline.domain.span import JsonValue
from lodeline.domain.span_agreement import MarkedItem
from lodeline.domain.text_span import read_spans
from lodeline.domain.trust import TrustOptions
from lodeline.evals.statistics.arrays import FloatArray
from lodeline.evals.statistics.intervals import quantile_interval, rate_interval
from lodeline.evals.statistics.judging import report_trust
from lodeline.evals.statistics.rating_table import is_binary, label_of
from lodeline.evals.statistics.spans import measure_spans

MAX_DISPUTED = 1_000
FEW_GOLD = 10
"""Gold answers below which a reviewer's accuracy says little."""
_HOUR_MS = 3_600_000


def report_labeling(
    rows: ReportRows, *, level: float = 0.95, resamples: int = 1_000, seed: int = 0
) -> LabelingReport:
    """Return what a session came to. Gold items are reviewed by all, so they count in agreement as any other."""
    right = {schema.name: _gold_results(rows, schema.name) for schema in rows.schemas}
    by_reviewer: dict[str, list[bool]] = {}
    for results in right.values():
        for reviewer, result in results:
            by_reviewer.setdefault(reviewer, []).append(result)
    options = TrustOptions(level=level, resamples=resamples, seed=seed)
    names = sorted({review.reviewer for review in rows.reviews})
    return LabelingReport(
        states=dict(rows.states),
        throughput=_throughput(rows.reviews, level),
        reviewers=tuple(_reviewer(name, rows.reviews, by_reviewer.get(name, ()), level) for name in names),
        schemas=tuple(_schema(schema, rows, right[schema.name], options) for schema in rows.schemas),
        disputed=tuple(rows.disputed[:MAX_DISPUTED]),
        disputed_items=len(rows.disputed),
        warnings=_warnings(by_reviewer),
    )


def _throughput(reviews: Sequence[Review], level: float) -> Throughput:
    times = _times(reviews)
    hours = float(times.sum()) / _HOUR_MS
    days = Counter(_day(review.submitted_ms) for review in reviews)
    return Throughput(
        reviews=len(reviews),
        first_ms=min((review.submitted_ms for review in reviews), default=None),
        last_ms=max((review.submitted_ms for review in reviews), default=None),
        timed=len(times),
        median_ms=float(np.median(times)) if len(times) else None,
        median_interval=quantile_interval(times, 0.5, level),
        hours=hours,
        reviews_per_hour=len(times) / hours if hours else None,
        days=tuple(DayReviews(day, days[day]) for day in sorted(days)),
    )


def _day(at_ms: int) -> str:
    """Return the day of a time; of one that no calendar has, which old imports may have stored, the nearest."""
    return datetime.fromtimestamp(min(max(0, at_ms), MAX_MS) / 1000, UTC).date().isoformat()


def _times(reviews: Sequence[Review]) -> FloatArray:
    return np.array([r.duration_ms for r in reviews if r.duration_ms is not None], dtype=np.float64)


def _reviewer(name: str, reviews: Sequence[Review], results: Sequence[bool], level: float) -> ReviewerReport:
    own = [review for review in reviews if review.reviewer == name]
    times = _times(own)
    hits = sum(results)
    return ReviewerReport(
        reviewer=name,
        reviews=len(own),
        median_ms=float(np.median(times)) if len(times) else None,
        gold=len(results),
        gold_right=hits,
        gold_accuracy=hits / len(results) if results else None,
        gold_interval=rate_interval(hits, len(results), level) if results else None,
        skill=(hits + 1) / (len(results) + 2),
    )


def _gold_results(rows: ReportRows, schema: str) -> list[tuple[str, bool]]:
    """Return who answered gold items, and whether with the known answer."""
    found: list[tuple[str, bool]] = []
    for review in rows.reviews:
        known, given = rows.gold.get(review.item, {}).get(schema), review.answers.get(schema)
        if known is not None and given is not None:
            found.append((review.reviewer, _same(known, given)))
    return found


def _same(known: JsonValue, given: JsonValue) -> bool:
    left, right = rating_value(known), rating_value(given)
    if left is None or right is None:
        return False
    return _plain(left, right) == _plain(right, left)


def _plain(value: RatingValue, other: RatingValue) -> str:
    """Return a value as a label; words for yes and no are true and false where the other one is either."""
    if isinstance(value, str) and is_binary((value, other)):
        return label_of(value.casefold() in {"yes", "pass", "true"})
    return label_of(value)


def _schema(
    schema: ReportedSchema, rows: ReportRows, gold: Sequence[tuple[str, bool]], options: TrustOptions
) -> SchemaReport:
    ratings: list[Rating] = []
    for review in rows.reviews:
        value = rating_value(review.answers.get(schema.name))
        if value is not None:
            ratings.append(Rating(review.item, review.reviewer, value, at_ms=review.submitted_ms))
    hits = sum(result for _, result in gold)
    if schema.spans:
        marked, left_out = _marked(schema.name, rows.reviews)
        answers = sum(len(each.spans) for each in marked) + left_out
        try:
            spans = measure_spans(marked, level=options.level, resamples=options.resamples, seed=options.seed)
        except TooLarge as error:
            return SchemaReport(schema.name, answers, None, len(gold), hits, note=error.message)
        if left_out:
            spans = replace(spans, warnings=(*spans.warnings, _of_other_texts(left_out)))
        return SchemaReport(schema.name, answers, None, len(gold), hits, spans=spans)
    if not schema.comparable:
        note = "Free text is not compared word by word."
        return SchemaReport(schema.name, len(ratings), None, len(gold), hits, note=note)
    chosen = TrustOptions(
        schema.scale, schema.order, level=options.level, resamples=options.resamples, seed=options.seed
    )
    try:
        panel, judges = report_trust(ratings, rows.judged.get(schema.name, ()), chosen)
    except (Invalid, TooLarge) as error:
        # One schema whose judges answer on another scale must not cost the report of the others.
        return SchemaReport(schema.name, len(ratings), None, len(gold), hits, note=error.message)
    return SchemaReport(schema.name, len(ratings), panel, len(gold), hits, judges)


def _marked(schema: str, reviews: Sequence[Review]) -> tuple[list[MarkedItem], int]:
    """Return what reviewers marked in each item, and how many answers are left out.

    Texts that were of another length for some of them (the trace has changed in between) are not compared: those of
    the length that most had are, and of the later one where two are as many.
    """
    by_item: dict[str, dict[int, dict[str, Review]]] = {}
    for review in sorted(reviews, key=lambda each: each.submitted_ms):
        if schema in review.answers:
            by_length = by_item.setdefault(review.item, {})
            by_length.setdefault(review.text_lengths.get(schema, 0), {})[review.reviewer] = review
    marked: list[MarkedItem] = []
    left_out = 0
    for item, by_length in by_item.items():
        length, kept = max(
            by_length.items(), key=lambda found: (len(found[1]), max(each.submitted_ms for each in found[1].values()))
        )
        left_out += sum(map(len, by_length.values())) - len(kept)
        marked.append(MarkedItem(item, length, {who: read_spans(kept[who].answers[schema]) for who in sorted(kept)}))
    return marked, left_out


def _of_other_texts(answers: int) -> str:
    are, when = ("1 answer is", "it was") if answers == 1 else (f"{answers} answers are", "they were")
    return f"{are} left out: the text had another length when {when} given than when most were."


def _warnings(by_reviewer: Mapping[str, Sequence[bool]]) -> tuple[str, ...]:
    few = sorted(name for name, results in by_reviewer.items() if len(results) < FEW_GOLD)
    if not few:
        return ()
    return (f"Fewer than {FEW_GOLD} gold answers: {', '.join(few[:20])}; look at the intervals of their accuracy.",)
