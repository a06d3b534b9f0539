"""Confusion, calibration and corrected rates: definitions, coverage, and a real judge."""

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lodeline.domain.errors import Invalid
from lodeline.evals.statistics.trust import calibrate, confusion_matrix, corrected_rate
from tests.evals import judgments
from tests.evals.statistics import references

LABEL = st.one_of(st.none(), st.sampled_from(["a", "b", "c"]))
BITS = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), min_size=2, max_size=40)


def majority(row: dict[str, str]) -> str:
    counts = Counter(row[f"annotator{number}"] for number in (1, 2, 3)).most_common()
    return counts[0][0] if counts[0][1] > 1 else "none"


def test_two_judges_against_the_majority_of_people():
    rows = judgments.labels("pandalm-pairwise")
    people = [majority(row) for row in rows]
    # Of GPT-3.5's ties, which it writes "Tie", four more equal the people's.
    for judge, ties, hits in (("gpt35", "Tie", 450), ("gpt35", "0", 454), ("pandalm7b", "0", 433)):
        said = [{"Tie": ties}.get(row[judge], row[judge]) for row in rows]
        matrix = confusion_matrix(people, said)
        assert sum(matrix.counts[i][i] for i in range(len(matrix.labels))) == hits
        assert matrix.accuracy == pytest.approx(hits / 672)
        assert matrix.accuracy_interval is not None
        expected = references.proportion.proportion_confint(hits, 672, method="wilson")
        assert (matrix.accuracy_interval.low, matrix.accuracy_interval.high) == pytest.approx(expected)


@given(st.lists(st.tuples(LABEL, LABEL), max_size=40))
def test_a_confusion_matrix_counts_every_pair_once(pairs: list[tuple[str | None, str | None]]):
    matrix = confusion_matrix([truth for truth, _ in pairs], [label for _, label in pairs])
    full = [pair for pair in pairs if None not in pair]
    assert (matrix.n, matrix.unpaired) == (len(full), len(pairs) - len(full))
    for i, truth in enumerate(matrix.labels):
        for j, label in enumerate(matrix.labels):
            assert matrix.counts[i][j] == full.count((truth, label))
    for quality in matrix.classes:
        said = [truth for truth, label in full if label == quality.label]
        true = [label for truth, label in full if truth == quality.label]
        assert quality.precision == (said.count(quality.label) / len(said) if said else None)
        assert quality.recall == (true.count(quality.label) / len(true) if true else None)
        assert (quality.recall_interval is None) == (not true)


def test_nothing_to_confuse():
    matrix = confusion_matrix([None], ["a"])
    assert (matrix.n, matrix.accuracy, matrix.labels, matrix.classes) == (0, None, (), ())
    with pytest.raises(Invalid, match="2 truths and 1 labels"):
        confusion_matrix(["a", "b"], ["a"])


def test_calibration_by_hand():
    """Bins [0.8, 0.9): confidences 0.8, 0.8, half right, gap 0.3; [0.9, 1]: 0.9 and 1.0, both right, gap 0.05."""
    result = calibrate([0.8, 0.8, 0.9, 1.0, None], [True, False, True, True, True])
    assert result.brier == pytest.approx((0.04 + 0.64 + 0.01 + 0) / 4)
    assert result.ece == pytest.approx((2 * 0.3 + 2 * 0.05) / 4)
    assert (result.n, result.missing) == (4, 1)
    assert [(part.low, part.n, part.accuracy) for part in result.bins] == [(0.8, 2, 0.5), (0.9, 2, 1.0)]
    assert result.brier_interval is not None
    assert 0 <= result.brier_interval.low <= 0.1725 <= result.brier_interval.high <= 1


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60), st.integers(1, 20))
def test_calibration_is_its_definition(items: list[tuple[float, bool]], bins: int):
    result = calibrate([c for c, _ in items], [r for _, r in items], bins=bins)
    assert result.brier == pytest.approx(sum((c - r) ** 2 for c, r in items) / len(items))
    gaps = 0.0
    for number in range(bins):
        own = [(c, r) for c, r in items if min(int(c * bins), bins - 1) == number]
        gaps += abs(sum(c - r for c, r in own))
    assert result.ece == pytest.approx(gaps / len(items), abs=1e-9)
    assert sum(part.n for part in result.bins) == len(items)


def test_bad_confidences_are_refused():
    assert calibrate([], []).brier is None
    for bad in (1.1, -0.1, math.nan):
        with pytest.raises(Invalid, match="confidence"):
            calibrate([bad], [True])
    with pytest.raises(Invalid, match="1 confidences and 0 outcomes"):
        calibrate([0.5], [])
    with pytest.raises(Invalid, match="bins"):
        calibrate([0.5], [True], bins=0)


def test_without_trust_the_rate_is_the_humans():
    y = [1, 0, 1, 1, 0, 1, 1, 1]
    result = corrected_rate(y, [0] * 8, [0, 1] * 20, weight=0)
    assert (result.value, result.weight, result.interval.method) == (0.75, 0, "ppi")
    assert result.standard_error == pytest.approx(float(np.std(y, ddof=1)) / math.sqrt(8))


def test_with_full_trust_it_is_the_published_estimate():
    """Angelopoulos et al. 2023, "Prediction-Powered Inference", algorithm 1: the mean of the judge's labels plus the
    mean error, with the sum of both variances."""
    generator = np.random.default_rng(0)
    y, f, g = generator.integers(0, 2, 60), generator.integers(0, 2, 60), generator.integers(0, 2, 900)
    result = corrected_rate(y.tolist(), f.tolist(), g.tolist(), weight=1)
    assert result.value == pytest.approx(g.mean() + (y - f).mean())
    assert result.standard_error**2 == pytest.approx(g.var(ddof=1) / 900 + (y - f).var(ddof=1) / 60)
    assert result.interval.high - result.value == pytest.approx(1.959964 * result.standard_error, rel=1e-6)


def test_a_biased_judge_is_corrected_and_the_interval_covers():
    """A judge that passes a third of what fails: its own rate is far off, the corrected one is not, and a 90 %
    interval covers the truth in about 90 % of 400 samples (4 standard errors: 6 %)."""
    generator = np.random.default_rng(7)
    covered, widths, human_widths = 0, 0.0, 0.0
    for _ in range(400):
        truth = generator.random(2200) < 0.6
        judge = np.where(truth, generator.random(2200) < 0.97, generator.random(2200) < 0.33).astype(float)
        y = truth.astype(float)
        result = corrected_rate(y[:200].tolist(), judge[:200].tolist(), judge[200:].tolist(), level=0.9)
        covered += result.interval.low <= 0.6 <= result.interval.high
        widths += result.interval.high - result.interval.low
        human_widths += result.human_interval.high - result.human_interval.low
        assert result.judge > 0.65
    assert covered / 400 == pytest.approx(0.9, abs=0.06)
    assert widths < 0.85 * human_widths


@given(BITS, st.lists(st.integers(0, 1), min_size=2, max_size=60))
def test_tuned_trust_stays_in_bounds_and_turns_with_the_labels(pairs: list[tuple[int, int]], alone: list[int]):
    y, f = [a for a, _ in pairs], [b for _, b in pairs]
    result = corrected_rate(y, f, alone)
    turned = corrected_rate([1 - v for v in y], [1 - v for v in f], [1 - v for v in alone])
    assert 0 <= result.weight <= 1
    assert 0 <= result.interval.low <= result.value <= result.interval.high <= 1
    assert turned.value == pytest.approx(1 - result.value)
    assert turned.weight == pytest.approx(result.weight)


def test_labels_that_cannot_be_corrected_are_refused():
    with pytest.raises(Invalid, match="human has 1 labels"):
        corrected_rate([1], [1], [1, 0])
    with pytest.raises(Invalid, match="2 human and 3 judge labels"):
        corrected_rate([1, 0], [1, 0, 1], [1, 0])
    with pytest.raises(Invalid, match=r"judge_alone has the label 2\.0"):
        corrected_rate([1, 0], [1, 0], [1, 2])
    with pytest.raises(Invalid, match="judge has the label nan"):
        corrected_rate([1, 0], [1, math.nan], [1, 0])
    with pytest.raises(Invalid, match="weight"):
        corrected_rate([1, 0], [1, 0], [1, 0], weight=2)
