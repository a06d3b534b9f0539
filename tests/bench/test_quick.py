"""The benchmarks run, and their own checks of the answers pass; no timing is looked at.

The benchmark of starting starts its servers from nothing, as all benchmarks do; here the servers of the others are
forks of a process that has imported them.
"""

import asyncio
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import IO, Self

import pytest

from bench import data, datasets, delivery, evaluation, ingest, query, report, sdk, served, startup
from bench.__main__ import main
from bench.floor import measure
from bench.http import Connection
from bench.searches import questions
from bench.served import serve
from tests.warm.client import WarmProcess, is_warm


class WarmServer(WarmProcess):
    """A warm server that is started with what `bench.served` gives to `subprocess.Popen`."""

    def __init__(self, command: Sequence[str], *, stdout: IO[bytes], stderr: IO[bytes]) -> None:
        program = [sys.executable, "-m", "lodeline.cli.main"]
        assert command[: len(program)] == program
        with Path(os.devnull).open("rb") as nothing:
            files = [nothing.fileno(), stdout.fileno(), stderr.fileno()]
            super().__init__(command[len(program) :], os.environ, Path.cwd(), files)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.wait()


@pytest.fixture
def warm(monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers of benchmarks are warm, where programs may be."""
    if is_warm(os.environ):
        started = SimpleNamespace(Popen=WarmServer, TimeoutExpired=subprocess.TimeoutExpired)
        monkeypatch.setattr(served, "subprocess", started)


def test_traces_are_a_function_of_their_number() -> None:
    assert list(data.requests(0, 30, 100)) == list(data.requests(0, 30, 100))
    assert data.trace_spans(7) != data.trace_spans(8)
    assert len(data.trace_spans(7).scope_spans[0].spans) == data.FULL.spans


def test_traces_have_the_size_that_the_method_states() -> None:
    sizes = [len(body) for body in data.requests(0, 100, 100)]
    assert len(sizes) == 10
    assert 2_200 < sum(sizes) / 1_000 < 3_200


def test_facts_cover_every_kind_of_trace() -> None:
    known = [data.facts(number) for number in range(data.RARE_EVERY)]
    assert sum(item.rare for item in known) == 1
    assert 0 < sum(item.failed for item in known) < len(known)
    assert {item.style for item in known} == set(data.STYLES)


def test_the_floor_stores_every_span(tmp_path: Path) -> None:
    found = measure(data.requests(0, 20, 100), tmp_path)
    assert found.spans == 20 * data.FULL.spans
    assert found.bytes_a_span > 0


@pytest.mark.usefixtures("warm")
def test_ingest_runs_and_counts_what_it_sent(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["--quick", "--out", str(tmp_path), "ingest"]) == 0
    assert "Acknowledged and sustained" in capsys.readouterr().out
    assert {path.name for path in tmp_path.iterdir()} == {"ingest-quick.json", "ingest-quick.md"}


@pytest.mark.usefixtures("warm")
def test_datasets_are_loaded_and_counted() -> None:
    (table,) = datasets.run(quick=True).tables
    assert table.rows[0][0] == "append, one version"
    assert len(table.rows) == 5


def test_the_sdk_makes_the_spans_it_is_measured_by() -> None:
    calls, imports = sdk.run(quick=True).tables
    assert [row[0] for row in calls.rows][:2] == ["small, depth 1", "small, depth 3"]
    assert len(imports.rows) == 4


@pytest.mark.usefixtures("warm")
def test_queries_run_with_checked_answers_at_two_sizes(tmp_path: Path) -> None:
    found = query.run(quick=True, keep=tmp_path)
    latencies, stores = found.tables
    assert len(latencies.rows) == 23
    assert len(stores.rows) == 2


@pytest.mark.usefixtures("warm")
def test_a_wrong_answer_fails_the_run(tmp_path: Path) -> None:
    query.fill(tmp_path / "store", 100, data.FULL, giant_spans=10)
    with serve(tmp_path / "store") as server:

        async def ask() -> None:
            connection = await Connection.open(server.port)
            question = questions(101, data.FULL, 10)[0]
            answer = await connection.get(question.path)
            await connection.close()
            question.check(answer.json())

        with pytest.raises(RuntimeError, match="wrong answer"):
            asyncio.run(ask())


def test_startup_runs() -> None:
    found = startup.run(quick=True)
    assert [table.title for table in found.tables] == ["Server", "Commands and imports", "Installed"]


@pytest.mark.usefixtures("warm")
def test_delivery_runs_and_loses_nothing() -> None:
    found = delivery.run(quick=True)
    assert [len(table.rows) for table in found.tables] == [4, 2, 2]


@pytest.mark.usefixtures("warm")
def test_evaluation_runs_and_checks_its_answers() -> None:
    found = evaluation.run(quick=True)
    assert [len(table.rows) for table in found.tables] == [1, 2, 4]


def test_a_benchmark_that_does_not_exist_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["nonsense"])
    assert left.value.code == 2
    assert "nonsense" in capsys.readouterr().err


def test_markdown_of_a_report_has_its_cells() -> None:
    table = report.Table("T", ("a", "b"), [(1, None), (0.123456, "x")])
    text = report.markdown(report.Report("name", "how", [table], quick=True))
    assert "| 1 | – |" in text
    assert "| 0.123 | x |" in text
    assert "Quick run" in text


@pytest.mark.parametrize(("fraction", "expected"), [(0.0, 1.0), (0.5, 2.5), (1.0, 4.0), (0.95, 3.85)])
def test_quantiles_interpolate(fraction: float, expected: float) -> None:
    assert report.quantile([4, 1, 3, 2], fraction) == pytest.approx(expected)


@pytest.mark.usefixtures("warm")
def test_ingest_fails_when_the_server_holds_something_else(tmp_path: Path) -> None:
    with serve(tmp_path / "store") as server, pytest.raises(RuntimeError, match="a query counts"):
        ingest.check(server, 5)
