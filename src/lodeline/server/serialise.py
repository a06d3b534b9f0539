"""Domain values to native JSON, fast: the encoder of each type is put together once from its shape.

Anything a trace may hold can be written: NaN, bytes, lone surrogates (they become U+FFFD), integers of any size.
"""

import base64
import dataclasses
import math
from collections.abc import Callable, Collection, Mapping
from functools import cache
from operator import attrgetter
from typing import Any, TypeAlias, cast

import orjson

from lodeline.domain.shapes import (
    ChoiceShape,
    ListShape,
    MapShape,
    OptionalShape,
    RecordShape,
    ScalarShape,
    Shape,
    fields_of,
)
from lodeline.domain.usage import TokenUsage

Encoder: TypeAlias = Callable[[Any], Any]
MAX_DEPTH = 100
_INT64 = range(-(2**63), 2**64)
_PLAIN_ONLY = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_SUBCLASS


def dumps(value: object) -> bytes:
    """Return the native JSON of a domain value, or of lists and dicts of such values, as UTF-8."""
    plain = to_plain(value)
    try:
        return orjson.dumps(plain)
    except TypeError:
        return orjson.dumps(_clean(plain))


def dumps_plain(value: Mapping[str, object]) -> bytes:
    """Return what `dumps` does, faster, of a value that holds hardly anything but dicts, lists, text and numbers."""
    try:
        written = orjson.dumps(value, option=_PLAIN_ONLY)
    except TypeError:
        return dumps(value)
    # It writes NaN and infinity as null.
    return dumps(value) if b"null" in written else written


def to_plain(value: object) -> Any:
    """Return a value that consists of dicts, lists, text, numbers, booleans and None only."""
    if isinstance(value, str | int | bool) or value is None:
        return value
    if dataclasses.is_dataclass(value):
        return _record(type(value))(value)
    return _by_type(value, 0)


def usage_to_plain(usage: TokenUsage) -> dict[str, int]:
    """Return token usage as its disjoint buckets with the sums `input`, `output` and `total` before them."""
    uncached, read, write_5m, write_1h, text, reasoning, audio_in, audio_out, image = usage
    given = uncached + read + write_5m + write_1h + audio_in + image
    made = text + reasoning + audio_out
    return {
        "input": given, "output": made, "total": given + made, "input_uncached": uncached, "cache_read": read,
        "cache_write_5m": write_5m, "cache_write_1h": write_1h, "output_text": text, "output_reasoning": reasoning,
        "audio_in": audio_in, "audio_out": audio_out, "image": image,
    }  # fmt: skip


@cache
def _record(cls: type) -> Encoder:
    pairs = [(name, _encoder(shape)) for name, shape in fields_of(RecordShape(cls))]
    names = [name for name, _ in pairs]
    special = [(name, encode) for name, encode in pairs if encode is not None]
    get = attrgetter(*names)
    # Of one name alone an attrgetter returns no tuple.
    read: Encoder = get if len(names) > 1 else lambda value: (get(value),)

    def encode_record(value: Any) -> dict[str, Any]:
        plain = dict(zip(names, read(value), strict=True))
        for name, encode in special:
            item = plain[name]
            if item is not None:
                plain[name] = encode(item)
        return plain

    return encode_record


def _encoder(shape: Shape) -> Encoder | None:
    """Return what turns a value that is not None into its plain form; None when it already is."""
    match shape:
        case ScalarShape(kind):
            return _SCALAR_ENCODERS.get(kind)
        case ChoiceShape():
            return None
        case OptionalShape(item):
            return _encoder(item)
        case RecordShape(cls):
            return _record(cls)
        case ListShape(item):
            inner = _encoder(item)
            return list if inner is None else lambda values: [None if v is None else inner(v) for v in values]
        case MapShape(item):
            inner = _encoder(item)
            if inner is None:
                return dict
            return lambda values: {k: None if v is None else inner(v) for k, v in values.items()}


def _number(value: float) -> float | str:
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _bytes(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")


def _dynamic(value: object) -> Any:
    return _by_type(value, 0)


def _by_type(value: object, depth: int) -> Any:
    if depth > MAX_DEPTH:
        return "…"
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, int):
        return value if value in _INT64 else str(value)
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, bytes):
        return _bytes(value)
    if isinstance(value, TokenUsage):
        return usage_to_plain(value)
    if dataclasses.is_dataclass(value):
        return _record(type(value))(value)
    if isinstance(value, Mapping):
        return {str(key): _by_type(item, depth + 1) for key, item in cast("Mapping[object, object]", value).items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_by_type(item, depth + 1) for item in cast("Collection[object]", value)]
    return str(value)


_SCALAR_ENCODERS: dict[str, Encoder] = {
    "ns": str, "number": _number, "bytes": _bytes, "usage": usage_to_plain, "any": _dynamic, "object": _dynamic,
}  # fmt: skip


def _clean(value: Any) -> Any:
    """Return a plain value with every lone surrogate replaced; orjson refuses them."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_clean(str(key)): _clean(item) for key, item in cast("Mapping[object, object]", value).items()}
    if isinstance(value, list):
        return [_clean(item) for item in cast("list[object]", value)]
    return value if not isinstance(value, int) or isinstance(value, bool) or value in _INT64 else str(value)
