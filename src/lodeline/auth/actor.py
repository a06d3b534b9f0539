"""Actor: who is asking. Made at the door (server, CLI), passed to every service method, never to a store."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from lodeline.domain.account import Role, Scope
from lodeline.domain.ids import AccountId, ExperimentId

ActorKind = Literal["local", "account", "key", "system", "anonymous"]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks, with everything the policy needs to decide.

    `local` is whoever reaches a server without auth (loopback only): may do everything, `name` is unverified.
    `system` is the server's own jobs. `key` acts for `account_id` within `scopes` and `experiment_ids`; its roles
    are its owner's. `anonymous` may do nothing but sign in.
    """

    kind: ActorKind
    name: str
    account_id: AccountId | None = None
    role: Role | None = None
    roles: Mapping[ExperimentId, Role] = field(default_factory=dict[ExperimentId, Role])
    scopes: tuple[Scope, ...] | None = None
    experiment_ids: tuple[ExperimentId, ...] | None = None


LOCAL = Actor("local", "local")
SYSTEM = Actor("system", "system")
ANONYMOUS = Actor("anonymous", "anonymous")
