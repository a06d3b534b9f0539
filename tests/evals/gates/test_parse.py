"""Gate files: what they say, and errors that name the place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lodeline.domain.errors import Invalid
from lodeline.domain.gate import GateRule
from lodeline.evals.gates.parse import parse_gates

FULL = """
[[gate]]
name = "German answers stay correct"
metric = "correctness"
slice = { language = "de" }
statistic = "rate"
op = ">="
threshold = 0.8
confidence = 0.95
min_n = 30
max_error_rate = 0.01
action = "warn"
insufficient = "fail"
reducer = "pass^4"

[[gate]]
metric = "latency_ms"
versus = "baseline"
margin = 50
direction = "lower"
"""


def one(body: str) -> GateRule:
    (rule,) = parse_gates(f"[[gate]]\n{body}")
    return rule


def test_a_file_becomes_rules():
    assert parse_gates(FULL) == (
        GateRule(
            name="German answers stay correct",
            metric="correctness",
            slice={"language": "de"},
            reducer="pass^4",
            op=">=",
            threshold=0.8,
            confidence=0.95,
            min_n=30,
            max_error_rate=0.01,
            action="warn",
            insufficient="fail",
        ),
        GateRule(
            name="2: mean of latency_ms",
            metric="latency_ms",
            baseline=True,
            margin=50,
            direction="lower",
            confidence=0.95,
        ),
    )


def test_what_is_not_said_is_cautious():
    rule = one('metric = "m"\nop = "<"\nthreshold = 1')
    assert (rule.min_n, rule.max_error_rate, rule.action, rule.insufficient) == (10, 0.05, "fail", "inconclusive")


CONDITION = 'metric = "m"\nop = ">="\nthreshold = 1\n'
AGAINST = 'metric = "m"\nversus = "baseline"\nmargin = 1\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has no rule"),
        ("gate = []", "has no rule"),
        ("gate = 3", "has no rule"),
        ("gate = [1]", "gate 1: is not a table"),
        ("[[gates]]", "'gates' is not known"),
        ("[[gate]]\nmetric = m", r"is not TOML: .*\(at line 2, column 10\)"),
        ("[[gate]]\nop = '<'\nthreshold = 1", "gate 1: 'metric' is missing"),
        (f"[[gate]]\n{CONDITION}[[gate]]\n{CONDITION}name='1: mean of m'", "gate 2: has the name of gate 1"),
        (f"[[gate]]\n{CONDITION}tresholt = 2", "'tresholt' is not known; did you mean `threshold`"),
        (f"[[gate]]\n{CONDITION}zzz = 2", "'zzz' is not known; known are name, metric"),
        ('[[gate]]\nmetric = ""\n', "'metric' '' is not a text"),
        ('[[gate]]\nmetric = "m"\nop = ">="', "'threshold' is missing"),
        ('[[gate]]\nmetric = "m"\nthreshold = 1', "'op' is missing"),
        ('[[gate]]\nmetric = "m"\nop = "=="\nthreshold = 1', "'op' '==' is not one of >=, >, <=, <"),
        ('[[gate]]\nmetric = "m"\nop = ">"\nthreshold = nan', "'threshold' nan is not finite"),
        ('[[gate]]\nmetric = "m"\nop = ">"\nthreshold = true', "'threshold' True is not a number"),
        ('[[gate]]\nmetric = "m"\nop = ">"\nthreshold = "1"', "'threshold' '1' is not a number"),
        ('[[gate]]\nmetric = "m"\nversus = "baseline"', "'margin' is missing"),
        ('[[gate]]\nmetric = "m"\nversus = "run 7"\nmargin = 1', "'versus' 'run 7' is not one of baseline"),
        (f"[[gate]]\n{AGAINST}op = '<'", "'op' does not go with"),
        (f"[[gate]]\n{AGAINST}threshold = 1", "'threshold' does not go with"),
        (f"[[gate]]\n{AGAINST}statistic = 'p95'", "'p95' is not compared with a baseline"),
        ('[[gate]]\nmetric = "m"\nversus = "baseline"\nmargin = -1', "'margin' -1 is not from 0 to inf"),
        (f"[[gate]]\n{CONDITION}margin = 1", "'margin' goes with"),
        (f"[[gate]]\n{CONDITION}direction = 'higher'", "'direction' goes with"),
        (f"[[gate]]\n{CONDITION}statistic = 'p101'", "'p101' is not mean"),
        (f"[[gate]]\n{CONDITION}statistic = 'max'", "'max' is not mean"),
        (f"[[gate]]\n{CONDITION}confidence = 95", "'confidence' 95 is not from 0.5 to 1, ends excluded"),
        (f"[[gate]]\n{CONDITION}confidence = 1.0", "'confidence' 1.0 is not from 0.5 to 1, ends excluded"),
        (f"[[gate]]\n{CONDITION}statistic = 'error_rate'\nconfidence = 0.9", "does not go with the statistic"),
        (f"[[gate]]\n{CONDITION}min_n = 0", "'min_n' 0 is not a whole number"),
        (f"[[gate]]\n{CONDITION}min_n = 1.5", "'min_n' 1.5 is not a whole number"),
        (f"[[gate]]\n{CONDITION}max_error_rate = 5", "'max_error_rate' 5 is not from 0 to 1"),
        (f"[[gate]]\n{CONDITION}action = 'ignore'", "'action' 'ignore' is not one of fail, warn"),
        (f"[[gate]]\n{CONDITION}insufficient = 'pass'", "'insufficient' 'pass' is not one of fail"),
        (f"[[gate]]\n{CONDITION}slice = 'de'", "'slice' 'de' is not a table"),
        (f"[[gate]]\n{CONDITION}slice = {{ level = 3 }}", r"'slice\.level' 3 is not a text"),
        (f"[[gate]]\n{CONDITION}reducer = 'pass@0'", "'reducer' 'pass@0' is no reducer"),
        ("x" * 1_000_001, "the limit is 1000000"),
        (f"[[gate]]\n{CONDITION}name='n'\n" * 1001, "the limit is 1000"),
    ],
)  # fmt: skip
def test_errors_name_the_rule_and_the_key(text: str, message: str):
    with pytest.raises(Invalid, match=message):
        parse_gates(text)


def test_details_are_for_machines():
    with pytest.raises(Invalid) as caught:
        parse_gates(f"[[gate]]\n{CONDITION}[[gate]]\n{CONDITION}min_n = 'many'")
    assert caught.value.details == {"gate": 2, "field": "min_n"}


@given(st.text(max_size=80))
def test_any_text_is_read_or_refused(text: str):
    for body in (text, f"[[gate]]\n{text}", f"[[gate]]\n{CONDITION}{text}"):
        try:
            rules = parse_gates(body)
        except Invalid:
            continue
        assert rules


def test_deep_nesting_is_refused():
    with pytest.raises(Invalid, match="is not TOML"):
        parse_gates("gate = " + "[" * 100_000)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("versus='baseline'\nmargin=1\nmargin_ratio=0.2", "give one of the two"),
        ("versus='baseline'\nmargin_ratio=-0.1", "is not from 0 to 100"),
        ("op='<='\nthreshold=1\nmargin_ratio=0.2", "goes with `versus"),
        ("versus='baseline'", "'margin' is missing"),
    ],
)
def test_a_margin_is_an_amount_or_a_share(body: str, said: str) -> None:
    (rule,) = parse_gates("[[gate]]\nmetric='m'\nversus='baseline'\nmargin_ratio=0.2")
    assert (rule.margin, rule.margin_ratio) == (None, 0.2)
    with pytest.raises(Invalid, match=said):
        parse_gates(f"[[gate]]\nmetric='m'\n{body}")
