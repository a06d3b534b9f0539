"""Hints: what a right filter that finds nothing may have been meant to say."""

from collections.abc import Iterator

from lodeline.query.ast import And, Compare, Exists, In, Literal_, Node, Not, Or
from lodeline.query.build import one_of
from lodeline.query.literals import number
from lodeline.query.unparse import short_form, to_text

MAX_HINTS = 3
_BOOLEANS = {"true": True, "false": False}


def hints(node: Node) -> tuple[str, ...]:
    """Return a sentence for each condition that asks a JSON value for a text such as ``'false'`` or ``'5'``.

    Such a condition is right, since the value may be that text, but most values that look so are booleans and
    numbers, which equal no text. At most `MAX_HINTS`, in the order of the filter, each once; none for other filters.
    """
    found: dict[str, None] = {}
    for condition in _conditions(node):
        meant = _retyped(condition)
        if meant != condition:
            found[f"{to_text(condition)} finds text only; booleans and numbers have no quotes: {to_text(meant)}"] = (
                None
            )
    return tuple(found)[:MAX_HINTS]


def _conditions(node: Node) -> Iterator[Node]:
    """Yield the smallest parts of a filter that make sense alone: ``feedback.N = …`` stays whole."""
    match node:
        case And(items) | Or(items):
            for item in items:
                yield from _conditions(item)
        case Not(item):
            yield from _conditions(item)
        case Exists(_, item) if short_form(node) is None:
            yield from _conditions(item)
        case _:
            yield node


def _retyped(node: Node) -> Node:
    """Return the condition with the literals that its texts spell."""
    match node:
        case Exists(scope, item):
            return Exists(scope, _retyped(item))
        case And(items):
            return And(tuple(map(_retyped, items)))
        case Compare(field, "=", value) if field.type == "json":
            return Compare(field, "=", _spelt(value))
        case In(field, values, False) if field.type == "json":
            return one_of(field, map(_spelt, values))
        case _:
            return node


def _spelt(value: Literal_) -> Literal_:
    if not isinstance(value, str):
        return value
    text = value.strip()
    spelt = _BOOLEANS.get(text.lower())
    if spelt is None:
        spelt = number(text)
    return value if spelt is None else spelt
