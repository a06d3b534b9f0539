"""By which fields traces may be grouped and counted."""

from typing import Literal, get_args

from lodeline.domain.analytics import SpanField
from lodeline.domain.errors import Invalid, shown
from lodeline.query.ast import Field
from lodeline.query.fields import GROUPS, find
from lodeline.query.grammar_native import parse_field
from lodeline.query.syntax import path_parts

Parameter = Literal["field", "group_by"]
"""What the field of a facet and that of an aggregate are called."""

_EXPECTED = "a text field of traces, such as model, state or tags.release"
_JUDGMENTS = frozenset({"feedback", "expectation"})


def parse_group(name: str, parameter: Parameter = "field") -> Field:
    """Return the trace field that facets and groups may use; Invalid for unknown fields and those not of text.

    Errors name the `parameter`, and say of a field that filters know what answers the question that was meant.

    >>> parse_group("tags.release").key
    'release'
    """
    if (part := _part(name)) is not None:
        remedy = f" {part}" if part else ""
        message = (
            f"{parameter}: {shown(name)} is a field that filters of traces know but groups cannot use, since a trace "
            f"may have several of it; expected {_EXPECTED}.{remedy}"
        )
        raise Invalid(message, details={"field": parameter, "expected": _EXPECTED})
    of = parse_field(name, "trace", parameter)
    if of.type != "string":
        message = (
            f"{parameter}: {shown(name)} is a field that filters of traces know but groups cannot use, since it is "
            f"a {of.type}; expected {_EXPECTED}."
        )
        raise Invalid(message, details={"field": parameter, "expected": _EXPECTED})
    return of


def _part(name: str) -> str | None:
    """Return what to do about a field of a trace's spans or assessments; None for any other name."""
    parts = path_parts(name.strip())
    prefix = parts[0].lower()
    if len(parts) == 1:
        return None
    if prefix in _JUDGMENTS:
        called = ".".join(parts[1:])
        return f"The measures assessment_mean and assessment_count, with assessment={called}, say how it is judged."
    group = GROUPS.get(prefix)
    known = None if group is None else find(group, parts[1:])
    if known is None:
        return None
    if group == "span" and known[0].name in get_args(SpanField):
        field = known[0].name
        return (
            f"Spans are compared by it with `lodeline traces breakdown {field}` or "
            f"GET /api/v1/traces/breakdown?by={field}."
        )
    return ""
