"""Agreement of raters: all coefficients that suit the scale, with intervals by resampling items."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from lodeline.domain.agreement import (
    AgreementReport,
    Coefficient,
    CoefficientName,
    LimitsOfAgreement,
    Scale,
    Skew,
)
from lodeline.domain.errors import Invalid, shown
from lodeline.evals.statistics import coefficients
from lodeline.evals.statistics.arrays import FloatArray, IntArray
from lodeline.evals.statistics.bootstrap import draw_statistics, percentile_interval
from lodeline.evals.statistics.intervals import check_level

Rating = bool | int | float | str | None
RESAMPLES = 1_000
MAX_CATEGORIES = 200
SKEWED = 0.5
FEW_ITEMS = 30
Statistic = tuple[CoefficientName, Callable[[FloatArray], float], int]


@dataclass(frozen=True, slots=True)
class _Ratings:
    """Items with two ratings or more. `codes` are -1 and `numbers` NaN where a rater gave none; `numbers` are the
    values on an interval scale, else the categories' ranks."""

    codes: IntArray
    counts: FloatArray
    numbers: FloatArray
    categories: tuple[str, ...]
    single: int


def measure_agreement(
    ratings: Sequence[Sequence[Rating]],
    raters: Sequence[str],
    *,
    scale: Scale,
    order: Sequence[str] | None = None,
    level: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> AgreementReport:
    """Return how far raters agree; `ratings` has a row an item and a column a rater, None where there is no rating.

    Nominal ratings are compared as texts. Ordinal ones are numbers, or texts whose `order` is given. Those on an
    interval scale are numbers. Coefficients for two raters are left out with more; Fleiss' κ looks at the items
    with as many ratings as any, the intraclass correlation at those that all rated. Invalid for ragged rows, fewer
    than two raters, or ratings off the scale.
    """
    check_level(level)
    if len(raters) < 2:
        raise Invalid(f"agreement: {len(raters)} raters; give two or more.")
    data = _ratings(ratings, len(raters), scale, order)
    statistics = _statistics(data, len(raters), scale)
    items = len(data.codes)
    draws = draw_statistics([statistic for _, statistic, _ in statistics], items, resamples, seed) if items else None
    measured = tuple(
        coefficient_of(statistic, None if draws is None else draws[:, column], items, level)
        for column, statistic in enumerate(statistics)
    )
    skew = _skew(data) if len(raters) == 2 and len(data.categories) == 2 and scale != "interval" else None
    return AgreementReport(
        scale=scale,
        raters=tuple(raters),
        items=items,
        ratings=int(data.counts.sum()) if scale != "interval" else int(np.isfinite(data.numbers).sum()),
        single=data.single,
        coefficients=measured,
        categories=data.categories,
        skew=skew,
        limits=_limits(data.numbers) if scale == "interval" and len(raters) == 2 else None,
        warnings=_warnings(data, items, scale, skew),
    )


def _ratings(ratings: Sequence[Sequence[Rating]], raters: int, scale: Scale, order: Sequence[str] | None) -> _Ratings:
    for number, row in enumerate(ratings):
        if len(row) != raters:
            raise Invalid(f"agreement: item {number} has {len(row)} ratings for {raters} raters; None means none.")
    kept = [row for row in ratings if sum(rating is not None for rating in row) > 1]
    single = sum(sum(rating is not None for rating in row) == 1 for row in ratings)
    if scale == "interval" or (scale == "ordinal" and order is None):
        numbers = np.array([[_number(rating) for rating in row] for row in kept], dtype=np.float64)
        numbers = numbers.reshape(len(kept), raters)
        if scale == "interval":
            return _Ratings(np.empty((len(kept), 0), np.int64), np.empty((0, 0)), numbers, (), single)
        values = np.unique(numbers[np.isfinite(numbers)])
        codes = np.where(np.isfinite(numbers), np.searchsorted(values, numbers), -1)
        categories = tuple(f"{value:.15g}" for value in values.tolist())
    else:
        texts = [[None if rating is None else _text(rating) for rating in row] for row in kept]
        categories = (
            tuple(order) if order is not None else tuple(sorted({t for row in texts for t in row if t is not None}))
        )
        codes = _codes(texts, categories, raters)
    if len(categories) > MAX_CATEGORIES:
        raise Invalid(f"agreement: {len(categories)} categories; {MAX_CATEGORIES} is the limit. Try interval.")
    counts = (codes[:, :, None] == np.arange(len(categories))).sum(axis=1).astype(np.float64)
    ranks = np.where(codes >= 0, codes, np.nan).astype(np.float64)
    return _Ratings(codes.astype(np.int64), counts, ranks, categories, single)


def _codes(texts: Sequence[Sequence[str | None]], categories: Sequence[str], raters: int) -> IntArray:
    number_of: dict[str | None, int] = {category: number for number, category in enumerate(categories)}
    number_of[None] = -1
    for row in texts:
        for text in row:
            if text not in number_of:
                raise Invalid(f"agreement: rating {shown(text)} is none of {', '.join(map(shown, categories))}.")
    return np.array([[number_of[text] for text in row] for row in texts], dtype=np.int64).reshape(len(texts), raters)


def _text(rating: bool | float | str) -> str:
    return str(rating).lower() if isinstance(rating, bool) else str(rating)


def _number(rating: Rating) -> float:
    if rating is None:
        return math.nan
    if isinstance(rating, str) or not math.isfinite(rating) or abs(rating) > 1e100:
        raise Invalid(f"agreement: rating {shown(rating)} is not a number; give `order` for texts.")
    return float(rating)


def _statistics(data: _Ratings, raters: int, scale: Scale) -> list[Statistic]:
    complete = int(np.isfinite(data.numbers).all(axis=1).sum()) if len(data.numbers) else 0
    items = len(data.numbers)
    found: list[Statistic] = []
    if scale == "interval":
        found.append(("krippendorff-alpha", partial(coefficients.krippendorff_alpha_interval, data.numbers), items))
        found.append(("icc-2-1", partial(coefficients.icc_2_1, data.numbers), complete))
    else:
        found.append(("percent", partial(coefficients.percent_agreement, data.counts), items))
        if raters == 2:
            found += _kappas(data, complete, ordinal=scale == "ordinal")
        # Fleiss asks for as many ratings of every item, not for the same raters.
        most = int(data.counts.sum(axis=1).max(initial=0))
        fully = int((data.counts.sum(axis=1) == most).sum())
        found.append(("fleiss-kappa", partial(coefficients.fleiss_kappa, data.counts, raters=most), fully))
        alpha = partial(coefficients.krippendorff_alpha, data.counts, ordinal=scale == "ordinal")
        found.append(("krippendorff-alpha", alpha, items))
        found.append(("gwet-ac1", partial(coefficients.gwet_ac1, data.counts), items))
    if raters == 2 and scale != "nominal" and items:
        # Every item kept has both ratings.
        x, y = data.numbers[:, 0], data.numbers[:, 1]
        if scale == "interval":
            found.append(("concordance", partial(coefficients.concordance, x, y), items))
            found.append(("pearson", partial(coefficients.pearson, x, y), items))
        found.append(("spearman", partial(coefficients.spearman, x, y), items))
    return found


def _kappas(data: _Ratings, complete: int, *, ordinal: bool) -> list[Statistic]:
    ranks = np.arange(len(data.categories), dtype=np.float64)
    apart = np.abs(ranks[:, None] - ranks[None, :])
    kinds: dict[CoefficientName, FloatArray] = {"cohen-kappa": (apart > 0).astype(np.float64)}
    if ordinal:
        kinds |= {"cohen-kappa-linear": apart, "cohen-kappa-quadratic": apart**2}
    left, right = data.codes[:, 0], data.codes[:, 1]
    return [
        (name, partial(coefficients.cohen_kappa, left, right, distances), complete)
        for name, distances in kinds.items()
    ]


def coefficient_of(statistic: Statistic, draws: FloatArray | None, items: int, level: float) -> Coefficient:
    """Return a coefficient with the interval of its `draws`, or why it has none; its last part is how many items it
    is about."""
    name, function, n = statistic
    value = function(np.ones(items)) if n and draws is not None else math.nan
    if not math.isfinite(value) or draws is None:
        why = "There are no items for it." if n == 0 else "Not defined: the ratings do not vary, or are too few."
        return Coefficient(name, n, note=why)
    defined = draws[np.isfinite(draws)]
    if n < 2 or 10 * len(defined) < 9 * len(draws):
        return Coefficient(name, n, value, note="No interval: in too many resamples the ratings do not vary.")
    return Coefficient(name, n, value, percentile_interval(defined, level))


def _skew(data: _Ratings) -> Skew | None:
    both = (data.codes >= 0).all(axis=1)
    n = int(both.sum())
    if n == 0:
        return None
    first, second = data.codes[both, 0], data.codes[both, 1]
    alike = int(((first == 0) & (second == 0)).sum()) - int(((first == 1) & (second == 1)).sum())
    unlike = int(((first == 0) & (second == 1)).sum()) - int(((first == 1) & (second == 0)).sum())
    return Skew(abs(alike) / n, abs(unlike) / n)


def _limits(numbers: FloatArray) -> LimitsOfAgreement | None:
    if len(numbers) < 2:
        return None
    differences = numbers[:, 1] - numbers[:, 0]
    bias, deviation = float(differences.mean()), float(differences.std(ddof=1))
    return LimitsOfAgreement(len(differences), bias, bias - 1.96 * deviation, bias + 1.96 * deviation)


def _warnings(data: _Ratings, items: int, scale: Scale, skew: Skew | None) -> tuple[str, ...]:
    warnings: list[str] = []
    if items < FEW_ITEMS:
        warnings.append(f"{items} items have two ratings; intervals are rough under {FEW_ITEMS}.")
    if scale != "interval" and items:
        share = float(data.counts.sum(axis=0).max() / data.counts.sum())
        if (skew is not None and skew.prevalence > SKEWED) or share > (1 + SKEWED) / 2:
            warnings.append(
                f"{100 * share:.0f} % of the ratings are of one category: κ and α are low even where raters mostly"
                " agree; look at percent agreement and AC1 beside them."
            )
    if skew is not None and skew.bias > SKEWED / 2:
        warnings.append("The raters use the categories unequally often, which κ rewards; look at α beside it.")
    return tuple(warnings)
