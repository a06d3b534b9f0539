"""How far an evaluation is, on one line: rows, failures, and each scorer's mean or rate so far."""

import sys
import time
from dataclasses import dataclass
from typing import TextIO

from lodeline.domain.evaluation_row import errors_told
from lodeline.evals.engine.rows import Row

REDRAWN_S = 0.2
MAX_SCORERS = 4
MAX_LINE = 110
MAX_COUNTED = 1e300
"""Larger numbers, infinities and NaN are in no mean."""


@dataclass(slots=True)
class Running:
    """The mean of one scorer's booleans and numbers so far, and how many errors it gave."""

    n: int = 0
    total: float = 0.0
    errors: int = 0

    def add(self, value: object, *, failed: bool) -> None:
        """Count one score; text counts for nothing here."""
        if failed:
            self.errors += 1
        elif isinstance(value, bool | int | float) and -MAX_COUNTED <= value <= MAX_COUNTED:
            self.n += 1
            self.total += float(value)

    def __str__(self) -> str:
        mean = "–" if self.n == 0 else f"{self.total / self.n:.3g} (n={self.n})"
        return mean + (f" {self.errors} errors" if self.errors else "")


class Progress:
    """Draws one line over and over where somebody looks, and says nothing elsewhere, such as in a log."""

    def __init__(self, total: int | None, *, shown: bool | None = None, out: TextIO | None = None) -> None:
        self._out = out or sys.stderr
        self._shown = self._out.isatty() if shown is None else shown
        self._total = total
        self._started_s = self._drawn_s = time.monotonic()
        self._rows = self._failed = 0
        self._scores: dict[str, Running] = {}

    def row(self, row: Row) -> None:
        """Take note of a finished row."""
        self._rows += 1
        self._failed += row.state == "PREDICT_ERROR"
        for score in row.scores:
            running = self._scores.setdefault(score.name or "", Running())
            running.add(score.value, failed=score.error is not None)
        if self._shown and time.monotonic() - self._drawn_s >= REDRAWN_S:
            self._draw()

    def close(self) -> None:
        """Draw it as it ended, and leave the line."""
        if self._shown:
            self._draw()
            self._out.write("\n")
            self._out.flush()

    def line(self) -> str:
        """Return the line."""
        done = str(self._rows) if self._total is None else f"{self._rows}/{self._total}"
        seconds = max(time.monotonic() - self._started_s, 1e-9)
        parts = [f"{done} rows", f"{self._rows / seconds:.3g}/s"]
        if self._failed:
            parts.append(errors_told(self._failed, 0))
        parts += [f"{name} {running}" for name, running in list(self._scores.items())[:MAX_SCORERS]]
        if len(self._scores) > MAX_SCORERS:
            parts.append(f"{len(self._scores) - MAX_SCORERS} more")
        return _plain(" · ".join(parts))[:MAX_LINE]

    def _draw(self) -> None:
        self._drawn_s = time.monotonic()
        self._out.write("\r" + self.line().ljust(MAX_LINE))
        self._out.flush()


def _plain(text: str) -> str:
    """Names come from data: nothing in them may move the cursor or colour the terminal."""
    return "".join(character if character.isprintable() else "�" for character in text)
