"""Metrics of autoevals as scorers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from lodeline.domain.errors import Invalid
from lodeline.domain.scorer import Direction, Feedback, ScoredTrace, ScorerKind, ValueKind
from lodeline.domain.span import JsonValue
from lodeline.evals.adapters.foreign import contexts_of, metric_params, question_of
from lodeline.evals.texts import json_text


@dataclass(frozen=True, slots=True)
class AutoevalsScorer:
    """A metric of autoevals. Value: its score, a number from 0 to 1; None, which it calls skipped, is no judgment."""

    metric: Any
    name: str
    direction: ClassVar[Direction] = "higher"
    value_kind: ClassVar[ValueKind] = "number"
    scorer_kind: ClassVar[ScorerKind] = "ADAPTER"

    @property
    def digest_params(self) -> Mapping[str, JsonValue]:
        """What its scores depend on."""
        return metric_params(self.metric, "autoevals")

    async def __call__(
        self,
        *,
        outputs: JsonValue,
        expectations: Mapping[str, JsonValue],
        inputs: JsonValue = None,
        trace: ScoredTrace | None = None,
    ) -> Feedback | None:
        """Score: the output and ``expected_response`` as they are, the question, and the retrieved texts."""
        given: dict[str, Any] = {"input": question_of(inputs)} if inputs is not None else {}
        contexts = contexts_of(inputs, expectations, trace)
        if contexts is not None:
            given["context"] = "\n\n".join(contexts)
        score = await self.metric.eval_async(outputs, expectations.get("expected_response"), **given)
        if score.score is None:
            return None
        told: Mapping[str, Any] = score.metadata or {}
        rationale = told.get("rationale")
        return Feedback(
            value=float(score.score),
            rationale=rationale if isinstance(rationale, str) else None,
            metadata={key: _text(value) for key, value in told.items() if key != "rationale"},
        )


def from_autoevals(metric: object, *, name: str | None = None) -> AutoevalsScorer:
    """Return a metric of autoevals (an object, as ``autoevals.Levenshtein()``) as a scorer; Invalid for another."""
    if isinstance(metric, type) or not callable(getattr(metric, "eval_async", None)):
        raise Invalid.value("metric", metric, "an object of a metric of autoevals, such as Levenshtein()")
    return AutoevalsScorer(metric, name or type(metric).__name__)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json_text(value)
