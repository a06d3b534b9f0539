"""Traced programs that tests start and end in every way: `python -m tests.sdk.delivery.program NAME SPEC`.

SPEC is a JSON object: url, spool, prefix, count, and settings for delivery under "settings".
"""

import json
import multiprocessing
import os
import random
import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, cast

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.id_generator import IdGenerator

from lodeline.sdk.delivery import DeliveryProcessor, start_delivery
from tests.sdk.delivery.receiver import settings

Spec = dict[str, Any]
_made: dict[int, "Traced"] = {}


class _OwnIds(IdGenerator):
    """OpenTelemetry's own takes from the program's random numbers, which is not what is tested here."""

    def generate_span_id(self) -> int:
        return int.from_bytes(os.urandom(8), "big") or 1

    def generate_trace_id(self) -> int:
        return int.from_bytes(os.urandom(16), "big") or 1


class Traced:
    """A provider that delivers as a spec has it."""

    def __init__(self, spec: Spec) -> None:
        self.prefix: str = spec["prefix"]
        self.count: int = spec["count"]
        self.processor: DeliveryProcessor = start_delivery(
            settings(spec["url"], Path(spec["spool"]), **spec.get("settings", {}))
        )
        provider = TracerProvider(shutdown_on_exit=False, id_generator=_OwnIds())
        provider.add_span_processor(self.processor)
        self.tracer = provider.get_tracer("tests")

    def end(self, name: str) -> None:
        """End a span."""
        self.tracer.start_span(name).end()


def until_killed(spec: Spec) -> None:
    """End spans, and say after every few how many are on disk for certain."""
    traced = Traced(spec)
    for number in range(traced.count):
        traced.end(f"{traced.prefix} {number}")
        if number % 7 == 6 and traced.processor.persist():
            sys.stdout.write(f"{number + 1}\n")
            sys.stdout.flush()


def plain(spec: Spec) -> None:
    """End spans and leave; the exit code and what is printed are the program's own."""
    random.seed(1)
    before = random.random()
    random.seed(1)
    traced = Traced(spec)
    for number in range(traced.count):
        traced.end(f"{traced.prefix} {number}")
    assert random.random() == before, "tracing took from the program's generator"
    sys.stdout.write("done\n")
    sys.exit(7)


def failing(spec: Spec) -> None:
    """End spans and fail."""
    traced = Traced(spec)
    for number in range(traced.count):
        traced.end(f"{traced.prefix} {number}")
    raise RuntimeError("the program's own error")


def forking(spec: Spec) -> None:
    """End spans before a fork, and in parent and children after it."""
    traced = Traced(spec)
    for number in range(traced.count):
        traced.end(f"{traced.prefix} before {number}")
    children: list[int] = []
    for child in range(3):
        pid = os.fork()
        if pid == 0:
            for number in range(traced.count):
                traced.end(f"{traced.prefix} child {child} {number}")
            code = 0 if traced.processor.persist() and _ends_in_a_signal_handler(traced, child) else 1
            os._exit(code)
        children.append(pid)
    for number in range(traced.count):
        traced.end(f"{traced.prefix} after {number}")
    assert [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children] == [0, 0, 0]
    assert traced.processor.force_flush(60_000)
    stats = traced.processor.stats()
    assert stats.made == traced.count * 2, stats


def _ends_in_a_signal_handler(traced: Traced, child: int) -> bool:
    """End a span where a handler interrupts the main thread."""

    def end(_number: int, _frame: object) -> None:
        traced.end(f"{traced.prefix} signal {child}")

    signal.signal(signal.SIGUSR1, end)
    os.kill(os.getpid(), signal.SIGUSR1)
    return traced.processor.persist()


def _work(item: tuple[Spec, int]) -> None:
    spec, worker = item
    traced = _made.get(os.getpid())
    if traced is None:
        traced = _made[os.getpid()] = next(iter(_made.values())) if _made else Traced(spec)
    for number in range(traced.count):
        traced.end(f"{spec['prefix']} {worker} {number}")


def processes(spec: Spec) -> None:
    """End spans in processes of multiprocessing, which end without running what atexit has."""
    context = cast("Any", multiprocessing).get_context(spec["start"])
    if spec["start"] == "fork":
        _work((spec, 100))
    workers = [context.Process(target=_work, args=((spec, number),)) for number in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    with ProcessPoolExecutor(2, mp_context=context) as pool:
        list(pool.map(_work, [(spec, number) for number in range(3, 9)]))


def threads(spec: Spec) -> None:
    """End spans in threads until all are made, then wait for delivery."""
    traced = Traced(spec)

    def run(thread: int) -> None:
        for number in range(traced.count):
            traced.end(f"{traced.prefix} {thread} {number}")

    running = [threading.Thread(target=run, args=(number,)) for number in range(4)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    assert traced.processor.force_flush(3_600_000), traced.processor.stats()


PROGRAMS: dict[str, Callable[[Spec], None]] = {
    each.__name__: each for each in (until_killed, plain, failing, forking, processes, threads)
}

if __name__ == "__main__":
    PROGRAMS[sys.argv[1]](json.loads(sys.argv[2]))
