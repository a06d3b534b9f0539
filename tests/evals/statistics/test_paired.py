"""Tests of pairs, adjustment and power against SciPy and statsmodels."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lodeline.domain.errors import Invalid
from lodeline.evals.statistics import multiplicity, paired, power
from lodeline.evals.statistics.arrays import FloatArray
from lodeline.evals.statistics.intervals import sample_mean
from tests.evals.statistics import references
from tests.evals.statistics.references import stats

P_VALUES = st.lists(st.floats(0, 1), max_size=20)


@given(st.integers(0, 300), st.integers(0, 300))
def test_mcnemar_is_statsmodels_exact_test(wins: int, losses: int):
    expected = references.contingency.mcnemar([[5, wins], [losses, 5]], exact=True).pvalue if wins + losses else 1.0
    assert paired.mcnemar_exact(wins, losses) == pytest.approx(expected, abs=1e-12)
    assert paired.mcnemar_exact(losses, wins) == paired.mcnemar_exact(wins, losses)


def test_a_negative_count_of_pairs_is_refused():
    with pytest.raises(Invalid, match="not negative"):
        paired.mcnemar_exact(-1, 2)


def test_wilcoxon_of_the_published_example():
    """Heights of cross- and self-fertilised corn (Darwin 1876), as in the documentation of scipy.stats.wilcoxon:
    W = 24, exact p = 0.041259765625."""
    differences = np.array([6, 8, 14, 16, 23, 24, 28, 29, 41, -48, 49, 56, 60, -67, 75], dtype=float)
    assert paired.wilcoxon(differences) == pytest.approx(0.041259765625, abs=1e-12)


@given(st.lists(st.integers(-5, 5), max_size=12))
def test_wilcoxon_with_zeros_and_ties_is_that_of_all_signs(differences: list[int]):
    array = np.array(differences, dtype=float)
    nonzero = array[array != 0]
    ranks: FloatArray = stats.rankdata(np.abs(nonzero))
    expected = 1.0
    if len(nonzero):
        signs = np.array(np.meshgrid(*[[0, 1]] * len(nonzero))).reshape(len(nonzero), -1)
        sums: FloatArray = ranks @ signs
        seen = float(ranks[nonzero > 0].sum())
        below, above = np.count_nonzero(sums <= seen + 1e-9), np.count_nonzero(sums >= seen - 1e-9)
        expected = min(1.0, 2 * min(below, above) / len(sums))
    assert paired.wilcoxon(array) == pytest.approx(expected, abs=1e-9)
    assert paired.wilcoxon(-array) == pytest.approx(paired.wilcoxon(array), abs=1e-12)


@given(st.lists(st.integers(1, 10_000), unique=True, min_size=1, max_size=50), st.integers(0, 2**50 - 1))
def test_wilcoxon_without_ties_is_scipys_exact_test(sizes: list[int], signs: int):
    array = np.array([size if signs >> place & 1 else -size for place, size in enumerate(sizes)], dtype=float)
    expected = float(stats.wilcoxon(array, method="exact").pvalue)
    assert paired.wilcoxon(array) == pytest.approx(expected, abs=1e-12)


@given(st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=30))
def test_the_t_test_is_scipys(values: list[float]):
    array = np.array(values)
    if np.std(array) > 1e-6:
        expected = float(stats.ttest_1samp(array, 0).pvalue)
        assert paired.t_test(sample_mean(array)) == pytest.approx(expected, rel=1e-6, abs=1e-9)


def test_the_t_test_of_equal_values():
    assert paired.t_test(sample_mean(np.zeros(5))) == 1
    assert paired.t_test(sample_mean(np.ones(5))) == 0
    assert paired.t_test(sample_mean(np.ones(1))) is None


def test_effects():
    """Cohen 1988: g is the departure of a share from one half; d_z = t / sqrt(n)."""
    values = np.array([1.0, 2.0, 4.0, -1.0])
    effect, g = paired.cohen_dz(values), paired.cohen_g(3, 1)
    assert effect is not None
    assert g is not None
    assert effect.value == pytest.approx(float(stats.ttest_1samp(values, 0).statistic) / 2)
    assert g.value == 0.25
    assert paired.cohen_g(0, 0) is None
    assert paired.cohen_dz(np.array([0.1 + 0.2, 0.3])) is None
    assert paired.cohen_dz(np.array([1.0])) is None
    assert paired.cohen_dz(np.zeros(4)) is None


def test_a_difference_of_rounding_is_a_tie():
    left, right = np.array([0.3, 1.0, 0.0]), np.array([0.1 + 0.2, 1.1, 1e-300])
    assert (paired.paired_differences(left, right) == 0).tolist() == [True, False, False]


@given(P_VALUES)
def test_holm_is_statsmodels(p_values: list[float]):
    expected = references.adjusted(p_values, "holm") if p_values else []
    assert multiplicity.holm(p_values) == pytest.approx(expected, abs=1e-12)


@given(P_VALUES)
def test_benjamini_hochberg_is_scipys(p_values: list[float]):
    expected: list[float] = list(stats.false_discovery_control(p_values)) if p_values else []
    assert multiplicity.benjamini_hochberg(p_values) == pytest.approx(expected, abs=1e-12)


@given(P_VALUES)
def test_adjusted_p_values_are_no_smaller_and_keep_their_order(p_values: list[float]):
    for method in ("holm", "benjamini-hochberg", "none"):
        adjusted = multiplicity.adjust(p_values, method)
        assert all(p <= q + 1e-15 and q <= 1 for p, q in zip(p_values, adjusted, strict=True))
        ordered = sorted(range(len(p_values)), key=lambda i: p_values[i])
        assert [adjusted[i] for i in ordered] == pytest.approx(sorted(adjusted), abs=1e-15)


@pytest.mark.parametrize("p", [-0.1, 1.1, math.nan])
def test_what_is_no_p_value_is_refused(p: float):
    with pytest.raises(Invalid, match="p values"):
        multiplicity.holm([0.5, p])


@settings(deadline=None)
@given(st.floats(0.01, 3), st.integers(2, 1500), st.sampled_from([0.01, 0.05, 0.1]))
def test_power_is_statsmodels(effect: float, pairs: int, alpha: float):
    expected = references.t_test_power(effect, pairs, alpha)
    if not math.isnan(expected):  # its tail of the wrong side can be too thin to compute
        assert power.power(effect, pairs, alpha) == pytest.approx(expected, abs=1e-6)


@settings(deadline=None)
@given(st.floats(0.02, 2))
def test_pairs_for_an_effect_are_statsmodels(effect: float):
    found = power.pairs_for(effect)
    assert found is not None
    expected = references.t_test_pairs(effect, 0.05, 0.8) if effect < 1 else float(found)
    assert found == pytest.approx(math.ceil(expected), abs=1 + expected * 1e-3)
    if found > 2:
        assert power.power(effect, found) >= 0.8 > power.power(effect, found - 1)


@given(st.integers(2, 10**7))
def test_the_detectable_effect_is_just_detectable(pairs: int):
    effect = power.detectable_effect(pairs)
    assert effect is not None
    assert power.power(effect, pairs) >= 0.8 > power.power(effect * (1 - 1e-6), pairs)


def test_what_can_not_be_detected():
    assert power.detectable_effect(1) is None
    assert power.pairs_for(0.0) is None
    assert power.pairs_for(1e-9) is None
    assert power.pairs_for(math.inf) is None
    with pytest.raises(Invalid, match="level"):
        power.pairs_for(0.5, alpha=0.9)
