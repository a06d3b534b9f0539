"""Tool calls: the application called the tools that it should have, with the right arguments."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from lodeline.domain.errors import Invalid
from lodeline.domain.scorer import Direction, Feedback, ScoredTrace, ValueKind
from lodeline.domain.span import JsonValue, ToolCall
from lodeline.evals.texts import expectation
from lodeline.evals.tool_call_match import BY_VALUE, CallRule, Extra, Order, compare_calls
from lodeline.evals.trace_content import tool_calls_in, tool_calls_in_trace


@dataclass(frozen=True, slots=True)
class ToolCalls:
    """Whether the tool calls are the expected ones: names, arguments and order.

    Value: bool; the rationale names each problem, the metadata how many calls matched. The calls are those in the
    outputs, or else those that the models of the trace asked for. The expectation is a list of mappings with ``name``
    and ``arguments``; an empty list means that no tool may be called. `order` "exact" or "any"; `extra` "allow" lets
    further calls pass. `rule` says how arguments are compared, among them accepted alternatives as BFCL has them
    (Patil et al., Berkeley Function-Calling Leaderboard).

    >>> call = {"name": "weather", "arguments": '{"city": "Bern"}'}
    >>> expected = {"expected_tool_calls": [{"name": "weather", "arguments": {"city": "Bern"}}]}
    >>> ToolCalls()(outputs=[call], expectations=expected).value
    True
    """

    rule: CallRule = BY_VALUE
    order: Order = "exact"
    extra: Extra = "forbid"
    name: str = "tool_calls"
    expected: str = "expected_tool_calls"
    direction: ClassVar[Direction] = "higher"
    value_kind: ClassVar[ValueKind] = "bool"

    def __post_init__(self) -> None:
        """Check the options."""
        if self.order not in ("exact", "any"):
            raise Invalid.value("order", self.order, "exact or any")
        if self.extra not in ("forbid", "allow"):
            raise Invalid.value("extra", self.extra, "forbid or allow")

    def __call__(
        self, *, outputs: JsonValue, expectations: Mapping[str, JsonValue], trace: ScoredTrace | None = None
    ) -> Feedback:
        """Compare."""
        wanted = tool_calls_in(expectation(expectations, self.expected), field=f"expectations.{self.expected}")
        found = compare_calls(self._given(outputs, trace), wanted, rule=self.rule, order=self.order, extra=self.extra)
        return Feedback(
            value=not found.problems,
            rationale="\n".join(found.problems) or None,
            metadata={"matched": str(found.matched), "given": str(found.given), "expected": str(found.expected)},
        )

    def _given(self, outputs: JsonValue, trace: ScoredTrace | None) -> tuple[ToolCall, ...]:
        try:
            calls = tool_calls_in(outputs, field="outputs")
        except Invalid:  # outputs of another shape: the trace tells
            if trace is None:
                raise
            calls = ()
        return calls or (tool_calls_in_trace(trace) if trace is not None else ())
