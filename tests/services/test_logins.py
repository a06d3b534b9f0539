import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

import pytest
from argon2 import Parameters, PasswordHasher, extract_parameters
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lodeline.auth.actor import LOCAL, account_actor
from lodeline.auth.passwords import Passwords
from lodeline.auth.throttle import ADDRESS_LIMIT, NAME_LIMIT
from lodeline.domain.account import AccountChange
from lodeline.domain.errors import LodelineError, TooManyAttempts, Unauthenticated, Unavailable
from lodeline.services.accounts import AccountService
from lodeline.services.audit import audit_entry
from lodeline.services.logins import LIFETIME_MS, LoginService
from tests.examples import examples
from tests.services.access import CHEAP, PASSWORD, Access, open_access


@pytest.fixture
def access() -> Iterator[Access]:
    with open_access() as opened:
        yield opened


def test_a_login_stands_for_its_account_until_it_ends(access: Access):
    ada = access.account("ada", "viewer")
    signed_in = access.logins.sign_in("ada", PASSWORD, address="192.0.2.1")
    actor, login = access.logins.authenticate(signed_in.secret)
    assert actor == account_actor(ada)
    assert login == signed_in.login
    assert len(login.csrf_token) >= 43
    access.logins.sign_out(signed_in.secret)
    with pytest.raises(Unauthenticated, match="ended"):
        access.logins.authenticate(signed_in.secret)
    assert access.actions() == ["account.create", "login.begin", "login.end"]


def test_a_login_ends_after_twelve_hours_however_much_it_is_used(access: Access):
    access.account("ada")
    secret = access.logins.sign_in("ada", PASSWORD).secret
    access.clock.advance(LIFETIME_MS / 1000 - 1)
    access.logins.authenticate(secret)
    access.clock.advance(1)
    with pytest.raises(Unauthenticated, match="ended"):
        access.logins.authenticate(secret)


def test_logins_of_one_account_are_independent(access: Access):
    access.account("ada")
    first, second = (access.logins.sign_in("ada", PASSWORD) for _ in range(2))
    assert first.secret != second.secret
    assert first.login.csrf_token != second.login.csrf_token
    access.logins.sign_out(first.secret)
    access.logins.sign_out("unknown")
    access.logins.sign_out(first.secret)
    assert access.logins.authenticate(second.secret)[0].name == "ada"
    assert access.actions().count("login.end") == 1


@pytest.mark.parametrize("secret", ["", "x", "\ud800", "x" * 10**6])
def test_an_unknown_secret_is_no_login(access: Access, secret: str):
    with pytest.raises(Unauthenticated):
        access.logins.authenticate(secret)


@pytest.mark.parametrize("name", ["nobody", "", "a b", "\ud800", "\x00", "x" * 10**6, "'; DROP TABLE"])
def test_unknown_names_and_wrong_passwords_get_the_same_answer(access: Access, name: str):
    access.account("ada")
    with pytest.raises(Unauthenticated) as unknown:
        access.logins.sign_in(name, PASSWORD)
    with pytest.raises(Unauthenticated) as wrong:
        access.logins.sign_in("ada", "something else")
    assert str(unknown.value) == str(wrong.value)
    assert unknown.value.details == wrong.value.details == {}


class Noting(PasswordHasher):
    """Notes the cost of every hash that a password is compared with."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=64, parallelism=1)
        self.costs: list[Parameters] = []

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:
        """Compare as argon2 does."""
        self.costs.append(extract_parameters(hash if isinstance(hash, str) else hash.decode()))
        return super().verify(hash, password)


@pytest.mark.parametrize("password", ["something else", "", "x" * 10**6, "\ud800"])
def test_unknown_names_and_wrong_passwords_cost_the_same(access: Access, password: str):
    noting = Noting()
    credentials = replace(access.credentials, passwords=Passwords(noting))
    logins = LoginService(access.stores, credentials, access.clock)
    AccountService(access.stores, credentials, access.clock).create(LOCAL, "ada", password=PASSWORD)
    for name in ("nobody", "ada"):
        with pytest.raises(Unauthenticated):
            logins.sign_in(name, password)
    for_nobody, for_ada = noting.costs
    assert for_nobody == for_ada


def test_refused_logins_are_audited_without_what_was_typed(access: Access):
    access.account("ada")
    with pytest.raises(Unauthenticated):
        access.logins.sign_in("ada", "my other secret", address="192.0.2.1")
    with pytest.raises(Unauthenticated):
        access.logins.sign_in("hunter2-in-the-wrong-field", PASSWORD)
    known, unknown = access.trail()[-2:]
    assert (known.action, known.target) == ("login.refuse", "ada")
    assert known.details == {"reason": "wrong name or password", "address": "192.0.2.1"}
    assert unknown.target == "an unknown account"
    for secret in ("my other secret", "hunter2", "tulips"):
        assert secret not in repr(access.trail())


def test_many_wrong_passwords_lock_the_name_and_then_the_right_one_waits_too(access: Access):
    access.account("ada")
    for _ in range(NAME_LIMIT.free):
        with pytest.raises(Unauthenticated):
            access.logins.sign_in("ada", "wrong", address="192.0.2.1")
    with pytest.raises(TooManyAttempts) as refused:
        access.logins.sign_in("ada", PASSWORD, address="192.0.2.2")
    access.clock.advance(refused.value.retry_after_s)
    assert access.logins.sign_in("ada", PASSWORD, address="192.0.2.2").account.name == "ada"
    assert access.actions().count("login.refuse") == NAME_LIMIT.free


def test_trying_many_names_locks_the_address(access: Access):
    access.account("ada")
    for number in range(ADDRESS_LIMIT.free):
        with pytest.raises(Unauthenticated):
            access.logins.sign_in(f"name-{number}", "wrong", address="2001:db8::1")
    with pytest.raises(TooManyAttempts):
        access.logins.sign_in("ada", PASSWORD, address="2001:db8::2")
    assert access.logins.sign_in("ada", PASSWORD, address="2001:db8:1::1").account.name == "ada"


def test_a_hundred_parallel_guesses_get_no_more_than_the_free_ones(access: Access):
    access.account("ada")
    barrier = threading.Barrier(40)
    refused: list[type[LodelineError]] = []

    def guess(number: int) -> None:
        barrier.wait()
        try:
            access.logins.sign_in("ada", f"wrong {number}", address=f"192.0.2.{number}")
        except LodelineError as error:
            refused.append(type(error))

    threads = [threading.Thread(target=guess, args=(number,)) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused.count(Unauthenticated) == NAME_LIMIT.free
    assert refused.count(TooManyAttempts) == 40 - NAME_LIMIT.free


def test_a_hash_with_older_parameters_is_renewed_at_the_next_login(access: Access):
    access.account("ada")
    stronger = Passwords(PasswordHasher(time_cost=2, memory_cost=128, parallelism=1))
    logins = LoginService(access.stores, replace(access.credentials, passwords=stronger), access.clock)
    before = access.stores.accounts.credentials("ada")
    logins.sign_in("ada", PASSWORD)
    after = access.stores.accounts.credentials("ada")
    assert before is not None
    assert after is not None
    assert before[1] != after[1]
    assert "m=128,t=2" in str(after[1])
    logins.sign_in("ada", PASSWORD)
    assert access.stores.accounts.credentials("ada") == after
    assert access.actions().count("account.renew_password_hash") == 1


class _Meanwhile(Passwords):
    """Passwords during whose check something else happens."""

    def __init__(self, access: Access, change: AccountChange, hasher: PasswordHasher):
        super().__init__(hasher)
        self._access = access
        self._change = change

    def verify(self, stored: str | None, password: str) -> bool:
        right = super().verify(stored, password)
        account = self._access.accounts.list(LOCAL)[0]
        entry = audit_entry(LOCAL, "account.change", account.name, at_ms=0)
        self._access.stores.accounts.update(account.account_id, self._change, audit=entry)
        return right


@pytest.mark.parametrize("outdated", [False, True])
@pytest.mark.parametrize("how", ["password", "disabled"])
def test_what_changes_while_a_password_is_checked_wins(access: Access, how: str, outdated: bool):
    access.account("ada")
    new_hash = Passwords(CHEAP).hash("crocuses in the snow")
    change = AccountChange(password_hash=new_hash) if how == "password" else AccountChange(disabled=True)
    hasher = PasswordHasher(time_cost=2, memory_cost=128, parallelism=1) if outdated else CHEAP
    passwords = _Meanwhile(access, change, hasher)
    logins = LoginService(access.stores, replace(access.credentials, passwords=passwords), access.clock)
    with pytest.raises(Unauthenticated, match="changed at this moment"):
        logins.sign_in("ada", PASSWORD)
    found = access.stores.accounts.credentials("ada")
    assert found is not None
    assert found[0].disabled is (how == "disabled")
    if how == "password":
        assert found[1] == new_hash
    assert access.actions()[-1] == "login.end"


class _Overrun(Passwords):
    """Passwords that too many people want checked at once."""

    def verify(self, stored: str | None, password: str) -> bool:
        raise Unavailable("too many")


def test_who_was_turned_away_unheard_is_not_counted_as_wrong(access: Access):
    access.account("ada")
    overrun = LoginService(access.stores, replace(access.credentials, passwords=_Overrun(CHEAP)), access.clock)
    for _ in range(ADDRESS_LIMIT.free * 2):
        with pytest.raises(Unavailable, match="too many"):
            overrun.sign_in("ada", PASSWORD, address="192.0.2.1")
    assert access.logins.sign_in("ada", PASSWORD, address="192.0.2.1").account.name == "ada"


def test_a_disabled_account_is_shut_out_even_where_its_login_was_not_ended(access: Access):
    ada = access.account("ada")
    secret = access.logins.sign_in("ada", PASSWORD).secret
    entry = audit_entry(LOCAL, "account.disable", "ada", at_ms=0)
    access.stores.accounts.update(ada.account_id, AccountChange(disabled=True), audit=entry)
    with pytest.raises(Unauthenticated, match="disabled"):
        access.logins.authenticate(secret)


def test_nothing_secret_is_shown(access: Access):
    access.account("ada")
    signed_in = access.logins.sign_in("ada", PASSWORD)
    assert signed_in.secret not in repr(signed_in)
    assert signed_in.login.csrf_token not in repr(signed_in)
    change = AccountChange(password_hash="$argon2id$", if_password_hash="$argon2id$")
    assert "argon2" not in repr(change)


@settings(max_examples=examples(25), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.text(), password=st.text(), address=st.one_of(st.none(), st.text()))
def test_any_name_and_password_get_an_answer(access: Access, name: str, password: str, address: str | None):
    access.clock.advance(3600 * 2)
    with pytest.raises(Unauthenticated):
        access.logins.sign_in(name, password, address=address)
