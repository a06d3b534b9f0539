"""Programs that end in every way, and what then arrives: each span once, from whoever is there to send it."""

import json
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.harness import environment, free_port
from tests.sdk.delivery.receiver import OK, Received, Receiver, Reply, delivering, numbered, receiving, settings

ROOT = Path(__file__).parents[3]
WAIT_S = 90.0
posix = pytest.mark.skipif(sys.platform == "win32", reason="needs fork and signals")


def start(name: str, url: str, spool: Path, prefix: str, count: int, **more: Any) -> "subprocess.Popen[str]":
    spec = {"url": url, "spool": str(spool), "prefix": prefix, "count": count, **more}
    return subprocess.Popen(
        [sys.executable, "-m", "tests.sdk.delivery.program", name, json.dumps(spec)],
        cwd=ROOT,
        env=environment({"PYTHONPATH": str(ROOT)}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(program: "subprocess.Popen[str]", *, code: int = 0) -> tuple[str, str]:
    out, err = program.communicate(timeout=WAIT_S)
    assert program.returncode == code, err
    return out, err


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + WAIT_S
    while not holds():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.02)


def sweep(url: str, spool: Path) -> None:
    """Do what the next program does: send what others have left, until nothing is left."""
    with delivering(settings(url, spool)) as (processor, end):
        end(["sweep"])
        assert processor.force_flush(int(WAIT_S * 1_000))
        own = processor.stats().instance
        until(lambda: not [path for path in spool.iterdir() if path.is_dir() and path.name != own])


def assert_each_once(receiver: Receiver, names: list[str]) -> None:
    counted = Counter(name for name in receiver.kept if name != "sweep")
    assert {name: count for name, count in counted.items() if count > 1} == {}
    assert sorted(counted) == sorted(names)


def _kill_many_times(tmp_path: Path, rounds: int) -> None:
    chance = random.Random(rounds)
    port = free_port()
    certain: list[str] = []
    made: set[str] = set()
    for number in range(rounds):
        prefix = f"round {number}"
        program = start("until_killed", f"http://127.0.0.1:{port}", tmp_path, prefix, 100_000)
        assert program.stdout is not None
        said = 0
        for _ in range(chance.randrange(1, 40)):
            said = int(program.stdout.readline())
        time.sleep(chance.random() * 0.01)
        program.kill()
        rest, _ = program.communicate(timeout=WAIT_S)
        said = int(rest.split()[-1]) if rest.split() else said
        certain += numbered(prefix, said)
        made.update(numbered(prefix, said + 7))
    with receiving(port=port) as receiver:
        sweep(receiver.url, tmp_path)
        counted = Counter(receiver.kept)
        assert max(counted.values()) == 1
        assert set(certain) <= set(counted)
        assert set(counted) - {"sweep"} <= made


@posix
def test_kill_of_the_program_in_mid_write(tmp_path: Path) -> None:
    _kill_many_times(tmp_path, 4)


@posix
@pytest.mark.soak
def test_kill_of_the_program_in_mid_write_many_times(tmp_path: Path) -> None:
    _kill_many_times(tmp_path, 60)


def test_exit_code_and_output_are_the_programs_own(tmp_path: Path) -> None:
    with receiving() as receiver:
        out, err = finish(start("plain", receiver.url, tmp_path, "p", 300), code=7)
        assert (out, err) == ("done\n", "")
        assert_each_once(receiver, numbered("p", 300))
        out, err = finish(start("failing", receiver.url, tmp_path, "f", 10), code=1)
        assert (out, err.splitlines()[-1]) == ("", "RuntimeError: the program's own error")
        assert set(numbered("f", 10)) <= set(receiver.kept)


def test_a_flush_tells_that_spans_were_refused(tmp_path: Path) -> None:
    program = """
import lodeline
with lodeline.start_span("bad"):
    pass
print(lodeline.flush(), lodeline.flush())
with lodeline.start_span("good"):
    pass
print(lodeline.flush())
"""

    def script(received: Received) -> Reply:
        return Reply(401) if "bad" in received.names else OK

    with receiving(script) as receiver:
        settings_of = {"LODELINE_URL": receiver.url, "LODELINE_SPOOL_DIR": str(tmp_path)}
        ended = subprocess.run(
            [sys.executable, "-c", program],
            env=environment(settings_of),
            capture_output=True,
            text=True,
            timeout=WAIT_S,
            check=True,
        )
    assert ended.stdout.split() == ["False", "True", "True"]


def test_a_dead_server_changes_no_exit_code_and_loses_nothing(tmp_path: Path) -> None:
    port = free_port()
    program = start("plain", f"http://127.0.0.1:{port}", tmp_path, "p", 300)
    out, err = finish(program, code=7)
    assert out == "done\n"
    assert err.count("cannot be delivered") == 1
    with receiving(port=port) as receiver:
        sweep(receiver.url, tmp_path)
        assert_each_once(receiver, numbered("p", 300))


@posix
def test_fork(tmp_path: Path) -> None:
    with receiving() as receiver:
        finish(start("forking", receiver.url, tmp_path, "p", 50))
        sweep(receiver.url, tmp_path)
        names = [*numbered("p before", 50), *numbered("p after", 50)]
        for child in range(3):
            names += [*numbered(f"p child {child}", 50), f"p signal {child}"]
        # What a child was sending when it left by os._exit is sent again, but never as somebody else's.
        came = {(each.headers["x-lodeline-instance"], name) for each in receiver.received for name in each.names}
        assert sorted(name for _, name in came if name != "sweep") == sorted(names)
        assert len({instance for instance, _ in came}) == 5  # parent, three children, and who swept


@pytest.mark.parametrize("how", [pytest.param("fork", marks=posix), "spawn"])
def test_multiprocessing(tmp_path: Path, how: str) -> None:
    with receiving() as receiver:
        finish(start("processes", receiver.url, tmp_path, "p", 20, start=how))
        sweep(receiver.url, tmp_path)
        workers = [*range(9), 100] if how == "fork" else range(9)
        assert_each_once(receiver, [name for worker in workers for name in numbered(f"p {worker}", 20)])


def test_programs_that_share_a_spool_folder(tmp_path: Path) -> None:
    with receiving() as receiver:
        programs = [start("threads", receiver.url, tmp_path, f"p{number}", 300) for number in range(3)]
        for program in programs:
            finish(program)
        assert_each_once(
            receiver, [name for p in range(3) for thread in range(4) for name in numbered(f"p{p} {thread}", 300)]
        )
        assert list(tmp_path.iterdir()) == []


def test_ten_thousand_spans_with_random_faults_arrive_exactly_once(tmp_path: Path) -> None:
    chance = random.Random(7)
    faults = [
        Reply(503), Reply(503, headers={"retry-after": "0"}), Reply(429), Reply(500), Reply(502), Reply(413),
        Reply(drop_connection=True, accept=False), Reply(drop_connection=True, accept=False), OK, OK, OK,
    ]  # fmt: skip

    tried: Counter[tuple[str, ...]] = Counter()

    def script(received: Received) -> Reply:
        tried[received.names] += 1  # after ten attempts a fault is the request's own
        return chance.choice(faults) if tried[received.names] % 6 else OK

    with receiving(script) as receiver:
        made = {"first_retry_s": 0.002, "max_retry_s": 0.01, "max_batch_spans": 100}
        program = start("threads", receiver.url, tmp_path, "p", 2_500, settings=made)
        finish(program)
        names = [name for thread in range(4) for name in numbered(f"p {thread}", 2_500)]
        assert list(tmp_path.rglob("*.pb")) == []
        assert_each_once(receiver, names)


def test_a_short_program_sends_what_others_left(tmp_path: Path) -> None:
    port = free_port()
    finish(start("plain", f"http://127.0.0.1:{port}", tmp_path, "left", 30), code=7)
    with receiving(port=port) as receiver:
        finish(start("plain", receiver.url, tmp_path, "short", 1), code=7)
        assert_each_once(receiver, [*numbered("left", 30), "short 0"])
    assert list(tmp_path.iterdir()) == []
