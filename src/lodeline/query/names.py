"""Names in filters of traces: a version of the application or a run that is asked for by its name.

Traces hold ids. So a condition on `model` or `run` is written anew with the ids of those that have the name, which
whoever searches has looked up.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, TypeAlias

from lodeline.query.ast import And, Compare, Field, In, Node, Not, Or
from lodeline.query.build import one_of

Named = Literal["model", "run"]
Asked: TypeAlias = tuple[Named, str]
"""A field of traces that holds ids, and what a filter asks it for, which may be a name."""


KINDS: tuple[Named, ...] = ("model", "run")


def asked(node: Node) -> Mapping[Asked, int]:
    """Return what a filter of traces compares versions and runs with, in its order, and how often; no patterns."""
    found: Counter[Asked] = Counter()
    for item in _conditions(node):
        match item:
            case Compare(Field("trace", "model" | "run" as name), "=" | "!=", str(value)):
                found[name, value] += 1
            case In(Field("trace", "model" | "run" as name), values):
                found.update((name, value) for value in values if isinstance(value, str))
            case _:
                continue
    return found


def with_ids(node: Node, ids: Mapping[Asked, Sequence[str]]) -> Node:
    """Return the filter with the ids in place of each name that has some."""
    match node:
        case And(items):
            return And(tuple(with_ids(item, ids) for item in items))
        case Or(items):
            return Or(tuple(with_ids(item, ids) for item in items))
        case Not(item):
            return Not(with_ids(item, ids))
        case Compare(Field("trace", "model" | "run" as name) as of, "=" | "!=" as op, str(value)):
            return one_of(of, ids.get((name, value), (value,)), negated=op == "!=")
        case In(Field("trace", "model" | "run" as name) as of, values, negated):
            meant = [one for value in values for one in (ids.get((name, str(value))) or (value,))]
            return one_of(of, meant, negated=negated)
        case _:
            return node


def _conditions(node: Node) -> Iterator[Node]:
    match node:
        case And(items) | Or(items):
            for item in items:
                yield from _conditions(item)
        case Not(item):
            yield from _conditions(item)
        case _:
            yield node
