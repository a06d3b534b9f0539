"""Accounts in memory."""

from collections.abc import Sequence
from dataclasses import replace

from lodeline.domain.account import Account, AccountChange, ExternalIdentity, Role
from lodeline.domain.audit import AuditEntry
from lodeline.domain.errors import Conflict, NotFound
from lodeline.domain.ids import AccountId, ExperimentId
from lodeline.storage.memory.state import State


class MemoryAccounts:
    """Implements `storage.base.AccountStore`."""

    def __init__(self, state: State):
        self._state = state

    def create(
        self, account: Account, *, password_hash: str | None, audit: AuditEntry, only_first: bool = False
    ) -> Account:
        with self._state.lock:
            if only_first and self._state.accounts:
                raise Conflict("there is an account already; sign in, or ask an admin for one.")
            holder = self._named(account.name)
            if holder is not None:
                raise Conflict(
                    f"account name {account.name!r} is taken; choose another one.",
                    details={"name": account.name, "account_id": holder.account_id},
                )
            self._check_external(account)
            if account.account_id in self._state.accounts:
                raise Conflict(f"account id {account.account_id!r} is taken; give a fresh one.")
            kept = replace(account, roles=dict(account.roles))
            self._state.accounts[account.account_id] = kept
            if password_hash is not None:
                self._state.password_hashes[account.account_id] = password_hash
            self._state.record(audit)
            return kept

    def get(self, account_id: AccountId) -> Account:
        with self._state.lock:
            return self._known(account_id)

    def credentials(self, name: str) -> tuple[Account, str | None] | None:
        with self._state.lock:
            account = self._named(name)
            if account is None:
                return None
            return account, self._state.password_hashes.get(account.account_id)

    def find_external(self, external: ExternalIdentity) -> Account | None:
        with self._state.lock:
            return next((a for a in self._state.accounts.values() if a.external == external), None)

    def list(self) -> Sequence[Account]:
        with self._state.lock:
            return sorted(self._state.accounts.values(), key=lambda account: account.name.casefold())

    def update(self, account_id: AccountId, change: AccountChange, *, audit: AuditEntry) -> Account:
        with self._state.lock:
            account = self._known(account_id)
            present_hash = self._state.password_hashes.get(account_id)
            if change.if_password_hash is not None and change.if_password_hash != present_hash:
                raise Conflict(f"the password of account {account.name!r} was changed meanwhile; try again.")
            changed = replace(
                account,
                role=change.role if change.replace_role else account.role,
                disabled=account.disabled if change.disabled is None else change.disabled,
                external=change.external if change.replace_external else account.external,
            )
            self._check_external(changed)
            self._keep_an_admin(account, changed)
            self._state.accounts[account_id] = changed
            if change.password_hash is not None:
                self._state.password_hashes[account_id] = change.password_hash
            if change.end_logins:
                self._end_logins(account_id)
            self._state.record(audit)
            return changed

    def set_role(
        self, account_id: AccountId, experiment_id: ExperimentId, role: Role | None, *, audit: AuditEntry
    ) -> Account:
        with self._state.lock:
            account = self._known(account_id)
            roles = {e: r for e, r in account.roles.items() if e != experiment_id}
            if role is not None:
                roles[experiment_id] = role
            changed = self._state.accounts[account_id] = replace(account, roles=roles)
            self._state.record(audit)
            return changed

    def delete(self, account_id: AccountId, *, audit: AuditEntry) -> None:
        with self._state.lock:
            self._keep_an_admin(self._known(account_id), None)
            del self._state.accounts[account_id]
            self._state.password_hashes.pop(account_id, None)
            self._end_logins(account_id)
            gone = {key_id for key_id, key in self._state.keys.items() if key.owner_id == account_id}
            for key_id in gone:
                del self._state.keys[key_id]
            for secret_hash in [h for h, key_id in self._state.key_hashes.items() if key_id in gone]:
                del self._state.key_hashes[secret_hash]
            self._state.record(audit)

    def _known(self, account_id: AccountId) -> Account:
        account = self._state.accounts.get(account_id)
        if account is None:
            raise NotFound.of("account", account_id)
        return account

    def _named(self, name: str) -> Account | None:
        folded = name.casefold()
        return next((a for a in self._state.accounts.values() if a.name.casefold() == folded), None)

    def _check_external(self, account: Account) -> None:
        """Raise Conflict when another account has this one's external identity."""
        holder = None if account.external is None else self.find_external(account.external)
        if holder is not None and holder.account_id != account.account_id:
            raise Conflict(
                f"this identity is linked to account {holder.name!r}; unlink it there first.",
                details={"name": holder.name, "account_id": holder.account_id},
            )

    def _keep_an_admin(self, account: Account, changed: Account | None) -> None:
        """Raise Conflict when `account` is the last enabled admin and `changed` (None: removed) is not one."""
        if not _administrates(account) or (changed is not None and _administrates(changed)):
            return
        others = (a for a in self._state.accounts.values() if a.account_id != account.account_id)
        if not any(_administrates(other) for other in others):
            raise Conflict(
                f"account {account.name!r} is the last enabled admin; make another account an admin first."
            )

    def _end_logins(self, account_id: AccountId) -> None:
        for secret_hash in [h for h, login in self._state.logins.items() if login.account_id == account_id]:
            del self._state.logins[secret_hash]


def _administrates(account: Account) -> bool:
    return account.role == "admin" and not account.disabled
