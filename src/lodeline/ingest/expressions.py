"""RE2 expressions over UTF-8: where any of several matches, in time linear in the text."""

from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module
from typing import Protocol, cast

Range = tuple[int, int]
"""Where something begins, and where it has ended, in bytes."""

_MAX_MEMORY_BYTES = 64 * 1024 * 1024
"""What one compiled expression may use; a hundred joined ones pass RE2's default of 8 MiB."""
_LINE = b"Text, with 1 number, 2 signs (+, -), _names_ and \xc3\xbcmlauts."
"""Characters of all kinds, for a look at what an expression does with them."""


class _Match(Protocol):
    def group(self) -> bytes: ...

    def span(self, group: int) -> Range: ...


class _Expression(Protocol):
    def search(self, text: bytes) -> _Match | None: ...

    def match(self, text: bytes, pos: int) -> _Match | None: ...

    def finditer(self, text: bytes) -> Iterator[_Match]: ...


class _Options(Protocol):
    log_errors: bool
    max_mem: int


class _Re2(Protocol):
    """What is used of google-re2, which has no types."""

    error: type[Exception]
    Options: type[_Options]

    def compile(self, pattern: str, options: _Options) -> _Expression: ...


_re2 = cast("_Re2", import_module("re2"))


class Expressions:
    """Several RE2 expressions; ValueError, with the reason, for one that RE2 does not take."""

    __slots__ = ("_each", "_together")

    def __init__(self, expressions: Sequence[str]) -> None:
        self._each = [_compiled(expression) for expression in expressions]
        self._together = _joined(expressions)

    def found(self, data: bytes) -> bool:
        """Tell whether any of them matches anywhere in `data`."""
        if self._together is not None:
            return self._together.search(data) is not None
        return any(expression.search(data) is not None for expression in self._each)

    def found_at(self, data: bytes, position: int) -> bool:
        """Tell whether any of them matches in `data` from just this position on."""
        if self._together is not None:
            return self._together.match(data, position) is not None
        return any(expression.match(data, position) is not None for expression in self._each)

    def ranges(self, data: bytes, group: int = 0) -> Iterator[Range]:
        """Yield what each of them matches in `data`, or a group of it, but for empty matches; in no order, one over
        another."""
        if not self.found(data):
            return
        for expression in self._each:
            for match in expression.finditer(data):
                start, end = match.span(group)
                if start < end:
                    yield start, end


def idles(expression: str) -> bool:
    """Tell whether it matches no characters where there are some, as ``x*`` does: that costs, and finds nothing.

    ValueError for what RE2 does not take.
    """
    compiled = _compiled(expression)
    empty, some = compiled.search(b""), compiled.search(_LINE)
    return empty is not None and (some is None or some.group() != _LINE)


def merged(ranges: Iterable[Range]) -> list[Range]:
    """Return ranges in order, those that touch or cover each other as one.

    >>> merged([(4, 6), (0, 2), (2, 3), (5, 9)])
    [(0, 3), (4, 9)]
    """
    found: list[Range] = []
    for start, end in sorted(ranges):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def _compiled(expression: str) -> _Expression:
    options = _re2.Options()
    options.log_errors = False
    options.max_mem = _MAX_MEMORY_BYTES
    try:
        return _re2.compile(expression, options)
    except (_re2.error, UnicodeError) as error:
        raise ValueError(f"not an RE2 expression: {error}") from error


def _joined(expressions: Sequence[str]) -> _Expression | None:
    """Return all as one expression; None where that is too large, or one would read on into the next.

    One with an open ``\\Q`` does, which alone ends with the expression.
    """
    grouped = [f"(?:{expression})" for expression in expressions]
    try:
        for group in grouped:
            if r"\Q" in group:
                _compiled(group)
        return _compiled("|".join(grouped))
    except ValueError:
        return None
