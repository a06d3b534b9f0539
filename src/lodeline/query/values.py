"""Values in the forms that operators see: JSON text, sort keys, what counts as missing."""

import base64
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from lodeline.domain.span import AttributeValue, Span
from lodeline.query.ast import SORT_CHARS, FieldType

Scalar: TypeAlias = str | int | float | bool
_MAX_DEPTH = 200


def plain(value: AttributeValue, depth: int = 0) -> AttributeValue:
    """Return `value` as JSON can hold it: bytes as base64, NaN and infinities as strings, tuples as lists.

    What is nested deeper than 200 levels becomes null; ingestion lets nothing that deep through.
    """
    if isinstance(value, str | bool | int) or value is None:
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else NOT_FINITE[str(value)]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if depth > _MAX_DEPTH:
        return None
    if isinstance(value, Mapping):
        return {key: plain(item, depth + 1) for key, item in value.items()}
    return [plain(item, depth + 1) for item in value]


NOT_FINITE = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}
"""How JSON spells the numbers that it lacks, by how Python does."""


def typed(value: AttributeValue, type_: FieldType) -> AttributeValue:
    """Return `value` as an operator on a field of this type sees it; None when it counts as missing.

    Bytes stay bytes, so they equal no string, not even their base64 text, which LIKE sees.
    """
    if type_ == "json":
        return value if isinstance(value, bytes) else plain(value)
    if isinstance(value, float) and math.isnan(value):
        return None
    return value


def json_form(value: AttributeValue) -> str:
    """Return the text that LIKE, ILIKE and RLIKE see: a string itself, anything else as compact JSON.

    As Python's ``json.dumps`` writes it, without spaces, non-ASCII characters unescaped, keys in their order.
    """
    value = plain(value)
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def mlflow_json(value: AttributeValue) -> str:
    """Return the JSON text by which MLflow compares assessments: every number a float, a space after , and :."""
    return json.dumps(_floats(plain(value)), ensure_ascii=False)


def _floats(value: AttributeValue) -> AttributeValue:
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value) if abs(value) < 1 << 1023 else value
    if isinstance(value, Mapping):
        return {key: _floats(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_floats(item) for item in value]
    return value


def strings(value: AttributeValue) -> Iterator[str]:
    """Yield the strings in a value, however deep, never the keys of its mappings."""
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, Mapping):
            stack.extend(reversed([*item.values()]))
        elif isinstance(item, Sequence) and not isinstance(item, bytes):
            stack.extend(reversed(item))


def span_texts(span: Span) -> Iterator[str]:
    """Yield the texts of a span as `ast.Text` defines them; empty ones are left out."""
    if span.name:
        yield span.name
    if span.status_message:
        yield span.status_message
    for value in span.attributes.values():
        yield from filter(None, strings(value))
    for event in span.events:
        if event.name:
            yield event.name
        for value in event.attributes.values():
            yield from filter(None, strings(value))


def sort_value(value: AttributeValue) -> Scalar | None:
    """Return what a sort compares (`ast.Order`): None for a missing value, the head of a string."""
    if isinstance(value, str):
        return value[:SORT_CHARS]
    if isinstance(value, float) and math.isnan(value):
        return None
    return value if isinstance(value, int | float) else None
