"""Queries: latency over HTTP of a dozen searches, reads and aggregates, at three sizes, with checked answers."""

import asyncio
import tempfile
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import data
from bench.corpus import GIANT_SPANS, fill
from bench.http import Connection
from bench.report import Report, Table, quantile
from bench.searches import Question, deep_page, elements, fields, list_path, questions
from bench.served import Served, serve

SIZES = (10_000, 100_000, 1_000_000)
SMALL_FROM = 1_000_000
_DEEPEST = 100_000
_WARM = 3
_REPEATS, _LEAST_REPEATS = 100, 5
_BUDGET_S = 5.0
_METHOD = (
    "Stores are filled through the store layer in one process (10-span traces with texts of 1-4 kB; from 10^6 traces "
    "on, 4-span traces with texts of 60-240 characters), with a score on one trace in ten and one trace of 30,000 "
    "spans in an experiment of its own. The server is a process of its own; every question is asked three times to "
    "warm up and then up to 100 times, or for 5 seconds, over a connection kept open. Every answer's content is "
    "checked against what the generator knows. The deep page follows half of all traces, at most 100,000. Growth is "
    "the last p50 over the first."
)


@dataclass(frozen=True, slots=True)
class Timing:
    """How long one question took at one size, in milliseconds."""

    question: str
    p50_ms: float
    p95_ms: float
    repeats: int


@dataclass(frozen=True, slots=True)
class Size:
    """One store: how it was made, how big it is, and its timings."""

    traces: int
    spans: int
    fill_s: float
    disk_bytes: int
    peak_rss_bytes: int
    timings: Sequence[Timing]


def run(*, quick: bool = False, sizes: Sequence[int] | None = None, keep: Path | None = None) -> Report:
    """Measure queries and return the report; RuntimeError when an answer is wrong.

    `keep` names a directory in which the filled stores stay, to be used again.
    """
    chosen = sizes or ((100, 200) if quick else SIZES)
    giant_spans = 300 if quick else GIANT_SPANS
    with ExitStack() as stack:
        folder = keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lodeline-bench-")))
        folder.mkdir(parents=True, exist_ok=True)
        measured = [_measure(folder / f"query-{count}", count, giant_spans, quick=quick) for count in chosen]
    return Report("query", _METHOD, [_timings(measured), _stores(measured)], quick)


def _measure(directory: Path, count: int, giant_spans: int, *, quick: bool) -> Size:
    shape = data.SMALL if count >= SMALL_FROM else data.FULL
    fill_s = fill(directory, count, shape, giant_spans=giant_spans)
    with serve(directory) as served:
        timings = asyncio.run(_ask_all(served, count, shape, giant_spans, quick=quick))
        return Size(count, count * shape.spans, fill_s, served.disk_bytes(), served.peak_rss_bytes, timings)


async def _ask_all(served: Served, count: int, shape: data.Shape, giant_spans: int, *, quick: bool) -> list[Timing]:
    asked = questions(count, shape, giant_spans)
    async with _connected(served) as connection:
        deep = await _deep_question(connection, count, shape)
    timings: list[Timing] = []
    for question in [*asked, deep]:
        async with _connected(served) as connection:
            timings.append(await _ask(connection, question, quick=quick))
    return timings


@asynccontextmanager
async def _connected(served: Served) -> AsyncGenerator[Connection]:
    """Open a connection for one question: an idle one would be closed while expected answers are made."""
    connection = await Connection.open(served.port)
    try:
        yield connection
    finally:
        await connection.close()


async def _ask(connection: Connection, question: Question, *, quick: bool) -> Timing:
    took_ms: list[float] = []
    warm, most = (0, 1) if quick else (_WARM, _REPEATS)
    started = time.perf_counter()
    while len(took_ms) < warm + most:
        start = time.perf_counter()
        if question.body is None:
            answer = await connection.get(question.path)
        else:
            answer = await connection.post(question.path, question.body, "application/json")
        took_ms.append((time.perf_counter() - start) * 1_000)
        try:
            question.check(answer.json())
        except (RuntimeError, TypeError, KeyError) as error:
            raise RuntimeError(f"{question.name}: {error!r}") from error
        if time.perf_counter() - started > _BUDGET_S and len(took_ms) >= warm + _LEAST_REPEATS:
            break
    warmed = took_ms[warm:]
    return Timing(question.name, quantile(warmed, 0.5), quantile(warmed, 0.95), len(warmed))


async def _deep_question(connection: Connection, count: int, shape: data.Shape) -> Question:
    """Page to the middle and return the question for what follows there."""
    depth = min(count // 2, _DEEPEST)
    cursor: str | None = None
    passed = 0
    while passed < depth:
        limit = min(1_000, depth - passed)
        page = fields((await connection.get(list_path("", limit=limit, cursor=cursor))).json())
        passed += len(elements(page["items"]))
        cursor = str(page["cursor"])
    first = count - 1 - passed
    expected = [str(data.facts(number, shape).trace_id) for number in range(first, max(first - 50, -1), -1)]
    return deep_page(cursor or "", expected)


def _timings(measured: Sequence[Size]) -> Table:
    columns = ["question"]
    for size in measured:
        columns += [f"p50 ms, {size.traces:,}", f"p95 ms, {size.traces:,}"]
    rows: list[list[str | float]] = []
    for places in zip(*(size.timings for size in measured), strict=True):
        row: list[str | float] = [places[0].question]
        for timing in places:
            row += [timing.p50_ms, timing.p95_ms]
        row.append(f"{places[-1].p50_ms / places[0].p50_ms:.1f} ×")
        rows.append(row)
    return Table("Latency by number of traces", [*columns, "growth"], rows)


def _stores(measured: Sequence[Size]) -> Table:
    rows = [
        (
            size.traces,
            size.spans,
            size.spans / size.fill_s if size.fill_s else None,
            size.disk_bytes / 2**20,
            size.disk_bytes / size.spans,
            size.peak_rss_bytes / 2**20,
        )
        for size in measured
    ]
    columns = ("traces", "spans", "filled, spans/s", "disk MiB", "disk bytes a span", "server's peak MiB")
    return Table("Stores", columns, rows, note="Filling includes the generator, the text index and all scores.")
