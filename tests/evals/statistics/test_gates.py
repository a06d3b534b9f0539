"""Gates decided on runs: pass, fail, and never a pass for want of data."""

import math
from collections.abc import Sequence

import pytest

from lodeline.domain.aggregate import Score, ScoredRow
from lodeline.domain.assessment import AssessmentError
from lodeline.domain.errors import Invalid
from lodeline.domain.gate import GateReport
from lodeline.evals.gates.parse import parse_gates
from lodeline.evals.statistics.columns import RunColumns, columns_of
from lodeline.evals.statistics.gates import GateInputs, evaluate_gates
from tests.evals import judgments
from tests.evals.statistics import references

FAILED = AssessmentError("boom")


def run_of(scores: Sequence[Score], run_id: str = "run", metric: str = "m") -> RunColumns:
    return columns_of(
        run_id,
        [
            ScoredRow(f"h{i}", f"r{i}", {metric: score}, slices={"lang": "de" if i % 2 else "fr"})
            for i, score in enumerate(scores)
        ],
    )


def judged(body: str, run: RunColumns, baseline: RunColumns | None = None) -> GateReport:
    return evaluate_gates(parse_gates(f"[[gate]]\nmetric = 'm'\n{body}"), GateInputs(run, baseline))


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("op='>='\nthreshold=0.8", "pass"),
        ("op='>'\nthreshold=0.8", "fail"),
        ("op='<='\nthreshold=0.8", "pass"),
        ("op='<'\nthreshold=0.8", "fail"),
        ("op='>='\nthreshold=0.8\nconfidence=0.95", "inconclusive"),
        ("op='>='\nthreshold=0.7\nconfidence=0.95", "pass"),
        ("op='>='\nthreshold=0.9\nconfidence=0.95", "fail"),
        ("op='<='\nthreshold=0.9\nconfidence=0.95", "pass"),
        ("op='>='\nthreshold=0.8\nmin_n=201", "inconclusive"),
        ("op='>='\nthreshold=0.8\nmin_n=201\ninsufficient='fail'", "fail"),
        ("op='>='\nthreshold=0.8\nmin_n=201\ninsufficient='skip'", "inconclusive"),
        ("op='>='\nthreshold=0.8\nslice={lang='it'}", "inconclusive"),
        ("op='>='\nthreshold=0.8\nslice={planet='it'}", "inconclusive"),
        ("op='>='\nthreshold=0.6\nslice={lang='fr'}", "pass"),
        ("op='>='\nthreshold=0.61\nslice={lang='fr'}", "fail"),
        ("statistic='p50'\nop='>='\nthreshold=1", "pass"),
        ("statistic='p10'\nop='>='\nthreshold=1\nconfidence=0.9", "fail"),
        ("statistic='error_rate'\nop='<='\nthreshold=0", "pass"),
        ("versus='baseline'\nmargin=0.1", "inconclusive"),
    ],
)
def test_a_threshold_is_held_by_the_estimate_or_by_the_interval(body: str, status: str):
    scores = [i % 2 == 1 or i % 10 in {0, 2, 4} for i in range(200)]
    assert sum(scores) == 160
    assert judged(body, run_of(scores)).status == status


def test_the_one_sided_interval_is_one_end_of_wilsons():
    report = judged("op='>='\nthreshold=0.5\nconfidence=0.95", run_of([True] * 60 + [False] * 40))
    interval = report.results[0].interval
    assert interval is not None
    expected = references.proportion.proportion_confint(60, 100, alpha=0.1, method="wilson")
    assert (interval.low, interval.high) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("scores", "status", "words"),
    [
        ([True] * 94 + [FAILED] * 6, "fail", "0.06 of the rows have no value"),
        ([True] * 95 + [FAILED] * 5, "pass", "mean 1"),
        ([True] * 94 + [None] * 6, "fail", "0.06 of the rows have no value"),
        ([FAILED] * 100, "fail", "1 of the rows have no value"),
        (["bad", "good"] * 50, "inconclusive", "gives texts"),
        ([True] * 9, "inconclusive", "9 records with a value, 10 are needed"),
    ],
)
def test_rows_without_a_value_never_help_to_pass(scores: Sequence[Score], status: str, words: str):
    report = judged("op='>='\nthreshold=0.8", run_of(scores))
    assert report.status == status
    assert words in report.results[0].message


def test_a_metric_that_is_not_there_is_never_skipped():
    rules = "op='>='\nthreshold=0\ninsufficient='skip'"
    report = judged(rules, run_of([True] * 20, metric="correct"))
    assert (report.status, report.results[0].status) == ("inconclusive", "inconclusive")
    assert "the run has no scorer 'm' (it has 'correct')" in report.results[0].message


def test_warnings_do_not_decide_and_do_not_pass():
    report = judged("op='>='\nthreshold=2\naction='warn'", run_of([True] * 20))
    assert (report.status, report.results[0].status) == ("inconclusive", "fail")
    more = "op='>='\nthreshold=2\naction='warn'\n[[gate]]\nmetric='m'\nop='>='\nthreshold=1"
    assert judged(more, run_of([True] * 20)).status == "pass"


def test_a_failure_outweighs_what_is_inconclusive():
    body = "op='>='\nthreshold=1\nmin_n=99\n[[gate]]\nmetric='m'\nop='>'\nthreshold=1"
    assert judged(body, run_of([True] * 20)).status == "fail"


def test_models_of_gsm8k_against_a_baseline():
    runs = {model: columns_of(model, judgments.gsm8k_rows(model)) for model in judgments.GSM8K_MODELS}

    def status(run: str, baseline: str, margin: float) -> str:
        rules = parse_gates(f"[[gate]]\nmetric='correct'\nversus='baseline'\nmargin={margin}")
        return evaluate_gates(rules, GateInputs(runs[run], runs[baseline])).status

    assert status("175b_verification", "6b_verification", 0) == "pass"
    assert status("6b_finetuning", "6b_verification", 0.05) == "fail"
    assert status("175b_finetuning", "6b_verification", 0.05) == "inconclusive"
    assert status("175b_finetuning", "6b_verification", 0.15) == "pass"


def test_a_lower_value_is_better_where_the_rule_or_the_scorer_says_so():
    slow, fast = run_of([100.0 + i for i in range(40)], "slow"), run_of([50.0 + i * 1.1 for i in range(40)], "fast")
    assert judged("versus='baseline'\nmargin=5", fast, slow).status == "fail"
    assert judged("versus='baseline'\nmargin=5\ndirection='lower'", fast, slow).status == "pass"
    assert judged("versus='baseline'\nmargin=5\ndirection='lower'", slow, fast).status == "fail"
    rules = parse_gates("[[gate]]\nmetric='m'\nversus='baseline'\nmargin=5")
    assert evaluate_gates(rules, GateInputs(fast, slow, {"m": "lower"})).status == "pass"


def test_a_low_confidence_is_allowed():
    run = run_of([0.5 + i / 100 for i in range(30)])
    assert judged("versus='baseline'\nmargin=0.1\nconfidence=0.55", run, run_of([0.5] * 30)).status == "pass"


def test_pairs_that_are_too_few_do_not_pass():
    base = columns_of("base", [ScoredRow(f"other{i}", f"r{i}", {"m": True}) for i in range(50)])
    report = judged("versus='baseline'\nmargin=1", run_of([True] * 50), base)
    assert report.status == "inconclusive"
    assert "0 pairs, 10 are needed" in report.results[0].message


def test_percentiles_without_enough_values_do_not_pass():
    run = run_of([float(i) for i in range(20)])
    assert judged("statistic='p99'\nop='<='\nthreshold=1000\nconfidence=0.95", run).status == "inconclusive"
    assert judged("statistic='p99'\nop='<='\nthreshold=1000", run).status == "pass"


@pytest.mark.parametrize("scores", [[], [math.nan] * 30, [math.inf] * 30, [None] * 30])
def test_nothing_never_passes(scores: Sequence[Score]):
    for body in (
        "op='>='\nthreshold=-1e9",
        "op='<='\nthreshold=1e9\nmax_error_rate=1",
        "versus='baseline'\nmargin=9",
    ):
        assert judged(body, run_of(scores), run_of([1.0] * 30)).status in {"fail", "inconclusive"}


def test_no_rules_are_refused():
    with pytest.raises(Invalid, match="no rules"):
        evaluate_gates((), GateInputs(run_of([True])))
