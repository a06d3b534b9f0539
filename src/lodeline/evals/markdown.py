"""Text of others in Markdown: shown as it is, and never read as markup."""

import re

_MARKED = re.compile(r"[\\`*_{}\[\]#+!|~<>&@:/]|\.(?=[^\W\d])")
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")


def plain(text: str) -> str:
    """Return `text` so that it is shown and never read as markup: no links, mentions, HTML or table cells of its
    own; characters that hide or reorder others become U+FFFD."""
    visible = _UNSEEN.sub("\ufffd", text.replace("\n", " ").replace("\t", " "))
    # A character reference is never markup, unlike a backslash before an "@" or a ":", which autolinks ignore.
    return _MARKED.sub(lambda found: f"&#{ord(found[0])};", visible)
