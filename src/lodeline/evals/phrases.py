"""Phrases found in a text."""

import re
from collections.abc import Sequence

from lodeline.domain.errors import Invalid

MAX_PHRASES = 10_000


def phrases_in(text: str, phrases: Sequence[str], *, ignore_case: bool, whole_words: bool) -> list[str]:
    """Return those of `phrases` that are in `text`, in their order.

    Letters are compared by Unicode's case folding when `ignore_case`. Invalid for an empty phrase, which would be in
    every text, and for more than `MAX_PHRASES`.
    """
    if len(phrases) > MAX_PHRASES:
        raise Invalid.value("phrases", f"{len(phrases)} phrases", f"at most {MAX_PHRASES:,}")
    searched = text.casefold() if ignore_case else text
    found: list[str] = []
    for phrase in phrases:
        wanted = phrase.casefold() if ignore_case else phrase
        if not wanted.strip():
            raise Invalid.value("phrases", phrase, "a phrase that is not empty")
        if _found(searched, wanted, whole_words=whole_words):
            found.append(phrase)
    return found


def _found(text: str, phrase: str, *, whole_words: bool) -> bool:
    if not whole_words:
        return phrase in text
    return re.search(rf"(?<!\w){re.escape(phrase)}(?!\w)", text) is not None
