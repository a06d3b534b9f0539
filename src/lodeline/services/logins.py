"""Logins: browser sessions, from the password to the actor of each request."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from lodeline.auth.actor import ANONYMOUS, Actor, account_actor
from lodeline.auth.credentials import Credentials
from lodeline.auth.secrets import new_csrf_token, new_login_secret
from lodeline.domain.account import Account, AccountChange, Login, is_account_name
from lodeline.domain.clock import Clock, system_clock
from lodeline.domain.errors import Conflict, NotFound, Unauthenticated
from lodeline.services.audit import audit_entry
from lodeline.storage.base import Stores

LIFETIME_MS = 12 * 3_600_000
"""Of a login, counted from signing in, however much it is used."""
MAX_SECRET = 200


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new login. `secret` goes into the cookie and nowhere else; only its hash is kept."""

    account: Account
    login: Login
    secret: str = field(repr=False)


def begin_login(
    stores: Stores,
    credentials: Credentials,
    account: Account,
    present: Callable[[], Account | None],
    *,
    now_ms: int,
    **details: str | None,
) -> SignedIn:
    """Begin a login of 12 hours for somebody who has proved to be this account; `details` are for the audit trail.

    `present` looks again: it returns the account while what proved it still does. Unauthenticated when it does not,
    or when the account is disabled by then.
    """
    login = Login(account.account_id, now_ms, now_ms + LIFETIME_MS, new_csrf_token())
    secret = new_login_secret()
    secret_hash = credentials.secrets.login_hash(secret)
    actor = account_actor(account)
    audit = audit_entry(actor, "login.begin", account.name, at_ms=now_ms, details=details)
    stores.keys.add_login(login, secret_hash=secret_hash, audit=audit)
    # A password set, or an account disabled, since the check ended the logins there were then; not this one.
    now = present()
    if now is None or now.disabled:
        entry = audit_entry(actor, "login.end", account.name, at_ms=now_ms, details={"reason": "changed meanwhile"})
        stores.keys.end_login(secret_hash, audit=entry)
        raise Unauthenticated("the account was changed at this moment; sign in again.")
    return SignedIn(now, login, secret)


class LoginService:
    """Signs people in and out. Open to everybody: what it asks for is the password or the cookie's secret."""

    def __init__(self, stores: Stores, credentials: Credentials, clock: Clock = system_clock):
        self._stores = stores
        self._credentials = credentials
        self._clock = clock

    def sign_in(self, name: str, password: str, *, address: str | None = None) -> SignedIn:
        """Begin a login of 12 hours. `address` is the client's, as far as it is known.

        Unauthenticated when name or password is wrong, in the same words and time for unknown names, or when the
        account is disabled; TooManyAttempts after many refusals; Unavailable while many others sign in.
        """
        now_ms = self._clock.now_ms()
        found = self._stores.accounts.credentials(name) if is_account_name(name) else None
        account, stored = found if found is not None else (None, None)
        right = self._credentials.check(name, password, stored, address=address, now_ms=now_ms)
        if account is None or stored is None or not right:
            self._note_refusal(account, "wrong name or password", address, now_ms)
            raise Unauthenticated("name or password is wrong.")
        if account.disabled:
            self._note_refusal(account, "account is disabled", address, now_ms)
            raise Unauthenticated("this account is disabled; ask an admin.")
        stored = self._renew_hash(account, stored, password, now_ms)
        return self._begin(account, stored, address, now_ms)

    def authenticate(self, secret: str) -> tuple[Actor, Login]:
        """Return who the cookie's secret stands for, as of now, with the login that holds the CSRF token.

        Unauthenticated when the login is unknown, over, or its account is disabled or gone: asked of the store each
        time, so that ending one takes effect at once in every process.
        """
        login = self._find(secret)
        if login is None or login.expires_ms <= self._clock.now_ms():
            raise Unauthenticated("this login has ended; sign in again.")
        try:
            account = self._stores.accounts.get(login.account_id)
        except NotFound:
            raise Unauthenticated("the account of this login was deleted.") from None
        if account.disabled:
            raise Unauthenticated(f"account {account.name} is disabled; ask an admin.")
        return account_actor(account), login

    def sign_out(self, secret: str) -> None:
        """End a login; an unknown one is fine."""
        login = self._find(secret)
        if login is None:
            return
        try:
            actor = account_actor(self._stores.accounts.get(login.account_id))
        except NotFound:
            return
        audit = audit_entry(actor, "login.end", actor.name, at_ms=self._clock.now_ms())
        self._stores.keys.end_login(self._credentials.secrets.login_hash(secret), audit=audit)

    def _find(self, secret: str) -> Login | None:
        if not 0 < len(secret) <= MAX_SECRET:
            return None
        return self._stores.keys.find_login(self._credentials.secrets.login_hash(secret))

    def _begin(self, account: Account, password_hash: str, address: str | None, now_ms: int) -> SignedIn:
        def present() -> Account | None:
            now = self._stores.accounts.credentials(account.name)
            return now[0] if now is not None and now[1] == password_hash else None

        return begin_login(self._stores, self._credentials, account, present, now_ms=now_ms, address=address)

    def _renew_hash(self, account: Account, stored: str, password: str, now_ms: int) -> str:
        """Return the hash in force, made again when the parameters for new ones have changed."""
        if not self._credentials.passwords.outdated(stored):
            return stored
        renewed = self._credentials.passwords.hash(password)
        change = AccountChange(password_hash=renewed, if_password_hash=stored)
        audit = audit_entry(account_actor(account), "account.renew_password_hash", account.name, at_ms=now_ms)
        try:
            self._stores.accounts.update(account.account_id, change, audit=audit)
        except Conflict:
            return stored
        return renewed

    def _note_refusal(self, account: Account | None, reason: str, address: str | None, now_ms: int) -> None:
        # An unknown name is not recorded: it may be a password typed into the wrong field.
        name = account.name if account is not None else "an unknown account"
        details = {"reason": reason, "address": address}
        entry = audit_entry(replace(ANONYMOUS, name=name), "login.refuse", name, at_ms=now_ms, details=details)
        self._stores.audit.append(entry)
