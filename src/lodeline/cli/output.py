"""Output: tables and sentences for people, JSON for programs; hostile content is made visible, never obeyed."""

import math
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from lodeline.server.serialise import dumps

_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb"
    "\U000e0000-\U000e0fff\ud800-\udfff]"
)
"""Characters that move the cursor, change colours, reverse or hide text, or cannot be encoded."""
_VISIBLE = {"\n": "⏎", "\t": " ", "\r": "␍"}
_SHOWN = 20_000


def clean(value: object, most: int = _SHOWN) -> str:
    """Return text that is safe on a terminal and stands on one line: every character does no more than show itself.

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


class Output:
    """Where a command writes. With `as_json` only JSON goes to standard output, and sentences are left out."""

    def __init__(self, *, as_json: bool = False) -> None:
        self.as_json = as_json
        self.console = Console(highlight=False, markup=False, emoji=False, soft_wrap=False)
        self.errors = Console(stderr=True, highlight=False, markup=False, emoji=False)

    def document(self, value: object) -> None:
        """Write one JSON document."""
        sys.stdout.write(dumps(value).decode("utf-8") + "\n")

    def lines(self, values: Iterable[object]) -> None:
        """Write one JSON line for each value, as they come."""
        for value in values:
            self.document(value)

    def say(self, text: str, style: str = "") -> None:
        """Write a sentence for people."""
        if not self.as_json:
            self.console.print(Text(clean(text), style), soft_wrap=True)

    def warn(self, text: str) -> None:
        """Write a sentence that must not be missed, to standard error."""
        self.errors.print(Text(clean(text), "yellow"), soft_wrap=True)

    def table(
        self, columns: Sequence[str], rows: Iterable[Sequence[object]], styles: Mapping[str, str] | None = None
    ) -> None:
        """Write a table for people; columns named in `RIGHT` stand right, None shows as a dash.

        `styles` gives the style of cells by their text.
        """
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
        for index, column in enumerate(columns):
            table.add_column(
                Text(column),
                justify="right" if column in RIGHT else "left",
                no_wrap=index == 0,
                overflow="fold" if index == 0 else "ellipsis",
                min_width=4,
            )
        for row in rows:
            table.add_row(*(_cell(value, styles or {}) for value in row))
        width = None if self.console.is_terminal else 240
        self.console.print(table, width=width)

    def pairs(self, pairs: Iterable[tuple[str, object]]) -> None:
        """Write names and values below each other, leaving out those that are None or empty."""
        table = Table(box=None, show_header=False, pad_edge=False)
        table.add_column(style="bold", no_wrap=True)
        table.add_column(overflow="fold")
        for name, value in pairs:
            if value not in (None, "", (), {}):
                table.add_row(Text(name), _cell(value, {}))
        self.console.print(table)


RIGHT = frozenset({"duration", "tokens", "cost", "traces", "errors", "spans", "size", "revision", "count"})


def _cell(value: object, styles: Mapping[str, str]) -> Text:
    if value is None:
        return Text("–", "dim")
    text = clean(value, 500)
    return Text(text, styles.get(text, ""))


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
