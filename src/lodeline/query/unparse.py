"""From nodes back to text of our grammar: ``parse(to_text(node), entity) == node`` for every node that it can write.

Nodes that only MLflow's grammar makes are written too (``json(value) = '5.0'``), except a filter that nothing
satisfies and enumerated values that the field table does not have.
"""

import re
from collections.abc import Sequence

from lodeline.domain.errors import Unsupported
from lodeline.query.ast import (
    Always,
    And,
    Compare,
    Exists,
    Field,
    In,
    IsNull,
    JsonText,
    Literal_,
    Match,
    Node,
    Not,
    Or,
    Text,
)  # fmt: skip
from lodeline.query.build import judgment
from lodeline.query.fields import spec_of
from lodeline.query.literals import UNITS_NS, iso_text, quote

_BARE_KEY = re.compile(r"[\w\-/:@]+(?:\.[\w\-/:@]+)*")
_SPAN_UNITS = [(unit, UNITS_NS[unit]) for unit in ("d", "h", "m", "s", "ms", "us", "ns")]
_JUDGMENTS = {"FEEDBACK": "feedback", "EXPECTATION": "expectation"}
_Condition = Compare | In | Match | IsNull | JsonText


def to_text(node: Node) -> str:
    """Return the filter as text of our grammar; "" for `Always`.

    Unsupported for a filter that nothing satisfies: our grammar has none.
    """
    match node:
        case Always():
            return ""
        case And(items):
            return " AND ".join(f"({to_text(item)})" if isinstance(item, Or) else to_text(item) for item in items)
        case Or(items):
            return " OR ".join(to_text(item) for item in items)
        case Not(item):
            return _not(item)
        case Exists(scope, item):
            return short_form(node) or f"{scope}({to_text(item)})"
        case Text(terms):
            return f"text ~ {quote(' '.join(map(_term, terms)))}"
        case _:
            return _condition(node, "")


def short_form(node: Exists) -> str | None:
    """Return one condition on a span or an assessment as text without a group; None when it needs one."""
    return _judgment(node.item) or _part(node.scope, node.item)


def name(field: Field) -> str:
    """Return how a field is written within its own scope."""
    if field.key is None:
        return field.name
    return f"{field.name}.{_key(field.key)}"


def _key(key: str) -> str:
    if _BARE_KEY.fullmatch(key):
        return key
    if "`" not in key:
        return f"`{key}`"
    escaped = key.replace("\\", "\\\\").replace('"', '""')
    return f'"{escaped}"'


def _not(item: Node) -> str:
    match item:
        case Always():
            raise Unsupported("filter: one that nothing satisfies cannot be written as text.")
        case And() | Or():
            return f"NOT ({to_text(item)})"
        case IsNull():
            return _condition(item, "", negated=True)
        case Exists("assessment", And(items)) if len(items) == 3 and (written := _judged(items)):
            return f"{written} IS NULL"
        case _:
            return f"NOT {to_text(item)}"


def _term(term: Sequence[str]) -> str:
    return f'"{" ".join(term)}"' if len(term) > 1 else term[0]


def _part(scope: str, item: Node) -> str | None:
    """Return a single condition on a span or assessment in its short form, such as ``span.name = 'x'``."""
    if isinstance(item, Not) and isinstance(item.item, IsNull):
        return _condition(item.item, f"{scope}.", negated=True)
    if isinstance(item, _Condition) and not isinstance(item, JsonText):
        return _condition(item, f"{scope}.")
    return None


def _judgment(item: Node) -> str | None:
    """Return ``feedback.N …`` or ``expectation.N …`` where that is what was meant."""
    if not isinstance(item, And) or len(item.items) not in {3, 4}:
        return None
    written = _judged(item.items)
    if written is None or len(item.items) == 3:
        return f"{written} IS NOT NULL" if written else None
    last = item.items[3]
    if isinstance(last, Compare | In | Match) and last.field.name == "value":
        return _condition(last, "", subject=written)
    return None


def _judged(items: Sequence[Node]) -> str | None:
    match items[0], items[1]:
        case Compare(value=str(called)), Compare(value=str(kind)) if kind in _JUDGMENTS:
            same = tuple(items[:3]) == judgment(kind, called)
            return f"{_JUDGMENTS[kind]}.{_key(called)}" if same and called else None
        case _:
            return None


def _condition(node: _Condition, prefix: str, *, negated: bool = False, subject: str | None = None) -> str:
    left = subject or prefix + name(node.field)
    match node:
        case Compare(field, op, value):
            return f"{left} {op} {_literal(field, value)}"
        case In(field, values, negative):
            listed = ", ".join(_literal(field, value) for value in values)
            return f"{left} {'NOT ' if negative else ''}IN ({listed})"
        case Match(_, op, pattern, negative):
            return f"{left} {'NOT ' if negative else ''}{op} {quote(pattern)}"
        case IsNull():
            return f"{left} IS {'NOT ' if negated else ''}NULL"
        case JsonText(_, op, value):
            return f"json({left}) {op} {quote(value)}"


def _literal(field: Field, value: Literal_) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return quote(value)
    kind = spec_of(field).type
    if kind == "time" and isinstance(value, int):
        return quote(iso_text(value))
    if kind == "duration" and isinstance(value, int):
        unit, size = next((unit, size) for unit, size in _SPAN_UNITS if value % size == 0)
        return f"{value // size}{unit}"
    return repr(value)
