"""Numeric match: the number in the output is the expected one, within a tolerance."""

import re
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation, localcontext
from typing import ClassVar, Literal

from lodeline.domain.errors import Invalid, shown
from lodeline.domain.scorer import Direction, Feedback, ValueKind
from lodeline.domain.span import JsonValue
from lodeline.evals.texts import expectation, text_of

_NUMBER = re.compile(
    r"(?<![\w.])[-+−]?\s?[$€£¥]?[-+−]?(?:\d{1,3}(?:,\d{3})+(?!\d)|\d{1,300}(?!\d))?(?:\.\d{1,300}(?!\d))?(?:[eE][-+]?\d{1,4})?"
)
_MARKERS = ("####", "The answer is", "Answer:", "A:")


@dataclass(frozen=True, slots=True)
class NumericMatch:
    """Whether the number that the output gives equals the expected one.

    Value: bool; the rationale names both numbers. Equal means ``|got − expected| ≤ max(absolute, relative ·
    |expected|)``, in decimal arithmetic, so that 0.1 + 0.2 is 0.3. `find` says which number of a text counts:
    "marked" the first one after the last marker (``####`` as in GSM8K, Cobbe et al. 2021, and usual phrases), or else
    the last; "last"; "first"; "only" means that the text must be nothing but the number. Thousands are grouped by
    commas and decimals follow a point. An output without a number is a False; an expectation without one is an error.

    >>> NumericMatch()(outputs="7 * 6 = 42. #### 42", expectations={"expected_response": "42.0"}).value
    True
    """

    name: str = "numeric_match"
    expected: str = "expected_response"
    absolute: float = 0.0
    relative: float = 0.0
    find: Literal["marked", "last", "first", "only"] = "marked"
    markers: tuple[str, ...] = _MARKERS
    direction: ClassVar[Direction] = "higher"
    value_kind: ClassVar[ValueKind] = "bool"

    def __post_init__(self) -> None:
        """Check the tolerances and the markers."""
        for field, value in (("absolute", self.absolute), ("relative", self.relative)):
            if not 0 <= value < float("inf"):
                raise Invalid.value(field, value, "a finite number that is not negative")
        if self.find not in ("marked", "last", "first", "only"):
            raise Invalid.value("find", self.find, "marked, last, first or only")
        if not all(self.markers):
            raise Invalid.value("markers", self.markers, "texts that are not empty")

    def __call__(self, *, outputs: JsonValue, expectations: Mapping[str, JsonValue]) -> Feedback:
        """Find both numbers and compare."""
        wanted = expectation(expectations, self.expected)
        expected = self._number(wanted)
        if expected is None:
            raise Invalid(f"expectations.{self.expected}: {shown(wanted)} holds no number.", code="no_expectation")
        got = self._number(outputs)
        if got is None:
            return Feedback(value=False, rationale=f"The output holds no number; {expected} is expected.")
        return Feedback(value=self._equal(got, expected), rationale=f"{got} was given; {expected} is expected.")

    def _number(self, value: JsonValue) -> Decimal | None:
        if isinstance(value, int | float) and not isinstance(value, bool):
            made = Decimal(str(value))
            return made if made.is_finite() else None
        return find_number(text_of(value), self.find, self.markers)

    def _equal(self, got: Decimal, expected: Decimal) -> bool:
        with localcontext() as context:
            context.prec = 400
            bound = max(Decimal(str(self.absolute)), Decimal(str(self.relative)) * abs(expected))
            return abs(got - expected) <= bound


def find_number(text: str, find: str, markers: tuple[str, ...] = _MARKERS) -> Decimal | None:
    """Return the number of a text that `find` asks for; None when there is none. Linear in the text."""
    if find == "only":
        found = _NUMBER.fullmatch(text.strip().rstrip("%."))
        return None if found is None else _decimal(found.group())
    if find == "marked":
        lowered = text.lower()
        ends = [at + len(marker) for marker in markers if (at := lowered.rfind(marker.lower())) >= 0]
        if ends:
            after = next(_numbers(text[max(ends) :]), None)
            if after is not None:
                return after
    numbers = _numbers(text)
    if find == "first":
        return next(numbers, None)
    return next(iter(deque(numbers, maxlen=1)), None)


def _numbers(text: str) -> Iterator[Decimal]:
    for match in _NUMBER.finditer(text):
        number = _decimal(match.group())
        if number is not None:
            yield number


def _decimal(text: str) -> Decimal | None:
    cleaned = re.sub(r"[,\s$€£¥]", "", text).replace("−", "-")
    if not re.search(r"\d", cleaned):
        return None
    try:
        return Decimal(cleaned)
    except InvalidOperation:
        return None
