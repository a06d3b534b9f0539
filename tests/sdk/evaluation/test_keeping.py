"""Rows as they are logged: whatever scorers give can be stored."""

from typing import Any

import pytest

from lodeline.domain.assessment import AssessmentError
from lodeline.domain.evaluation_row import MAX_EXPECTATIONS, MAX_SCORES, check_row
from lodeline.domain.ids import TraceId
from lodeline.domain.scorer import Feedback
from lodeline.evals.engine.rows import Case, Prediction, Row
from lodeline.sdk.evaluation.keeping import draft_of


def logged(*scores: Feedback, failure: AssessmentError | None = None) -> dict[str, Any]:
    """The scores of a row as drafts that the server takes: values, or the codes of errors."""
    draft = draft_of(Row(Case("0", {}), "DONE", Prediction(failure=failure), scores))
    check_row(draft)
    return {score.name: score.error or score.value for score in draft.scores}


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (True, True),
        (0.25, 0.25),
        ("good", "good"),
        ("\ud800", "?"),
        ("x" * 5_000, "x" * 1_000),
        ({"a": [1]}, '{"a":[1]}'),
        ([1, "b"], '[1,"b"]'),
        (10**400, "invalid"),
    ],
)
def test_values_are_kept_or_are_errors_of_their_scorer(value: Any, kept: Any) -> None:
    assert logged(Feedback(name="s", value=value), Feedback(name="t", value=1)) == {"s": kept, "t": 1}


def test_deep_values_are_text() -> None:
    value: Any = 1
    for _ in range(200):
        value = [value]
    assert str(logged(Feedback(name="s", value=value))["s"]).startswith("[[[")


@pytest.mark.parametrize("name", ["n" * 1_000, "a\x1bb", "\ud800", " "])
def test_names_that_cannot_be_are_errors_of_a_name_that_can(name: str) -> None:
    scores = logged(Feedback(name=name, value=True), Feedback(name="other", value=True))
    assert list(scores.values())[1] is True
    assert len(scores) == 2


def test_two_scores_of_one_name_are_both_there() -> None:
    scores = logged(Feedback(name="s", value=1), Feedback(name="s", value=2))
    assert scores == {"s": 1, "s/1": "invalid"}


def test_more_scores_than_a_row_holds_end_with_an_error() -> None:
    scores = logged(*(Feedback(name=f"s{i}", value=i) for i in range(MAX_SCORES + 5)))
    assert len(scores) == MAX_SCORES
    assert scores[f"s{MAX_SCORES - 1}"] == "too_large"


def test_rationales_metadata_and_messages_are_made_storable() -> None:
    odd = Feedback(name="s", value=1, rationale="\ud800", metadata={"k\ud800": "\ud800"})
    failed = Feedback(name="t", error=AssessmentError("Boom", "\ud800" * 20_000))
    assert logged(odd, failed, failure=AssessmentError("E", "\ud800")) == {"s": 1, "t": "Boom"}


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"a": 1.5, "b": None, "c": {"d": [True]}}, {"a": 1.5, "c": {"d": [True]}}),
        ({"": 1, "x\n": 2, " ": 3, "ok": float("nan")}, {"ok": "NaN"}),
        ({"a": "\ud800"}, {"a": "?"}),
        ({}, {}),
    ],
)
def test_expectations_are_what_an_assessment_can_say(given: dict[str, Any], kept: dict[str, Any]) -> None:
    draft = draft_of(Row(Case("0", {}, given), "DONE", Prediction(trace_id=TraceId("tr-1"))))
    check_row(draft)
    assert draft.expectations == kept


def test_many_and_long_expectations_are_bounded_and_none_are_sent_without_a_trace() -> None:
    many = {f"e{number}": "x" * 50_000 for number in range(MAX_EXPECTATIONS + 5)}
    draft = draft_of(Row(Case("0", {}, many), "DONE", Prediction(trace_id=TraceId("tr-1"))))
    check_row(draft)
    assert 0 < len(draft.expectations) <= MAX_EXPECTATIONS
    assert sum(len(str(value)) for value in draft.expectations.values()) < 40_000
    assert draft_of(Row(Case("0", {}, many), "PREDICT_ERROR", Prediction())).expectations == {}
