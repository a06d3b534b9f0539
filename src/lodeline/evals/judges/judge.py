"""A judge: instructions, evidence, and a model's verdict as feedback."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from lodeline.domain.assessment import AssessmentSource
from lodeline.domain.errors import Invalid
from lodeline.domain.scorer import (
    Direction,
    Feedback,
    Sample,
    ScoredTrace,
    ScorerArgument,
    ScorerKind,
    Validation,
    ValueKind,
)
from lodeline.domain.span import JsonValue
from lodeline.evals.judges.background import wait_for
from lodeline.evals.judges.evidence import Evidence, arguments_for, check_evidence, evidence_blocks
from lodeline.evals.judges.examples import JudgeExample, example_blocks, with_examples
from lodeline.evals.judges.model import JudgeModel, JudgeReply, JudgeRequest
from lodeline.evals.judges.opening import open_model
from lodeline.evals.judges.verdict import ValueType, Verdict, verdict_of

_VARIABLE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
MAX_INSTRUCTIONS = 100_000


@dataclass(frozen=True, slots=True)
class Judge:
    """A judge, ready to be called or given to an evaluation as a scorer.

    `instructions` name the evidence; what is judged never becomes a part of them. Calling it waits for the verdict;
    `call_async` is the same as a coroutine. Both return a `Feedback` whose metadata holds the model, tokens, latency
    in milliseconds, attempts and whether the answer came from a cache, and raise `JudgeFailed` and `Invalid`: as a
    scorer these become error judgments. `validation` is None until its agreement with people has been measured, as
    `align_judge` does. `examples` are shown to the model before what it is to judge. `tuned_on` are the keys
    (`record_key`) of records that examples or instructions were made from: an evaluation over them says so.
    """

    name: str
    instructions: str
    model: JudgeModel
    verdict: Verdict
    evidence: tuple[Evidence, ...]
    direction: Direction = "higher"
    description: str = ""
    version: str = "1"
    validation: Validation | None = None
    max_output_tokens: int = 2_000
    examples: tuple[JudgeExample, ...] = ()
    tuned_on: frozenset[str] = frozenset()
    scorer_kind: ClassVar[ScorerKind] = "JUDGE"

    @property
    def judge_model(self) -> str:
        """The model that judges."""
        return self.model.name

    @property
    def validated(self) -> bool:
        """Whether its agreement with people has been measured."""
        return self.validation is not None

    @property
    def value_kind(self) -> ValueKind:
        """What its values are."""
        return self.verdict.value_kind

    @property
    def scorer_arguments(self) -> Mapping[ScorerArgument, bool]:
        """What it takes of a sample, and whether it must be there."""
        return arguments_for(self.evidence)

    @property
    def digest_params(self) -> Mapping[str, JsonValue]:
        """What its verdicts depend on."""
        shown = {"examples": [each.digest for each in self.examples]} if self.examples else {}
        return {
            "instructions": self.instructions,
            "evidence": list(self.evidence),
            "schema": self.verdict.schema(),
            "model": self.model.digest_params,
            "max_output_tokens": self.max_output_tokens,
            **shown,
        }

    def __call__(
        self,
        *,
        inputs: JsonValue = None,
        outputs: JsonValue = None,
        expectations: Mapping[str, JsonValue] | None = None,
        trace: ScoredTrace | None = None,
        session: Sequence[ScoredTrace] | None = None,
    ) -> Feedback:
        """Judge, and wait for the verdict."""
        return wait_for(
            self.call_async(inputs=inputs, outputs=outputs, expectations=expectations, trace=trace, session=session)
        )

    async def call_async(
        self,
        *,
        inputs: JsonValue = None,
        outputs: JsonValue = None,
        expectations: Mapping[str, JsonValue] | None = None,
        trace: ScoredTrace | None = None,
        session: Sequence[ScoredTrace] | None = None,
    ) -> Feedback:
        """Judge."""
        sample = Sample(
            inputs=inputs,
            outputs=outputs,
            expectations=expectations or {},
            trace=trace,
            session=None if session is None else tuple(session),
        )
        request = JudgeRequest(
            with_examples(self.instructions, self.examples),
            (*example_blocks(self.examples), *evidence_blocks(sample, self.evidence)),
            self.verdict.schema(),
            self.max_output_tokens,
        )
        reply = await self.model.answer(request)
        value, rationale = self.verdict.read(reply)
        return feedback_of(reply, value=value, rationale=rationale, name=self.name)


def feedback_of(reply: JudgeReply, *, value: JsonValue, rationale: str, name: str) -> Feedback:
    """Return a model's verdict as feedback."""
    return Feedback(
        value=value,
        rationale=rationale,
        name=name,
        source=AssessmentSource("LLM_JUDGE", reply.model),
        metadata={
            "model": reply.model,
            "input_tokens": str(reply.input_tokens),
            "output_tokens": str(reply.output_tokens),
            "latency_ms": f"{reply.latency_ms:.1f}",
            "attempts": str(reply.attempts),
            "cached": str(reply.cached).lower(),
        },
        cost_usd=0.0 if reply.cached else reply.cost_usd,
        trace_id=None if reply.cached else reply.trace_id,
    )


def make_judge(
    name: str,
    instructions: str,
    model: str | JudgeModel,
    feedback_value_type: ValueType = bool,
    *,
    scale: tuple[float, float] | None = None,
    direction: Direction = "higher",
    description: str = "",
    **options: Any,
) -> Judge:
    """Return a judge of your own.

    `instructions` refer to what is judged by ``{{ inputs }}``, ``{{ outputs }}``, ``{{ expectations }}``,
    ``{{ trace }}``, ``{{ session }}``, ``{{ documents }}`` or ``{{ expected }}``, at least one: each becomes a
    reference to a block of data of that name, which goes to the model apart from the instructions.
    `feedback_value_type` is bool, int, float, str or a Literal; `scale` bounds a number. `options` are those of
    `open_model`: base_url, api_key, timeout_s, temperature, attempts, budget, cache, watch. Invalid for unknown
    variables, types and options.
    """
    if not 0 < len(instructions.strip()) <= MAX_INSTRUCTIONS:
        raise Invalid.value("instructions", instructions, f"1 to {MAX_INSTRUCTIONS:,} characters")
    named: list[str] = _VARIABLE.findall(instructions)
    found: tuple[Evidence, ...] = tuple(dict.fromkeys(check_evidence(each) for each in named))
    if not found:
        raise Invalid.value("instructions", instructions, "at least one variable, such as {{ outputs }}")
    if "session" in found and "conversation" in found:
        raise Invalid("instructions: {{ session }} and {{ conversation }} are the same; use one of them.")
    return Judge(
        name=name,
        instructions=_VARIABLE.sub(lambda match: f'the data named "{match[1]}"', instructions),
        model=open_model(model, **options),
        verdict=verdict_of(feedback_value_type, scale),
        evidence=found,
        direction=direction,
        description=description or instructions[:500],
    )
