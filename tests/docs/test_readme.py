"""The README, done as it is written: its server is the one that `make run` starts, its store the demonstration."""

import subprocess
from dataclasses import replace

import pytest

from tests.docs.markdown import ROOT, Block, Command, blocks, commands
from tests.docs.shell import Reader

RUN = "make run"


def recipe(target: str) -> list[str]:
    """Return the commands of ours that a target of the Makefile runs."""
    told = subprocess.run(
        ["make", "--dry-run", "--no-print-directory", "VENV=.venv", target],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [line for line in told.stdout.splitlines() if line.startswith(".venv/bin/lodeline ")]


def is_start(block: Block) -> bool:
    return block.text.startswith(f"$ {RUN}\n")


@pytest.mark.timeout(600)
def test_the_readme_does_what_it_says(reader: Reader) -> None:
    pages = [block for block in blocks("README.md") if block.not_run is None]
    starts = [block for block in pages if is_start(block)]
    assert len(starts) == 1
    lines = recipe("run")
    assert [line.split()[1] for line in lines] == ["demo", "server"]
    for line in lines:
        reader.run(Command(line, ()), starts[0])
    found: list[str] = []
    for block in pages:
        reader.keep(block)
        if block.language == "console" and not is_start(block):
            for command in commands(block):
                output = reader.run(command, block)
                if command.text.startswith(("lodeline traces search", "lodeline sessions list")):
                    assert len(output.splitlines()) > 2, f"{block.place}: {command.text} finds nothing"
                    found.append(command.text)
    assert len(found) >= 5


def test_the_makefile_s_targets_that_pages_name_exist() -> None:
    listed = subprocess.run(
        ["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    targets = {line.split()[0] for line in listed.stdout.splitlines()}
    for page in ("README.md", "CONTRIBUTING.md", "docs/tutorial.md"):
        named = {
            command.text.split()[1]
            for block in blocks(page)
            if block.language == "console"
            for command in commands(replace(block, not_run=None))
            if command.text.startswith("make ")
        }
        assert named <= targets, f"{page} names {named - targets}"
