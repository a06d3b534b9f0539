"""Metrics of Ragas as scorers."""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from lodeline.domain.errors import Invalid
from lodeline.domain.scorer import Direction, Feedback, ScoredTrace, ScorerKind, ValueKind
from lodeline.domain.span import JsonValue
from lodeline.evals.adapters.foreign import contexts_of, metric_params, question_of, reference_of
from lodeline.evals.optional import load_optional
from lodeline.evals.scoring.values import plain_value
from lodeline.evals.texts import text_of


@dataclass(frozen=True, slots=True)
class RagasScorer:
    """A single-turn metric of Ragas: one of ``ragas.metrics.collections``, or one of the older ``SingleTurnMetric``.

    Value: what it gives, mostly a number; its reason is the rationale. NaN, by which Ragas says that it could not
    judge, is an error.
    """

    metric: Any
    name: str
    direction: Direction = "higher"
    value_kind: ClassVar[ValueKind] = "any"
    scorer_kind: ClassVar[ScorerKind] = "ADAPTER"

    @property
    def digest_params(self) -> Mapping[str, JsonValue]:
        """What its scores depend on."""
        return metric_params(self.metric, "ragas")

    async def __call__(
        self,
        *,
        inputs: JsonValue,
        outputs: JsonValue,
        expectations: Mapping[str, JsonValue],
        trace: ScoredTrace | None = None,
    ) -> Feedback:
        """Score the sample by what the metric takes of it."""
        found = {
            "user_input": question_of(inputs),
            "response": text_of(outputs),
            "reference": reference_of(expectations),
            "retrieved_contexts": contexts_of(inputs, expectations, trace),
        }
        if hasattr(self.metric, "single_turn_ascore"):
            schema = load_optional("ragas.dataset_schema", install="ragas", needed_for="from_ragas")
            score = await self.metric.single_turn_ascore(schema.SingleTurnSample(**found))
            return Feedback(value=plain_value(score))
        result = await self.metric.ascore(**self._taken(found))
        return Feedback(value=plain_value(result.value), rationale=result.reason)

    def _taken(self, found: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the metric's parameters ask for; Invalid, naming it, when something of it is not there."""
        taken: dict[str, Any] = {}
        for name, parameter in inspect.signature(self.metric.ascore).parameters.items():
            value = found.get(name)
            if value is not None:
                taken[name] = value
            elif parameter.default is inspect.Parameter.empty:
                there = ", ".join(key for key, item in found.items() if item is not None)
                raise Invalid(f"{self.name}: needs {name!r}, which the sample does not give; it gives {there}.")
        return taken


def from_ragas(metric: object, *, name: str | None = None, direction: Direction = "higher") -> RagasScorer:
    """Return a metric of Ragas (an object, as ``ragas.metrics.collections.ExactMatch()``) as a scorer.

    Invalid for another object.
    """
    known = callable(getattr(metric, "ascore", None)) or callable(getattr(metric, "single_turn_ascore", None))
    if isinstance(metric, type) or not known:
        raise Invalid.value("metric", metric, "an object of a metric of Ragas, such as collections.ExactMatch()")
    return RagasScorer(metric, name or str(getattr(metric, "name", type(metric).__name__)), direction)
