"""Reads that take long give their snapshot up for a long log, once, and find what they would have found."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from lodeline.domain.analytics import AggregateQuery
from lodeline.domain.page import Page
from lodeline.query.ast import Search
from lodeline.storage.base import Stores
from lodeline.storage.sql import checkpoints, open_sqlite, snapshots, text
from lodeline.storage.sql.connection import Readers, connect
from lodeline.storage.sql.db import Db
from lodeline.storage.sql.ingest import TraceIngester
from lodeline.storage.sql.lock import LongReads
from lodeline.storage.sql.snapshots import LOG_FILE, TEXT_LOG_FILE, LogFiles, Stint
from lodeline.storage.sql.writer import Writer
from tests.contract.build import search, span, write

_SLOW = "WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 2000000) SELECT count(*) FROM c"


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any log is long, and any read takes long."""
    monkeypatch.setattr(snapshots, "LONG_BYTES", 0)
    monkeypatch.setattr(snapshots, "HOLD_S", 0.0)
    monkeypatch.setattr(snapshots, "_LOOK_S", 0.0)


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Stores]:
    made = open_sqlite(tmp_path)
    for number in range(60):
        made.traces.write(
            [write(f"tr-{number:02}", span(f"n{number}", start_ms=1_000 + number, tags={"of": str(number % 3)}))]
        )
    yield made
    made.close()


def traces(db: Db) -> int:
    row = db.execute("SELECT count(*) FROM traces").fetchone()
    return row[0] if row is not None else 0


def empty_log(directory: Path) -> None:
    """Empty the log as soon as nobody reads."""
    with closing(connect(directory, readonly=False)) as db:
        end = time.monotonic() + 120
        while db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone() != (0, 0, 0):
            assert time.monotonic() < end, "somebody reads all the time"


def test_a_page_goes_on_in_a_second_snapshot_when_the_log_is_short(
    stores: Stores, tmp_path: Path, short: None, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(snapshots, "WAIT_S", 120.0)
    readers = Readers(tmp_path)
    asked: list[tuple[str | None, int, int, bool]] = []

    def read(db: Db, wanted: Search, stint: Stint) -> Page[str]:
        seen = traces(db)
        if not asked:
            stores.traces.write([write("tr-more", span("n"))])
            emptied.append(pool.submit(empty_log, tmp_path))
        assert traces(db) == seen, "a snapshot stays as it was"
        asked.append((wanted.cursor, wanted.limit, seen, stint.over()))
        return Page(("a", "b"), "there", partial=True) if len(asked) == 1 else Page(("c",))

    emptied: list[object] = []
    with ThreadPoolExecutor(1) as pool:
        page = readers.page(Search(limit=5), read)
    assert page == Page(("a", "b", "c"))
    assert asked == [(None, 5, 60, True), ("there", 3, 61, False)]
    readers.close()


def test_a_full_page_needs_no_second_snapshot(stores: Stores, tmp_path: Path, short: None):
    readers = Readers(tmp_path)

    def read(_db: Db, _wanted: Search, stint: Stint) -> Page[str]:
        assert stint.over()
        return Page(("a", "b"), "there", partial=True)

    assert readers.page(Search(limit=2), read) == Page(("a", "b"), "there", partial=True)
    readers.close()


def answers(stores: Stores) -> list[object]:
    pages: list[object] = []
    for words, order in (("", ""), ("span.content RLIKE 'n[1-5]'", ""), ("tag.of = '1'", "duration DESC")):
        page = stores.traces.search(search(words, order=order, limit=15))
        pages.extend((page, stores.traces.search(search(words, order=order, limit=15, cursor=page.cursor))))
        pages.append(stores.analytics.count(search(words)))
        pages.append(stores.analytics.facet(search(words), "tag.of", limit=5))
        pages.append(stores.analytics.aggregate(search(words), AggregateQuery(("count",), group_by="tag.of")))
    return pages


def test_answers_are_the_same_when_every_read_gives_its_snapshot_up(
    stores: Stores, short: None, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(snapshots, "WAIT_S", 0.0)
    cut = answers(stores)
    monkeypatch.setattr(snapshots, "HOLD_S", 3600.0)
    assert cut == answers(stores)


def test_the_log_of_the_index_is_emptied_though_somebody_always_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(snapshots, "LONG_TEXT_BYTES", 50_000)
    monkeypatch.setattr(text, "_PATIENCE_S", 60.0)
    made, gone = open_sqlite(tmp_path), threading.Event()

    def read() -> None:
        with closing(connect(tmp_path, readonly=True)) as db:
            while not gone.is_set():
                db.execute("BEGIN")
                db.execute("SELECT indexed FROM text.progress").fetchall()
                gone.wait(0.01)
                db.execute("ROLLBACK")

    emptied = before = number = 0
    end = time.monotonic() + 120
    with ThreadPoolExecutor(4) as pool:
        done = [pool.submit(read) for _ in range(4)]
        while emptied < 3 and time.monotonic() < end:
            words = " ".join(f"w{number}x{word}" for word in range(200))
            made.traces.write([write(f"tr-{number}", span("a", attributes={"text": words}))])
            number += 1
            size = (tmp_path / TEXT_LOG_FILE).stat().st_size
            emptied += size < before
            before = size
        gone.set()
        for each in done:
            each.result(120)
    assert emptied == 3
    made.close()


def test_nothing_is_given_up_for_a_log_that_a_backup_holds(stores: Stores, tmp_path: Path, short: None):
    log = LogFiles(tmp_path)
    assert log.is_long()
    with LongReads(tmp_path).held():
        assert not log.is_long()
        with LongReads(tmp_path).held():
            assert not log.is_long()
    assert log.is_long()


def test_the_log_is_emptied_though_reads_that_take_long_overlap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(checkpoints, "FULL_PAGES", 100)
    monkeypatch.setattr(checkpoints, "MOST_PAGES", 400)
    monkeypatch.setattr(checkpoints, "PATIENCE_S", 0.2)
    monkeypatch.setattr(checkpoints, "_MOST_LOOK_AGAIN_S", 0.05)
    monkeypatch.setattr(snapshots, "LONG_BYTES", 400 * 8192)
    monkeypatch.setattr(snapshots, "HOLD_S", 0.05)
    monkeypatch.setattr(snapshots, "WAIT_S", 120.0)
    open_sqlite(tmp_path).close()
    writer, readers, gone = Writer(tmp_path, TraceIngester()), Readers(tmp_path), threading.Event()
    reads: list[bool] = []

    def slow(db: Db) -> bool:
        seen = traces(db)
        db.execute(_SLOW).fetchall()
        return traces(db) == seen

    def read() -> None:
        while not gone.is_set():
            reads.append(readers.repeat(slow))

    emptied = before = number = 0
    end = time.monotonic() + 120
    with ThreadPoolExecutor(3) as pool:
        done = [pool.submit(read) for _ in range(3)]
        while emptied < 3 and time.monotonic() < end:
            writer.ingest([write(f"tr-{number}", span("a"))])
            number += 1
            size = (tmp_path / LOG_FILE).stat().st_size
            emptied += size < before
            before = size
        gone.set()
        for each in done:
            each.result(120)
    assert emptied == 3
    assert all(reads)
    assert writer.call(traces) == number
    writer.close()
    readers.close()
