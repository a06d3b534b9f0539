"""JSON in attribute values, read without trust: bounded, and text stays text when it is not JSON."""

import json
import re
from typing import cast

import orjson

from lodeline.domain.span import JsonValue

MAX_JSON_DEPTH = 64
"""What nests deeper stays text."""

_ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
_ENCODE = json.JSONEncoder(ensure_ascii=False).encode


def parse_json(text: str) -> JsonValue:
    """Return the JSON value that `text` spells, or `text` itself when it spells none or nests too deeply.

    NaN, infinities and lone surrogates, which Python's own writer produces, are understood; the surrogates
    become U+FFFD.
    """
    try:
        value = cast("JsonValue", orjson.loads(text))
    except ValueError:
        value = _parse_python_json(text)
    return value if _is_flat(text) or _depth_within(value, MAX_JSON_DEPTH) else text


def parse_container(text: str) -> JsonValue:
    """Return the JSON object or list that `text` spells, or `text` itself: a bare number or word stays text."""
    head = text.lstrip()[:1]
    return parse_json(text) if head and head in "[{" else text


def as_text(value: JsonValue) -> str:
    """Return a value as text: a string as it is, None as nothing, all else as JSON in Python's spelling."""
    if isinstance(value, str):
        return value
    return "" if value is None else _ENCODE(value)


def as_short_text(value: JsonValue) -> str:
    """Return a value as text like `as_text`, but its JSON without spaces and an order of magnitude faster."""
    if isinstance(value, str):
        return value
    try:
        return "" if value is None else orjson.dumps(value).decode()
    except TypeError:
        return as_text(value)


def _parse_python_json(text: str) -> JsonValue:
    if "NaN" not in text and "Infinity" not in text and "\\u" not in text:
        return text
    try:
        return cast("JsonValue", json.loads(_ESCAPED_SURROGATE.sub("\ufffd", text)))
    except (ValueError, RecursionError):
        return text


def _is_flat(text: str) -> bool:
    """Tell whether `text` has too few brackets to nest too deeply; `str.find` is faster than counting."""
    left = MAX_JSON_DEPTH
    for bracket in "{[":
        at = text.find(bracket)
        while at >= 0:
            left -= 1
            if left < 0:
                return False
            at = text.find(bracket, at + 1)
    return True


def _depth_within(value: JsonValue, most: int) -> bool:
    if isinstance(value, dict):
        return most > 0 and all(_depth_within(item, most - 1) for item in value.values())
    if isinstance(value, list):
        return most > 0 and all(_depth_within(item, most - 1) for item in value)
    return True
