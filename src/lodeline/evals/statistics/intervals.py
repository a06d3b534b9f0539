"""Intervals for one rate, mean, quantile or difference of paired rates.

All are two-sided of confidence `level`; a one-sided interval of level c is one end of a two-sided one of 2c - 1.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import special

from lodeline.domain.aggregate import Interval
from lodeline.domain.errors import Invalid
from lodeline.evals.statistics.arrays import FloatArray

TINY = 10
"""Rates of fewer trials get the exact interval."""


@dataclass(frozen=True, slots=True)
class MeanEstimate:
    """A mean with its standard error on `df` degrees of freedom; both None with fewer than two clusters."""

    value: float
    standard_error: float | None
    df: int


def check_level(level: float) -> float:
    """Return `level`; Invalid unless it lies between 0 and 1."""
    if not 0 < level < 1:
        raise Invalid.value("level", level, "a number between 0 and 1, such as 0.95")
    return level


def normal_quantile(level: float) -> float:
    """Return z with P(-z < Z < z) = `level`."""
    return float(special.ndtri(0.5 + check_level(level) / 2))


def wilson(successes: int, trials: int, level: float = 0.95) -> Interval:
    """Return Wilson's score interval of a rate (Wilson 1927)."""
    _check_counts(successes, trials)
    z2 = normal_quantile(level) ** 2
    rate = successes / trials
    centre = (rate + z2 / (2 * trials)) / (1 + z2 / trials)
    half = math.sqrt(z2 * (rate * (1 - rate) / trials + z2 / (4 * trials**2))) / (1 + z2 / trials)
    low = 0.0 if successes == 0 else max(0.0, centre - half)
    high = 1.0 if successes == trials else min(1.0, centre + half)
    return Interval(low, high, level, "wilson")


def clopper_pearson(successes: int, trials: int, level: float = 0.95) -> Interval:
    """Return the exact interval of a rate (Clopper and Pearson 1934): it covers at least `level`, often more."""
    _check_counts(successes, trials)
    tail = (1 - check_level(level)) / 2
    low = 0.0 if successes == 0 else float(special.betaincinv(successes, trials - successes + 1, tail))
    high = 1.0 if successes == trials else float(special.betaincinv(successes + 1, trials - successes, 1 - tail))
    return Interval(low, high, level, "clopper-pearson")


def rate_interval(successes: int, trials: int, level: float = 0.95) -> Interval:
    """Return Wilson's interval, for fewer than ten trials the exact one."""
    return clopper_pearson(successes, trials, level) if trials < TINY else wilson(successes, trials, level)


def _check_counts(successes: int, trials: int) -> None:
    if trials < 1 or not 0 <= successes <= trials:
        raise Invalid(f"rate: {successes} of {trials} is not a share; give 0 ≤ successes ≤ trials and trials ≥ 1.")


def cluster_mean(sums: FloatArray, sizes: FloatArray) -> MeanEstimate:
    """Return the mean of all members of clusters, given each cluster's sum and size, with its robust standard error.

    Clusters are taken as independent, their members not. The variance is the sandwich estimate for an intercept
    (Liang and Zeger 1986) with the correction G / (G - 1), on G - 1 degrees of freedom. With clusters of one it is
    the standard error of a mean. Invalid without members.
    """
    total = float(sizes.sum())
    if total <= 0:
        raise Invalid("mean: there are no values; give at least one.")
    value = float(sums.sum()) / total
    clusters = len(sums)
    if clusters < 2:
        return MeanEstimate(value, None, 0)
    residuals = sums - sizes * value
    variance = clusters / (clusters - 1) * float(residuals @ residuals) / total**2
    return MeanEstimate(value, math.sqrt(variance), clusters - 1)


def sample_mean(values: FloatArray) -> MeanEstimate:
    """Return the mean of independent values with its standard error."""
    return cluster_mean(values, np.ones(len(values)))


def t_interval(estimate: MeanEstimate, level: float = 0.95, *, clustered: bool = False) -> Interval | None:
    """Return Student's interval of a mean; None where there is no standard error."""
    if estimate.standard_error is None:
        return None
    half = float(special.stdtrit(estimate.df, 0.5 + check_level(level) / 2)) * estimate.standard_error
    method = "cluster-t" if clustered else "t"
    return Interval(estimate.value - half, estimate.value + half, level, method)


def quantile(values: FloatArray, p: float) -> float:
    """Return the quantile of order `p`, interpolated linearly between closest ranks; Invalid without values."""
    if len(values) == 0 or not 0 <= p <= 1:
        raise Invalid(f"quantile {p} of {len(values)} values: give values, and an order from 0 to 1.")
    return float(np.quantile(values, p))


def quantile_interval(values: FloatArray, p: float, level: float = 0.95) -> Interval | None:
    """Return the interval of a quantile between two order statistics, whatever the distribution.

    Its ends are the narrowest ranks whose binomial tails are each at most (1 - level) / 2 (David and Nagaraja 2003,
    section 7.1); None where there are too few values for that.
    """
    n, tail = len(values), (1 - check_level(level)) / 2
    if n == 0 or not 0 < p < 1:
        return None
    below: FloatArray = special.bdtr(np.arange(n, dtype=np.float64), n, p)
    low = int(np.searchsorted(below, tail, side="right"))
    high = int(np.searchsorted(below, 1 - tail, side="left")) + 1
    if low < 1 or high > n:
        return None
    ranked = np.sort(values)
    return Interval(float(ranked[low - 1]), float(ranked[high - 1]), level, "order-statistics")


def newcombe(first: int, first_trials: int, second: int, second_trials: int, level: float = 0.95) -> Interval:
    """Return the interval of the difference of two independent rates, first less second: the hybrid of their two
    Wilson intervals (Newcombe 1998, "Interval estimation for the difference between independent proportions",
    method 10)."""
    one, other = wilson(first, first_trials, level), wilson(second, second_trials, level)
    p, q = first / first_trials, second / second_trials
    low = p - q - math.hypot(p - one.low, other.high - q)
    high = p - q + math.hypot(one.high - p, q - other.low)
    return Interval(low, high, level, "newcombe")


def tango(wins: int, losses: int, pairs: int, level: float = 0.95) -> Interval:
    """Return the score interval of the difference of two paired rates, (wins - losses) / pairs (Tango 1998).

    `wins` and `losses` are the discordant pairs. Its ends are the differences that McNemar's score statistic, made
    for a given difference, just rejects.
    """
    if pairs < 1 or wins < 0 or losses < 0 or wins + losses > pairs:
        raise Invalid(f"pairs: {wins} wins and {losses} losses do not fit into {pairs} pairs.")
    z = normal_quantile(level)
    seen = (wins - losses) / pairs

    def shortfall(difference: float) -> float:
        return abs(_paired_score(wins, losses, pairs, difference)) - z

    low = _crossing(shortfall, seen, -1.0)
    high = _crossing(shortfall, seen, 1.0)
    return Interval(low, high, level, "tango")


def _paired_score(wins: int, losses: int, pairs: int, difference: float) -> float:
    """Return Tango's statistic for a difference within (-1, 1): with the share of losses that is most likely under
    that difference."""
    linear = -wins - losses + (2 * pairs - wins + losses) * difference
    constant = -losses * difference * (1 - difference)
    share = (math.sqrt(max(0.0, linear**2 - 8 * pairs * constant)) - linear) / (4 * pairs)
    variance = pairs * (2 * share + difference * (1 - difference))
    gap = wins - losses - pairs * difference
    if variance <= 0:
        return 0.0 if gap == 0 else math.copysign(math.inf, gap)
    return gap / math.sqrt(variance)


def _crossing(shortfall: Callable[[float], float], seen: float, end: float) -> float:
    """Return where `shortfall` turns from negative to positive between `seen` and `end`; `end` where it does not."""
    if seen == end or shortfall(end * (1 - 1e-9)) <= 0:
        return end
    inside, outside = seen, end * (1 - 1e-9)
    for _ in range(60):
        middle = (inside + outside) / 2
        if shortfall(middle) <= 0:
            inside = middle
        else:
            outside = middle
    return (inside + outside) / 2
