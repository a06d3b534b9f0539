"""What a page of the documentation asks its reader to do: fenced blocks, and the commands in them.

- A ``console`` block holds commands after ``$ `` and, below each, the output that matters.
- A block whose paragraph ends in a file's name, such as "Save this as `shop.py`:", is that file.
- A block after ``<!-- not run: why -->`` cannot be run here; `tests.docs.test_pages` lists every such block.
"""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
_FENCE = re.compile(r"^```(\S*)[^\n]*\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_FILE = re.compile(r"`([\w.-]+\.(?:py|toml|yaml|json|conf|jsonl))`:\s*\Z")
_NOT_RUN = re.compile(r"<!-- not run: ([^\n]+?) -->\s*\Z")


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block. `file` is the file that it is the content of; `not_run` says why it cannot be run."""

    page: str
    line: int
    language: str
    text: str
    file: str | None = None
    not_run: str | None = None

    @property
    def place(self) -> str:
        """Where it stands, for messages."""
        return f"{self.page}:{self.line}"


@dataclass(frozen=True, slots=True)
class Command:
    """One command of a console block with the output shown below it."""

    text: str
    output: tuple[str, ...]


def blocks(page: str) -> list[Block]:
    """Return the fenced blocks of a page, which is named by its path from the root of the repository."""
    text = (ROOT / page).read_text(encoding="utf-8")
    found: list[Block] = []
    for hit in _FENCE.finditer(text):
        before = text[: hit.start()]
        file, not_run = _FILE.search(before), _NOT_RUN.search(before)
        found.append(
            Block(
                page=page,
                line=before.count("\n") + 1,
                language=hit[1],
                text=hit[2],
                file=file[1] if file else None,
                not_run=not_run[1] if not_run else None,
            )
        )
    return found


def commands(block: Block) -> list[Command]:
    """Return the commands of a console block; a command goes on after a backslash and within quotes."""
    found: list[Command] = []
    lines = iter(block.text.splitlines())
    command: str | None = None
    output: list[str] = []
    for line in lines:
        if line.startswith("$ "):
            if command is not None:
                found.append(Command(command, tuple(output)))
            command, output = line[2:], []
            while _goes_on(command):
                command += "\n" + next(lines)
        else:
            assert command is not None, f"{block.place}: output before the first command"
            output.append(line)
    if command is not None:
        found.append(Command(command, tuple(output)))
    return found


def _goes_on(command: str) -> bool:
    if command.endswith("\\"):
        return True
    try:
        shlex.split(command, comments=True)
    except ValueError:
        return True
    return False
