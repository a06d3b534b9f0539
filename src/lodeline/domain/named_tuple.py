"""Named tuples made without their constructor, which costs a microsecond for one with many fields."""

from collections.abc import Iterable
from typing import Any, Protocol, TypeVar, cast

Made = TypeVar("Made", bound=tuple[Any, ...])


class _Make(Protocol):
    def __call__(self, kind: type[Made], values: Iterable[object], /) -> Made:
        """Return a named tuple with these values, which must be all of its fields in their order."""
        ...


make = cast("_Make", tuple.__new__)  # pyright: ignore[reportUnknownMemberType] - _Make says of what
"""Make a named tuple of all its values in their order; nothing checks that they are. For the hot path of ingest."""
