"""The pytest plugin, in pytest processes of its own, against the real server."""

import os
import re
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.e2e.harness import Server, serving

TESTS = """
import itertools
import lodeline
import pytest

counter = itertools.count()

@pytest.fixture
def subject():
    return "pytest"

@pytest.mark.lodeline(repetitions=3)
def test_always(subject):
    with lodeline.start_span("inside"):
        assert subject == "pytest"

@pytest.mark.lodeline(repetitions=4, min_pass_rate=0.5)
def test_sometimes():
    assert next(counter) % 2 == 0

@pytest.mark.lodeline(repetitions=2)
def test_never():
    assert {never}

@pytest.mark.lodeline
@pytest.mark.parametrize("number", [1, 2])
def test_each(number):
    assert number

def test_unmarked():
    pass
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[Server]:
    with serving(tmp_path_factory.mktemp("plugin") / "store") as running:
        yield running


def run_pytest(folder: Path, url: str, *options: str, never: str = "False") -> tuple[int, str]:
    (folder / "test_app.py").write_text(TESTS.replace("{never}", never), encoding="utf-8")
    environ = {**os.environ, "LODELINE_URL": url, "LODELINE_SPOOL_DIR": str(folder / "spool")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, str(folder)],
        env=environ, capture_output=True, text=True, check=False, timeout=300, cwd=folder,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def evaluation_of(output: str) -> str:
    found = re.search(r"^evaluation ([0-9a-f]{32})$", output, re.MULTILINE)
    assert found is not None, output
    return found[1]


@pytest.mark.parametrize("processes", [(), ("-n", "2")], ids=["one process", "xdist"])
def test_calls_of_marked_tests_are_rows_of_one_evaluation(
    server: Server, tmp_path: Path, processes: tuple[str, ...]
) -> None:
    code, output = run_pytest(tmp_path, server.url, "--lodeline", "--lodeline-experiment", "plugin", *processes)
    assert code == 1
    assert "1 failed, 5 passed" in output
    run_id = evaluation_of(output)
    with server.client() as client:
        evaluation = client.evaluations.get(run_id)
        rows = client.evaluations.rows(run_id).all()
        assert (evaluation.state, evaluation.run.name) == ("COMPLETED", "pytest")
        calls = {key.split("::")[1]: sum(row.row_key == key for row in rows) for key in {row.row_key for row in rows}}
        assert calls == {"test_always": 3, "test_sometimes": 4, "test_never": 2, "test_each[1]": 1, "test_each[2]": 1}
        inside = client.traces.search(experiment="plugin", filter=f"run = '{run_id}' AND span.name = 'inside'")
        assert len(inside.all()) == 3
        failed = client.traces.search(experiment="plugin", filter=f"run = '{run_id}' AND feedback.passed = false")
        assert len(failed.all()) == 4
    assert "flaky: test_app.py::test_sometimes (2 of 4 calls passed)" in output
    assert "failed: test_app.py::test_never (0 of 2 calls passed)" in output


def test_regressions_are_told_from_what_failed_before(server: Server, tmp_path: Path) -> None:
    options = ("--lodeline", "--lodeline-experiment", "plugin")
    good = evaluation_of(run_pytest(tmp_path, server.url, *options, never="True")[1])
    code, output = run_pytest(tmp_path, server.url, *options, "--lodeline-baseline", good)
    assert code == 1
    assert "regression: test_app.py::test_never" in output
    bad = evaluation_of(output)
    _, output = run_pytest(tmp_path, server.url, *options, "--lodeline-baseline", bad)
    assert "failed as before: test_app.py::test_never" in output
    _, output = run_pytest(tmp_path, server.url, *options, "--lodeline-baseline", "nothing")
    assert "the baseline could not be read: evaluation 'nothing' does not exist." in output
    assert "failed: test_app.py::test_never" in output


def test_without_the_option_marks_only_repeat(tmp_path: Path) -> None:
    code, output = run_pytest(tmp_path, "http://127.0.0.1:9")
    assert code == 1
    assert "1 failed, 5 passed" in output
    assert "failed: 0 of 2 calls passed" in output
    assert "evaluation" not in output


def test_a_server_that_is_away_fails_no_test(tmp_path: Path) -> None:
    code, output = run_pytest(tmp_path, "http://127.0.0.1:9", "--lodeline", never="True")
    assert code == 0
    assert "the evaluation could not be begun" in output


def test_a_senseless_mark_is_an_error_of_its_test(tmp_path: Path) -> None:
    (tmp_path / "test_bad.py").write_text(
        "import pytest\n@pytest.mark.lodeline(repetitions=0)\ndef test_it(): pass\n", encoding="utf-8"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", str(tmp_path / "test_bad.py")],
        capture_output=True, text=True, check=False, timeout=300, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 1
    assert "repetitions: 0 is not valid; expected a whole number from 1 to 1000" in done.stdout
