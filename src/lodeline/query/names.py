"""Names in filters of traces: a version of the application or a run that is asked for by its name.

Traces hold ids. So a condition on `model` or `run` is written anew with the ids of those that have the name, which
whoever searches has looked up.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, TypeAlias

from lodeline.query.ast import And, Compare, Exists, Field, In, Node, Not, Or
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


def sought(node: Node) -> tuple[Asked, ...]:
    """Return what traces must have one of to be found, as far as `asked` returns it: without what is denied."""
    found: dict[Asked, None] = {}
    for item in _conditions(node, denied=False):
        match item:
            case Compare(_, "=", _) | In(_, _, False):
                found.update(dict.fromkeys(asked(item)))
            case _:
                continue
    return tuple(found)


def sought_experiments(node: Node) -> tuple[str, ...]:
    """Return the experiments that a filter of traces asks for, in its order, without what is denied."""
    found: dict[str, None] = {}
    for item in _conditions(node, denied=False):
        match item:
            case Compare(Field("trace", "experiment"), "=", str(value)):
                found[value] = None
            case In(Field("trace", "experiment"), values, False):
                found.update((value, None) for value in values if isinstance(value, str))
            case _:
                continue
    return tuple(found)


Judgment: TypeAlias = tuple[str | None, str]
"""The kind of an assessment, where the filter says it, and its name."""


def sought_judgments(node: Node) -> tuple[Judgment, ...]:
    """Return the assessments that a filter of traces or assessments asks for by name, without what is denied."""
    found: dict[Judgment, None] = {}
    for item in _conditions(node, denied=False):
        inner = item.item if isinstance(item, Exists) else item
        kind: str | None = None
        names: list[str] = []
        for part in inner.items if isinstance(inner, And) else (inner,):
            match part:
                case Compare(Field("assessment", "kind"), "=", str(value)):
                    kind = value
                case Compare(Field("assessment", "name"), "=", str(value)):
                    names.append(value)
                case In(Field("assessment", "name"), values, False):
                    names += [value for value in values if isinstance(value, str)]
                case _:
                    continue
        found.update(dict.fromkeys((kind, name) for name in names))
    return tuple(found)


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


def _conditions(node: Node, *, denied: bool = True) -> Iterator[Node]:
    """Yield the smallest parts of a filter; those below NOT only with `denied`."""
    match node:
        case And(items) | Or(items):
            for item in items:
                yield from _conditions(item, denied=denied)
        case Not(item):
            if denied:
                yield from _conditions(item)
        case _:
            yield node
