"""Checkpoints beside the writer: the log stays short, and nothing is lost whatever holds them back."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from lodeline.domain.errors import Unavailable
from lodeline.storage.sql import checkpoints, open_sqlite
from lodeline.storage.sql.connection import DATABASE_FILE, PAGE_BYTES, connect
from lodeline.storage.sql.db import Db
from lodeline.storage.sql.ingest import TraceIngester
from lodeline.storage.sql.writer import Writer
from tests.contract.build import span, write

MOST = 400
LOG = DATABASE_FILE + "-wal"


@pytest.fixture
def writer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(checkpoints, "FULL_PAGES", 100)
    monkeypatch.setattr(checkpoints, "REST_PAGES", 25)
    monkeypatch.setattr(checkpoints, "MOST_PAGES", MOST)
    open_sqlite(tmp_path).close()
    made = Writer(tmp_path, TraceIngester())
    yield made
    made.close()


def ingest(writer: Writer, first: int, last: int) -> None:
    for number in range(first, last):
        writer.ingest([write(f"tr-{number}", span("a"))])


def traces(db: Db) -> int:
    row = db.execute("SELECT count(*) FROM traces").fetchone()
    return row[0] if row is not None else 0


def log_pages(folder: Path) -> float:
    return (folder / LOG).stat().st_size / PAGE_BYTES


def until(condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.01)


def test_the_log_stays_short_and_the_database_whole(writer: Writer, tmp_path: Path):
    ingest(writer, 0, 600)
    assert log_pages(tmp_path) < 1.5 * MOST, "at thirty pages a commit it would be many times that"
    assert writer.call(traces) == 600
    assert writer.call(lambda db: db.execute("PRAGMA integrity_check").fetchall()) == [("ok",)]
    writer.close()
    db = connect(tmp_path, readonly=False)
    assert traces(db) == 600
    db.close()


def test_a_reader_holds_the_log_back_and_nothing_else(
    writer: Writer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(checkpoints, "PATIENCE_S", 0.05)
    reader = connect(tmp_path, readonly=True)
    reader.execute("BEGIN")
    assert traces(reader) == 0
    ingest(writer, 0, 100)
    held = log_pages(tmp_path)
    assert held > MOST
    assert traces(reader) == 0
    reader.execute("ROLLBACK")
    until(lambda: log_pages(tmp_path) == 0, "it is emptied once the reader has gone, also when nobody writes")
    assert traces(reader) == 100
    ingest(writer, 100, 400)
    assert log_pages(tmp_path) <= held + MOST, "it is begun anew once the reader has gone"
    assert traces(reader) == 400
    reader.close()


@pytest.fixture
def overlapping(tmp_path: Path) -> Iterator[Callable[[], int]]:
    """Eight that read all the time, each beginning anew when it has ended; tells how often they have read."""
    gone = threading.Event()
    reads: list[int] = []

    def read() -> None:
        with closing(connect(tmp_path, readonly=True)) as db:
            while not gone.is_set():
                db.execute("BEGIN")
                seen = traces(db)
                gone.wait(0.01)
                assert traces(db) == seen, "what it sees stays as it was"
                db.execute("ROLLBACK")
                reads.append(seen)

    with ThreadPoolExecutor(8) as pool:
        done = [pool.submit(read) for _ in range(8)]
        yield lambda: len(reads)
        gone.set()
        for each in done:
            each.result(120)


@pytest.mark.parametrize("writers", [1, 2])
def test_the_log_is_emptied_though_somebody_always_reads(
    writer: Writer, tmp_path: Path, overlapping: Callable[[], int], monkeypatch: pytest.MonkeyPatch, writers: int
):
    monkeypatch.setattr(checkpoints, "PATIENCE_S", 60.0)
    until(lambda: overlapping() > 8, "all of them read")
    others = [Writer(tmp_path, TraceIngester()) for _ in range(writers - 1)]
    longest = 0.0
    with ThreadPoolExecutor(writers) as pool:
        for step in range(0, 600, 20):
            done = [
                pool.submit(ingest, each, first, first + 20 // writers)
                for each, first in zip((writer, *others), range(step, step + 20, 20 // writers), strict=True)
            ]
            for each in done:
                each.result(120)
            longest = max(longest, log_pages(tmp_path))
    for other in others:
        other.close()
    assert longest < 4 * MOST, "at thirty pages a commit it would be many times that"
    assert writer.call(traces) == 600


def test_the_log_stays_short_where_two_write(writer: Writer, tmp_path: Path):
    other = Writer(tmp_path, TraceIngester())
    with ThreadPoolExecutor(2) as pool:
        done = [pool.submit(ingest, writer, 0, 300), pool.submit(ingest, other, 300, 600)]
        for each in done:
            each.result(120)
    assert log_pages(tmp_path) < 1.5 * MOST
    assert other.call(traces) == 600
    other.close()


def _unavailable(*_: object, **__: object) -> Db:
    raise Unavailable("no more files may be open")


def test_the_writer_copies_the_log_where_the_thread_cannot(
    writer: Writer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(checkpoints, "connect", _unavailable)
    ingest(writer, 0, 400)
    assert log_pages(tmp_path) < 1.5 * MOST
    assert writer.call(traces) == 400
    assert "no more files may be open" in caplog.text
