"""Contract of `AccountStore`."""

import threading
from collections.abc import Callable

import pytest

from lodeline.domain.account import Account, AccountChange, ApiKey, ExternalIdentity, Login, Role
from lodeline.domain.errors import Conflict, NotFound
from lodeline.domain.ids import AccountId, ExperimentId, KeyId
from lodeline.query.ast import Search
from lodeline.storage.base import Stores
from tests.contract.build import T0_MS, audit


def account(name: str, role: Role | None = "viewer", *, disabled: bool = False) -> Account:
    return Account(AccountId(f"id-{name}"), name, role, T0_MS, disabled=disabled)


def add(stores: Stores, name: str, role: Role | None = "viewer", *, password_hash: str | None = "h") -> AccountId:
    return stores.accounts.create(account(name, role), password_hash=password_hash, audit=audit()).account_id


def update(stores: Stores, account_id: AccountId, change: AccountChange) -> Account:
    return stores.accounts.update(account_id, change, audit=audit())


def test_a_created_account_is_read_back_whole(stores: Stores) -> None:
    made = Account(AccountId("x"), "Änn", None, T0_MS, disabled=True, roles={ExperimentId("3"): "editor"})
    assert stores.accounts.create(made, password_hash="hash", audit=audit()) == made
    assert stores.accounts.get(AccountId("x")) == made
    assert stores.accounts.credentials("Änn") == (made, "hash")


def test_an_account_may_have_no_password(stores: Stores) -> None:
    add(stores, "ann", password_hash=None)
    assert stores.accounts.credentials("ann") == (account("ann"), None)


@pytest.mark.parametrize(("taken", "other"), [("ann", "ann"), ("ann", "ANN"), ("STRASSE", "straße")])
def test_names_compare_case_folded(stores: Stores, taken: str, other: str) -> None:
    add(stores, taken)
    with pytest.raises(Conflict):
        stores.accounts.create(Account(AccountId("other"), other, None, T0_MS), password_hash=None, audit=audit())
    found = stores.accounts.credentials(other)
    assert found is not None
    assert found[0].name == taken
    assert [a.name for a in stores.accounts.list()] == [taken]


def test_only_first_refuses_when_there_is_an_account(stores: Stores) -> None:
    first = stores.accounts.create(account("ann", "admin"), password_hash="h", audit=audit(), only_first=True)
    assert first.name == "ann"
    with pytest.raises(Conflict):
        stores.accounts.create(account("bob"), password_hash="h", audit=audit(), only_first=True)
    assert add(stores, "bob") == "id-bob"


def raced(make: Callable[[int], object]) -> list[str]:
    """Return how eight calls at one moment ended, in some order."""
    results: list[str] = []
    barrier = threading.Barrier(8)

    def run(number: int) -> None:
        barrier.wait()
        try:
            make(number)
            results.append("made")
        except Conflict:
            results.append("refused")

    threads = [threading.Thread(target=run, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_of_many_racing_first_accounts_exactly_one_is_made(stores: Stores) -> None:
    def first(number: int) -> None:
        made = account(f"a{number}", "admin")
        stores.accounts.create(made, password_hash="h", audit=audit(), only_first=True)

    assert sorted(raced(first)) == ["made"] + ["refused"] * 7
    assert len(stores.accounts.list()) == 1


def test_what_is_unknown_is_not_found(stores: Stores) -> None:
    nobody = AccountId("nobody")
    assert stores.accounts.credentials("nobody") is None
    for call in (
        lambda: stores.accounts.get(nobody),
        lambda: update(stores, nobody, AccountChange(disabled=True)),
        lambda: stores.accounts.set_role(nobody, ExperimentId("0"), "viewer", audit=audit()),
        lambda: stores.accounts.delete(nobody, audit=audit()),
    ):
        with pytest.raises(NotFound):
            call()


def test_accounts_are_listed_by_name(stores: Stores) -> None:
    for name in ("bob", "Ann", "cid"):
        add(stores, name)
    assert [a.name for a in stores.accounts.list()] == ["Ann", "bob", "cid"]


def test_update_changes_what_is_given(stores: Stores) -> None:
    add(stores, "root", "admin")
    ann = add(stores, "ann", "viewer")
    assert update(stores, ann, AccountChange(replace_role=True, role="editor")).role == "editor"
    assert update(stores, ann, AccountChange(disabled=True)) == account("ann", "editor", disabled=True)
    assert update(stores, ann, AccountChange(password_hash="new")).disabled
    assert stores.accounts.credentials("ann") == (account("ann", "editor", disabled=True), "new")
    assert update(stores, ann, AccountChange(replace_role=True, role=None, disabled=False)) == account("ann", None)


def test_a_password_is_replaced_only_while_it_is_the_one_that_was_checked(stores: Stores) -> None:
    ann = add(stores, "ann", password_hash="old")
    with pytest.raises(Conflict):
        update(stores, ann, AccountChange(password_hash="new", if_password_hash="other"))
    assert stores.accounts.credentials("ann") == (account("ann"), "old")
    update(stores, ann, AccountChange(password_hash="new", if_password_hash="old"))
    assert stores.accounts.credentials("ann") == (account("ann"), "new")


def test_a_change_may_end_all_logins(stores: Stores) -> None:
    ann, bob = add(stores, "ann"), add(stores, "bob")
    for secret_hash, owner in ((b"1", ann), (b"2", ann), (b"3", bob)):
        stores.keys.add_login(Login(owner, T0_MS, T0_MS + 9, "t"), secret_hash=secret_hash, audit=audit())
    update(stores, ann, AccountChange(password_hash="x", end_logins=True))
    assert [stores.keys.find_login(h) is not None for h in (b"1", b"2", b"3")] == [False, False, True]


@pytest.mark.parametrize(
    "change",
    [
        AccountChange(disabled=True),
        AccountChange(replace_role=True, role="editor"),
        AccountChange(replace_role=True, role=None),
        None,
    ],
)
def test_the_last_enabled_admin_stays(stores: Stores, change: AccountChange | None) -> None:
    root = add(stores, "root", "admin")
    add(stores, "ann", "editor")
    spare = add(stores, "spare", "admin")
    update(stores, spare, AccountChange(disabled=True))
    before = stores.accounts.list()

    def demote() -> None:
        if change is None:
            stores.accounts.delete(root, audit=audit())
        else:
            update(stores, root, change)

    with pytest.raises(Conflict):
        demote()
    assert stores.accounts.list() == before
    update(stores, spare, AccountChange(disabled=False))
    demote()


def test_roles_are_given_and_taken_per_experiment(stores: Stores) -> None:
    ann = add(stores, "ann", None)
    one, two = ExperimentId("1"), ExperimentId("2")
    stores.accounts.set_role(ann, one, "viewer", audit=audit())
    stores.accounts.set_role(ann, two, "editor", audit=audit())
    assert stores.accounts.set_role(ann, one, "reviewer", audit=audit()).roles == {one: "reviewer", two: "editor"}
    stores.accounts.set_role(ann, two, None, audit=audit())
    stores.accounts.set_role(ann, two, None, audit=audit())
    assert stores.accounts.get(ann).roles == {one: "reviewer"}


def test_deleting_an_account_removes_its_logins_and_keys(stores: Stores) -> None:
    ann, bob = add(stores, "ann"), add(stores, "bob")
    for number, owner in enumerate((ann, ann, bob, None)):
        key = ApiKey(KeyId(f"k{number}"), "k", "ldl_x", owner, ("read",), T0_MS)
        stores.keys.create(key, secret_hash=bytes([number]), audit=audit())
    stores.keys.add_login(Login(ann, T0_MS, T0_MS + 9, "t"), secret_hash=b"login", audit=audit())
    stores.accounts.delete(ann, audit=audit())
    with pytest.raises(NotFound):
        stores.accounts.get(ann)
    assert stores.accounts.credentials("ann") is None
    assert stores.keys.find_login(b"login") is None
    assert [stores.keys.find(bytes([n])) is None for n in range(4)] == [True, True, False, False]
    assert {key.key_id for key in stores.keys.list()} == {"k2", "k3"}
    assert add(stores, "ann") == ann


ADA = ExternalIdentity("https://a.example.org", "s-1")


def linked(stores: Stores, name: str, external: ExternalIdentity | None) -> Account:
    made = Account(AccountId(f"id-{name}"), name, "viewer", T0_MS, external=external)
    return stores.accounts.create(made, password_hash=None, audit=audit())


def test_an_account_is_found_by_its_external_identity(stores: Stores) -> None:
    ada, _ = linked(stores, "ada", ADA), linked(stores, "bob", None)
    assert stores.accounts.get(ada.account_id) == ada
    assert stores.accounts.find_external(ADA) == ada
    for other in (
        ExternalIdentity("https://a.example.org", "S-1"),
        ExternalIdentity("https://a.example.org/", "s-1"),
        ExternalIdentity("s-1", "https://a.example.org"),
        ExternalIdentity("", ""),
    ):
        assert stores.accounts.find_external(other) is None


def test_no_two_accounts_have_one_external_identity(stores: Stores) -> None:
    ada = linked(stores, "ada", ADA)
    bob = linked(stores, "bob", ExternalIdentity(ADA.issuer, "s-2"))
    linked(stores, "cid", ExternalIdentity("https://b.example.org", "s-1"))
    before = len(stores.audit.search(Search(limit=100)).items)
    with pytest.raises(Conflict, match="ada"):
        linked(stores, "dan", ADA)
    with pytest.raises(Conflict, match="ada"):
        update(stores, bob.account_id, AccountChange(replace_external=True, external=ADA))
    assert stores.accounts.get(bob.account_id) == bob
    assert stores.accounts.credentials("dan") is None
    assert len(stores.audit.search(Search(limit=100)).items) == before
    assert update(stores, ada.account_id, AccountChange(replace_external=True, external=ADA)) == ada


def test_an_external_identity_is_given_and_taken(stores: Stores) -> None:
    ada, bob = linked(stores, "ada", None), linked(stores, "bob", None)
    given = update(stores, ada.account_id, AccountChange(replace_external=True, external=ADA))
    assert stores.accounts.find_external(ADA) == given
    assert update(stores, ada.account_id, AccountChange(disabled=True)).external == ADA
    assert update(stores, ada.account_id, AccountChange(replace_external=True)).external is None
    assert stores.accounts.find_external(ADA) is None
    update(stores, bob.account_id, AccountChange(replace_external=True, external=ADA))
    stores.accounts.delete(bob.account_id, audit=audit())
    assert stores.accounts.find_external(ADA) is None
    assert linked(stores, "eve", ADA).external == ADA


def test_of_many_racing_accounts_of_one_identity_exactly_one_is_made(stores: Stores) -> None:
    results = raced(lambda number: linked(stores, f"a{number}", ADA))
    assert sorted(results) == ["made"] + ["refused"] * 7
    assert len(stores.accounts.list()) == 1
