import threading
import time

import pytest
from argon2 import Parameters, PasswordHasher, extract_parameters
from hypothesis import given
from hypothesis import strategies as st

from lodeline.auth.passwords import (
    COMMONEST,
    MAX_BYTES,
    MAX_CONCURRENT,
    MAX_WAITING,
    MIN_CHARACTERS,
    MIN_DISTINCT,
    Passwords,
    check_password,
)
from lodeline.domain.errors import Invalid, Unavailable

CHEAP = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
GOOD = "tulips in the rain"


def test_a_password_verifies_against_its_own_hash_only():
    passwords = Passwords(CHEAP)
    stored = passwords.hash(GOOD)
    assert stored.startswith("$argon2id$")
    assert passwords.verify(stored, GOOD)
    assert not passwords.verify(stored, GOOD + "!")
    assert passwords.hash(GOOD) != stored


def test_no_hash_and_a_damaged_hash_never_verify():
    passwords = Passwords(CHEAP)
    assert not passwords.verify(None, GOOD)
    assert not passwords.verify("not a hash", GOOD)
    assert not passwords.verify("", "")


def test_the_parameters_are_those_of_rfc_9106_and_older_hashes_are_outdated():
    passwords = Passwords()
    assert "$m=65536,t=3,p=4$" in passwords.hash(GOOD)
    assert passwords.outdated(Passwords(CHEAP).hash(GOOD))
    assert not passwords.outdated(passwords.hash(GOOD))


def test_an_unknown_name_costs_what_a_wrong_password_does(monkeypatch: pytest.MonkeyPatch):
    costs: list[Parameters] = []
    real = PasswordHasher.verify

    def noting(hasher: PasswordHasher, stored: str, password: bytes) -> bool:
        costs.append(extract_parameters(stored))
        return real(hasher, stored, password)

    monkeypatch.setattr(PasswordHasher, "verify", noting)
    passwords = Passwords()
    for against in (passwords.hash(GOOD), None):
        assert not passwords.verify(against, "a wrong one here")
    known, unknown = costs
    assert known == unknown


def test_the_same_characters_typed_otherwise_are_the_same_password():
    passwords = Passwords(CHEAP)
    assert passwords.verify(passwords.hash("cafe\u0301 au lait"), "caf\u00e9 au lait")


@given(st.text())
def test_any_text_verifies_or_does_not(text: str):
    assert not Passwords(CHEAP).verify(None, text)


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("", "too few"),
        ("x" * (MIN_CHARACTERS - 1), "too few"),
        ("é" * (MAX_BYTES // 2) + "abc", "too many"),
        ("Ada.Lovelace", "account's name"),
        ("Password123", "guess"),
        ("aaaaaaaaaaaaaaa", "guess"),
        ("tulips \ud800 in the rain", "lone surrogate"),
    ],
)
def test_a_bad_password_is_refused_without_being_quoted(password: str, words: str):
    with pytest.raises(Invalid, match=words) as refused:
        check_password(password, account_name="ada.lovelace")
    assert not password or password not in str(refused.value)
    assert refused.value.details == {}


@pytest.mark.parametrize("password", [GOOD, "x1y2z3x1y2", "z" * 990 + "0123456789", "ふるいけやかわずとびこむ"])
def test_a_good_password_passes(password: str):
    assert check_password(password, account_name="ada") == password


def test_the_list_of_commonest_passwords_holds_nothing_that_another_rule_refuses():
    assert len(COMMONEST) > 80
    assert all(len(word) >= MIN_CHARACTERS and len(set(word)) >= MIN_DISTINCT for word in COMMONEST)
    assert all(word == word.casefold() for word in COMMONEST)


def test_only_a_few_hashes_are_computed_at_a_time_and_few_callers_wait():
    running: list[int] = []
    entered, leave = threading.Semaphore(0), threading.Event()

    class Waiting(PasswordHasher):
        """A hasher that takes until the test lets it go."""

        def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
            running.append(1)
            entered.release()
            assert leave.wait(10)
            return super().hash(password, salt=salt)

    passwords = Passwords(Waiting(time_cost=1, memory_cost=64, parallelism=1))
    outcomes: list[str] = []

    def hash_one() -> None:
        try:
            outcomes.append(passwords.hash(GOOD)[:9])
        except Unavailable:
            outcomes.append("unavailable")

    callers = MAX_CONCURRENT + MAX_WAITING + 5
    threads = [threading.Thread(target=hash_one) for _ in range(callers)]
    for thread in threads:
        thread.start()
    for _ in range(MAX_CONCURRENT):
        assert entered.acquire(timeout=10)
    while len(outcomes) < 5:
        time.sleep(0.001)
    assert outcomes == ["unavailable"] * 5
    assert len(running) == MAX_CONCURRENT
    leave.set()
    for thread in threads:
        thread.join(10)
    assert outcomes.count("$argon2id") == MAX_CONCURRENT + MAX_WAITING
    assert passwords.hash(GOOD)
