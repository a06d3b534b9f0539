"""Rating: what one rater, a person or a judge, said of one item, as statistics of agreement see it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from lodeline.domain.span import JsonValue

RatingValue: TypeAlias = bool | int | float | str


@dataclass(frozen=True, slots=True)
class Rating:
    """One rater's value for one item.

    `version` tells the versions of one judge apart, `confidence` (0 to 1) is how sure the judge is. Of several
    ratings of one item by one rater (and, for judges, one version) the one with the latest `at_ms` counts.
    """

    item: str
    rater: str
    value: RatingValue
    version: str | None = None
    confidence: float | None = None
    at_ms: int = 0


def rating_value(value: JsonValue) -> RatingValue | None:
    """Return an assessment's value as a rating. A list counts as the set of its members, a mapping as its JSON text;
    None says that there is nothing to compare."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Mapping):
        return json.dumps(value, sort_keys=True, ensure_ascii=False)
    members = {_text(member) for member in value}
    return ", ".join(sorted(members))


def _text(member: JsonValue) -> str:
    if isinstance(member, str):
        return member
    if isinstance(member, Sequence | Mapping):
        return json.dumps(member, sort_keys=True, ensure_ascii=False)
    return json.dumps(member)
