"""Hold files, functions and classes to the sizes that CONTRIBUTING.md states.

Run as `python tools/check_sizes.py [PATH ...]`: exits 1 when a limit is passed, and only warns from
the softer mark on. A function counts from its `def` to its last line, docstring included; a class
counts the distinct names of its public methods, and only under `src`.
"""

import ast
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

FILE_LINES = (500, 800)
FUNCTION_LINES = (60, 80)
CLASS_METHODS = (12, 15)

_ROOTS = ("src", "tests", "tools", "bench")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing larger than its mark; `fatal` when larger than its limit."""

    path: Path
    line: int
    subject: str
    size: int
    unit: str
    limit: int
    fatal: bool

    def __str__(self) -> str:
        level = "error" if self.fatal else "warning"
        return f"{self.path}:{self.line}: {level}: {self.subject} has {self.size} {self.unit} (limit {self.limit})"


def check_source(path: Path, source: str, *, count_methods: bool) -> Iterator[Finding]:
    """Yield what in `source` is larger than its mark: the file first, then outer things before inner ones."""
    for line, subject, size, unit, (warn_above, limit) in _sizes(source, count_methods=count_methods):
        if size > warn_above:
            yield Finding(path, line, subject, size, unit, limit, fatal=size > limit)


def python_files(paths: Sequence[Path]) -> list[Path]:
    """Return every Python file at or below `paths`, sorted; a path that does not exist gives none."""
    found: set[Path] = set()
    for path in paths:
        found.update([path] if path.is_file() else path.rglob("*.py"))
    return sorted(found)


def main(arguments: Sequence[str]) -> int:
    """Print every finding below the given paths (all sources by default); return the exit code."""
    failed = False
    for path in python_files([Path(argument) for argument in arguments or _ROOTS]):
        source = path.read_text(encoding="utf-8")
        for finding in check_source(path, source, count_methods="src" in path.parts):
            print(finding)
            failed = failed or finding.fatal
    return 1 if failed else 0


def _sizes(source: str, *, count_methods: bool) -> Iterator[tuple[int, str, int, str, tuple[int, int]]]:
    yield 1, "file", len(source.splitlines()), "lines", FILE_LINES
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            yield node.lineno, f"function {node.name}", lines, "lines", FUNCTION_LINES
        elif isinstance(node, ast.ClassDef) and count_methods:
            methods = len(_public_methods(node))
            yield node.lineno, f"class {node.name}", methods, "public methods", CLASS_METHODS


def _public_methods(node: ast.ClassDef) -> set[str]:
    return {
        child.name
        for child in node.body
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) and not child.name.startswith("_")
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
