"""A comparison in words: what differs first, how many times the cost, every warning, names before ids."""

from dataclasses import replace

from lodeline.domain.aggregate import Interval
from lodeline.domain.comparison import AmountComparison, Comparison, Pairing, RunComparison, ScorerComparison, Verdict
from lodeline.evals.comparison_text import (
    amount_cells,
    amount_sentences,
    headline,
    in_order,
    ratio_text,
    render_comparison,
    warnings_of,
)

BASELINE, CANDIDATE = "0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"
COST = AmountComparison(
    "cost_usd", 60, 0, 1, 0.0022, 0.0374, 17.0, 0.0352, Interval(0.03, 0.04, 0.95, "bca"), 1e-9, "wilcoxon", 3e-9,
    "more", 0.132, 2.24, ("1 paired record has no value.",),
)  # fmt: skip


def scorer(name: str, verdict: Verdict | None, *warnings: str) -> ScorerComparison:
    return ScorerComparison(name, "higher", "rate", 60, 0, 0, verdict=verdict, warnings=warnings)


def comparison(*scorers: ScorerComparison, amounts: tuple[AmountComparison, ...] = (COST,)) -> Comparison:
    run = RunComparison(CANDIDATE, Pairing(60, 1, 2, 3), scorers, ("other",), amounts)
    return Comparison(BASELINE, (run,), 0.95, "holm", "mean", 0, {BASELINE: "version A", CANDIDATE: "a <b> | *c*"})


def test_scorers_that_differ_come_first_regressions_before_improvements():
    verdicts: tuple[Verdict | None, ...] = (
        "equivalent",
        None,
        "better",
        "inconclusive",
        "worse",
        "different",
        "worse",
    )
    found = in_order([scorer(str(number), verdict) for number, verdict in enumerate(verdicts)])
    assert [each.scorer for each in found] == ["4", "6", "2", "5", "3", "0", "1"]


def test_runs_have_their_names_first():
    found = comparison()
    assert headline(found, found.candidates[0]).startswith(
        "a <b> | *c* (fedcba98…) against version A (01234567…): 60 "
    )


def test_how_many_times_the_cost_it_is_is_said():
    (run,) = comparison().candidates
    assert amount_sentences(run) == ["Takes 17 times the cost of the baseline."]
    assert amount_cells(COST) == (
        "cost", "$0.0022", "$0.0374", "17 times", "+$0.0352", "0.03 to 0.04 (bca)", "3e-09", "60", "$0.132 → $2.24",
    )  # fmt: skip
    less = replace(COST, amount="duration_ms", ratio=0.4, difference=-1_200.0, change="less")
    assert amount_sentences(replace(run, amounts=(less,))) == ["Takes 60 % less time than the baseline."]
    assert amount_cells(less)[3:5] == ("-60 %", "-1,200 ms")
    chance = replace(less, change="inconclusive")
    assert amount_sentences(replace(run, amounts=(chance,))) == []
    assert amount_cells(chance)[3] == "(-60 %)"
    assert [ratio_text(ratio) for ratio in (None, 1.0, 1.999, 2.0)] == ["", "+0 %", "+99.9 %", "2 times"]


def test_every_warning_is_told_with_what_it_is_about():
    (run,) = comparison(scorer("right", "worse", "few pairs", "rows left out")).candidates
    assert warnings_of(run) == [
        "right: few pairs", "right: rows left out", "cost: 1 paired record has no value.",
        "Only one of the two has other: not compared.",
    ]  # fmt: skip


def test_markdown_has_all_of_it_and_nothing_of_it_is_markup():
    text = render_comparison(comparison(scorer("<img> | x", "worse", "see [here](https://e.org)")))
    head, *_ = text.splitlines()
    assert head == "### a &#60;b&#62; &#124; &#42;c&#42; (fedcba98…) against version A (01234567…)"
    assert "| &#60;img&#62; &#124; x | worse |" in text
    assert "| cost | $0.0022 | $0.0374 | 17 times | &#43;$0.0352 |" in text
    assert "- Takes 17 times the cost of the baseline." in text
    assert "- Warning: &#60;img&#62; &#124; x&#58; see &#91;here&#93;" in text
    assert "$" not in render_comparison(comparison(scorer("x", "worse"), amounts=()))
