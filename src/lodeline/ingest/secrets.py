"""Secrets of well-known form, found in linear time."""

from collections.abc import Callable
from importlib import import_module
from typing import Protocol, cast

import ahocorasick_rs

SECRETS: tuple[str, ...] = (
    r"\bsk-(?:[A-Za-z0-9_-]*[_-])?[A-Za-z0-9]{16,}[A-Za-z0-9_-]*",  # OpenAI, Anthropic, OpenRouter and many more
    r"\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,}",  # Stripe
    r"\bgh[pousr]_[A-Za-z0-9]{36,}",  # GitHub
    r"\bgithub_pat_[A-Za-z0-9_]{22,}",
    r"\bglpat-[A-Za-z0-9_-]{20,}",  # GitLab
    r"\bA[KS]IA[A-Z0-9]{16}\b",  # AWS
    r"\bAIza[A-Za-z0-9_-]{35}",  # Google
    r"\bhf_[A-Za-z0-9]{30,}",  # Hugging Face
    r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}",  # Slack
    r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*",  # JSON web tokens
    r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----(?:(?s:.*?)-----END [A-Z ]{0,30}PRIVATE KEY-----|[^-]*)",
)
"""RE2 expressions over one string."""

_MAX_MEMORY_BYTES = 64 * 1024 * 1024
"""What one compiled expression may use; a hundred mask patterns joined pass RE2's default of 8 MiB."""


class _Match(Protocol):
    def group(self) -> bytes: ...


class _Expression(Protocol):
    def search(self, text: bytes) -> _Match | None: ...

    def match(self, text: bytes, pos: int) -> _Match | None: ...

    def sub(self, repl: Callable[[_Match], bytes], text: bytes) -> bytes: ...


class _Options(Protocol):
    log_errors: bool
    max_mem: int


class _Re2(Protocol):
    """What is used of google-re2, which has no types."""

    error: type[Exception]
    Options: type[_Options]

    def compile(self, pattern: str, options: _Options) -> _Expression: ...


_re2 = cast("_Re2", import_module("re2"))
_LINE = b"Text, with 1 number, 2 signs (+, -), _names_ and \xc3\xbcmlauts."
"""Characters of all kinds, for a look at what an expression does with them."""


class Pattern:
    """One or more RE2 expressions over UTF-8; ValueError, with the reason, for what RE2 does not take.

    Matches that touch each other are one.
    """

    __slots__ = ("_expression",)

    def __init__(self, *expressions: str) -> None:
        options = _re2.Options()
        options.log_errors = False
        options.max_mem = _MAX_MEMORY_BYTES
        try:
            for expression in expressions:
                # Alone first: one that is not whole could become so beside others.
                _re2.compile(expression, options)
            together = "|".join(f"(?:{expression})" for expression in expressions)
            self._expression = _re2.compile(f"(?:{together})+", options)
        except (_re2.error, UnicodeError) as error:
            raise ValueError(f"not an RE2 expression: {error}") from error

    def found(self, data: bytes) -> bool:
        """Tell whether any of the expressions matches anywhere in `data`."""
        return self._expression.search(data) is not None

    def found_at(self, data: bytes, position: int) -> bool:
        """Tell whether any of the expressions matches in `data` from just this position on."""
        return self._expression.match(data, position) is not None

    @property
    def idles(self) -> bool:
        """Whether it matches no characters where there are some, as ``x*`` does: that costs, and masks nothing."""
        empty, some = self._expression.search(b""), self._expression.search(_LINE)
        return empty is not None and (some is None or some.group() != _LINE)

    def replaced(self, data: bytes, by: bytes) -> bytes:
        """Return `data` with every match that is not empty replaced, found from left to right in one pass."""
        return self._expression.sub(lambda match: by if match.group() else b"", data)


_ANYWHERE = Pattern(*(expression.replace(r"\b", "") for expression in SECRETS))

ANCHORS: dict[bytes, int] = {
    b"sk-": 0,
    b"k_live_": 1,
    b"k_test_": 1,
    **dict.fromkeys((b"ghp_", b"gho_", b"ghu_", b"ghs_", b"ghr_", b"github_pat_", b"glpat-"), 0),
    **dict.fromkeys((b"AKI", b"ASI", b"AIza", b"hf_", b"eyJ"), 0),
    **dict.fromkeys((b"xoxa-", b"xoxb-", b"xoxe-", b"xoxo-", b"xoxp-", b"xoxr-", b"xoxs-"), 0),
    b"BEGIN ": 5,
}
"""Bytes that are in every secret, and how many of its bytes come before them. No anchor ends as another begins:
so that finding one never hides the next."""

_BACK = tuple(ANCHORS.values())
_FINDER = ahocorasick_rs.BytesAhoCorasick(tuple(ANCHORS), matchkind=ahocorasick_rs.MatchKind.LeftmostFirst)
"""Its search with vector instructions is an order of magnitude faster than the automaton of all expressions."""
_MANY = 200
"""With more anchors than this, one search for everything costs less than a look at each."""
_PART_BYTES = 256 * 1024
"""Anchors are looked for in so much at a time, so that a body full of them takes little memory."""
_OVERLAP_BYTES = max(map(len, ANCHORS)) - 1


def may_hold_secret(message: bytes) -> bool:
    """Tell whether a serialised message may hold a secret in one of its strings; false means that it does not.

    It knows no word boundaries: around a string stand protobuf's length bytes, which may look like letters.
    """
    view = memoryview(message)
    for part in range(0, len(message), _PART_BYTES):
        hits = _FINDER.find_matches_as_indexes(view[part : part + _PART_BYTES + _OVERLAP_BYTES])
        if len(hits) > _MANY:
            return _ANYWHERE.found(message)
        for anchor, start, _ in hits:
            if _ANYWHERE.found_at(message, max(0, part + start - _BACK[anchor])):
                return True
    return False
