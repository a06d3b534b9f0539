"""Canonical JSON: one text for every spelling of the same value, and digests over it.

Keys are sorted by code point, text and keys are NFC, numbers count by value (1, 1.0 and 1e0 are one number, and -0 is
0), there is no white space. So equal content has equal digests on any machine, whatever wrote it.
"""

import hashlib
import json
import math
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Never, TypeAlias, cast

from lodeline.domain.errors import Invalid, TooLarge, shown

MAX_DEPTH = 64
"""Lists and objects within each other."""
_WHOLE = range(-(2**63), 2**63)
_Path: TypeAlias = "tuple[_Path, str | int] | None"
"""The way to a value, from the last step back; a pointer is made of it only for an error."""


def canonical_json(value: object, *, most_chars: int | None = None) -> str:
    """Return the canonical text of a JSON value.

    Invalid, with the JSON pointer of the place, for what JSON or 64 bits cannot hold (NaN, infinities, larger whole
    numbers, lone surrogates, other types), for two keys of one NFC form, and for more than `MAX_DEPTH` levels;
    TooLarge when the text has more than `most_chars` characters.
    """
    text = json.dumps(_normal(value, None, 0), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    if most_chars is not None and len(text) > most_chars:
        raise TooLarge(
            f"{len(text)} characters are over the limit of {most_chars}; keep large content elsewhere and name it."
        )
    return text


def digest_of(value: object) -> str:
    """Return the SHA-256 of a value's canonical text as 64 hex digits; errors as `canonical_json`."""
    return digest_text(canonical_json(value))


def digest_text(text: str) -> str:
    """Return the SHA-256 of a canonical text as 64 hex digits."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def digest_of_set(members: Iterable[tuple[str, str | None]]) -> str:
    """Return the SHA-256 over a multiset of (content hash, external id), in whatever order they come."""
    state = hashlib.sha256()
    for content_hash, external_id in sorted(members, key=lambda member: (member[0], member[1] or "")):
        state.update(f"{content_hash} {json.dumps(external_id)}\n".encode())
    return state.hexdigest()


def _normal(value: object, path: _Path, depth: int) -> object:
    kind = type(value)
    if kind is str:
        return _text(cast(str, value), path)
    if value is None or kind is bool:
        return value
    if kind is int:
        return value if cast(int, value) in _WHOLE else _refuse(path, value, "a whole number of 64 bits")
    if kind is float:
        return _number(cast(float, value), path)
    if depth >= MAX_DEPTH:
        return _refuse(path, "…", f"at most {MAX_DEPTH} levels of lists and objects")
    if isinstance(value, Mapping):
        return _object(cast("Mapping[object, object]", value), path, depth)
    if isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray):
        items = cast("Sequence[object]", value)
        return [_normal(item, (path, index), depth + 1) for index, item in enumerate(items)]
    return _plain(value, path)


def _plain(value: object, path: _Path) -> object:
    """A value of a class derived from a type of JSON."""
    for kind in (str, int, float):
        if isinstance(value, kind):
            return _normal(kind(value), path, 0)
    return _refuse(path, value, "a JSON value")


def _object(value: Mapping[object, object], path: _Path, depth: int) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, item in value.items():
        if not isinstance(key, str):
            return _refuse(path, key, "texts as the keys of an object")
        name = _text(key, path)
        if name in found:
            return _refuse(path, key, "keys that differ in Unicode normal form NFC")
        found[name] = _normal(item, (path, key), depth + 1)
    return found


def _text(value: str, path: _Path) -> str:
    if value.isascii():
        return value
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return _refuse(path, value, "text without lone surrogates")
    return unicodedata.normalize("NFC", value)


def _number(value: float, path: _Path) -> float | int:
    if not math.isfinite(value):
        return _refuse(path, value, "a finite number")
    return int(value) if value.is_integer() and int(value) in _WHOLE else value


def _refuse(path: _Path, value: object, expected: str) -> Never:
    pointer = pointer_of(path)
    raise Invalid(
        f"at {pointer or '/'}: {shown(value)} is not valid; expected {expected}.",
        details={"pointer": pointer, "expected": expected},
    )


def pointer_of(path: _Path) -> str:
    """Return the JSON pointer of a path; "" is the value itself."""
    steps: list[str] = []
    while path is not None:
        path, step = path
        steps.append(str(step).replace("~", "~0").replace("/", "~1"))
    return "".join(f"/{step}" for step in reversed(steps))
