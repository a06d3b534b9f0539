"""What a JSON Schema costs to check: how large it is with every reference written out.

A schema of a few kilobytes whose parts refer to each other twice grows exponentially when it is followed, with the
length of the chain or, where it refers to itself, with the depth of what is checked. So both are bounded before any
record is looked at.
"""

from collections.abc import Mapping
from typing import cast

from lodeline.domain.errors import Invalid, shown

MAX_PARTS = 10_000
"""Parts of a schema with every reference written out."""


def check_cost(schema: Mapping[str, object], field: str) -> None:
    """Return when a schema has at most `MAX_PARTS` parts, written out, and no part that refers to itself.

    Invalid names `field` otherwise, and for references other than into the schema itself ("#/…").
    """
    try:
        _Walk(schema, field).cost(schema)
    except RecursionError as error:
        raise _refused(field, "its references lead too deep") from error


class _Walk:
    def __init__(self, root: Mapping[str, object], field: str) -> None:
        self._root = root
        self._field = field
        self._known: dict[str, int] = {}
        self._open: set[str] = set()

    def cost(self, part: object) -> int:
        if isinstance(part, list):
            total = 1 + sum(self.cost(item) for item in cast("list[object]", part))
        elif isinstance(part, Mapping):
            members = cast("Mapping[str, object]", part)
            total = 1 + sum(self.cost(item) for item in members.values())
            total += sum(
                self._target(members[key]) for key in ("$ref", "$dynamicRef", "$recursiveRef") if key in members
            )
        else:
            return 1
        if total > MAX_PARTS:
            raise _refused(self._field, f"with every $ref written out it has more than {MAX_PARTS} parts")
        return total

    def _target(self, reference: object) -> int:
        if not isinstance(reference, str):
            return 0  # a property of that name
        if reference not in self._known:
            if reference in self._open:
                raise _refused(self._field, f"{shown(reference)} refers to itself")
            self._open.add(reference)
            self._known[reference] = self.cost(self._resolved(reference))
            self._open.discard(reference)
        return self._known[reference]

    def _resolved(self, reference: str) -> object:
        if reference == "#":
            raise _refused(self._field, "'#' refers to itself")
        if not reference.startswith("#/"):
            raise _refused(self._field, f"$ref {shown(reference)} does not begin with '#/'")
        found: object = self._root
        for step in reference[2:].split("/"):
            name = step.replace("~1", "/").replace("~0", "~")
            members = _members(found)
            if name not in members:
                raise _refused(self._field, f"$ref {shown(reference)} leads nowhere")
            found = members[name]
        return found


def _members(part: object) -> Mapping[str, object]:
    if isinstance(part, Mapping):
        return cast("Mapping[str, object]", part)
    items = cast("list[object]", part) if isinstance(part, list) else []
    return {str(number): item for number, item in enumerate(items)}


def _refused(field: str, why: str) -> Invalid:
    return Invalid(
        f"{field}: {why}; say it without, so that checking a record stays cheap.", details={"field": field}
    )
