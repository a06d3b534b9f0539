"""Accounts (people who sign in), their logins (browser sessions), and API keys."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from lodeline.domain.ids import AccountId, ExperimentId, KeyId

Role = Literal["admin", "editor", "viewer", "reviewer"]
ROLES: tuple[Role, ...] = ("admin", "editor", "viewer", "reviewer")
Scope = Literal["ingest", "read", "write", "admin"]
SCOPES: tuple[Scope, ...] = ("ingest", "read", "write", "admin")


@dataclass(frozen=True, slots=True)
class Account:
    """Someone who signs in. `role` holds for the whole server; `roles` overrides it per experiment.

    `role` None means: nothing but what `roles` grants.
    """

    account_id: AccountId
    name: str
    role: Role | None
    created_ms: int
    disabled: bool = False
    roles: Mapping[ExperimentId, Role] = field(default_factory=dict[ExperimentId, Role])


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it may be shown: never the secret, only its visible prefix.

    `experiment_ids` None means every experiment the owner can reach. Times are epoch milliseconds; a key without
    `expires_ms` does not expire. A key can never do more than its owner.
    """

    key_id: KeyId
    name: str
    prefix: str
    owner_id: AccountId | None
    scopes: tuple[Scope, ...]
    created_ms: int
    experiment_ids: tuple[ExperimentId, ...] | None = None
    expires_ms: int | None = None
    revoked_ms: int | None = None
    last_used_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Login:
    """A browser session of an account; the cookie holds a secret whose hash finds it."""

    account_id: AccountId
    created_ms: int
    expires_ms: int
    csrf_token: str
