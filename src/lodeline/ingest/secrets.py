"""Secrets of well-known form, found in linear time."""

from collections.abc import Iterator

import ahocorasick_rs

from lodeline.ingest.expressions import Expressions, Range

_WORD = r"\b"

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

_BEGIN = r"(?:\b|\\[bfnrt]|\\u[0-9A-Fa-f]{4}|%[0-9A-Fa-f]{2})"
"""Where a word begins, also after an escape of JSON text or of percent-encoding, whose last letter is none of it."""
_WHOLE = Expressions(
    [f"{_BEGIN}({each.removeprefix(_WORD)})" if each.startswith(_WORD) else f"({each})" for each in SECRETS]
)
_ANYWHERE = Expressions([expression.replace(_WORD, "") for expression in SECRETS])

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


def secrets(data: bytes) -> Iterator[Range]:
    """Yield where secrets are in a string, as UTF-8, in no order."""
    return _WHOLE.ranges(data, 1)
