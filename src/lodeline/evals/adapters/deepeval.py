"""Metrics of DeepEval as scorers."""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from lodeline.domain.errors import Invalid
from lodeline.domain.scorer import Direction, Feedback, ScoredTrace, ScorerKind, ValueKind
from lodeline.domain.span import JsonValue, ToolCall
from lodeline.evals.adapters.foreign import contexts_of, metric_params, question_of, reference_of
from lodeline.evals.optional import load_optional
from lodeline.evals.texts import text_of
from lodeline.evals.trace_content import tool_calls_in, tool_calls_in_trace

_STATE = frozenset({
    "score", "reason", "success", "verbose_logs", "error", "evaluation_cost", "score_breakdown", "precision",
    "recall", "f1", "skipped", "input_tokens", "output_tokens",
})  # fmt: skip
"""What a metric notes on itself while it measures."""


@dataclass(frozen=True, slots=True)
class DeepEvalScorer:
    """A single-turn metric of DeepEval. Value: its score, a number; its reason is the rationale.

    A metric keeps its result on itself, so each sample is measured by a copy. DeepEval sends usage data of its own
    accord unless the environment has ``DEEPEVAL_TELEMETRY_OPT_OUT=1`` before it is imported.
    """

    metric: Any
    name: str
    direction: Direction = "higher"
    value_kind: ClassVar[ValueKind] = "number"
    scorer_kind: ClassVar[ScorerKind] = "ADAPTER"

    @property
    def digest_params(self) -> Mapping[str, JsonValue]:
        """What its scores depend on."""
        return metric_params(self.metric, "deepeval", state=_STATE)

    async def __call__(
        self,
        *,
        inputs: JsonValue,
        outputs: JsonValue,
        expectations: Mapping[str, JsonValue],
        trace: ScoredTrace | None = None,
    ) -> Feedback | None:
        """Measure a test case made of the sample; `expected_tool_calls` and `context` go with it."""
        cases = load_optional("deepeval.test_case", install="deepeval", needed_for="from_deepeval")
        contexts = contexts_of(inputs, expectations, trace)
        wanted = expectations.get("expected_tool_calls")
        case = cases.LLMTestCase(
            input=question_of(inputs),
            actual_output=text_of(outputs),
            expected_output=reference_of(expectations),
            context=contexts,
            retrieval_context=contexts,
            tools_called=_tools(cases, tool_calls_in_trace(trace)) if trace is not None else None,
            expected_tools=None
            if wanted is None
            else _tools(cases, tool_calls_in(wanted, field="expected_tool_calls")),
        )
        metric = copy.copy(self.metric)
        await metric.a_measure(case, _show_indicator=False)
        if metric.score is None:
            return None
        cost_usd: float | None = getattr(metric, "evaluation_cost", None)
        return Feedback(value=float(metric.score), rationale=getattr(metric, "reason", None), cost_usd=cost_usd)


def from_deepeval(metric: object, *, name: str | None = None, direction: Direction = "higher") -> DeepEvalScorer:
    """Return a single-turn metric of DeepEval (an object, as ``ExactMatchMetric()``) as a scorer.

    For metrics that measure a fault, such as toxicity, give ``direction="lower"``. Invalid for another object.
    """
    if isinstance(metric, type) or not callable(getattr(metric, "a_measure", None)):
        raise Invalid.value("metric", metric, "an object of a metric of DeepEval, such as ExactMatchMetric()")
    return DeepEvalScorer(metric, name or str(getattr(metric, "__name__", type(metric).__name__)), direction)


def _tools(cases: Any, calls: Sequence[ToolCall]) -> list[Any]:
    return [
        cases.ToolCall(
            name=call.name, input_parameters=dict(call.arguments) if isinstance(call.arguments, Mapping) else None
        )
        for call in calls
    ]
