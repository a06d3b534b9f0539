"""Values as text that is safe on a terminal, without anything that is not in the bare installation."""

import math
import re
from datetime import UTC, datetime

from lodeline.server.serialise import dumps

_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb"
    "\U000e0000-\U000e0fff\ud800-\udfff]"
)
"""Characters that move the cursor, change colours, reverse or hide text, or cannot be encoded."""
_VISIBLE = {"\n": "⏎", "\t": " ", "\r": "␍"}
_SHOWN = 20_000
_CONTROLS_OF_JSON = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""Characters that JSON may hold as they are and that terminals act upon."""


def clean(value: object, most: int = _SHOWN) -> str:
    """Return text that is safe on a terminal and stands on one line: every character only shows itself.

    Line ends become ⏎, other control characters, ANSI sequences and invisible or reversing characters their escape.
    """
    text = value if isinstance(value, str) else str(value)
    cut = text if len(text) <= most else text[: most - 1] + "…"
    return _UNSAFE.sub(_escape, cut)


def clean_lines(value: str, most: int = _SHOWN) -> list[str]:
    """Return text as lines that are each safe on a terminal."""
    return [clean(line, most) for line in value[:most].splitlines() or [""]]


def _escape(match: re.Match[str]) -> str:
    character = match.group()
    if character in _VISIBLE:
        return _VISIBLE[character]
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def json_text(value: object) -> str:
    """Return a value as JSON; control characters that JSON would let through stand there as escapes."""
    return _CONTROLS_OF_JSON.sub(lambda match: f"\\u{ord(match.group()):04x}", dumps(value).decode("utf-8"))


def counted(count: int, noun: str) -> str:
    """Return a number with its noun, which takes an s where there is not just one."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def moment(epoch_ms: int | None) -> str | None:
    """Return a time as UTC text to the second, or as a number when no calendar has it; None stays None."""
    if epoch_ms is None:
        return None
    try:
        return datetime.fromtimestamp(epoch_ms / 1_000, UTC).strftime("%Y-%m-%d %H:%M:%S")
    except (OverflowError, ValueError, OSError):
        return f"{epoch_ms} ms"


def duration(nanoseconds: int | None) -> str | None:
    """Return a duration in the unit that suits it; None stays None."""
    if nanoseconds is None:
        return None
    for size, unit in ((3_600_000_000_000, "h"), (60_000_000_000, "min"), (1_000_000_000, "s"), (1_000_000, "ms")):
        if nanoseconds >= size:
            return (
                f"{nanoseconds / size:.3g} {unit}"
                if nanoseconds < 1_000 * size
                else f"{nanoseconds // size:,} {unit}"
            )
    return f"{nanoseconds / 1_000:.3g} µs"


def cost(usd: float | None) -> str | None:
    """Return dollars with the digits that matter; None stays None."""
    if usd is None:
        return None
    if not math.isfinite(usd) or usd == 0 or usd >= 1:
        return f"${usd:,.2f}"
    return f"${usd:.{min(8, 2 - math.floor(math.log10(abs(usd))))}f}" if usd else "$0"


def count(number: int | None) -> str | None:
    """Return a number with its thousands apart; None and 0 give None."""
    return f"{number:,}" if number else None


def size(number: int) -> str:
    """Return a number of bytes in the unit that suits it."""
    value = float(number)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if value < 1_024:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1_024
    return f"{value:.1f} TiB"
