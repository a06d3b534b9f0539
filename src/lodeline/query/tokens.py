"""The tokeniser of full text: one definition for the index, the query and the check.

Text is case-folded and NFC-normalised. A token is a maximal run of characters for which ``str.isalnum`` holds (so
"_" and "-" separate), except that each character of a script written without spaces is a token of its own. A token
longer than `MAX_TOKEN` characters counts as its first `MAX_TOKEN`.
"""

import re
import unicodedata
import zlib
from collections.abc import Iterable
from functools import lru_cache

MAX_TOKEN = 64

SINGLE = (
    "\u0e00-\u0eff"  # Thai, Lao
    "\u1000-\u109f"  # Myanmar
    "\u1100-\u11ff\ua960-\ua97f\uac00-\ud7ff"  # Hangul
    "\u1780-\u17ff"  # Khmer
    "\u2e80-\u2fdf\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Han
    "\u3005-\u3007\u3021-\u3029"  # Han iteration mark and numerals
    "\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9f\U0001b000-\U0001b16f"  # Hiragana, Katakana
    "\u3100-\u312f\u31a0-\u31bf"  # Bopomofo
)
"""Ranges of the characters that are tokens of their own, as the inside of a regular expression's class."""

_TOKEN = re.compile(rf"(?=[^\W_])[{SINGLE}]|[^\W_{SINGLE}]+")
_IS_SINGLE = re.compile(rf"[{SINGLE}]")

Term = tuple[str, ...]


def fold(text: str) -> str:
    """Return `text` case-folded and NFC-normalised: what tokens are cut from."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", text.casefold())


def tokens(text: str) -> list[str]:
    """Return the tokens of `text` in order."""
    return [token[:MAX_TOKEN] for token in _TOKEN.findall(fold(text))]


def fold_for_index(text: str) -> str:
    """Return `text` so that an ASCII tokenizer cuts it into the tokens of `tokens`, uncut at `MAX_TOKEN`.

    Such a tokenizer lower-cases ASCII letters, takes every byte ≥ 0x80 as part of a token and splits at every other
    character that is no ASCII letter or digit. ASCII text is returned unchanged.
    """
    return text if text.isascii() else " ".join(_TOKEN.findall(fold(text)))


def contains(text: str, term: Term) -> bool:
    """Tell whether the tokens of `term` stand side by side in `text`, as whole tokens."""
    return _contains_folded(fold(text), term)


def all_in(texts: Iterable[str], terms: Iterable[Term]) -> bool:
    """Tell whether every term occurs in some of `texts`: the meaning of `ast.Text` for one span."""
    missing = list(terms)
    for text in texts:
        if not missing:
            break
        folded = fold(text)
        missing = [term for term in missing if not _contains_folded(folded, term)]
    return not missing


@lru_cache(maxsize=16_384, typed=True)  # typed: True is equal to 1 and has another token
def scalar_token(key: str, value: float) -> str:
    """Return the token under which an index finds spans whose attribute `key` is this number or boolean.

    Numbers that are equal have one token, whatever their type. Different attributes may share a token, seldom: it
    narrows a search and decides nothing.

    >>> scalar_token("http.response.status_code", 503) == scalar_token("http.response.status_code", 503.0)
    True
    """
    if isinstance(value, bool):
        text = "true" if value else "false"
    elif isinstance(value, int) or value.is_integer():
        text = str(int(value))
    else:
        text = repr(value)
    if not text.isalnum():
        text = _NOT_ALNUM.sub(_escape, text)
    return f"q{_key_digest(key)}q{text}"[:MAX_TOKEN]


_NOT_ALNUM = re.compile(r"[^0-9a-z]")
_ESCAPES = {"-": "m", "+": "", ".": "p"}


def _escape(match: re.Match[str]) -> str:
    return _ESCAPES.get(match[0], "")


@lru_cache(maxsize=4096)
def _key_digest(key: str) -> str:
    return f"{zlib.crc32(key.encode('utf-8', 'surrogatepass')):x}"


def terms_of(text: str) -> tuple[Term, ...]:
    """Return the terms that a person's search means: each word, and each phrase in double quotes, once, in order.

    A word that holds several tokens ("foo-bar", "東京") is a phrase of them. A quote without its partner separates.
    """
    found: dict[Term, None] = {}
    for index, piece in enumerate(text.split('"')):
        quoted = index % 2 == 1 and index < text.count('"')
        for part in [piece] if quoted else piece.split():
            term = tuple(tokens(part))
            if term:
                found[term] = None
    return tuple(found)


def _contains_folded(folded: str, term: Term) -> bool:
    return all(token in folded for token in term) and _pattern(term).search(folded) is not None


@lru_cache(maxsize=1024)
def _pattern(term: Term) -> re.Pattern[str]:
    """Return the expression of a term in folded text: literal tokens, separators between them, edges around."""
    parts: list[str] = []
    joined = True  # whether a boundary before the next token is already sure
    for index, token in enumerate(term):
        single = _IS_SINGLE.match(token) is not None
        if index:
            parts.append(r"[\W_]*" if joined or single else r"[\W_]+")
        elif not single:
            parts.append(rf"(?<![^\W_{SINGLE}])")
        parts.append(re.escape(token))
        if len(token) == MAX_TOKEN:
            parts.append(rf"[^\W_{SINGLE}]*+")
        joined = single
    if not joined:
        parts.append(rf"(?![^\W_{SINGLE}])")
    return re.compile("".join(parts))
