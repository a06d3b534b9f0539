"""Parts of a span's cost: those that the client told, else in the proportion of the model's prices."""

import json

import pytest

from lodeline.domain.experiment import PriceOverride
from lodeline.domain.ids import SpanId, TraceId
from lodeline.domain.span import AttributeValue, Span, SpanView
from lodeline.domain.usage import TokenUsage
from lodeline.services.span_costs import CostParts, cost_parts

PRICES = (PriceOverride("own", input_usd_per_mtok=1.0, output_usd_per_mtok=3.0),)
USAGE = TokenUsage(input_uncached=1_000, output_text=1_000)


def span(cost_usd: float | None, told: AttributeValue = None, model: str = "own") -> Span:
    attributes = {} if told is None else {"mlflow.llm.cost": told}
    view = SpanView(model=model, tokens=USAGE)
    return Span(
        TraceId("tr-1"), SpanId("0" * 16), None, "chat", "LLM", "OK", 1_790_000_000_000_000_000, None,
        attributes=attributes, view=view, cost_usd=cost_usd,
    )  # fmt: skip


def test_what_the_client_told_counts() -> None:
    told: dict[str, AttributeValue] = {"input_cost": 0.25, "output_cost": 0.5, "total_cost": 0.75}
    for sent in (told, json.dumps(told)):
        assert cost_parts(span(0.75, sent), PRICES) == CostParts(0.25, 0.5)


def test_a_total_is_split_by_the_models_prices() -> None:
    assert cost_parts(span(0.004), PRICES) == pytest.approx((0.001, 0.003))
    assert cost_parts(span(0.008, {"total_cost": 0.008}), PRICES) == pytest.approx((0.002, 0.006))


def test_without_cost_or_prices_there_are_no_parts() -> None:
    assert cost_parts(span(None), PRICES) == CostParts()
    assert cost_parts(span(0.004, model="nobody-knows-it"), PRICES) == CostParts()
    assert cost_parts(span(0.004, "no JSON {", model="nobody-knows-it"), PRICES) == CostParts()
    assert cost_parts(span(None, {"input_cost": "much", "output_cost": -1}), PRICES) == CostParts()
