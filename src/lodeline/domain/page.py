"""Pages of lists: keyset cursors, never offsets."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from lodeline.domain.errors import Invalid

T = TypeVar("T")
U = TypeVar("U")

DEFAULT_LIMIT = 50
MAX_LIMIT = 1000


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list.

    `cursor` continues after the last examined row and is None at the end. `partial` says that the search stopped at
    its deadline: `items` are right but there may be more before the next one; continuing with `cursor` finds them.
    `hints` are sentences about a filter that is right, found nothing, and may have been meant otherwise.
    """

    items: tuple[T, ...] = field(default_factory=tuple)
    cursor: str | None = None
    partial: bool = False
    hints: tuple[str, ...] = ()

    def map(self, fn: Callable[[T], U]) -> "Page[U]":
        """Return the same page with `fn` applied to every item."""
        return Page(tuple(fn(item) for item in self.items), self.cursor, self.partial, self.hints)


def check_limit(limit: int, *, most: int = MAX_LIMIT) -> int:
    """Return `limit`; Invalid unless 1 ≤ limit ≤ most."""
    if not 1 <= limit <= most:
        raise Invalid.value("limit", limit, f"a number from 1 to {most}")
    return limit
