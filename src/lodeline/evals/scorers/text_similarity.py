"""Text similarity: how alike output and expectation are, letter by letter."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, cast, get_args

from lodeline.domain.errors import Invalid, TooLarge
from lodeline.domain.scorer import Direction, ValueKind
from lodeline.domain.span import JsonValue
from lodeline.evals.optional import load_optional
from lodeline.evals.texts import Normalisation, check_normalisations, expected_texts, normalised, text_of

Measure = Literal["levenshtein", "indel", "jaro_winkler", "token_sort", "token_set", "partial"]
MAX_COMPARED = 100_000
"""Characters of a text that can be compared: the work grows with the product of both lengths."""
_MODULES: dict[Measure, tuple[str, str]] = {
    "levenshtein": ("rapidfuzz.distance.Levenshtein", "normalized_similarity"),
    "indel": ("rapidfuzz.distance.Indel", "normalized_similarity"),
    "jaro_winkler": ("rapidfuzz.distance.JaroWinkler", "normalized_similarity"),
    "token_sort": ("rapidfuzz.fuzz", "token_sort_ratio"),
    "token_set": ("rapidfuzz.fuzz", "token_set_ratio"),
    "partial": ("rapidfuzz.fuzz", "partial_ratio"),
}


@dataclass(frozen=True, slots=True)
class TextSimilarity:
    """The similarity of output and expectation by RapidFuzz; of several expected texts the best counts.

    Value: a number from 0 (nothing alike) to 1 (equal). `measure` is "levenshtein" (1 − edits ÷ longer length),
    "indel" (edits without substitution), "jaro_winkler", or a word-wise one: "token_sort" (words in sorted order),
    "token_set" (common words count once), "partial" (the best place of the shorter in the longer). Texts over 100,000
    characters are TooLarge. Needs ``lodeline[evals]``.

    >>> TextSimilarity()(outputs="kitten", expectations={"expected_response": "sitting"})
    0.5714285714285714
    """

    measure: Measure = "levenshtein"
    name: str = "text_similarity"
    expected: str = "expected_response"
    normalise: tuple[Normalisation, ...] = ("strip",)
    direction: ClassVar[Direction] = "higher"
    value_kind: ClassVar[ValueKind] = "number"

    def __post_init__(self) -> None:
        """Check the measure and the names of the normalisations."""
        if self.measure not in get_args(Measure):
            raise Invalid.value("measure", self.measure, "one of " + ", ".join(get_args(Measure)))
        check_normalisations(self.normalise)

    def __call__(self, *, outputs: JsonValue, expectations: Mapping[str, JsonValue]) -> float:
        """Compare."""
        accepted = expected_texts(expectations, self.expected)
        got = normalised(text_of(outputs), self.normalise)
        return max(self._similarity(got, normalised(text, self.normalise)) for text in accepted)

    def _similarity(self, got: str, expected: str) -> float:
        longest = max(len(got), len(expected))
        if longest > MAX_COMPARED:
            raise TooLarge(f"a text has {longest:,} characters; similarity takes at most {MAX_COMPARED:,}.")
        if got == expected:
            return 1.0
        path, function = _MODULES[self.measure]
        module = load_optional(path, install="lodeline[evals]", needed_for="TextSimilarity")
        compare = cast("Callable[[str, str], float]", getattr(module, function))
        return compare(got, expected) / (100.0 if path == "rapidfuzz.fuzz" else 1.0)
