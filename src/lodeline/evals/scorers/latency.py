"""Latency: how long the trace took."""

from dataclasses import dataclass

from lodeline.domain.errors import Invalid
from lodeline.domain.scorer import Direction, Feedback, ScoredTrace, ValueKind


@dataclass(frozen=True, slots=True)
class Latency:
    """The duration of the trace in milliseconds, from its earliest start to its latest end.

    Value: the number, lower is better. With `at_most_ms`: a bool, whether it took no longer. A trace in which nothing
    has ended is an error (``not_ended``). Retries and time spent waiting within the trace count.
    """

    at_most_ms: float | None = None
    name: str = "latency_ms"

    @property
    def direction(self) -> Direction:
        """Which way is better."""
        return "lower" if self.at_most_ms is None else "higher"

    @property
    def value_kind(self) -> ValueKind:
        """What its values are."""
        return "number" if self.at_most_ms is None else "bool"

    def __call__(self, *, trace: ScoredTrace) -> Feedback:
        """Read it off the trace."""
        duration_ns = trace.trace.duration_ns
        if duration_ns is None:
            raise Invalid("trace: nothing in it has ended, so it has no duration.", code="not_ended")
        duration_ms = duration_ns / 1_000_000
        if self.at_most_ms is None:
            return Feedback(value=duration_ms)
        return Feedback(value=duration_ms <= self.at_most_ms, rationale=f"{duration_ms:.3f} ms")
