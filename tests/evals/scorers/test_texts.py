"""Scorers of texts: on recorded answers, on worked examples, on hostile input."""

import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lodeline.domain.errors import Invalid, TooLarge, Unsupported
from lodeline.domain.span import JsonValue
from lodeline.evals.scorers import (
    Contains,
    ExactMatch,
    Forbidden,
    Length,
    NumericMatch,
    RegexMatch,
    TextSimilarity,
    TokenF1,
)
from lodeline.evals.texts import SQUAD, text_of
from tests.evals.real import DATA, rows

MODELS = ("6b_finetuning", "6b_verification", "175b_finetuning", "175b_verification")


def expected(value: JsonValue) -> dict[str, JsonValue]:
    return {"expected_response": value}


def test_the_final_number_decides_as_it_did_for_gsm8k():
    judged = 0
    for row in rows(DATA / "evals" / "gsm8k-solutions.jsonl.gz"):
        for model in MODELS:
            found = NumericMatch()(outputs=row[model]["solution"], expectations=expected(row["ground_truth"]))
            assert found.value is row[model]["is_correct"], (row["index"], model, found.rationale)
            judged += 1
    assert judged == 400


@pytest.mark.parametrize(
    ("find", "text", "number"),
    [
        ("marked", "#### 1,234.50", "1234.50"),
        ("marked", "The answer is 12 apples, not 13.", "12"),
        ("marked", "no marker: 5 then 6.", "6"),
        ("marked", "####", None),
        ("last", "between −3 and 4e2", "400"),
        ("last", "$-5", "-5"),
        ("last", "1,2,3", "3"),
        ("last", "version v2", None),
        ("last", "", None),
        ("first", "-$1,000,000 or 7", "-1000000"),
        ("only", " 42. ", "42"),
        ("only", "42 apples", None),
        ("last", "9" * 1_000, None),
    ],
)
def test_the_number_that_is_meant(find: Any, text: str, number: str | None):
    found = NumericMatch(find=find)(outputs=text, expectations=expected(0 if number is None else float(number)))
    assert found.value is (number is not None), found.rationale


@pytest.mark.parametrize(
    ("options", "output", "wanted", "value"),
    [
        ({"absolute": 0.1}, "3.1", 3.2, True),
        ({"absolute": 0.05}, "3.1", 3.2, False),
        ({"relative": 0.01}, "101", 100, True),
        ({"relative": 0.01}, "102", 100, False),
        ({}, 0.30000000000000004, 0.3, False),
        ({}, "0.3", 0.3, True),
        ({}, "1e9999", 1, False),
        ({}, True, 1, False),
        ({}, 5, "#### 5", True),
    ],
)
def test_tolerance_is_decimal(options: dict[str, Any], output: JsonValue, wanted: JsonValue, value: bool):
    assert NumericMatch(**options)(outputs=output, expectations=expected(wanted)).value is value


@pytest.mark.parametrize(
    "options", [{"absolute": -1.0}, {"relative": float("nan")}, {"find": "some"}, {"markers": ("",)}]
)
def test_bad_options_of_numbers_are_refused(options: dict[str, Any]):
    with pytest.raises(Invalid, match=next(iter(options))):
        NumericMatch(**options)


def test_an_expectation_without_number_is_an_error():
    with pytest.raises(Invalid, match="holds no number"):
        NumericMatch()(outputs="1", expectations=expected("one"))


@pytest.mark.parametrize(
    ("output", "accepted", "f1"),
    [
        # Worked by hand: 2 words in common of 3 given and 2 wanted (articles out): P = 2/3, R = 1.
        ("The Eiffel Tower, Paris!", "Eiffel Tower", 0.8),
        ("a b b", "b b c", 4 / 5),  # "a" is an article
        ("same", "same", 1.0),
        ("one", "two", 0.0),
        ("", "", 1.0),
        ("the", "a", 1.0),
        ("word", "", 0.0),
        ("Rhine river", ["the Danube", "river Rhine"], 1.0),
    ],
)
def test_token_f1_is_that_of_squad(output: str, accepted: JsonValue, f1: float):
    assert TokenF1()(outputs=output, expectations=expected(accepted)) == pytest.approx(f1)


@given(st.text(), st.text())
def test_token_f1_is_symmetric_and_bounded(one: str, other: str):
    there = TokenF1()(outputs=one, expectations=expected(other))
    assert 0 <= there <= 1
    assert there == pytest.approx(TokenF1()(outputs=other, expectations=expected(one)))


@pytest.mark.parametrize(
    ("options", "output", "accepted", "value"),
    [
        ({}, " Paris\n", "Paris", True),
        ({}, "paris", "Paris", False),
        ({"normalise": ("case",)}, "STRASSE", "straße", True),
        ({"normalise": ("unicode",)}, "ﬁne", "fine", True),
        ({"normalise": SQUAD}, "The U.S.A.", "usa", True),
        ({}, 42, "42", True),
        ({}, {"response": "x"}, ["y", "x"], True),
        ({}, {"choices": [{"message": {"content": "hi"}}]}, "hi", True),
        ({}, {"messages": [{"content": "a"}, {"content": "b"}]}, "b", True),
        ({}, {"b": 1, "a": 2}, {"a": 2, "b": 1}, True),
        ({}, None, "x", False),
    ],
)
def test_exact_match(options: dict[str, Any], output: JsonValue, accepted: JsonValue, value: bool):
    assert ExactMatch(**options)(outputs=output, expectations=expected(accepted)) is value


@pytest.mark.parametrize(
    ("expectations", "message"),
    [
        ({}, "has no 'expected_response'; it has nothing"),
        ({"other": 1}, "it has 'other'"),
        ({"expected_response": []}, "empty list"),
    ],
)
def test_what_is_not_expected_is_an_error(expectations: dict[str, JsonValue], message: str):
    with pytest.raises(Invalid, match=message) as caught:
        ExactMatch()(outputs="x", expectations=expectations)
    assert caught.value.error_code == "no_expectation"


def test_bad_normalisation_is_refused():
    unknown: Any = ("lower",)
    with pytest.raises(Invalid, match="one of unicode, case"):
        ExactMatch(normalise=unknown)


def test_a_text_has_a_bound():
    with pytest.raises(TooLarge, match="1,000,001 characters"):
        text_of("x" * 1_000_001)


@pytest.mark.parametrize("hostile", ["\ud800", "\x00", "a\u202eb", "{{ inputs }}", "</div>", "٣"])
def test_hostile_text_is_only_text(hostile: str):
    assert ExactMatch()(outputs=hostile, expectations=expected(hostile))
    assert TokenF1()(outputs=hostile, expectations=expected(hostile)) == 1
    assert Contains((hostile,))(outputs=f"x {hostile} y", expectations={}).value is True
    assert TextSimilarity()(outputs=hostile, expectations=expected(hostile)) == 1
    assert RegexMatch("zz")(outputs=hostile, expectations={}) is False


@pytest.mark.parametrize(
    ("scorer", "output", "value"),
    [
        (RegexMatch(r"\d{4}"), "in 2026.", True),
        (RegexMatch(r"\d{4}", whole=True), "in 2026.", False),
        (RegexMatch(r"a|b", whole=True), "b", True),
        (RegexMatch("paris", ignore_case=True), "PARIS", True),
    ],
)
def test_regex_match(scorer: RegexMatch, output: str, value: bool):
    assert scorer(outputs=output, expectations={}) is value


def test_the_expression_may_be_expected():
    assert RegexMatch()(outputs="abc", expectations={"expected_pattern": "^a"})


@pytest.mark.parametrize("pattern", ["(", r"(a)\1", "(?=x)", "a" * 1_001])
def test_a_faulty_expression_is_refused_at_once(pattern: str):
    with pytest.raises(Invalid, match="pattern"):
        RegexMatch(pattern)


def test_no_expression_takes_for_ever():
    # A backtracking engine would need longer than the age of the universe.
    assert not RegexMatch(r"(a+)+$", whole=True)(outputs="a" * 200_000 + "!", expectations={})


@pytest.mark.parametrize(
    ("measure", "one", "other", "value"),
    [
        ("levenshtein", "kitten", "sitting", 1 - 3 / 7),
        ("indel", "kitten", "sitting", 1 - 5 / 13),
        ("jaro_winkler", "MARTHA", "MARHTA", 0.9611),  # Winkler (1990)
        ("token_sort", "new york mets", "mets york new", 1.0),
        ("token_set", "fuzzy was a bear", "fuzzy fuzzy was a bear", 1.0),
        ("partial", "needle", "a needle in hay", 1.0),
    ],
)
def test_similarity_is_that_of_the_literature(measure: Any, one: str, other: str, value: float):
    found = TextSimilarity(measure)(outputs=one, expectations=expected(other))
    assert found == pytest.approx(value, abs=1e-4)


def test_similarity_is_bounded():
    with pytest.raises(TooLarge, match="at most 100,000"):
        TextSimilarity()(outputs="x" * 100_001, expectations=expected("y"))
    unknown: Any = "cosine"
    with pytest.raises(Invalid, match="measure"):
        TextSimilarity(unknown)


def test_a_missing_package_names_its_extra(monkeypatch: pytest.MonkeyPatch):
    for name in [name for name in sys.modules if name.split(".")[0] == "rapidfuzz"]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, "rapidfuzz.distance.Levenshtein", None)
    with pytest.raises(Unsupported, match=r"pip install 'lodeline\[evals\]'"):
        TextSimilarity()(outputs="a", expectations=expected("b"))


@pytest.mark.parametrize(
    ("scorer", "output", "value", "rationale"),
    [
        (Contains(("Refund", "14 days")), "a refund takes 14 days", True, None),
        (Contains(("refund", "15 days")), "a refund takes 14 days", False, "Missing: '15 days'."),
        (Contains(("x", "refund"), need="any"), "refund", True, "Missing: 'x'."),
        (Contains(("art",), whole_words=True), "start", False, "Missing: 'art'."),
        (Contains(("C++",), whole_words=True), "in C++, yes", True, None),
        (Forbidden(("hell",)), "hello", True, None),
        (Forbidden(("Hell",)), "what the hell!", False, "Found: 'Hell'."),
        (Forbidden(("hell",), whole_words=False), "hello", False, "Found: 'hell'."),
    ],
)
def test_phrases(scorer: Contains | Forbidden, output: str, value: bool, rationale: str | None):
    found = scorer(outputs=output, expectations={})
    assert (found.value, found.rationale) == (value, rationale)


def test_phrases_may_be_expected_and_are_never_empty():
    assert Contains()(outputs="b", expectations={"expected_phrases": ["a", "b"]}).value is False
    with pytest.raises(Invalid, match="not empty"):
        Forbidden((" ",))(outputs="x", expectations={})


@pytest.mark.parametrize(
    ("scorer", "value"),
    [
        (Length(), 12),
        (Length("words"), 3),
        (Length("lines"), 2),
        (Length(at_most=12), True),
        (Length(at_least=13), False),
    ],
)
def test_length(scorer: Length, value: int | bool):
    assert scorer(outputs="one two\nthré").value == value


def test_bounds_that_nothing_can_pass_are_refused():
    with pytest.raises(Invalid, match="nothing could pass"):
        Length(at_least=2, at_most=1)
