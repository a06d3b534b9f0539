"""What rows took: summed up, compared by pairs as scores are, and never one family with them."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lodeline.domain.comparison import AmountComparison, RunComparison
from lodeline.domain.errors import Invalid
from lodeline.evals.gates.parse import parse_gates
from lodeline.evals.statistics.amounts import (
    amount_column,
    amounts_as_scorers,
    summarise_amounts,
    with_amounts_as_scorers,
    with_amounts_compared,
)
from lodeline.evals.statistics.columns import RunColumns, ScorerColumn, select_slice
from lodeline.evals.statistics.compare import ComparisonOptions, compare_runs
from lodeline.evals.statistics.gates import GateInputs, check_can_fail, evaluate_gates
from tests.evals.statistics.references import stats
from tests.examples import examples

OPTIONS = ComparisonOptions()


def run_of(
    costs: Sequence[float | None], *, run_id: str = "run", failed: Sequence[int] = (), tries: int = 1,
    scores: Sequence[float] | None = None,
) -> RunColumns:  # fmt: skip
    """Return a run whose rows cost so much, `tries` rows a record; the call of the rows `failed` failed."""
    rows = len(costs)
    errors = np.array([row in failed for row in range(rows)])
    column = amount_column(costs, errors.tolist())
    given = np.array(scores if scores is not None else [1.0] * rows)
    return RunColumns(
        run_id,
        [f"h{row // tries}" for row in range(rows)],
        [f"r{row // tries}" for row in range(rows)],
        {"right": ScorerColumn(given, errors)},
        slices={"half": [str(row % 2) for row in range(rows)]},
        amounts={"cost_usd": column},
    )


def compared(baseline: RunColumns, candidate: RunColumns, options: ComparisonOptions = OPTIONS) -> RunComparison:
    found = with_amounts_compared(compare_runs(baseline, [candidate], options), baseline, [candidate], options)
    return found.candidates[0]


def cost_of(run: RunComparison) -> AmountComparison:
    (amount,) = run.amounts
    assert amount.amount == "cost_usd"
    return amount


def test_seventeen_times_the_cost_is_said_as_such():
    costs = [0.002 + 0.00001 * row for row in range(60)]
    found = cost_of(compared(run_of(costs), run_of([17 * cost for cost in costs])))
    assert (found.n, found.change, found.test) == (60, "more", "wilcoxon")
    assert found.ratio == pytest.approx(17)
    assert found.candidate_total == pytest.approx(17 * math.fsum(costs))
    assert found.difference == pytest.approx(16 * math.fsum(costs) / 60)
    assert found.p == pytest.approx(stats.wilcoxon([16 * cost for cost in costs]).pvalue, rel=0.2)
    assert found.interval is not None
    assert found.difference is not None
    assert found.interval.low < found.difference < found.interval.high
    assert cost_of(compared(run_of([17 * cost for cost in costs]), run_of(costs))).change == "less"


def test_a_failed_call_counts_in_the_total_and_in_no_mean():
    found = cost_of(compared(run_of([1.0] * 20), run_of([0.25, *[2.0] * 19], failed=[0])))
    assert (found.n, found.baseline_lost, found.candidate_lost) == (19, 0, 1)
    assert (found.baseline_value, found.candidate_value) == (1.0, 2.0)
    assert (found.baseline_total, found.candidate_total) == (20.0, 38.25)
    assert "favours the run that failed on hard records" in found.warnings[0]
    (summary,) = summarise_amounts(run_of([0.25, *[2.0] * 19], failed=[0]), level=0.95)
    assert (summary.total, summary.summary.value, summary.summary.errors) == (38.25, 2.0, 1)


def test_what_only_one_run_knows_is_told_and_not_compared():
    found = cost_of(compared(run_of([1.0] * 20), run_of([None] * 20)))
    assert (found.n, found.change, found.ratio, found.candidate_total) == (0, None, None, None)
    assert found.candidate_lost == 20
    assert compared(run_of([None] * 20), run_of([None] * 20)).amounts == ()
    assert summarise_amounts(run_of([None] * 20), level=0.95) == ()


def test_amounts_of_0_and_1_are_numbers():
    before, after = [0.0, 1.0] * 10, [1.0] * 20
    found = cost_of(compared(run_of(before), run_of(after)))
    assert (found.test, found.baseline_value, found.candidate_value) == ("wilcoxon", 0.5, 1.0)
    (summary,) = summarise_amounts(run_of(before), level=0.95)
    assert (summary.summary.kind, summary.summary.interval and summary.summary.interval.method) == ("mean", "t")


def test_repetitions_count_by_their_mean_and_in_full_in_the_total():
    found = cost_of(compared(run_of([1.0, 3.0] * 8, tries=2), run_of([2.0, 4.0] * 8, tries=2)))
    assert (found.n, found.baseline_value, found.candidate_value) == (8, 2.0, 3.0)
    assert (found.baseline_total, found.candidate_total) == (32.0, 48.0)


AMOUNTS = st.lists(st.tuples(*[st.integers(0, 10**6).map(lambda n: n / 1_000)] * 2), min_size=6, max_size=25)


@settings(max_examples=examples(40))
@given(pairs=AMOUNTS)
def test_an_amount_is_compared_as_a_scorer_with_its_numbers_is_and_changes_no_scorer(
    pairs: list[tuple[float, float]],
):
    rows = len(pairs)
    scores = [float(row % 3 == 0) for row in range(rows)]
    before, after = (run_of([pair[side] for pair in pairs], scores=scores) for side in (0, 1))
    with_amounts, options = compared(before, after), ComparisonOptions(directions={"cost_usd": "lower"})
    found = cost_of(with_amounts)
    alone = compare_runs(before, [after], OPTIONS).candidates[0]
    assert with_amounts.scorers == alone.scorers
    (numbers,) = compare_runs(amounts_as_scorers(before), [amounts_as_scorers(after)], options).candidates[0].scorers
    assert (found.p, found.interval, found.difference) == (numbers.p, numbers.interval, numbers.difference)
    assert found.p_adjusted == found.p
    round_ = cost_of(compared(after, before))
    assert round_.difference == pytest.approx(-(found.difference or 0))
    assert round_.p == pytest.approx(found.p)
    assert found.baseline_total == pytest.approx(math.fsum(pair[0] for pair in pairs))
    if found.ratio is not None and round_.ratio is not None and found.ratio > 0:
        assert round_.ratio == pytest.approx(1 / found.ratio)


@pytest.mark.parametrize(
    ("rule", "status"),
    [
        ("op='<='\nthreshold=0.004", "pass"),
        ("op='<='\nthreshold=0.003", "fail"),
        ("statistic='p95'\nop='<='\nthreshold=0.0045", "pass"),
        ("slice={half='0'}\nop='<='\nthreshold=0.004", "pass"),
        ("versus='baseline'\nmargin=0.003", "pass"),
        ("versus='baseline'\nmargin=0.001", "fail"),
        ("versus='baseline'\nmargin_ratio=1.1", "pass"),
        ("versus='baseline'\nmargin_ratio=0.9", "fail"),
        ("versus='baseline'\nmargin_ratio=0\ndirection='higher'", "pass"),
    ],
)
def test_gates_know_amounts_of_which_less_is_better(rule: str, status: str):
    baseline = [0.0018 + 0.0001 * (row % 5) for row in range(30)]
    inputs = GateInputs(
        with_amounts_as_scorers(run_of([2 * cost for cost in baseline])),
        with_amounts_as_scorers(run_of(baseline, run_id="before")),
    )
    report = evaluate_gates(parse_gates(f"[[gate]]\nmetric='cost_usd'\n{rule}"), inputs)
    assert report.status == status, report.results[0].message


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("metric='cost_usd'\nop='>='\nthreshold=0", "lies from 0 to"),
        ("metric='right'\nversus='baseline'\nmargin_ratio=1", "a margin_ratio of 1"),
        ("metric='cost_usd'\nversus='baseline'\nmargin_ratio=1\ndirection='higher'", "a margin_ratio of 1"),
        ("metric='cost_usd'\nversus='baseline'\nmargin_ratio=20", None),
        ("metric='cost_usd'\nop='<='\nthreshold=1", None),
    ],
)
def test_a_rule_that_no_cost_can_miss_is_refused(rule: str, said: str | None):
    rules, run = parse_gates(f"[[gate]]\n{rule}"), with_amounts_as_scorers(run_of([1.0] * 20))
    if said is None:
        check_can_fail(rules, run)
    else:
        with pytest.raises(Invalid, match=said):
            check_can_fail(rules, run)


def test_a_gate_on_an_unknown_cost_never_passes():
    inputs = GateInputs(with_amounts_as_scorers(run_of([None] * 30)))
    (result,) = evaluate_gates(
        parse_gates("[[gate]]\nmetric='cost_usd'\nop='<='\nthreshold=1"), inputs
    ).results  # fmt: skip
    assert (result.status, result.error_rate) == ("fail", 1.0)


def test_a_scorer_of_the_name_of_an_amount_stays_what_it_is():
    run = run_of([5.0] * 20)
    own = ScorerColumn(np.ones(20), np.zeros(20, dtype=np.bool_))
    named = RunColumns("r", run.content_hashes, run.record_ids, {"cost_usd": own}, amounts=run.amounts)
    assert with_amounts_as_scorers(named).scorers["cost_usd"] is own


def test_a_slice_has_its_own_amounts():
    part = select_slice(run_of([1.0, 2.0] * 6), {"half": "1"})
    assert (part.rows, summarise_amounts(part, level=0.95)[0].total) == (6, 12.0)
