"""The entry point: help, version, exit codes, and no traceback for what was foreseen."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lodeline import __version__
from lodeline.cli import exits
from lodeline.cli.main import GROUPS, help_text, run
from lodeline.domain import errors
from lodeline.domain.errors import LodelineError
from lodeline.storage.open import open_stores

NOBODY = "http://127.0.0.1:9"
COMMANDS = [
    ("traces", "search"), ("traces", "get"), ("traces", "tail"), ("traces", "tag"), ("traces", "delete"),
    ("traces", "export"), ("traces", "import"), ("assessments", "log"), ("assessments", "list"),
    ("assessments", "get"), ("assessments", "update"), ("assessments", "history"), ("assessments", "delete"),
    ("sessions", "list"), ("users", "list"), ("audit", "list"),
    ("experiments", "list"), ("experiments", "create"), ("experiments", "get"), ("experiments", "rename"),
    ("experiments", "describe"), ("experiments", "tag"), ("experiments", "delete"), ("experiments", "restore"),
    ("experiments", "purge"), ("experiments", "export"), ("experiments", "import"), ("keys", "create"),
    ("keys", "list"), ("keys", "revoke"), ("accounts", "setup"),
    ("accounts", "create"), ("accounts", "list"), ("accounts", "set-role"),
    ("accounts", "disable"), ("accounts", "delete"), ("accounts", "set-password"),
    ("accounts", "link"), ("accounts", "unlink"), ("db", "migrate"), ("db", "check"),
    ("db", "backup"), ("db", "vacuum"), ("db", "figures"), ("server",), ("demo",), ("doctor",), ("version",),
    ("import", "mlflow"),
    ("runs", "list"), ("runs", "get"), ("runs", "metrics"), ("runs", "tag"), ("runs", "delete"), ("runs", "restore"),
    ("evaluations", "get"), ("evaluations", "summary"), ("evaluations", "compare"), ("evaluations", "rows"),
    ("evaluations", "cancel"), ("eval", "run"), ("eval", "compare"), ("eval", "gate"),
    ("issues", "list"), ("issues", "get"), ("issues", "update"),
    ("models", "list"), ("models", "create"), ("models", "get"), ("models", "diff"),
    ("models", "alias"), ("models", "moves"), ("models", "delete"), ("models", "restore"),
    ("datasets", "list"), ("datasets", "create"), ("datasets", "get"), ("datasets", "delete"),
    ("datasets", "restore"), ("datasets", "import"), ("datasets", "export"), ("datasets", "add-traces"),
    ("datasets", "publish"), ("datasets", "discard"), ("datasets", "versions"), ("datasets", "label"),
    ("datasets", "records"), ("datasets", "diff"), ("datasets", "split"), ("prompts", "list"),
    ("prompts", "register"), ("prompts", "get"), ("prompts", "versions"), ("prompts", "diff"), ("prompts", "alias"),
    ("labels", "list"), ("labels", "create"), ("labels", "get"), ("labels", "delete"), ("labeling", "list"),
    ("labeling", "create"), ("labeling", "get"), ("labeling", "state"), ("labeling", "reviewers"),
    ("labeling", "add"), ("labeling", "items"), ("labeling", "remove"), ("labeling", "reopen"), ("labeling", "link"),
    ("labeling", "sync"),
    ("prompts", "delete"), ("scorers", "list"), ("scorers", "get"), ("scorers", "delete"),
    ("import", "mlflow"),
]  # fmt: skip


def test_version_and_help_import_no_command_group() -> None:
    script = (
        "import sys\n"
        "from lodeline.cli.main import run\n"
        "codes = [run(['--version']), run(['--help'])]\n"
        "heavy = {'typer', 'httpx', 'rich', 'fastapi', 'pydantic'} & set(sys.modules)\n"
        "sys.exit(f'{codes} {heavy}' if heavy or codes != [0, 0] else 0)\n"
    )
    finished = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
    assert f"lodeline {__version__}" in finished.stdout


def test_a_command_that_asks_a_server_imports_nothing_that_it_does_not_need() -> None:
    script = (
        "import sys\n"
        "from lodeline.cli.main import run\n"
        f"codes = [run(['traces', 'search', '--help']), run(['traces', 'search', '--server', '{NOBODY}'])]\n"
        "print(codes, file=sys.stderr)\n"
        "print(*sys.modules)\n"
    )
    finished = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "[0, 4]" in finished.stderr
    imported = set(finished.stdout.splitlines()[-1].split())
    assert {"httpx", "lodeline.sdk.client.traces"} <= imported
    packages = {name.split(".")[0] for name in imported}
    heavy = {
        "apsw",
        "click",
        "fastapi",
        "google",
        "grpc",
        "numpy",
        "opentelemetry",
        "pygments",
        "starlette",
        "uvicorn",
    }
    assert packages & heavy == set()
    ours = {".".join(name.split(".")[:2]) for name in imported if name.startswith("lodeline.")}
    assert (
        ours & {"lodeline.query", "lodeline.services", "lodeline.storage", "lodeline.ingest", "lodeline.auth"}
        == set()
    )
    others = {"lodeline.sdk.client.accounts", "lodeline.sdk.client.filters", "rich.progress", "rich.syntax"}
    assert imported & others == set()


def test_without_the_server_s_packages_a_command_says_how_to_install_them() -> None:
    script = (
        "import sys\n"
        "sys.modules['typer'] = None\n"
        "from lodeline.cli.main import run\n"
        "sys.exit(run(['traces', 'search']))\n"
    )
    finished = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert finished.returncode == 6
    assert "pip install 'lodeline[server]'" in finished.stderr
    assert "Traceback" not in finished.stderr


def test_help_names_every_group() -> None:
    assert all(f"  {name} " in help_text() for name in GROUPS)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_has_a_help_page(command: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*command, "--help"]) == 0
    assert f"lodeline {' '.join(command)}" in capsys.readouterr().out


def test_every_group_is_covered_above() -> None:
    assert {command[0] for command in COMMANDS} == set(GROUPS)


def test_without_a_command_the_help_is_shown_and_the_usage_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == exits.INVALID
    assert "Commands:" in capsys.readouterr().out


def test_a_misspelt_command_is_answered_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["trace"]) == exits.INVALID
    assert "'traces'" in capsys.readouterr().err


def test_a_wrong_option_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["traces", "search", "--nonsense"]) == exits.INVALID
    assert "nonsense" in capsys.readouterr().err


def test_a_server_that_does_not_answer_is_unavailable(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["traces", "search", "--server", NOBODY]) == 4
    message = capsys.readouterr().err
    assert NOBODY in message
    assert "Traceback" not in message


@pytest.mark.parametrize("url", ["nonsense", "ftp://127.0.0.1", "http://[", "http://a b/", "http://a:99999"])
def test_a_wrong_url_is_invalid(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["traces", "search", "--server", url]) == exits.INVALID
    assert "server:" in capsys.readouterr().err


def test_a_store_and_a_server_at_once_are_invalid(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["traces", "search", "--store", str(tmp_path), "--server", NOBODY]) == exits.INVALID
    assert "not both" in capsys.readouterr().err


def test_the_environment_names_the_server(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LODELINE_URL", "http://127.0.0.1:19")
    assert run(["traces", "search"]) == 4
    assert "127.0.0.1:19" in capsys.readouterr().err


def error_classes() -> list[type[LodelineError]]:
    return [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, LodelineError) and kind is not LodelineError
    ]


@pytest.mark.parametrize("kind", error_classes(), ids=lambda kind: kind.__name__)
def test_every_error_has_a_documented_exit_code(kind: type[LodelineError]) -> None:
    code = exits.exit_code(kind("no"))
    assert code in {1, 2, 3, 4, 5, 6}
    assert code in dict(exits.MEANINGS)


def test_exit_codes_tell_the_kinds_of_error_apart() -> None:
    assert exits.exit_code(errors.NotFound("no")) == 1
    assert exits.exit_code(errors.Invalid("no")) == 2
    assert exits.exit_code(errors.Forbidden("no")) == 3
    assert exits.exit_code(errors.Unavailable("no")) == 4
    assert exits.exit_code(errors.Deleted("no")) == 5
    assert exits.exit_code(LodelineError("no")) == 70


@pytest.mark.parametrize("form", [["--json"], []], ids=["json", "table"])
def test_a_reader_that_goes_away_is_no_error_message(tmp_path: Path, form: list[str]) -> None:
    script = (
        "import sys, time\n"
        "from lodeline.cli.main import main\n"
        "main(['experiments', 'list', *sys.argv[2:], '--store', sys.argv[1]])\n"
    )
    open_stores(str(tmp_path / "store")).close()
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "store"), *form], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.wait(60) == exits.BROKEN_PIPE
    with process.stderr as stream:
        assert stream.read() == b""


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_ctrl_c_leaves_with_130_and_without_a_traceback(tmp_path: Path) -> None:
    script = (
        "import os, signal, sys, threading\n"
        "from lodeline.cli.main import main\n"
        "threading.Timer(1.5, os.kill, (os.getpid(), signal.SIGINT)).start()\n"
        "main(['traces', 'tail', '--interval', '0.1', '--store', sys.argv[1]])\n"
    )
    open_stores(str(tmp_path / "store")).close()
    command = [sys.executable, "-c", script, str(tmp_path / "store")]
    finished = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert finished.returncode == exits.INTERRUPTED
    assert "Traceback" not in finished.stderr


def test_completion_of_this_shell_can_be_shown() -> None:
    environment = {**os.environ, "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    command = [sys.executable, "-m", "lodeline.cli.main", "--show-completion", "bash"]
    finished = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert finished.returncode == 0
    assert "_LODELINE_COMPLETE" in finished.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="bash has its files there elsewhere")
def test_completion_can_be_installed_for_a_shell(tmp_path: Path) -> None:
    environment = {**os.environ, "HOME": str(tmp_path), "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    command = [sys.executable, "-m", "lodeline.cli.main", "--install-completion", "bash"]
    finished = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert finished.returncode == 0, finished.stderr
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any("_LODELINE_COMPLETE=complete_bash" in path.read_text() for path in written)
    assert ".bashrc" in {path.name for path in written}


def test_completion_suggests_commands_of_a_group() -> None:
    environment = {
        **os.environ, "_LODELINE_COMPLETE": "complete_bash", "COMP_WORDS": "lodeline traces se", "COMP_CWORD": "2",
    }  # fmt: skip
    command = [sys.executable, "-m", "lodeline.cli.main"]
    finished = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert finished.stdout.split() == ["search"]


@pytest.mark.parametrize(
    ("command", "meant"),
    [
        (("prompts", "show"), "get"),
        (("traces", "ls"), "search"),
        (("experiments", "ls"), "list"),
        (("experiments", "rm"), "delete"),
        (("models", "remove"), "delete"),
        (("keys", "rm"), "revoke"),
        (("prompts", "gets"), "get"),
    ],
    ids=str,
)
def test_another_word_for_a_command_of_a_group_is_answered_with_it(
    command: tuple[str, ...], meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(command) == exits.INVALID
    assert f"No such command {command[1]!r}. Did you mean {meant!r}" in capsys.readouterr().err


def test_what_doctor_finds_is_no_wider_than_a_page(capsys: pytest.CaptureFixture[str]) -> None:
    run(["doctor", "--server", NOBODY])
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 118
    assert "no Lodeline server answers at" in "\n".join(lines)
