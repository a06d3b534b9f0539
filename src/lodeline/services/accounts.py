"""Accounts: first-run set-up, who may sign in, with which role, with which password."""

from collections.abc import Sequence
from dataclasses import replace

from lodeline.auth.actor import ANONYMOUS, Actor
from lodeline.auth.credentials import Credentials
from lodeline.auth.passwords import check_password
from lodeline.auth.policy import may, permit
from lodeline.auth.secrets import same_secret
from lodeline.domain.account import Account, AccountChange, ExternalIdentity, Role, check_account_name, check_external
from lodeline.domain.clock import Clock, system_clock
from lodeline.domain.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated
from lodeline.domain.ids import AccountId, ExperimentId, new_hex
from lodeline.services.audit import audit_entry
from lodeline.storage.base import Stores

MAX_ACCOUNTS = 10_000


class AccountService:
    """Makes, changes and removes accounts. Changes hold for the next request of everyone concerned."""

    def __init__(self, stores: Stores, credentials: Credentials, clock: Clock = system_clock):
        self._stores = stores
        self._credentials = credentials
        self._clock = clock

    def setup_token(self) -> str | None:
        """Return the token that `set_up` needs, for the server to print at start; None when set-up is done."""
        return self._credentials.secrets.setup_token() if self.needs_set_up() else None

    def needs_set_up(self) -> bool:
        """Tell whether the first account is yet to be made."""
        return not self._stores.accounts.list()

    def set_up(self, token: str, name: str, password: str, *, address: str | None = None) -> Account:
        """Make the first account, an admin; open to anybody who has the token that the server printed.

        Conflict when there is an account already: of several at once, exactly one succeeds. Unauthenticated for a
        wrong token.
        """
        if self._stores.accounts.list():
            raise Conflict("set-up is done already; sign in, or ask an admin for an account.")
        given = token.strip().lower()
        if not same_secret(given, self._credentials.secrets.setup_token()):
            raise Unauthenticated(
                "set-up token: not the one that the server printed when it started; copy it whole.",
                code="wrong_setup_token",
            )
        account = self._new(name, "admin")
        password_hash = self._credentials.passwords.hash(check_password(password, account_name=name))
        actor = replace(ANONYMOUS, name=name)
        audit = audit_entry(
            actor, "account.set_up", name, at_ms=account.created_ms, details={"address": address, "role": "admin"}
        )
        return self._stores.accounts.create(account, password_hash=password_hash, audit=audit, only_first=True)

    def create(self, actor: Actor, name: str, *, role: Role | None = None, password: str | None = None) -> Account:
        """Make an account; without a password it cannot sign in but can own keys. Conflict when the name is taken.

        Forbidden to a key that expires, here and where a role is changed, a password set or an account let in again:
        it would live on in them.
        """
        permit(actor, "account.manage")
        _check_lasts(actor, "account")
        account = self._new(name, role)
        password_hash: str | None = None
        if password is not None:
            password_hash = self._credentials.passwords.hash(check_password(password, account_name=name))
        if len(self._stores.accounts.list()) >= MAX_ACCOUNTS:
            raise Conflict(f"accounts: there are {MAX_ACCOUNTS} already; delete some that nobody needs.")
        details = {"account_id": account.account_id, "role": role or "none"}
        audit = audit_entry(actor, "account.create", name, at_ms=account.created_ms, details=details)
        return self._stores.accounts.create(account, password_hash=password_hash, audit=audit)

    def list(self, actor: Actor) -> Sequence[Account]:
        """Return all accounts, by name."""
        permit(actor, "account.manage")
        return self._stores.accounts.list()

    def get(self, actor: Actor, account_id: AccountId) -> Account:
        """Return an account: one's own, or for who manages accounts any."""
        permit(actor, "server.read" if self._is_own(actor, account_id) else "account.manage")
        return self._stores.accounts.get(account_id)

    def set_role(
        self, actor: Actor, who: str, role: Role | None, *, experiment_id: ExperimentId | None = None
    ) -> Account:
        """Give `who` (an account's id or name) a role on the whole server, or in one experiment instead of it.

        None takes the role away; in an experiment that brings back the server-wide one. An experiment's admins give
        roles in it. Conflict when nobody would be left to administrate the server.
        """
        if experiment_id is None:
            permit(actor, "account.manage")
        else:
            permit(actor, "experiment.share", experiment_id)
        _check_lasts(actor, "role")
        account = self._find(who)
        entry = audit_entry(
            actor,
            "account.set_role",
            account.name,
            at_ms=self._clock.now_ms(),
            experiment_id=experiment_id,
            details={"role": role or "none"},
        )
        if experiment_id is None:
            change = AccountChange(replace_role=True, role=role)
            return self._stores.accounts.update(account.account_id, change, audit=entry)
        self._stores.experiments.get(experiment_id)
        return _known_to(actor, self._stores.accounts.set_role(account.account_id, experiment_id, role, audit=entry))

    def set_disabled(self, actor: Actor, account_id: AccountId, disabled: bool) -> Account:
        """Shut an account and its keys out at once, ending its logins; or let it in again.

        Conflict when nobody would be left to administrate the server.
        """
        permit(actor, "account.manage")
        if not disabled:
            _check_lasts(actor, "disabled")
        account = self._stores.accounts.get(account_id)
        action = "account.disable" if disabled else "account.enable"
        audit = audit_entry(actor, action, account.name, at_ms=self._clock.now_ms())
        change = AccountChange(disabled=disabled, end_logins=disabled)
        return self._stores.accounts.update(account_id, change, audit=audit)

    def set_password(
        self, actor: Actor, account_id: AccountId, new: str, *, old: str | None = None, address: str | None = None
    ) -> Account:
        """Set a password and end the account's logins, this one too; its keys go on.

        One's own needs the old one: Forbidden when it is wrong, TooManyAttempts after many wrong ones, Conflict when
        it was changed meanwhile. Another's needs account.manage. No API key changes its owner's password.
        """
        own = self._is_own(actor, account_id)
        permit(actor, "account.edit_own" if own else "account.manage")
        _check_lasts(actor, "password")
        account = self._stores.accounts.get(account_id)
        check_password(new, account_name=account.name)
        checked = self._check_old(account, old, address) if own else None
        change = AccountChange(
            password_hash=self._credentials.passwords.hash(new), if_password_hash=checked, end_logins=True
        )
        audit = audit_entry(
            actor, "account.set_password", account.name, at_ms=self._clock.now_ms(), details={"address": address}
        )
        return self._stores.accounts.update(account_id, change, audit=audit)

    def link(
        self, actor: Actor, account_id: AccountId, external: ExternalIdentity, *, provider: str | None = None
    ) -> Account:
        """Let this one sign in as the account by single sign-on, instead of who did before, whose logins end.

        Conflict when another account is linked to the identity; Invalid when its issuer is not the `provider`, where
        one is known.
        """
        permit(actor, "account.manage")
        if provider is not None and external.issuer != provider:
            raise Invalid.value("issuer", external.issuer, f"{provider}, by which people sign in here")
        _check_lasts(actor, "external identity")
        account = self._stores.accounts.get(account_id)
        change = AccountChange(
            replace_external=True,
            external=check_external(external),
            end_logins=account.external not in {None, external},
        )
        details = {"issuer": external.issuer, "subject": external.subject}
        audit = audit_entry(actor, "account.link", account.name, at_ms=self._clock.now_ms(), details=details)
        return self._stores.accounts.update(account_id, change, audit=audit)

    def unlink(self, actor: Actor, account_id: AccountId) -> Account:
        """Let nobody sign in as the account by single sign-on any more, and end its logins; again is fine."""
        permit(actor, "account.manage")
        account = self._stores.accounts.get(account_id)
        if account.external is None:
            return account
        details = {"issuer": account.external.issuer, "subject": account.external.subject}
        audit = audit_entry(actor, "account.unlink", account.name, at_ms=self._clock.now_ms(), details=details)
        change = AccountChange(replace_external=True, end_logins=True)
        return self._stores.accounts.update(account_id, change, audit=audit)

    def delete(self, actor: Actor, account_id: AccountId) -> None:
        """Remove an account with its logins and keys. What it made keeps its name. Conflict when nobody would be
        left to administrate the server."""
        permit(actor, "account.manage")
        account = self._stores.accounts.get(account_id)
        details = {"account_id": account_id}
        audit = audit_entry(actor, "account.delete", account.name, at_ms=self._clock.now_ms(), details=details)
        self._stores.accounts.delete(account_id, audit=audit)

    def _new(self, name: str, role: Role | None) -> Account:
        account_id = AccountId(new_hex("acc-"))
        return Account(account_id, check_account_name(name), role, self._clock.now_ms())

    def _find(self, who: str) -> Account:
        if who.startswith("acc-"):
            try:
                return self._stores.accounts.get(AccountId(who))
            except NotFound:
                pass
        found = self._stores.accounts.credentials(who)
        if found is None:
            raise NotFound.of("account", who)
        return found[0]

    def _check_old(self, account: Account, old: str | None, address: str | None) -> str:
        """Return the present hash when `old` is its password."""
        if old is None:
            raise Invalid("old password: it is missing; changing one's own password needs it.")
        found = self._stores.accounts.credentials(account.name)
        stored = found[1] if found is not None else None
        now_ms = self._clock.now_ms()
        right = self._credentials.check(account.name, old, stored, address=address, now_ms=now_ms)
        if stored is None or not right:
            raise Forbidden("old password: it is wrong; nothing was changed.")
        return stored

    @staticmethod
    def _is_own(actor: Actor, account_id: AccountId) -> bool:
        return actor.account_id is not None and actor.account_id == account_id


def _check_lasts(actor: Actor, what: str) -> None:
    """Refuse to a key that expires to give what does not."""
    if actor.expires_ms is not None:
        raise Forbidden(
            f"{what}: a key that expires neither makes an account nor changes its role or password nor lets it in "
            "again, which would outlive it; sign in, or use a key that does not expire."
        )


def _known_to(actor: Actor, account: Account) -> Account:
    """Return what the actor may know of the account: an experiment's admin the roles in their own ones."""
    if may(actor, "account.manage"):
        return account
    own = {each: role for each, role in account.roles.items() if may(actor, "experiment.share", each)}
    return replace(account, roles=own, external=None)
