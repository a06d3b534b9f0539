"""Accounts, keys and the audit trail."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from lodeline.domain.account import Account, AccountChange, ApiKey, ExternalIdentity, Login, Role
from lodeline.domain.audit import AuditEntry
from lodeline.domain.ids import AccountId, ExperimentId, KeyId
from lodeline.domain.page import Page
from lodeline.query.ast import Search


class AccountStore(Protocol):
    """Accounts, and the roles they have per experiment."""

    def create(self, account: Account, *, password_hash: str | None, audit: AuditEntry, only_first: bool = False
               ) -> Account:  # fmt: skip
        """Add an account; Conflict when the name (names compare case-folded) or the external identity is taken, or
        when `only_first` and there is any account already: that makes first-run set-up safe in a race."""
        ...

    def get(self, account_id: AccountId) -> Account:
        """Return it; NotFound when unknown."""
        ...

    def credentials(self, name: str) -> tuple[Account, str | None] | None:
        """Return the account of this name with its password hash; None when there is none."""
        ...

    def find_external(self, external: ExternalIdentity) -> Account | None:
        """Return the account that this one signs in as; None when there is none."""
        ...

    def list(self) -> Sequence[Account]:
        """Return all, by name."""
        ...

    def update(self, account_id: AccountId, change: AccountChange, *, audit: AuditEntry) -> Account:
        """Apply the change. NotFound when unknown. Conflict when it would leave no enabled account with the role
        admin, when `if_password_hash` is given and is not the present hash, or when another account has the external
        identity."""
        ...

    def set_role(self, account_id: AccountId, experiment_id: ExperimentId, role: Role | None, *, audit: AuditEntry
                 ) -> Account:  # fmt: skip
        """Give or (None) take the role in one experiment. NotFound when the account is unknown."""
        ...

    def delete(self, account_id: AccountId, *, audit: AuditEntry) -> None:
        """Remove it with its logins and keys. NotFound when unknown. Conflict when it would leave no enabled
        admin."""
        ...


class KeyStore(Protocol):
    """API keys, found by the hash of their secret; and browser logins, likewise."""

    def create(self, key: ApiKey, *, secret_hash: bytes, audit: AuditEntry) -> ApiKey:
        """Add a key. NotFound when it has an owner who is unknown."""
        ...

    def find(self, secret_hash: bytes) -> ApiKey | None:
        """Return the key of this hash, revoked and expired ones too; None when there is none."""
        ...

    def list(self, owner_id: AccountId | None = None) -> Sequence[ApiKey]:
        """Return all keys, or those of an owner, newest first."""
        ...

    def revoke(self, key_id: KeyId, *, now_ms: int, audit: AuditEntry) -> ApiKey:
        """Make it useless at once; NotFound when unknown; again is fine, and records nothing."""
        ...

    def touch(self, used_ms: Mapping[KeyId, int]) -> None:
        """Record last uses, seldom and in bulk; may be lost in a crash."""
        ...

    def add_login(self, login: Login, *, secret_hash: bytes, audit: AuditEntry) -> None:
        """Add a browser session, and forget those that have expired. NotFound when its account is unknown."""
        ...

    def find_login(self, secret_hash: bytes) -> Login | None:
        """Return the browser session of this hash, expired or not; None when there is none."""
        ...

    def end_login(self, secret_hash: bytes, *, audit: AuditEntry) -> None:
        """Forget it; unknown is fine, and records nothing."""
        ...


class AuditStore(Protocol):
    """The audit trail."""

    def append(self, entry: AuditEntry) -> None:
        """Record something that changed nothing else in the store, such as a refused login or an export."""
        ...

    def search(self, search: Search) -> Page[AuditEntry]:
        """List entries, newest first. An empty `experiment_ids` means all of them."""
        ...
