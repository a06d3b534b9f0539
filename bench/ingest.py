"""Ingest: spans a second acknowledged over HTTP, beside the floor measured in the same run."""

import contextlib
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from bench import data, floor
from bench.load import Sent, write_requests
from bench.report import Report, Table, quantile, spread
from bench.served import Served, serve
from lodeline.domain.span import JsonValue
from lodeline.storage.sql.lock import TEXT_LOCK_FILE, DirectoryLock

SPANS_PER_REQUEST = 100
_WARM_TRACES = 100
_DRAIN_TIMEOUT_S = 600.0
_METHOD = (
    "The server is one process of its own, or two, with a fresh store; another process sends requests of 100 spans "
    "that were serialised beforehand, over 1, 4 and 16 kept-open connections, each waiting for its answer, after 100 "
    "traces to warm up over as many, and a pause until all processes wait. A request counts when it is acknowledged: "
    "the server answers after its commit. Afterwards the traces are counted through a query and one is read back; "
    "any difference fails the run. `sustained` divides by the time until the text index has caught up as well. Some "
    "rows leave parts out: without `text index` none is filled, as in a process beside the one that does it; without "
    "`dialects` the same attributes come under names that none knows, so nothing is derived of them. The floor "
    "decodes the same requests and inserts the same rows in one process, without a server, dialects, summaries or "
    "text index. Traces have 10 spans with inputs and outputs of 1-4 kB, in the styles of three families "
    "of instrumentation. Rows show medians, with the smallest and largest repetition."
)


@dataclass(frozen=True, slots=True)
class Setup:
    """Processes of the server, connections to it, and whether text is indexed and dialects are translated."""

    workers: int
    connections: int
    indexed: bool = True
    translated: bool = True

    @property
    def row(self) -> tuple[str | int, ...]:
        """What a table's row begins with."""
        return (
            self.workers,
            self.connections,
            *("yes" if part else "no" for part in (self.indexed, self.translated)),
        )


_COLUMNS = ("processes", "connections", "text index", "dialects")
SETUPS = (
    Setup(1, 1), Setup(1, 4), Setup(1, 16), Setup(2, 16),
    Setup(1, 4, translated=False), Setup(1, 4, indexed=False), Setup(1, 4, indexed=False, translated=False),
    Setup(2, 16, indexed=False, translated=False),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Run:
    """One fresh server filled once."""

    setup: Setup
    acknowledged_spans_s: float
    sustained_spans_s: float
    latency_p50_ms: float
    latency_p95_ms: float
    cpu_ms_a_span: float
    peak_rss_bytes: int
    disk_bytes_a_span: float
    refused: int


def run(*, quick: bool = False) -> Report:
    """Measure ingest and return the report; RuntimeError when the server stored something else than was sent."""
    traces, repeats, setups = (100, 1, SETUPS[1:2]) if quick else (10_000, 3, SETUPS)
    with tempfile.TemporaryDirectory(prefix="lodeline-bench-") as name:
        folder = Path(name)
        file, plain, warm = folder / "requests.bin", folder / "plain.bin", folder / "warm.bin"
        bodies = list(data.requests(0, traces, SPANS_PER_REQUEST))
        write_requests(file, bodies)
        write_requests(plain, map(data.untranslated, bodies))
        write_requests(warm, data.requests(traces, traces + _WARM_TRACES, SPANS_PER_REQUEST))
        lowest = floor.measure(bodies, folder)
        runs = [
            _fill(folder / f"store-{place}-{repeat}", setup, warm, file if setup.translated else plain, traces)
            for repeat in range(repeats)
            for place, setup in enumerate(setups)
        ]
        sent_bytes_a_span = sum(map(len, bodies)) / lowest.spans
    return Report("ingest", _METHOD, _tables(runs, lowest, sent_bytes_a_span), quick)


def _fill(store: Path, setup: Setup, warm: Path, file: Path, traces: int) -> Run:
    with contextlib.ExitStack() as kept:
        if not setup.indexed:
            store.mkdir()
            duty = DirectoryLock(store, exclusive=True, file=TEXT_LOCK_FILE)
            kept.callback(duty.release)
        served = kept.enter_context(serve(store, setup.workers))
        _send(warm, served.port, setup.connections)
        served.wait_until_idle()  # several connections make the server start processes that decode
        if setup.indexed:
            _wait_for_backlog(served)
        before_s = served.cpu_s()
        sent = _send(file, served.port, setup.connections)
        drained_s = sent.elapsed_s
        if setup.indexed:
            drained_s += max(0.0, _wait_for_backlog(served) - sent.ended_s)
        cpu_s = served.cpu_s() - before_s
        check(served, traces + _WARM_TRACES)
        spans = traces * data.FULL.spans
        return Run(
            setup=setup,
            acknowledged_spans_s=spans / sent.elapsed_s,
            sustained_spans_s=spans / drained_s,
            latency_p50_ms=quantile(sent.latencies_ms, 0.5),
            latency_p95_ms=quantile(sent.latencies_ms, 0.95),
            cpu_ms_a_span=cpu_s * 1_000 / spans,
            peak_rss_bytes=served.peak_rss_bytes,
            disk_bytes_a_span=served.disk_bytes() / (spans + _WARM_TRACES * data.FULL.spans),
            refused=sent.refused,
        )


def _send(file: Path, port: int, connections: int) -> Sent:
    command = [sys.executable, "-m", "bench.load", str(file), str(port), str(connections)]
    finished = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    return Sent(**orjson.loads(finished.stdout))


def _wait_for_backlog(served: Served) -> float:
    """Return the moment at which the text index had caught up."""
    deadline = time.monotonic() + _DRAIN_TIMEOUT_S
    while time.monotonic() < deadline:
        if figure(served, "text_backlog") == 0:
            return time.monotonic()
        time.sleep(0.02)
    raise RuntimeError(f"the text index did not catch up within {_DRAIN_TIMEOUT_S:.0f} s")


def figure(served: Served, name: str) -> int:
    """Return one of the store's own figures, which are sent as text; RuntimeError when it has none of that name."""
    figures = _object(_object(served.get("/api/v1/server")).get("figures"))
    value = figures.get(name)
    if not isinstance(value, str) or not value.isdecimal():
        raise RuntimeError(f"the server tells no number of {name}: {value!r}")
    return int(value)


def check(served: Served, traces: int) -> None:
    """Count the traces through a query and read the last one back; RuntimeError when something is missing."""
    counted = _object(served.get("/api/v1/traces/count?experiment=0"))
    if counted.get("count") != traces or counted.get("exact") is not True:
        raise RuntimeError(f"{traces} traces were acknowledged, a query counts {counted}")
    trace_id = data.facts(traces - 1).trace_id
    spans = served.get(f"/api/v1/traces/{trace_id}/spans")
    count = len(spans) if isinstance(spans, list) else 0
    if count != data.FULL.spans:
        raise RuntimeError(f"trace {trace_id} was sent with {data.FULL.spans} spans and reads back with {count}")


def _object(value: JsonValue) -> dict[str, JsonValue]:
    if not isinstance(value, dict):
        raise TypeError(f"an object was expected, not {type(value).__name__}")
    return value


def _tables(runs: Sequence[Run], lowest: floor.Floor, sent_bytes_a_span: float) -> list[Table]:
    rate = Table(
        "Acknowledged and sustained",
        (*_COLUMNS, "spans/s acknowledged", "of the floor", "spans/s sustained", "p50 ms", "p95 ms", "refused"),
        [_rate_row(same, lowest) for same in _by_setup(runs)],
    )
    cost = Table(
        "Cost",
        (*_COLUMNS, "CPU-ms a span", "peak MiB", "disk bytes a span", "of the bytes sent"),
        [_cost_row(same, sent_bytes_a_span) for same in _by_setup(runs)],
        note="CPU and disk include the text index, where there is one, and the write-ahead log.",
    )
    base = Table(
        "Floor",
        ("spans", "decode spans/s", "decode and store spans/s", "disk bytes a span", "bytes sent a span"),
        [(lowest.spans, lowest.decode_spans_s, lowest.store_spans_s, lowest.bytes_a_span, sent_bytes_a_span)],
    )
    return [rate, cost, base]


def _by_setup(runs: Sequence[Run]) -> list[list[Run]]:
    setups = dict.fromkeys(run.setup for run in runs)
    return [[run for run in runs if run.setup == setup] for setup in setups]


def _rate_row(runs: Sequence[Run], lowest: floor.Floor) -> tuple[str | int | float, ...]:
    acknowledged = [run.acknowledged_spans_s for run in runs]
    return (
        *runs[0].setup.row,
        spread(acknowledged),
        f"{statistics.median(acknowledged) / lowest.store_spans_s:.0%}",
        spread([run.sustained_spans_s for run in runs]) if runs[0].setup.indexed else "-",
        statistics.median(run.latency_p50_ms for run in runs),
        statistics.median(run.latency_p95_ms for run in runs),
        sum(run.refused for run in runs),
    )


def _cost_row(runs: Sequence[Run], sent_bytes_a_span: float) -> tuple[str | int | float, ...]:
    disk = statistics.median(run.disk_bytes_a_span for run in runs)
    return (
        *runs[0].setup.row,
        spread([run.cpu_ms_a_span for run in runs]),
        max(run.peak_rss_bytes for run in runs) / 2**20,
        disk,
        f"{disk / sent_bytes_a_span:.0%}",
    )
