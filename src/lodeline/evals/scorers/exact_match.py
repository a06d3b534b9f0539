"""Exact match: the output is one of the expected texts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from lodeline.domain.scorer import Direction, ValueKind
from lodeline.domain.span import JsonValue
from lodeline.evals.texts import Normalisation, check_normalisations, expected_texts, normalised, text_of


@dataclass(frozen=True, slots=True)
class ExactMatch:
    """Whether the output equals the expectation, or one of a list of them, after normalising both.

    Value: bool. By default nothing but white space at the ends is ignored; ``normalise=SQUAD`` compares as SQuAD's
    evaluation does. An expectation that is missing is an error (``no_expectation``), never a False.

    >>> ExactMatch(normalise=("case", "strip"))(outputs="Paris ", expectations={"expected_response": "paris"})
    True
    """

    name: str = "exact_match"
    expected: str = "expected_response"
    normalise: tuple[Normalisation, ...] = ("strip",)
    direction: ClassVar[Direction] = "higher"
    value_kind: ClassVar[ValueKind] = "bool"

    def __post_init__(self) -> None:
        """Check the names of the normalisations."""
        check_normalisations(self.normalise)

    def __call__(self, *, outputs: JsonValue, expectations: Mapping[str, JsonValue]) -> bool:
        """Compare."""
        accepted = expected_texts(expectations, self.expected)
        got = normalised(text_of(outputs), self.normalise)
        return any(got == normalised(text, self.normalise) for text in accepted)
