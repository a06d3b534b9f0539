"""Wire: how MLflow's messages are written as JSON."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TypeAlias

Reply: TypeAlias = Mapping[str, object]
"""A message on its way out; `lodeline.server.serialise` writes it."""
_NS_PER_MS = 1_000_000
_TO_SECONDS = len("2026-01-01T00:00:00")
_MOST = 1.7976931348623157e308


def message(**fields: object) -> dict[str, object]:
    """Return a message: what is None and lists and maps that are empty are left out, as protobuf does."""
    return {name: value for name, value in fields.items() if value is not None and value not in ((), [], {})}


def pairs(values: Mapping[str, str]) -> list[dict[str, str]]:
    """Return a dict as MLflow's list of ``{key, value}``, in order of the keys."""
    return [{"key": key, "value": values[key]} for key in sorted(values)]


def page_token(cursor: str | None) -> str | None:
    """Return the token of the next page; None, which is left out, when there is none."""
    return cursor or None


def number(value: float) -> float | str:
    """Return a number as metrics have it: NaN is a text, infinity the greatest finite number."""
    if value != value:  # noqa: PLR0124 - NaN
        return "NaN"
    return max(-_MOST, min(_MOST, value))


def timestamp_ms(at_ms: int) -> str:
    """Return a time as RFC 3339 with milliseconds, none when they are zero."""
    seconds, rest = divmod(at_ms, 1000)
    text = datetime.fromtimestamp(seconds, UTC).isoformat()[:_TO_SECONDS]
    return f"{text}.{rest:03d}Z" if rest else f"{text}Z"


def timestamp_ns(at_ns: int) -> str:
    """Return a time as RFC 3339, in whole milliseconds, rounded down."""
    return timestamp_ms(at_ns // _NS_PER_MS)


def duration_ns(length_ns: int) -> str:
    """Return a duration as protobuf writes it, in whole milliseconds, rounded down."""
    seconds, rest = divmod(length_ns // _NS_PER_MS, 1000)
    return f"{seconds}.{rest:03d}s" if rest else f"{seconds}s"


def json_text(value: object) -> str:
    """Return a value as the JSON text that some of MLflow's fields hold."""
    return json.dumps(value)
