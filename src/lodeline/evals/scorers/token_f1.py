"""Token F1: how far the words of the output and of the expected answer are the same."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from lodeline.domain.scorer import Direction, ValueKind
from lodeline.domain.span import JsonValue
from lodeline.evals.texts import SQUAD, Normalisation, check_normalisations, expected_texts, normalised, text_of


@dataclass(frozen=True, slots=True)
class TokenF1:
    """The F1 of the words of output and expectation, as SQuAD's evaluation computes it (Rajpurkar et al. 2016).

    Value: a number from 0 to 1. With c words in common (counted as often as both have them), precision is c divided
    by the output's words, recall c divided by the expectation's, and F1 their harmonic mean. Two texts without words
    give 1, one without gives 0. Of several expected answers the best counts. Words are split at white space: no
    measure for languages that write none.

    >>> TokenF1()(outputs="the Eiffel Tower in Paris", expectations={"expected_response": "Eiffel Tower"})
    0.6666666666666666
    """

    name: str = "token_f1"
    expected: str = "expected_response"
    normalise: tuple[Normalisation, ...] = SQUAD
    direction: ClassVar[Direction] = "higher"
    value_kind: ClassVar[ValueKind] = "number"

    def __post_init__(self) -> None:
        """Check the names of the normalisations."""
        check_normalisations(self.normalise)

    def __call__(self, *, outputs: JsonValue, expectations: Mapping[str, JsonValue]) -> float:
        """Compare the words."""
        got = normalised(text_of(outputs), self.normalise).split()
        accepted = expected_texts(expectations, self.expected)
        return max(_f1(got, normalised(text, self.normalise).split()) for text in accepted)


def _f1(got: list[str], expected: list[str]) -> float:
    if not got or not expected:
        return float(got == expected)
    common = (Counter(got) & Counter(expected)).total()
    if common == 0:
        return 0.0
    precision, recall = common / len(got), common / len(expected)
    return 2 * precision * recall / (precision + recall)
