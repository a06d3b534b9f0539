import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from lodeline.auth.actor import ANONYMOUS, LOCAL, Actor, account_actor
from lodeline.auth.passwords import MAX_CONCURRENT, MAX_WAITING
from lodeline.auth.throttle import NAME_LIMIT
from lodeline.domain.account import ExternalIdentity
from lodeline.domain.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    TooManyAttempts,
    Unauthenticated,
)
from lodeline.domain.ids import DEFAULT_EXPERIMENT, AccountId, ExperimentId, KeyId
from tests.contract.build import make_experiment
from tests.services.access import PASSWORD, Access, open_access


@pytest.fixture(params=["memory:", "sqlite:"])
def access(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Access]:
    url = str(request.param)
    with open_access(url if url == "memory:" else f"{url}{tmp_path / 'store'}") as opened:
        yield opened


def _token(access: Access) -> str:
    token = access.accounts.setup_token()
    assert token is not None
    return token


def test_set_up_makes_the_first_admin_once(access: Access):
    account = access.accounts.set_up(_token(access), "ada", PASSWORD, address="192.0.2.1")
    assert (account.name, account.role) == ("ada", "admin")
    assert access.logins.sign_in("ada", PASSWORD).account == account
    assert access.accounts.setup_token() is None
    with pytest.raises(Conflict, match="done already"):
        access.accounts.set_up(access.credentials.secrets.setup_token(), "eve", PASSWORD)
    entry = access.trail()[0]
    assert (entry.action, entry.actor, entry.details) == (
        "account.set_up", "ada", {"address": "192.0.2.1", "role": "admin"},
    )  # fmt: skip


def test_set_up_needs_the_printed_token_as_people_copy_it(access: Access):
    for wrong in ("", "x", _token(access)[:-1], "é"):
        with pytest.raises(Unauthenticated, match="set-up token"):
            access.accounts.set_up(wrong, "eve", PASSWORD)
    assert access.accounts.list(LOCAL) == []
    access.accounts.set_up(f"  {_token(access).upper()}\n", "ada", PASSWORD)


@pytest.mark.parametrize(
    ("name", "password"), [("a b", PASSWORD), ("", PASSWORD), ("ada", "short"), ("ada", "1234567890")]
)
def test_set_up_refuses_bad_names_and_passwords(access: Access, name: str, password: str):
    with pytest.raises(Invalid):
        access.accounts.set_up(_token(access), name, password)
    assert access.accounts.setup_token() is not None


def test_of_many_set_ups_at_once_exactly_one_succeeds(access: Access):
    token = _token(access)
    many = MAX_CONCURRENT + MAX_WAITING  # more passwords at one time are refused
    barrier = threading.Barrier(many)
    outcomes: list[str] = []

    def claim(number: int) -> None:
        barrier.wait()
        try:
            outcomes.append(access.accounts.set_up(token, f"admin-{number}", PASSWORD).name)
        except Conflict:
            outcomes.append("conflict")

    threads = [threading.Thread(target=claim, args=(number,)) for number in range(many)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("conflict") == many - 1
    assert [account.name for account in access.accounts.list(LOCAL)] == [o for o in outcomes if o != "conflict"]


def test_names_are_unique_whatever_their_letter_case(access: Access):
    access.account("ada")
    with pytest.raises(Conflict, match="taken"):
        access.account("Ada")
    assert access.logins.sign_in("ADA", PASSWORD).account.name == "ada"


@pytest.mark.parametrize("name", ["", " ", "-ada", "a b", "a\nb", "\u0430d\u0430", "x" * 101, "a/b", "\ud800"])
def test_bad_names_are_refused(access: Access, name: str):
    with pytest.raises(Invalid, match="account name"):
        access.account(name)


def test_who_does_not_manage_accounts_changes_none(access: Access):
    access.account("root", "admin")
    victim = access.account("victim")
    for actor in (access.actor("editor", "editor"), access.actor("viewer", "viewer"), access.actor("nobody")):
        attempts: list[Callable[[], object]] = [
            partial(access.accounts.create, actor, "eve", role="admin", password=PASSWORD),
            partial(access.accounts.list, actor),
            partial(access.accounts.get, actor, victim.account_id),
            partial(access.accounts.set_role, actor, "victim", "editor"),
            partial(access.accounts.set_role, actor, actor.name, "admin"),
            partial(access.accounts.set_disabled, actor, victim.account_id, True),
            partial(access.accounts.set_password, actor, victim.account_id, "another one 9"),
            partial(access.accounts.delete, actor, victim.account_id),
        ]
        for attempt in attempts:
            with pytest.raises(Forbidden):
                attempt()
    with pytest.raises(Unauthenticated):
        access.accounts.list(ANONYMOUS)
    assert access.accounts.get(LOCAL, victim.account_id) == victim


def test_everybody_reads_their_own_account(access: Access):
    actor = access.actor("ada")
    assert actor.account_id is not None
    assert access.accounts.get(actor, actor.account_id).name == "ada"


def test_a_changed_role_holds_for_the_next_request_of_a_login(access: Access):
    access.account("root", "admin")
    access.account("ada", "viewer")
    secret = access.logins.sign_in("ada", PASSWORD).secret
    access.accounts.set_role(LOCAL, "ada", "editor")
    assert access.logins.authenticate(secret)[0].role == "editor"
    access.accounts.set_role(LOCAL, "ada", None)
    assert access.logins.authenticate(secret)[0].role is None


def test_an_experiments_admin_gives_roles_there_and_nowhere_else(access: Access):
    access.account("root", "admin")
    ada, bob = access.account("ada"), access.account("bob")
    access.accounts.set_role(LOCAL, "ada", "admin", experiment_id=DEFAULT_EXPERIMENT)
    actor = account_actor(access.accounts.get(LOCAL, ada.account_id))
    elsewhere = make_experiment(access.stores, "elsewhere").experiment_id
    access.accounts.set_role(LOCAL, "bob", "viewer", experiment_id=elsewhere)
    changed = access.accounts.set_role(actor, bob.account_id, "editor", experiment_id=DEFAULT_EXPERIMENT)
    assert changed.roles == {DEFAULT_EXPERIMENT: "editor"}
    assert access.accounts.get(LOCAL, bob.account_id).roles == {DEFAULT_EXPERIMENT: "editor", elsewhere: "viewer"}
    assert access.accounts.set_role(actor, "bob", None, experiment_id=DEFAULT_EXPERIMENT).roles == {}
    with pytest.raises(NotFound):
        access.accounts.set_role(actor, "bob", "editor", experiment_id=ExperimentId("7"))
    with pytest.raises(Forbidden):
        access.accounts.set_role(actor, "bob", "editor")
    entry = access.trail()[-1]
    assert (entry.action, entry.actor, entry.target, entry.experiment_id) == ("account.set_role", "ada", "bob", "0")


def test_a_role_needs_an_experiment_and_an_account_that_exist(access: Access):
    access.account("ada")
    with pytest.raises(NotFound, match="experiment"):
        access.accounts.set_role(LOCAL, "ada", "editor", experiment_id=ExperimentId("7"))
    for who in ("bob", "acc-0", ""):
        with pytest.raises(NotFound, match="account"):
            access.accounts.set_role(LOCAL, who, "editor")


def test_somebody_is_always_left_to_administrate(access: Access):
    root = access.account("root", "admin")
    access.account("ada", "editor")
    for attempt in (
        lambda: access.accounts.set_role(LOCAL, "root", "editor"),
        lambda: access.accounts.set_disabled(LOCAL, root.account_id, True),
        lambda: access.accounts.delete(LOCAL, root.account_id),
    ):
        with pytest.raises(Conflict, match="last enabled admin"):
            attempt()
    access.accounts.set_role(LOCAL, "ada", "admin")
    access.accounts.delete(account_actor(root), root.account_id)
    assert [account.name for account in access.accounts.list(LOCAL)] == ["ada"]


def test_disabling_shuts_out_logins_and_keys_at_once(access: Access):
    access.account("root", "admin")
    ada = access.account("ada", "editor")
    secret = access.logins.sign_in("ada", PASSWORD).secret
    key = access.keys.create(account_actor(ada), "k", ["read"]).secret
    access.accounts.set_disabled(LOCAL, ada.account_id, True)
    with pytest.raises(Unauthenticated):
        access.logins.authenticate(secret)
    with pytest.raises(Unauthenticated, match="disabled"):
        access.keys.authenticate(key)
    with pytest.raises(Unauthenticated, match="disabled"):
        access.logins.sign_in("ada", PASSWORD)
    access.accounts.set_disabled(LOCAL, ada.account_id, False)
    assert access.keys.authenticate(key).name == "ada"
    with pytest.raises(Unauthenticated):
        access.logins.authenticate(secret)


def test_deleting_shuts_out_logins_and_keys_at_once(access: Access):
    access.account("root", "admin")
    ada = access.account("ada", "editor")
    secret = access.logins.sign_in("ada", PASSWORD).secret
    key = access.keys.create(account_actor(ada), "k", ["read"]).secret
    access.accounts.delete(LOCAL, ada.account_id)
    with pytest.raises(Unauthenticated):
        access.logins.authenticate(secret)
    with pytest.raises(Unauthenticated):
        access.keys.authenticate(key)
    assert access.keys.list(LOCAL) == []
    with pytest.raises(NotFound):
        access.accounts.delete(LOCAL, ada.account_id)


def test_ones_own_password_needs_the_old_one_and_ends_every_login(access: Access):
    ada = access.account("ada", "editor")
    actor = account_actor(ada)
    secret = access.logins.sign_in("ada", PASSWORD).secret
    key = access.keys.create(actor, "k", ["read"]).secret
    new = "crocuses in the snow"
    with pytest.raises(Invalid, match="old password"):
        access.accounts.set_password(actor, ada.account_id, new)
    with pytest.raises(Forbidden, match="old password"):
        access.accounts.set_password(actor, ada.account_id, new, old="wrong")
    assert access.logins.authenticate(secret)[0].name == "ada"
    access.accounts.set_password(actor, ada.account_id, new, old=PASSWORD)
    with pytest.raises(Unauthenticated):
        access.logins.authenticate(secret)
    with pytest.raises(Unauthenticated):
        access.logins.sign_in("ada", PASSWORD)
    assert access.logins.sign_in("ada", new).account == ada
    assert access.keys.authenticate(key).name == "ada"


def test_guessing_the_old_password_locks(access: Access):
    ada = access.account("ada", "editor")
    for _ in range(NAME_LIMIT.free):
        with pytest.raises(Forbidden):
            access.accounts.set_password(account_actor(ada), ada.account_id, "another one 9", old="wrong")
    with pytest.raises(TooManyAttempts):
        access.accounts.set_password(account_actor(ada), ada.account_id, "another one 9", old=PASSWORD)


def test_a_password_changed_meanwhile_is_not_overwritten(access: Access):
    ada = access.account("ada", "editor")
    outcomes: list[str] = []
    barrier = threading.Barrier(8)

    def change(number: int) -> None:
        barrier.wait()
        try:
            access.accounts.set_password(
                account_actor(ada),
                ada.account_id,
                f"crocuses {number} in the snow",
                old=PASSWORD,
                address=str(number),
            )
            outcomes.append(f"crocuses {number} in the snow")
        except (Conflict, Forbidden, TooManyAttempts):
            return

    threads = [threading.Thread(target=change, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    access.clock.advance(3600)
    assert len(outcomes) == 1
    assert access.logins.sign_in("ada", outcomes[0]).account.name == "ada"


def test_an_admin_sets_anothers_password_without_the_old_one_but_not_their_own(access: Access):
    root, ada = access.account("root", "admin"), access.account("ada")
    access.accounts.set_password(account_actor(root), ada.account_id, "crocuses in the snow")
    assert access.logins.sign_in("ada", "crocuses in the snow").account == ada
    with pytest.raises(Invalid, match="old password"):
        access.accounts.set_password(account_actor(root), root.account_id, "crocuses in the snow")


def test_no_key_changes_its_owners_password(access: Access):
    root = access.account("root", "admin")
    key = access.keys.authenticate(access.keys.create(account_actor(root), "k", ["admin"]).secret)
    with pytest.raises(Forbidden):
        access.accounts.set_password(key, root.account_id, "crocuses in the snow", old=PASSWORD)


def test_an_account_without_a_password_does_not_sign_in(access: Access):
    access.accounts.create(LOCAL, "robot", role="editor")
    for password in ("", PASSWORD, "None"):
        with pytest.raises(Unauthenticated):
            access.logins.sign_in("robot", password)


def test_every_change_is_in_the_audit_trail_without_passwords(access: Access):
    root = access.account("root", "admin")
    actor = account_actor(root)
    ada = access.accounts.create(actor, "ada", role="viewer", password=PASSWORD)
    access.accounts.set_role(actor, "ada", "editor")
    access.accounts.set_disabled(actor, ada.account_id, True)
    access.accounts.set_disabled(actor, ada.account_id, False)
    access.accounts.set_password(actor, ada.account_id, "crocuses in the snow", address="192.0.2.1")
    access.accounts.delete(actor, ada.account_id)
    assert access.actions() == [
        "account.create", "account.create", "account.set_role", "account.disable", "account.enable",
        "account.set_password", "account.delete",
    ]  # fmt: skip
    entries = access.trail()
    assert {(entry.actor, entry.target) for entry in entries[1:]} == {("root", "ada")}
    assert "tulips" not in repr(entries)
    assert "crocuses" not in repr(entries)
    assert "argon2" not in repr(entries)


def test_an_unknown_account_is_not_found(access: Access):
    unknown = AccountId("acc-unknown")
    for attempt in (
        lambda: access.accounts.get(LOCAL, unknown),
        lambda: access.accounts.set_disabled(LOCAL, unknown, True),
        lambda: access.accounts.set_password(LOCAL, unknown, "crocuses in the snow"),
    ):
        with pytest.raises(NotFound):
            attempt()


def test_a_key_that_expires_gives_nothing_that_outlives_it(access: Access):
    ada, bob = access.account("ada", "admin"), access.account("bob")
    lasting = Actor("key", "ada", ada.account_id, "admin", scopes=("admin",), key_id=KeyId("k-1"))
    passing = replace(lasting, expires_ms=access.clock.now_ms() + 1_000)
    gifts: tuple[Callable[[Actor], object], ...] = (
        lambda actor: access.accounts.create(actor, "eve", role="admin", password=PASSWORD),
        lambda actor: access.accounts.set_role(actor, "bob", "viewer"),
        lambda actor: access.accounts.set_role(actor, "bob", "viewer", experiment_id=DEFAULT_EXPERIMENT),
        lambda actor: access.accounts.set_role(actor, "bob", None, experiment_id=DEFAULT_EXPERIMENT),
        lambda actor: access.accounts.set_password(actor, bob.account_id, PASSWORD + "2"),
        lambda actor: access.accounts.set_disabled(actor, bob.account_id, disabled=False),
    )
    for give in gifts:
        with pytest.raises(Forbidden, match="outlive"):
            give(passing)
        give(lasting)
    access.accounts.set_disabled(passing, bob.account_id, True)


ADA = ExternalIdentity("https://login.example.org", "s-1")


def test_an_account_is_linked_and_unlinked(access: Access):
    root = access.actor("root", "admin")
    ada = access.account("ada", "viewer")
    login = access.logins.sign_in("ada", PASSWORD).secret
    assert access.accounts.link(root, ada.account_id, ADA) == replace(ada, external=ADA)
    assert access.accounts.link(root, ada.account_id, ADA).external == ADA
    assert access.logins.authenticate(login)[0].name == "ada"
    access.accounts.link(root, ada.account_id, ExternalIdentity(ADA.issuer, "s-2"))
    with pytest.raises(Unauthenticated):
        access.logins.authenticate(login)
    login = access.logins.sign_in("ada", PASSWORD).secret
    assert access.accounts.unlink(root, ada.account_id) == ada
    with pytest.raises(Unauthenticated):
        access.logins.authenticate(login)
    assert access.accounts.unlink(root, ada.account_id) == ada
    trail = [(entry.actor, entry.action, entry.details) for entry in access.trail() if "link" in entry.action]
    assert trail == [
        ("root", action, {"issuer": ADA.issuer, "subject": subject})
        for action, subject in (
            ("account.link", "s-1"), ("account.link", "s-1"), ("account.link", "s-2"), ("account.unlink", "s-2"),
        )
    ]  # fmt: skip


def test_only_who_manages_accounts_links_them(access: Access):
    experiment = make_experiment(access.stores).experiment_id
    ada = access.account("ada", "editor")
    access.accounts.set_role(LOCAL, "ada", "admin", experiment_id=experiment)
    own = account_actor(access.stores.accounts.get(ada.account_id))
    for actor in (ANONYMOUS, own, access.actor("eve", "editor")):
        with pytest.raises((Forbidden, Unauthenticated)):
            access.accounts.link(actor, ada.account_id, ADA)
        with pytest.raises((Forbidden, Unauthenticated)):
            access.accounts.unlink(actor, ada.account_id)
    access.accounts.link(LOCAL, ada.account_id, ADA)
    assert access.accounts.set_role(own, "ada", "editor", experiment_id=experiment).external is None


def test_a_key_that_expires_links_nobody(access: Access):
    root = access.actor("root", "admin")
    with pytest.raises(Forbidden, match="outlive"):
        access.accounts.link(replace(root, kind="key", scopes=("admin",), expires_ms=2**60), AccountId("x"), ADA)


def test_what_is_not_there_is_not_linked(access: Access):
    for call in (access.accounts.unlink, partial(_linked, access)):
        with pytest.raises(NotFound):
            call(LOCAL, AccountId("acc-none"))


def _linked(access: Access, actor: Actor, account_id: AccountId) -> object:
    return access.accounts.link(actor, account_id, ADA)


@pytest.mark.parametrize(
    "external",
    [
        ("https://a.example", ""), ("https://a.example", " s"), ("https://a.example", "a\nb"),
        ("https://a.example", "x" * 256), ("a.example", "s"), ("", "s"), ("https://" + "a" * 500, "s"),
        ("https://a\ud800", "s"),
    ],
)  # fmt: skip
def test_what_is_no_identity_is_refused(access: Access, external: tuple[str, str]):
    ada = access.account("ada")
    with pytest.raises(Invalid):
        access.accounts.link(LOCAL, ada.account_id, ExternalIdentity(*external))
    assert access.stores.accounts.get(ada.account_id) == ada
