"""The engine: rows out of cases, whatever the functions of the user do."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from lodeline.domain.ids import TraceId
from lodeline.evals.engine.failures import TookTooLong, is_overload, is_transient, pause_s
from lodeline.evals.engine.rows import Case, Failure, Prediction, Row, Score, Seen
from lodeline.evals.engine.run import EngineSettings, Outcome, run
from lodeline.evals.engine.throttle import Throttle

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

    async def predict(self, case: Case) -> Prediction:
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

    def trace_of(self, error: BaseException) -> TraceId | None:
        return TRACE if isinstance(error, ValueError) else None


@dataclass
class Equal:
    name: str = "equal"
    wants_trace: bool = False
    seen: list[Seen] = field(default_factory=list[Seen])

    async def score(self, seen: Seen) -> Sequence[Score]:
        self.seen.append(seen)
        return [Score(self.name, seen.outputs == seen.case.expectations["y"])]


@dataclass
class Broken:
    name: str = "broken"
    wants_trace: bool = False
    error: BaseException = field(default_factory=lambda: ZeroDivisionError("division by zero"))

    async def score(self, seen: Seen) -> Sequence[Score]:
        raise self.error


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
    outcome = evaluate(cases(250), kept, scorers=[Equal()])
    assert (outcome.ending, outcome.rows, outcome.failed, outcome.skipped) == ("COMPLETED", 250, 0, 0)
    assert {row.case.key for row in kept.rows} == {str(i) for i in range(250)}
    assert all(row.state == "DONE" and row.prediction.trace_id == TRACE for row in kept.rows)
    assert all(row.scores == (Score("equal", True),) for row in kept.rows)
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
    kept, scorer = Kept(), Equal()
    predictor = Doubler({1: [ValueError("no such x: 1")]})
    outcome = evaluate(cases(3), kept, predictor=predictor, scorers=[scorer])
    assert (outcome.ending, outcome.rows, outcome.failed) == ("COMPLETED_WITH_ERRORS", 3, 1)
    failed = next(row for row in kept.rows if row.state == "PREDICT_ERROR")
    assert failed.prediction.failure == Failure("ValueError", "no such x: 1")
    assert failed.prediction.trace_id == TRACE
    assert failed.scores == ()
    assert len(scorer.seen) == 2


def test_a_failing_scorer_is_an_error_score_beside_the_others() -> None:
    kept = Kept()
    outcome = evaluate(cases(1), kept, scorers=[Equal(), Broken()])
    assert outcome.ending == "COMPLETED_WITH_ERRORS"
    (row,) = kept.rows
    assert row.state == "SCORE_ERROR"
    assert row.scores == (
        Score("equal", True),
        Score("broken", failure=Failure("ZeroDivisionError", "division by zero")),
    )


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
        async def predict(self, case: Case) -> Prediction:
            self.calls.append(0)
            await asyncio.sleep(3600)
            raise AssertionError

    kept, predictor = Kept(), Slow()
    evaluate(cases(1), kept, predictor=predictor, settings=EngineSettings(timeout_s=0.05))
    assert predictor.calls == [0]
    assert kept.rows[0].prediction.failure == Failure("TookTooLong", "no answer within 0.05 s")


def test_no_more_run_at_once_than_asked() -> None:
    predictor = Doubler()
    evaluate(cases(100), Kept(), predictor=predictor, settings=EngineSettings(concurrency=4))
    assert 1 < predictor.most_inside <= 4


def test_cancelling_keeps_what_is_finished() -> None:
    kept = Kept()

    class Stuck(Doubler):
        async def predict(self, case: Case) -> Prediction:
            if case.inputs["x"] >= 5:
                await asyncio.sleep(3600)
            return await super().predict(case)

    async def scenario() -> Outcome:
        task = asyncio.create_task(
            run(cases(50), predictor=Stuck(), scorers=[Equal()], sink=kept, settings=EngineSettings(concurrency=10))
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

    @dataclass
    class Dear(Equal):
        async def score(self, seen: Seen) -> Sequence[Score]:
            return [Score("dear", 1.0, cost_usd=0.25)]

    outcome = evaluate(cases(1_000), kept, scorers=[Dear()], settings=EngineSettings(concurrency=1, budget_usd=1.0))
    assert outcome.ending == "COMPLETED_WITH_ERRORS"
    assert outcome.reason == "the budget of 1 US dollars is spent"
    assert outcome.rows + outcome.skipped == 1_000
    assert outcome.rows < 1_000
    assert sum(row.state == "SKIPPED" for row in kept.rows) == outcome.skipped


def test_only_scorers_that_want_the_trace_fail_when_it_cannot_be_loaded() -> None:
    async def load(trace_id: TraceId) -> Any:
        raise LookupError(f"{trace_id} is not there")

    kept = Kept()
    evaluate(cases(1), kept, scorers=[Equal(), Broken(wants_trace=True)], load_trace=load)
    by_name = {score.name: score for score in kept.rows[0].scores}
    assert by_name["equal"].value is True
    assert by_name["broken"].failure == Failure("LookupError", f"{TRACE} is not there")


def test_the_trace_is_loaded_once_for_all_that_want_it() -> None:
    loads: list[TraceId] = []

    async def load(trace_id: TraceId) -> Any:
        loads.append(trace_id)
        return "the trace"

    first, second, third = Equal("a", wants_trace=True), Equal("b", wants_trace=True), Equal("c")
    evaluate(cases(1), Kept(), scorers=[first, second, third], load_trace=load)
    assert loads == [TRACE]
    assert first.seen[0].trace == second.seen[0].trace == "the trace"


def test_what_was_predicted_before_is_only_scored() -> None:
    kept, predictor = Kept(), Doubler()
    before = Case("0", {"x": 1}, {"y": 7}, outputs=7, trace_id=TRACE, predicted=True)
    evaluate([before], kept, predictor=predictor, scorers=[Equal()])
    assert predictor.calls == []
    assert kept.rows[0].scores == (Score("equal", True),)


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
        (TookTooLong(), False, False),
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


def test_an_error_that_cannot_be_shown_is_named_by_its_class() -> None:
    class Hostile(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no")

    assert Failure.of(Hostile()) == Failure("Hostile", "Hostile without a message")
