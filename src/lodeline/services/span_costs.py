"""What of a span's cost was for what went into the model, and what for what came out.

A span keeps one cost. The parts are those that its client told, or else in the proportion of the model's prices.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import orjson

from lodeline.domain.experiment import PriceOverride
from lodeline.domain.span import AttributeValue, Span
from lodeline.ingest.prices import price

_STATED = "mlflow.llm.cost"


class CostParts(NamedTuple):
    """US dollars; None where nothing says how a cost is made up."""

    input_usd: float | None = None
    output_usd: float | None = None


def cost_parts(span: Span, overrides: Sequence[PriceOverride]) -> CostParts:
    """Return the parts of a span's cost; no parts where it has none."""
    told = _object(span.attributes.get(_STATED))
    if told is not None:
        parts = CostParts(_number(told.get("input_cost")), _number(told.get("output_cost")))
        if parts != CostParts():
            return parts
    cost_usd = span.cost_usd
    if cost_usd is None:
        return CostParts()
    view = span.view
    usage = view.tokens
    only_in = usage._replace(output_text=0, output_reasoning=0, audio_out=0)
    whole, into = (
        price(tokens, model=view.model, provider=view.provider, at_ns=span.start_ns, overrides=overrides)
        for tokens in (usage, only_in)
    )
    if whole is None or into is None or not whole.cost_picousd:
        return CostParts()
    input_usd = cost_usd * into.cost_picousd / whole.cost_picousd
    return CostParts(input_usd, cost_usd - input_usd)


def _object(value: AttributeValue) -> Mapping[str, AttributeValue] | None:
    if isinstance(value, str):
        try:
            value = orjson.loads(value)
        except orjson.JSONDecodeError:
            return None
    return value if isinstance(value, Mapping) else None


def _number(value: AttributeValue) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value <= 1e6 else None
