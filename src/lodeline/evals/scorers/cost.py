"""Cost: what the trace's model calls cost."""

from dataclasses import dataclass

from lodeline.domain.errors import Invalid
from lodeline.domain.scorer import Direction, Feedback, ScoredTrace, ValueKind


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of the trace in US dollars, as its spans report it or as they were priced.

    Value: the number, lower is better. With `at_most_usd`: a bool, whether it cost no more. A trace whose cost is not
    known is an error (``no_cost``), never a zero.
    """

    at_most_usd: float | None = None
    name: str = "cost_usd"

    @property
    def direction(self) -> Direction:
        """Which way is better."""
        return "lower" if self.at_most_usd is None else "higher"

    @property
    def value_kind(self) -> ValueKind:
        """What its values are."""
        return "number" if self.at_most_usd is None else "bool"

    def __call__(self, *, trace: ScoredTrace) -> Feedback:
        """Read it off the trace."""
        cost_usd = trace.trace.cost_usd
        if cost_usd is None:
            raise Invalid("trace: its cost is not known; no span reports one and none has a price.", code="no_cost")
        if self.at_most_usd is None:
            return Feedback(value=cost_usd)
        return Feedback(value=cost_usd <= self.at_most_usd, rationale=f"{cost_usd:.6f} US dollars")
