"""Alignment of a judge: split, refine on one side, try both versions on the other."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from lodeline.evals.alignment.labelled import Labelled, Split, data_digest, split_by_record
from lodeline.evals.alignment.optimiser import CONCURRENCY, AlignmentTask, Optimiser, Trial, is_measured, try_judge
from lodeline.evals.judges.judge import Judge


@dataclass(frozen=True, slots=True)
class Aligned:
    """What an alignment made: the refined judge (the one given when nothing was better), the split, and the verdicts
    of both versions on the held-out rows, in the same order."""

    judge: Judge
    parent: Judge
    split: Split
    before: tuple[Trial, ...]
    after: tuple[Trial, ...]
    data_digest: str

    @property
    def changed(self) -> bool:
        """Whether the optimiser found something better."""
        return self.judge.digest_params != self.parent.digest_params

    @property
    def measured(self) -> bool:
        """Whether verdicts are numbers to be near to."""
        return all(is_measured(row.value) for row in self.split.held_out)


async def align(
    judge: Judge,
    labelled: Sequence[Labelled],
    optimiser: Optimiser,
    *,
    held_out: float = 0.5,
    seed: int = 0,
    concurrency: int = CONCURRENCY,
) -> Aligned:
    """Refine a judge on a part of the labels and try it on the rest, which the optimiser never sees.

    The refined judge is `tuned_on` the records of the training part and on what its parent was tuned on. Invalid
    where the labels are too few or do not vary (`split_by_record`).
    """
    split = split_by_record(labelled, held_out=held_out, seed=seed)
    refined = await optimiser.optimise(AlignmentTask(judge, split.train, seed, concurrency))
    before = await try_judge(judge, split.held_out, concurrency)
    after = before
    if refined.digest_params != judge.digest_params:
        after = await try_judge(refined, split.held_out, concurrency)
        refined = replace(refined, tuned_on=judge.tuned_on | {row.key for row in split.train})
    return Aligned(refined, judge, split, before, after, data_digest(labelled))
