"""Regex match: the output matches an RE2 expression, in time linear in its length."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from lodeline.domain.errors import Invalid
from lodeline.domain.scorer import Direction, ValueKind
from lodeline.domain.span import JsonValue
from lodeline.evals.optional import load_optional
from lodeline.evals.texts import expected_text, text_of
from lodeline.query.patterns import MAX_PATTERN, check_pattern, matcher


@dataclass(frozen=True, slots=True)
class RegexMatch:
    r"""Whether an RE2 expression is found in the output (``whole``: matches all of it).

    Value: bool. Without `pattern` the expression stands in the expectations. RE2 has no backreferences and no
    look-around, and so no expression that takes for ever; one over 1,000 characters is Invalid. Needs
    ``lodeline[evals]``.

    >>> RegexMatch(pattern=r"\b\d{4}-\d{2}-\d{2}\b")(outputs="Due on 2026-11-27.", expectations={})
    True
    """

    pattern: str | None = None
    name: str = "regex_match"
    expected: str = "expected_pattern"
    whole: bool = False
    ignore_case: bool = False
    direction: ClassVar[Direction] = "higher"
    value_kind: ClassVar[ValueKind] = "bool"

    def __post_init__(self) -> None:
        """Check the pattern, where it is given."""
        if self.pattern is not None:
            self._expression(self.pattern)

    def __call__(self, *, outputs: JsonValue, expectations: Mapping[str, JsonValue]) -> bool:
        """Search."""
        pattern = self.pattern if self.pattern is not None else expected_text(expectations, self.expected)
        return matcher("RLIKE", self._expression(pattern))(text_of(outputs))

    def _expression(self, pattern: str) -> str:
        load_optional("re2", install="lodeline[evals]", needed_for="RegexMatch")
        if len(pattern) > MAX_PATTERN:
            raise Invalid.value("pattern", pattern, f"at most {MAX_PATTERN} characters")
        check_pattern(pattern, field="pattern")
        flags = "(?i)" if self.ignore_case else ""
        return f"{flags}\\A(?:{pattern})\\z" if self.whole else f"{flags}{pattern}"
