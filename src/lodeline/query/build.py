"""Nodes in their one normal form: flat, without Always inside, without double negation."""

from collections.abc import Iterable

from lodeline.query.ast import Always, And, Compare, Exists, Field, In, Literal_, Node, Not, Or
from lodeline.query.fields import Group, field

ALL = Always()
NOTHING = Not(ALL)
"""What no item satisfies."""


def conj(items: Iterable[Node]) -> Node:
    """Return that all hold."""
    flat: list[Node] = []
    for item in items:
        if item == NOTHING:
            return NOTHING
        if isinstance(item, And):
            flat.extend(item.items)
        elif not isinstance(item, Always):
            flat.append(item)
    return And(tuple(flat)) if len(flat) > 1 else flat[0] if flat else ALL


def disj(items: Iterable[Node]) -> Node:
    """Return that any holds."""
    flat: list[Node] = []
    for item in items:
        if isinstance(item, Always):
            return ALL
        if isinstance(item, Or):
            flat.extend(item.items)
        elif item != NOTHING:
            flat.append(item)
    return Or(tuple(flat)) if len(flat) > 1 else flat[0] if flat else NOTHING


def negate(item: Node) -> Node:
    """Return that it does not hold."""
    return item.item if isinstance(item, Not) else Not(item)


def exists(group: Group, item: Node) -> Node:
    """Return that some span (or assessment) satisfies `item`."""
    return NOTHING if item == NOTHING else Exists(group, item)


def one_of(of: Field, values: Iterable[Literal_], *, negated: bool = False) -> Node:
    """Return that the field is (or is not) one of at least one value; each counts once, a single one is compared."""
    distinct: list[Literal_] = []
    seen: set[tuple[bool, Literal_]] = set()
    for value in values:
        if (isinstance(value, bool), value) not in seen:
            seen.add((isinstance(value, bool), value))
            distinct.append(value)
    if len(distinct) == 1:
        return Compare(of, "!=" if negated else "=", distinct[0])
    return In(of, tuple(distinct), negated)


def judged(kind: str, name: str, *conditions: Node) -> Node:
    """Return that the trace has a standing assessment of this kind and name that satisfies the conditions."""
    return exists("assessment", conj((*judgment(kind, name), *conditions)))


def judgment(kind: str, name: str) -> tuple[Node, Node, Node]:
    """Return the conditions by which ``feedback.N`` and ``expectation.N`` choose among assessments."""
    return (
        Compare(field("assessment", "name"), "=", name),
        Compare(field("assessment", "kind"), "=", kind),
        Compare(field("assessment", "valid"), "=", True),
    )
