"""Pairwise: the answer against another one, in both orders, because judges favour a place."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from lodeline.domain.errors import Invalid
from lodeline.domain.scorer import Direction, Feedback, Sample, ScorerArgument, ScorerKind, ValueKind
from lodeline.domain.span import JsonValue
from lodeline.evals.judges.background import wait_for
from lodeline.evals.judges.evidence import evidence_blocks
from lodeline.evals.judges.judge import feedback_of
from lodeline.evals.judges.model import DataBlock, JudgeModel, JudgeReply, JudgeRequest
from lodeline.evals.judges.opening import open_model
from lodeline.evals.judges.verdict import Verdict
from lodeline.evals.texts import expected_text, text_of

_INSTRUCTIONS = """\
Compare two answers, the data named "first" and the data named "second", to the request in the data named "inputs".

{criteria}

Do not let the order of the answers, their length or their tone of conviction decide. In the rationale weigh both \
against the criteria. The value is "first" or "second" for the better one, "tie" when neither is better."""
_CRITERIA = "The better answer does what was asked more correctly, more completely and more usefully."
_VERDICT = Verdict("str", ("first", "second", "tie"))


@dataclass(frozen=True, slots=True)
class PairwiseJudge:
    """Judges the outputs against another answer, which stands in the expectations.

    Value: 1 when the outputs win, 0 when they lose, 0.5 for a tie; so a mean is the rate of wins with ties as halves.
    With `swap` both orders are asked, and two verdicts that contradict each other are a tie, because then the place
    decided (Zheng et al. 2023, "Judging LLM-as-a-Judge with MT-Bench and Chatbot Arena"); the metadata's
    ``consistent`` tells. Costs and tokens are those of both calls.
    """

    model: JudgeModel
    criteria: str = _CRITERIA
    name: str = "pairwise"
    baseline: str = "baseline_response"
    swap: bool = True
    version: str = "1"
    validated: bool = False
    max_output_tokens: int = 2_000
    scorer_kind: ClassVar[ScorerKind] = "JUDGE"
    direction: ClassVar[Direction] = "higher"
    value_kind: ClassVar[ValueKind] = "number"
    scorer_arguments: ClassVar[Mapping[ScorerArgument, bool]] = {
        "inputs": True, "outputs": True, "expectations": True,
    }  # fmt: skip

    @property
    def judge_model(self) -> str:
        """The model that judges."""
        return self.model.name

    @property
    def digest_params(self) -> Mapping[str, JsonValue]:
        """What its verdicts depend on."""
        return {
            "instructions": self._instructions,
            "baseline": self.baseline,
            "swap": self.swap,
            "model": self.model.digest_params,
            "max_output_tokens": self.max_output_tokens,
        }

    def __call__(
        self,
        *,
        inputs: JsonValue = None,
        outputs: JsonValue = None,
        expectations: Mapping[str, JsonValue] | None = None,
    ) -> Feedback:
        """Judge, and wait for the verdict."""
        return wait_for(self.call_async(inputs=inputs, outputs=outputs, expectations=expectations))

    async def call_async(
        self,
        *,
        inputs: JsonValue = None,
        outputs: JsonValue = None,
        expectations: Mapping[str, JsonValue] | None = None,
    ) -> Feedback:
        """Judge."""
        ours, theirs = text_of(outputs), expected_text(expectations or {}, self.baseline)
        asked = evidence_blocks(Sample(inputs=inputs), ("inputs",))
        orders = [(ours, theirs), (theirs, ours)] if self.swap else [(ours, theirs)]
        replies = await asyncio.gather(*(self._ask(asked, first, second) for first, second in orders))
        read = [_VERDICT.read(reply) for reply in replies]
        points = [_points(str(value), swapped=index == 1) for index, (value, _) in enumerate(read)]
        consistent = len(set(points)) == 1
        made = feedback_of(
            _summed(replies),
            value=points[0] if consistent else 0.5,
            rationale="\n\n".join(_labelled(read)),
            name=self.name,
        )
        return replace(made, metadata={**made.metadata, "consistent": str(consistent).lower()})

    async def _ask(self, asked: Sequence[DataBlock], first: str, second: str) -> JudgeReply:
        data = (*asked, DataBlock("first", first), DataBlock("second", second))
        return await self.model.answer(
            JudgeRequest(self._instructions, data, _VERDICT.schema(), self.max_output_tokens)
        )

    @property
    def _instructions(self) -> str:
        return _INSTRUCTIONS.replace("{criteria}", self.criteria)


def pairwise(
    model: str | JudgeModel, *, criteria: str = _CRITERIA, name: str = "pairwise", swap: bool = True, **options: Any
) -> PairwiseJudge:
    """Return a judge of the outputs against ``baseline_response`` of the expectations; see `PairwiseJudge`.

    `options` are those of `open_model`. Invalid for empty criteria.
    """
    if not criteria.strip():
        raise Invalid.value("criteria", criteria, "a text that is not empty")
    return PairwiseJudge(open_model(model, **options), criteria=criteria, name=name, swap=swap)


def _points(value: str, *, swapped: bool) -> float:
    if value == "tie":
        return 0.5
    return float((value == "first") is not swapped)


def _labelled(read: Sequence[tuple[JsonValue, str]]) -> list[str]:
    if len(read) == 1:
        return [read[0][1]]
    return [f"Ours first ({read[0][0]}): {read[0][1]}", f"Ours second ({read[1][0]}): {read[1][1]}"]


def _summed(replies: Sequence[JudgeReply]) -> JudgeReply:
    """Return the replies as one: tokens, cost and attempts added up, the longest latency."""
    costs = [reply.cost_usd for reply in replies if not reply.cached]
    return replace(
        replies[0],
        input_tokens=sum(reply.input_tokens for reply in replies),
        output_tokens=sum(reply.output_tokens for reply in replies),
        cost_usd=None if None in costs else sum(cost for cost in costs if cost is not None),
        latency_ms=max(reply.latency_ms for reply in replies),
        attempts=sum(reply.attempts for reply in replies),
        cached=all(reply.cached for reply in replies),
    )
