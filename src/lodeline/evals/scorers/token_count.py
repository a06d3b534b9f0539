"""Token count: how many tokens the trace's model calls took."""

from dataclasses import dataclass
from typing import Literal

from lodeline.domain.errors import Invalid
from lodeline.domain.scorer import Direction, Feedback, ScoredTrace, ValueKind


@dataclass(frozen=True, slots=True)
class TokenCount:
    """The tokens of the trace: all, those that went in (cached ones included), or those that came out.

    Value: the number, lower is better. With `at_most`: a bool, whether there were no more. A trace that reports no
    tokens is an error (``no_tokens``), never a zero.
    """

    part: Literal["total", "input", "output"] = "total"
    at_most: int | None = None
    name: str = "tokens"

    def __post_init__(self) -> None:
        """Check the part."""
        if self.part not in ("total", "input", "output"):
            raise Invalid.value("part", self.part, "total, input or output")

    @property
    def direction(self) -> Direction:
        """Which way is better."""
        return "lower" if self.at_most is None else "higher"

    @property
    def value_kind(self) -> ValueKind:
        """What its values are."""
        return "number" if self.at_most is None else "bool"

    def __call__(self, *, trace: ScoredTrace) -> Feedback:
        """Read it off the trace."""
        tokens = trace.trace.tokens
        if tokens.total == 0:
            raise Invalid("trace: none of its spans reports tokens.", code="no_tokens")
        count = {"total": tokens.total, "input": tokens.input, "output": tokens.output}[self.part]
        if self.at_most is None:
            return Feedback(value=count)
        return Feedback(value=count <= self.at_most, rationale=f"{count:,} tokens")
