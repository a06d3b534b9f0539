"""Signing in by single sign-on (OpenID Connect, authorization code with PKCE): to the provider, and back from it.

Somebody is known by issuer and subject alone. A name, or an e-mail address, links nobody to an account that exists:
whoever can choose theirs at the provider could take that account over. An admin links (`AccountService.link`).
"""

import logging
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Protocol

from lodeline.auth.actor import ANONYMOUS, SYSTEM
from lodeline.auth.credentials import Credentials
from lodeline.auth.oidc import (
    Attempt,
    OidcRules,
    Person,
    check_claims,
    completed,
    is_complete,
    person_of,
    refused,
)
from lodeline.auth.secrets import same_secret
from lodeline.domain.account import Account, AccountChange, ExternalIdentity, Role
from lodeline.domain.clock import Clock, system_clock
from lodeline.domain.errors import Conflict, LodelineError, Unauthenticated, Unavailable
from lodeline.domain.ids import AccountId, new_hex
from lodeline.services.accounts import MAX_ACCOUNTS
from lodeline.services.audit import audit_entry
from lodeline.services.logins import SignedIn, begin_login
from lodeline.storage.base import Stores

ANSWER = ("state", "iss", "error", "code")
"""What is read of the parameters with which a provider sends a browser back."""
_REASON = re.compile(r"[a-z_]{1,40}")
"""The form of the errors that OAuth 2.0 and OpenID Connect name; others are not repeated."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Tokens:
    """What the provider gives for a code."""

    id_token: str = field(repr=False)
    access_token: str | None = field(repr=False)


class OidcProvider(Protocol):
    """The way to the provider. Calls may take seconds.

    Each raises Unavailable when the provider does not answer, and an error of code `oidc_provider` when its answer is
    none that single sign-on can go on with.
    """

    def authorization_url(self, asked: Mapping[str, str]) -> str:
        """Return where to send the browser with this request."""
        ...

    def names_itself(self) -> bool:
        """Tell whether it always says who it is when it sends a browser back (RFC 9207)."""
        ...

    def redeem(self, code: str, *, verifier: str, redirect_uri: str) -> Tokens:
        """Return what the code stands for."""
        ...

    def verified(self, id_token: str) -> Mapping[str, object]:
        """Return the claims of a token; an error of code `oidc_token` unless one of the provider's keys signed it."""
        ...

    def userinfo(self, access_token: str) -> Mapping[str, object]:
        """Return what else it says of somebody; nothing when it has no such address."""
        ...


class OidcLoginService:
    """Signs people in by single sign-on. Open to everybody: the provider says who they are."""

    def __init__(
        self,
        stores: Stores,
        credentials: Credentials,
        rules: OidcRules,
        provider: OidcProvider,
        clock: Clock = system_clock,
    ) -> None:
        self.rules = rules
        self._stores = stores
        self._credentials = credentials
        self._provider = provider
        self._clock = clock

    def begin(self, to: str, *, redirect_uri: str) -> tuple[str, str]:
        """Return where to send a browser that wants to see the page `to`, and what it has to keep meanwhile.

        Unavailable when the provider does not answer, `oidc_provider` when its description of itself is wrong.
        """
        attempt = Attempt.begin(to, now_ms=self._clock.now_ms())
        asked = {
            "response_type": "code",
            "client_id": self.rules.client_id,
            "redirect_uri": redirect_uri,
            "scope": " ".join(self.rules.scopes),
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": attempt.challenge,
            "code_challenge_method": "S256",
        }
        try:
            place = self._provider.authorization_url(asked)
        except Unauthenticated as refusal:
            _log.warning("%s", refusal.message)
            raise
        return place, attempt.sealed(self._credentials.secrets)

    def destination(self, kept: str | None) -> str | None:
        """Return the page that somebody wanted to see, by what their browser has kept; None when that is nothing."""
        attempt = self._kept(kept)
        return None if attempt is None else attempt.to

    def complete(
        self, answer: Mapping[str, str], kept: str | None, *, redirect_uri: str, address: str | None = None
    ) -> SignedIn:
        """Begin a login for who comes back from the provider with `answer`, the parameters of the address.

        Errors of `auth.oidc.Refusal` say why somebody is not let in; TooManyAttempts after many refusals from an
        address, Unavailable when the provider does not answer. Makes the account of who has none, and sets the role
        that the groups give. Refusals are in the audit trail, but for `oidc_expired`: any page can send a browser
        here with an answer to nothing, which counts for nothing.
        """
        attempt = self._attempt(answer, kept)
        now_ms = self._clock.now_ms()
        # The limit on addresses alone counts here: nobody has said a name yet, so each attempt has one of its own.
        ticket = f"oidc {secrets.token_hex(16)}"
        self._credentials.throttle.attempt(ticket, address, now_ms)
        person: Person | None = None
        try:
            person = self._identified(answer, attempt, redirect_uri)
            account = self._account(person, now_ms)
            made = begin_login(
                self._stores,
                self._credentials,
                account,
                partial(self._present, account, person.identity),
                now_ms=now_ms,
                address=address,
                method="oidc",
            )
        except Unavailable:
            self._credentials.throttle.take_back(ticket, address)
            raise
        except LodelineError as refusal:
            self._note_refusal(refusal, person, address, now_ms)
            raise
        self._credentials.throttle.take_back(ticket, address)
        return made

    def _kept(self, kept: str | None) -> Attempt | None:
        if kept is None:
            return None
        return Attempt.unsealed(kept, self._credentials.secrets, now_ms=self._clock.now_ms())

    def _attempt(self, answer: Mapping[str, str], kept: str | None) -> Attempt:
        """Return the attempt that an answer belongs to; `oidc_expired` when it is none of this browser's."""
        attempt = self._kept(kept)
        if attempt is None or not same_secret(answer.get("state", ""), attempt.state):
            raise refused("oidc_expired", "the answer belongs to no sign-in that this browser has under way.")
        return attempt

    def _identified(self, answer: Mapping[str, str], attempt: Attempt, redirect_uri: str) -> Person:
        """Return who the provider says it is."""
        rules, provider = self.rules, self._provider
        issuer = answer.get("iss")
        if issuer != rules.issuer and (issuer is not None or provider.names_itself()):
            raise refused("oidc_provider", "the answer is not from the provider that was asked (iss).")
        if "error" in answer:
            said = answer["error"] if _REASON.fullmatch(answer["error"]) else "for no reason that is known"
            raise refused("oidc_denied", f"the provider signed nobody in: {said}.", said=said)
        code = answer.get("code")
        if not code:
            raise refused("oidc_provider", "the answer has no code.")
        tokens = provider.redeem(code, verifier=attempt.verifier, redirect_uri=redirect_uri)
        claims = provider.verified(tokens.id_token)
        check_claims(claims, rules, nonce=attempt.nonce, now_ms=self._clock.now_ms())
        if not is_complete(claims, rules) and tokens.access_token is not None:
            more = provider.userinfo(tokens.access_token)
            claims = completed(claims, more) if more else claims
        return person_of(claims, rules)

    def _account(self, person: Person, now_ms: int) -> Account:
        """Return the account of somebody, with the role that is due."""
        role = self.rules.role_of(person.groups)
        account = self._stores.accounts.find_external(person.identity)
        let_in = self.rules.lets_in(person.groups)
        if account is None and let_in:
            return self._created(person, role, now_ms)
        if account is None:
            raise self._foreign()
        if account.disabled:
            raise refused("oidc_disabled", f"account {account.name} is disabled.")
        # Without a map of groups nothing here says which role somebody has: it is the one that an admin gave.
        if not (self.rules.resync_roles and self.rules.roles):
            return account
        account = account if account.role == role else self._changed(account, role, now_ms)
        if not let_in and account.role is None:
            raise self._foreign()
        return account

    def _changed(self, account: Account, role: Role | None, now_ms: int) -> Account:
        """Return the account with this role, or as it is when nobody else is an admin."""
        details = {"role": role or "none", "method": "oidc"}
        entry = audit_entry(SYSTEM, "account.set_role", account.name, at_ms=now_ms, details=details)
        change = AccountChange(replace_role=True, role=role)
        try:
            return self._stores.accounts.update(account.account_id, change, audit=entry)
        except Conflict:
            # The last enabled admin has left the groups of admins: nobody could put that right any more.
            _log.warning("single sign-on: account %s keeps the role admin: it is the last one.", account.name)
            self._stores.audit.append(replace(entry, action="account.keep_role"))
            return account

    def _present(self, account: Account, identity: ExternalIdentity) -> Account | None:
        now = self._stores.accounts.find_external(identity)
        return now if now is not None and now.account_id == account.account_id else None

    def _created(self, person: Person, role: Role | None, now_ms: int) -> Account:
        present = self._stores.accounts.list()
        if not present and role != "admin":
            raise refused(
                "oidc_set_up", "there is no account yet; make the first one, an admin, with the set-up token."
            )
        if self._stores.accounts.credentials(person.name) is not None:
            raise self._taken(person)
        if len(present) >= MAX_ACCOUNTS:
            raise refused("oidc_full", f"there are {MAX_ACCOUNTS} accounts already; delete some that nobody needs.")
        account = Account(AccountId(new_hex("acc-")), person.name, role, now_ms, external=person.identity)
        details = {
            "account_id": account.account_id,
            "role": role or "none",
            "method": "oidc",
            "issuer": person.identity.issuer,
            "subject": person.identity.subject,
        }
        audit = audit_entry(SYSTEM, "account.create", account.name, at_ms=now_ms, details=details)
        try:
            return self._stores.accounts.create(account, password_hash=None, audit=audit)
        except Conflict:
            # The same person, at the same moment, in another window; or somebody else of that name.
            found = self._stores.accounts.find_external(person.identity)
            if found is None:
                raise self._taken(person) from None
            return found

    def _foreign(self) -> LodelineError:
        return refused("oidc_groups", "they are in none of the groups of oidc_roles; see oidc_default_role.")

    def _taken(self, person: Person) -> LodelineError:
        return refused(
            "oidc_taken",
            f"there is an account {person.name}, which is linked to nobody of that subject; an admin can link it: "
            f"lodeline accounts link {person.name} --subject SUB.",
        )

    def _note_refusal(self, refusal: LodelineError, person: Person | None, address: str | None, now_ms: int) -> None:
        _log.warning("%s", refusal.message)
        name = "somebody unknown" if person is None else person.name
        details = {
            "method": "oidc",
            "reason": refusal.error_code,
            "subject": None if person is None else person.identity.subject,
            "address": address,
            "said": refusal.details.get("said"),
        }
        actor = replace(ANONYMOUS, name=name)
        self._stores.audit.append(audit_entry(actor, "login.refuse", name, at_ms=now_ms, details=details))
