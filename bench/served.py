"""A Lodeline server as a process of its own, watched from outside: memory, CPU seconds, bytes on disk."""

import contextlib
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import orjson
import psutil

from lodeline.domain.span import JsonValue

_START_TIMEOUT_S = 120.0
_SAMPLE_S = 0.05
_IDLE_S = 0.5
_IDLE_SHARE = 0.1


@dataclass(slots=True)
class Served:
    """A running server. `start_s` is the time from its start to the first healthy answer."""

    port: int
    store: Path
    start_s: float
    process: psutil.Process
    peak_rss_bytes: int = 0
    watching_s: float = 0.0
    """CPU seconds that this process has spent on watching; not the benchmark's."""

    def cpu_s(self) -> float:
        """Return the CPU seconds that the server and its children have used."""
        family = [self.process, *self.process.children(recursive=True)]
        return sum(sum(member.cpu_times()[:2]) for member in family)

    def wait_until_idle(self) -> None:
        """Return when the server and its children have used hardly any CPU for a while."""
        deadline = time.monotonic() + _START_TIMEOUT_S
        used_s, after_s = -1.0, self.cpu_s()
        while after_s - used_s > _IDLE_SHARE * _IDLE_S and time.monotonic() < deadline:
            time.sleep(_IDLE_S)
            used_s, after_s = after_s, self.cpu_s()

    def rss_bytes(self) -> int:
        """Return the resident memory of the server and its children."""
        return sum(member.memory_info().rss for member in [self.process, *self.process.children(recursive=True)])

    def disk_bytes(self) -> int:
        """Return the bytes of all files of the store."""
        return sum(path.stat().st_size for path in self.store.rglob("*") if path.is_file())

    def get(self, path: str) -> JsonValue:
        """Return the JSON of a GET; an error status raises."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=120) as answer:
            return orjson.loads(answer.read())


@contextlib.contextmanager
def serve(store: Path, workers: int = 1) -> Generator[Served]:
    """Start a server of so many processes on this directory, wait until it is healthy and all of them serve, and stop
    it afterwards."""
    port = _free_port()
    command = [
        sys.executable, "-m", "lodeline.cli.main", "server",
        "--store", str(store), "--port", str(port), "--grpc-port", "off",
        "--workers", str(workers),
    ]  # fmt: skip
    log = store.parent / f"{store.name}.log"
    start = time.perf_counter()
    with log.open("ab") as output, subprocess.Popen(command, stdout=output, stderr=output) as started:
        try:
            _wait_until_healthy(port, started, log)
            served = Served(port, store, time.perf_counter() - start, psutil.Process(started.pid))
            _wait_for_workers(workers, started, log)
            with _sampled(served):
                yield served
        finally:
            started.terminate()
            try:
                started.wait(60)
            except subprocess.TimeoutExpired:
                started.kill()


@contextlib.contextmanager
def _sampled(served: Served) -> Generator[None]:
    """Keep `peak_rss_bytes` up to date from a thread."""
    stop = threading.Event()

    def sample() -> None:
        while not stop.wait(_SAMPLE_S):
            with contextlib.suppress(psutil.Error):
                served.peak_rss_bytes = max(served.peak_rss_bytes, served.rss_bytes())
            served.watching_s = time.thread_time()

    thread = threading.Thread(target=sample, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _wait_until_healthy(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + _START_TIMEOUT_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5):
                return
        except OSError:
            time.sleep(0.005)
    raise RuntimeError(f"the server did not become healthy:\n{log.read_text('utf-8', 'replace')[-4_000:]}")


def _wait_for_workers(workers: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Wait until the log names every worker as serving; a single process names none."""
    deadline = time.monotonic() + _START_TIMEOUT_S
    while workers > 1 and (text := log.read_text("utf-8", "replace")).count(" serves\n") < workers:
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"not all workers serve:\n{text[-4_000:]}")
        time.sleep(0.005)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
