"""Start-up: from start to healthy, idle memory, imports and installed size."""

import importlib.metadata
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bench.report import Report, Table, spread
from bench.served import serve

_METHOD = (
    "Time to healthy runs from starting the process to the first 200 from /health, polled every 5 ms, on a new "
    "store. Idle memory is the resident size of all processes of the server two seconds later. Commands and imports "
    "are whole processes, the interpreter's own start included. Installed size sums the files that each distribution "
    "records, over the closure of its requirements on this system."
)
_STORE = "STORE"
"""In the place of the directory of a store."""
_COMMANDS = (
    ("python -c pass", (sys.executable, "-c", "pass")),
    ("import lodeline", (sys.executable, "-c", "import lodeline")),
    ("lodeline --version", (sys.executable, "-m", "lodeline.cli.main", "--version")),
    ("lodeline --help", (sys.executable, "-m", "lodeline.cli.main", "--help")),
    ("lodeline traces search --help", (sys.executable, "-m", "lodeline.cli.main", "traces", "search", "--help")),
    (
        "lodeline experiments list --store",
        (sys.executable, "-m", "lodeline.cli.main", "experiments", "list", "--store", _STORE),
    ),
)
_IDLE_AFTER_S = 2.0


def run(*, quick: bool = False) -> Report:
    """Measure start-up and return the report."""
    repeats = 1 if quick else 7
    tables = [_healthy(repeats, idle_after_s=0.1 if quick else _IDLE_AFTER_S), _commands(repeats), _installed()]
    return Report("startup", _METHOD, tables, quick)


def _healthy(repeats: int, idle_after_s: float) -> Table:
    starts: list[float] = []
    idle: list[float] = []
    processes = 0
    with tempfile.TemporaryDirectory(prefix="lodeline-bench-") as folder:
        for repeat in range(repeats):
            with serve(Path(folder) / f"store-{repeat}") as served:
                starts.append(served.start_s)
                time.sleep(idle_after_s)
                idle.append(served.rss_bytes() / 2**20)
                processes = 1 + len(served.process.children(recursive=True))
    return Table("Server", ("s to healthy", "idle MiB", "processes"), [(spread(starts), spread(idle), processes)])


def _commands(repeats: int) -> Table:
    with tempfile.TemporaryDirectory(prefix="lodeline-bench-") as folder:
        store = Path(folder) / "store"
        with serve(store):
            pass
        asked = [(name, [str(store) if part == _STORE else part for part in command]) for name, command in _COMMANDS]
        rows = [(name, spread([_timed_ms(command) for _ in range(repeats)])) for name, command in asked]
    return Table("Commands and imports", ("command", "ms"), rows)


def _timed_ms(command: Sequence[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return (time.perf_counter() - start) * 1_000


def _installed() -> Table:
    rows = [_installed_row("lodeline", ""), _installed_row("lodeline[server]", "server")]
    return Table("Installed", ("what", "MiB", "distributions"), rows)


def _installed_row(title: str, extra: str) -> tuple[str, float, int]:
    names = _closure("lodeline", extra)
    return title, sum(map(_size_bytes, names)) / 2**20, len(names)


def _closure(name: str, extra: str) -> set[str]:
    """Return the names of a distribution and of all that it needs here."""
    found: set[str] = set()
    waiting = [(name, extra)]
    while waiting:
        current, wanted = waiting.pop()
        try:
            distribution = importlib.metadata.distribution(current)
        except importlib.metadata.PackageNotFoundError:
            continue
        key = distribution.name.lower()
        if key in found and not wanted:
            continue
        found.add(key)
        for requirement in distribution.requires or ():
            needs = re.search(r"extra == ['\"]([^'\"]+)['\"]", requirement)
            if needs is not None and needs.group(1) != wanted:
                continue
            if match := re.match(r"[A-Za-z0-9._-]+", requirement):
                waiting.append((match.group(), ""))
    return found


def _size_bytes(name: str) -> int:
    files = importlib.metadata.distribution(name).files or ()
    if name == "lodeline":
        package = Path(__file__).parents[1] / "src" / "lodeline"
        return sum(path.stat().st_size for path in package.rglob("*") if path.is_file())
    return sum(path.stat().st_size for file in files if (path := Path(str(file.locate()))).is_file())
