from typing import cast, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lodeline.auth.actor import ANONYMOUS, LOCAL, SYSTEM, Actor, account_actor, key_actor
from lodeline.auth.policy import (
    EVERYWHERE,
    NOWHERE,
    Action,
    ExperimentAction,
    Reach,
    ServerAction,
    may,
    permit,
    permit_reach,
    permit_scope,
    reach_of,
)
from lodeline.domain.account import ROLES, SCOPES, Account, ApiKey, Role, Scope
from lodeline.domain.errors import Forbidden, NotFound, Unauthenticated
from lodeline.domain.ids import AccountId, ExperimentId, KeyId

ONE, TWO, THREE = ExperimentId("1"), ExperimentId("2"), ExperimentId("3")

# What the product promises, written out by hand. "none" is an account without any role.
ROLE_TABLE = """
                    admin editor viewer reviewer none
experiment.read       x     x      x      -       -
experiment.create     x     x      -      -       -
experiment.edit       x     x      -      -       -
experiment.delete     x     x      -      -       -
experiment.purge      x     -      -      -       -
experiment.share      x     -      -      -       -
trace.read            x     x      x      -       -
trace.ingest          x     x      -      -       -
trace.edit            x     x      -      -       -
trace.delete          x     x      -      -       -
assessment.read       x     x      x      -       -
assessment.write      x     x      -      -       -
assessment.delete     x     x      -      -       -
dataset.read          x     x      x      -       -
dataset.write         x     x      -      -       -
dataset.delete        x     x      -      -       -
prompt.read           x     x      x      -       -
prompt.write          x     x      -      -       -
prompt.delete         x     x      -      -       -
scorer.read           x     x      x      -       -
scorer.write          x     x      -      -       -
scorer.delete         x     x      -      -       -
label_schema.read     x     x      x      -       -
label_schema.write    x     x      -      -       -
label_schema.delete   x     x      -      -       -
labeling.read         x     x      x      -       -
labeling.write        x     x      -      -       -
labeling.review       x     x      -      x       -
audit.read            x     -      -      -       -
run.read              x     x      x      -       -
run.write             x     x      -      -       -
run.delete            x     x      -      -       -
model.read            x     x      x      -       -
model.write           x     x      -      -       -
model.delete          x     x      -      -       -
account.manage        x     -      -      -       -
account.edit_own      x     x      x      x       x
key.manage_own        x     x      x      x       x
key.manage_all        x     -      -      -       -
server.read           x     x      x      x       x
server.admin          x     -      -      -       -
server.measure        x     -      -      -       -
"""
# The same for keys of a server-wide admin, by their one scope.
SCOPE_TABLE = """
                    metrics ingest read write admin
experiment.read        -       -     x    x     x
experiment.create      -       -     -    x     x
experiment.edit        -       -     -    x     x
experiment.delete      -       -     -    x     x
experiment.purge       -       -     -    -     x
experiment.share       -       -     -    -     x
trace.read             -       -     x    x     x
trace.ingest           -       x     -    x     x
trace.edit             -       -     -    x     x
trace.delete           -       -     -    x     x
assessment.read        -       -     x    x     x
assessment.write       -       -     -    x     x
assessment.delete      -       -     -    x     x
dataset.read           -       -     x    x     x
dataset.write          -       -     -    x     x
dataset.delete         -       -     -    x     x
prompt.read            -       -     x    x     x
prompt.write           -       -     -    x     x
prompt.delete          -       -     -    x     x
scorer.read            -       -     x    x     x
scorer.write           -       -     -    x     x
scorer.delete          -       -     -    x     x
label_schema.read      -       -     x    x     x
label_schema.write     -       -     -    x     x
label_schema.delete    -       -     -    x     x
labeling.read          -       -     x    x     x
labeling.write         -       -     -    x     x
labeling.review        -       -     -    x     x
audit.read             -       -     -    -     x
run.read               -       -     x    x     x
run.write              -       -     -    x     x
run.delete             -       -     -    x     x
model.read             -       -     x    x     x
model.write            -       -     -    x     x
model.delete           -       -     -    x     x
account.manage         -       -     -    -     x
account.edit_own       -       -     -    -     -
key.manage_own         -       -     -    -     x
key.manage_all         -       -     -    -     x
server.read            -       x     x    x     x
server.admin           -       -     -    -     x
server.measure         x       -     -    -     x
"""
SERVER_TABLE = {
    "experiment.create", "account.manage", "account.edit_own", "key.manage_own", "key.manage_all", "server.read",
    "server.admin", "server.measure",
}  # fmt: skip
ACTIONS: tuple[Action, ...] = (*get_args(ExperimentAction), *get_args(ServerAction))
EXPERIMENT_ACTIONS: tuple[ExperimentAction, ...] = get_args(ExperimentAction)


def _table(text: str) -> dict[tuple[str, str], bool]:
    head, *rows = text.strip("\n").splitlines()
    names = head.split()
    cells: dict[tuple[str, str], bool] = {}
    for row in rows:
        action, *marks = row.split()
        assert len(marks) == len(names)
        cells |= {(name, action): mark == "x" for name, mark in zip(names, marks, strict=True)}
    return cells


ROLE_CELLS = _table(ROLE_TABLE)
SCOPE_CELLS = _table(SCOPE_TABLE)


def _account(role: Role | None, roles: dict[ExperimentId, Role] | None = None) -> Account:
    return Account(AccountId("acc-1"), "ada", role, 0, roles=roles or {})


def _person(role: Role | None, roles: dict[ExperimentId, Role] | None = None) -> Actor:
    return account_actor(_account(role, roles))


def _key(owner: Account, scopes: tuple[Scope, ...], within: tuple[ExperimentId, ...] | None = None) -> Actor:
    return key_actor(ApiKey(KeyId("key-1"), "k", "ldl_x", owner.account_id, scopes, 0, within), owner)


def test_tables_name_every_action_role_and_scope():
    assert {action for _, action in ROLE_CELLS} == {action for _, action in SCOPE_CELLS} == set(ACTIONS)
    assert {name for name, _ in ROLE_CELLS} == {*ROLES, "none"}
    assert {name for name, _ in SCOPE_CELLS} == set(SCOPES)
    assert set(get_args(ServerAction)) == SERVER_TABLE


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("role", [*ROLES, None])
def test_a_server_wide_role_allows_what_the_table_says_here_and_everywhere(role: Role | None, action: Action):
    expected = ROLE_CELLS[role or "none", action]
    assert may(_person(role), action) is expected
    assert may(_person(role), action, ONE) is expected


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("server_wide", [*ROLES, None])
def test_an_experiment_role_replaces_the_server_wide_one_there_alone(
    role: Role, server_wide: Role | None, action: Action
):
    actor = _person(server_wide, {ONE: role})
    effective = server_wide if server_wide == "admin" or action in SERVER_TABLE else role
    assert may(actor, action, ONE) is ROLE_CELLS[effective or "none", action]
    assert may(actor, action, TWO) is ROLE_CELLS[server_wide or "none", action]


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("scope", SCOPES)
def test_a_key_of_an_admin_may_do_what_its_scope_says(scope: Scope, action: Action):
    expected = SCOPE_CELLS[scope, action]
    key = _key(_account("admin"), (scope,))
    assert may(key, action) is expected
    assert may(key, action, ONE) is expected


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("scope", SCOPES)
def test_a_key_bound_to_experiments_does_nothing_elsewhere_nor_to_the_server(scope: Scope, action: Action):
    key = _key(_account("admin"), (scope,), (ONE,))
    read = action == "server.read" and SCOPE_CELLS[scope, action]
    assert may(key, action) is read
    if action in SERVER_TABLE:
        assert may(key, action, ONE) is read
    else:
        assert may(key, action, ONE) is SCOPE_CELLS[scope, action]
        assert may(key, action, TWO) is False


@pytest.mark.parametrize("action", ACTIONS)
def test_local_and_system_may_do_everything_and_nobody_nothing(action: Action):
    assert may(LOCAL, action)
    assert may(SYSTEM, action, ONE)
    assert not may(ANONYMOUS, action)
    assert not may(ANONYMOUS, action, ONE)


def test_a_key_without_an_owner_is_an_admins_within_its_scopes():
    key = key_actor(ApiKey(KeyId("key-1"), "k", "ldl_x", None, ("ingest",), 0), None)
    assert may(key, "trace.ingest", ONE)
    assert not may(key, "trace.read", ONE)
    assert key.author is None


roles = st.sampled_from(ROLES)
experiments = st.sampled_from([ONE, TWO, THREE])
accounts = st.builds(_account, st.one_of(st.none(), roles), st.dictionaries(experiments, roles))
scopes = st.lists(st.sampled_from(SCOPES), min_size=1, unique=True).map(tuple)
bounds = st.one_of(st.none(), st.lists(experiments, min_size=1, unique=True).map(tuple))


@given(accounts, scopes, bounds, st.sampled_from(ACTIONS), st.one_of(st.none(), experiments))
def test_a_key_never_does_more_than_its_owner(
    owner: Account,
    held: tuple[Scope, ...],
    within: tuple[ExperimentId, ...] | None,
    action: Action,
    where: ExperimentId | None,
):
    if may(_key(owner, held, within), action, where):
        assert may(account_actor(owner), action, where)
        assert any(SCOPE_CELLS[scope, action] for scope in held)


@given(
    owner=accounts,
    held=scopes,
    more=scopes,
    within=bounds,
    action=st.sampled_from(ACTIONS),
    where=st.one_of(st.none(), experiments),
)
def test_fewer_scopes_or_experiments_never_allow_more(
    *,
    owner: Account,
    held: tuple[Scope, ...],
    more: tuple[Scope, ...],
    within: tuple[ExperimentId, ...] | None,
    action: Action,
    where: ExperimentId | None,
):
    if may(_key(owner, held, within), action, where):
        assert may(_key(owner, (*held, *more), within), action, where)
        assert may(_key(owner, held), action, where)


@given(accounts, scopes, bounds, st.booleans(), st.sampled_from(EXPERIMENT_ACTIONS))
def test_reach_is_the_set_of_experiments_in_which_the_action_is_allowed(
    owner: Account,
    held: tuple[Scope, ...],
    within: tuple[ExperimentId, ...] | None,
    by_key: bool,
    action: ExperimentAction,
):
    actor = _key(owner, held, within) if by_key else account_actor(owner)
    reach = reach_of(actor, action)
    some = [ONE, TWO, THREE, ExperimentId("99")]
    assert list(reach.narrowed(some)) == [e for e in some if may(actor, action, e)]
    assert reach.everything is may(actor, action)
    assert reach.nothing is (not reach.all_but and not reach.narrowed(some))


def test_an_override_that_takes_reading_away_leaves_all_other_experiments():
    actor = _person("viewer", {ONE: "reviewer", TWO: "editor"})
    assert reach_of(actor, "trace.read") == Reach(frozenset({ONE}), all_but=True)
    assert reach_of(actor, "trace.edit") == Reach(frozenset({TWO}))
    assert reach_of(_person("admin", {ONE: "reviewer"}), "trace.read") == EVERYWHERE
    assert reach_of(ANONYMOUS, "trace.read") == NOWHERE


def test_permit_tells_nobody_what_they_may_not_know():
    with pytest.raises(Unauthenticated):
        permit(ANONYMOUS, "trace.read", ONE)
    with pytest.raises(NotFound) as hidden:
        permit(_person(None, {TWO: "editor"}), "trace.edit", ONE)
    assert hidden.value.error_code == "experiment_not_found"
    with pytest.raises(NotFound) as named:
        permit(_person(None), "trace.read", ONE, missing=NotFound.of("trace", "tr-1"))
    assert named.value.error_code == "trace_not_found"
    with pytest.raises(Forbidden) as refused:
        permit(_person("viewer"), "trace.edit", ONE)
    assert (refused.value.details["action"], refused.value.details["experiment_id"]) == ("trace.edit", "1")


def test_permit_answers_an_ingest_key_honestly_where_it_writes():
    key = _key(_account("admin"), ("ingest",), (ONE,))
    with pytest.raises(Forbidden, match="the key's scope is ingest, and this needs read"):
        permit(key, "trace.read", ONE)
    with pytest.raises(NotFound):
        permit(key, "trace.read", TWO)


def test_permit_reach_refuses_who_may_do_it_nowhere():
    with pytest.raises(Unauthenticated):
        permit_reach(ANONYMOUS, "trace.read")
    with pytest.raises(Forbidden):
        permit_reach(_person("reviewer"), "trace.read")
    with pytest.raises(Forbidden):
        permit_reach(_key(_account("admin"), ("ingest",)), "trace.read")
    assert permit_reach(_person("reviewer", {TWO: "viewer"}), "trace.read").narrowed([ONE, TWO]) == (TWO,)


def test_a_refusal_names_the_key_by_its_visible_prefix():
    with pytest.raises(Forbidden, match=r"ada \(key ldl_x\) may not do trace\.read"):
        permit(_key(_account("admin"), ("ingest",)), "trace.read")


@pytest.mark.parametrize(
    ("actor", "action", "said"),
    [
        (
            _key(_account("admin"), ("ingest",)),
            "trace.read",
            "the key's scope is ingest, and this needs read; use an API key of scope read.",
        ),
        (
            _key(_account("admin"), ("ingest", "read")),
            "run.write",
            "the key's scope is ingest and read, and this needs write; use an API key of scope write.",
        ),
        (
            _key(_account("admin"), ("admin",)),
            "account.edit_own",
            "the key's scope is admin, and no key may; sign in as the account that it belongs to.",
        ),
        (
            _key(_account("admin"), ("write",), (ONE,)),
            "experiment.create",
            "the key is bound to experiments; use an API key that is bound to none.",
        ),
        (
            _key(_account("viewer"), ("read",)),
            "run.write",
            "the key's scope is read, and this needs write and the role editor; ask an admin for the role first.",
        ),
        (
            _key(_account("editor"), ("read",), (ONE,)),
            "experiment.create",
            "the key's scope is read, and this needs write; use an API key of scope write.",
        ),
        (_key(_account("viewer"), ("write",)), "run.write", "this needs the role editor; ask an admin for it."),
        (_person("reviewer"), "trace.read", "this needs the role viewer; ask an admin for it."),
        (_person("editor"), "account.manage", "this needs the role admin; ask an admin for it."),
    ],
)
def test_a_refusal_says_what_is_missing_and_what_to_do(actor: Actor, action: Action, said: str):
    with pytest.raises(Forbidden) as refused:
        permit(actor, action)
    assert refused.value.message.endswith(said)
    assert refused.value.details["roles"] or action == "account.edit_own"


def test_a_refusal_in_one_experiment_names_it():
    said = r"this needs the role editor; ask an admin for it in experiment 1\."
    with pytest.raises(Forbidden, match=said) as refused:
        permit(_person("viewer"), "trace.edit", ONE)
    assert refused.value.details == {
        "action": "trace.edit", "experiment_id": ONE, "scopes": ["write", "admin"], "roles": ["editor", "admin"],
    }  # fmt: skip


@pytest.mark.parametrize("action", sorted({*get_args(ExperimentAction), *get_args(ServerAction)}))
def test_what_a_refusal_names_is_enough_and_all_that_is(action: Action):
    keyless = _key(_account("admin"), ())
    with pytest.raises(Forbidden) as refused:
        permit(keyless, action)
    scopes = cast(list[str], refused.value.details["scopes"])
    assert scopes == [scope for scope in SCOPES if may(_key(_account("admin"), (scope,)), action)]
    assert bool(scopes) != ("no key may" in refused.value.message)
    if may(_person(None), action):
        return
    with pytest.raises(Forbidden) as refused:
        permit(_person(None), action)
    roles = cast(list[str], refused.value.details["roles"])
    assert roles
    assert set(roles) == {role for role in ROLES if may(_person(role), action)}


@pytest.mark.parametrize("experiment_id", [None, ONE])
def test_a_scope_that_is_refused_is_named_with_what_is_missing(experiment_id: ExperimentId | None):
    with pytest.raises(Forbidden) as refused:
        permit_scope(_person("viewer"), "write", experiment_id)
    assert "may not do trace.edit" in refused.value.message
    assert "this needs the role editor; ask an admin for it" in refused.value.message
    assert refused.value.message.endswith("; without it no key gets the scope write.")
    permit_scope(_person("viewer"), "read", experiment_id)


def test_a_scope_for_the_whole_server_is_asked_for_there():
    with pytest.raises(Forbidden) as refused:
        permit_scope(_person("editor"), "metrics", ONE)
    assert "may not do server.measure: this needs the role admin; ask an admin for it;" in refused.value.message
