"""Coefficients of agreement, each a function of how often every item counts, so that items can be resampled.

All return NaN where they are not defined, as where all ratings are equal and chance explains everything.
"""

import math

import numpy as np

from lodeline.evals.statistics.arrays import FloatArray, IntArray


def _ratio_below_one(observed: float, expected: float) -> float:
    """Return 1 - observed / expected disagreement."""
    return 1 - observed / expected if expected > 0 else math.nan


def percent_agreement(counts: FloatArray, weights: FloatArray) -> float:
    """Return the share of agreeing pairs of ratings, averaged over items with two or more; `counts` says how often
    each item (row) was given each category."""
    totals = counts.sum(axis=1)
    several = totals > 1
    kept, m, w = counts[several], totals[several], weights[several]
    if w.sum() <= 0:
        return math.nan
    agreeing = (kept * (kept - 1)).sum(axis=1) / (m * (m - 1))
    return float(agreeing @ w / w.sum())


def cohen_kappa(left: IntArray, right: IntArray, distances: FloatArray, weights: FloatArray) -> float:
    """Return Cohen's κ of two raters (1960; weighted 1968); `distances[i, j]` is how far apart categories i and j
    are. Items without both ratings (code -1) are left out."""
    both = (left >= 0) & (right >= 0)
    size = len(distances)
    flat = np.bincount(left[both] * size + right[both], weights=weights[both], minlength=size * size)
    table = flat.reshape(size, size)
    total = float(table.sum())
    if total <= 0:
        return math.nan
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / total
    return _ratio_below_one(float((distances * table).sum()), float((distances * expected).sum()))


def fleiss_kappa(counts: FloatArray, weights: FloatArray, raters: int) -> float:
    """Return Fleiss' κ (1971) over the items that have all `raters` ratings."""
    complete = counts.sum(axis=1) == raters
    kept, w = counts[complete], weights[complete]
    if w.sum() <= 0 or raters < 2:
        return math.nan
    shares = (w @ kept) / (w.sum() * raters)
    observed = percent_agreement(kept, w)
    return _ratio_below_one(1 - observed, 1 - float(shares @ shares))


def krippendorff_alpha(counts: FloatArray, weights: FloatArray, *, ordinal: bool) -> float:
    """Return Krippendorff's α (2004, chapter 11) for nominal or ordered categories; items with one rating do not
    count."""
    totals = counts.sum(axis=1)
    several = totals > 1
    kept, share = counts[several], weights[several] / (totals[several] - 1)
    coincidences = (kept * share[:, None]).T @ kept - np.diag(share @ kept)
    marginals = coincidences.sum(axis=1)
    n = float(marginals.sum())
    if ordinal:
        middle = np.cumsum(marginals) - marginals / 2
        distances = (middle[:, None] - middle[None, :]) ** 2
    else:
        distances = 1 - np.eye(len(marginals))
    expected = float(marginals @ distances @ marginals)
    return _ratio_below_one((n - 1) * float((coincidences * distances).sum()), expected)


def krippendorff_alpha_interval(ratings: FloatArray, weights: FloatArray) -> float:
    """Return Krippendorff's α for numbers; `ratings` has a row an item and NaN where a rater gave none."""
    present = np.isfinite(ratings)
    totals = present.sum(axis=1)
    several = totals > 1
    if not bool(np.any(several & (weights > 0))):
        return math.nan
    kept, given, m, w = ratings[several], present[several], totals[several], weights[several]
    # Differences do not change with the origin, and sums of squares lose less near 0.
    centred = np.where(given, kept - float(np.mean(kept[given])), 0.0)
    sums, squares = centred.sum(axis=1), (centred**2).sum(axis=1)
    n = float(w @ m)
    observed = float(w @ ((m * squares - sums**2) / (m - 1)))
    expected = n * float(w @ squares) - float(w @ sums) ** 2
    noise = 1e-12 * n * float(w @ squares)
    return math.nan if expected <= noise else 1 - (n - 1) * observed / expected


def gwet_ac1(counts: FloatArray, weights: FloatArray) -> float:
    """Return Gwet's AC1 (2008) for any number of raters and missing ratings."""
    totals = counts.sum(axis=1)
    rated = totals > 0
    w = weights[rated]
    categories = counts.shape[1]
    observed = percent_agreement(counts, weights)
    if categories < 2 or w.sum() <= 0:
        return math.nan
    shares = w @ (counts[rated] / totals[rated][:, None]) / w.sum()
    chance = float((shares * (1 - shares)).sum()) / (categories - 1)
    return _ratio_below_one(1 - observed, 1 - chance)


def icc_2_1(ratings: FloatArray, weights: FloatArray) -> float:
    """Return the intraclass correlation of single ratings in absolute agreement, items and raters both random:
    ICC(2,1) of Shrout and Fleiss (1979). Items without all ratings are left out."""
    complete = np.isfinite(ratings).all(axis=1)
    x, w = ratings[complete], weights[complete]
    n, k = float(w.sum()), x.shape[1]
    if n < 2 or k < 2:
        return math.nan
    grand = float(w @ x.mean(axis=1)) / n
    items = k * float(w @ (x.mean(axis=1) - grand) ** 2)
    raters = n * float(((w @ x / n - grand) ** 2).sum())
    total = float(w @ ((x - grand) ** 2).sum(axis=1))
    between = items / (n - 1)
    across = raters / (k - 1)
    error = max(0.0, total - items - raters) / ((n - 1) * (k - 1))
    divisor = between + (k - 1) * error + k * (across - error) / n
    noise = 1e-12 * max(abs(grand), 1e-300) ** 2
    return (between - error) / divisor if divisor > noise else math.nan


def _moments(x: FloatArray, y: FloatArray, w: FloatArray) -> tuple[float, float, float, float]:
    """Return the variances, the covariance (all over n) and the difference of the means."""
    n = float(w.sum())
    mean_x, mean_y = float(w @ x) / n, float(w @ y) / n
    dx, dy = x - mean_x, y - mean_y
    return float(w @ dx**2) / n, float(w @ dy**2) / n, float(w @ (dx * dy)) / n, mean_x - mean_y


def _flat(variance: float, values: FloatArray) -> bool:
    return variance <= 1e-24 * float(np.max(np.abs(values), initial=0.0)) ** 2


def concordance(x: FloatArray, y: FloatArray, weights: FloatArray) -> float:
    """Return Lin's concordance correlation (1989) of complete pairs: agreement with the line of identity."""
    if weights.sum() < 2:
        return math.nan
    var_x, var_y, covariance, gap = _moments(x, y, weights)
    if _flat(var_x + var_y + gap**2, np.concatenate([x, y])):
        return math.nan
    return 2 * covariance / (var_x + var_y + gap**2)


def pearson(x: FloatArray, y: FloatArray, weights: FloatArray) -> float:
    """Return Pearson's correlation of complete pairs."""
    if weights.sum() < 2:
        return math.nan
    var_x, var_y, covariance, _ = _moments(x, y, weights)
    if _flat(var_x, x) or _flat(var_y, y):
        return math.nan
    return min(1.0, max(-1.0, covariance / math.sqrt(var_x) / math.sqrt(var_y)))


def spearman(x: FloatArray, y: FloatArray, weights: FloatArray) -> float:
    """Return Spearman's correlation: Pearson's of the ranks, equal values sharing their mean rank."""
    return pearson(_ranks(x, weights), _ranks(y, weights), weights)


def _ranks(values: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the mean rank of each value when each counts as often as its weight says."""
    _, codes = np.unique(values, return_inverse=True)
    sizes = np.bincount(codes, weights=weights)
    return (np.cumsum(sizes) - (sizes - 1) / 2)[codes]
