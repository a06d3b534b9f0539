"""Contains: the output has the words it should have."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from lodeline.domain.errors import Invalid
from lodeline.domain.scorer import Direction, Feedback, ValueKind
from lodeline.domain.span import JsonValue
from lodeline.evals.phrases import phrases_in
from lodeline.evals.texts import expected_texts, text_of


@dataclass(frozen=True, slots=True)
class Contains:
    """Whether all (or any) of the given phrases are in the output.

    Value: bool; the rationale names what is missing. The phrases are `phrases`, or else those in the expectations.
    `whole_words` wants no letter, digit or underscore on either side of a phrase.

    >>> Contains(phrases=("refund", "14 days"))(outputs="A refund takes 14 days.", expectations={}).value
    True
    """

    phrases: tuple[str, ...] = ()
    name: str = "contains"
    expected: str = "expected_phrases"
    need: Literal["all", "any"] = "all"
    ignore_case: bool = True
    whole_words: bool = False
    direction: ClassVar[Direction] = "higher"
    value_kind: ClassVar[ValueKind] = "bool"

    def __post_init__(self) -> None:
        """Check the options."""
        if self.need not in ("all", "any"):
            raise Invalid.value("need", self.need, "all or any")

    def __call__(self, *, outputs: JsonValue, expectations: Mapping[str, JsonValue]) -> Feedback:
        """Look for the phrases."""
        phrases = self.phrases or expected_texts(expectations, self.expected)
        found = phrases_in(text_of(outputs), phrases, ignore_case=self.ignore_case, whole_words=self.whole_words)
        missing = [phrase for phrase in phrases if phrase not in found]
        value = not missing if self.need == "all" else bool(found)
        return Feedback(value=value, rationale=f"Missing: {', '.join(map(repr, missing))}." if missing else None)
