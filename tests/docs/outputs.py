"""Comparing what a page shows with what a command writes.

Ids, times, durations, sizes and the width of columns differ from run to run; everything else must be as shown. An id
that a page shows stands for the one that the product gave in its place, also in later commands. A line of ``⋮`` is
any number of lines, ``…`` within a line any text.
"""

import re
from collections.abc import Sequence

_IDS = (
    r"(?:tr-[0-9a-f]{32}|(?:a|acc|key|rq|d|dr)-[0-9a-f]{32}|\b[0-9a-f]{16}\b|\b[0-9A-Za-z]{43}\b"
    r"|\bldl_[a-z]+_[0-9A-Za-z]{8,57}|\b[0-9a-z]{5}(?:-[0-9a-z]{5}){3}\b)"
)
_KINDS: tuple[tuple[str, str], ...] = (
    ("id", _IDS),
    ("moment", r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d+)?"),
    ("date", r"\d{4}-\d\d-\d\d"),
    ("epoch", r"\b1[789]\d{11}\b"),
    ("duration", r"\d[\d.,]*(?:e[+-]\d+)? (?:ns|µs|ms|s|min|h)\b"),
    ("size", r"\d[\d.,]* (?:B|KiB|MiB|GiB)\b"),
    ("some", r"…"),
    ("rule", r"─+"),
    ("space", r"\s+"),
)
_PATTERNS = {**dict(_KINDS), "some": r".*", "rule": r"─+", "space": r"\s+"}
_TOKEN = re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in _KINDS))
ANY_LINES = "⋮"
_VIEW = re.compile(r"View: http://\S+")
"""What commands say only where the web page is built, and pages of the documentation leave out."""


class Names:
    """Which of the product's ids the ids of a page stand for."""

    def __init__(self) -> None:
        self._actual: dict[str, str] = {}

    def bind(self, shown: str, actual: str) -> bool:
        """Take `actual` for `shown`; false when that stands for another one already."""
        return self._actual.setdefault(shown, actual) == actual

    def applied(self, text: str) -> str:
        """Return a command with the product's ids in place of the page's."""
        for shown, actual in self._actual.items():
            text = text.replace(shown, actual)
        return text


def mismatch(shown: Sequence[str], actual: Sequence[str], names: Names) -> str | None:
    """Return why the actual lines are not as shown, None when they are; binds the ids on the way."""
    position, skipping = 0, False
    lines = [line.rstrip() for line in actual if not _VIEW.fullmatch(line.rstrip())]
    for line in shown:
        if line.strip() == ANY_LINES:
            skipping = True
            continue
        last = len(lines) if skipping else position + 1
        found = next((at for at in range(position, min(last, len(lines))) if _fits(line, lines[at], names)), None)
        if found is None:
            return f"shown but not written: {line!r}"
        position, skipping = found + 1, False
    rest = [line for line in lines[position:] if line]
    return f"written but not shown: {rest[0]!r}" if rest and not skipping else None


def _fits(shown: str, actual: str, names: Names) -> bool:
    pattern, ids, end = "", list[str](), 0
    shown = shown.rstrip()
    for token in _TOKEN.finditer(shown):
        kind = str(token.lastgroup)
        pattern += re.escape(shown[end : token.start()])
        pattern += f"({_IDS})" if kind == "id" else f"(?:{_PATTERNS[kind]})"
        ids += [token[0]] if kind == "id" else []
        end = token.end()
    hit = re.fullmatch(pattern + re.escape(shown[end:]), actual)
    return hit is not None and all(names.bind(name, given) for name, given in zip(ids, hit.groups(), strict=True))
