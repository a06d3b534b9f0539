"""Comparison: pairing, the right test for each kind, verdicts, and real runs."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lodeline.domain.aggregate import Score, ScoredRow, parse_reducer
from lodeline.domain.assessment import AssessmentError
from lodeline.domain.comparison import ChangedRecord, ScorerComparison
from lodeline.domain.errors import Invalid
from lodeline.evals.statistics.columns import RunColumns, ScorerColumn
from lodeline.evals.statistics.compare import ComparisonOptions, compare_rows, compare_runs
from tests.evals import judgments
from tests.evals.statistics import references
from tests.evals.statistics.references import stats
from tests.examples import examples

FAILED = AssessmentError("boom")
DEFAULTS = ComparisonOptions()


def rows_of(scores: Sequence[Score], cluster: str | None = None) -> list[ScoredRow]:
    return [ScoredRow(f"h{i}", f"r{i}", {"s": score}, cluster=cluster) for i, score in enumerate(scores)]


def compared(
    baseline: Sequence[ScoredRow], candidate: Sequence[ScoredRow], options: ComparisonOptions = DEFAULTS
) -> ScorerComparison:
    comparison = compare_rows(("a", baseline), [("b", candidate)], options)
    (scorer,) = comparison.candidates[0].scorers
    return scorer


def test_two_models_on_gsm8k():
    baseline, candidate = (judgments.gsm8k_rows(model) for model in ("6b_verification", "175b_verification"))
    result = compared(baseline, candidate)
    table = [[0, 0], [0, 0]]
    for left, right in zip(baseline, candidate, strict=True):
        table[int(bool(left.scores["correct"]))][int(bool(right.scores["correct"]))] += 1
    assert (result.wins, result.losses, result.ties) == (table[0][1], table[1][0], table[0][0] + table[1][1])
    assert result.p == pytest.approx(references.contingency.mcnemar(table, exact=True).pvalue)
    assert result.test == "mcnemar-exact"
    assert result.difference == pytest.approx(0.573 - 0.401, abs=1e-3)
    assert result.verdict == "better"
    assert result.interval is not None
    assert result.interval.method == "tango"
    assert result.effect is not None
    assert result.effect.value == pytest.approx(result.wins / (result.wins + result.losses) - 0.5)
    assert result.rows[0].difference == -1


def test_every_model_against_one_baseline_is_one_family():
    first, *others = judgments.GSM8K_MODELS
    comparison = compare_rows(
        (first, judgments.gsm8k_rows(first)), [(model, judgments.gsm8k_rows(model)) for model in others]
    )
    p_values = [run.scorers[0].p for run in comparison.candidates]
    adjusted = [run.scorers[0].p_adjusted for run in comparison.candidates]
    assert [run.scorers[0].verdict for run in comparison.candidates] == ["better"] * 3
    assert adjusted == pytest.approx(references.adjusted([p for p in p_values if p is not None], "holm"))


def test_the_airline_agents_trials_are_compared_task_by_task():
    """The last two trials against the first two: the same agent, so no difference should be found."""
    rows = judgments.airline_rows()
    first, last = ([row for row in rows if (row.repetition < 2) == wanted] for wanted in (True, False))
    result = compared(first, last)
    assert (result.n, result.test) == (35, "cluster-bootstrap")
    assert result.interval is not None
    assert result.interval.method == "cluster-bca"
    assert result.verdict == "inconclusive"
    assert result.rows_needed is not None
    assert result.minimal_detectable is not None
    assert result.minimal_detectable > 0.1


def test_pairs_are_found_by_content_whatever_the_order_and_the_rest_is_named():
    baseline = [ScoredRow(f"h{i}", f"r{i}", {"s": i}) for i in range(8)]
    candidate = [ScoredRow(f"h{i}", f"r{i}", {"s": i + 1}) for i in (5, 4, 3, 2, 1, 0)]
    candidate += [ScoredRow("other", "r6", {"s": 0}), ScoredRow("h9", "r9", {"s": 0})]
    run = compare_rows(("a", baseline), [("b", candidate)]).candidates[0]
    assert (run.pairing.paired, run.pairing.changed) == (6, 1)
    assert run.pairing.changed_records == (ChangedRecord("r6", "h6", "other"),)
    assert (run.pairing.only_baseline_ids, run.pairing.only_candidate_ids) == (("r7",), ("r9",))
    assert (run.scorers[0].difference, run.scorers[0].wins) == (1.0, 6)


def test_scorers_of_one_side_are_named():
    run = compare_rows(
        ("a", [ScoredRow("h", "r", {"x": 1, "y": 1})]), [("b", [ScoredRow("h", "r", {"y": 1, "z": 1})])]
    ).candidates[0]
    assert run.not_compared == ("x", "z")
    assert [scorer.scorer for scorer in run.scorers] == ["y"]


@pytest.mark.parametrize(
    ("direction", "verdict", "worst"),
    [("higher", "better", 0.0), ("lower", "worse", 2.0), ("none", "different", 2.0)],
)
def test_numbers_are_tested_by_wilcoxon_and_judged_by_direction(direction: str, verdict: str, worst: float):
    noise = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 2.0, -0.0, 0.15]
    left = [float(i) for i in range(12)]
    right = [value + delta for value, delta in zip(left, noise, strict=True)]
    options = ComparisonOptions(directions={"s": direction})  # pyright: ignore[reportArgumentType]
    result = compared(rows_of(left), rows_of(right), options)
    differences = np.array(right) - np.array(left)
    assert result.p == pytest.approx(float(stats.wilcoxon(differences[differences != 0]).pvalue), rel=1e-6)
    assert (result.test, result.kind, result.verdict) == ("wilcoxon", "mean", verdict)
    assert result.rows[0].difference == pytest.approx(worst)
    assert (result.wins, result.losses, result.ties) == ((0, 11, 1) if direction == "lower" else (11, 0, 1))
    assert result.interval is not None
    assert result.interval.method == "bca"
    assert result.effect is not None
    assert result.effect.value == pytest.approx(differences.mean() / differences.std(ddof=1))


def test_a_difference_within_delta_is_equivalent():
    left, right = [i % 2 for i in range(600)], [i % 2 for i in range(600)]
    right[0], right[1] = 1, 0
    options = ComparisonOptions(deltas={"s": 0.03})
    assert compared(rows_of(left), rows_of(right), options).verdict == "equivalent"
    assert compared(rows_of(left), rows_of(right)).verdict == "inconclusive"
    narrower = ComparisonOptions(deltas={"s": 0.001})
    assert compared(rows_of(left), rows_of(right), narrower).verdict == "inconclusive"


@pytest.mark.parametrize("n", range(12))
def test_few_pairs_warn_and_fewer_have_no_verdict(n: int):
    if n == 0:
        comparison = compare_rows(("a", [ScoredRow("x", "x", {"s": 1})]), [("b", [ScoredRow("y", "y", {"s": 1})])])
        result = comparison.candidates[0].scorers[0]
    else:
        result = compared(rows_of([False] * n), rows_of([True] * n))
    assert result.n == n
    assert (result.verdict is None) == (n < 6)
    assert result.verdict in {None, "better"}
    assert any("no verdict" in warning for warning in result.warnings) == (n < 6)
    assert any("are few" in warning for warning in result.warnings) == (6 <= n < 10)


def test_failures_lose_the_pair_and_are_told():
    result = compared(rows_of([True] * 10), rows_of([True] * 7 + [FAILED, None, math.nan]))
    assert (result.n, result.baseline_lost, result.candidate_lost) == (7, 0, 3)
    assert (result.ties, result.losses) == (7, 0)
    assert any("0 paired records have no value in the baseline, 3 in the candidate" in w for w in result.warnings)


def test_only_failures_have_no_figures():
    result = compared(rows_of([FAILED] * 8), rows_of([True] * 8))
    assert (result.n, result.p, result.difference, result.interval, result.verdict) == (0, None, None, None, None)


def test_texts_are_counted_and_not_judged():
    result = compared(rows_of(["a", "b", "c", "yes"] * 3), rows_of(["a", "c", FAILED, 1] * 3))
    assert (result.kind, result.n, result.ties, result.candidate_lost) == ("counts", 9, 3, 3)
    assert (result.p, result.verdict) == (None, None)


def test_clusters_make_certain_what_only_looked_so():
    """Two clusters that happen to differ in one direction are two facts, however many rows repeat them."""
    left = [ScoredRow(f"h{i}", f"r{i}", {"s": 0.0}, cluster=f"c{i // 20}") for i in range(40)]
    right = [replace(row, scores={"s": 0.5 + i // 20}) for i, row in enumerate(left)]
    alone = compared([replace(row, cluster=None) for row in left], right)
    together = compared(left, right)
    assert alone.verdict == "better"
    assert together.verdict == "inconclusive"
    assert together.test == "cluster-bootstrap"


def test_a_single_cluster_shows_nothing():
    left = rows_of([0.0, 1.0, 3.0] * 4, cluster="c")
    result = compared(left, [replace(row, scores={"s": 5.0}) for row in left])
    assert (result.p, result.test, result.interval, result.verdict) == (None, None, None, "inconclusive")


def test_more_rows_are_asked_for_as_power_demands():
    generator = np.random.default_rng(11)
    left = generator.normal(0, 1, 80)
    right = left + generator.normal(0.1, 1, 80)
    result = compared(rows_of(left.tolist()), rows_of(right.tolist()))
    differences = right - left
    effect = float(differences.mean() / differences.std(ddof=1))
    assert result.rows_needed == math.ceil(references.t_test_pairs(abs(effect), 0.05, 0.8)) - 80
    assert result.minimal_detectable is not None
    assert references.t_test_power(result.minimal_detectable / differences.std(ddof=1), 80, 0.05) == pytest.approx(
        0.8
    )


def test_very_many_pairs_are_not_resampled():
    n = 30_000
    hashes = [str(i) for i in range(n)]
    generator = np.random.default_rng(2)

    def run(name: str, shift: float) -> RunColumns:
        column = ScorerColumn(generator.normal(shift, 1, n), np.zeros(n, dtype=np.bool_))
        return RunColumns(name, hashes, hashes, {"s": column})

    (result,) = compare_runs(run("a", 0), [run("b", 0.1)]).candidates[0].scorers
    assert result.interval is not None
    assert (result.interval.method, result.verdict, len(result.rows)) == ("t", "better", 100)


def test_a_reducer_decides_what_is_compared():
    def run(*tries: Sequence[bool]) -> list[ScoredRow]:
        return [
            ScoredRow(f"h{i}", f"r{i}", {"s": passed}, number)
            for i, own in enumerate(tries)
            for number, passed in enumerate(own)
        ]

    result = compared(
        run(*[(True, False)] * 8), run(*[(True, True)] * 8), ComparisonOptions(reducer=parse_reducer("pass^2"))
    )
    assert (result.baseline_value, result.candidate_value, result.test) == (0.0, 1.0, "mcnemar-exact")


@settings(max_examples=examples(20))
@given(
    st.lists(
        st.tuples(st.sampled_from([0.0, 0.25, 1.0, 3.0]), st.sampled_from([0.0, 0.25, 1.0, 3.0])),
        min_size=1,
        max_size=20,
    ),
    st.integers(1, 3),
)
def test_turning_a_comparison_round_turns_its_result_round(pairs: list[tuple[float, float]], tries: int):
    left = [
        ScoredRow(f"h{i}", f"r{i}", {"s": a}, number) for i, (a, _) in enumerate(pairs) for number in range(tries)
    ]
    right = [
        ScoredRow(f"h{i}", f"r{i}", {"s": b}, number) for i, (_, b) in enumerate(pairs) for number in range(tries)
    ]
    options = ComparisonOptions(resamples=200)
    there, back = compared(left, right, options), compared(right, left, options)
    assert there.difference is not None
    assert there.difference == pytest.approx(-(back.difference or 0.0))
    assert (there.wins, there.ties, there.losses) == (back.losses, back.ties, back.wins)
    assert there.p == pytest.approx(back.p) if back.p is not None else there.p is None
    assert there.n == len(pairs)
    swapped = {"better": "worse", "worse": "better"}
    if there.test not in {"wilcoxon", "cluster-bootstrap"}:  # whose intervals are drawn
        assert there.verdict == swapped.get(str(back.verdict), back.verdict)


def test_equal_runs_do_not_differ():
    result = compared(rows_of([1.5, 2.5] * 5), rows_of([1.5, 2.5] * 5), ComparisonOptions(deltas={"s": 0.1}))
    assert (result.ties, result.p, result.difference, result.verdict) == (10, 1.0, 0.0, "equivalent")


def test_bad_options_are_refused():
    with pytest.raises(Invalid, match=r"deltas\.s"):
        ComparisonOptions(deltas={"s": 0.0})
    with pytest.raises(Invalid, match="level"):
        ComparisonOptions(level=95)
    with pytest.raises(Invalid, match="resamples"):
        ComparisonOptions(resamples=1)
    with pytest.raises(Invalid, match="no candidate"):
        compare_rows(("a", rows_of([1])), [])
