"""By which fields traces may be grouped and counted."""

from lodeline.domain.errors import Invalid
from lodeline.query.ast import Field
from lodeline.query.grammar_native import parse_field


def parse_group(name: str) -> Field:
    """Return the trace field that facets and groups may use; Invalid for unknown fields and those not of text.

    >>> parse_group("tags.release").key
    'release'
    """
    of = parse_field(name, "trace")
    if of.type != "string":
        raise Invalid.value("field", name, "a text field of traces, such as model, state or tags.release")
    return of
