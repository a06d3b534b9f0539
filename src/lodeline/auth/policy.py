"""Policy: the one table that says which role may do what. Deny by default; one place for every door.

`admin` of the whole server may do everything. Per experiment, `Account.roles` overrides the server-wide role. A key
never does more than its owner, cut down to its scopes and experiments.
"""

from typing import Literal

from lodeline.auth.actor import Actor
from lodeline.domain.account import Role, Scope
from lodeline.domain.errors import Forbidden, NotFound, Unauthenticated
from lodeline.domain.ids import ExperimentId

Action = Literal[
    "experiment.read", "experiment.create", "experiment.edit", "experiment.delete", "experiment.purge",
    "trace.read", "trace.ingest", "trace.edit", "trace.delete",
    "assessment.read", "assessment.write", "assessment.delete",
    "audit.read", "account.manage", "key.manage_own", "key.manage_all", "server.admin", "server.read",
]  # fmt: skip

_VIEW: frozenset[Action] = frozenset(
    {"experiment.read", "trace.read", "assessment.read", "key.manage_own", "server.read"}
)
_EDIT: frozenset[Action] = _VIEW | {
    "experiment.create", "experiment.edit", "experiment.delete", "trace.ingest", "trace.edit", "trace.delete",
    "assessment.write", "assessment.delete",
}  # fmt: skip
_ADMIN: frozenset[Action] = _EDIT | {
    "experiment.purge", "audit.read", "account.manage", "key.manage_all", "server.admin",
}  # fmt: skip
ROLE_ACTIONS: dict[Role, frozenset[Action]] = {
    "admin": _ADMIN,
    "editor": _EDIT,
    "viewer": _VIEW,
    "reviewer": frozenset({"key.manage_own", "server.read"}),
}
"""A reviewer sees only the labeling sessions assigned to them, which ask the policy for those alone."""
SCOPE_ACTIONS: dict[Scope, frozenset[Action]] = {
    "ingest": frozenset({"trace.ingest"}),
    "read": _VIEW - {"key.manage_own"},
    "write": _EDIT - {"key.manage_own"},
    "admin": _ADMIN,
}
SERVER_WIDE: frozenset[Action] = frozenset(
    {"experiment.create", "account.manage", "key.manage_own", "key.manage_all", "server.admin", "server.read"}
)
"""Actions that no single experiment's role can grant."""


def may(actor: Actor, action: Action, experiment_id: ExperimentId | None = None) -> bool:
    """Tell whether the actor may do this, in this experiment or (None) on the server as a whole."""
    if actor.kind in {"local", "system"}:
        return True
    if actor.scopes is not None and not any(action in SCOPE_ACTIONS[scope] for scope in actor.scopes):
        return False
    if actor.experiment_ids is not None and experiment_id not in actor.experiment_ids:
        if experiment_id is not None or action != "server.read":
            return False
    role = actor.role
    if experiment_id is not None and action not in SERVER_WIDE:
        role = actor.roles.get(experiment_id, role)
        if actor.role == "admin":
            role = "admin"
    return role is not None and action in ROLE_ACTIONS[role]


def permit(actor: Actor, action: Action, experiment_id: ExperimentId | None = None) -> None:
    """Return when the actor may do this; else Unauthenticated (nobody), NotFound (may not even read the
    experiment), or Forbidden (may read it but not do this)."""
    if may(actor, action, experiment_id):
        return
    if actor.kind == "anonymous":
        raise Unauthenticated("nobody is signed in; sign in, or send an API key as 'Authorization: Bearer <key>'.")
    reads = may(actor, "experiment.read", experiment_id)
    if experiment_id is not None and not reads and not (actor.scopes and "ingest" in actor.scopes):
        raise NotFound.of("experiment", experiment_id)
    where = f" in experiment {experiment_id}" if experiment_id is not None else ""
    raise Forbidden(
        f"{actor.name} may not do {action}{where}; ask an admin for a role or a key scope that includes it.",
        details={"action": action, "experiment_id": experiment_id},
    )


def readable(actor: Actor, action: Action = "experiment.read") -> frozenset[ExperimentId] | None:
    """Return the experiments in which the actor may do `action`, or None when it is all of them.

    Lists filter by this inside the query, so that counts and pages leak nothing.
    """
    if actor.kind in {"local", "system"}:
        return None
    everywhere = (
        actor.experiment_ids is None
        and actor.role is not None
        and action in ROLE_ACTIONS[actor.role]
        and (actor.role == "admin" or all(action in ROLE_ACTIONS[r] for r in actor.roles.values()))
        and (actor.scopes is None or any(action in SCOPE_ACTIONS[s] for s in actor.scopes))
    )
    if everywhere:
        return None
    candidates = set(actor.roles) | set(actor.experiment_ids or ())
    return frozenset(e for e in candidates if may(actor, action, e))
