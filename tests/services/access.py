"""Accounts, logins and keys over one store, for tests of who may do what."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from argon2 import PasswordHasher

from lodeline.auth.actor import LOCAL, Actor, account_actor
from lodeline.auth.credentials import Credentials
from lodeline.auth.passwords import Passwords
from lodeline.auth.secrets import SecretHasher, random_pepper
from lodeline.auth.throttle import Throttle
from lodeline.domain.account import Account, Role
from lodeline.domain.audit import AuditEntry
from lodeline.query.ast import Search
from lodeline.services.accounts import AccountService
from lodeline.services.keys import KeyService
from lodeline.services.logins import LoginService
from lodeline.storage.base import Stores
from lodeline.storage.open import open_stores
from tests.clock import SettableClock

PASSWORD = "tulips in the rain"
CHEAP = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


@dataclass(frozen=True, slots=True)
class Access:
    """The services of access over one store; `clock` moves them all."""

    stores: Stores
    clock: SettableClock
    credentials: Credentials
    accounts: AccountService
    logins: LoginService
    keys: KeyService

    def account(self, name: str, role: Role | None = None) -> Account:
        """Make an account with the usual password."""
        return self.accounts.create(LOCAL, name, role=role, password=PASSWORD)

    def actor(self, name: str, role: Role | None = None) -> Actor:
        """Make an account and return its actor."""
        return account_actor(self.account(name, role))

    def trail(self) -> Sequence[AuditEntry]:
        """Return the audit trail, oldest first."""
        return self.stores.audit.search(Search(limit=1000)).items[::-1]

    def actions(self) -> list[str]:
        """Return the actions of the audit trail, oldest first."""
        return [entry.action for entry in self.trail()]


@contextmanager
def open_access(url: str = "memory:") -> Generator[Access]:
    """Give a store with its services; password hashes are cheap there."""
    stores = open_stores(url)
    clock = SettableClock()
    credentials = Credentials(Passwords(CHEAP), SecretHasher(random_pepper()), Throttle())
    try:
        yield Access(
            stores,
            clock,
            credentials,
            AccountService(stores, credentials, clock),
            LoginService(stores, credentials, clock),
            KeyService(stores, credentials, clock),
        )
    finally:
        stores.close()
