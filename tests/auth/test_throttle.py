import sys
import threading
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lodeline.auth import throttle as module
from lodeline.auth.throttle import (
    ADDRESS_LIMIT,
    FORGET_MS,
    NAME_LIMIT,
    Limit,
    Tables,
    Throttle,
    network_of,
    shared_tables,
)
from lodeline.domain.errors import TooManyAttempts, Unavailable
from tests.examples import examples

NOW = 1_767_225_600_000


def _wait_s(throttle: Throttle, name: str, address: str | None, now_ms: int) -> float:
    """Return how long an attempt has to wait; 0 when it was let through (and counted)."""
    try:
        throttle.attempt(name, address, now_ms)
    except TooManyAttempts as refused:
        return refused.retry_after_s
    return 0.0


def _fail(throttle: Throttle, times: int, *, name: str, address: str | None = None, now_ms: int = NOW) -> None:
    for _ in range(times):
        assert _wait_s(throttle, name, address, now_ms) == 0


def test_the_wait_doubles_up_to_its_limit():
    limit = Limit(free=3, first_ms=1_000, most_ms=5_000)
    assert [limit.wait_ms(n) for n in range(7)] == [0, 0, 0, 1_000, 2_000, 4_000, 5_000]
    assert limit.wait_ms(10**6) == 5_000


def test_a_name_is_locked_from_every_address_and_waits_twice_as_long_after_each_failure():
    throttle, now_ms = Throttle(), NOW
    _fail(throttle, NAME_LIMIT.free, name="ada", address="192.0.2.1")
    for wait_s in (1, 2, 4, 8, 16, 32, 60, 60):
        assert _wait_s(throttle, "Ada", "192.0.2.2", now_ms) == wait_s
        now_ms += wait_s * 1000
        assert _wait_s(throttle, "ada", "192.0.2.3", now_ms) == 0
    assert _wait_s(throttle, "grace", "192.0.2.2", now_ms) == 0


def test_an_address_is_locked_for_every_name():
    throttle = Throttle()
    for number in range(ADDRESS_LIMIT.free):
        _fail(throttle, 1, name=f"name-{number}", address="192.0.2.1")
    assert _wait_s(throttle, "another", "192.0.2.1", NOW) == 1
    assert _wait_s(throttle, "another", "192.0.2.2", NOW) == 0
    assert _wait_s(throttle, "another", None, NOW) == 0


def test_attempts_while_locked_do_not_lengthen_the_lock():
    throttle = Throttle()
    _fail(throttle, NAME_LIMIT.free, name="ada")
    for _ in range(100):
        assert _wait_s(throttle, "ada", None, NOW) == 1
    assert _wait_s(throttle, "ada", None, NOW + 1000) == 0


def test_the_refusal_says_how_long_to_wait_and_is_rendered_as_429():
    throttle = Throttle()
    _fail(throttle, NAME_LIMIT.free, name="ada")
    with pytest.raises(TooManyAttempts, match="try again in 1 s") as refused:
        throttle.attempt("ada", None, NOW + 400)
    assert isinstance(refused.value, Unavailable)
    assert (refused.value.http_status, refused.value.error_code) == (429, "too_many_attempts")
    assert refused.value.details == {"retry_after_s": 0.6}


def test_success_forgets_the_name_but_not_what_else_the_address_tried():
    throttle = Throttle()
    _fail(throttle, NAME_LIMIT.free - 1, name="ada", address="192.0.2.1")
    throttle.attempt("ada", "192.0.2.1", NOW)
    throttle.succeeded("ada", "192.0.2.1")
    _fail(throttle, NAME_LIMIT.free, name="ada", address="192.0.2.9")
    # An attacker with an account of their own gains no guesses by signing in to it in between.
    tries = 0
    while _wait_s(throttle, f"victim-{tries}", "192.0.2.1", NOW) == 0:
        tries += 1
        if _wait_s(throttle, "mallory", "192.0.2.1", NOW) == 0:
            throttle.succeeded("mallory", "192.0.2.1")
    assert tries <= ADDRESS_LIMIT.free


def test_an_attempt_that_was_neither_right_nor_wrong_is_uncounted():
    throttle = Throttle()
    for _ in range(100):
        throttle.attempt("ada", "192.0.2.1", NOW)
        throttle.take_back("ada", "192.0.2.1")
    _fail(throttle, NAME_LIMIT.free, name="ada", address="192.0.2.1")
    assert _wait_s(throttle, "ada", "192.0.2.1", NOW) == 1
    throttle.take_back("grace", "192.0.2.2")


def test_who_signs_in_after_a_wait_makes_nobody_else_wait():
    throttle = Throttle()
    for number in range(ADDRESS_LIMIT.free):
        _fail(throttle, 1, name=f"victim-{number}", address="192.0.2.1")
    later = NOW + 600_000
    assert _wait_s(throttle, "ada", "192.0.2.1", later) == 0
    throttle.succeeded("ada", "192.0.2.1")
    assert _wait_s(throttle, "bob", "192.0.2.1", later + 1) == 0
    assert _wait_s(throttle, "carl", "192.0.2.1", later + 2) > 0, "bob was wrong, and what was before still counts"


def test_guessing_from_elsewhere_does_not_lock_out_who_signed_in_from_here():
    throttle = Throttle()
    throttle.attempt("ada", "192.0.2.1", NOW)
    throttle.succeeded("ada", "192.0.2.1")
    _fail(throttle, NAME_LIMIT.free, name="ada", address="198.51.100.7")
    assert _wait_s(throttle, "ada", "198.51.100.8", NOW) == 1
    assert _wait_s(throttle, "ada", "192.0.2.1", NOW) == 0


def test_failures_are_forgotten_after_an_hour():
    throttle = Throttle()
    _fail(throttle, NAME_LIMIT.free - 1, name="ada")
    _fail(throttle, NAME_LIMIT.free - 1, name="ada", now_ms=NOW + FORGET_MS + 1)


def test_parallel_guesses_count_before_they_are_answered():
    throttle = Throttle()
    barrier = threading.Barrier(50)
    through: list[int] = []

    def guess(number: int) -> None:
        barrier.wait()
        if _wait_s(throttle, "ada", f"192.0.2.{number}", NOW) == 0:
            through.append(number)

    threads = [threading.Thread(target=guess, args=(number,)) for number in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(through) == NAME_LIMIT.free


def test_nobody_flushes_the_count_of_a_name(monkeypatch: pytest.MonkeyPatch):
    """The memory has a fixed size, so it is bounded."""
    monkeypatch.setattr(module, "SLOTS", 1_000)
    throttle = Throttle()
    _fail(throttle, NAME_LIMIT.free, name="ada")
    for number in range(5_000):
        _wait_s(throttle, f"flood-{number}", f"2001:db8:{number:x}::1", NOW)
        throttle.succeeded("mallory", f"10.0.{number // 250}.{number % 250}")
    assert _wait_s(throttle, "ada", None, NOW) > 0


def test_what_processes_share_is_counted_once_for_all():
    with shared_tables() as file:
        here, there = (Throttle(tables=Tables(file.fileno())) for _ in range(2))
        _fail(here, 3, name="ada", address="192.0.2.1")
        _fail(there, NAME_LIMIT.free - 3, name="Ada", address="192.0.2.2")
        assert _wait_s(here, "ada", "192.0.2.3", NOW) == 1
        there.succeeded("ada", "192.0.2.2")
        assert _wait_s(here, "ada", "192.0.2.3", NOW) == 0
        _fail(here, NAME_LIMIT.free - 1, name="ada", address="192.0.2.3")
        assert _wait_s(here, "ada", "192.0.2.4", NOW) == 1
        assert _wait_s(here, "ada", "192.0.2.2", NOW) == 0


@pytest.mark.skipif(sys.platform == "win32", reason="one process only")
def test_guesses_sent_to_many_processes_in_parallel_count_each():
    with shared_tables() as file, ProcessPoolExecutor(4, mp_context=get_context("fork")) as pool:
        through = sum(pool.map(_guesses, [file.fileno()] * 4))
    assert through == NAME_LIMIT.free


def _guesses(descriptor: int) -> int:
    """Return how many of many guesses this process was let make."""
    throttle = Throttle(tables=Tables(descriptor))
    return sum(_wait_s(throttle, "ada", None, NOW) == 0 for _ in range(200))


@pytest.mark.parametrize(
    ("address", "network"),
    [
        (None, None),
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unix", "unix"),
    ],
)
def test_an_ipv6_network_counts_as_one_address(address: str | None, network: str | None):
    assert network_of(address) == network


@settings(max_examples=examples(100))
@given(st.lists(st.tuples(st.sampled_from(["ada", "grace"]), st.booleans(), st.integers(0, 5_000)), max_size=60))
def test_a_wait_is_never_longer_than_the_limit_nor_endless(steps: list[tuple[str, bool, int]]):
    throttle, now_ms = Throttle(), NOW
    for name, right, pause_ms in steps:
        now_ms += pause_ms
        wait_s = _wait_s(throttle, name, "192.0.2.1", now_ms)
        assert 0 <= wait_s <= ADDRESS_LIMIT.most_ms / 1000
        if wait_s:
            now_ms += round(wait_s * 1000)
            assert _wait_s(throttle, name, "192.0.2.1", now_ms) == 0
        if right:
            throttle.succeeded(name, "192.0.2.1")
