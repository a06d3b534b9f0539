"""Ensemble: several judges of one question, their verdicts made one."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Any, ClassVar, Literal, TypeAlias, get_args

from lodeline.domain.assessment import AssessmentSource, numeric_value
from lodeline.domain.errors import Invalid
from lodeline.domain.scorer import Direction, Feedback, Sample, ScorerKind, ValueKind
from lodeline.domain.span import JsonValue
from lodeline.evals.judges.background import wait_for
from lodeline.evals.judges.model import JudgeFailed
from lodeline.evals.scoring.bound import as_scorer
from lodeline.evals.scoring.protocol import Scorer

Combine: TypeAlias = Literal["majority", "mean", "median", "all", "any"]


@dataclass(frozen=True, slots=True)
class Ensemble:
    """Several judges (or other scorers) as one: all are asked at once, and their values combined.

    `combine`: "majority" takes the most frequent value, with the share of judges that gave it as confidence; no value
    with the most votes is an error (``tied``), so give an odd number. "mean" and "median" are of the values as
    numbers; "all" and "any" of bools. A judge that fails is left out as long as `least` (by default more than half)
    give a value; otherwise it is an error (``too_few_judgments``). The metadata holds each one's value or error, the
    rationale theirs one after the other.
    """

    members: tuple[Scorer, ...]
    combine: Combine = "majority"
    name: str = "ensemble"
    least: int | None = None
    direction: Direction = "higher"
    version: str = "1"
    validated: bool = False
    scorer_kind: ClassVar[ScorerKind] = "JUDGE"

    @property
    def judge_model(self) -> str:
        """The members' names."""
        return "+".join(member.name for member in self.members)

    @property
    def value_kind(self) -> ValueKind:
        """What its values are."""
        if self.combine in ("mean", "median"):
            return "number"
        return self.members[0].definition.value_kind if self.combine == "majority" else "bool"

    @property
    def scorer_arguments(self) -> Mapping[str, bool]:
        """What its members take; each says itself what it misses."""
        return {argument: False for member in self.members for argument in member.definition.wants}

    @property
    def digest_params(self) -> Mapping[str, JsonValue]:
        """What its verdicts depend on."""
        return {
            "members": [member.definition.digest for member in self.members],
            "combine": self.combine,
            "least": self.least,
        }

    def __call__(self, **given: Any) -> Feedback:
        """Judge, and wait for the verdict."""
        return wait_for(self.call_async(**given))

    async def call_async(self, **given: Any) -> Feedback:
        """Judge."""
        sample = Sample(**given)
        answers = await asyncio.gather(*(member.score(sample) for member in self.members))
        found = [
            (member.name, self._only(member.name, each)) for member, each in zip(self.members, answers, strict=True)
        ]
        votes = [feedback.value for _, feedback in found if feedback.error is None]
        least = self.least if self.least is not None else len(self.members) // 2 + 1
        if len(votes) < least:
            why = "; ".join(f"{name}: {each.error.message}" for name, each in found if each.error is not None)
            raise JudgeFailed(
                f"{len(votes)} of {len(self.members)} judges gave a value; {least} are needed. {why}",
                code="too_few_judgments",
            )
        value, confidence = combined(votes, self.combine)
        costs = [feedback.cost_usd for _, feedback in found if feedback.cost_usd is not None]
        return Feedback(
            value=value,
            name=self.name,
            rationale="\n\n".join(f"{name}: {each.rationale}" for name, each in found if each.rationale) or None,
            source=AssessmentSource("LLM_JUDGE", self.judge_model),
            metadata={
                **{name: _told(feedback) for name, feedback in found},
                **{f"{name}.trace_id": each.trace_id for name, each in found if each.trace_id is not None},
            },
            confidence=confidence,
            cost_usd=sum(costs) if costs else None,
        )

    def _only(self, name: str, answers: Sequence[Feedback]) -> Feedback:
        if len(answers) != 1:
            raise Invalid(f"ensemble: {name!r} gave {len(answers)} judgments; a member must give one.")
        return answers[0]


def combined(votes: Sequence[JsonValue], combine: Combine) -> tuple[JsonValue, float | None]:
    """Return the combined value, and the confidence where votes tell it; Invalid when they cannot be combined."""
    if combine == "majority":
        # By type as well, so that true and 1 are two answers.
        counts = Counter((type(vote).__name__, str(vote)) for vote in votes).most_common(2)
        if len(counts) == 2 and counts[0][1] == counts[1][1]:
            raise JudgeFailed(f"the judges are tied: {', '.join(map(repr, votes))}.", code="tied")
        winner = next(vote for vote in votes if (type(vote).__name__, str(vote)) == counts[0][0])
        return winner, counts[0][1] / len(votes)
    if combine in ("all", "any"):
        if not all(isinstance(vote, bool) for vote in votes):
            raise Invalid.value("values", list(votes), f"bools to combine by {combine!r}")
        return (all(votes) if combine == "all" else any(votes)), None
    numbers = [number for vote in votes if (number := numeric_value(vote)) is not None]
    if len(numbers) != len(votes):
        raise Invalid.value("values", list(votes), f"numbers to combine by {combine!r}")
    return (fmean(numbers) if combine == "mean" else median(numbers)), None


def ensemble(
    members: Sequence[object],
    *,
    combine: Combine = "majority",
    name: str = "ensemble",
    least: int | None = None,
    direction: Direction = "higher",
) -> Ensemble:
    """Return several judges as one; see `Ensemble`. Invalid for fewer than two, or two of one name."""
    bound = tuple(as_scorer(member) for member in members)
    names = [member.name for member in bound]
    if len(bound) < 2 or len(set(names)) != len(names):
        raise Invalid.value("members", names, "at least two judges, each of another name")
    if combine not in get_args(Combine):
        raise Invalid.value("combine", combine, "one of " + ", ".join(get_args(Combine)))
    if least is not None and not 1 <= least <= len(bound):
        raise Invalid.value("least", least, f"1 to {len(bound)}")
    return Ensemble(bound, combine, name, least, direction)


def _told(feedback: Feedback) -> str:
    return f"error: {feedback.error.code}" if feedback.error is not None else str(feedback.value)
