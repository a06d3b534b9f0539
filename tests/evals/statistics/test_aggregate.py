"""Aggregation: counts of what has no value, intervals by kind, slices, and two real runs."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lodeline.domain.aggregate import LabelCount, Score, ScoredRow, parse_reducer
from lodeline.domain.assessment import AssessmentError
from lodeline.domain.errors import Invalid, NotFound
from lodeline.evals.statistics.aggregate import aggregate_scorer
from lodeline.evals.statistics.columns import RunColumns, ScorerColumn, columns_of, select_slice
from tests.evals import judgments
from tests.evals.statistics import references

FAILED = AssessmentError("boom")


def run_of(*scores: Score) -> RunColumns:
    rows = [ScoredRow(f"h{i}", f"r{i}", {"s": score}) for i, score in enumerate(scores)]
    return columns_of("run", rows)


@pytest.mark.parametrize(
    ("model", "percent"), list(zip(judgments.GSM8K_MODELS, (22.2, 40.1, 35.0, 57.3), strict=True))
)
def test_the_accuracies_of_four_models_on_gsm8k(model: str, percent: float):
    summary = aggregate_scorer(columns_of(model, judgments.gsm8k_rows(model)), "correct").summary
    assert summary.kind == "rate"
    assert summary.value is not None
    assert round(100 * summary.value, 1) == percent
    assert (summary.n, summary.records, summary.errors, summary.missing) == (900, 900, 0, 0)
    assert summary.interval is not None
    expected = references.proportion.proportion_confint(round(summary.value * 900), 900, method="wilson")
    assert (summary.interval.low, summary.interval.high) == pytest.approx(expected)
    assert summary.interval.method == "wilson"


def test_the_airline_agent_passes_sometimes_and_seldom_always():
    run = columns_of("airline", judgments.airline_rows())
    mean = aggregate_scorer(run, "reward").summary
    always = aggregate_scorer(run, "reward", reducer=parse_reducer("pass^4")).summary
    once = aggregate_scorer(run, "reward", reducer=parse_reducer("pass@4")).summary
    assert (mean.n, mean.records, mean.clusters) == (140, 35, 35)
    assert mean.value == pytest.approx(0.307, abs=5e-4)
    assert always.value == pytest.approx(4 / 35)
    assert once.value is not None
    assert once.value > 0.307
    # Trials of one task are alike: the error over tasks is larger than that of 140 independent trials.
    rewards = np.array([row.scores["reward"] for row in judgments.airline_rows()], dtype=float)
    tasks = np.array([int(row.record_id) for row in judgments.airline_rows()])
    assert mean.standard_error == pytest.approx(references.cluster_standard_error(rewards, tasks))
    assert mean.standard_error is not None
    assert mean.standard_error > float(rewards.std(ddof=1)) / math.sqrt(140)


def test_errors_and_missing_are_counted_and_never_zeros():
    summary = aggregate_scorer(run_of(True, FAILED, None, False, True, math.nan, math.inf, 1e200), "s").summary
    assert (summary.n, summary.errors, summary.missing, summary.records) == (3, 4, 1, 3)
    assert summary.value == pytest.approx(2 / 3)


@pytest.mark.parametrize("scores", [(), (FAILED,) * 4, (None,) * 3, (math.nan,)])
def test_without_values_there_are_no_figures(scores: tuple[Score, ...]):
    rows = [ScoredRow(f"h{i}", f"r{i}", {"s": score}) for i, score in enumerate(scores)]
    columns = columns_of("run", rows)
    if not rows:
        with pytest.raises(NotFound, match="scorer 's' does not exist"):
            aggregate_scorer(columns, "s")
        return
    summary = aggregate_scorer(columns, "s").summary
    assert (summary.n, summary.value, summary.interval, summary.quantiles) == (0, None, None, ())
    assert summary.errors + summary.missing == len(scores)


def test_one_number_has_a_mean_without_an_error():
    summary = aggregate_scorer(run_of(3.5), "s").summary
    assert (summary.value, summary.standard_error, summary.interval) == (3.5, None, None)


def test_kinds_follow_the_values():
    assert aggregate_scorer(run_of(True, "no", 1, 0.0), "s").summary.kind == "rate"
    assert aggregate_scorer(run_of(1, 0.5), "s").summary.kind == "mean"
    texts = aggregate_scorer(run_of("yes", "unsure", "yes", FAILED), "s").summary
    assert texts.kind == "counts"
    assert texts.value is None
    assert texts.counts == (LabelCount("yes", 2), LabelCount("unsure", 1))
    assert (texts.n, texts.errors, texts.records) == (3, 1, 3)


def test_fewer_tries_than_the_reducer_needs_are_no_value():
    rows = [
        ScoredRow("a", "a", {"s": True}, 0),
        ScoredRow("a", "a", {"s": FAILED}, 1),
        ScoredRow("b", "b", {"s": True}, 0),
        ScoredRow("b", "b", {"s": False}, 1),
    ]
    summary = aggregate_scorer(columns_of("run", rows), "s", reducer=parse_reducer("pass@2")).summary
    assert (summary.n, summary.errors, summary.records, summary.unreduced) == (3, 1, 1, 1)
    assert summary.value == 1


def test_slices_partition_the_rows():
    rows = [
        ScoredRow(f"h{i}", f"r{i}", {"s": i % 2 == 0}, slices={"lang": "de" if i < 4 else "fr"} if i < 8 else {})
        for i in range(10)
    ]
    aggregate = aggregate_scorer(columns_of("run", rows), "s", slice_keys=["lang", "absent"])
    assert [(part.key, part.value, part.summary.n) for part in aggregate.slices] == [
        ("absent", None, 10), ("lang", "de", 4), ("lang", "fr", 4), ("lang", None, 2),
    ]  # fmt: skip
    only = aggregate_scorer(select_slice(columns_of("run", rows), {"lang": "de"}), "s").summary
    assert only == aggregate.slices[1].summary
    assert select_slice(columns_of("run", rows), {"other": "de"}).rows == 0


def test_clusters_widen_the_interval():
    rows = [ScoredRow(f"h{i}", f"r{i}", {"s": float(i // 5)}, cluster=f"c{i // 5}") for i in range(20)]
    clustered = aggregate_scorer(columns_of("run", rows), "s").summary
    assert clustered.clusters == 4
    assert clustered.interval is not None
    assert clustered.interval.method == "cluster-t"
    codes = np.array([i // 5 for i in range(20)])
    assert clustered.standard_error == pytest.approx(references.cluster_standard_error(codes.astype(float), codes))


def test_a_record_without_a_cluster_is_one_of_its_own():
    rows = [ScoredRow(f"h{i}", f"r{i}", {"s": float(i)}, cluster="c" if i < 2 else None) for i in range(5)]
    assert aggregate_scorer(columns_of("run", rows), "s").summary.clusters == 4


@given(st.lists(st.one_of(st.none(), st.just(FAILED), st.booleans(), st.floats()), min_size=1, max_size=40))
def test_every_row_is_counted_once_and_their_order_does_not_matter(scores: list[Score]):
    summary = aggregate_scorer(run_of(*scores), "s").summary
    assert summary.n + summary.errors + summary.missing == len(scores)
    again = aggregate_scorer(run_of(*scores[::-1]), "s").summary
    assert (again.n, again.errors, again.missing, again.kind) == (
        summary.n, summary.errors, summary.missing, summary.kind,
    )  # fmt: skip
    if summary.interval is not None and summary.value is not None and math.isfinite(summary.value):
        assert summary.interval.low <= summary.value <= summary.interval.high


def test_columns_of_unequal_length_are_refused():
    with pytest.raises(Invalid, match="'run': values of 's' has 2 rows, content_hashes 1"):
        RunColumns("run", ["h"], ["r"], {"s": ScorerColumn(np.zeros(2), np.zeros(1, dtype=np.bool_))})
