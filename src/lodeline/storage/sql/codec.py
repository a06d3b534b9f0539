"""JSON for columns: compact text out, values in; never fails on text that UTF-8 cannot hold."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

import orjson

_SURROGATE = re.compile("[\ud800-\udfff]")


def dumps(value: object) -> str:
    """Return `value` as compact JSON; lone surrogates become U+FFFD, integers past 64 bits become floats."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        return orjson.dumps(_repaired(value)).decode()


def loads(text: str | bytes) -> Any:
    """Return the value of JSON text that `dumps` wrote."""
    return orjson.loads(text)


def clean(text: str) -> str:
    """Return `text` with lone surrogates replaced by U+FFFD."""
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            return _SURROGATE.sub("\ufffd", text)
    return text


def _repaired(value: object) -> object:
    match value:
        case str():
            return clean(value)
        case Mapping():
            pairs = cast("Mapping[object, object]", value)
            return {_repaired(key): _repaired(item) for key, item in pairs.items()}
        case list() | tuple():
            return [_repaired(item) for item in cast("Sequence[object]", value)]
        case int() if not isinstance(value, bool) and not -(2**63) <= value < 2**64:
            return float(value)
        case _:
            return value
