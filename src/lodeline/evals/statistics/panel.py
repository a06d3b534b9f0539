"""A panel of people: how far they agree, each beside the others, and the items they differ on."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from lodeline.domain.agreement import AgreementReport
from lodeline.domain.errors import TooLarge
from lodeline.domain.rating import Rating, RatingValue
from lodeline.domain.trust import DisputedItem, PanelReport, RatedBy, RaterStanding
from lodeline.evals.statistics.agreement import RESAMPLES, measure_agreement
from lodeline.evals.statistics.intervals import rate_interval, sample_mean, t_interval
from lodeline.evals.statistics.rating_table import RatingScale, RatingTable, decision

MAX_DISPUTED = 100
MAX_RATERS = 100
"""Raters with a standing of their own, those with most ratings; with more raters than this no coefficient tells them
apart, so that a table of many raters stays small."""
MAX_CELLS = 20_000_000
MAX_WORK = 10_000_000
"""Items times resamples: more items get fewer resamples."""
MIN_RESAMPLES = 200


def report_panel(
    table: RatingTable, *, level: float = 0.95, resamples: int = RESAMPLES, seed: int = 0
) -> PanelReport:
    """Return how far the raters of a table agree, with each of the `MAX_RATERS` busiest beside the others.

    TooLarge where a few items have so many ratings that the table could not be held.
    """
    ratings = Counter(rater for given in table.by_item.values() for rater in given)
    several = {item: given for item, given in table.by_item.items() if len(given) > 1}
    disputed = _disputed(several, table.scale)
    busiest = sorted(ratings, key=lambda rater: (-ratings[rater], rater))[:MAX_RATERS]
    return PanelReport(
        scale=table.scale.kind,
        people=table.raters,
        ratings=ratings.total(),
        items=len(table.by_item),
        agreement=agreement_of(table, level=level, resamples=resamples, seed=seed) if len(table.raters) > 1 else None,
        raters=tuple(_standing(several, rater, ratings[rater], table.scale, level) for rater in sorted(busiest)),
        disputed=tuple(disputed[:MAX_DISPUTED]),
        disputed_items=len(disputed),
    )


def agreement_of(table: RatingTable, *, level: float, resamples: int, seed: int) -> AgreementReport:
    """Return how far two raters or more agree; see `report_panel`."""
    many = len(table.raters) > MAX_RATERS
    rows = [list(given.values()) for given in table.by_item.values()]
    most = max(3, max(map(len, rows), default=0)) if many else len(table.raters)
    if most * len(rows) > MAX_CELLS:
        raise TooLarge(f"agreement: {len(rows)} items with up to {most} ratings are too many; narrow the filter.")
    if many:
        packed = [[rating.value for rating in row] + [None] * (most - len(row)) for row in rows]
        names = [f"rating {number + 1}" for number in range(most)]
    else:
        packed, names = table.rows(), table.raters
    report = measure_agreement(
        packed,
        names,
        scale=table.scale.kind,
        order=table.scale.order or None,
        level=level,
        resamples=affordable(len(rows), resamples),
        seed=seed,
    )
    if not many:
        return report
    # The intraclass correlation tells raters apart, which packed rows do not.
    kept = tuple(each for each in report.coefficients if each.name != "icc-2-1")
    return replace(report, raters=table.raters, coefficients=kept)


def affordable(items: int, wanted: int) -> int:
    """Return how many resamples of so many items are drawn."""
    return min(wanted, max(MIN_RESAMPLES, MAX_WORK // max(1, items)))


def _standing(
    several: Mapping[str, Mapping[str, Rating]], rater: str, ratings: int, scale: RatingScale, level: float
) -> RaterStanding:
    compared = agreed = 0
    deviations: list[float] = []
    for given in several.values():
        own = given.get(rater)
        if own is None:
            continue
        others = [other.value for name, other in given.items() if name != rater]
        if scale.numeric:
            deviations.append(mean_of([own.value], scale) - mean_of(others, scale))
        decided = None if scale.kind == "interval" else decision(others, scale)
        if decided is not None:
            compared += 1
            agreed += own.value == decided
    mean = sample_mean(np.array(deviations, dtype=np.float64)) if deviations else None
    return RaterStanding(
        rater=rater,
        ratings=ratings,
        compared=compared,
        agreed=agreed,
        agreement=agreed / compared if compared else None,
        agreement_interval=rate_interval(agreed, compared, level) if compared else None,
        deviation=None if mean is None else mean.value,
        deviation_interval=None if mean is None else t_interval(mean, level),
    )


def mean_of(values: Sequence[RatingValue], scale: RatingScale) -> float:
    """Return the mean of values that have numbers."""
    return sum(scale.number(value) or 0.0 for value in values) / len(values)


def _disputed(several: Mapping[str, Mapping[str, Rating]], scale: RatingScale) -> list[DisputedItem]:
    found: list[DisputedItem] = []
    for item, given in several.items():
        values = [rating.value for rating in given.values()]
        if len(set(values)) > 1:
            rated = tuple(RatedBy(rater, given[rater].value) for rater in sorted(given))
            found.append(DisputedItem(item, pair_agreement(values), pair_distance(values, scale), rated[:MAX_RATERS]))
    return sorted(found, key=lambda each: (each.agreement, -(each.distance or 0.0), each.item))


def pair_agreement(values: Sequence[RatingValue]) -> float:
    """Return the share of pairs of values that are equal; of two values or more."""
    n = len(values)
    return sum(count * (count - 1) for count in Counter(values).values()) / (n * (n - 1))


def pair_distance(values: Sequence[RatingValue], scale: RatingScale) -> float | None:
    """Return the mean distance of pairs of two values or more; None for texts without order."""
    if not scale.numeric:
        return None
    ranked = sorted(scale.number(value) or 0.0 for value in values)
    n = len(ranked)
    # The k-th smallest is subtracted n - 1 - k times and added k times.
    return sum((2 * k - n + 1) * number for k, number in enumerate(ranked)) * 2 / (n * (n - 1))
