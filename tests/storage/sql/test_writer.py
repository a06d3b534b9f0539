"""The writer: what one job does to the others that share its commit."""

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from lodeline.domain.errors import Unavailable
from lodeline.domain.ids import TraceId
from lodeline.domain.trace import WriteOutcome
from lodeline.storage.sql import open_sqlite
from lodeline.storage.sql import writer as writing
from lodeline.storage.sql.db import Db
from lodeline.storage.sql.ingest import TraceIngester
from lodeline.storage.sql.writer import Writer
from tests.contract.build import span, write


@pytest.fixture
def writer(tmp_path: Path):
    open_sqlite(tmp_path / "store").close()
    made = Writer(tmp_path / "store", TraceIngester())
    yield made
    made.close()


def in_one_group(writer: Writer, pool: ThreadPoolExecutor) -> tuple[Future[None], threading.Event]:
    """Hold the writer in a job until the event is set, so that what is queued meanwhile makes one group."""
    entered, free = threading.Event(), threading.Event()

    def hold(_db: Db) -> None:
        entered.set()
        free.wait(10)

    held = pool.submit(writer.call, hold)
    assert entered.wait(10)
    return held, free


def test_a_request_that_breaks_its_group_fails_alone(writer: Writer):
    broken = replace(write("bad", span("x")), trace_id=TraceId("bad\ud800"))  # no column can hold it
    with ThreadPoolExecutor(4) as pool:
        held, free = in_one_group(writer, pool)
        good = pool.submit(writer.ingest, [write("tr-1", span("a"))])
        bad = pool.submit(writer.ingest, [broken])
        late = pool.submit(writer.ingest, [write("tr-2", span("b"))])
        while writer.queued < 3:
            threading.Event().wait(0.01)
        free.set()
        held.result(10)
        assert good.result(10) == [WriteOutcome(TraceId("tr-1"), stored=1)]
        assert late.result(10) == [WriteOutcome(TraceId("tr-2"), stored=1)]
        with pytest.raises(RuntimeError, match="the store failed"):
            bad.result(10)
    found = writer.call(lambda db: [row[0] for row in db.execute("SELECT trace_id FROM traces ORDER BY 1")])
    assert found == ["tr-1", "tr-2"]


def test_a_call_that_fails_is_undone_alone(writer: Writer):
    def half(db: Db) -> None:
        db.execute("INSERT INTO meta (name, value) VALUES ('half', 1)")
        raise Unavailable("enough")

    with pytest.raises(Unavailable, match="enough"):
        writer.call(half)
    assert writer.call(lambda db: db.execute("SELECT 1 FROM meta WHERE name = 'half'").fetchall()) == []


def test_a_closed_writer_refuses(writer: Writer):
    writer.close()
    with pytest.raises(Unavailable, match="closed"):
        writer.call(lambda _db: None)


def test_a_large_load_renews_the_planner_s_statistics(writer: Writer, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(writing, "OPTIMIZE_ROWS", 1_000)
    for number in range(30):
        writer.ingest([write(f"tr-{number}", *(span(f"{n}", n) for n in range(1, 40)))])
    found = writer.call(lambda db: db.execute("SELECT count(*) FROM sqlite_stat1 WHERE tbl = 'traces'").fetchall())
    assert found[0][0] > 0


class CountingIngester(TraceIngester):
    """Counts the transactions that became durable."""

    def __init__(self) -> None:
        super().__init__()
        self.transactions = 0

    def committed(self) -> None:
        self.transactions += 1
        super().committed()


@pytest.fixture
def counted(tmp_path: Path):
    open_sqlite(tmp_path / "counted").close()
    ingester = CountingIngester()
    made = Writer(tmp_path / "counted", ingester)
    yield made, ingester
    made.close()


def test_a_commit_waits_for_half_of_what_is_expected(
    counted: tuple[Writer, CountingIngester], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(writing, "GATHER_S", 60)
    writer, ingester = counted
    with ThreadPoolExecutor(2) as pool, ExitStack() as expected:
        for _ in range(4):
            expected.enter_context(writer.expecting())
        results = [pool.submit(writer.ingest, [write(f"tr-{number}", span("a"))]) for number in range(2)]
        assert [result.result(30)[0].stored for result in results] == [1, 1]
    assert ingester.transactions == 1


@pytest.mark.parametrize("expected", [0, 1, 3])
def test_a_commit_waits_for_nobody_when_few_are_expected(
    counted: tuple[Writer, CountingIngester], monkeypatch: pytest.MonkeyPatch, expected: int
):
    monkeypatch.setattr(writing, "GATHER_S", 3_600)
    writer, _ = counted
    with ThreadPoolExecutor(1) as pool, ExitStack() as entered:
        for _ in range(expected):
            entered.enter_context(writer.expecting())
        assert pool.submit(writer.ingest, [write("tr-1", span("a"))]).result(30)[0].stored == 1


def test_a_commit_waits_a_moment_only(counted: tuple[Writer, CountingIngester]):
    writer, _ = counted
    with ExitStack() as entered:
        for _ in range(100):
            entered.enter_context(writer.expecting())
        assert writer.ingest([write("tr-1", span("a"))])[0].stored == 1


def test_a_call_ends_the_wait(counted: tuple[Writer, CountingIngester], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(writing, "GATHER_S", 3_600)
    writer, _ = counted
    with ThreadPoolExecutor(1) as pool, ExitStack() as entered:
        for _ in range(4):
            entered.enter_context(writer.expecting())
        waiting = pool.submit(writer.ingest, [write("tr-1", span("a"))])
        while not waiting.done():
            writer.call(lambda db: db.execute("SELECT 1").fetchone())
        assert waiting.result(30)[0].stored == 1


def test_closing_ends_the_wait(counted: tuple[Writer, CountingIngester], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(writing, "GATHER_S", 3_600)
    writer, _ = counted
    with ThreadPoolExecutor(2) as pool, ExitStack() as entered:
        for _ in range(4):
            entered.enter_context(writer.expecting())
        held, free = in_one_group(writer, pool)
        waiting = pool.submit(writer.ingest, [write("tr-1", span("a"))])
        while not writer.queued:
            threading.Event().wait(0.01)
        free.set()
        writer.close()
        held.result(10)
        assert waiting.result(30)[0].stored == 1
