"""Output: tables and sentences for people, JSON for programs; hostile content is made visible, never obeyed."""

import sys
from collections.abc import Iterable, Mapping, Sequence

from rich.console import Console
from rich.text import Text

from lodeline.cli.exits import OutputClosed
from lodeline.cli.texts import clean, clean_lines, cost, count, duration, json_text, moment, size

__all__ = [
    "FREE", "OMITTED", "RIGHT", "Output", "clean", "clean_lines", "cost", "count", "duration", "fit", "fit_columns",
    "moment", "size",
]  # fmt: skip


class _Console(Console):
    """A console that says that its reader went away, where Rich would leave with exit code 1."""

    def on_broken_pipe(self) -> None:
        """Raise OutputClosed, and write nothing more."""
        self.quiet = True
        raise OutputClosed


class Output:
    """Where a command writes. With `as_json` only JSON goes to standard output, and sentences are left out."""

    def __init__(self, *, as_json: bool = False) -> None:
        self.as_json = as_json
        self.console = _Console(highlight=False, markup=False, emoji=False, soft_wrap=False)
        self.errors = _Console(stderr=True, highlight=False, markup=False, emoji=False)

    def document(self, value: object) -> None:
        """Write one JSON document; control characters that JSON would let through stand there as escapes."""
        sys.stdout.write(json_text(value) + "\n")

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

    def entity(self, document: object, pairs: Iterable[tuple[str, object]]) -> None:
        """Write one thing: the document of it for programs, `pairs` for people."""
        if self.as_json:
            self.document(document)
            return
        self.pairs(pairs)

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
    {
        "about",
        "error",
        "experiment",
        "name",
        "rationale",
        "reason",
        "request",
        "source",
        "tags",
        "value",
        "roles in experiments",
        "scopes",
    }
)
OMITTED = ("errors", "faulty", "prefix", "kind", "source", "tokens", "cost")
RIGHT = frozenset(
    {
        "duration",
        "tokens",
        "cost",
        "traces",
        "errors",
        "faulty",
        "failed spans",
        "spans",
        "size",
        "revision",
        "count",
    }
)


def _cell(value: object, styles: Mapping[str, str]) -> Text:
    if value is None:
        return Text("–", "dim")
    text = clean(value, 500)
    return Text(text, styles.get(text, ""))
