"""The SDK's delivery and a real server that is killed, restarted and away: every span is stored exactly once."""

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from lodeline.domain.analytics import TraceCount
from lodeline.sdk.client.clients import LodelineClient
from tests.e2e.harness import assert_consistent, free_port, launch, opened, serving
from tests.sdk.delivery.receiver import assert_adds_up, delivering, numbered, settings
from tests.sdk.delivery.test_programs import finish, start, until

if sys.platform != "linux":
    pytest.skip("needs Linux's mount or prlimit", allow_module_level=True)
import resource


def _count(client: LodelineClient, name: str) -> int:
    return client.analytics.count(filter=f"name LIKE '{name}'").count


def _survive(tmp_path: Path, *, traces: int, programs: int, kills: int, seed: int) -> None:
    """Programs end spans in threads while the server is killed and started again; none is missing, none is double."""
    chance = random.Random(seed)
    port, store, spool = free_port(), tmp_path / "store", tmp_path / "spool"
    flags = ("--port", str(port))
    running = [
        start("threads", f"http://127.0.0.1:{port}", spool, f"p{number}", traces // (4 * programs))
        for number in range(programs)
    ]
    killed = 0
    while killed < kills or any(program.poll() is None for program in running):
        server = launch(store, *flags)
        end = time.monotonic() + chance.random() * 3
        while time.monotonic() < end or (killed >= kills and any(program.poll() is None for program in running)):
            time.sleep(0.02)
        if killed >= kills:
            server.stop()
            break
        server.kill()
        killed += 1
        time.sleep(chance.random())
    for program in running:
        finish(program)
    # A program that lost anything leaves its report.
    assert [path.read_text() for path in spool.glob("*/status.json")] == []
    assert [path for path in spool.iterdir() if path.is_dir()] == []
    with opened(store) as client:
        for number in range(programs):
            assert _count(client, f"p{number} %") == traces // programs
        assert client.analytics.count() == TraceCount(traces, exact=True)
        deliveries = client.deliveries.list(limit=1_000)
        assert [each.missing for each in deliveries] == [0] * programs
    assert_consistent(store)


def test_a_server_that_is_killed_and_restarted(tmp_path: Path) -> None:
    _survive(tmp_path, traces=8_000, programs=2, kills=3, seed=1)


@pytest.mark.soak
def test_a_hundred_thousand_traces_while_the_server_is_killed_at_random(tmp_path: Path) -> None:
    _survive(tmp_path, traces=100_000, programs=2, kills=30, seed=2)


def test_a_deleted_experiment_becomes_dead_letters_that_can_be_imported(tmp_path: Path) -> None:
    with serving(tmp_path / "store") as server, server.client() as client:
        number = client.experiments.create("gone").experiment_id
        client.experiments.delete(number)
        with delivering(settings(server.url, tmp_path / "spool", experiment=number)) as (processor, end):
            end(numbered("span", 5))
            assert processor.force_flush(60_000)
            assert processor.stats().refused == 5
        client.experiments.restore(number)
        [file] = (tmp_path / "spool" / "dead-letters").glob("*.pb")
        client.otlp.export(file.read_bytes(), experiment=number)
        assert _count(client, "span %") == 5


@dataclass(frozen=True, slots=True)
class Full:
    """A place that is full, and what makes room."""

    spool: Path
    free: Callable[[], None]


@contextmanager
def _small_file_system(folder: Path) -> Generator[Full]:
    place = folder / "disk"
    place.mkdir()
    mounted = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(mounted, check=False, capture_output=True).returncode != 0:
        pytest.skip("this user may not mount; the limit on file sizes is tested instead")
    try:
        ballast = place / "ballast"
        ballast.write_bytes(bytes(2**20 - 256 * 1_024))
        yield Full(place / "spool", ballast.unlink)
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


@contextmanager
def _no_files(folder: Path) -> Generator[Full]:
    """A place that takes folders and empty files alone."""
    with _small_files(folder, 10) as full:
        yield full


@contextmanager
def _small_files(folder: Path, most_bytes: int = 100_000) -> Generator[Full]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def lift() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, before[1]))
    try:
        yield Full(folder / "spool", lift)
    finally:
        lift()


@pytest.mark.parametrize(
    "make", [_small_file_system, _small_files, _no_files], ids=["small file system", "limit on file sizes", "no room"]
)
def test_a_full_disk_falls_back_to_memory(
    make: Callable[[Path], AbstractContextManager[Full]], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    port = free_port()
    names = numbered("x" * 400, 1_500)
    with make(tmp_path) as full, delivering(settings(f"http://127.0.0.1:{port}", full.spool)) as (processor, end):
        for first in range(0, 1_500, 100):
            end(names[first : first + 100])
            processor.persist()
        assert processor.stats().spool == "memory"
        assert sum("in memory only" in record.getMessage() for record in caplog.records) == 1
        stats = processor.stats()
        assert (stats.made, stats.pending, stats.dropped) == (1_500, 1_500, {})
        assert stats.last_error is not None
        full.free()
        until(lambda: processor.stats().spool == "disk")  # tried again after some seconds
        end(["last"])
        processor.persist()
        # `lodeline doctor` sees again, too.
        until(lambda: [json.loads(each.read_bytes())["made"] for each in full.spool.glob("*/status.json")] == [1_501])
        with serving(tmp_path / "store", "--port", str(port)) as server, server.client() as client:
            assert processor.force_flush(60_000)
            assert_adds_up(processor)
            assert processor.stats().sent == 1_501
            assert _count(client, "x%") == 1_500
