"""Calls of the application by the engine: each is a trace of its own."""

import asyncio
from typing import Any

import pytest

import lodeline
from lodeline.domain.errors import Invalid
from lodeline.evals.engine.rows import Attempt, Case, Prediction
from lodeline.sdk.evaluation.predicting import RecordedOutputs, RowScope, TracedPredictor
from lodeline.testing import CapturedTraces

RUN = "a" * 32


def predict(function: Any, case: Case, attempt: Attempt | None = None) -> Prediction:
    predictor = TracedPredictor(function, RowScope(RUN, "bot", "m-1"))
    return asyncio.run(predictor.predict(case, attempt or Attempt()))


def answer(question: str) -> str:
    with lodeline.start_span("think"):
        return question.upper()


async def answer_later(question: str) -> str:
    await asyncio.sleep(0)
    return answer(question)


@pytest.mark.parametrize("function", [answer, answer_later])
def test_a_call_is_a_trace_of_the_run_with_what_went_in_and_out(captured: CapturedTraces, function: Any) -> None:
    found = predict(function, Case("7", {"question": "why"}, record_id="dr-1", repetition=2))
    assert found.outputs == "WHY"
    assert found.duration_ms is not None
    (root,) = captured.roots()
    assert (root.trace_id, root.name) == (found.trace_id, function.__name__)
    assert (root.inputs, root.outputs) == ({"question": "why"}, "WHY")
    assert root.resource["lodeline.run_id"] == RUN
    assert [span.name for span in captured.children(root)] == ["think"]


def test_the_trace_does_not_belong_to_a_span_that_is_open_around_it(captured: CapturedTraces) -> None:
    with lodeline.start_span("notebook") as around:
        found = predict(answer, Case("0", {"question": "q"}))
    assert found.trace_id != around.trace_id
    assert len(captured.roots()) == 2


def test_a_call_that_raises_says_its_trace_and_raises_the_same(captured: CapturedTraces) -> None:
    def failing(question: str) -> str:
        raise KeyError(question)

    attempt = Attempt()
    with pytest.raises(KeyError, match="why"):
        predict(failing, Case("0", {"question": "why"}), attempt)
    (root,) = captured.roots()
    assert (attempt.trace_id, root.status) == (root.trace_id, "ERROR")


def test_inputs_that_do_not_fit_fail_in_the_trace_of_their_row(captured: CapturedTraces) -> None:
    attempt = Attempt()
    with pytest.raises(Invalid, match="needs 'question'"):
        predict(answer, Case("0", {"query": "why", "k": 1}), attempt)
    assert attempt.trace_id == captured.roots()[0].trace_id


def test_without_tracing_there_is_no_trace_and_the_same_answer() -> None:
    lodeline.configure(enabled=False)
    try:
        found = predict(answer, Case("0", {"question": "q"}))
    finally:
        lodeline.shutdown()
    assert (found.outputs, found.trace_id) == ("Q", None)


def test_recorded_outputs_become_a_trace_unless_they_have_one(captured: CapturedTraces) -> None:
    recorded = RecordedOutputs(RowScope(RUN))
    found = asyncio.run(recorded.predict(Case("0", {"q": 1}, outputs="a"), Attempt()))
    assert (found.outputs, found.trace_id) == ("a", captured.roots()[0].trace_id)
