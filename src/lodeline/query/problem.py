"""Errors of filters: what is wrong, where (with a caret), what was expected, and the nearest right word."""

import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches

from lodeline.domain.errors import Invalid, shown

_AROUND = 40
"""Characters shown before and after the place."""
_MAX_WORD = 64
_MAX_FOUND = 200


def problem(
    text: str,
    position: int,
    end: int,
    what: str,
    *,
    expected: str | None = None,
    suggestion: str | None = None,
    field: str | None = None,
    noun: str = "filter",
) -> Invalid:
    """Return the error for `text[position:end]` of a `noun`.

    `what` says what is wrong there. Details hold the offsets `position` and `end`, the first 200 characters `found`
    there, and `expected`, `suggestion`, `field` (None when unknown).
    """
    message = f"{noun}: {what} (character {position + 1})"
    if expected is not None:
        message += f"; expected {expected}"
    if suggestion is not None:
        message += f"; did you mean {suggestion}?"
    return Invalid(
        f"{message}\n{_caret(text, position, end)}",
        details={
            "position": position,
            "end": end,
            "found": text[position : min(end, position + _MAX_FOUND)],
            "expected": expected,
            "suggestion": suggestion,
            "field": field,
        },
    )


def found(text: str, position: int, end: int, noun: str = "filter") -> str:
    """Return how a message names `text[position:end]`."""
    if end == position:
        return f"end of the {noun}"
    quoted = text[position] in "'\"" and end - position > 1
    return shown(text[position + 1 : end - 1] if quoted else text[position:end])


def nearest(word: str, known: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """Return the known word most like `word`; None when none is near, by a likeness from 0 to 1."""
    by_fold = {name.casefold(): name for name in known}
    near = get_close_matches(word[:_MAX_WORD].casefold(), by_fold, n=1, cutoff=cutoff)
    return by_fold[near[0]] if near else None


def _caret(text: str, position: int, end: int) -> str:
    start, stop = max(0, position - _AROUND), min(len(text), max(end, position) + _AROUND)
    line = "".join(char if char.isprintable() else " " for char in text[start:stop])
    before, after = "…" if start else "", "…" if stop < len(text) else ""
    count = max(1, min(end, stop) - position)
    line, count = (line, count) if count <= 2 * _AROUND else (line[: 3 * _AROUND], 2 * _AROUND)
    at = position - start
    indent = len(before) + _columns(line[:at])
    return f"  {before}{line}{after}\n  {' ' * indent}{'^' * max(1, _columns(line[at : at + count]))}"


def _columns(text: str) -> int:
    """Return how many columns of a terminal text takes: two for a wide character, none for a mark on another."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.category(char) in {"Mn", "Me"} else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )
