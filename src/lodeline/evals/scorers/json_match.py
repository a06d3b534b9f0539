"""JSON match: the output is the expected JSON value, whatever its spelling."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from lodeline.domain.errors import Invalid
from lodeline.domain.scorer import Direction, Feedback, ValueKind
from lodeline.domain.span import JsonValue
from lodeline.evals.json_compare import EXACT, Tolerance, differences
from lodeline.evals.json_text import json_in
from lodeline.evals.texts import expectation


@dataclass(frozen=True, slots=True)
class JsonMatch:
    """Whether the output, parsed as JSON, equals the expectation: the order of keys and white space do not count.

    Value: bool; the rationale lists where they differ, by JSON pointer. `tolerance` says which differences are
    allowed (numbers, keys, order of lists, texts). An output that is not JSON is a False; an expectation that is a
    text is parsed, and one that is not JSON is an error.

    >>> JsonMatch()(outputs='{"b": 1.0, "a": []}', expectations={"expected_response": {"a": [], "b": 1}}).value
    True
    """

    tolerance: Tolerance = EXACT
    name: str = "json_match"
    expected: str = "expected_response"
    direction: ClassVar[Direction] = "higher"
    value_kind: ClassVar[ValueKind] = "bool"

    def __call__(self, *, outputs: JsonValue, expectations: Mapping[str, JsonValue]) -> Feedback:
        """Parse and compare."""
        wanted = json_in(expectation(expectations, self.expected), field=f"expectations.{self.expected}")
        try:
            got = json_in(outputs, field="outputs")
        except Invalid as error:
            return Feedback(value=False, rationale=error.message)
        found = differences(got, wanted, self.tolerance)
        return Feedback(value=not found, rationale="; ".join(found) or None)
