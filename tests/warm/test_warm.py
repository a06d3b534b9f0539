"""A warm program does what one does that is started from nothing, and ends as that one does."""

import os
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests.e2e.harness import environment, lodeline, serving
from tests.warm.client import COLD, WarmProcess, is_warm, shim

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="files are handed to a process that runs already")


@pytest.fixture(autouse=True)
def warm(monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs are warm, also where all others of a run are cold."""
    monkeypatch.delenv(COLD, raising=False)
    assert is_warm(environment())


@pytest.mark.parametrize(
    "arguments",
    [
        ("--version",),
        ("nonsense",),
        ("experiments", "list", "--json", "--store", "store"),
        ("experiments", "create", "Default", "--store", "store"),
        ("traces", "get", "tr-5b8efff798038103d269b633813fc60c", "--store", "store"),
        ("traces", "search", "--filter", "state = ", "--store", "store"),
        ("db", "check", "--store", "store"),
    ],
    ids=" ".join,
)
def test_a_command_says_and_ends_the_same(
    arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    assert lodeline("experiments", "create", "first", "--store", "store", cwd=tmp_path).returncode == 0
    warm = lodeline(*arguments, cwd=tmp_path)
    monkeypatch.setenv(COLD, "1")
    cold = lodeline(*arguments, cwd=tmp_path)
    assert (warm.returncode, warm.stdout, warm.stderr) == (cold.returncode, cold.stdout, cold.stderr)


def test_it_has_an_environment_of_its_own():
    found = lodeline("experiments", "list", env={"LODELINE_URL": "http://127.0.0.1:1/of-its-own"})
    assert found.returncode != 0
    assert "http://127.0.0.1:1/of-its-own" in found.stderr


@pytest.mark.parametrize(("number", "code"), [(signal.SIGKILL, -9), (signal.SIGTERM, -15)])
def test_a_server_is_signalled_itself(number: signal.Signals, code: int, tmp_path: Path):
    with serving(tmp_path / "store") as server:
        assert isinstance(server.process, WarmProcess)
        assert server.running()
        with pytest.raises(subprocess.TimeoutExpired):
            server.process.wait(0.01)
        os.kill(server.process.pid, number)
        assert server.process.wait(30) == code
        assert not server.running()


@contextmanager
def served(folder: Path) -> Generator["subprocess.Popen[str]"]:
    """Give a server that a shell would have started, once it serves."""
    command = [
        str(folder / "lodeline"),
        "server",
        "--store",
        str(folder / "store"),
        "--port",
        "0",
        "--grpc-port",
        "off",
    ]
    with subprocess.Popen(command, env=environment(shim(folder)), stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        while "Stop:" not in server.stdout.readline():
            assert server.poll() is None
        try:
            yield server
        finally:
            server.kill()


def test_a_shell_runs_it_and_may_interrupt_it(tmp_path: Path):
    with served(tmp_path) as server:
        server.send_signal(signal.SIGINT)
        assert server.wait(30) in {0, 130, -signal.SIGINT}
    piped = f"'{tmp_path / 'lodeline'}' experiments list --store '{tmp_path / 'store'}' | head -1"
    variables = environment(shim(tmp_path))
    said = subprocess.run(["sh", "-c", piped], env=variables, capture_output=True, text=True, check=True)
    assert said.stdout.startswith("id")


def test_the_program_of_the_shell_is_killed_with_it(tmp_path: Path):
    with served(tmp_path) as server:
        [parent] = [each for each in psutil.Process().children() if "tests.warm.parent" in each.cmdline()]
        store = str(tmp_path / "store")
        [real] = [each for each in parent.children() if any(store in file.path for file in each.open_files())]
        real.kill()
        assert server.wait(30) == -signal.SIGKILL


def test_it_ends_with_the_program_of_the_shell(tmp_path: Path):
    with served(tmp_path) as server:
        server.kill()
        assert server.stdout is not None
        server.stdout.read()  # its end comes when nobody holds the other end of the pipe any more


def test_what_an_interpreter_reads_when_it_starts_must_be_the_same(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv(COLD, raising=False)
    assert is_warm(environment())
    assert not is_warm(environment({"PYTHONWARNINGS": "error"}))
    monkeypatch.setenv(COLD, "1")
    assert not is_warm(environment())
