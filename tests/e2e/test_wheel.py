"""The bare installation: the wheel without extras traces a program, is small, and brings nothing of the server."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.harness import Server, serving

ROOT = Path(__file__).parents[2]
UV = Path(sys.executable).parent / "uv"
MIB = 1024 * 1024
PROGRAM = """
import sys
import lodeline

@lodeline.trace
def greet(name: str) -> str:
    return f"hello {name}"

lodeline.configure(url=sys.argv[1], experiment="bare")
greet("wheel")
assert lodeline.flush(60)
[found] = lodeline.search_traces(experiment="bare")
assert found.name == "greet", found
heavy = {"fastapi", "pydantic", "apsw", "grpc", "numpy", "pandas", "rich", "typer", "starlette"} & set(sys.modules)
assert not heavy, heavy
"""


def run(*command: str | Path, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        [*map(str, command)], capture_output=True, text=True, cwd=ROOT, env=env, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with nothing but the wheel and what it needs; returns its Python."""
    folder = tmp_path_factory.mktemp("bare")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder / "dist")
    (wheel,) = (folder / "dist").glob("*.whl")
    run(UV, "venv", "--quiet", "--python", sys.executable, folder / "venv")
    python = folder / "venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    run(UV, "pip", "install", "--quiet", "--python", python, wheel)
    return python


@pytest.mark.timeout(600)
def test_the_bare_wheel_traces_a_program(installed: Path, tmp_path: Path) -> None:
    with serving(tmp_path / "store") as server:
        traces(server, installed, tmp_path)


def traces(server: Server, python: Path, folder: Path) -> None:
    env = {**os.environ, "LODELINE_SPOOL_DIR": str(folder / "spool")}
    env.pop("LODELINE_KEY", None)
    run(python, "-c", PROGRAM, server.url, env=env)
    told = run(python, "-m", "lodeline.cli.main", "doctor", "--server", server.url, env=env)
    assert [line.split()[:2] for line in told.splitlines() if line.startswith(("server", "permission", "dead"))] == [
        ["server", "ok"], ["permission", "ok"], ["dead", "letters"],
    ]  # fmt: skip
    found = json.loads(run(python, "-m", "lodeline.cli.main", "doctor", "--json", "--server", server.url, env=env))
    assert {each["verdict"] for each in found["findings"]} == {"ok"}
    asked = [str(python), "-m", "lodeline.cli.main", "traces", "search"]
    refused = subprocess.run(asked, capture_output=True, text=True, env=env, timeout=300, check=False)
    assert (refused.returncode, refused.stdout) == (6, "")
    [line] = refused.stderr.splitlines()
    assert "pip install 'lodeline[server]'" in line


@pytest.mark.timeout(600)
def test_the_bare_installation_is_small(installed: Path) -> None:
    packages = next((installed.parent.parent / "lib").glob("python*/site-packages"))
    files = [file for file in packages.rglob("*") if file.is_file() and "__pycache__" not in file.parts]
    size_bytes = sum(file.stat().st_size for file in files)
    assert size_bytes < 40 * MIB, f"{size_bytes / MIB:.1f} MiB"
