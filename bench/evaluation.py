"""Evaluation: what a row costs beyond the user's functions, loading a large dataset, comparing two large runs."""

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import lodeline
from bench.report import Report, Table, quantile, spread
from bench.served import Served, serve
from lodeline.domain.canonical import digest_of_set
from lodeline.domain.comparison import Comparison, RunComparison, ScorerComparison
from lodeline.domain.evaluation import Bindings, CompareOptions, EvaluationDraft, EvaluationSummary
from lodeline.domain.evaluation_row import MAX_ROWS, RowDraft, ScoreDraft
from lodeline.domain.record import RecordDraft, prepare
from lodeline.domain.run import RunDraft
from lodeline.sdk.client.clients import LodelineClient
from lodeline.sdk.datasets.loading import load

ROWS, QUICK_ROWS = 1_000, 30
LARGE, QUICK_LARGE = 100_000, 2_000
ROUNDS = 5
T = TypeVar("T")
_EXPERIMENT = "bench"
_VIEWS = {"as judged": CompareOptions(), "effective": CompareOptions(view="effective")}
_METHOD = (
    "The server is a process of its own, reached over HTTP on this machine. Overhead: `lodeline.evaluate` runs a "
    "function that adds two numbers over rows of a table, with two scorers that compare and measure, ten at a "
    "time; each row is a trace, with two scores and an expectation on it. The time is all of `evaluate`, from the "
    "check of the data to the aggregates, over the number of rows; medians of rounds with the smallest and the "
    "largest, the first round left out; what watching the server's memory takes is not counted as the program's. "
    "Dataset: records with a question of 60 characters and an answer, appended through the SDK, checking and "
    "hashing included, until one version of them is published. Comparison: two runs of rows without traces with a "
    "boolean and a number each, logged in batches of 1,000 through the client; summary and comparison are asked "
    "over HTTP, answers included. Every answer's content is checked."
)


@dataclass(frozen=True, slots=True)
class Cost:
    """What a row cost in one round, in milliseconds."""

    wall_ms: float
    program_cpu_ms: float
    server_cpu_ms: float


def run(*, quick: bool = False) -> Report:
    """Measure and return the report; RuntimeError when an answer is wrong."""
    rows, large = (QUICK_ROWS, QUICK_LARGE) if quick else (ROWS, LARGE)
    with tempfile.TemporaryDirectory(prefix="lodeline-bench-") as folder, serve(Path(folder) / "store") as served:
        url = f"http://127.0.0.1:{served.port}"
        with LodelineClient(url, timeout_s=600.0) as client:
            client.experiments.create(_EXPERIMENT)
            costs = _overhead(served, url, Path(folder), rows, 1 if quick else ROUNDS)
            tables = (
                _overhead_table(costs, rows),
                _dataset(served, client, large),
                _comparison(client, large, 2 if quick else 7),
            )
    return Report("evaluation", _METHOD, tables, quick)


def _overhead(served: Served, url: str, folder: Path, count: int, rounds: int) -> list[Cost]:
    os.environ["LODELINE_SPOOL_DIR"] = str(folder / "spool")
    lodeline.configure(url=url, experiment=_EXPERIMENT)
    try:
        return [_round(served, count) for _ in range(rounds + 1)][1:]
    finally:
        lodeline.default_client().close()
        lodeline.shutdown()


def _round(served: Served, count: int) -> Cost:
    data = [{"inputs": {"a": number, "b": 1}, "expectations": {"sum": number + 1}} for number in range(count)]
    server_s, program_s, start = served.cpu_s(), time.process_time() - served.watching_s, time.perf_counter()
    result = lodeline.evaluate(data, predict_fn=_add, scorers=[_right, _digits], progress=False)
    wall_s, program_s = time.perf_counter() - start, time.process_time() - served.watching_s - program_s
    server_s = served.cpu_s() - server_s
    _check("rows that are right", result.score("_right").value, 1.0)
    _check("rows scored", (result.score("_right").n, result.score("_digits").n), (count, count))
    client = lodeline.default_client()
    _check("rows kept", client.evaluations.get(result.run_id).rows_done, count)
    judged = f"run = '{result.run_id}' AND feedback._right = true AND feedback._digits > 0"
    _check("traces judged", client.analytics.count(experiment=_EXPERIMENT, filter=judged).count, count)
    return Cost(*(1_000 * seconds / count for seconds in (wall_s, program_s, server_s)))


def _add(a: int, b: int) -> int:
    return a + b


def _right(outputs: int, expectations: dict[str, int]) -> bool:
    return outputs == expectations["sum"]


def _digits(outputs: int) -> int:
    return len(str(outputs))


def _overhead_table(costs: list[Cost], count: int) -> Table:
    row = (
        f"{count:,}",
        spread([cost.wall_ms for cost in costs]),
        spread([cost.program_cpu_ms for cost in costs]),
        spread([cost.server_cpu_ms for cost in costs]),
    )
    note = "With two cores free the program and the server work at the same time; with fewer their CPU time adds up."
    return Table("Overhead of a row", ("rows", "ms a row", "CPU ms: program", "CPU ms: server"), [row], note)


def _dataset(served: Served, client: LodelineClient, count: int) -> Table:
    drafts = list(_records(count))
    expected = digest_of_set((prepare(draft).content_hash, draft.external_id) for draft in drafts)
    made = client.datasets.create("large", experiment=_EXPERIMENT)
    before, start = served.disk_bytes(), time.perf_counter()
    report = load(client, made.dataset_id, drafts, operation="append")
    loading_s = time.perf_counter() - start
    _check("records inserted", (report.inserted, len(report.rejected), report.version), (count, 0, 1))
    _check("the version's digest", client.datasets.version(made.dataset_id).digest, expected)
    grown = (served.disk_bytes() - before) / count
    start = time.perf_counter()
    read = sum(1 for _ in client.records.search(made.dataset_id))
    reading_s = time.perf_counter() - start
    _check("records read", read, count)
    rows = [
        ("append and publish", count, loading_s, count / loading_s, grown),
        ("read one by one", count, reading_s, count / reading_s, None),
    ]
    return Table("Dataset", ("what", "records", "s", "records/s", "bytes a record"), rows)


def _records(count: int) -> Iterator[RecordDraft]:
    for number in range(count):
        yield RecordDraft(
            {"question": f"How many are {number} and {number % 97}, and why is that so? Please answer."},
            {"answer": number + number % 97},
            external_id=f"question-{number}",
        )


def _comparison(client: LodelineClient, count: int, repeats: int) -> Table:
    logged: list[float] = []
    runs: list[str] = []
    for name in ("baseline", "candidate"):
        start = time.perf_counter()
        runs.append(_logged(client, name, count))
        logged.append((time.perf_counter() - start) * 1_000)
    rows = [("log rows without traces", count, statistics.median(logged), max(logged))]
    summary = _timed(
        lambda: client.evaluations.summary(runs[0], slices=["topic"]),
        lambda found: _check_summary(found, count),
        repeats,
    )
    rows.append(("summary with 20 slices", count, *summary))
    for title, options in _VIEWS.items():
        compared = _timed(
            lambda options=options: client.evaluations.compare(runs[0], runs[1], options),
            lambda found: _check_comparison(found, count),
            repeats,
        )
        rows.append((f"compare two runs, {title}", count, *compared))
    return Table("Large runs", ("what", "rows a run", "p50 ms", "slowest ms"), rows)


def _logged(client: LodelineClient, name: str, count: int) -> str:
    """Log a whole run; return its id."""
    bindings = Bindings(directions={"right": "higher", "seconds": "lower"})
    draft = EvaluationDraft(RunDraft(name=name), bindings, rows_total=count)
    run_id = client.evaluations.create(draft, experiment=_EXPERIMENT).run.run_id
    client.evaluations.start(run_id)
    for start in range(0, count, MAX_ROWS):
        numbers = range(start, min(start + MAX_ROWS, count))
        client.evaluations.log_rows(run_id, [_row(name, number) for number in numbers])
    _check("the run's state", client.evaluations.finish(run_id).state, "COMPLETED")
    return run_id


def _row(name: str, number: int) -> RowDraft:
    scores = (ScoreDraft("right", _is_right(name, number)), ScoreDraft("seconds", _seconds(name, number)))
    return RowDraft(
        f"row {number}", content_hash=f"{number:064x}", slices={"topic": f"topic {number % 20}"}, scores=scores
    )


def _is_right(name: str, number: int) -> bool:
    return number * 7_919 % 100 < 60 if name == "baseline" else number * 104_729 % 100 < 62


def _seconds(name: str, number: int) -> float:
    return (number * 31_337 % 1_009) / 100 + (0.05 if name == "candidate" and number % 3 else 0.0)


def _check_summary(found: EvaluationSummary, count: int) -> None:
    right, seconds = (next(each for each in found.scorers if each.scorer == name) for name in ("right", "seconds"))
    _check("rows summed up", (right.summary.n, seconds.summary.n, len(right.slices)), (count, count, 20))
    passed = sum(_is_right("baseline", number) for number in range(count))
    _check("rows that are right", round((right.summary.value or 0) * count), passed)


def _check_comparison(compared: Comparison, count: int) -> None:
    (found,) = compared.candidates
    _check("rows paired", (found.pairing.paired, found.pairing.changed), (count, 0))
    pairs = [(_is_right("baseline", number), _is_right("candidate", number)) for number in range(count)]
    wins, losses = sum(new and not old for old, new in pairs), sum(old and not new for old, new in pairs)
    right = _scorer(found, "right")
    _check("wins and losses", (right.wins, right.losses, right.ties), (wins, losses, count - wins - losses))
    slower = sum(number % 3 != 0 for number in range(count))
    seconds = _scorer(found, "seconds")
    _check("slower rows", (seconds.wins, seconds.losses, seconds.verdict), (0, slower, "worse"))


def _scorer(found: RunComparison, name: str) -> ScorerComparison:
    return next(each for each in found.scorers if each.scorer == name)


def _timed(ask: Callable[[], T], check: Callable[[T], None], repeats: int) -> tuple[float, float]:
    """Return p50 and the slowest of the repeats in milliseconds, after one to warm up; the checks do not count."""
    check(ask())
    times: list[float] = []
    for _ in range(repeats):
        start = time.perf_counter()
        found = ask()
        times.append((time.perf_counter() - start) * 1_000)
        check(found)
    return quantile(times, 0.5), max(times)


def _check(what: str, found: object, expected: object) -> None:
    if found != expected:
        raise RuntimeError(f"wrong answer: {what}: {found!r}, not {expected!r}")
