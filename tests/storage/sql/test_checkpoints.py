"""Checkpoints beside the writer: the log stays short, and nothing is lost whatever holds them back."""

from concurrent.futures import ThreadPoolExecutor
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


def test_the_log_stays_short_and_the_database_whole(writer: Writer, tmp_path: Path):
    ingest(writer, 0, 600)
    assert log_pages(tmp_path) < 1.5 * MOST, "at thirty pages a commit it would be many times that"
    assert writer.call(traces) == 600
    assert writer.call(lambda db: db.execute("PRAGMA integrity_check").fetchall()) == [("ok",)]
    writer.close()
    db = connect(tmp_path, readonly=False)
    assert traces(db) == 600
    db.close()


def test_a_reader_holds_the_log_back_and_nothing_else(writer: Writer, tmp_path: Path):
    reader = connect(tmp_path, readonly=True)
    reader.execute("BEGIN")
    assert traces(reader) == 0
    ingest(writer, 0, 100)
    held = log_pages(tmp_path)
    assert held > MOST
    assert traces(reader) == 0
    reader.execute("ROLLBACK")
    assert traces(reader) == 100
    ingest(writer, 100, 400)
    assert log_pages(tmp_path) <= held + MOST, "it is begun anew once the reader has gone"
    assert traces(reader) == 400
    reader.close()


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
