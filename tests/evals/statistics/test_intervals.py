"""Intervals against statsmodels, SciPy and published examples."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lodeline.domain.aggregate import Interval
from lodeline.domain.errors import Invalid
from lodeline.evals.statistics import intervals
from tests.evals.statistics import references
from tests.evals.statistics.references import stats

LEVELS = st.sampled_from([0.5, 0.8, 0.9, 0.95, 0.99])
COUNTS = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
FINITE = st.floats(-1e6, 1e6)


def ends(interval: Interval | None) -> tuple[float, float]:
    assert interval is not None
    return interval.low, interval.high


@given(COUNTS, LEVELS)
def test_wilson_is_statsmodels(counts: tuple[int, int], level: float):
    expected = references.proportion.proportion_confint(*counts, alpha=1 - level, method="wilson")
    assert ends(intervals.wilson(*counts, level)) == pytest.approx(expected, abs=1e-9)


@given(COUNTS, LEVELS)
def test_clopper_pearson_is_scipys_exact_interval(counts: tuple[int, int], level: float):
    expected = stats.binomtest(*counts).proportion_ci(level, method="exact")
    assert ends(intervals.clopper_pearson(*counts, level)) == pytest.approx((expected.low, expected.high), abs=1e-7)


@given(COUNTS)
def test_a_rate_and_its_complement_mirror_each_other(counts: tuple[int, int]):
    successes, trials = counts
    there, back = intervals.rate_interval(successes, trials), intervals.rate_interval(trials - successes, trials)
    assert ends(there) == pytest.approx((1 - back.high, 1 - back.low), abs=1e-9)
    assert 0 <= there.low <= successes / trials <= there.high <= 1


def test_few_trials_get_the_exact_interval():
    assert intervals.rate_interval(3, 9).method == "clopper-pearson"
    assert intervals.rate_interval(3, 10).method == "wilson"


@pytest.mark.parametrize(("successes", "trials"), [(0, 0), (-1, 3), (4, 3)])
def test_a_share_that_is_none_is_refused(successes: int, trials: int):
    with pytest.raises(Invalid, match="not a share"):
        intervals.wilson(successes, trials)


@pytest.mark.parametrize("level", [0, 1, -1, 95, math.nan])
def test_a_level_that_is_none_is_refused(level: float):
    with pytest.raises(Invalid, match="level"):
        intervals.wilson(1, 2, level)


@given(st.lists(FINITE, min_size=2, max_size=50), LEVELS)
def test_the_interval_of_a_mean_is_scipys(values: list[float], level: float):
    array = np.array(values)
    estimate = intervals.sample_mean(array)
    assert estimate.standard_error == pytest.approx(float(stats.sem(array)), rel=1e-6, abs=1e-6)
    if stats.sem(array) > 1e-6:
        expected = stats.t.interval(level, len(array) - 1, loc=array.mean(), scale=stats.sem(array))
        assert ends(intervals.t_interval(estimate, level)) == pytest.approx(expected, rel=1e-6, abs=1e-6)


@given(st.lists(st.tuples(FINITE, st.integers(0, 6)), min_size=2, max_size=40))
def test_the_standard_error_over_clusters_is_statsmodels(rows: list[tuple[float, int]]):
    values, clusters = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    _, codes = np.unique(clusters, return_inverse=True)
    if codes.max() == 0:
        return
    estimate = intervals.cluster_mean(np.bincount(codes, values).astype(float), np.bincount(codes).astype(float))
    expected = references.cluster_standard_error(values, codes)
    assert estimate.standard_error == pytest.approx(expected, rel=1e-6, abs=1e-6)
    assert estimate.df == codes.max()


def test_one_value_has_a_mean_and_no_interval():
    estimate = intervals.sample_mean(np.array([3.0]))
    assert (estimate.value, estimate.standard_error) == (3.0, None)
    assert intervals.t_interval(estimate) is None


def test_no_values_have_no_mean():
    with pytest.raises(Invalid, match="no values"):
        intervals.sample_mean(np.array([]))


def test_tangos_interval_of_the_published_example():
    """Airway hyper-responsiveness before and after stem cell transplantation (Bentur et al. 2009), 1 against 7 of 21:
    Fagerland, Lydersen and Laake 2014, Statistics in Medicine 33, table IV: -0.517 to -0.026."""
    assert ends(intervals.tango(1, 7, 21)) == pytest.approx((-0.517, -0.026), abs=5e-4)


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 200), LEVELS)
def test_tangos_ends_are_where_the_score_test_just_rejects(wins: int, losses: int, ties: int, level: float):
    pairs = wins + losses + ties
    if not pairs:
        return
    interval = intervals.tango(wins, losses, pairs, level)
    mirrored = intervals.tango(losses, wins, pairs, level)
    assert ends(interval) == pytest.approx((-mirrored.high, -mirrored.low), abs=1e-9)
    assert -1 <= interval.low <= (wins - losses) / pairs <= interval.high <= 1
    # At a difference of 0 the score test is McNemar's without correction.
    if wins + losses:
        p = references.contingency.mcnemar([[0, wins], [losses, ties]], exact=False, correction=False).pvalue
        if abs(p - (1 - level)) > 1e-6:
            assert (p < 1 - level) == (interval.low > 0 or interval.high < 0)


@given(st.lists(FINITE, min_size=1, max_size=60), st.sampled_from([0.05, 0.25, 0.5, 0.9]))
def test_the_interval_of_a_quantile_is_scipys(values: list[float], p: float):
    expected = stats.quantile_test(values, q=float(np.quantile(values, p)), p=p).confidence_interval(0.95)
    ours = intervals.quantile_interval(np.array(values), p)
    if math.isnan(expected.low) or math.isnan(expected.high):
        assert ours is None
    else:
        assert ends(ours) == (expected.low, expected.high)


def test_no_values_have_no_quantile():
    assert intervals.quantile_interval(np.array([]), 0.5) is None
    with pytest.raises(Invalid, match="quantile"):
        intervals.quantile(np.array([]), 0.5)
