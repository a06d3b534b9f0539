"""Tests and effect sizes for pairs. Each is two-sided, and takes differences or counts of discordant pairs."""

import math

import numpy as np
from scipy import special

from lodeline.domain.comparison import Effect
from lodeline.domain.errors import Invalid
from lodeline.evals.statistics.arrays import FloatArray, IntArray
from lodeline.evals.statistics.intervals import MeanEstimate


def mcnemar_exact(wins: int, losses: int) -> float:
    """Return McNemar's exact p: that of the binomial test of `wins` among the discordant pairs, each as likely to be
    a win as a loss. 1 without discordant pairs."""
    if wins < 0 or losses < 0:
        raise Invalid(f"pairs: {wins} wins and {losses} losses; numbers of pairs are not negative.")
    discordant = wins + losses
    if discordant == 0:
        return 1.0
    return min(1.0, 2 * float(special.bdtr(float(min(wins, losses)), discordant, 0.5)))


def wilcoxon(differences: FloatArray) -> float:
    """Return the p of Wilcoxon's signed-rank test: zero differences are dropped (Wilcoxon 1945), tied ones share
    their mean rank.

    Exact up to 50 differences, ties included; beyond by the normal approximation with the correction for ties. 1 when
    all differences are 0.
    """
    from scipy import stats  # noqa: PLC0415 -- half a second and 40 MB, for this one test

    nonzero = differences[differences != 0]
    if len(nonzero) == 0:
        return 1.0
    if len(nonzero) <= EXACT_PAIRS:
        # SciPy's exact test knows no ties, and its permutation of 13 differences takes a second.
        doubled = np.rint(2 * stats.rankdata(np.abs(nonzero))).astype(np.int64)
        return _exact_signed_rank(doubled, int(doubled[nonzero > 0].sum()))
    return float(stats.wilcoxon(nonzero, zero_method="wilcox", correction=False, method="auto").pvalue)


EXACT_PAIRS = 50


def _exact_signed_rank(ranks: IntArray, seen: int) -> float:
    """Return the two-sided p of a sum of positive ranks, which are whole numbers here: twice the mean ranks.

    Every sign is as likely as the other, so the chances of all sums follow by adding one rank after the other
    (the shift algorithm: Streitberg and Roehmel 1986).
    """
    chances = np.zeros(int(ranks.sum()) + 1)
    chances[0] = 1.0
    for rank in ranks:
        chances = chances / 2
        chances[rank:] += chances[: len(chances) - rank].copy()
    return min(1.0, 2 * float(min(chances[: seen + 1].sum(), chances[seen:].sum())))


def t_test(estimate: MeanEstimate) -> float | None:
    """Return the p of "the mean is 0" by Student's t with the estimate's standard error; None where it has none."""
    if estimate.standard_error is None:
        return None
    if estimate.standard_error == 0:
        return 1.0 if estimate.value == 0 else 0.0
    return 2 * float(special.stdtr(estimate.df, -abs(estimate.value) / estimate.standard_error))


def cohen_g(wins: int, losses: int) -> Effect | None:
    """Return the share of wins among the discordant pairs less one half; None without discordant pairs."""
    return Effect("cohen-g", wins / (wins + losses) - 0.5) if wins + losses else None


def cohen_dz(differences: FloatArray) -> Effect | None:
    """Return the mean difference in standard deviations of the differences; None where these do not vary."""
    if len(differences) < 2:
        return None
    deviation = float(np.std(differences, ddof=1))
    mean = float(np.mean(differences))
    if deviation <= 1e-12 * max(abs(mean), math.ulp(0.0)):
        return None
    return Effect("cohen-dz", mean / deviation)


def paired_differences(baseline: FloatArray, candidate: FloatArray) -> FloatArray:
    """Return candidate less baseline; differences within rounding error (relative 10⁻¹²) are 0, so that they tie."""
    difference = candidate - baseline
    noise = 1e-12 * np.maximum(np.abs(baseline), np.abs(candidate))
    return np.where(np.abs(difference) <= noise, 0.0, difference)
