"""Contract of `KeyStore`."""

import pytest

from lodeline.domain.account import Account, ApiKey, Login
from lodeline.domain.errors import NotFound
from lodeline.domain.ids import AccountId, ExperimentId, KeyId
from lodeline.storage.base import Stores
from tests.contract.build import T0_MS, audit

ANN, BOB = AccountId("ann"), AccountId("bob")


@pytest.fixture(autouse=True)
def owners(stores: Stores) -> None:
    for owner in (ANN, BOB):
        stores.accounts.create(Account(owner, owner, "viewer", T0_MS), password_hash=None, audit=audit())


def add(stores: Stores, number: int, owner: AccountId | None = ANN, *, created_ms: int = T0_MS) -> ApiKey:
    key = ApiKey(KeyId(f"k{number}"), f"key {number}", f"ldl_{number}", owner, ("read", "ingest"), created_ms)
    return stores.keys.create(key, secret_hash=bytes([number]), audit=audit())


def test_a_key_is_found_by_the_hash_of_its_secret(stores: Stores) -> None:
    key = ApiKey(
        KeyId("k"), "my key", "ldl_abc", ANN, ("ingest",), T0_MS,
        experiment_ids=(ExperimentId("1"), ExperimentId("7")), expires_ms=T0_MS + 5,
    )  # fmt: skip
    secret_hash = bytes(range(32))
    assert stores.keys.create(key, secret_hash=secret_hash, audit=audit()) == key
    assert stores.keys.find(secret_hash) == key
    assert stores.keys.find(secret_hash[:-1]) is None
    assert stores.keys.find(b"") is None


def test_a_key_without_an_owner_or_with_no_experiments_is_kept_as_it_is(stores: Stores) -> None:
    key = ApiKey(KeyId("k"), "n", "p", None, (), T0_MS, experiment_ids=())
    stores.keys.create(key, secret_hash=b"x", audit=audit())
    assert stores.keys.find(b"x") == key


def test_a_key_of_an_unknown_owner_is_not_found(stores: Stores) -> None:
    with pytest.raises(NotFound):
        add(stores, 1, AccountId("nobody"))
    assert stores.keys.list() == []


def test_keys_are_listed_newest_first_all_or_of_an_owner(stores: Stores) -> None:
    for number, owner, at in ((1, ANN, 5), (2, BOB, 9), (3, ANN, 7), (4, None, 1)):
        add(stores, number, owner, created_ms=T0_MS + at)
    assert [k.key_id for k in stores.keys.list()] == ["k2", "k3", "k1", "k4"]
    assert [k.key_id for k in stores.keys.list(ANN)] == ["k3", "k1"]
    assert stores.keys.list(AccountId("nobody")) == []


def test_a_revoked_key_is_still_found_and_says_when(stores: Stores) -> None:
    add(stores, 1)
    revoked = stores.keys.revoke(KeyId("k1"), now_ms=T0_MS + 3, audit=audit())
    assert revoked.revoked_ms == T0_MS + 3
    assert stores.keys.find(b"\x01") == revoked
    assert stores.keys.revoke(KeyId("k1"), now_ms=T0_MS + 8, audit=audit()) == revoked


def test_revoking_an_unknown_key_is_not_found(stores: Stores) -> None:
    with pytest.raises(NotFound):
        stores.keys.revoke(KeyId("none"), now_ms=T0_MS, audit=audit())


def test_touch_records_the_latest_use_of_known_keys(stores: Stores) -> None:
    for number in (1, 2, 3):
        add(stores, number)
    stores.keys.touch({KeyId("k1"): T0_MS + 5, KeyId("k2"): T0_MS + 6, KeyId("unknown"): T0_MS})
    stores.keys.touch({KeyId("k1"): T0_MS + 2})
    stores.keys.touch({})
    used = {key.key_id: key.last_used_ms for key in stores.keys.list()}
    assert used == {"k1": T0_MS + 5, "k2": T0_MS + 6, "k3": None}


def test_revoking_keeps_the_last_use(stores: Stores) -> None:
    add(stores, 1)
    stores.keys.touch({KeyId("k1"): T0_MS + 5})
    assert stores.keys.revoke(KeyId("k1"), now_ms=T0_MS + 9, audit=audit()).last_used_ms == T0_MS + 5


def login(expires_ms: int, *, created_ms: int = T0_MS, owner: AccountId = ANN) -> Login:
    return Login(owner, created_ms, expires_ms, f"csrf-{expires_ms}")


def test_a_login_is_found_by_its_hash_expired_or_not_until_it_ends(stores: Stores) -> None:
    one, two = login(T0_MS + 10), login(T0_MS - 10, created_ms=T0_MS - 20)
    stores.keys.add_login(two, secret_hash=b"two", audit=audit())
    stores.keys.add_login(one, secret_hash=b"one", audit=audit())
    assert stores.keys.find_login(b"one") == one
    stores.keys.end_login(b"one", audit=audit())
    stores.keys.end_login(b"unknown", audit=audit())
    assert stores.keys.find_login(b"one") is None
    assert stores.keys.find_login(b"") is None


def test_an_expired_login_is_found_until_the_next_one_is_added(stores: Stores) -> None:
    old = login(T0_MS + 10)
    stores.keys.add_login(old, secret_hash=b"old", audit=audit())
    stores.keys.add_login(login(T0_MS + 90, created_ms=T0_MS + 9), secret_hash=b"b", audit=audit())
    assert stores.keys.find_login(b"old") == old
    stores.keys.add_login(login(T0_MS + 99, created_ms=T0_MS + 10), secret_hash=b"c", audit=audit())
    assert stores.keys.find_login(b"old") is None
    assert stores.keys.find_login(b"b") is not None


def test_a_login_of_an_unknown_account_is_not_found(stores: Stores) -> None:
    with pytest.raises(NotFound):
        stores.keys.add_login(login(T0_MS + 1, owner=AccountId("nobody")), secret_hash=b"x", audit=audit())
    assert stores.keys.find_login(b"x") is None
