"""The SDK: what a traced call costs the program, beside OpenTelemetry's SDK doing the same, and imports."""

import asyncio
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider

import lodeline
from bench.report import Report, Table, spread

_METHOD = (
    "CPU time of the calling thread, per call of the outermost function, over a processor that counts ended spans "
    "and drops them: delivery is measured by itself. Medians of rounds, with the smallest and the largest; both SDKs "
    "take turns within each round. OpenTelemetry's SDK sets the same inputs and outputs, as JSON made by the "
    "standard library. At depth 3 every function gets and returns the whole input, so each call renders it six "
    "times. Imports "
    "are whole processes, the interpreter's own start included."
)
_SMALL: dict[str, object] = {"question": "How is the weather in Oslo?"}
_LARGE: dict[str, object] = {
    "messages": [
        {"role": "user", "content": "x" * 1_500},
        {"role": "assistant", "content": "y" * 500, "tool_calls": [
            {"id": f"call-{number}", "name": "look_up", "arguments": {"city": "Oslo", "text": "z" * 120}}
            for number in range(10)
        ]},
    ],
    "temperature": 0.3,
    "seeds": [1, 2, 3, 4, 5, 6],
}  # fmt: skip
_IMPORTS = (
    ("python -c pass", "pass"),
    ("import opentelemetry.sdk.trace", "import opentelemetry.sdk.trace"),
    ("import lodeline", "import lodeline"),
    ("import lodeline; lodeline.trace", "import lodeline; lodeline.trace"),
)


class _Counting(SpanProcessor):
    """Counts what ends."""

    def __init__(self) -> None:
        self.count = 0

    def on_end(self, span: ReadableSpan) -> None:
        self.count += 1


@dataclass(frozen=True, slots=True)
class _Case:
    """One row: the same calls of both SDKs."""

    title: str
    spans: int
    ours: Callable[[int], None]
    theirs: Callable[[int], None]


def run(*, quick: bool = False) -> Report:
    """Measure the SDK and return the report."""
    calls, rounds = (50, 2) if quick else (2_000, 9)
    counting, raw = _Counting(), _Counting()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(raw)
    lodeline.configure(span_processor=counting, enabled=True, sample_ratio=1.0, capture="full")
    try:
        rows = [_row(case, calls, rounds, counting, raw) for case in _cases(provider.get_tracer("bench"))]
    finally:
        lodeline.shutdown()
    columns = ("call", "Lodeline µs", "OpenTelemetry µs", "ratio of medians")
    goals = "Goals: 35 µs for a small call at depth 1, 250 µs at depth 3 with 4 kB."
    return Report("sdk", _METHOD, [Table("A traced call", columns, rows, goals), _imports(1 if quick else 7)], quick)


def _row(case: _Case, calls: int, rounds: int, counting: _Counting, raw: _Counting) -> tuple[str, str, str, float]:
    ours: list[float] = []
    theirs: list[float] = []
    counting.count = raw.count = 0
    for _ in range(rounds):
        ours.append(_timed_us(case.ours, calls))
        theirs.append(_timed_us(case.theirs, calls))
    assert counting.count == raw.count == calls * rounds * case.spans, "every call made its spans"
    return case.title, spread(ours), spread(theirs), statistics.median(ours) / statistics.median(theirs)


def _timed_us(work: Callable[[int], None], calls: int) -> float:
    start = time.thread_time_ns()
    work(calls)
    return (time.thread_time_ns() - start) / calls / 1_000


def _cases(tracer: Any) -> list[_Case]:
    made: list[_Case] = []
    for size, value in (("small", _SMALL), ("4 kB", _LARGE)):
        for depth in (1, 3):
            ours, theirs = _ours(depth), _theirs(tracer, depth)
            made.append(_Case(f"{size}, depth {depth}", depth, _repeat(ours, value), _repeat(theirs, value)))
        ours, theirs = _ours_async(), _theirs_async(tracer)
        made.append(_Case(f"{size}, depth 1, async", 1, _repeat_async(ours, value), _repeat_async(theirs, value)))
    return made


def _ours(depth: int) -> Callable[[object], object]:
    below = _ours(depth - 1) if depth > 1 else None

    @lodeline.trace(name=f"step {depth}")
    def step(value: object) -> object:
        return value if below is None else below(value)

    return step


def _theirs(tracer: Any, depth: int) -> Callable[[object], object]:
    below = _theirs(tracer, depth - 1) if depth > 1 else None

    def step(value: object) -> object:
        with tracer.start_as_current_span(f"step {depth}") as span:
            span.set_attribute("inputs", json.dumps({"value": value}))
            result = value if below is None else below(value)
            span.set_attribute("outputs", json.dumps(result))
            return result

    return step


def _ours_async() -> Callable[[object], Any]:
    @lodeline.trace(name="step")
    async def step(value: object) -> object:
        return value

    return step


def _theirs_async(tracer: Any) -> Callable[[object], Any]:
    async def step(value: object) -> object:
        with tracer.start_as_current_span("step") as span:
            span.set_attribute("inputs", json.dumps({"value": value}))
            span.set_attribute("outputs", json.dumps(value))
            return value

    return step


def _repeat(step: Callable[[object], object], value: object) -> Callable[[int], None]:
    def work(calls: int) -> None:
        for _ in range(calls):
            step(value)

    return work


def _repeat_async(step: Callable[[object], Any], value: object) -> Callable[[int], None]:
    async def work(calls: int) -> None:
        for _ in range(calls):
            await step(value)

    return lambda calls: asyncio.run(work(calls))


def _imports(repeats: int) -> Table:
    rows = [(title, spread([_process_ms(code) for _ in range(repeats)])) for title, code in _IMPORTS]
    return Table("Imports", ("what", "ms"), rows)


def _process_ms(code: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)
    return (time.perf_counter() - start) * 1_000
