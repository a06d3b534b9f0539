"""JSON for columns: compact text out, values in; never fails on text that UTF-8 cannot hold."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import orjson


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
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _repaired(value: object) -> object:
    match value:
        case str():
            return value.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
        case Mapping():
            pairs = cast("Mapping[object, object]", value)
            return {_repaired(key): _repaired(item) for key, item in pairs.items()}
        case list() | tuple():
            return [_repaired(item) for item in cast("Sequence[object]", value)]
        case int() if not isinstance(value, bool) and not -(2**63) <= value < 2**64:
            return float(value)
        case _:
            return value
