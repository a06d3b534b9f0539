"""The programs that the web page's empty lists tell its readers to run, run against the server that they name."""

import re
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.e2e.harness import Server, environment, serving

_UI = Path(__file__).parents[2] / "ui" / "src"
_PROGRAM = re.compile(r"`(import (\w+)\n(?:\\.|[^`\\])*)`", re.DOTALL)
_EXPERIMENT = "shop"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[Server]:
    with serving(tmp_path_factory.mktemp("programs") / "store") as running:
        yield running


def _told() -> dict[str, str]:
    """Return the programs by the file and the number of the line where they begin."""
    found: dict[str, str] = {}
    for file in (*sorted((_UI / "strings").glob("*.ts")), _UI / "lib" / "snippets.ts"):
        text = file.read_text("utf-8")
        for program in _PROGRAM.finditer(text):
            found[f"{file.name}:{text.count(chr(10), 0, program.start()) + 1}"] = program[1]
    return found


def _filled_in(program: str, url: str, experiment: str) -> str:
    """Return a program as the page of an experiment shows it."""
    for placeholder, value in (
        ("${window.location.origin}", url),
        ("${JSON.stringify(experiment)}", f'"{experiment}"'),
        ("${experiment}", experiment),
    ):
        program = program.replace(placeholder, value)
    assert "${" not in program
    return program


def test_every_program_runs_and_reaches_the_experiment_that_tells_it(server: Server, tmp_path: Path) -> None:
    told = _told()
    assert {name.partition(":")[0] for name in told} == {"assets.ts", "runs.ts", "snippets.ts"}
    with server.client() as client:
        experiment = client.experiments.create(_EXPERIMENT).experiment_id
        # No setting says where the server is: who copies a program has set none.
        env = environment({"LODELINE_SPOOL_DIR": str(tmp_path / "spool")})
        for name, program in told.items():
            assert server.url in _filled_in(program, server.url, experiment), name
            ended = subprocess.run(
                [sys.executable, "-c", _filled_in(program, server.url, experiment)],
                capture_output=True, text=True, env=env, cwd=tmp_path, timeout=300, check=False,
            )  # fmt: skip
            assert ended.returncode == 0, f"{name}: {ended.stderr}"
            assert "could not" not in ended.stderr, f"{name}: {ended.stderr}"
        assert [model.name for model in client.models.search(experiment=experiment)] == ["agent-v2"]
        assert [scorer.name for scorer in client.scorers.list(experiment=experiment)] == ["right"]
        assert {run.kind for run in client.runs.search(experiment=experiment)} == {"RUN", "EVALUATION"}
