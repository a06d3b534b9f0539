"""Reducers against their definitions: enumeration of all draws, and the standard library's statistics."""

import itertools
import math
import statistics
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lodeline.domain.aggregate import Reducer, parse_reducer
from lodeline.domain.errors import Invalid
from lodeline.evals.statistics.reducers import at_least_k, pass_at_k, pass_hat_k, reduce_repetitions

TRIES = st.integers(1, 8).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n), st.integers(1, n)))
ROWS = st.lists(
    st.tuples(st.integers(0, 5), st.one_of(st.just(math.nan), st.sampled_from([0.0, 0.5, 1.0, 2.0]))), max_size=40
)


@given(TRIES)
def test_the_estimates_of_passes_are_the_shares_of_all_draws(tries: tuple[int, int, int]):
    passed, n, k = tries
    draws = list(itertools.combinations([1] * passed + [0] * (n - passed), k))
    assert pass_at_k(passed, n, k) == pytest.approx(sum(any(draw) for draw in draws) / len(draws))
    assert pass_hat_k(passed, n, k) == pytest.approx(sum(all(draw) for draw in draws) / len(draws))
    assert at_least_k(passed, n, k) == (passed >= k)


def test_fewer_tries_than_k_have_no_estimate():
    assert pass_at_k(1, 2, 3) is None
    assert pass_hat_k(1, 2, 3) is None
    assert at_least_k(2, 2, 3) is None


def test_many_tries_do_not_overflow():
    """C(5000, 2500) is beyond all floats."""
    assert pass_at_k(1, 5000, 2500) == pytest.approx(0.5)
    assert pass_hat_k(4999, 5000, 2500) == pytest.approx(0.5)


def mode(values: list[float]) -> float:
    counts = Counter(values)
    return min(value for value, count in counts.items() if count == max(counts.values()))


@given(ROWS)
def test_each_record_is_reduced_on_its_own(rows: list[tuple[int, float]]):
    values = np.array([row[1] for row in rows], dtype=float)
    codes = np.array([row[0] for row in rows], dtype=np.int64)
    for reducer, definition in (("mean", statistics.fmean), ("median", statistics.median), ("mode", mode)):
        reduced = reduce_repetitions(values, codes, 6, parse_reducer(reducer))
        for record in range(6):
            own = [value for code, value in rows if code == record and not math.isnan(value)]
            expected = definition(own) if own else math.nan
            assert reduced[record] == pytest.approx(expected, nan_ok=True)


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from([0.0, 1.0, math.nan])), max_size=30), st.integers(1, 4))
def test_passes_of_each_record(rows: list[tuple[int, float]], k: int):
    values = np.array([row[1] for row in rows], dtype=float)
    codes = np.array([row[0] for row in rows], dtype=np.int64)
    for name, estimate in (("pass@k", pass_at_k), ("pass^k", pass_hat_k), ("at-least-k", at_least_k)):
        reduced = reduce_repetitions(values, codes, 4, parse_reducer(f"{name[:-1]}{k}"))
        for record in range(4):
            own = [value for code, value in rows if code == record and not math.isnan(value)]
            expected = estimate(int(sum(own)), len(own), k)
            assert reduced[record] == pytest.approx(math.nan if expected is None else expected, nan_ok=True)


def test_passes_of_numbers_are_refused():
    with pytest.raises(Invalid, match=r"pass@1: 0\.5 is neither 0 nor 1"):
        reduce_repetitions(np.array([1.0, 0.5]), np.array([0, 0]), 1, Reducer("pass@k", 1))


@pytest.mark.parametrize("text", ["mean", "median", "mode", "pass@1", "pass^4", "at-least-2"])
def test_a_reducer_is_written_as_it_is_read(text: str):
    assert str(parse_reducer(text)) == text


@pytest.mark.parametrize("text", ["", "pass@", "pass@0", "pass@k", "pass@-1", "max", "mean\n", "pass@1 "])
def test_other_texts_are_refused(text: str):
    with pytest.raises(Invalid, match="reducer"):
        parse_reducer(text)


def test_a_reducer_has_the_k_it_needs():
    with pytest.raises(Invalid, match=r"reducer\.k"):
        Reducer("pass@k")
    with pytest.raises(Invalid, match=r"reducer\.k"):
        Reducer("mean", 3)
