# pyright: basic, reportOptionalMemberAccess=false, reportPrivateImportUsage=false
"""MLflow's own client against a Lodeline server and, where one is given, against MLflow's server."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import orjson

from bench.instant import serve_at_once
from bench.report import Cell, Report, Table, spread
from bench.served import serve
from tools.mlflow_server import get, mlflow_server

PEER = "LODELINE_BENCH_MLFLOW_URL"
"""The variable that holds the address of a running MLflow server over an empty store, instead of one that is started
from an environment beside the project; empty for none."""
TRACES, QUICK_TRACES = 100, 10
"""At most 200: the client's queue holds 2,048 spans, whatever is set, and drops what comes beyond."""
ROWS, QUICK_ROWS = 1_000, 10
ROUNDS = 3
_AT_ONCE = "a server that answers at once"
_METHOD = (
    "The same program, with MLflow's own client, against each server, a process of its own reached over HTTP on this "
    "machine; each round in new processes and new experiments, after a trace and a row to warm up; medians of rounds "
    "with the smallest and the largest. Traces have 10 spans with inputs and outputs of 1 kB, made through "
    "`mlflow.start_span`; afterwards all of them are read back with their spans and counted. Sync: each trace is "
    "sent before the next begins; async: as the client does by default, with a queue that loses none, until it is "
    "flushed. Search: the newest 50 traces' infos, by tag and by span name, in the experiment of the sync round. "
    "Evaluate: `mlflow.genai.evaluate` over 1,000 rows with a trivial function and two scorers, once a server: "
    "three rounds of it were within 1 % of each other and took most of the time. Client CPU: the processor "
    "time of the client's own process. The client makes 11 requests a trace in sync mode (one a span, and one), at "
    "least three in async mode. A server that answers at once (`bench/instant.py`) keeps what is sent in memory and "
    "does nothing with it: no server can be faster through this client, so that the share of it is what a server can "
    "be held to. MLflow's server, where there is a column of it, runs with one worker over SQLite, as it comes."
)
_MEASURES = (
    "sync traces/s", "sync client CPU ms a trace", "async traces/s", "async client CPU ms a trace",
    "search by tag ms", "search by span name ms", "evaluate ms a row", "evaluate client CPU ms a row",
)  # fmt: skip
_SHARES = ("sync traces/s", "async traces/s", "evaluate ms a row", "search by tag ms", "search by span name ms")


def run(*, quick: bool = False) -> Report:
    """Measure and return the report; RuntimeError when what is found is not what was sent."""
    with tempfile.TemporaryDirectory(prefix="lodeline-bench-") as folder, serve(Path(folder) / "store") as served:
        found = {"Lodeline": _rounds(f"http://127.0.0.1:{served.port}", quick=quick)}
    with serve_at_once() as url:
        found[_AT_ONCE] = _rounds(url, quick=quick)
    # A quick run only asks whether this runs: it does not bring 850 MB.
    peer = os.environ.get(PEER)
    alone = peer == "" or (quick and peer is None)
    if not alone:
        with (
            tempfile.TemporaryDirectory(prefix="lodeline-bench-") as folder,
            mlflow_server(peer, Path(folder)) as url,
        ):
            found["MLflow " + get(f"{url}/version")] = _rounds(url, quick=quick)
    rows: list[tuple[Cell, ...]] = [
        (name, *(spread([each[name] for each in rounds if name in each]) for rounds in found.values()))
        for name in _MEASURES
    ]
    note = "Without a column of MLflow's server." if alone else ""
    tables = (Table("MLflow's client", ("what", *found), rows, note), _shares(found))
    return Report("mlflow", _METHOD, tables, quick)


def _shares(found: dict[str, list[dict[str, float]]]) -> Table:
    """Return how near each server is to one that answers at once: 1 is as fast, 0.5 takes twice the time."""
    best = {name: _median(found[_AT_ONCE], name) for name in _SHARES}
    servers = [name for name in found if name != _AT_ONCE]
    rows: list[tuple[Cell, ...]] = []
    for name in _SHARES:
        medians = [_median(found[server], name) for server in servers]
        rows.append((name, *(each / best[name] if name.endswith("/s") else best[name] / each for each in medians)))
    return Table("Share of what a server that answers at once reaches", ("what", *servers), rows)


def _median(rounds: list[dict[str, float]], name: str) -> float:
    """Return the median of what was measured, in all rounds or in the first alone."""
    return statistics.median([each[name] for each in rounds if name in each])


def _rounds(url: str, *, quick: bool) -> list[dict[str, float]]:
    if quick:
        return [_apart(url, QUICK_TRACES, QUICK_ROWS)]
    return [_apart(url, TRACES, 0 if number else ROWS) for number in range(ROUNDS)]


def _apart(url: str, traces: int, rows: int) -> dict[str, float]:
    """Run one round: the client decides in a new process whether it sends at once or from a queue. Nothing is
    evaluated without rows."""
    found: dict[str, float] = {}
    for mode in ("sync", "async"):
        environment = {
            **os.environ, "MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_ASYNC_TRACE_LOGGING_MAX_QUEUE_SIZE": "100000",
            "MLFLOW_ENABLE_ASYNC_TRACE_LOGGING": str(mode == "async").lower(),
        }  # fmt: skip
        command = [sys.executable, "-m", "bench.mlflow", url, mode, str(traces), str(rows)]
        done = subprocess.run(command, env=environment, capture_output=True, check=False, encoding="utf-8")
        if done.returncode:
            raise RuntimeError(f"a round against {url} failed:\n{done.stderr[-4_000:]}")
        found |= orjson.loads(done.stdout.splitlines()[-1])
    return found


def _round(url: str, mode: str, traces: int, rows: int) -> dict[str, float]:
    import mlflow  # noqa: PLC0415 - only the process of a round needs the client

    mlflow.set_tracking_uri(url)
    mlflow.set_experiment("bench-warm-up")
    _trace(mlflow, 0)
    if mode == "async":
        mlflow.flush_trace_async_logging()
    experiment = mlflow.set_experiment(f"bench-{mode}-{time.time_ns()}").experiment_id
    start, used_s = time.perf_counter(), time.process_time()
    for number in range(traces):
        _trace(mlflow, number)
    if mode == "async":
        mlflow.flush_trace_async_logging()
    took_s, used_s = time.perf_counter() - start, time.process_time() - used_s
    _check(len(_found(mlflow, experiment, None, traces)), traces)
    measured = {f"{mode} traces/s": traces / took_s, f"{mode} client CPU ms a trace": 1_000 * used_s / traces}
    if mode == "sync":
        return measured | _searches(mlflow, experiment, traces)
    return measured | (_evaluation(mlflow, rows) if rows else {})


def _searches(mlflow, experiment: str, traces: int) -> dict[str, float]:
    measured: dict[str, float] = {}
    for name, clause, hits in (
        ("tag", "tags.even = '0'", traces // 2),
        ("span name", "span.name = 'step 3'", traces),
    ):

        def search(clause: str = clause, hits: int = hits) -> None:
            _check(len(_found(mlflow, experiment, clause, 50)), min(50, hits))

        measured[f"search by {name} ms"] = _median_ms(search)
    return measured


def _evaluation(mlflow, rows: int) -> dict[str, float]:
    scorers = _scorers(mlflow)
    mlflow.genai.evaluate(
        data=[{"inputs": {"a": 1, "b": 1}, "expectations": {"sum": 2}}], scorers=scorers, predict_fn=_add
    )
    mlflow.set_experiment(f"bench-evaluate-{time.time_ns()}")
    data = [{"inputs": {"a": n, "b": 1}, "expectations": {"sum": n + 1}} for n in range(rows)]
    start, used_s = time.perf_counter(), time.process_time()
    result = mlflow.genai.evaluate(data=data, predict_fn=_add, scorers=scorers)
    took_s, used_s = time.perf_counter() - start, time.process_time() - used_s
    _check(result.metrics["right/mean"], 1.0)
    return {"evaluate ms a row": 1_000 * took_s / rows, "evaluate client CPU ms a row": 1_000 * used_s / rows}


def _trace(mlflow, number: int) -> None:
    text = "x" * 1_000
    with mlflow.start_span("root") as root:
        root.set_inputs({"question": text})
        mlflow.update_current_trace(tags={"even": str(number % 2)})
        for step in range(9):
            with mlflow.start_span(f"step {step}") as span:
                span.set_inputs({"text": text})
                span.set_outputs({"text": text})
        root.set_outputs({"answer": text})


def _found(mlflow, experiment: str, clause: str | None, most: int):
    return mlflow.search_traces(
        locations=[experiment],
        filter_string=clause,
        max_results=most,
        return_type="list",
        include_spans=clause is None,
    )


def _median_ms(call: Callable[[], None]) -> float:
    call()
    times: list[float] = []
    for _ in range(10):
        start = time.perf_counter()
        call()
        times.append(1_000 * (time.perf_counter() - start))
    return statistics.median(times)


def _add(a: int, b: int) -> int:
    return a + b


def _scorers(mlflow):
    @mlflow.genai.scorer
    def right(outputs: int, expectations: dict[str, int]) -> bool:
        return outputs == expectations["sum"]

    @mlflow.genai.scorer
    def digits(outputs: int) -> int:
        return len(str(outputs))

    return [right, digits]


def _check(found: float, expected: float) -> None:
    if found != expected:
        raise RuntimeError(f"found {found}, expected {expected}")


if __name__ == "__main__":
    print(orjson.dumps(_round(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))).decode())
