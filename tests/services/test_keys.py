import threading
from collections.abc import Iterator
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lodeline.auth.actor import ANONYMOUS, LOCAL, Actor, account_actor
from lodeline.auth.policy import EXPERIMENT_ACTIONS, SERVER_ACTIONS, may
from lodeline.auth.secrets import is_key
from lodeline.domain.account import ROLES, SCOPES, Role, Scope
from lodeline.domain.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    TooLarge,
    Unauthenticated,
)
from lodeline.domain.experiment import ExperimentDraft
from lodeline.domain.ids import DEFAULT_EXPERIMENT, AccountId, ExperimentId, KeyId
from lodeline.services import keys as module
from lodeline.services.audit import audit_entry
from tests.examples import examples
from tests.services.access import Access, open_access

DAY_MS = 86_400_000
SCOPE_SETS = [subset for size in range(1, len(SCOPES) + 1) for subset in combinations(SCOPES, size)]


@pytest.fixture
def access() -> Iterator[Access]:
    with open_access() as opened:
        yield opened


def _experiment(access: Access, name: str) -> ExperimentId:
    entry = audit_entry(LOCAL, "experiment.create", name, at_ms=0)
    return access.stores.experiments.create(ExperimentDraft(name), now_ms=0, audit=entry).experiment_id


def test_a_key_acts_for_its_owner_within_its_scopes(access: Access):
    ada = access.actor("ada", "editor")
    made = access.keys.create(ada, "collector", ["ingest"])
    assert is_key(made.secret)
    assert made.secret.startswith(made.key.prefix)
    actor = access.keys.authenticate(made.secret)
    assert (actor.kind, actor.name, actor.author, actor.scopes) == ("key", "ada", "ada", ("ingest",))
    assert actor.label == f"ada (key {made.key.prefix})"
    assert may(actor, "trace.ingest", DEFAULT_EXPERIMENT)
    assert not may(actor, "trace.read", DEFAULT_EXPERIMENT)


def test_a_keys_rights_follow_its_owners_role_at_once(access: Access):
    access.account("root", "admin")
    secret = access.keys.create(access.actor("ada", "editor"), "k", ["write"]).secret
    access.accounts.set_role(LOCAL, "ada", "viewer")
    assert not may(access.keys.authenticate(secret), "trace.edit", DEFAULT_EXPERIMENT)
    access.accounts.set_role(LOCAL, "ada", "editor", experiment_id=DEFAULT_EXPERIMENT)
    assert may(access.keys.authenticate(secret), "trace.edit", DEFAULT_EXPERIMENT)


def test_a_revoked_key_is_useless_at_once_and_stays_listed(access: Access):
    ada = access.actor("ada", "editor")
    made = access.keys.create(ada, "k", ["read"])
    access.keys.authenticate(made.secret)
    revoked = access.keys.revoke(ada, made.key.key_id)
    assert revoked.revoked_ms == access.clock.now_ms()
    with pytest.raises(Unauthenticated, match="revoked"):
        access.keys.authenticate(made.secret)
    access.clock.advance(60)
    assert access.keys.revoke(ada, made.key.key_id) == revoked
    assert [key.revoked_ms for key in access.keys.list(ada)] == [revoked.revoked_ms]


def test_a_key_expires(access: Access):
    ada = access.actor("ada", "editor")
    secret = access.keys.create(ada, "k", ["read"], expires_ms=access.clock.now_ms() + DAY_MS).secret
    access.clock.advance(DAY_MS / 1000 - 1)
    access.keys.authenticate(secret)
    access.clock.advance(1)
    with pytest.raises(Unauthenticated, match="expired"):
        access.keys.authenticate(secret)


@pytest.mark.parametrize("ahead_ms", [0, -1, 300_000_000_000_000])
def test_an_expiry_lies_in_the_future(access: Access, ahead_ms: int):
    with pytest.raises(Invalid, match="expires_ms"):
        access.keys.create(LOCAL, "k", ["read"], expires_ms=access.clock.now_ms() + ahead_ms)


@pytest.mark.parametrize("secret", ["", "x", "ldl_read_", "Bearer x", "\ud800", "ldl_read_" + "0" * 57, "x" * 10**6])
def test_what_is_no_key_is_refused_without_being_quoted(access: Access, secret: str):
    with pytest.raises(Unauthenticated, match="not a whole Lodeline key") as refused:
        access.keys.authenticate(secret)
    assert len(secret) < 3 or secret not in str(refused.value)


def test_a_key_of_another_store_is_unknown(access: Access):
    with open_access() as other:
        secret = other.keys.create(LOCAL, "k", ["read"]).secret
    with pytest.raises(Unauthenticated, match="does not know"):
        access.keys.authenticate(secret)


@pytest.mark.parametrize("scopes", SCOPE_SETS)
@pytest.mark.parametrize("role", ROLES)
def test_nobody_gives_a_scope_that_they_do_not_have(access: Access, role: Role, scopes: tuple[Scope, ...]):
    access.account("root", "admin")
    actor = access.actor("ada", role)
    has: dict[Role, set[Scope]] = {
        "admin": {"metrics", "ingest", "read", "write", "admin"},
        "editor": {"ingest", "read", "write"},
        "viewer": {"read"},
        "reviewer": set(),
    }
    if set(scopes) <= has[role]:
        assert access.keys.create(actor, "k", scopes).key.scopes == scopes
    else:
        with pytest.raises(Forbidden):
            access.keys.create(actor, "k", scopes)


@pytest.mark.parametrize("held", SCOPE_SETS)
def test_only_a_key_of_scope_admin_makes_lists_or_revokes_keys(access: Access, held: tuple[Scope, ...]):
    root = access.actor("root", "admin")
    made = access.keys.create(root, "parent", held)
    key = access.keys.authenticate(made.secret)
    if "admin" in held:
        assert access.keys.create(key, "child", ["admin"]).key.owner_id == root.account_id
        assert len(access.keys.list(key)) == 2
        assert access.keys.revoke(key, made.key.key_id).revoked_ms is not None
        return
    with pytest.raises(Forbidden):
        access.keys.create(key, "child", ["ingest"])
    with pytest.raises(Forbidden):
        access.keys.list(key)
    with pytest.raises(Forbidden):
        access.keys.revoke(key, made.key.key_id)


def test_a_key_bound_to_experiments_makes_no_keys(access: Access):
    root = access.actor("root", "admin")
    bound = access.keys.create(root, "k", ["admin"], experiment_ids=[DEFAULT_EXPERIMENT])
    for within in (None, [DEFAULT_EXPERIMENT]):
        with pytest.raises(Forbidden):
            access.keys.create(access.keys.authenticate(bound.secret), "k", ["read"], experiment_ids=within)


def test_a_scope_for_the_whole_server_is_not_bound_to_experiments(access: Access):
    root = access.actor("root", "admin")
    with pytest.raises(Invalid, match="metrics is for the whole server"):
        access.keys.create(root, "k", ["read", "metrics"], experiment_ids=[DEFAULT_EXPERIMENT])
    ada = access.actor("ada", "viewer")
    with pytest.raises(Forbidden, match=r"server\.measure"):
        access.keys.create(ada, "k", ["metrics"], experiment_ids=[DEFAULT_EXPERIMENT])


def test_a_key_of_scope_metrics_does_nothing_but_measure(access: Access):
    made = access.keys.create(access.actor("root", "admin"), "prometheus", ["metrics"])
    key = access.keys.authenticate(made.secret)
    assert {action for action in EXPERIMENT_ACTIONS | SERVER_ACTIONS if may(key, action)} == {"server.measure"}


def test_a_key_makes_no_key_that_outlives_it(access: Access):
    until = access.clock.now_ms() + DAY_MS
    parent = access.keys.create(access.actor("root", "admin"), "k", ["admin"], expires_ms=until)
    key = access.keys.authenticate(parent.secret)
    assert key.expires_ms == until
    for later in (until + 1, None):
        with pytest.raises(Forbidden, match="outlive"):
            access.keys.create(key, "k", ["read"], expires_ms=later)
    assert access.keys.create(key, "k", ["read"], expires_ms=until).key.expires_ms == until


def test_a_key_may_be_bound_to_experiments_its_maker_reaches(access: Access):
    one, two = _experiment(access, "one"), _experiment(access, "two")
    access.account("root", "admin")
    access.account("ada")
    ada = account_actor(access.accounts.set_role(LOCAL, "ada", "editor", experiment_id=one))
    made = access.keys.create(ada, "k", ["ingest", "read"], experiment_ids=[one, one])
    assert made.key.experiment_ids == (one,)
    assert may(access.keys.authenticate(made.secret), "trace.ingest", one)
    assert not may(access.keys.authenticate(made.secret), "trace.ingest", two)
    with pytest.raises(NotFound):
        access.keys.create(ada, "k", ["read"], experiment_ids=[one, two])
    with pytest.raises(Forbidden):
        access.keys.create(ada, "k", ["admin"], experiment_ids=[one])
    with pytest.raises(NotFound):
        access.keys.create(LOCAL, "k", ["read"], experiment_ids=[ExperimentId("77")])
    with pytest.raises(Invalid, match="none given"):
        access.keys.create(LOCAL, "k", ["read"], experiment_ids=[])
    with pytest.raises(TooLarge):
        access.keys.create(LOCAL, "k", ["read"], experiment_ids=[ExperimentId(str(n)) for n in range(101)])


def test_a_key_for_another_account_needs_an_admin_and_is_no_stronger_than_that_account(access: Access):
    root, ada = access.actor("root", "admin"), access.actor("ada", "editor")
    viewer = access.account("viewer", "viewer")
    made = access.keys.create(root, "k", ["read"], owner_id=viewer.account_id)
    assert access.keys.authenticate(made.secret).name == "viewer"
    with pytest.raises(Forbidden):
        access.keys.create(root, "k", ["write"], owner_id=viewer.account_id)
    with pytest.raises(Forbidden):
        access.keys.create(ada, "k", ["read"], owner_id=viewer.account_id)
    with pytest.raises(NotFound):
        access.keys.create(root, "k", ["read"], owner_id=AccountId("acc-unknown"))


def test_one_lists_and_revokes_ones_own_keys_and_an_admin_all(access: Access):
    root, ada, bob = access.actor("root", "admin"), access.actor("ada", "editor"), access.actor("bob", "viewer")
    hers, his = access.keys.create(ada, "hers", ["read"]).key, access.keys.create(bob, "his", ["read"]).key
    assert access.keys.list(ada) == [hers]
    assert access.keys.list(root) == []
    assert access.keys.list(root, all_owners=True) == [his, hers] == access.keys.list(LOCAL)
    with pytest.raises(Forbidden):
        access.keys.list(ada, all_owners=True)
    with pytest.raises(NotFound):
        access.keys.revoke(ada, his.key_id)
    with pytest.raises(NotFound):
        access.keys.revoke(root, KeyId("key-unknown"))
    assert access.keys.revoke(root, his.key_id).revoked_ms is not None


def test_nobody_makes_lists_or_revokes_nothing(access: Access):
    with pytest.raises(Unauthenticated):
        access.keys.create(ANONYMOUS, "k", ["read"])
    with pytest.raises(Unauthenticated):
        access.keys.list(ANONYMOUS)
    with pytest.raises(Unauthenticated):
        access.keys.revoke(ANONYMOUS, KeyId("key-1"))


def test_without_accounts_a_key_has_no_owner_and_does_what_its_scopes_say(access: Access):
    made = access.keys.create(LOCAL, "k", ["ingest"])
    assert made.key.owner_id is None
    actor = access.keys.authenticate(made.secret)
    assert may(actor, "trace.ingest", DEFAULT_EXPERIMENT)
    assert not may(actor, "experiment.read", DEFAULT_EXPERIMENT)
    assert [key.key_id for key in access.keys.list(LOCAL)] == [made.key.key_id]


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "\ud800"])
def test_a_key_needs_a_readable_name(access: Access, name: str):
    with pytest.raises(Invalid, match="key name"):
        access.keys.create(LOCAL, name, ["read"])


def test_a_key_needs_scopes(access: Access):
    with pytest.raises(Invalid, match="scopes"):
        access.keys.create(LOCAL, "k", [])


def test_an_owner_has_a_bounded_number_of_valid_keys(access: Access, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "MAX_KEYS", 2)
    ada, bob = access.actor("ada", "editor"), access.actor("bob", "editor")
    first = access.keys.create(ada, "k", ["read"])
    access.keys.create(ada, "k", ["read"], expires_ms=access.clock.now_ms() + 1000)
    with pytest.raises(Conflict, match="revoke some"):
        access.keys.create(ada, "k", ["read"])
    access.keys.create(bob, "k", ["read"])
    access.keys.revoke(ada, first.key.key_id)
    access.keys.create(ada, "k", ["read"])
    access.clock.advance(1)
    access.keys.create(ada, "k", ["read"])


def test_uses_are_told_to_the_store_in_bulk_and_once_a_day_to_the_audit_trail(access: Access):
    ada = access.actor("ada", "editor")
    made, idle = access.keys.create(ada, "k", ["read"]), access.keys.create(ada, "idle", ["read"])
    for _ in range(5):
        access.clock.advance(1)
        access.keys.authenticate(made.secret)
    assert access.keys.list(ada)[1].last_used_ms == access.clock.now_ms()  # what was not told yet is seen as well
    assert access.stores.keys.list()[1].last_used_ms is None
    assert access.keys.flush_uses() == 1
    assert access.keys.flush_uses() == 0
    used = {key.key_id: key.last_used_ms for key in access.keys.list(ada)}
    assert used == {made.key.key_id: access.clock.now_ms(), idle.key.key_id: None}
    access.clock.advance(3600)
    access.keys.authenticate(made.secret)
    access.keys.flush_uses()
    assert access.actions().count("key.use") == 1
    access.clock.advance(DAY_MS / 1000 + 1)
    access.keys.authenticate(made.secret)
    access.keys.flush_uses()
    assert access.actions().count("key.use") == 2
    assert access.trail()[-1].actor == f"ada (key {made.key.prefix})"


def test_uses_from_many_threads_are_all_told(access: Access):
    ada = access.actor("ada", "editor")
    secrets = [access.keys.create(ada, f"k{n}", ["read"]).secret for n in range(8)]
    flushed: list[int] = []

    def use(secret: str) -> None:
        for _ in range(50):
            access.keys.authenticate(secret)
            flushed.append(access.keys.flush_uses())

    threads = [threading.Thread(target=use, args=(secret,)) for secret in secrets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    access.keys.flush_uses()
    assert all(key.last_used_ms == access.clock.now_ms() for key in access.keys.list(ada))
    assert sum(flushed) >= 8


def test_keys_are_audited_and_nothing_secret_is_shown(access: Access):
    ada = access.actor("ada", "editor")
    made = access.keys.create(ada, "k", ["ingest", "read"], experiment_ids=[DEFAULT_EXPERIMENT])
    access.keys.revoke(ada, made.key.key_id)
    created, revoked = access.trail()[-2:]
    assert (created.action, created.actor, created.target) == ("key.create", "ada", made.key.key_id)
    assert created.details == {
        "prefix": made.key.prefix,
        "scopes": "ingest read",
        "experiment_ids": "0",
        "owner_id": ada.account_id,
    }
    assert (revoked.action, revoked.details) == ("key.revoke", {"prefix": made.key.prefix})
    hidden = made.secret.removeprefix(made.key.prefix)
    assert hidden not in repr(made)
    assert hidden not in repr(access.trail())


roles = st.sampled_from([*ROLES, None])
grants = st.dictionaries(st.sampled_from(["0", "1", "2"]).map(ExperimentId), st.sampled_from(ROLES))
wanted = st.lists(st.sampled_from(SCOPES), min_size=1, unique=True)
within = st.one_of(st.none(), st.lists(st.sampled_from(["0", "1", "2"]).map(ExperimentId), min_size=1, unique=True))
expiries = st.one_of(st.none(), st.integers(0, 5).map(lambda day: 1_767_225_600_001 + day * DAY_MS))


@settings(max_examples=examples(100), deadline=None)
@given(data=st.data(), role=roles, granted=grants)
def test_no_chain_of_keys_ever_gains_a_right(
    data: st.DataObject, role: Role | None, granted: dict[ExperimentId, Role]
):
    with open_access() as access:
        access.account("root", "admin")
        for name in ("one", "two"):
            _experiment(access, name)
        access.account("ada", role)
        for experiment_id, there in granted.items():
            access.accounts.set_role(LOCAL, "ada", there, experiment_id=experiment_id)
        maker: Actor = account_actor(next(a for a in access.accounts.list(LOCAL) if a.name == "ada"))
        for _ in range(3):
            scopes, bound, until = data.draw(wanted), data.draw(within), data.draw(expiries)
            try:
                made = access.keys.create(maker, "k", scopes, experiment_ids=bound, expires_ms=until)
            except (Forbidden, Invalid, NotFound):
                return
            key = access.keys.authenticate(made.secret)
            for action in EXPERIMENT_ACTIONS | SERVER_ACTIONS:
                for where in (None, *map(ExperimentId, "0129")):
                    assert may(maker, action, where) or not may(key, action, where)
            if maker.expires_ms is not None:
                assert key.expires_ms is not None
                assert key.expires_ms <= maker.expires_ms
            maker = key
