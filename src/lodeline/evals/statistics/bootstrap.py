"""The bootstrap: of means over clusters, and of any statistic of weighted items. Seeded, and bounded in work."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from lodeline.domain.aggregate import Interval, IntervalMethod
from lodeline.evals.statistics.arrays import FloatArray
from lodeline.evals.statistics.intervals import check_level

RESAMPLES = 10_000
MIN_RESAMPLES = 1_000
MAX_DRAWS = 10_000_000
"""Clusters drawn in all: more clusters get fewer resamples."""
_BLOCK = 500_000
"""Clusters drawn at once: 4 MB an array."""


def resamples_for(clusters: int, wanted: int = RESAMPLES) -> int:
    """Return how many resamples are affordable, up to `wanted`; 0 when fewer than 1,000 were, where a mean of so
    many clusters is normal anyway."""
    affordable = min(wanted, MAX_DRAWS // max(1, clusters))
    return affordable if affordable >= min(wanted, MIN_RESAMPLES) else 0


@dataclass(frozen=True, slots=True)
class MeanDraws:
    """Resampled means of clusters with their studentised deviations from the estimate, and the means with each
    cluster left out."""

    estimate: float
    means: FloatArray
    deviations: FloatArray
    jackknife: FloatArray


def draw_means(sums: FloatArray, sizes: FloatArray, resamples: int, seed: int) -> MeanDraws:
    """Resample clusters with replacement; `sums` and `sizes` describe two clusters or more.

    A resample whose clusters leave no spread deviates infinitely, unless its mean is the estimate: for a test that
    errs on the safe side.
    """
    clusters = len(sums)
    generator = np.random.default_rng(seed)
    estimate = float(sums.sum() / sizes.sum())
    means, deviations = np.empty(resamples), np.empty(resamples)
    rows = max(1, _BLOCK // clusters)
    for begin in range(0, resamples, rows):
        end = min(resamples, begin + rows)
        drawn = generator.integers(0, clusters, size=(end - begin, clusters))
        drawn_sums, drawn_sizes = sums[drawn], sizes[drawn]
        totals = drawn_sizes.sum(axis=1)
        block = drawn_sums.sum(axis=1) / totals
        residuals = drawn_sums - drawn_sizes * block[:, None]
        errors = np.sqrt(clusters / (clusters - 1) * np.einsum("ij,ij->i", residuals, residuals)) / totals
        means[begin:end] = block
        deviations[begin:end] = _studentised(block - estimate, errors, abs(estimate))
    jackknife = (sums.sum() - sums) / (sizes.sum() - sizes)
    return MeanDraws(estimate, means, deviations, jackknife)


def _studentised(deviations: FloatArray, errors: FloatArray, scale: float) -> FloatArray:
    noise = 1e-12 * max(scale, 1e-300)
    flat = errors <= noise
    result = np.where(np.abs(deviations) <= noise, 0.0, np.copysign(np.inf, deviations))
    np.divide(deviations, errors, out=result, where=~flat)
    return result


def bootstrap_p(draws: MeanDraws, standard_error: float) -> float:
    """Return the two-sided p of "the mean is 0": the share of resamples that deviate from the estimate, in their own
    standard errors, at least as much as the estimate from 0 (Efron and Tibshirani 1993, section 16.4; Cameron,
    Gelbach and Miller 2008 for clusters). It is never 0."""
    if draws.estimate == 0:
        return 1.0
    if standard_error == 0:
        return 1 / (len(draws.means) + 1)
    seen = abs(draws.estimate) / standard_error
    return float((1 + np.count_nonzero(np.abs(draws.deviations) >= seen)) / (len(draws.means) + 1))


def percentile_interval(draws: FloatArray, level: float = 0.95) -> Interval:
    """Return the interval between two percentiles of the resampled values."""
    tail = (1 - check_level(level)) / 2
    low, high = np.quantile(draws, [tail, 1 - tail])
    return Interval(float(low), float(high), level, "bootstrap")


def bca_interval(
    estimate: float,
    draws: FloatArray,
    jackknife: FloatArray,
    level: float = 0.95,
    method: IntervalMethod = "bca",
) -> Interval:
    """Return the bias-corrected and accelerated interval (Efron 1987), with the acceleration from `jackknife`.

    Resampled values equal to the estimate count half. Where all are equal the interval is that one point.
    """
    tail = (1 - check_level(level)) / 2
    below = (np.count_nonzero(draws < estimate) + np.count_nonzero(draws <= estimate)) / (2 * len(draws))
    bias = float(special.ndtri(min(max(below, 1 / (2 * len(draws))), 1 - 1 / (2 * len(draws)))))
    pulls = jackknife.mean() - jackknife
    largest = float(np.abs(pulls).max())
    pulls = pulls / largest if largest > 0 else pulls
    acceleration = float((pulls**3).sum()) / (6 * float((pulls**2).sum()) ** 1.5) if largest > 0 else 0.0
    ends: list[float] = []
    for probability in (tail, 1 - tail):
        shifted = bias + float(special.ndtri(probability))
        damping = 1 - acceleration * shifted
        order = float(special.ndtr(bias + shifted / damping)) if damping > 0 else float(probability > 0.5)
        ends.append(float(np.quantile(draws, order)))
    return Interval(min(ends), max(ends), level, method)


def draw_statistics(
    statistics: Sequence[Callable[[FloatArray], float]], items: int, resamples: int, seed: int
) -> FloatArray:
    """Return a row a resample of the items, a column a statistic; NaN where it was not defined.

    A statistic takes how often each item was drawn.
    """
    generator = np.random.default_rng(seed)
    values = np.empty((resamples, len(statistics)))
    for row in range(resamples):
        weights = np.bincount(generator.integers(0, items, size=items), minlength=items).astype(np.float64)
        values[row] = [statistic(weights) for statistic in statistics]
    return values
