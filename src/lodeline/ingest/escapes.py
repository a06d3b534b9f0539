"""What a text says behind its escapes: those of JSON (a value that is JSON text itself), and percent-encoding.

In JSON text a word after a line's end follows a letter, that of ``\\n``, and so is not seen as one. Who looks
for words looks into the text and behind its escapes, as often as one text is written within another.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from lodeline.ingest.expressions import Range, merged

LEVELS = 3
"""How deep texts within texts are looked into."""
_OF_JSON = re.compile(
    rb"""\\(?:
        u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2} | u[0-9a-fA-F]{4} | ["\\/bfnrt]
    )""",
    re.VERBOSE,
)
_OF_ADDRESSES = re.compile(rb"%[0-9a-fA-F]{2}")
_SHORT = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t"}


def ranges_behind(data: bytes, ranges: Callable[[bytes], Iterable[Range]]) -> list[Range]:
    """Return where `data` says, as it stands or behind its escapes, what `ranges` finds; in order and disjoint.

    >>> ranges_behind(b'{"name": "Jos\\\\u00e9"}', lambda said: [(said.find(b"Jos"), said.find(b"Jos") + 5)])
    [(10, 19)]
    """
    found: list[Range] = []
    layers: list[_Layer] = []
    text = data
    for _ in range(LEVELS + 1):
        found += _traced(ranges(text), layers)
        address = _OF_ADDRESSES.sub(_said, text)
        if address != text:
            found += _traced(ranges(address), [*layers, (text, _OF_ADDRESSES)])
        layers.append((text, _OF_JSON))
        text = _OF_JSON.sub(_said, text)
        if text == layers[-1][0]:
            break
    return merged(found)


_Layer = tuple[bytes, re.Pattern[bytes]]
"""A text, and the escapes behind which the next one is."""


def _traced(ranges: Iterable[Range], layers: Sequence[_Layer]) -> list[Range]:
    """Return ranges of what is behind all layers as ranges of the outermost text, in order and disjoint."""
    found = merged(ranges)
    for text, escapes in reversed(layers):
        found = _written(text, found, escapes)
    return found


def _said(escape: re.Match[bytes]) -> bytes:
    text = escape.group()
    kind = text[1:2]
    if text[:1] == b"%":
        return bytes.fromhex(text[1:].decode())
    if kind != b"u":
        return _SHORT.get(kind, kind)
    first, second = int(text[2:6], 16), text[8:]
    if second:
        first = 0x10000 + ((first - 0xD800) << 10) + (int(second, 16) - 0xDC00)
    return chr(first).encode(errors="replace")


def _written(text: bytes, ranges: list[Range], escapes: re.Pattern[bytes]) -> list[Range]:
    """Return the ranges of `text` that say what is at `ranges`, in order and disjoint, behind its escapes."""
    pieces = _pieces(text, escapes)
    found: list[Range] = []
    piece = _Piece(0, 0, 0, 0)
    for start, end in ranges:
        while piece.said_end <= start:
            piece = next(pieces)
        written_start = piece.start + (start - piece.said_start if piece.plain else 0)
        while piece.said_end < end:
            piece = next(pieces)
        found.append((written_start, piece.end - (piece.said_end - end if piece.plain else 0)))
    return found


class _Piece(NamedTuple):
    """A piece of a text, an escape or what is between two, and where what it says stands behind the escapes."""

    start: int
    end: int
    said_start: int
    said_end: int

    @property
    def plain(self) -> bool:
        """Whether it says itself; an escape is longer than what it says."""
        return self.end - self.start == self.said_end - self.said_start


def _pieces(text: bytes, escapes: re.Pattern[bytes]) -> Iterator[_Piece]:
    done = said = 0
    for escape in escapes.finditer(text):
        start, end = escape.span()
        if start > done:
            yield _Piece(done, start, said, said + start - done)
            said += start - done
        length = len(_said(escape))
        yield _Piece(start, end, said, said + length)
        said, done = said + length, end
    yield _Piece(done, len(text), said, said + len(text) - done)
