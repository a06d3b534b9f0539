"""A scorer's arguments, values and errors: whatever it does, judgments come out."""

import asyncio
import enum
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from lodeline.domain.assessment import STACK_KEY, AssessmentError, AssessmentSource
from lodeline.domain.errors import Invalid
from lodeline.domain.scorer import Feedback, Sample
from lodeline.domain.span import JsonValue
from lodeline.evals.scorers import ExactMatch, Latency
from lodeline.evals.scoring.bound import as_scorer, scorer
from lodeline.evals.scoring.failures import MAX_STACK, stack_digest, stack_of
from tests.evals.real import captured

SAMPLE = Sample(inputs={"question": "2+2?"}, outputs="4", expectations={"expected_response": "4"})


def judged(target: object, sample: Sample = SAMPLE) -> tuple[Feedback, ...]:
    return asyncio.run(as_scorer(target).score(sample))


class Grade(enum.StrEnum):
    GOOD = "good"


@pytest.mark.parametrize(
    ("returned", "expected"),
    [
        (True, {"given": True}),
        (np.bool_(False), {"given": False}),
        (3, {"given": 3}),
        (np.float64(0.5), {"given": 0.5}),
        (Grade.GOOD, {"given": "good"}),
        (None, {}),
        ([], {}),
        ({"clear": True, "score": 0.5, "none": None}, {"given/clear": True, "given/score": 0.5}),
        ([True, Feedback(value="b", name="own")], {"given/1": True, "own": "b"}),
        (Feedback(value=["a", {"b": 1}]), {"given": ["a", {"b": 1}]}),
    ],
)
def test_every_kind_of_answer_becomes_feedback(returned: object, expected: dict[str, JsonValue]):
    @scorer
    def given(outputs: JsonValue) -> object:
        return returned

    found = judged(given)
    assert {feedback.name: feedback.value for feedback in found} == expected
    assert {type(feedback.value) for feedback in found} == {type(value) for value in expected.values()}
    assert all(feedback.source == AssessmentSource("CODE", "given", given.definition.digest) for feedback in found)


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        (float("nan"), "a finite number"),
        (Fraction(1, 3), "a bool, a number, a string"),
        (object(), "a bool, a number, a string"),
        (b"bytes", "a bool, a number, a string"),
        (Feedback(), "neither value nor error"),
        (Feedback(value=1, error=AssessmentError("x")), "both value and error"),
        (Feedback(value=1, confidence=1.5), "a number from 0 to 1"),
        ([Feedback(value=1, name="a"), Feedback(value=2, name="a")], "two judgments named 'a'"),
        (list(range(101)), "the most is 100"),
        ([[1]], "a bool, a number, a string"),
    ],
)
def test_an_answer_that_is_none_is_an_error_that_says_so(returned: object, message: str):
    @scorer
    def given() -> object:
        return returned

    (found,) = judged(given)
    assert found.name == "given"
    assert found.value is None
    assert found.error is not None
    assert message in found.error.message


class Unprintable(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no")


@pytest.mark.parametrize(
    ("raised", "code", "message"),
    [
        (ValueError("bad \x00 value"), "ValueError", "bad \x00 value"),
        (Unprintable(), "Unprintable", "Unprintable without a message"),
        (KeyError(), "KeyError", "KeyError without a message"),
        (Invalid("no", code="no_expectation"), "no_expectation", "no"),
        (RecursionError("x" * 10_000), "RecursionError", "x" * 2_000),
        (TimeoutError(), "TimeoutError", "TimeoutError without a message"),
    ],
)
def test_a_scorer_that_raises_is_a_value(raised: Exception, code: str, message: str):
    @scorer
    async def failing(outputs: JsonValue) -> bool:
        raise raised

    (found,) = judged(failing)
    assert found.error is not None
    assert (found.error.code, found.error.message, found.value) == (code, message, None)
    assert len(found.error.stack_digest or "") == 16


def test_a_scorer_that_raises_says_where():
    @scorer
    def dividing(outputs: JsonValue) -> float:
        return halved(0)

    def halved(number: int) -> float:
        if number:
            return halved(number - 1)
        return 1 / number

    (found,) = judged(dividing)
    stack = found.metadata[STACK_KEY].splitlines()
    assert stack[0] == "Traceback (most recent call last):"
    assert stack[1].endswith("in dividing")
    assert stack[-1] == "ZeroDivisionError: division by zero"
    assert not any("bound.py" in line for line in stack)


def test_what_is_kept_of_a_stack_is_bounded_and_a_hostile_error_has_none():
    class HostileError(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no")

    def raised(error: Exception, depth: int) -> Exception:
        try:
            return raised(error, depth - 1) if depth else throw(error)
        except Exception as caught:
            return caught

    def throw(error: Exception) -> Exception:
        raise error

    long = stack_of(raised(ValueError("x" * 100_000), 3))
    assert len(long) == MAX_STACK
    assert "HostileError" in stack_of(raised(HostileError(), 1))
    assert stack_of(ValueError("never raised")) == "ValueError: never raised\n"


def test_cancelling_is_no_judgment():
    @scorer
    async def waiting() -> bool:
        await asyncio.Event().wait()
        return True

    async def cancelled() -> None:
        task = asyncio.create_task(waiting.score(SAMPLE))
        await asyncio.sleep(0)
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(cancelled())


def test_errors_of_one_place_have_one_digest():
    def digest(function: Any, *arguments: object) -> str:
        try:
            function(*arguments)
        except Exception as error:
            return stack_digest(error)
        raise AssertionError("nothing was raised")

    assert digest(int, "a") == digest(int, "b")
    assert digest(int, "a") != digest(int, None)


def test_arguments_are_chosen_by_name():
    @scorer(name="seen", direction="none", value_kind="string")
    def look(expectations: dict[str, str], inputs: dict[str, str], trace: object = "default") -> str:
        return f"{inputs['question']} {expectations['expected_response']} {trace}"

    assert look.definition.wants == ("inputs", "expectations", "trace")
    assert (look.definition.direction, look.definition.value_kind) == ("none", "string")
    (found,) = judged(look)
    assert (found.name, found.value) == ("seen", "2+2? 4 default")
    assert look({"expected_response": "4"}, inputs={"question": "?"}) == "? 4 default"


def test_anything_by_name():
    @scorer
    def everything(**given: object) -> list[str]:
        return sorted(name for name, value in given.items() if value is not None)

    found = judged(everything)
    assert [feedback.value for feedback in found] == ["expectations", "inputs", "outputs"]


def test_a_scorer_without_its_trace_says_so():
    (found,) = judged(Latency())
    assert found.error is not None
    assert found.error.code == "no_trace"


def misnamed(output: str) -> bool:
    return bool(output)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (misnamed, "parameter 'output' is not one of inputs, outputs"),
        (ExactMatch, r"give an object of it: ExactMatch\(\)"),
        (42, "a function, or an object with __call__"),
        (abs, "must be possible to pass by name"),
    ],
)
def test_what_cannot_be_a_scorer_is_refused_at_once(target: object, message: str):
    with pytest.raises(Invalid, match=message):
        as_scorer(target)


@pytest.mark.parametrize(
    ("options", "field"),
    [({"direction": "up"}, "direction"), ({"value_kind": "boolean"}, "value_kind"), ({"name": "\n"}, "name")],
)
def test_options_are_checked(options: dict[str, Any], field: str):
    def fine(outputs: str) -> bool:
        return bool(outputs)

    with pytest.raises(Invalid, match=field):
        scorer(**options)(fine)


def test_a_class_is_a_scorer():
    @dataclass(frozen=True)
    class AtLeast:
        least: float
        name: str = "at_least"

        def __call__(self, *, outputs: str) -> bool:
            return float(outputs) >= self.least

    (found,) = judged(AtLeast(3))
    assert (found.name, found.value) == ("at_least", True)
    definition = as_scorer(AtLeast(3)).definition
    assert (definition.kind, definition.params) == ("CLASS", {"least": 3})
    assert definition.digest == as_scorer(AtLeast(3, name="other")).definition.digest
    assert definition.digest != as_scorer(AtLeast(4)).definition.digest


def test_a_synchronous_scorer_says_that_it_blocks():
    @scorer
    async def asynchronous() -> bool:
        return True

    assert not asynchronous.blocking
    assert as_scorer(ExactMatch()).blocking


def test_a_trace_is_seen_whole():
    trace = captured("nq-rag-app/bm25-top3.pb.gz")[0]

    @scorer
    def retrievals(trace: Any) -> int:
        return sum(span.kind == "RETRIEVER" for span in trace.spans)

    (found,) = judged(retrievals, Sample(trace=trace))
    assert found.value == 2
    assert trace.root is not None
    assert trace.root.parent_id is None
