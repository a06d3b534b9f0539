"""What a text index may be asked before a filter is checked: never more than the filter needs."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from lodeline.query.ast import And, Compare, Exists, Match, Node, Text
from lodeline.query.patterns import like_parts
from lodeline.query.tokens import MAX_TOKEN, SINGLE, fold, scalar_token, tokens
from lodeline.query.values import NOT_FINITE

_MATCHED_TEXT = frozenset({"content", "name", "status_message"})
"""Span fields of text whose values are among the span's texts; a LIKE on an attribute may match JSON that is not."""
_COMPARED_TEXT = frozenset({"attributes", "status_message"})
"""Span fields that equal a string only when it is among the span's texts, but for the spelling of numbers."""
_OTLP_NUMBERS = 2**64
"""Attributes hold no larger integers."""
_FIXED = re.compile(r"[\x00-\x7f\u3400-\u4dbf\u4e00-\u9fff]")
"""Characters before which NFC normalisation never reaches back: ASCII, and unified Han."""
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")


@dataclass(frozen=True, slots=True)
class Required:
    """What one and the same span must hold: all these whole tokens, and for each prefix some token that begins so.

    Besides the tokens of its texts a span holds the `tokens.scalar_token` of each attribute that is a number or a
    boolean.
    Tokens are as `tokens.tokens` cuts them. Those at the limit of `MAX_TOKEN` characters are among the prefixes,
    because an index may hold them longer.
    """

    tokens: frozenset[str] = frozenset()
    prefixes: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.tokens or self.prefixes)

    def __or__(self, other: "Required") -> "Required":
        return Required(self.tokens | other.tokens, self.prefixes | other.prefixes)


def required(node: Node) -> tuple[Required, ...]:
    """Return conditions that hold for every trace satisfying `node`; each is met by some span of the trace.

    Empty when nothing can be said. Alternatives and negations say nothing.
    """
    match node:
        case And(items):
            return tuple(each for item in items for each in required(item))
        case Text():
            found = _of_span(node)
        case Exists("span", item):
            found = _of_span(item)
        case _:
            return ()
    return (found,) if found else ()


def _of_span(node: Node) -> Required:
    match node:
        case And(items):
            return _all(_of_span(item) for item in items)
        case Text(terms):
            return _all(_words(token for token in term) for term in terms)
        case Compare(field, "=", str(value)) if field.scope == "span" and field.name in _COMPARED_TEXT:
            return Required() if value in NOT_FINITE.values() else _words(tokens(value))
        case Compare(field, "=", int() | float() as value) if field.scope == "span" and field.name == "attributes":
            return _words((scalar_token(field.key or "", value),)) if abs(value) < _OTLP_NUMBERS else Required()
        case Match(field, "LIKE" | "ILIKE" as op, pattern, False) if (
            field.scope == "span" and field.name in _MATCHED_TEXT
        ):
            return _of_pattern(pattern.casefold() if op == "ILIKE" else pattern)
        case _:
            return Required()


def _all(parts: Iterable[Required]) -> Required:
    found = Required()
    for part in parts:
        found |= part
    return found


def _words(words: Iterable[str]) -> Required:
    whole, prefixes = set[str](), set[str]()
    for word in words:
        (prefixes if len(word) >= MAX_TOKEN else whole).add(word)
    return Required(frozenset(whole), frozenset(prefixes))


def _of_pattern(pattern: str) -> Required:
    """Return what a text that the pattern matches holds.

    A token inside a literal piece is whole; one that touches the piece's right edge may go on in the text; one that
    touches its left edge may have begun before, so it says nothing.
    """
    parts = like_parts(pattern)
    found = Required()
    for index, part in enumerate(parts):
        if isinstance(part, str):
            found |= _of_piece(part.casefold(), at_start=index == 0, at_end=index == len(parts) - 1)
    return found


def _of_piece(piece: str, *, at_start: bool, at_end: bool) -> Required:
    start = 0 if at_start else next((i for i, c in enumerate(piece) if _FIXED.match(c)), len(piece))
    stop = len(piece) if at_end else _stop(piece)
    stable = fold(piece[start:stop])
    if not stable:
        return Required()
    words = tokens(stable)
    open_left = not at_start and _joins(stable[0])
    open_right = not at_end and _joins(stable[-1]) and not (stop < len(piece) and not _joins(piece[stop]))
    if open_left:
        words = words[1:]
    if not open_right or not words:
        return _words(words)
    return _words(words[:-1]) | Required(prefixes=frozenset({words[-1]}))


def _stop(piece: str) -> int:
    """Return where the part of a piece ends that what follows cannot change by normalisation."""
    for index in range(len(piece) - 1, -1, -1):
        char = piece[index]
        if _FIXED.match(char):
            return index + 1 if _HAN.match(char) else index
    return 0


def _joins(char: str) -> bool:
    """Tell whether a character may be part of a token that goes on beyond it."""
    return char.isalnum() and not re.match(rf"[{SINGLE}]", char)
