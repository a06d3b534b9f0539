"""Assessments: feedback, expectations, issues; overrides and validity."""

from collections.abc import Callable

import mlflow
import pytest
from mlflow import MlflowClient
from mlflow.entities import AssessmentError, AssessmentSource, Expectation, Feedback

from tests.conformance.errors import refused

Traced = Callable[..., str]


def assessments(trace_id: str):
    return mlflow.get_trace(trace_id).info.assessments


@pytest.mark.parametrize("value", [True, 1.5, 5, "good", ["a", "b"], {"a": {"b": 1.5}}])
def test_feedback_is_read_back(traced: Traced, value: object) -> None:
    trace_id = traced()
    source = AssessmentSource("LLM_JUDGE", "judge-1")
    made = mlflow.log_feedback(
        trace_id=trace_id, name="quality", value=value, source=source, rationale="why", metadata={"k": "v"}
    )
    (found,) = assessments(trace_id)
    assert (found.assessment_id, found.name, found.value) == (made.assessment_id, "quality", value)
    assert (found.source.source_type, found.source.source_id, found.rationale) == ("LLM_JUDGE", "judge-1", "why")
    assert (found.metadata, found.trace_id, found.valid) == ({"k": "v"}, trace_id, True)
    assert found.assessment_id.startswith("a-")
    assert mlflow.get_assessment(trace_id, made.assessment_id).value == value


def test_errors_are_read_back(traced: Traced) -> None:
    trace_id = traced()
    error = AssessmentError("RATE_LIMIT", "slow down", "Traceback ...")
    mlflow.log_feedback(trace_id=trace_id, name="quality", error=error)
    (found,) = assessments(trace_id)
    assert (found.error.error_code, found.error.error_message) == ("RATE_LIMIT", "slow down")
    assert found.error.stack_trace == "Traceback ..."
    assert found.value is None


@pytest.mark.parametrize("value", ["Paris", 3, 2.5, False, ["a", 1], {"must": ["x"], "n": 2}])
def test_expectations_are_read_back(traced: Traced, value: object) -> None:
    trace_id = traced()
    mlflow.log_expectation(trace_id=trace_id, name="expected", value=value, metadata={"by": "me"})
    (found,) = assessments(trace_id)
    assert isinstance(found, Expectation)
    assert (found.value, found.source.source_type, found.metadata) == (value, "HUMAN", {"by": "me"})


def test_of_a_span(traced: Traced) -> None:
    trace_id = traced()
    span = mlflow.get_trace(trace_id).data.spans[1]
    mlflow.log_feedback(trace_id=trace_id, span_id=span.span_id, name="relevance", value=0.5)
    assert assessments(trace_id)[0].span_id == span.span_id


def test_override_and_undo(traced: Traced) -> None:
    trace_id = traced()
    first = mlflow.log_feedback(trace_id=trace_id, name="q", value=1)
    second = mlflow.override_feedback(trace_id=trace_id, assessment_id=first.assessment_id, value=2)
    found = {item.assessment_id: item for item in assessments(trace_id)}
    assert found[first.assessment_id].valid is False
    assert found[second.assessment_id].valid is True
    assert found[second.assessment_id].overrides == first.assessment_id
    mlflow.delete_assessment(trace_id, second.assessment_id)
    (left,) = assessments(trace_id)
    assert (left.assessment_id, left.valid) == (first.assessment_id, True)


def test_override_of_an_unknown_one(client: MlflowClient, traced: Traced) -> None:
    trace_id = traced()
    wrong = Feedback(name="q", value=1, overrides="a-" + "0" * 32)
    with refused("RESOURCE_DOES_NOT_EXIST"):
        mlflow.log_assessment(trace_id, wrong)


def test_update(traced: Traced) -> None:
    trace_id = traced()
    made = mlflow.log_feedback(trace_id=trace_id, name="q", value=1, rationale="a", metadata={"a": "1"})
    mlflow.update_assessment(
        trace_id, made.assessment_id, Feedback(name="q2", value="x", rationale="b", metadata={"b": "2"})
    )
    found = mlflow.get_assessment(trace_id, made.assessment_id)
    assert (found.name, found.value, found.rationale) == ("q2", "x", "b")
    assert found.metadata == {"a": "1", "b": "2"}


def test_update_keeps_the_kind(traced: Traced) -> None:
    trace_id = traced()
    made = mlflow.log_feedback(trace_id=trace_id, name="q", value=1)
    with refused("INVALID_PARAMETER_VALUE"):
        mlflow.update_assessment(trace_id, made.assessment_id, Expectation(name="q", value="x"))


def test_delete(traced: Traced) -> None:
    trace_id = traced()
    made = mlflow.log_feedback(trace_id=trace_id, name="q", value=1)
    mlflow.delete_assessment(trace_id, made.assessment_id)
    assert assessments(trace_id) == []
    mlflow.delete_assessment(trace_id, made.assessment_id)
    with refused("RESOURCE_DOES_NOT_EXIST"):
        mlflow.get_assessment(trace_id, made.assessment_id)


def test_on_an_unknown_trace(experiment: str) -> None:
    with refused("RESOURCE_DOES_NOT_EXIST"):
        mlflow.log_feedback(trace_id="tr-" + "0" * 32, name="q", value=1)


def test_logged_inside_the_trace(experiment: str) -> None:
    with mlflow.start_span("root") as span:
        mlflow.log_feedback(trace_id=span.trace_id, name="inside", value=True)
    found = assessments(span.trace_id)
    assert [(item.name, item.value) for item in found] == [("inside", True)]


def test_several_of_one_name_stand_side_by_side(traced: Traced) -> None:
    trace_id = traced()
    for reviewer in ("ada", "bob"):
        mlflow.log_feedback(trace_id=trace_id, name="q", value=reviewer, source=AssessmentSource("HUMAN", reviewer))
    found = assessments(trace_id)
    assert sorted((item.source.source_id, item.valid) for item in found) == [("ada", True), ("bob", True)]
