"""The evaluation engine: cases in, rows out, through a predictor and scorers, as many at once as the provider bears.

Nothing that the user's functions do ends a run: what they raise, or that they take too long, is a value of the row.
What does end it early is cancellation, a spent budget, and a sink that no longer takes rows; every row that was
finished by then is kept, and `Outcome` says how many there are and why it stopped.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Literal, TypeVar

from lodeline.domain.assessment import AssessmentError, AssessmentSource
from lodeline.domain.ids import TraceId
from lodeline.domain.scorer import Feedback, Sample, ScoredTrace
from lodeline.evals.engine.calling import score_of
from lodeline.evals.engine.failures import TookTooLongError, is_overload, is_transient, pause_s
from lodeline.evals.engine.rows import (
    Attempt,
    Case,
    Prediction,
    Predictor,
    Row,
    Sink,
    Watcher,
)
from lodeline.evals.engine.throttle import Throttle
from lodeline.evals.scoring.failures import failure_of
from lodeline.evals.scoring.judged import JUDGED
from lodeline.evals.scoring.protocol import Scorer

T = TypeVar("T")
Ending = Literal["COMPLETED", "COMPLETED_WITH_ERRORS", "CANCELLED", "INTERRUPTED"]
LoadTrace = Callable[[TraceId], Awaitable[ScoredTrace]]

BATCH_ROWS = 100
BATCH_WAIT_S = 0.5
"""Rows go to the sink when there are this many, or when the oldest has waited this long."""
MAX_UNKEPT_ROWS = 1_000
"""With so many rows waiting for the sink, no more are begun."""


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """How a run is executed; none of it may change a result.

    `timeout_s` bounds one call of the predictor and one of each scorer; a synchronous function cannot be stopped and
    goes on in its thread, unseen. `retries` are further tries after transient failures (see `failures`), each with a
    trace of its own. `budget_usd` stops the run when what is known of its cost has reached it; rows that were begun
    by then are finished.
    """

    concurrency: int = 10
    repetitions: int = 1
    timeout_s: float | None = None
    retries: int = 2
    budget_usd: float | None = None


@dataclass(slots=True)
class Outcome:
    """How a run ended, with its counts: `rows` ended one way or the other, of these `failed` with an error."""

    ending: Ending = "COMPLETED"
    reason: str | None = None
    rows: int = 0
    failed: int = 0
    skipped: int = 0
    cost_usd: float = 0.0
    error: BaseException | None = field(default=None, repr=False)


async def run(
    cases: Iterable[Case],
    *,
    predictor: Predictor,
    scorers: Sequence[Scorer],
    sink: Sink,
    settings: EngineSettings,
    load_trace: LoadTrace | None = None,
    watcher: Watcher | None = None,
    throttle: Throttle | None = None,
) -> Outcome:
    """Evaluate each case `settings.repetitions` times, and return how it went.

    `cases` are taken lazily. When the task that runs this is cancelled, rows in flight are given up, the finished
    ones are kept, and the outcome is CANCELLED: it is returned, not raised.
    """
    parts = _Parts(predictor, tuple(scorers), sink, load_trace, watcher, throttle or Throttle(settings.concurrency))
    return await _Engine(parts, settings).run(_repeated(cases, settings.repetitions))


def _repeated(cases: Iterable[Case], repetitions: int) -> Iterator[Case]:
    for case in cases:
        for repetition in range(repetitions):
            yield case if repetition == 0 else replace(case, repetition=repetition)


@dataclass(frozen=True, slots=True)
class _Parts:
    """What a run is made of."""

    predictor: Predictor
    scorers: tuple[Scorer, ...]
    sink: Sink
    load_trace: LoadTrace | None
    watcher: Watcher | None
    throttle: Throttle


class _Engine:
    """One run."""

    def __init__(self, parts: _Parts, settings: EngineSettings) -> None:
        self._parts = parts
        self._settings = settings
        self._load_trace = parts.load_trace if any(_wants_trace(scorer) for scorer in parts.scorers) else None
        self._finished: asyncio.Queue[Row | None] = asyncio.Queue(MAX_UNKEPT_ROWS)
        self._outcome = Outcome()

    async def run(self, cases: Iterator[Case]) -> Outcome:
        keeper = asyncio.create_task(self._keep())
        workers = [asyncio.create_task(self._work(cases)) for _ in range(self._settings.concurrency)]
        work = asyncio.gather(*workers, return_exceptions=True)
        try:
            # The keeper ends before the work only when the sink fails: then there is no use in going on.
            await asyncio.wait({work, keeper}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            self._outcome.ending, self._outcome.reason = "CANCELLED", "the run was cancelled"
        for worker in workers:
            worker.cancel()
        for ended in await asyncio.gather(*workers, return_exceptions=True):
            if isinstance(ended, BaseException) and not isinstance(ended, asyncio.CancelledError):
                self._interrupt(ended, "the cases could not be read to the end")
        await self._close(keeper)
        outcome = self._outcome
        if outcome.ending == "COMPLETED" and (outcome.failed or outcome.skipped):
            outcome.ending = "COMPLETED_WITH_ERRORS"
        return outcome

    async def _close(self, keeper: "asyncio.Task[None]") -> None:
        """Let the keeper finish what it has."""
        if not keeper.done():
            closing = asyncio.create_task(self._finished.put(None))
            await asyncio.wait({closing, keeper}, return_when=asyncio.FIRST_COMPLETED)
            closing.cancel()
        try:
            await keeper
        except Exception as error:
            self._interrupt(error, "rows could not be kept")

    def _interrupt(self, error: BaseException, what: str) -> None:
        failure = failure_of(error)
        self._outcome.ending, self._outcome.error = "INTERRUPTED", error
        self._outcome.reason = f"{what}: {failure.code}: {failure.message}"

    async def _work(self, cases: Iterator[Case]) -> None:
        for case in cases:
            row = Row(case, "SKIPPED", Prediction()) if self._spent() else await self._row(case)
            await self._finished.put(row)

    def _spent(self) -> bool:
        budget = self._settings.budget_usd
        if budget is None or self._outcome.cost_usd < budget:
            return False
        self._outcome.reason = f"the budget of {budget:g} US dollars is spent"
        return True

    async def _row(self, case: Case) -> Row:
        prediction, attempts = (
            (Prediction(case.outputs, case.trace_id), 1) if case.predicted else await self._predicted(case)
        )
        if prediction.failure is not None:
            return Row(case, "PREDICT_ERROR", prediction, attempts=attempts)
        scores = await self._scored(case, prediction)
        failed = any(score.error is not None for score in scores)
        return Row(case, "SCORE_ERROR" if failed else "DONE", prediction, scores, attempts)

    async def _predicted(self, case: Case) -> tuple[Prediction, int]:
        tries = 0
        while True:
            attempt, started = Attempt(), time.perf_counter()
            try:
                async with self._parts.throttle:
                    found = await self._within_time(self._parts.predictor.predict(case, attempt))
                self._parts.throttle.succeeded()
                return found, tries + 1
            except BaseException as error:
                _leave_if_not_theirs(error)
                duration_ms = (time.perf_counter() - started) * 1e3
                if is_overload(error):
                    self._parts.throttle.slow_down(pause_s(error, tries))
                if tries >= self._settings.retries or not is_transient(error):
                    return Prediction(None, attempt.trace_id, duration_ms, failure_of(error)), tries + 1
                await asyncio.sleep(pause_s(error, tries))
                tries += 1

    async def _scored(self, case: Case, prediction: Prediction) -> tuple[Feedback, ...]:
        # The task is a worker's, so what is set here holds until it sets the next.
        JUDGED.set(prediction.trace_id)
        sample = Sample(inputs=case.inputs, outputs=prediction.outputs, expectations=case.expectations)
        if self._load_trace is not None and prediction.trace_id is not None:
            try:
                trace = await self._within_time(self._load_trace(prediction.trace_id))
            except BaseException as error:
                _leave_if_not_theirs(error)
                failure = failure_of(error)
                blind = [_failed(scorer, failure) for scorer in self._parts.scorers if _wants_trace(scorer)]
                sighted = [scorer for scorer in self._parts.scorers if not _wants_trace(scorer)]
                return (*await self._scores(sighted, sample), *blind)
            sample = replace(sample, trace=trace)
        return await self._scores(self._parts.scorers, sample)

    async def _scores(self, scorers: Sequence[Scorer], sample: Sample) -> tuple[Feedback, ...]:
        found = await asyncio.gather(*(self._score(scorer, sample) for scorer in scorers))
        return tuple(score for scores in found for score in scores)

    async def _score(self, scorer: Scorer, sample: Sample) -> tuple[Feedback, ...]:
        try:
            return await self._within_time(score_of(scorer, sample))
        except BaseException as error:
            _leave_if_not_theirs(error)
            return (_failed(scorer, failure_of(error)),)

    async def _within_time(self, call: Awaitable[T]) -> T:
        if self._settings.timeout_s is None:
            return await call
        bound = asyncio.timeout(self._settings.timeout_s)
        try:
            async with bound:
                return await call
        except TimeoutError as error:
            if not bound.expired():
                raise
            raise TookTooLongError(f"no answer within {self._settings.timeout_s:g} s") from error

    async def _keep(self) -> None:
        """Take finished rows to the sink until the last one has come."""
        ended = False
        while not ended:
            rows: list[Row] = []
            row = await self._finished.get()
            with suppress(TimeoutError):
                async with asyncio.timeout(BATCH_WAIT_S):
                    while row is not None:
                        self._count(row)
                        rows.append(row)
                        if len(rows) >= BATCH_ROWS:
                            break
                        row = await self._finished.get()
            ended = row is None
            if rows:
                self._outcome.cost_usd += await self._parts.sink.keep(rows)

    def _count(self, row: Row) -> None:
        outcome = self._outcome
        if row.state == "SKIPPED":
            outcome.skipped += 1
        else:
            outcome.rows += 1
            outcome.failed += row.state != "DONE"
            outcome.cost_usd += row.judged_usd or 0.0
        if self._parts.watcher is not None:
            self._parts.watcher.row(row)


def _wants_trace(scorer: Scorer) -> bool:
    return "trace" in scorer.definition.wants


def _failed(scorer: Scorer, failure: AssessmentError) -> Feedback:
    source = AssessmentSource("CODE", scorer.name, scorer.definition.digest)
    return Feedback(name=scorer.name, error=failure, source=source)


def _leave_if_not_theirs(error: BaseException) -> None:
    """Raise again what ends this task: a cancellation that is its own, not one inside the user's function.

    Anything else is a failure of the function, also what is no `Exception`: pytest and extension modules raise such.
    """
    task = asyncio.current_task()
    if isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling():
        raise error
    if isinstance(error, GeneratorExit | KeyboardInterrupt | SystemExit):
        raise error
