"""Actor: who is asking. Made at the door (server, CLI), passed to every service method, never to a store."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from lodeline.domain.account import Account, ActorKind, ApiKey, Role, Scope
from lodeline.domain.ids import AccountId, ExperimentId, KeyId


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks, with everything the policy needs to decide.

    `local` is whoever reaches a server without auth (loopback only) or holds the store itself: may do everything,
    `name` is unverified. `system` is the server's own jobs. `key` acts for `account_id` within `scopes` and
    `experiment_ids` (None: no limit) until `expires_ms`; its name and roles are its owner's. `anonymous` may do
    nothing.
    """

    kind: ActorKind
    name: str
    account_id: AccountId | None = None
    role: Role | None = None
    roles: Mapping[ExperimentId, Role] = field(default_factory=dict[ExperimentId, Role])
    scopes: tuple[Scope, ...] | None = None
    experiment_ids: tuple[ExperimentId, ...] | None = None
    key_id: KeyId | None = None
    key_prefix: str | None = None
    expires_ms: int | None = None

    @property
    def author(self) -> str | None:
        """The account name for `created_by` and the like; None where nobody signed in."""
        return self.name if self.account_id is not None else None

    @property
    def label(self) -> str:
        """The name for the audit trail; of a key it tells which one."""
        return self.name if self.key_prefix is None else f"{self.name} (key {self.key_prefix})"


LOCAL = Actor("local", "local")
SYSTEM = Actor("system", "system")
ANONYMOUS = Actor("anonymous", "anonymous")


def account_actor(account: Account) -> Actor:
    """Return the actor of someone who signed in. The caller has checked that the account is not disabled."""
    return Actor("account", account.name, account.account_id, account.role, account.roles)


def key_actor(key: ApiKey, owner: Account | None) -> Actor:
    """Return the actor of a key. The caller has checked that neither is expired, revoked or disabled.

    A key without an owner was made by the holder of the store: it has an admin's role, within its scopes.
    """
    return Actor(
        "key",
        owner.name if owner is not None else "local",
        owner.account_id if owner is not None else None,
        owner.role if owner is not None else "admin",
        owner.roles if owner is not None else {},
        scopes=key.scopes,
        experiment_ids=key.experiment_ids,
        key_id=key.key_id,
        key_prefix=key.prefix,
        expires_ms=key.expires_ms,
    )
