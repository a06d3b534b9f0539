"""Independent implementations that the statistics are compared with. They carry no types, so they are named here."""

import warnings
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any
from unittest.mock import patch

import numpy as np

from lodeline.evals.statistics.arrays import FloatArray, IntArray

stats: Any = import_module("scipy.stats")
proportion: Any = import_module("statsmodels.stats.proportion")
contingency: Any = import_module("statsmodels.stats.contingency_tables")
multitest: Any = import_module("statsmodels.stats.multitest")
inter_rater: Any = import_module("statsmodels.stats.inter_rater")
krippendorff_alpha: Callable[..., float] = import_module("krippendorff").alpha
_power: Any = import_module("statsmodels.stats.power")
_regression: Any = import_module("statsmodels.regression.linear_model")


def cluster_standard_error(values: FloatArray, clusters: IntArray) -> float:
    """statsmodels' cluster-robust standard error of an intercept."""
    fitted = _regression.OLS(values, np.ones(len(values))).fit(cov_type="cluster", cov_kwds={"groups": clusters})
    return float(fitted.bse[0])


def t_test_power(effect: float, pairs: float, alpha: float) -> float:
    """statsmodels' power of the one-sample (paired) t-test."""
    return float(_power.TTestPower().power(effect_size=effect, nobs=pairs, alpha=alpha, alternative="two-sided"))


def t_test_pairs(effect: float, alpha: float, wanted: float) -> float:
    """statsmodels' number of pairs, not rounded."""
    return float(_power.TTestPower().solve_power(effect_size=effect, alpha=alpha, power=wanted))


def adjusted(p_values: Sequence[float], method: str) -> list[float]:
    """statsmodels' adjusted p values. It collects garbage in every call, which takes longer than all the rest."""
    with patch("gc.collect"):
        return [float(p) for p in multitest.multipletests(p_values, method=method)[1]]


def gwet_ac1(counts: FloatArray) -> float:
    """Gwet's formula written out item by item (Gwet 2014, "Handbook of Inter-Rater Reliability", section 4.4)."""
    pairs: list[float] = []
    shares = np.zeros(counts.shape[1])
    for row in counts:
        m = row.sum()
        shares += row / m / len(counts)
        if m > 1:
            pairs.append(sum(r * (r - 1) / (m * (m - 1)) for r in row))
    observed = sum(pairs) / len(pairs)
    chance = sum(p * (1 - p) for p in shares) / (counts.shape[1] - 1)
    return float((observed - chance) / (1 - chance))


def cohen_kappa(table: FloatArray, weights: str | None) -> float:
    """statsmodels' κ; its standard errors, which it computes as well, are 0 / 0 for some small tables."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return float(inter_rater.cohens_kappa(table, wt=weights).kappa)
