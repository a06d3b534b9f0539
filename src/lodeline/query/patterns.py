"""LIKE, ILIKE and RLIKE: the same on every engine, in time linear in the text for a given pattern."""

import re
from collections.abc import Callable
from functools import lru_cache
from importlib import import_module
from itertools import groupby
from typing import Protocol, cast

from lodeline.domain.errors import Invalid, Unsupported
from lodeline.query.ast import MatchOp

MAX_PATTERN = 1_000
"""Characters of an RLIKE expression."""
MAX_WILDCARDS = 100
"""Runs of ``_`` in a LIKE pattern: what one place of the text may cost."""
Matcher = Callable[[str], bool]


class _Options(Protocol):
    log_errors: bool


class _Expression(Protocol):
    def search(self, text: str) -> object: ...


class _Re2(Protocol):
    """What is used of google-re2, an optional dependency without types."""

    error: type[Exception]
    Options: type[_Options]

    def compile(self, pattern: str, options: _Options) -> _Expression: ...


class AnyRun:
    """The ``%`` of a LIKE pattern: any run of characters."""


class AnyOne:
    """The ``_`` of a LIKE pattern: any one character."""


ANY_RUN = AnyRun()
ANY_ONE = AnyOne()
Part = str | AnyRun | AnyOne


@lru_cache(maxsize=1024)
def matcher(op: MatchOp, pattern: str) -> Matcher:
    """Return the test of one pattern, as `ast.Match` defines it.

    Invalid for a faulty RLIKE expression or an extravagant LIKE pattern, Unsupported where RE2 is not installed.
    """
    if op == "RLIKE":
        return _rlike(pattern)
    if op == "LIKE":
        return _like(pattern)
    folded = _like(pattern.casefold())
    return lambda text: folded(text.casefold())


def like_parts(pattern: str) -> list[Part]:
    """Return a LIKE pattern as literal strings and wildcards; runs of ``%`` are one, neighbouring literals joined.

    A backslash makes the next character literal; at the end of the pattern it stands for itself.
    """
    parts: list[Part] = []
    for piece in re.findall(r"\\.|[%_]|\\|[^\\%_]+", pattern, re.DOTALL):
        part: Part = ANY_RUN if piece == "%" else ANY_ONE if piece == "_" else piece
        if isinstance(part, str):
            part = part[1:] if len(part) > 1 and part[0] == "\\" else part
            if parts and isinstance(parts[-1], str):
                parts[-1] += part
                continue
        elif part is ANY_RUN and parts and parts[-1] is ANY_RUN:
            continue
        parts.append(part)
    return parts


def check_pattern(pattern: str, *, field: str = "RLIKE") -> str:
    """Return `pattern`; Invalid, naming `field`, unless it is an RE2 expression of at most `MAX_PATTERN` characters.

    Unsupported where RE2 is not installed.
    """
    if len(pattern) > MAX_PATTERN:
        raise Invalid.value(field, pattern, f"at most {MAX_PATTERN} characters")
    try:
        _compile_re2(pattern)
    except ValueError as error:
        raise Invalid.value(field, pattern, f"an RE2 expression ({error})") from error
    return pattern


def escape_like(text: str) -> str:
    """Return `text` as a LIKE pattern that matches exactly it."""
    return re.sub(r"[\\%_]", r"\\\g<0>", text)


def _like(pattern: str) -> Matcher:
    """Match piece by piece between the ``%``, each at its first place: no backtracking over the whole text."""
    parts = like_parts(pattern)
    if sum(part is ANY_ONE for part, _ in groupby(parts)) > MAX_WILDCARDS:
        raise Invalid.value("LIKE", pattern, f"at most {MAX_WILDCARDS} wildcards _ (write \\_ for the character)")
    pieces: list[list[str | AnyOne]] = [[]]
    for part in parts:
        if isinstance(part, AnyRun):
            pieces.append([])
        else:
            pieces[-1].append(part)
    if len(pieces) == 1:
        return _whole(pieces[0])
    first, *inner, last = pieces
    if not first and not last and len(inner) == 1 and isinstance(needle := _only(inner[0]), str):
        return lambda text: needle in text
    return _anchored(_compile(first), [_compile(piece) for piece in inner], _compile(last), _length(last))


def _whole(piece: list[str | AnyOne]) -> Matcher:
    literal = _only(piece) if piece else ""
    if isinstance(literal, str):
        return lambda text: text == literal
    compiled = _compile(piece)
    return lambda text: compiled.fullmatch(text) is not None


def _anchored(
    head: re.Pattern[str], middle: list[re.Pattern[str]], tail: re.Pattern[str], tail_length: int
) -> Matcher:
    def matches(text: str) -> bool:
        start = head.match(text)
        if start is None:
            return False
        position, end = start.end(), len(text) - tail_length
        for piece in middle:
            found = piece.search(text, position, max(position, end))
            if found is None:
                return False
            position = found.end()
        return end >= position and tail.match(text, end) is not None

    return matches


def _only(piece: list[str | AnyOne]) -> str | None:
    """Return the literal that is the whole piece, if it is one."""
    return piece[0] if len(piece) == 1 and isinstance(piece[0], str) else None


def _length(piece: list[str | AnyOne]) -> int:
    return sum(len(part) if isinstance(part, str) else 1 for part in piece)


def _compile(piece: list[str | AnyOne]) -> re.Pattern[str]:
    """Return the expression of a piece; a run of ``_`` is one step, however long."""
    steps: list[str] = []
    for part, run in groupby(piece):
        steps.append(f".{{{len(list(run))}}}" if isinstance(part, AnyOne) else re.escape(part))
    return re.compile("".join(steps), re.DOTALL)


def _rlike(pattern: str) -> Matcher:
    check_pattern(pattern)
    search = _compile_re2(pattern)

    def matches(text: str) -> bool:
        try:
            return search(text) is not None
        except UnicodeEncodeError:  # a lone surrogate, which RE2's UTF-8 cannot hold
            return search(text.encode("utf-8", "replace").decode()) is not None

    return matches


def _compile_re2(pattern: str) -> Callable[[str], object]:
    """Return the search of an RE2 expression; ValueError with RE2's reason when it is faulty."""
    try:
        re2 = cast("_Re2", import_module("re2"))
    except ImportError as error:
        raise Unsupported("RLIKE needs the package google-re2; install 'lodeline[server]'.") from error
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options).search
    except UnicodeEncodeError as error:
        raise ValueError("it holds a lone surrogate") from error
    except re2.error as error:
        reason = error.args[0]
        raise ValueError(reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)) from error
