"""The built-in optimiser: few-shot examples from the judge's mistakes, and instructions that the model rewrites.

Each round tries candidates on a part of the training rows that they were not made from, and keeps the best one; the
judge as it was stays unless something is better. It takes about (rounds x proposals x rows) calls.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from lodeline.domain.errors import Invalid
from lodeline.domain.span import JsonValue
from lodeline.evals.alignment.labelled import Labelled, split_rows
from lodeline.evals.alignment.optimiser import AlignmentTask, Trial, example_of, mean_points, try_judge
from lodeline.evals.alignment.rewriting import in_turn, rewrite
from lodeline.evals.judges.examples import MAX_EXAMPLES, JudgeExample
from lodeline.evals.judges.judge import Judge
from lodeline.evals.judges.model import JudgeModel


@dataclass(frozen=True, slots=True)
class Refine:
    """Few-shot examples, rewritten instructions, or both, whichever agrees best with people.

    `examples` (0 for none) are chosen value by value in turn, rows that the judge got wrong before rows it got right.
    `proposals` (0 for none) are how many texts a round asks `model` for, the judge's own without one.
    Rewritten instructions come from a model that reads traces: read them before you use the judge.
    """

    rounds: int = 2
    proposals: int = 2
    examples: int = 4
    model: JudgeModel | None = None

    def __post_init__(self) -> None:
        """Check the numbers."""
        for noun, least, most in (("rounds", 1, 10), ("proposals", 0, 10), ("examples", 0, MAX_EXAMPLES)):
            if not least <= getattr(self, noun) <= most:
                raise Invalid.value(noun, getattr(self, noun), f"a number from {least} to {most}")
        if self.proposals == self.examples == 0:
            raise Invalid("refine: with neither proposals nor examples there is nothing to try.")

    @property
    def name(self) -> str:
        """What it is called in reports."""
        return "refine"

    @property
    def params(self) -> Mapping[str, JsonValue]:
        """What its results depend on, besides the labels."""
        return {
            "rounds": self.rounds,
            "proposals": self.proposals,
            "examples": self.examples,
            "model": None if self.model is None else self.model.name,
        }

    async def optimise(self, task: AlignmentTask) -> Judge:
        """Return the best judge found."""
        learn, check = split_rows(task.train, 0.5, task.seed)
        best = task.judge
        points = mean_points(await try_judge(best, check, task.concurrency))
        for number in range(self.rounds):
            trials = await try_judge(best, learn, task.concurrency)
            found = best
            for candidate in await self._candidates(best, trials, number):
                reached = mean_points(await try_judge(candidate, check, task.concurrency))
                if reached > points:
                    found, points = candidate, reached
            if found is best:
                break
            best = found
        return best

    async def _candidates(self, judge: Judge, trials: Sequence[Trial], number: int) -> list[Judge]:
        wrong = [trial for trial in trials if not trial.right]
        if not wrong:
            return []
        examples = choose_examples(judge, trials, self.examples)
        texts = [
            await rewrite(judge, self.model or judge.model, trials, number * self.proposals + n)
            for n in range(self.proposals)
        ]
        rewritten = [replace(judge, instructions=text) for text in dict.fromkeys(texts) if text is not None]
        shown = [replace(each, examples=examples) for each in (judge, *rewritten)] if examples else []
        return [*rewritten, *shown]


def choose_examples(judge: Judge, trials: Sequence[Trial], number: int) -> tuple[JudgeExample, ...]:
    """Return examples of each value in turn, those with most mistakes first, and of a value what the judge got wrong
    before what it got right: examples of one value alone would teach it to say that. None for free text.

    Rows of one record give one example.
    """
    if judge.verdict.kind == "str" and not judge.verdict.options:
        return ()
    chosen: list[Labelled] = []
    keys: set[str] = set()
    known = [trial for trial in trials if trial.error is None]
    for trial in in_turn(sorted(known, key=lambda trial: trial.right)):
        if len(chosen) < number and trial.row.key not in keys:
            keys.add(trial.row.key)
            chosen.append(trial.row)
    return tuple(example_of(judge, row) for row in chosen)
