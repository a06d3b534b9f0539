"""Delivery: what a traced program pays until its spans are stored, beside OpenTelemetry's own batch processor."""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import orjson
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from bench.report import Report, Table, spread
from bench.served import serve
from bench.traced import SPANS, Traced, make
from lodeline.sdk.delivery.encoder import encode_request

SIZES = (40, 4_000)
_METHOD = (
    "The server is one process of its own with a fresh store; the traced program is another. It makes traces of ten "
    "spans as fast as it can, each with an input and an output of the stated size, and waits until they are stored. "
    "Traces a second are until then; CPU is that of the traced program alone, the making of the "
    "spans included. Afterwards the server is asked how many traces it has: OpenTelemetry's batch processor drops "
    "what its queue of 2,048 spans does not hold. The encoders are measured by CPU time over batches of 1,000 spans, "
    "best of seven. Without a server the program makes its traces while nobody listens; growth is its peak memory "
    "less that before. Rows show medians, with the smallest and largest repetition."
)


def run(*, quick: bool = False) -> Report:
    """Measure delivery and return the report; RuntimeError when our delivery lost a trace."""
    repeats = 1 if quick else 3
    with tempfile.TemporaryDirectory(prefix="lodeline-bench-") as name:
        folder = Path(name)
        tables = [_stored(folder, repeats, 50 if quick else 4_000), _encoders(50 if quick else 1_000)]
        tables.append(_without_server(folder, 50 if quick else 5_000))
    return Report("delivery", _METHOD, tables, quick)


def _stored(folder: Path, repeats: int, traces: int) -> Table:
    rows: list[tuple[str | int | float, ...]] = []
    for size_bytes in SIZES:
        count = traces if size_bytes < 1_000 else traces // 4
        for sdk in ("lodeline", "opentelemetry"):
            runs: list[Traced] = []
            kept: list[int] = []
            server_ms: list[float] = []
            for repeat in range(repeats):
                with serve(folder / f"store-{size_bytes}-{sdk}-{repeat}") as served:
                    before_s = served.cpu_s()
                    runs.append(_program(sdk, f"http://127.0.0.1:{served.port}", folder / "spool", count, size_bytes))
                    server_ms.append((served.cpu_s() - before_s) * 1e3 / count / SPANS)
                    found = served.get("/api/v1/traces/count?experiment=0")
                    kept.append(int(str(found["count"])) if isinstance(found, dict) else 0)
            if sdk == "lodeline" and set(kept) != {count}:
                raise RuntimeError(f"{count} traces were made, the server has {kept}")
            rows.append((
                sdk,
                size_bytes,
                spread([count / one.delivered_s for one in runs]),
                spread([one.cpu_s * 1e6 / count / SPANS for one in runs]),
                spread(server_ms),
                f"{100 * statistics.median(kept) / count:.0f} %",
            ))  # fmt: skip
    columns = ("SDK", "bytes", "traces/s until stored", "CPU µs a span", "CPU ms a span, server", "traces kept")
    return Table("Until stored", columns, rows)


def _encoders(count: int) -> Table:
    rows: list[tuple[str | int | float, ...]] = []
    for size_bytes in SIZES:
        spans = _spans(count, size_bytes)
        own = _best_us(lambda spans=spans: encode_request(spans), len(spans))
        other = _best_us(lambda spans=spans: encode_spans(spans).SerializeToString(), len(spans))
        rows.append((size_bytes, own, other, other / own))
    return Table("Encoders", ("bytes", "CPU µs a span", "OpenTelemetry's", "ratio"), rows)


def _without_server(folder: Path, traces: int) -> Table:
    rows: list[tuple[str | int | float, ...]] = []
    for size_bytes in SIZES:
        count = traces if size_bytes < 1_000 else traces // 4
        found = _program("lodeline", "http://127.0.0.1:9", folder / str(size_bytes) / "dead", count, size_bytes)
        rows.append((size_bytes, count, count / found.made_s, found.growth_bytes / 2**20))
    return Table("Without a server", ("bytes", "traces", "traces/s made", "growth MiB"), rows)


def _program(sdk: str, url: str, spool: Path, traces: int, size_bytes: int) -> Traced:
    command = [sys.executable, "-m", "bench.traced", sdk, url, str(spool), str(traces), str(size_bytes)]
    finished = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return Traced(**orjson.loads(finished.stdout))


def _spans(count: int, size_bytes: int) -> list[ReadableSpan]:
    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    for _ in range(max(1, count // SPANS)):
        make(provider.get_tracer("bench"), "x" * size_bytes)
    return list(exporter.get_finished_spans())


def _best_us(work: Callable[[], object], count: int) -> float:
    best = float("inf")
    for _ in range(7):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best * 1e6 / count
