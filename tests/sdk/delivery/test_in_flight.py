"""Several requests at one time: none is lost or settled too early, and a failure of one stops them all."""

import threading
import time
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from lodeline.sdk.delivery.backlog import Backlog
from lodeline.sdk.delivery.in_flight import Batch
from lodeline.sdk.delivery.spool import read_settled, segment_files
from lodeline.sdk.delivery.stats import Ledger
from tests.sdk.delivery.receiver import (
    OK,
    Received,
    Reply,
    assert_adds_up,
    delivering,
    numbered,
    receiving,
    settings,
)

WAIT_S = 60.0
WAIT_MS = int(WAIT_S * 1_000)
SPANS = 10
"""A batch is one record of so many spans here."""


class _Crowd:
    """Counts who is at the receiver at one time; those who come may be kept there."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._here = 0
        self.most = 0

    @contextmanager
    def member(self) -> Generator[None]:
        with self._changed:
            self._here += 1
            self.most = max(self.most, self._here)
            self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._here -= 1

    def wait_for(self, count: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self.most >= count, WAIT_S)


def _backlog(root: Path | None, records: int) -> Backlog:
    made = settings("http://127.0.0.1:9", root, max_batch_spans=SPANS, max_spool_bytes=8_000)
    backlog = Backlog(made, "a" * 32, Ledger(), pid=1)
    for _ in range(records):
        backlog.add(bytes(600), SPANS)
    return backlog


def _taken(backlog: Backlog, count: int) -> list[Batch]:
    batches = [batch for batch in (backlog.take() for _ in range(count)) if batch is not None]
    assert len(batches) == count
    return batches


def test_as_many_requests_are_under_way_as_the_settings_say(tmp_path: Path) -> None:
    crowd = _Crowd()
    names = numbered("span", 3_000)

    def gate(received: Received) -> None:
        with crowd.member():
            if received.names[0] != "first":
                crowd.wait_for(3)

    with receiving(gate=gate) as receiver:
        made = settings(receiver.url, tmp_path, max_batch_spans=SPANS)
        with delivering(made) as (processor, end):
            end(["first"])
            assert processor.force_flush(WAIT_MS)
            end(names)
            assert processor.force_flush(WAIT_MS)
            assert sorted(receiver.kept) == sorted(["first", *names])
            assert processor.stats().sent == 3_001
            assert_adds_up(processor)
    assert crowd.most == 3
    assert list(tmp_path.iterdir()) == []


def test_nothing_goes_beside_the_first_request_until_the_server_has_answered(tmp_path: Path) -> None:
    crowd = _Crowd()
    refusals = [Reply(503)] * 5

    def gate(_: Received) -> None:
        with crowd.member():
            time.sleep(0.02 if refusals else 0)  # time for others to come, if they did

    def script(_: Received) -> Reply:
        if refusals:
            assert crowd.most == 1
            return refusals.pop()
        return OK

    names = numbered("span", 500)
    with (
        receiving(script, gate=gate) as receiver,
        delivering(settings(receiver.url, tmp_path, max_batch_spans=SPANS)) as (processor, end),
    ):
        end(names)
        assert processor.force_flush(WAIT_MS)
        assert sorted(receiver.kept) == sorted(names)
    assert refusals == []


def test_retry_after_holds_for_all_that_is_under_way(tmp_path: Path) -> None:
    """Three requests are refused together; none of them comes back early, and then one goes ahead of the others."""
    crowd, after = _Crowd(), _Crowd()
    asked: list[float] = []
    came: list[float] = []

    def gate(received: Received) -> None:
        if received.names[0] == "first":
            return
        if len(asked) < 3:
            with crowd.member():
                crowd.wait_for(3)
        elif len(came) < 1:
            with after.member():
                time.sleep(0.1)  # time for others to come, if they did
                assert after.most == 1

    def script(received: Received) -> Reply:
        if received.names[0] == "first":
            return OK
        if len(asked) < 3:
            asked.append(time.monotonic())
            return Reply(503, headers={"retry-after": "1"})
        came.append(time.monotonic())
        return OK

    names = numbered("span", 3_000)
    with (
        receiving(script, gate=gate) as receiver,
        delivering(settings(receiver.url, tmp_path, max_batch_spans=SPANS)) as (processor, end),
    ):
        end(["first"])
        assert processor.force_flush(WAIT_MS)
        end(names)
        assert processor.force_flush(WAIT_MS)
        assert sorted(receiver.kept) == sorted(["first", *names])
        assert_adds_up(processor)
    assert len(asked) == 3
    assert came[0] - max(asked) >= 1.0


def test_a_flush_sends_all_batches_without_waiting_for_more(tmp_path: Path) -> None:
    names = numbered("span", 75)
    with receiving() as receiver:
        made = settings(receiver.url, tmp_path, max_batch_spans=SPANS, send_delay_s=3_600, write_delay_s=0.2)
        with delivering(made) as (processor, end):
            end(names)
            assert processor.force_flush(WAIT_MS)
            assert sorted(receiver.kept) == sorted(names)


def test_a_spool_is_settled_up_to_the_oldest_batch_under_way(tmp_path: Path) -> None:
    backlog = _backlog(tmp_path, 6)
    folder = backlog.own_folder
    assert folder is not None
    before = segment_files(folder)
    batches = _taken(backlog, 6)
    for batch in batches[:0:-1]:
        backlog.settle(batch)
        assert read_settled(folder) is None
        assert segment_files(folder) == before
    assert not backlog.settled(1)
    assert backlog.pending_spans == SPANS
    backlog.settle(batches[0])
    assert read_settled(folder) == (6, 60)
    assert backlog.settled(6)
    assert backlog.spool_bytes == 0
    backlog.close()
    assert list(tmp_path.iterdir()) == []


def test_what_was_not_settled_in_order_is_there_for_the_next_process(tmp_path: Path) -> None:
    backlog = _backlog(tmp_path, 5)
    batches = _taken(backlog, 5)
    for index in (0, 1, 3):
        backlog.settle(batches[index])
    folder = backlog.own_folder
    assert folder is not None
    assert read_settled(folder) == (2, 20)
    backlog.close()
    assert [path.stem for path in segment_files(folder)][-1] == f"{5:010}"


def test_waiting_counts_what_is_neither_settled_nor_under_way(tmp_path: Path) -> None:
    for root in (tmp_path, None):
        backlog = _backlog(root, 4)
        assert (backlog.waiting_spans, backlog.waits(4)) == (40, True)
        first, second = _taken(backlog, 2)
        assert (backlog.waiting_spans, backlog.pending_spans) == (20, 40)
        assert (backlog.waits(2), backlog.waits(3)) == (False, True)
        assert backlog.volatile_spans == (40 if root is None else 0)
        backlog.settle(second)
        assert (backlog.waiting_spans, backlog.pending_spans) == (20, 30)
        backlog.settle(first)
        assert (backlog.waiting_spans, backlog.pending_spans) == (20, 20)
        backlog.close()


def test_parts_of_a_batch_take_its_place(tmp_path: Path) -> None:
    made = settings("http://127.0.0.1:9", tmp_path, max_batch_spans=3 * SPANS)
    backlog = Backlog(made, "a" * 32, Ledger(), pid=1)
    for _ in range(6):
        backlog.add(bytes(100), SPANS)
    folder = backlog.own_folder
    assert folder is not None
    whole, later = _taken(backlog, 2)
    parts = backlog.split(whole)
    assert [part.sequence for part in parts] == ["1", "2", "3"]
    backlog.settle(later)
    backlog.settle(parts[1])
    assert read_settled(folder) is None
    backlog.settle(parts[0])
    assert read_settled(folder) == (2, 20)
    backlog.settle(parts[2])
    assert read_settled(folder) == (6, 60)
    backlog.close()


def test_segments_that_are_dropped_under_way_are_not_settled_twice(tmp_path: Path) -> None:
    backlog = _backlog(tmp_path, 8)
    batches = _taken(backlog, 3)
    for _ in range(10):
        backlog.add(bytes(600), SPANS)
    assert backlog.spool_bytes <= 8_000
    for batch in reversed(batches):
        backlog.settle(batch)
    left: Counter[int] = Counter()
    while (batch := backlog.take()) is not None:
        left.update(record.sequence for record in batch.records)
        backlog.settle(batch)
    assert set(left.values()) == {1}
    assert 18 in left
    assert not set(left) & {1, 2, 3}
    assert backlog.pending_spans == 0
    backlog.close()
    assert list(tmp_path.iterdir()) == []
