"""What an optimiser of judges is, and how it tries one out."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from lodeline.domain.errors import LodelineError
from lodeline.domain.span import JsonValue
from lodeline.evals.alignment.labelled import Labelled
from lodeline.evals.judges.evidence import evidence_blocks
from lodeline.evals.judges.examples import JudgeExample, cut
from lodeline.evals.judges.judge import Judge

CONCURRENCY = 10


@dataclass(frozen=True, slots=True)
class Trial:
    """A judge's verdict on one labelled output, or the code of the error that took its place."""

    row: Labelled
    value: JsonValue = None
    rationale: str = ""
    error: str | None = None

    @property
    def right(self) -> bool:
        """Whether it said what people decided."""
        return self.error is None and same(self.value, self.row.value)

    @property
    def points(self) -> float | None:
        """1 or 0 for right or wrong; of numbers less the distance; None for an error."""
        if self.error is not None:
            return None
        if is_measured(self.row.value) and isinstance(self.value, int | float):
            return -abs(float(self.value) - float(self.row.value))
        return float(self.right)


@dataclass(frozen=True, slots=True)
class AlignmentTask:
    """What an optimiser is given: the judge as it is, and the rows to learn from. `seed` decides what is chance."""

    judge: Judge
    train: tuple[Labelled, ...]
    seed: int = 0
    concurrency: int = CONCURRENCY


class Optimiser(Protocol):
    """Makes a better judge of one, from labels."""

    @property
    def name(self) -> str:
        """What it is called in reports."""
        ...

    @property
    def params(self) -> Mapping[str, JsonValue]:
        """What its results depend on, besides the labels."""
        ...

    async def optimise(self, task: AlignmentTask) -> Judge:
        """Return the refined judge, or the one given when nothing was better. It sees `task.train` alone. Raises
        `LodelineError` when the model that it asks cannot be used."""
        ...


def is_measured(value: JsonValue) -> bool:
    """Return whether a value is a number to be near to, not a label to be hit."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def same(value: JsonValue, truth: JsonValue) -> bool:
    """Return whether two values are equal; true is not 1."""
    return value == truth and isinstance(value, bool) == isinstance(truth, bool)


async def try_judge(judge: Judge, rows: Sequence[Labelled], concurrency: int = CONCURRENCY) -> tuple[Trial, ...]:
    """Return a judge's verdict on each row, in order; a call that fails is a trial with an error."""
    places = asyncio.Semaphore(concurrency)

    async def one(row: Labelled) -> Trial:
        async with places:
            sample = row.sample
            try:
                found = await judge.call_async(
                    inputs=sample.inputs,
                    outputs=sample.outputs,
                    expectations=sample.expectations,
                    trace=sample.trace,
                    session=sample.session,
                )
            except LodelineError as error:
                return Trial(row, error=error.error_code)
            return Trial(row, found.value, found.rationale or "")

    return tuple(await asyncio.gather(*(one(row) for row in rows)))


def mean_points(trials: Sequence[Trial]) -> float:
    """Return how good a judge was over trials, higher is better; errors count like the worst of what it said."""
    known = [trial.points for trial in trials]
    worst = min((points for points in known if points is not None), default=0.0)
    found = [min(worst, 0.0) if points is None else points for points in known]
    return sum(found) / len(found) if found else 0.0


def example_of(judge: Judge, row: Labelled) -> JudgeExample:
    """Return a labelled output as an example for a judge; Invalid where it lacks the judge's evidence."""
    blocks = evidence_blocks(row.sample, judge.evidence)
    return JudgeExample(blocks, judge.verdict.check(row.value), cut(row.reason))
