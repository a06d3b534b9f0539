"""What waited for a server arrives in the order in which it was made, whatever happens on the way."""

import random
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from lodeline.sdk.delivery.backlog import Backlog
from lodeline.sdk.delivery.exchange import Answer
from lodeline.sdk.delivery.in_flight import Batch
from lodeline.sdk.delivery.spool import Spool, SpoolMeta
from lodeline.sdk.delivery.stats import Ledger
from lodeline.sdk.delivery.turns import Turn, Turns
from tests.e2e.harness import free_port
from tests.sdk.delivery.receiver import (
    OK,
    Received,
    Receiver,
    Reply,
    assert_adds_up,
    delivering,
    numbered,
    receiving,
    settings,
)

WAIT_S = 120.0
WAIT_MS = int(WAIT_S * 1_000)
SPANS = 10
FAILURES = (
    Reply(503),
    Reply(503, headers={"retry-after": "0"}),
    Reply(429),
    Reply(500),
    Reply(drop_connection=True),
    Reply(drop_connection=True, accept=False),
)


def _until(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + WAIT_S
    while not holds():
        assert time.monotonic() < until, "it did not come about in time"
        time.sleep(0.01)


def _first_times(names: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(names))


class _Weather:
    """What a server says: all is well, nothing goes, or now and then something goes wrong. It takes its time."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._lock = threading.Lock()
        self.failing = 0.0
        self.failed = 0

    def gate(self, _: Received) -> None:
        with self._lock:
            pause_s = self._chance.random() * 0.02
        time.sleep(pause_s)

    def script(self, _: Received) -> Reply:
        if self._chance.random() >= self.failing:
            return OK
        self.failed += 1
        return self._chance.choice(FAILURES)

    def storm(self) -> None:
        """Let everything fail until a program has noticed: what was under way before it has failed by then, too."""
        self.failing, self.failed = 1.0, 0
        _until(lambda: self.failed > 8)


def _blow(seed: int, receiver: Receiver, weather: _Weather, spool_dir: Path | None) -> None:
    made = settings(
        receiver.url, spool_dir, max_batch_spans=SPANS, first_retry_s=0.001, max_retry_s=0.01, write_delay_s=0.001
    )
    chance = random.Random(seed)
    names: list[str] = []
    with delivering(made) as (processor, end):

        def more(spans: int) -> None:
            ended = [f"{len(names) + each}" for each in range(spans)]
            names.extend(ended)
            end(ended)

        for _ in range(3):
            weather.failing = 0.0
            more(chance.randrange(1, 600))
            time.sleep(chance.random() * 0.05)
            storm = threading.Thread(target=weather.storm)
            storm.start()
            while storm.is_alive():
                more(chance.randrange(1, 50))
                time.sleep(0.002)
            storm.join()
            more(300)
            processor.persist(WAIT_MS)
            _until(lambda: processor.stats().made == len(names))
            with receiver.lock:
                before, waited = len(receiver.kept), len(names)
                weather.failing = 0.3
            more(chance.randrange(1, 200))
            assert processor.force_flush(WAIT_MS)
            stored = set(receiver.kept[:before])
            replayed = [int(name) for name in _first_times(receiver.kept[before:]) if int(name) < waited]
            assert [number for number in replayed if str(number) not in stored] == [
                number for number in range(waited) if str(number) not in stored
            ]
            assert replayed == sorted(replayed)
        assert set(receiver.kept) == set(names)
        assert processor.stats().sent == len(names)
        assert_adds_up(processor)


@pytest.mark.parametrize("disk", [True, False], ids=["disk", "memory"])
@pytest.mark.parametrize("seed", range(4))
def test_a_replay_is_in_order_whatever_fails(tmp_path: Path, seed: int, disk: bool) -> None:
    weather = _Weather(seed)
    with receiving(weather.script, gate=weather.gate) as receiver:
        _blow(seed, receiver, weather, tmp_path / "spool" if disk else None)


def test_what_ended_programs_left_arrives_in_their_order(tmp_path: Path) -> None:
    port = free_port()
    made = settings(f"http://127.0.0.1:{port}", tmp_path, max_batch_spans=SPANS, exit_timeout_s=0)
    for program in "ab":
        with delivering(made) as (processor, end):
            end(numbered(program, 400))
            assert processor.persist(WAIT_MS)
    weather = _Weather(5)
    with (
        receiving(weather.script, port=port, gate=weather.gate) as receiver,
        delivering(settings(receiver.url, tmp_path, max_batch_spans=SPANS)) as (processor, end),
    ):
        end(numbered("c", 400))
        assert processor.force_flush(WAIT_MS)
        more = numbered("d", 3_000)
        end(more)
        assert processor.force_flush(WAIT_MS)
        _until(lambda: processor.stats().adopted == 800)
        for program in "ab":
            assert [name for name in receiver.kept if name.startswith(program)] == numbered(program, 400)
        assert set(more) <= set(receiver.kept)


def _backlog(spool_dir: Path, records: int) -> Backlog:
    backlog = Backlog(settings("http://127.0.0.1:9", spool_dir, max_batch_spans=SPANS), "a" * 32, Ledger(), pid=1)
    for _ in range(records):
        backlog.add(b"x" * 600, SPANS)
    return backlog


def _all(backlog: Backlog) -> list[Batch]:
    batches: list[Batch] = []
    while (batch := backlog.take()) is not None:
        batches.append(batch)
    return batches


def test_what_waits_in_memory_goes_between_what_waits_on_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that is full for a while leaves records in memory; what is written after them is later than they are."""
    backlog = _backlog(tmp_path, 3)
    write = Spool.append
    for full in (True, False, True):

        def append(*arguments: object, full: bool = full, **more: object) -> None:
            if full:
                raise OSError(28, "No space left on device")
            write(*arguments, **more)  # pyright: ignore[reportArgumentType] - passed on as they come

        monkeypatch.setattr(Spool, "append", append)
        monkeypatch.setattr(backlog, "_disk_again_at", 0.0)
        for _ in range(3):
            backlog.add(b"x" * 600, SPANS // 2)
    batches = _all(backlog)
    assert [record.sequence for batch in batches for record in batch.records] == list(range(1, 13))
    assert [batch.sequence for batch in batches] == ["1", "2", "3", "4-5", "6", "7-8", "9", "10-11", "12"]
    assert [batch.order for batch in batches] == list(range(1, 10))
    for batch in batches:
        backlog.settle(batch)
    assert (backlog.pending_spans, backlog.spool_bytes) == (0, 0)
    backlog.close()


def test_of_an_ended_program_one_batch_is_under_way(tmp_path: Path) -> None:
    left = _backlog(tmp_path, 5)
    left.close()
    made = settings("http://127.0.0.1:9", tmp_path, max_batch_spans=SPANS)
    backlog = Backlog(made, "b" * 32, Ledger(), pid=2)
    spool = Spool.adopt(tmp_path / ("a" * 32), sender=SpoolMeta("b" * 32, made.endpoint, None, 2, 1, "0000"))
    assert spool is not None
    assert backlog.adopt(spool)
    sequences: list[str] = []
    while (batch := backlog.take()) is not None:
        assert backlog.take() is None
        sequences.append(batch.sequence)
        backlog.settle(batch)
    assert sequences == ["1", "2", "3", "4", "5"]
    assert backlog.adopted == 0
    backlog.close()


LATER, TAKEN = Answer("later"), Answer("accepted")


def _two_under_way(spool_dir: Path) -> tuple[Backlog, Turns, list[tuple[Batch, Turn]]]:
    backlog = _backlog(spool_dir, 4)
    turns = Turns(backlog, lambda: None)
    for _ in range(4):
        assert not turns.open  # what waited when the first one left
        batch, turn = _entered(backlog, turns)
        backlog.add(b"x" * 600, SPANS)
        turns.leave(turn, TAKEN)
        backlog.settle(batch)
    assert turns.open
    return backlog, turns, [_entered(backlog, turns) for _ in range(2)]


def _entered(backlog: Backlog, turns: Turns) -> tuple[Batch, Turn]:
    batch = backlog.take()
    assert batch is not None
    turn = turns.enter(batch)
    assert turn is not None
    return batch, turn


def test_an_answer_to_what_went_before_a_failure_does_not_open_the_way(tmp_path: Path) -> None:
    backlog, turns, [(first, first_turn), (second, second_turn)] = _two_under_way(tmp_path)
    turns.leave(second_turn, LATER)
    turns.leave(first_turn, TAKEN)
    backlog.settle(first)
    assert not turns.open
    backlog.add(b"x" * 600, SPANS)
    turn = turns.enter(second, 1, second_turn)
    assert turn is not None
    turns.leave(turn, TAKEN)
    assert not turns.open
    backlog.settle(second)
    for _ in range(3):
        assert not turns.open  # what waited when that one left
        batch, turn = _entered(backlog, turns)
        turns.leave(turn, TAKEN)
        backlog.settle(batch)
    assert turns.open
    backlog.close()


def test_at_the_end_of_a_program_nothing_goes_before_what_was_given_up(tmp_path: Path) -> None:
    backlog, turns, [(first, first_turn), (second, second_turn)] = _two_under_way(tmp_path)
    turns.leave(first_turn, LATER)
    turns.leave(second_turn, LATER)
    turns.stop_at = time.monotonic() + WAIT_S
    assert turns.enter(first, 1, first_turn) is None
    turns.hurry()
    assert turns.enter(second, 1, second_turn) is None
    backlog.settle(first)
    assert turns.enter(second) is None
    backlog.close()
