"""GEPA (Agrawal et al. 2025, "Reflective Prompt Evolution") as an optimiser: its search, with our way to ask."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from lodeline.domain.errors import Invalid
from lodeline.domain.span import JsonValue
from lodeline.evals.alignment.labelled import Labelled, split_rows
from lodeline.evals.alignment.optimiser import AlignmentTask, Trial, is_measured, try_judge
from lodeline.evals.alignment.rewriting import rewrite
from lodeline.evals.judges.background import wait_for
from lodeline.evals.judges.judge import Judge
from lodeline.evals.judges.model import JudgeFailed, JudgeModel
from lodeline.evals.optional import load_optional

INSTRUCTIONS = "instructions"


@dataclass(frozen=True, slots=True)
class Gepa:
    """Instructions by GEPA's evolutionary search, which the extra ``lodeline[alignment]`` brings.

    It makes about `max_calls` calls of the judge, and rewrites by `model`, the judge's own without one; each time
    from `batch` rows. It sends nothing anywhere else and writes no files. Rewritten instructions come from a model
    that reads traces: read them before you use the judge.
    """

    max_calls: int = 300
    batch: int = 8
    model: JudgeModel | None = None

    def __post_init__(self) -> None:
        """Check the numbers."""
        if not 1 <= self.max_calls <= 1_000_000:
            raise Invalid.value("max_calls", self.max_calls, "a number from 1 to 1,000,000")
        if not 1 <= self.batch <= 100:
            raise Invalid.value("batch", self.batch, "a number from 1 to 100")

    @property
    def name(self) -> str:
        """What it is called in reports."""
        return "gepa"

    @property
    def params(self) -> Mapping[str, JsonValue]:
        """What its results depend on, besides the labels."""
        return {
            "max_calls": self.max_calls,
            "batch": self.batch,
            "model": None if self.model is None else self.model.name,
        }

    async def optimise(self, task: AlignmentTask) -> Judge:
        """Return the judge with the best instructions found on a part of the rows that they were not made from."""
        gepa: Any = load_optional("gepa", install="lodeline[alignment]", needed_for="Gepa")
        learn, check = split_rows(task.train, 0.5, task.seed)
        adapter = _Adapter(task, self.model or task.judge.model, gepa.EvaluationBatch)
        # GEPA is synchronous, and asks the judge on the judges' own loop.
        found = await asyncio.to_thread(
            partial(
                gepa.optimize,
                seed_candidate={INSTRUCTIONS: task.judge.instructions},
                trainset=list(learn),
                valset=list(check),
                adapter=adapter,
                max_metric_calls=self.max_calls,
                stop_callbacks=adapter.has_failed,
                reflection_minibatch_size=min(self.batch, len(learn)),
                logger=_Silent(),
                seed=task.seed,
            )
        )
        if adapter.failure is not None:
            raise adapter.failure
        scores: list[float] = found.val_aggregate_scores
        best = max(range(len(scores)), key=lambda number: (scores[number], -number))
        if scores[best] <= scores[0]:
            return task.judge
        return replace(task.judge, instructions=str(found.candidates[best][INSTRUCTIONS]))


class _Silent:
    def log(self, message: str) -> None:
        """Say nothing: what GEPA logs holds what is judged."""


@dataclass(slots=True)
class _Adapter:
    """What GEPA calls; by its own protocol, `GEPAAdapter`."""

    task: AlignmentTask
    model: JudgeModel
    batch_of: Any
    asked: int = 0
    failure: JudgeFailed | None = None

    def has_failed(self, state: object) -> bool:
        """Return whether to stop: GEPA itself goes on past what its adapter raises."""
        return self.failure is not None

    def evaluate(self, batch: list[Labelled], candidate: dict[str, str], capture_traces: bool = False) -> Any:
        """Return the judge's verdicts on some rows, with a score for each."""
        judge = replace(self.task.judge, instructions=candidate[INSTRUCTIONS])
        trials = wait_for(try_judge(judge, batch, self.task.concurrency))
        scores = [_score(trial) for trial in trials]
        return self.batch_of(
            outputs=list(trials), scores=scores, trajectories=list(trials) if capture_traces else None
        )

    def make_reflective_dataset(
        self, candidate: dict[str, str], eval_batch: Any, components_to_update: list[str]
    ) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """Return the trials themselves: `propose_new_texts` alone reads them."""
        return {name: [{"trial": trial} for trial in eval_batch.trajectories] for name in components_to_update}

    def propose_new_texts(
        self,
        candidate: dict[str, str],
        reflective_dataset: Mapping[str, Sequence[Mapping[str, Any]]],
        components_to_update: list[str],
    ) -> dict[str, str]:
        """Return rewritten instructions, the present ones where the model gave none that can be used."""
        present = candidate[INSTRUCTIONS]
        trials: list[Trial] = [each["trial"] for each in reflective_dataset[INSTRUCTIONS]]
        judge = replace(self.task.judge, instructions=present)
        self.asked += 1
        try:
            return {INSTRUCTIONS: wait_for(rewrite(judge, self.model, trials, self.asked)) or present}
        except JudgeFailed as failure:
            if failure.error_code != "malformed_answer":
                self.failure = failure
            return {INSTRUCTIONS: present}


def _score(trial: Trial) -> float:
    """Return a score from 0 to 1: right or wrong, of numbers the nearness; 0 for an error."""
    if trial.points is None:
        return 0.0
    return 1 / (1 - trial.points) if is_measured(trial.row.value) else trial.points
