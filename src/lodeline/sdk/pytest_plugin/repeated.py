"""One test, called several times: what each call came to, and what all of them say together."""

import inspect
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from lodeline.domain.assessment import AssessmentError
from lodeline.domain.errors import Invalid
from lodeline.domain.ids import TraceId
from lodeline.domain.scorer import Feedback
from lodeline.evals.engine.rows import Case, Prediction, Row
from lodeline.evals.scoring.failures import failure_of
from lodeline.sdk.evaluation.predicting import RowScope, trace_of
from lodeline.sdk.spans import start_span

PASSED = "passed"
"""The name of the score that says whether a call of a test passed."""
MAX_REPETITIONS = 1_000
Verdict = Literal["passed", "flaky", "failed"]


@dataclass(frozen=True, slots=True)
class Mark:
    """What a test asks for: how often it is called, and which share of the calls must pass."""

    repetitions: int = 1
    min_pass_rate: float = 1.0
    slices: Mapping[str, str] | None = None

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> "Mark":
        """Return the mark of these keywords; Invalid names the one that cannot be."""
        unknown = sorted(set(options) - {"repetitions", "min_pass_rate", "slices"})
        if unknown:
            raise Invalid(f"mark lodeline: {', '.join(unknown)} is none of repetitions, min_pass_rate, slices.")
        mark = cls(**options)
        if not isinstance(mark.repetitions, int) or not 1 <= mark.repetitions <= MAX_REPETITIONS:  # pyright: ignore[reportUnnecessaryIsInstance]
            raise Invalid.value("repetitions", mark.repetitions, f"a whole number from 1 to {MAX_REPETITIONS}")
        if not 0 <= mark.min_pass_rate <= 1:
            raise Invalid.value("min_pass_rate", mark.min_pass_rate, "a share from 0 to 1")
        return mark


@dataclass(frozen=True, slots=True)
class Repeated:
    """All calls of one test."""

    key: str
    mark: Mark
    rows: tuple[Row, ...]
    errors: tuple[Exception, ...]

    @property
    def passes(self) -> int:
        """How many calls passed."""
        return len(self.rows) - len(self.errors)

    @property
    def verdict(self) -> Verdict:
        """What all calls say together: "flaky" when some passed and some did not."""
        if not self.errors:
            return "passed"
        return "flaky" if self.passes else "failed"

    @property
    def enough(self) -> bool:
        """Whether as many passed as the mark asks for."""
        return self.passes >= self.mark.min_pass_rate * len(self.rows) - 1e-9


def call_repeatedly(
    function: Callable[..., Any], arguments: Mapping[str, Any], key: str, mark: Mark, scope: RowScope
) -> Repeated:
    """Call a test as often as its mark says, each call within a trace; what it raises is kept, not raised.

    Fixtures are those of one test: all calls share them. What pytest itself raises, such as a skip, passes.
    """
    rows: list[Row] = []
    errors: list[Exception] = []
    for repetition in range(mark.repetitions):
        case = Case(key, {}, content_hash=key, repetition=repetition, slices=mark.slices or {})
        error, prediction = _called(function, arguments, case, scope)
        if error is not None:
            errors.append(error)
        passed = Feedback(
            name=PASSED, value=error is None, rationale=None if error is None else failure_of(error).message
        )
        rows.append(Row(case, "DONE", prediction, (passed,)))
    return Repeated(key, mark, tuple(rows), tuple(errors))


def _called(
    function: Callable[..., Any], arguments: Mapping[str, Any], case: Case, scope: RowScope
) -> tuple[Exception | None, Prediction]:
    started = time.perf_counter()
    trace_id: TraceId | None = None
    try:
        with scope.entered(case), start_span(case.key) as span:
            trace_id = trace_of(span)
            result = function(**arguments)
            if inspect.isawaitable(result):
                raise Invalid("mark lodeline: an async test needs a plugin that runs it, such as pytest-asyncio.")
    except Exception as error:
        failure: AssessmentError = failure_of(error)
        return error, Prediction(None, trace_id, _ms_since(started), failure)
    return None, Prediction(None, trace_id, _ms_since(started))


def _ms_since(started: float) -> float:
    return (time.perf_counter() - started) * 1e3
