"""Datasets: loading, reading and comparing many records over HTTP."""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.report import Report, Table
from bench.served import Served, serve
from lodeline.sdk.client.clients import LodelineClient
from lodeline.sdk.datasets.handle import Dataset

_METHOD = (
    "One client loads records into a server that is a process of its own: a question of some 250 characters with a "
    "nested object, two expectations; 1,000 records a request into a draft, then one version is published. Merging "
    "sends the same records again, of which none changes. Reading goes through all pages. Each answer is checked "
    "against what was sent. The machine's other load counts: its average over a minute is given."
)
_FULL = 100_000
_QUICK = 1_500


def run(*, quick: bool = False) -> Report:
    """Measure datasets and return the report."""
    count = _QUICK if quick else _FULL
    with (
        tempfile.TemporaryDirectory(prefix="lodeline-bench-") as folder,
        serve(Path(folder) / "store") as served,
        LodelineClient(f"http://127.0.0.1:{served.port}") as client,
    ):
        table = _table(served, Dataset(client, client.datasets.create("records")), count)
    return Report("datasets", _METHOD, [table], quick)


def _table(served: Served, dataset: Dataset, count: int) -> Table:
    rows: list[tuple[str, float, float | None, float | None]] = []

    def timed(name: str, act: Callable[[], int], *, expected: int) -> None:
        start, cpu = time.perf_counter(), served.cpu_s()
        done = act()
        took = time.perf_counter() - start
        assert done == expected, f"{name}: {done} instead of {expected}"
        many = expected == count
        rate, each = (count / took, (served.cpu_s() - cpu) / count * 1e6) if many else (None, None)
        rows.append((name, took, rate, each))

    timed("append, one version", lambda: dataset.append(_records(count)).inserted, expected=count)
    timed("merge the same again", lambda: dataset.merge_records(_records(count)).unchanged, expected=count)
    timed("read all", lambda: sum(1 for _ in dataset), expected=count)
    timed("one record more, one version", lambda: dataset.append([{"inputs": {"q": 1}}]).inserted, expected=1)
    timed("difference of the two versions", lambda: len(dataset.diff(1, 2).all()), expected=1)
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    note = f"Load average {load:.1f}; {served.disk_bytes() / 2**20:.0f} MiB on disk."
    return Table(f"{count:,} records", ("what", "s", "records/s", "server CPU µs/record"), rows, note)


def _records(count: int) -> Iterator[dict[str, dict[str, object]]]:
    for number in range(count):
        yield {
            "inputs": {"question": f"What is number {number}? " + "x" * 220, "context": {"id": number, "in": ["a"]}},
            "expectations": {"answer": f"it is {number}", "score": number / 3},
        }
