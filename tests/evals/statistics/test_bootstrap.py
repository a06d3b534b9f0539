"""The bootstrap against SciPy's, and what holds for every seed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lodeline.evals.statistics import bootstrap
from lodeline.evals.statistics.arrays import FloatArray
from lodeline.evals.statistics.intervals import cluster_mean, sample_mean
from tests.evals.statistics.references import stats

VALUES = st.lists(st.floats(-100, 100), min_size=2, max_size=30)


def skewed(n: int = 40) -> FloatArray:
    return np.random.default_rng(5).lognormal(0, 1, n)


def test_percentile_and_bca_intervals_of_a_mean_are_scipys():
    values = skewed()
    draws = bootstrap.draw_means(values, np.ones(len(values)), 20_000, seed=1)
    for method, ours in (
        ("percentile", bootstrap.percentile_interval(draws.means)),
        ("BCa", bootstrap.bca_interval(draws.estimate, draws.means, draws.jackknife)),
    ):
        theirs = stats.bootstrap((values,), np.mean, n_resamples=20_000, method=method, rng=2).confidence_interval
        # Two independent runs: their ends differ by the noise of drawing, some hundredths of the width.
        noise = 0.04 * (theirs.high - theirs.low)
        assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=noise)


def test_the_interval_of_the_same_draws_is_exactly_scipys():
    """With the same resampled values the two agree to rounding: SciPy lets its own be given."""
    values = skewed()
    draws = bootstrap.draw_means(values, np.ones(len(values)), 4_000, seed=1)
    given = stats.bootstrap((values,), np.mean, n_resamples=0, method="BCa", bootstrap_result=_Given(draws.means))
    ours = bootstrap.bca_interval(draws.estimate, draws.means, draws.jackknife)
    assert (ours.low, ours.high) == pytest.approx(
        (given.confidence_interval.low, given.confidence_interval.high), rel=1e-9
    )


class _Given:
    def __init__(self, values: FloatArray):
        self.bootstrap_distribution = values


def test_a_seed_gives_the_same_draws_and_another_seed_others():
    one, same, other = (bootstrap.draw_means(skewed(), np.ones(40), 100, seed=seed).means for seed in (1, 1, 2))
    assert (one == same).all()
    assert (one != other).any()


@given(VALUES)
def test_draws_stay_between_the_values(values: list[float]):
    array = np.array(values)
    draws = bootstrap.draw_means(array, np.ones(len(array)), 200, seed=0)
    interval = bootstrap.bca_interval(draws.estimate, draws.means, draws.jackknife)
    assert array.min() - 1e-9 <= interval.low <= interval.high <= array.max() + 1e-9
    error = sample_mean(array).standard_error
    assert error is not None
    assert 0 < bootstrap.bootstrap_p(draws, error) <= 1


def test_equal_values_have_an_interval_of_one_point():
    draws = bootstrap.draw_means(np.full(8, 0.3), np.ones(8), 500, seed=0)
    interval = bootstrap.bca_interval(draws.estimate, draws.means, draws.jackknife)
    assert (interval.low, interval.high) == pytest.approx((0.3, 0.3))
    assert bootstrap.bootstrap_p(draws, 0.0) == pytest.approx(1 / 501)
    assert bootstrap.bootstrap_p(bootstrap.draw_means(np.zeros(8), np.ones(8), 500, seed=0), 0.0) == 1


def test_clusters_are_drawn_whole():
    """Ten clusters of a hundred equal values carry ten values' information, not a thousand's."""
    centres = np.random.default_rng(3).normal(0, 1, 10)
    draws = bootstrap.draw_means(centres * 100, np.full(10, 100.0), 5_000, seed=0)
    alone = bootstrap.draw_means(centres, np.ones(10), 5_000, seed=0)
    assert draws.means == pytest.approx(alone.means)
    assert float(draws.means.std()) == pytest.approx(centres.std() / np.sqrt(10), rel=0.05)


def test_the_p_of_the_bootstrap_is_near_that_of_students_t_for_normal_values():
    values = np.random.default_rng(8).normal(0.35, 1, 40)
    estimate = cluster_mean(values, np.ones(40))
    assert estimate.standard_error is not None
    p = bootstrap.bootstrap_p(bootstrap.draw_means(values, np.ones(40), 20_000, 4), estimate.standard_error)
    assert p == pytest.approx(float(stats.ttest_1samp(values, 0).pvalue), abs=0.01)


def test_resamples_are_bounded():
    assert bootstrap.resamples_for(10) == bootstrap.RESAMPLES
    assert bootstrap.resamples_for(5_000) == 2_000
    assert bootstrap.resamples_for(100_000) == 0
    assert bootstrap.resamples_for(10, 50) == 50


def test_any_statistic_is_drawn_by_weights_and_its_undefined_values_are_counted():
    def odd(weights: FloatArray) -> float:
        return float("nan") if weights[0] == 0 else float(weights.sum())

    drawn = bootstrap.draw_statistics([odd, lambda weights: float(weights[1])], 5, 300, seed=0)
    undefined = int(np.count_nonzero(np.isnan(drawn[:, 0])))
    assert (drawn[~np.isnan(drawn[:, 0]), 0] == 5).all()
    assert undefined == pytest.approx(300 * 0.8**5, abs=40)
    assert drawn[:, 1].mean() == pytest.approx(1, abs=0.3)
