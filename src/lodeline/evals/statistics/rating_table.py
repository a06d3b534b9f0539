"""Ratings as a table: the scale of their values, one rating a rater and item, what people decided of an item."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from lodeline.domain.agreement import Scale
from lodeline.domain.assessment import numeric_value
from lodeline.domain.errors import Invalid, shown
from lodeline.domain.rating import Rating, RatingValue

MAX_ORDINAL = 20
"""Whole numbers of so many different values are taken for an ordered scale, of more for an interval scale."""


@dataclass(frozen=True, slots=True)
class RatingScale:
    """How values are compared. `order` ranks texts, lowest first; `binary` values are true and false."""

    kind: Scale
    order: tuple[str, ...] = ()
    binary: bool = False

    def number(self, value: RatingValue) -> float | None:
        """Return the number of a value, for means and distances: its rank where texts are ordered; None for texts
        that are not."""
        if isinstance(value, str):
            return float(self.order.index(value)) if value in self.order else None
        return float(value)

    @property
    def numeric(self) -> bool:
        """Whether values have numbers."""
        return self.binary or self.kind != "nominal"


@dataclass(frozen=True, slots=True)
class RatingTable:
    """One rating a rater and item, raters and items in order of name."""

    scale: RatingScale
    raters: tuple[str, ...]
    by_item: Mapping[str, Mapping[str, Rating]] = field(default_factory=dict[str, "Mapping[str, Rating]"])

    def rows(self, raters: Sequence[str] | None = None) -> list[list[RatingValue | None]]:
        """Return a row an item, a column a rater; None where there is no rating."""
        columns = self.raters if raters is None else raters
        return [
            [None if (found := given.get(rater)) is None else found.value for rater in columns]
            for given in self.by_item.values()
        ]

    def only(self, items: Iterable[str]) -> "RatingTable":
        """Return the table of these items alone."""
        wanted = set(items)
        kept = {item: given for item, given in self.by_item.items() if item in wanted}
        raters = sorted({rater for given in kept.values() for rater in given})
        return RatingTable(self.scale, tuple(raters), kept)


def scale_of(
    values: Iterable[RatingValue], *, scale: Scale | None = None, order: Sequence[str] = (), threshold: float | None
) -> RatingScale:
    """Return the scale of values, where `scale` does not say it.

    True and false, and yes, no, pass, fail in their place, are nominal; so are texts without `order`. Whole numbers
    of few different values are ordinal, other numbers on an interval scale. With a `threshold`, numbers from it up
    count as true. Invalid for texts on an interval scale, and for a scale that does not fit.
    """
    seen = set(values)
    if threshold is not None or is_binary(seen):
        return RatingScale("nominal", binary=True)
    texts = sorted(value for value in seen if isinstance(value, str))
    if order:
        if scale not in {None, "ordinal"}:
            raise Invalid.value("scale", scale, "ordinal, or nothing, where an order is given")
        return RatingScale("ordinal", tuple(order))
    if texts:
        if scale not in {None, "nominal"}:
            raise Invalid(f"scale {scale}: the value {shown(texts[0])} is a text; give the order of the texts.")
        return RatingScale("nominal")
    whole = all(float(value).is_integer() for value in seen)
    return RatingScale(scale or ("ordinal" if whole and len(seen) <= MAX_ORDINAL else "interval"))


def is_binary(values: Iterable[RatingValue]) -> bool:
    """Return whether values are all true or false, or words or numbers for them, and one at least says which."""
    found = set(values)
    if not found or not all(numeric_value(value) in {0.0, 1.0} for value in found):
        return False
    return any(isinstance(value, bool | str) for value in found) or 0 in found


def table_of(ratings: Iterable[Rating], scale: RatingScale, *, threshold: float | None = None) -> RatingTable:
    """Return ratings as a table; of several by one rater of one item the latest, of equally late ones the last.

    Invalid for a value that is not on the scale.
    """
    found: dict[str, dict[str, Rating]] = {}
    for rating in ratings:
        given = found.setdefault(rating.item, {})
        before = given.get(rating.rater)
        if before is None or before.at_ms <= rating.at_ms:
            given[rating.rater] = replace(rating, value=_on_scale(rating.value, scale, threshold))
    raters = sorted({rater for given in found.values() for rater in given})
    return RatingTable(scale, tuple(raters), {item: found[item] for item in sorted(found)})


def _on_scale(value: RatingValue, scale: RatingScale, threshold: float | None) -> RatingValue:
    if scale.binary:
        number = numeric_value(value)
        if number is None:
            raise Invalid(f"ratings: {shown(value)} is neither true nor false.")
        # A threshold divides scores; what is true or false already stays so.
        plain = isinstance(value, bool | str) or threshold is None
        return number > 0 if plain or threshold is None else number >= threshold
    if scale.order:
        text = str(value)
        if text not in scale.order:
            raise Invalid(f"ratings: {shown(value)} is none of {', '.join(map(shown, scale.order))}.")
        return text
    if scale.kind == "nominal":
        return value if isinstance(value, str) else label_of(value)
    if isinstance(value, str):
        raise Invalid(f"ratings: {shown(value)} is a text on a scale of numbers; give the order of the texts.")
    return float(value)


def label_of(value: RatingValue) -> str:
    """Return a value as a category's name."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else f"{value:.15g}"


def decision(values: Sequence[RatingValue], scale: RatingScale) -> RatingValue | None:
    """Return what several raters decide: the value that most give, on a scale with an order the middle one, on an
    interval scale their mean; None for a tie, for a middle between two values, and without values."""
    if not values:
        return None
    if scale.kind == "interval":
        return sum(float(value) for value in values if not isinstance(value, str)) / len(values)
    if scale.kind == "ordinal":
        ranked = sorted(values, key=lambda value: scale.number(value) or 0.0)
        low, high = ranked[(len(ranked) - 1) // 2], ranked[len(ranked) // 2]
        return low if low == high else None
    (first, most), *others = Counter(values).most_common(2)
    return None if others and others[0][1] == most else first
