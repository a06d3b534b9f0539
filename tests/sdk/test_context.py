"""The trace follows the work: tasks, threads, pools, processes, forks, headers."""

import asyncio
import contextvars
import multiprocessing
import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Generator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any

import pytest
from opentelemetry import trace as otel_trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import lodeline
from lodeline.testing import CapturedTraces

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@lodeline.trace
def work(x: int) -> int:
    return x


@lodeline.trace
async def async_work(x: int) -> int:
    await asyncio.sleep(0)
    return work(x)


def far_work(x: int) -> tuple[int, str, str, str | None]:
    """Trace something in another process and tell what became of it."""
    exporter = InMemorySpanExporter()
    lodeline.configure(span_processor=SimpleSpanProcessor(exporter))
    work(x)
    [span] = exporter.get_finished_spans()
    parent = None if span.parent is None else f"{span.parent.span_id:016x}"
    context = span.get_span_context()
    assert context is not None
    return x, f"tr-{context.trace_id:032x}", f"{context.span_id:016x}", parent


def _assert_children(captured: CapturedTraces, parent: str, count: int, name: str = "work") -> None:
    above = captured.span(parent)
    found = [span for span in captured.spans if span.name == name]
    assert len(found) == count
    assert {(span.trace_id, span.parent_id) for span in found} == {(above.trace_id, above.span_id)}


def test_gathered_tasks(captured: CapturedTraces):
    @lodeline.trace
    async def main() -> list[int]:
        return await asyncio.gather(*(async_work(x) for x in range(5)))

    assert asyncio.run(main()) == [0, 1, 2, 3, 4]
    _assert_children(captured, "main", 5, "async_work")
    parents = [span.parent_id for span in captured.spans if span.name == "work"]
    assert len(set(parents)) == 5


def test_task_groups(captured: CapturedTraces):
    @lodeline.trace
    async def main() -> None:
        async with asyncio.TaskGroup() as group:
            for x in range(3):
                group.create_task(async_work(x))

    asyncio.run(main())
    _assert_children(captured, "main", 3, "async_work")


def test_interleaved_requests_stay_apart(captured: CapturedTraces):
    async def request(number: int, gate: asyncio.Barrier) -> None:
        with lodeline.start_span(f"request {number}"):
            await gate.wait()
            await async_work(number)
            await gate.wait()

    async def main() -> None:
        gate = asyncio.Barrier(4)
        await asyncio.gather(*(request(number, gate) for number in range(4)))

    asyncio.run(main())
    roots = {span.span_id: span for span in captured.roots()}
    assert len(roots) == 4
    for span in captured.spans:
        if span.name == "async_work":
            assert str(span.inputs) == f"{{'x': {roots[str(span.parent_id)].name.removeprefix('request ')}}}"


def test_asyncio_to_thread(captured: CapturedTraces):
    @lodeline.trace
    async def main() -> int:
        return await asyncio.to_thread(work, 1)

    assert asyncio.run(main()) == 1
    _assert_children(captured, "main", 1)


def test_run_in_executor_with_a_traced_executor(captured: CapturedTraces):
    @lodeline.trace
    async def main(pool: Any) -> list[int]:
        loop = asyncio.get_running_loop()
        return await asyncio.gather(*(loop.run_in_executor(pool, work, x) for x in range(3)))

    with lodeline.traced_executor(ThreadPoolExecutor(2)) as pool:
        assert asyncio.run(main(pool)) == [0, 1, 2]
    _assert_children(captured, "main", 3)


def test_a_pool_of_threads(captured: CapturedTraces):
    with lodeline.traced_executor(ThreadPoolExecutor(2)) as pool:
        with lodeline.start_span("request"):
            assert list(pool.map(work, range(3))) == [0, 1, 2]
            assert pool.submit(work, x=9).result(30) == 9
        assert pool.submit(lodeline.get_current_active_span).result(30) is None
    _assert_children(captured, "request", 4)


def test_a_pool_carries_the_trace_and_no_other_variable(captured: CapturedTraces):
    variable = contextvars.ContextVar("variable", default="default")
    variable.set("changed")
    with lodeline.traced_executor(ThreadPoolExecutor(1)) as pool, lodeline.start_span("request"):
        assert pool.submit(variable.get).result(30) == "default"


def test_errors_and_results_of_a_pool_are_its_own(captured: CapturedTraces):
    def fails() -> None:
        raise KeyError("x")

    with lodeline.traced_executor(ThreadPoolExecutor(1)) as pool, pytest.raises(KeyError):
        pool.submit(fails).result(30)


@pytest.fixture
def instrumented() -> Generator[None]:
    """Threads that carry the trace by themselves."""
    lodeline.instrument_threads()
    try:
        yield
    finally:
        lodeline.uninstrument_threads()


@pytest.mark.usefixtures("instrumented")
def test_instrumented_threads(captured: CapturedTraces):
    class Own(threading.Thread):
        def run(self) -> None:
            work(2)

    with lodeline.start_span("request"):
        with ThreadPoolExecutor(1) as pool:
            pool.submit(work, 0).result(30)
        threads = [threading.Thread(target=work, args=(1,)), Own()]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
    _assert_children(captured, "request", 3)


def test_instrumented_pools_do_not_keep_the_first_trace(captured: CapturedTraces, instrumented: None):
    with ThreadPoolExecutor(1) as pool:
        with lodeline.start_span("first"):
            pool.submit(work, 1).result(30)
        pool.submit(work, 2).result(30)
    assert [span.parent_id is None for span in captured.spans if span.name == "work"] == [False, True]


def test_instrumenting_is_undone():
    before = (ThreadPoolExecutor.submit, threading.Thread.start)
    lodeline.instrument_threads()
    lodeline.instrument_threads()
    lodeline.uninstrument_threads()
    assert (ThreadPoolExecutor.submit, threading.Thread.start) == before


def test_asyncio_run_in_a_thread(captured: CapturedTraces):
    async def main() -> int:
        return await async_work(3)

    def in_thread() -> None:
        assert asyncio.run(main()) == 3

    with lodeline.start_span("request"):
        thread = threading.Thread(target=lodeline.with_current_context(in_thread))
        thread.start()
        thread.join(30)
    _assert_children(captured, "request", 1, "async_work")


def test_a_span_left_in_another_context_never_raises(captured: CapturedTraces, caplog: pytest.LogCaptureFixture):
    started = lodeline.start_span("moved")
    contextvars.copy_context().run(started.__enter__)
    contextvars.copy_context().run(started.__exit__, None, None, None)
    assert captured.span("moved").status == "UNSET"
    assert caplog.records == []


def test_a_span_entered_here_and_left_in_a_task_never_raises(captured: CapturedTraces):
    async def main() -> None:
        started = lodeline.start_span("moved")
        started.__enter__()

        async def leave() -> None:
            started.__exit__(None, None, None)
            assert lodeline.get_current_active_span() is None

        await asyncio.create_task(leave())

    asyncio.run(main())
    assert captured.span("moved").parent_id is None


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_a_pool_of_processes(captured: CapturedTraces, method: str):
    context = multiprocessing.get_context(method)
    with lodeline.traced_executor(ProcessPoolExecutor(1, mp_context=context)) as pool, lodeline.start_span("request"):
        x, trace_id, span_id, parent_id = pool.submit(far_work, 5).result(60)
        mapped = list(pool.map(far_work, [6, 7], chunksize=2))
    request = captured.span("request")
    assert (x, trace_id, parent_id) == (5, request.trace_id, request.span_id)
    assert {found[3] for found in mapped} == {request.span_id}
    assert len({span_id, *(found[2] for found in mapped)}) == 3


def _python(script: str) -> "subprocess.CompletedProcess[str]":
    # Forked children share the output: a file does not wait for those that hang.
    with tempfile.TemporaryFile("w+") as output:
        done = subprocess.run([sys.executable, "-c", script], stdout=output, text=True, timeout=60, check=True)
        output.seek(0)
        return subprocess.CompletedProcess(done.args, done.returncode, output.read())


MULTIPROCESSING = """
import multiprocessing, sys
import lodeline
from opentelemetry.sdk.trace import SpanProcessor

class Target(SpanProcessor):
    def shutdown(self):
        print("ended in", multiprocessing.current_process().name, flush=True)

@lodeline.trace
def work():
    with lodeline.start_span("x"):
        pass

if __name__ == "__main__":
    lodeline.configure(span_processor=Target())
    process = multiprocessing.get_context("fork").Process(target=work, name="child")
    process.start()
    process.join(30)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_tracing_ends_with_a_process_of_multiprocessing():
    lines = _python(MULTIPROCESSING).stdout.splitlines()
    assert sorted(lines) == ["ended in MainProcess", "ended in child"]


FORK = """
import os, sys
import lodeline
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

exporter = InMemorySpanExporter()
lodeline.configure(span_processor=SimpleSpanProcessor(exporter))

@lodeline.trace
def work(x):
    return x

with lodeline.start_span("request") as request:
    pids = []
    for child in range(2):
        pid = os.fork()
        if pid == 0:
            work(child)
            [span] = [one for one in exporter.get_finished_spans() if one.name == "work"]
            line = f"{span.context.trace_id:032x} {span.parent.span_id:016x} {span.context.span_id:016x}\\n"
            os.write(1, line.encode())
            os._exit(0)
        pids.append(pid)
    for pid in pids:
        os.waitpid(pid, 0)
print(request.trace_id.removeprefix("tr-"), request.span_id)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_forked_children_go_on_with_the_trace_under_ids_of_their_own():
    done = _python(FORK)
    *children, parent = [line.split() for line in done.stdout.splitlines()]
    assert {(trace, above) for trace, above, _ in children} == {(parent[0], parent[1])}
    assert len({span for _, _, span in children}) == 2


def test_headers_carry_a_trace_both_ways(captured: CapturedTraces):
    with lodeline.start_span("client"):
        headers = lodeline.get_tracing_context_headers()

    def serve() -> None:
        with lodeline.set_tracing_context_from_headers(headers), lodeline.start_span("server"):
            work(1)
        assert lodeline.get_current_active_span() is None

    contextvars.Context().run(serve)
    client, server = captured.span("client"), captured.span("server")
    assert (server.trace_id, server.parent_id) == (client.trace_id, client.span_id)
    assert captured.span("work").parent_id == server.span_id


def test_the_experiment_of_a_trace_goes_with_it(captured: CapturedTraces):
    with lodeline.trace_context(experiment="Größe, 100 %"), lodeline.start_span("client"):
        headers = lodeline.get_tracing_context_headers()
    assert all(value.isascii() for value in headers.values())
    with lodeline.set_tracing_context_from_headers({name.upper(): value for name, value in headers.items()}):
        work(1)
    assert captured.span("work").resource["lodeline.experiment"] == "Größe, 100 %"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"traceparent": "nonsense"},
        {"traceparent": PARENT[:-10]},
        {"x-lodeline-experiment": "other"},
        {1: 2},
        None,
    ],
)
def test_headers_without_a_trace_change_nothing(captured: CapturedTraces, headers: Any):
    with lodeline.start_span("around"), lodeline.set_tracing_context_from_headers(headers):
        work(1)
    span = captured.span("work")
    assert span.parent_id == captured.span("around").span_id
    assert "lodeline.experiment" not in span.resource


def test_a_caller_that_does_not_sample_is_followed(captured: CapturedTraces):
    with lodeline.set_tracing_context_from_headers({"traceparent": PARENT.removesuffix("01") + "00"}):
        assert work(1) == 1
    assert captured.spans == []


def test_a_message_queue_as_celery_has_it(captured: CapturedTraces):
    messages: queue.Queue[tuple[dict[str, str], int] | None] = queue.Queue()

    def worker() -> None:
        while (message := messages.get(timeout=30)) is not None:
            headers, x = message
            with lodeline.set_tracing_context_from_headers(headers):
                work(x)

    thread = threading.Thread(target=worker)
    thread.start()
    for number in range(2):
        with lodeline.start_span(f"request {number}"):
            messages.put((lodeline.get_tracing_context_headers(), number))
    messages.put(None)
    thread.join(30)
    assert len(captured.roots()) == 2
    for number in range(2):
        [child] = captured.children(captured.span(f"request {number}"))
        assert child.inputs == {"x": number}


def test_spans_nest_with_those_of_another_provider(captured: CapturedTraces):
    exporter = InMemorySpanExporter()
    other = TracerProvider(shutdown_on_exit=False)
    other.add_span_processor(SimpleSpanProcessor(exporter))
    with (
        other.get_tracer("web").start_as_current_span("their request"),
        lodeline.trace_context(session="s"),
        lodeline.start_span("ours"),
        other.get_tracer("db").start_as_current_span("their query"),
    ):
        work(1)
    theirs = {span.name: span.get_span_context() for span in exporter.get_finished_spans()}
    request, query = theirs["their request"], theirs["their query"]
    assert request is not None
    assert query is not None
    assert captured.span("ours").parent_id == f"{request.span_id:016x}"
    assert captured.span("work").parent_id == f"{query.span_id:016x}"
    assert captured.span("ours").attributes["lodeline.session"] == "s"


def test_instrumentations_get_our_provider(captured: CapturedTraces):
    tracer = lodeline.get_tracer_provider().get_tracer("instrumentation")
    with lodeline.trace_context(experiment="e", session="s"), tracer.start_as_current_span("theirs"):
        work(1)
        lodeline.update_current_trace(tags={"k": "v"})
    theirs = captured.span("theirs")
    assert captured.span("work").parent_id == theirs.span_id
    assert (theirs.attributes["lodeline.session"], theirs.attributes["lodeline.tags.k"]) == ("s", "v")
    assert theirs.resource["lodeline.experiment"] == captured.span("work").resource["lodeline.experiment"] == "e"
    assert not isinstance(otel_trace.get_tracer_provider(), TracerProvider), "the global provider is the program's"


def test_a_seeded_program_has_distinct_ids():
    script = (
        "import random, lodeline; random.seed(1)\n"
        "from opentelemetry.sdk.trace import SpanProcessor\n"
        "lodeline.configure(span_processor=SpanProcessor())\n"
        "with lodeline.start_span('x') as span: print(span.trace_id, span.span_id, random.random())"
    )
    runs = [_python(script).stdout for _ in range(2)]
    first, second = (run.split() for run in runs)
    assert first[0] != second[0]
    assert first[1] != second[1]
    assert first[2] == second[2], "tracing drew from the program's generator"
