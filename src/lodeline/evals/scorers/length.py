"""Length: how long the output is, or whether it is within bounds."""

from dataclasses import dataclass
from typing import Literal

from lodeline.domain.errors import Invalid
from lodeline.domain.scorer import Direction, Feedback, ValueKind
from lodeline.domain.span import JsonValue
from lodeline.evals.texts import text_of


@dataclass(frozen=True, slots=True)
class Length:
    """The length of the output's text in characters (Unicode code points), words (split at white space) or lines.

    Value: the number, neither better high nor low. With `at_least` or `at_most` (both inclusive): a bool.

    >>> Length(unit="words", at_most=5)(outputs="Short and to the point").value
    True
    """

    unit: Literal["characters", "words", "lines"] = "characters"
    at_least: int | None = None
    at_most: int | None = None
    name: str = "length"

    def __post_init__(self) -> None:
        """Check the options."""
        if self.unit not in ("characters", "words", "lines"):
            raise Invalid.value("unit", self.unit, "characters, words or lines")
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise Invalid(f"at_least: {self.at_least} is more than at_most ({self.at_most}); nothing could pass.")

    @property
    def direction(self) -> Direction:
        """Which way is better."""
        return "higher" if self._bounded else "none"

    @property
    def value_kind(self) -> ValueKind:
        """What its values are."""
        return "bool" if self._bounded else "number"

    def __call__(self, *, outputs: JsonValue) -> Feedback:
        """Measure."""
        text = text_of(outputs)
        count = {"characters": len(text), "words": len(text.split()), "lines": len(text.splitlines())}[self.unit]
        if not self._bounded:
            return Feedback(value=count)
        low = self.at_least is None or count >= self.at_least
        high = self.at_most is None or count <= self.at_most
        return Feedback(value=low and high, rationale=f"{count} {self.unit}")

    @property
    def _bounded(self) -> bool:
        return self.at_least is not None or self.at_most is not None
