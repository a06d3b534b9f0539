"""The engine: rows out of cases, whatever the functions of the user do."""

import asyncio
import functools
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextvars import ContextVar
from typing import Any

import pytest

from lodeline.domain.assessment import AssessmentError
from lodeline.domain.ids import ExperimentId, TraceId
from lodeline.domain.scorer import Feedback, ScoredTrace
from lodeline.domain.trace import Trace
from lodeline.evals.engine.calling import call
from lodeline.evals.engine.failures import TookTooLongError, is_overload, is_transient, pause_s
from lodeline.evals.engine.rows import Attempt, Case, Prediction, Row
from lodeline.evals.engine.run import EngineSettings, Outcome, run
from lodeline.evals.engine.throttle import Throttle
from lodeline.evals.scoring.bound import BoundScorer, as_scorer

DEFAULTS = EngineSettings()
TRACE = TraceId("tr-" + "a" * 32)


def cases(count: int) -> list[Case]:
    return [Case(str(i), {"x": i}, {"y": i * 2}, content_hash=f"hash-{i}") for i in range(count)]


class Doubler:
    """Doubles x; `fails` tells what is raised for an x, as many times as it says."""

    def __init__(self, fails: dict[int, list[BaseException]] | None = None) -> None:
        self.fails = fails or {}
        self.calls: list[int] = []
        self.inside = 0
        self.most_inside = 0

    async def predict(self, case: Case, attempt: Attempt) -> Prediction:
        attempt.trace_id = TRACE
        x = case.inputs["x"]
        self.calls.append(x)
        self.inside += 1
        self.most_inside = max(self.inside, self.most_inside)
        try:
            await asyncio.sleep(0)
            if self.fails.get(x):
                raise self.fails[x].pop(0)
            return Prediction(x * 2, TRACE, 1.0)
        finally:
            self.inside -= 1


def scorer_named(name: str, judge: Callable[..., Any]) -> BoundScorer[..., Any]:
    return BoundScorer(judge, name=name)


def equal(outputs: Any, expectations: Any) -> bool:
    return outputs == expectations["y"]


def broken() -> bool:
    raise ZeroDivisionError("division by zero")


def steps(trace: ScoredTrace) -> int:
    return len(trace.spans)


def trace_name(trace: ScoredTrace) -> str:
    return trace.trace.name


def values(row: Row) -> dict[str | None, Any]:
    """The scores of a row: values, and of failed scorers the code and the message of the error."""
    return {s.name: s.value if s.error is None else (s.error.code, s.error.message) for s in row.scores}


class Kept:
    """Keeps rows in a list; from row `full` on it takes none."""

    def __init__(self, full: int | None = None, cost_usd: float = 0.0) -> None:
        self.rows: list[Row] = []
        self.batches: list[int] = []
        self.full = full
        self._kept = asyncio.Condition()
        self.cost_usd = cost_usd

    async def keep(self, rows: Sequence[Row]) -> float:
        await asyncio.sleep(0)
        if self.full is not None and len(self.rows) >= self.full:
            raise ConnectionError("the server is away")
        self.rows += rows
        self.batches.append(len(rows))
        async with self._kept:
            self._kept.notify_all()
        return self.cost_usd * len(rows)

    async def when(self, rows: int) -> None:
        async with self._kept:
            await self._kept.wait_for(lambda: len(self.rows) >= rows)


def evaluate(
    given: Any,
    kept: Kept,
    *,
    predictor: Doubler | None = None,
    scorers: Sequence[Any] = (),
    settings: EngineSettings = DEFAULTS,
    **rest: Any,
) -> Outcome:
    predictor = predictor or Doubler()
    return asyncio.run(run(given, predictor=predictor, scorers=scorers, sink=kept, settings=settings, **rest))


def test_every_case_becomes_a_row_with_its_scores() -> None:
    kept = Kept()
    outcome = evaluate(cases(250), kept, scorers=[as_scorer(equal)])
    assert (outcome.ending, outcome.rows, outcome.failed, outcome.skipped) == ("COMPLETED", 250, 0, 0)
    assert {row.case.key for row in kept.rows} == {str(i) for i in range(250)}
    assert all(row.state == "DONE" and row.prediction.trace_id == TRACE for row in kept.rows)
    assert all(values(row) == {"equal": True} for row in kept.rows)
    assert max(kept.batches) <= 100


def test_no_cases_is_a_completed_run_without_rows() -> None:
    kept = Kept()
    assert evaluate([], kept).ending == "COMPLETED"
    assert kept.batches == []


def test_repetitions_are_rows_of_their_own() -> None:
    kept = Kept()
    evaluate(cases(3), kept, settings=EngineSettings(repetitions=4))
    assert sorted((row.case.key, row.case.repetition) for row in kept.rows) == [
        (str(key), repetition) for key in range(3) for repetition in range(4)
    ]


def test_a_failing_predictor_is_a_value_with_its_trace_and_is_not_scored() -> None:
    kept, seen = Kept(), list[Any]()
    predictor = Doubler({1: [ValueError("no such x: 1")]})
    outcome = evaluate(cases(3), kept, predictor=predictor, scorers=[scorer_named("seen", seen_in(seen))])
    assert (outcome.ending, outcome.rows, outcome.failed) == ("COMPLETED_WITH_ERRORS", 3, 1)
    failed = next(row for row in kept.rows if row.state == "PREDICT_ERROR")
    assert shown(failed.prediction.failure) == ("ValueError", "no such x: 1")
    assert failed.prediction.trace_id == TRACE
    assert failed.scores == ()
    assert len(seen) == 2


def test_a_failing_scorer_is_an_error_score_beside_the_others() -> None:
    kept = Kept()
    outcome = evaluate(cases(1), kept, scorers=[as_scorer(equal), as_scorer(broken)])
    assert outcome.ending == "COMPLETED_WITH_ERRORS"
    (row,) = kept.rows
    assert row.state == "SCORE_ERROR"
    assert values(row) == {"equal": True, "broken": ("ZeroDivisionError", "division by zero")}


def test_transient_failures_are_tried_again_and_others_are_not() -> None:
    kept = Kept()
    predictor = Doubler({0: [ConnectionError("reset")], 1: [KeyError("x")]})
    evaluate(cases(2), kept, predictor=predictor, settings=EngineSettings(retries=1))
    found = {row.case.key: row for row in kept.rows}
    assert (found["0"].state, found["0"].attempts) == ("DONE", 2)
    assert (found["1"].state, found["1"].attempts) == ("PREDICT_ERROR", 1)
    assert sorted(predictor.calls) == [0, 0, 1]


def test_a_call_that_takes_too_long_is_a_failure_and_not_tried_again() -> None:
    class Slow(Doubler):
        async def predict(self, case: Case, attempt: Attempt) -> Prediction:
            self.calls.append(0)
            await asyncio.sleep(3600)
            raise AssertionError

    kept, predictor = Kept(), Slow()
    evaluate(cases(1), kept, predictor=predictor, settings=EngineSettings(timeout_s=0.05))
    assert predictor.calls == [0]
    assert shown(kept.rows[0].prediction.failure) == ("TookTooLongError", "no answer within 0.05 s")


def test_no_more_run_at_once_than_asked() -> None:
    predictor = Doubler()
    evaluate(cases(100), Kept(), predictor=predictor, settings=EngineSettings(concurrency=4))
    assert 1 < predictor.most_inside <= 4


def test_cancelling_keeps_what_is_finished() -> None:
    kept = Kept()

    class Stuck(Doubler):
        async def predict(self, case: Case, attempt: Attempt) -> Prediction:
            if case.inputs["x"] >= 5:
                await asyncio.sleep(3600)
            return await super().predict(case, attempt)

    async def scenario() -> Outcome:
        task = asyncio.create_task(
            run(
                cases(50),
                predictor=Stuck(),
                scorers=[as_scorer(equal)],
                sink=kept,
                settings=EngineSettings(concurrency=10),
            )
        )
        await kept.when(5)
        task.cancel()
        return await task

    outcome = asyncio.run(scenario())
    assert (outcome.ending, outcome.rows) == ("CANCELLED", 5)
    assert {row.case.key for row in kept.rows} == {"0", "1", "2", "3", "4"}


def test_a_cancellation_inside_the_users_function_is_only_a_failed_row() -> None:
    kept = Kept()
    outcome = evaluate(cases(2), kept, predictor=Doubler({0: [asyncio.CancelledError()]}))
    assert outcome.ending == "COMPLETED_WITH_ERRORS"
    assert {row.state for row in kept.rows} == {"DONE", "PREDICT_ERROR"}


def test_a_sink_that_fails_interrupts_the_run() -> None:
    kept, predictor = Kept(full=100), Doubler()
    outcome = evaluate(cases(5_000), kept, predictor=predictor)
    assert outcome.ending == "INTERRUPTED"
    assert outcome.reason == "rows could not be kept: ConnectionError: the server is away"
    assert isinstance(outcome.error, ConnectionError)
    assert len(kept.rows) == 100
    assert len(predictor.calls) < 5_000


def test_cases_that_cannot_be_read_interrupt_the_run_and_keep_the_rest() -> None:
    def torn() -> Iterator[Case]:
        yield from cases(3)
        raise OSError("the file is torn")

    kept = Kept()
    outcome = evaluate(torn(), kept)
    assert outcome.ending == "INTERRUPTED"
    assert outcome.reason == "the cases could not be read to the end: OSError: the file is torn"
    assert len(kept.rows) == 3


def test_a_spent_budget_skips_the_rest_and_says_so() -> None:
    kept = Kept()

    def dear() -> Feedback:
        return Feedback(value=1.0, cost_usd=0.25)

    outcome = evaluate(
        cases(1_000), kept, scorers=[as_scorer(dear)], settings=EngineSettings(concurrency=1, budget_usd=1.0)
    )
    assert outcome.ending == "COMPLETED_WITH_ERRORS"
    assert outcome.reason == "the budget of 1 US dollars is spent"
    assert outcome.rows + outcome.skipped == 1_000
    assert outcome.rows < 1_000
    assert sum(row.state == "SKIPPED" for row in kept.rows) == outcome.skipped


def test_only_scorers_that_want_the_trace_fail_when_it_cannot_be_loaded() -> None:
    async def load(trace_id: TraceId) -> Any:
        raise LookupError(f"{trace_id} is not there")

    kept = Kept()
    scorers = [as_scorer(equal), as_scorer(steps)]
    evaluate(cases(1), kept, scorers=scorers, load_trace=load)
    assert values(kept.rows[0]) == {"equal": True, "steps": ("LookupError", f"{TRACE} is not there")}


def test_the_trace_is_loaded_once_for_all_that_want_it() -> None:
    loads: list[TraceId] = []
    trace = ScoredTrace(Trace(TRACE, ExperimentId("0"), "x", "OK", 0, 0, 0, 0))

    async def load(trace_id: TraceId) -> ScoredTrace:
        loads.append(trace_id)
        return trace

    kept = Kept()
    scorers = [scorer_named(name, trace_name) for name in ("a", "b")]
    evaluate(cases(1), kept, scorers=[*scorers, as_scorer(equal)], load_trace=load)
    assert loads == [TRACE]
    assert values(kept.rows[0]) == {"a": "x", "b": "x", "equal": True}


def test_what_was_predicted_before_is_only_scored() -> None:
    kept, predictor = Kept(), Doubler()
    before = Case("0", {"x": 1}, {"y": 7}, outputs=7, trace_id=TRACE, predicted=True)
    evaluate([before], kept, predictor=predictor, scorers=[as_scorer(equal)])
    assert predictor.calls == []
    assert values(kept.rows[0]) == {"equal": True}


class _Response:
    def __init__(self, status_code: int, headers: dict[str, str]) -> None:
        self.status_code = status_code
        self.headers = headers


class ProviderError(Exception):
    def __init__(self, status_code: int, retry_after: str = "") -> None:
        super().__init__(f"answered {status_code}")
        self.response = _Response(status_code, {"retry-after": retry_after})


@pytest.mark.parametrize(
    ("error", "transient", "overload"),
    [
        (ProviderError(429), True, True),
        (ProviderError(529), True, True),
        (ProviderError(500), True, False),
        (ProviderError(400), False, False),
        (ProviderError(401), False, False),
        (ConnectionResetError(), True, False),
        (TimeoutError(), True, False),
        (TookTooLongError(), False, False),
        (type("APIConnectionError", (Exception,), {})(), True, False),
        (ValueError("timeout"), False, False),
    ],
)
def test_failures_are_told_apart(error: BaseException, transient: bool, overload: bool) -> None:
    assert (is_transient(error), is_overload(error)) == (transient, overload)


@pytest.mark.parametrize(("asked", "expected"), [("2", 2.0), ("0", 0.0), ("1e9", 60.0)])
def test_the_providers_pause_counts(asked: str, expected: float) -> None:
    assert pause_s(ProviderError(429, asked), 0) == expected


@pytest.mark.parametrize("asked", ["soon", "-1", "nan", "inf", ""])
def test_a_senseless_pause_is_replaced_by_back_off(asked: str) -> None:
    assert all(0 <= pause_s(ProviderError(429, asked), attempt) <= 60.0 for attempt in range(40))


def test_a_throttle_halves_once_per_overload_and_opens_again() -> None:
    async def scenario() -> list[int]:
        throttle = Throttle(8)
        limits = [throttle.limit]
        throttle.slow_down(0.01)
        throttle.slow_down(0.01)
        limits.append(throttle.limit)
        async with throttle:
            pass
        for _ in range(100):
            throttle.succeeded()
        limits.append(throttle.limit)
        return limits

    assert asyncio.run(scenario()) == [8, 4, 8]


def test_an_overloaded_provider_is_given_its_pause() -> None:
    kept = Kept()
    predictor = Doubler({x: [ProviderError(429, "0.05")] for x in range(5)})
    outcome = evaluate(cases(20), kept, predictor=predictor, settings=EngineSettings(concurrency=5))
    assert outcome.ending == "COMPLETED"
    assert len(predictor.calls) == 25


def test_scorers_that_block_run_in_threads_and_see_the_callers_context() -> None:
    here, told = threading.get_ident(), ContextVar("told", default="nothing")
    found: list[tuple[bool, str]] = []

    def blocking(outputs: Any) -> bool:
        found.append((threading.get_ident() == here, told.get()))
        return True

    async def quick(outputs: Any) -> bool:
        found.append((threading.get_ident() == here, told.get()))
        return True

    told.set("something")
    evaluate(cases(1), Kept(), scorers=[as_scorer(blocking)])
    evaluate(cases(1), Kept(), scorers=[as_scorer(quick)])
    assert found == [(False, "something"), (True, "something")]


def test_a_scorer_that_ends_the_program_ends_only_its_score() -> None:
    def leaving(outputs: Any) -> bool:
        raise SystemExit(3)

    kept = Kept()
    assert evaluate(cases(2), kept, scorers=[as_scorer(leaving)]).ending == "COMPLETED_WITH_ERRORS"
    assert values(kept.rows[0]) == {"leaving": ("ProgramExitError", "the function called sys.exit(3)")}


class Abort(BaseException):
    """As pytest's outcomes and panics of extension modules are."""


@pytest.mark.parametrize("error", [Abort("enough"), GeneratorExit(), KeyboardInterrupt(), SystemExit(3)])
def test_what_is_no_exception_ends_only_the_score(error: BaseException) -> None:
    def blocking(outputs: Any) -> bool:
        raise error

    async def quick(outputs: Any) -> bool:
        raise error if not isinstance(error, GeneratorExit) else Abort("enough")

    kept = Kept()
    outcome = evaluate(cases(5), kept, scorers=[as_scorer(blocking), as_scorer(quick), as_scorer(equal)])
    assert (outcome.ending, outcome.rows, outcome.failed) == ("COMPLETED_WITH_ERRORS", 5, 5)
    assert {row.state for row in kept.rows} == {"SCORE_ERROR"}
    assert all(values(row)["equal"] is True for row in kept.rows)


def test_what_is_no_exception_ends_only_the_prediction() -> None:
    kept = Kept()
    doubler = Doubler({x: [Abort("enough")] for x in range(4)})
    assert evaluate(cases(6), kept, predictor=doubler).ending == "COMPLETED_WITH_ERRORS"
    failures = [row.prediction.failure for row in kept.rows if row.prediction.failure is not None]
    assert [(failure.code, failure.message) for failure in failures] == [("Abort", "enough")] * 4
    assert len(kept.rows) == 6


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_an_asynchronous_function_does_not_end_the_loop(error: type[BaseException]) -> None:
    async def leaving() -> None:
        raise error

    async def main() -> str:
        with pytest.raises(RuntimeError) as raised:
            await call(leaving)
        return type(raised.value).__name__

    assert asyncio.run(main()) == "ProgramExitError"


def test_a_synchronous_scorer_that_returns_an_awaitable_is_told_so() -> None:
    async def later() -> bool:
        await asyncio.sleep(0)
        return True

    def mixed(outputs: Any) -> Any:
        return later()

    kept = Kept()
    evaluate(cases(1), kept, scorers=[as_scorer(mixed)])
    code, message = values(kept.rows[0])["mixed"]
    assert code == "RuntimeError"
    assert "make it an async function" in message or "no running event loop" in message


def test_what_functions_return_is_awaited_and_exhausted() -> None:
    def numbers() -> Iterator[int]:
        yield from (1, 2)

    async def more() -> AsyncIterator[int]:
        yield 3

    async def one() -> int:
        return 4

    def later() -> Any:
        return one()

    async def scenario() -> list[Any]:
        functions = (numbers, more, one, functools.partial(one), later, lambda: 5)
        return [await call(function) for function in functions]

    assert asyncio.run(scenario()) == [[1, 2], [3], 4, 4, 4, 5]


def seen_in(seen: list[Any]) -> Callable[..., Any]:
    def judge(outputs: Any) -> None:
        seen.append(outputs)

    return judge


def shown(error: AssessmentError | None) -> tuple[str, str] | None:
    return None if error is None else (error.code, error.message)
