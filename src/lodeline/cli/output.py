"""Output: tables and sentences for people, JSON for programs; hostile content is made visible, never obeyed."""

import math
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from rich.console import Console
from rich.text import Text

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


class Output:
    """Where a command writes. With `as_json` only JSON goes to standard output, and sentences are left out."""

    def __init__(self, *, as_json: bool = False) -> None:
        self.as_json = as_json
        self.console = Console(highlight=False, markup=False, emoji=False, soft_wrap=False)
        self.errors = Console(stderr=True, highlight=False, markup=False, emoji=False)

    def document(self, value: object) -> None:
        """Write one JSON document; control characters that JSON would let through stand there as escapes."""
        text = _CONTROLS_OF_JSON.sub(lambda match: f"\\u{ord(match.group()):04x}", dumps(value).decode("utf-8"))
        sys.stdout.write(text + "\n")

    def lines(self, values: Iterable[object]) -> None:
        """Write one JSON line for each value, as they come."""
        for value in values:
            self.document(value)

    def say(self, text: str, style: str = "") -> None:
        """Write a sentence for people."""
        if not self.as_json:
            self.console.print(Text(clean(text), style), soft_wrap=True)

    def note(self, text: str) -> None:
        """Write a sentence for people to standard error, beside output that is for programs."""
        self.errors.print(Text(clean(text)), soft_wrap=True)

    def hints(self, hints: Iterable[str]) -> None:
        """Write what a list's answer says about its filter to standard error."""
        for hint in hints:
            self.note(f"Hint: {hint}.")

    def warn(self, text: str) -> None:
        """Write a sentence that must not be missed, to standard error."""
        self.errors.print(Text(clean(text), "yellow"), soft_wrap=True)

    def table(
        self, columns: Sequence[str], rows: Iterable[Sequence[object]], styles: Mapping[str, str] | None = None
    ) -> None:
        """Write a table for people; None shows as a dash, and `styles` gives the style of cells by their text.

        On a narrow terminal the columns named in `FREE` give way, and then, which is said, those of `OMITTED`;
        elsewhere nothing is cut.
        """
        cells = [[_cell(value, styles or {}) for value in row] for row in rows]
        widths = [max([len(column), *(row[index].cell_len for row in cells)]) for index, column in enumerate(columns)]
        if self.console.is_terminal:
            kept, widths = fit_columns(columns, widths, self.console.width)
            left_out = [column for index, column in enumerate(columns) if index not in kept]
            columns = [columns[index] for index in kept]
            cells = [[row[index] for index in kept] for row in cells]
            if left_out:
                self.note(f"Left out, as the terminal is narrow: {', '.join(left_out)}.")
        right = [column in RIGHT for column in columns]
        self._line(_joined([Text(column, "bold") for column in columns], widths, right))
        self._line(Text("─" * (sum(widths) + len(_GAP) * (len(widths) - 1)), "dim"))
        for row in cells:
            self._line(_joined(row, widths, right))

    def pairs(self, pairs: Iterable[tuple[str, object]]) -> None:
        """Write names and values below each other, leaving out those that are None or empty."""
        shown = [(name, value) for name, value in pairs if value not in (None, "", (), {})]
        width = max((len(name) for name, _ in shown), default=0)
        for name, value in shown:
            self._line(Text.assemble((name.ljust(width), "bold"), _GAP, _cell(value, {})))

    def _line(self, text: Text) -> None:
        self.console.print(text, soft_wrap=True)


def fit_columns(columns: Sequence[str], widths: Sequence[int], available: int) -> tuple[list[int], list[int]]:
    """Return the indexes of the columns that a terminal so wide has room for, and their widths.

    Free columns are narrowed, then further, before one of `OMITTED` goes, the first first. Where all that is not
    enough the table is wider than what is available.
    """
    kept, fitted = list(range(len(columns))), list(widths)
    for omitted in (None, *(column for column in OMITTED if column in columns)):
        kept = [index for index in kept if columns[index] != omitted]
        for narrowest in (_NARROWEST, _NARROWEST_AT_NEED):
            free = [columns[index] in FREE for index in kept]
            fitted = fit([widths[index] for index in kept], free, available, narrowest)
            if _total(fitted) <= available:
                return kept, fitted
    return kept, fitted


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + len(_GAP) * (len(widths) - 1)


def fit(widths: Sequence[int], free: Sequence[bool], available: int, narrowest: int = 12) -> list[int]:
    """Return widths that fit, narrowing the widest of the free columns first, none below `narrowest`.

    Where that is not enough the table is wider than what is available.
    """
    fitted = list(widths)
    while _total(fitted) > available:
        widest = max((index for index, is_free in enumerate(free) if is_free), key=fitted.__getitem__, default=None)
        if widest is None or fitted[widest] <= narrowest:
            break
        fitted[widest] -= 1
    return fitted


def _joined(cells: Sequence[Text], widths: Sequence[int], right: Sequence[bool]) -> Text:
    line = Text()
    for index, (cell, width) in enumerate(zip(cells, widths, strict=True)):
        cell.truncate(width, overflow="ellipsis")
        space = " " * (width - cell.cell_len)
        line.append(_GAP if index else "")
        if right[index]:
            line.append(space).append_text(cell)
        else:
            line.append_text(cell).append("" if index == len(cells) - 1 else space)
    return line


_GAP = "  "
_NARROWEST, _NARROWEST_AT_NEED = 12, 8
FREE = frozenset(
    {"name", "rationale", "reason", "request", "source", "tags", "value", "roles in experiments", "scopes"}
)
OMITTED = ("errors", "prefix", "kind", "source", "tokens", "cost")
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
