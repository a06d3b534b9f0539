"""Policy: the one table that says which role may do what. Deny by default; one place for every door.

- `admin` of the whole server may do everything, everywhere; nothing narrows it but a key's limits.
- Per experiment, `Account.roles` replaces the server-wide role, upwards or downwards.
- Whoever is signed in, with any role or none, may read what the server is and look after their own account and keys.
- A key never does more than its owner, cut down to its scopes and experiments.

`permit` decides about one experiment or the server, `reach` says in which experiments something is allowed: lists
restrict themselves to it inside the query, so that counts and pages leak nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal, get_args

from lodeline.auth.actor import Actor
from lodeline.domain.account import SCOPES, Role, Scope
from lodeline.domain.errors import Forbidden, Invalid, LodelineError, NotFound, Unauthenticated
from lodeline.domain.ids import ExperimentId

ExperimentAction = Literal[
    "experiment.read", "experiment.edit", "experiment.delete", "experiment.purge", "experiment.share",
    "trace.read", "trace.ingest", "trace.edit", "trace.delete",
    "assessment.read", "assessment.write", "assessment.delete",
    "audit.read",
    "run.read", "run.write", "run.delete",
    "model.read", "model.write", "model.delete",
    "dataset.read", "dataset.write", "dataset.delete",
    "prompt.read", "prompt.write", "prompt.delete",
    "scorer.read", "scorer.write", "scorer.delete",
    "label_schema.read", "label_schema.write", "label_schema.delete",
    "labeling.read", "labeling.write", "labeling.review",
]  # fmt: skip
"""What is done within one experiment. `experiment.delete` includes restoring, `experiment.share` gives roles.

`labeling.read` and `labeling.write` are about sessions as a whole, `labeling.review` is to review items in one."""
ServerAction = Literal[
    "experiment.create", "account.manage", "account.edit_own", "key.manage_own", "key.manage_all", "server.read",
    "server.admin", "server.measure",
]  # fmt: skip
"""What no single experiment's role can grant. `server.read` is the version and the capabilities, not the figures;
`server.measure` is the figures for Prometheus."""
Action = Literal[ExperimentAction, ServerAction]

EXPERIMENT_ACTIONS: frozenset[ExperimentAction] = frozenset(get_args(ExperimentAction))
SERVER_ACTIONS: frozenset[ServerAction] = frozenset(get_args(ServerAction))
OWN_ACTIONS: frozenset[Action] = frozenset({"server.read", "account.edit_own", "key.manage_own"})
"""Every account may do these, whatever its role."""

_VIEW: frozenset[Action] = frozenset({
    "experiment.read", "trace.read", "assessment.read", "run.read", "model.read",
    "dataset.read", "prompt.read", "scorer.read", "label_schema.read", "labeling.read",
})  # fmt: skip
_EDIT = _VIEW | frozenset[Action]({
    "experiment.create", "experiment.edit", "experiment.delete", "trace.ingest", "trace.edit", "trace.delete",
    "assessment.write", "assessment.delete", "run.write", "run.delete", "model.write", "model.delete",
    "dataset.write", "dataset.delete", "prompt.write", "prompt.delete", "scorer.write", "scorer.delete",
    "label_schema.write", "label_schema.delete", "labeling.write", "labeling.review",
})  # fmt: skip
_ADMIN = _EDIT | frozenset[Action]({
    "experiment.purge", "experiment.share", "audit.read", "account.manage", "key.manage_all", "server.admin",
    "server.measure",
})  # fmt: skip
ROLE_ACTIONS: dict[Role, frozenset[Action]] = {
    "admin": _ADMIN,
    "editor": _EDIT,
    "viewer": _VIEW,
    "reviewer": frozenset({"labeling.review"}),
}
"""A reviewer sees only the labeling sessions that name them, and of an item only what the session shows."""
SCOPE_ACTIONS: dict[Scope, frozenset[Action]] = {
    "metrics": frozenset({"server.measure"}),
    "ingest": frozenset({"trace.ingest", "server.read"}),
    "read": _VIEW | frozenset[Action]({"server.read"}),
    "write": _EDIT | frozenset[Action]({"server.read"}),
    "admin": _ADMIN | frozenset[Action]({"server.read", "key.manage_own"}),
}
"""No key changes its owner's password, and only a key of scope admin makes or revokes keys. One of scope metrics lies
with another program, which scrapes the figures: it reads nothing else."""
SCOPE_NEEDS: dict[Scope, Action] = {
    "metrics": "server.measure",
    "ingest": "trace.ingest",
    "read": "trace.read",
    "write": "trace.edit",
    "admin": "experiment.share",
}
"""Who gives a scope to a key must be able to do this themselves: to the server, or in some experiment."""


@dataclass(frozen=True, slots=True)
class Reach:
    """A set of experiments: those of `experiment_ids`; or, with `all_but`, every other one, future ones included."""

    experiment_ids: frozenset[ExperimentId] = frozenset()
    all_but: bool = False

    def __contains__(self, experiment_id: ExperimentId) -> bool:
        return (experiment_id in self.experiment_ids) != self.all_but

    @property
    def everything(self) -> bool:
        """Whether every experiment is in it."""
        return self.all_but and not self.experiment_ids

    @property
    def nothing(self) -> bool:
        """Whether it is empty whatever experiments there are."""
        return not self.all_but and not self.experiment_ids

    def narrowed(self, experiment_ids: Iterable[ExperimentId]) -> tuple[ExperimentId, ...]:
        """Return those of `experiment_ids` that are in it, in their order."""
        return tuple(e for e in experiment_ids if e in self)


EVERYWHERE = Reach(all_but=True)
NOWHERE = Reach()


def reach_of(actor: Actor, action: ExperimentAction) -> Reach:
    """Return the experiments in which the actor may do this."""
    if actor.kind in {"local", "system"}:
        return EVERYWHERE
    if actor.kind == "anonymous" or not _in_scope(actor, action):
        return NOWHERE
    by_default = _grants(actor.role, action)
    if actor.role == "admin":
        found = EVERYWHERE
    else:
        others = frozenset(e for e, role in actor.roles.items() if _grants(role, action) != by_default)
        found = Reach(others, all_but=by_default)
    if actor.experiment_ids is not None:
        return Reach(frozenset(found.narrowed(actor.experiment_ids)))
    return found


def may(actor: Actor, action: Action, experiment_id: ExperimentId | None = None) -> bool:
    """Tell whether the actor may do this: in this experiment, or (None) in every one, present and future.

    For a `ServerAction` the experiment does not matter.
    """
    if action in EXPERIMENT_ACTIONS:
        reach = reach_of(actor, action)
        return reach.everything if experiment_id is None else experiment_id in reach
    if actor.kind in {"local", "system"}:
        return True
    if actor.kind == "anonymous" or not _in_scope(actor, action):
        return False
    # A key that is bound to experiments does nothing to the server they are on.
    if actor.experiment_ids is not None and action != "server.read":
        return False
    return action in OWN_ACTIONS or _grants(actor.role, action)


def permit(actor: Actor, action: Action, experiment_id: ExperimentId | None = None, *,
           missing: NotFound | None = None) -> None:  # fmt: skip
    """Return when `may` says yes; else raise, telling nobody of what they may not know.

    Unauthenticated for nobody; NotFound when the actor may neither read nor feed the experiment (`missing` when
    given: what a thing in it is called when it does not exist); Forbidden otherwise.
    """
    if may(actor, action, experiment_id):
        return
    if experiment_id is not None and actor.kind != "anonymous" and action in EXPERIMENT_ACTIONS:
        knows = may(actor, "experiment.read", experiment_id) or may(actor, "trace.ingest", experiment_id)
        if not knows:
            raise missing or NotFound.of("experiment", experiment_id)
    raise _refusal(actor, action, experiment_id)


def permit_scope(actor: Actor, scope: Scope, experiment_id: ExperimentId | None = None) -> None:
    """Return when the actor may give this scope to a key: for one experiment, or (None) for all that its owner
    reaches. Errors as of `permit`; Invalid for an experiment and a scope that is for the whole server."""
    needed = SCOPE_NEEDS[scope]
    try:
        if needed not in EXPERIMENT_ACTIONS:
            permit(actor, needed)
        elif experiment_id is None:
            permit_reach(actor, needed)
        else:
            permit(actor, needed, experiment_id)
    except Forbidden as refusal:
        refusal.message = f"{refusal.message[:-1]}; without it no key gets the scope {scope}."
        raise
    if needed not in EXPERIMENT_ACTIONS and experiment_id is not None:
        raise Invalid(
            f"scopes: {scope} is for the whole server, and a key that is bound to experiments does nothing to it; "
            f"leave out the experiments, or make a key of its own for {scope}."
        )


def permit_reach(actor: Actor, action: ExperimentAction) -> Reach:
    """Return the experiments in which the actor may do this; Unauthenticated for nobody, Forbidden when none.

    The first statement of every list, and of everything found by an id whose experiment is not known yet.
    """
    reach = reach_of(actor, action)
    if reach.nothing:
        raise _refusal(actor, action, None)
    return reach


def _grants(role: Role | None, action: Action) -> bool:
    return role is not None and action in ROLE_ACTIONS[role]


def _in_scope(actor: Actor, action: Action) -> bool:
    return actor.scopes is None or any(action in SCOPE_ACTIONS[scope] for scope in actor.scopes)


def check_known(actor: Actor) -> None:
    """Return when somebody asks; Unauthenticated for nobody."""
    if actor.kind == "anonymous":
        raise Unauthenticated("nobody is signed in; sign in, or send an API key as 'Authorization: Bearer <key>'.")


def _refusal(actor: Actor, action: Action, experiment_id: ExperimentId | None) -> LodelineError:
    check_known(actor)
    where = f" in experiment {experiment_id}" if experiment_id is not None else ""
    missing, what_to_do = _lack(actor, action, experiment_id, where)
    return Forbidden(
        f"{actor.label} may not do {action}{where}: {missing}; {what_to_do}.",
        details={
            "action": action,
            "experiment_id": experiment_id,
            "scopes": [scope for scope in _SCOPES if action in SCOPE_ACTIONS[scope]],
            "roles": [role for role in _ROLES if action in ROLE_ACTIONS[role]],
        },
    )


def _lack(actor: Actor, action: Action, experiment_id: ExperimentId | None, where: str) -> tuple[str, str]:
    """Return what the actor lacks for an action, and what to do about it. All of it is about the actor itself."""
    role = next((role for role in _ROLES if action in ROLE_ACTIONS[role]), None)
    if actor.scopes is not None and not _in_scope(actor, action):
        has = f"the key's scope is {' and '.join(sorted(actor.scopes)) or 'none'}"
        scope = next((scope for scope in _SCOPES if action in SCOPE_ACTIONS[scope]), None)
        if scope is None:
            return f"{has}, and no key may", "sign in as the account that it belongs to"
        if role is None or _may_without_key(actor, action, experiment_id):
            return f"{has}, and this needs {scope}", f"use an API key of scope {scope}"
        return f"{has}, and this needs {scope} and the role {role}", f"ask an admin for the role{where} first"
    if actor.experiment_ids is not None and action in SERVER_ACTIONS:
        return "the key is bound to experiments", "use an API key that is bound to none"
    return f"this needs the role {role}", f"ask an admin for it{where}"


def _may_without_key(actor: Actor, action: Action, experiment_id: ExperimentId | None) -> bool:
    """Tell whether a key's owner may do this: in the experiment, or (None) in any."""
    owner = replace(actor, kind="account", scopes=None, experiment_ids=None)
    if action in EXPERIMENT_ACTIONS and experiment_id is None:
        return not reach_of(owner, action).nothing
    return may(owner, action, experiment_id)


_SCOPES: tuple[Scope, ...] = SCOPES
_ROLES: tuple[Role, ...] = ("reviewer", "viewer", "editor", "admin")
"""From the least to the widest: the first that includes an action is the one to ask for."""
