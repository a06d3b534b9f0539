"""The commands that the web page tells its readers to type, run by the command line."""

import re
import shlex
from pathlib import Path

import pytest

from lodeline.cli.main import GROUPS, run

_UI = Path(__file__).parents[2] / "ui" / "src"
_LITERAL = re.compile(r'`((?:\\.|[^`\\])*)`|"((?:\\.|[^"\\\n])*)"', re.DOTALL)
_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")
_FILLED_IN = {"dataset": "cases", "version": "1", "quoted": "'Default'"}


def _told() -> list[str]:
    """Return every line of the page's texts that begins with a command, with values for what the page fills in."""
    sources = [file for file in sorted(_UI.rglob("*.ts*")) if ".test." not in file.name]
    texts = [found[1] or found[2] or "" for file in sources for found in _LITERAL.finditer(file.read_text("utf-8"))]
    lines = [
        line.strip()
        for text in texts
        for line in re.sub(r"\\(.)", lambda of: "\n" if of[1] == "n" else of[1], text, flags=re.DOTALL).splitlines()
    ]
    filled = [_PLACEHOLDER.sub(lambda name: _FILLED_IN.get(name[1], "0"), line) for line in lines]
    return sorted({line for line in filled if re.match(rf"lodeline (?:{'|'.join(GROUPS)}) \w", line)})


def test_the_page_tells_commands_of_several_groups() -> None:
    assert {line.split()[1] for line in _told()} >= {"datasets", "traces", "prompts", "labeling"}


@pytest.mark.parametrize("command", _told())
def test_the_command_line_takes_what_the_page_tells(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "answer.txt").write_text("Answer {{ question }}.\n")
    (tmp_path / "cases.jsonl").write_text('{"inputs": {"question": "How many?"}}\n')
    store = ("--store", str(tmp_path / "store"))
    if not command.startswith("lodeline datasets create "):
        assert run(["datasets", "create", "cases", "-e", "0", *store]) == 0
        assert run(["datasets", "import", "cases", "cases.jsonl", "-e", "0", *store]) == 0
    if command.startswith("lodeline issues link "):
        assert run(["issues", "create", "answers by heart", "No tool was called.", *store]) == 0
    capsys.readouterr()
    assert run([*shlex.split(command)[1:], *store]) == 0, capsys.readouterr().err
