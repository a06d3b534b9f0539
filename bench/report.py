"""Results: what was measured, on what kind of machine, as JSON for programs and Markdown for people."""

import platform
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

import apsw
import orjson
import psutil

from lodeline import __version__

Cell: TypeAlias = str | int | float | None
RESULTS = Path(__file__).parent / "results"


def describe_machine() -> dict[str, Cell]:
    """Describe the machine without naming it."""
    return {
        "cores": psutil.cpu_count() or 0,
        "memory_gib": round(psutil.virtual_memory().total / 2**30),
        "system": platform.system(),
        "architecture": platform.machine(),
        "python": platform.python_version(),
        "sqlite": apsw.sqlite_lib_version(),
    }


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of one kind; every row has a cell for each column."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """One benchmark's outcome. `method` says in full sentences how the numbers came about."""

    name: str
    method: str
    tables: Sequence[Table]
    quick: bool = False
    machine: Mapping[str, Cell] = field(default_factory=describe_machine)
    measured: str = field(default_factory=lambda: datetime.now(UTC).strftime("%Y-%m-%d"))
    lodeline: str = __version__


def write(report: Report, folder: Path = RESULTS) -> tuple[Path, Path]:
    """Write `<name>.json` and `<name>.md` into a folder (quick results as `<name>-quick`) and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"{report.name}-quick" if report.quick else report.name
    json_path, text_path = folder / f"{stem}.json", folder / f"{stem}.md"
    json_path.write_bytes(orjson.dumps(asdict(report), option=orjson.OPT_INDENT_2) + b"\n")
    text_path.write_text(markdown(report), encoding="utf-8")
    return json_path, text_path


def markdown(report: Report) -> str:
    """Return the report as Markdown."""
    facts = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in report.machine.items())
    lines = [f"# {report.name.capitalize()}", "", report.method, ""]
    lines += [f"Lodeline {report.lodeline}, {report.measured}; {facts}."]
    if report.quick:
        lines += ["", "**Quick run: too small to be worth comparing.**"]
    for table in report.tables:
        lines += ["", f"## {table.title}", ""]
        lines += [f"| {' | '.join(table.columns)} |", f"|{'---|' * len(table.columns)}"]
        lines += [f"| {' | '.join(_shown(cell) for cell in row)} |" for row in table.rows]
        if table.note:
            lines += ["", table.note]
    return "\n".join(lines) + "\n"


def quantile(values: Sequence[float], fraction: float) -> float:
    """Return a quantile by linear interpolation; 0 of nothing."""
    ordered = sorted(values)
    if len(ordered) < 2:
        return ordered[0] if ordered else 0.0
    place = fraction * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def spread(values: Sequence[float]) -> str:
    """Return the median with the smallest and the largest value."""
    return f"{_shown(statistics.median(values))} ({_shown(min(values))} to {_shown(max(values))})"


def _shown(cell: Cell) -> str:
    if cell is None:
        return "–"
    if isinstance(cell, str):
        return cell
    if isinstance(cell, int) or abs(cell) >= 1_000:
        return f"{cell:,.0f}"
    return f"{cell:.3g}"
