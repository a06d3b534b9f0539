"""Forbidden words: the output has none of the words it must not have."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from lodeline.domain.scorer import Direction, Feedback, ValueKind
from lodeline.domain.span import JsonValue
from lodeline.evals.phrases import phrases_in
from lodeline.evals.texts import expected_texts, text_of


@dataclass(frozen=True, slots=True)
class Forbidden:
    """Whether the output is free of the given phrases.

    Value: bool, True when none is found; the rationale names those found. The phrases are `phrases`, or else those in
    the expectations. By default only whole words count: no letter, digit or underscore on either side.

    >>> Forbidden(phrases=("guarantee",))(outputs="We guarantee it.", expectations={}).rationale
    "Found: 'guarantee'."
    """

    phrases: tuple[str, ...] = ()
    name: str = "forbidden"
    expected: str = "forbidden_phrases"
    ignore_case: bool = True
    whole_words: bool = True
    direction: ClassVar[Direction] = "higher"
    value_kind: ClassVar[ValueKind] = "bool"

    def __call__(self, *, outputs: JsonValue, expectations: Mapping[str, JsonValue]) -> Feedback:
        """Look for the phrases."""
        phrases = self.phrases or expected_texts(expectations, self.expected)
        found = phrases_in(text_of(outputs), phrases, ignore_case=self.ignore_case, whole_words=self.whole_words)
        rationale = f"Found: {', '.join(map(repr, found))}." if found else None
        return Feedback(value=not found, rationale=rationale)
