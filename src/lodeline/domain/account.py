"""Accounts (people who sign in), their logins (browser sessions), and API keys."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from lodeline.domain.errors import Invalid
from lodeline.domain.ids import AccountId, ExperimentId, KeyId

Role = Literal["admin", "editor", "viewer", "reviewer"]
ROLES: tuple[Role, ...] = ("admin", "editor", "viewer", "reviewer")
Scope = Literal["metrics", "ingest", "read", "write", "admin"]
ActorKind = Literal["local", "account", "key", "system", "anonymous"]
SCOPES: tuple[Scope, ...] = ("metrics", "ingest", "read", "write", "admin")


@dataclass(frozen=True, slots=True)
class ExternalIdentity:
    """Whom a provider of single sign-on knows: `subject` is its name for them, which it never gives to another."""

    issuer: str
    subject: str


@dataclass(frozen=True, slots=True)
class Account:
    """Someone who signs in. `role` holds for the whole server; `roles` overrides it per experiment.

    `role` None means: nothing but what `roles` grants. `external` is who signs in as this account by single sign-on;
    no two accounts have the same.
    """

    account_id: AccountId
    name: str
    role: Role | None
    created_ms: int
    disabled: bool = False
    roles: Mapping[ExperimentId, Role] = field(default_factory=dict[ExperimentId, Role])
    external: ExternalIdentity | None = None


@dataclass(frozen=True, slots=True)
class AccountChange:
    """A change of an account: None leaves a field; `role` is taken when `replace_role` says so, as None is a role,
    and `external` when `replace_external` does.

    `if_password_hash` makes the change conditional: it is applied only while the account has this very hash, so that
    a password checked before the change cannot undo one set meanwhile. `end_logins` forgets its browser sessions.
    """

    replace_role: bool = False
    role: Role | None = None
    disabled: bool | None = None
    password_hash: str | None = field(default=None, repr=False)
    if_password_hash: str | None = field(default=None, repr=False)
    end_logins: bool = False
    replace_external: bool = False
    external: ExternalIdentity | None = None


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it may be shown: never the secret, only its visible prefix.

    `experiment_ids` None means every experiment the owner can reach. Times are epoch milliseconds; a key without
    `expires_ms` does not expire. A key can never do more than its owner; one without `owner_id` was made by the
    holder of the store and has an admin's role, within its scopes.
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
    csrf_token: str = field(repr=False)


MAX_ISSUER = 500
MAX_SUBJECT = 255
"""Characters; OpenID Connect has no longer subjects."""
_ISSUER = re.compile(r"https?://[^/\s].*")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+\-]{0,99}")


def is_account_name(text: str) -> bool:
    """Tell whether `text` has the form of an account name: see `check_account_name`."""
    return _NAME.fullmatch(text) is not None


def check_account_name(name: str) -> str:
    """Return `name`; Invalid unless 1–100 ASCII letters, digits and ``. _ @ + -``, the first a letter or digit.

    ASCII only, so that no two accounts look alike.
    """
    if not is_account_name(name):
        raise Invalid.value("account name", name, "1 to 100 letters, digits or . _ @ + -, such as an e-mail address")
    return name


def check_external(external: ExternalIdentity) -> ExternalIdentity:
    """Return `external`; Invalid unless the issuer is a URL and the subject 1 to 255 characters without white space
    around it or control characters."""
    issuer = external.issuer
    if not _ISSUER.fullmatch(issuer) or len(issuer) > MAX_ISSUER or not issuer.isprintable():
        raise Invalid.value("issuer", issuer, "the URL of the provider, such as 'https://login.example.org'")
    if not is_subject(external.subject):
        raise Invalid.value("subject", external.subject, "what the provider has as `sub`, 1 to 255 characters")
    return external


def is_subject(text: str) -> bool:
    """Tell whether `text` may be a subject: see `check_external`."""
    return 0 < len(text) <= MAX_SUBJECT and text.isprintable() and text == text.strip()


def check_scopes(texts: tuple[str, ...]) -> tuple[Scope, ...]:
    """Return `texts` as scopes, each once, in the order of `SCOPES`; Invalid when empty or one is unknown."""
    for text in texts:
        if text not in SCOPES:
            raise Invalid.value("scope", text, f"one of {', '.join(SCOPES)}")
    if not texts:
        raise Invalid(f"scopes: none given; choose one or more of {', '.join(SCOPES)}.")
    return tuple(scope for scope in SCOPES if scope in texts)


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A key just made. `secret` is the key itself, shown this once."""

    key: ApiKey
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Allowed:
    """Where something is allowed: in `experiment_ids`; or, with `all_but`, in every other one, future ones too."""

    experiment_ids: tuple[ExperimentId, ...]
    all_but: bool


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is asking, and what limits them. `csrf_token` is for the header `x-lodeline-csrf` of a browser's login.

    `experiment_actions` says for each action in which experiments the server lets this one do it, `server_actions`
    what it lets them do to the server itself; both follow roles, scopes and experiments. `needs_set_up` says that the
    server has no account yet, and `sign_in_with` what single sign-on is called here, both to nobody alone.
    """

    kind: ActorKind
    name: str
    account_id: str | None
    role: Role | None
    roles: dict[ExperimentId, Role]
    scopes: tuple[Scope, ...] | None
    experiment_ids: tuple[ExperimentId, ...] | None
    expires_ms: int | None
    csrf_token: str | None = field(repr=False)
    experiment_actions: dict[str, Allowed] = field(default_factory=dict[str, Allowed])
    server_actions: tuple[str, ...] = ()
    needs_set_up: bool = False
    sign_in_with: str | None = None

    def may(self, action: str, experiment_id: str | None = None) -> bool:
        """Tell whether the server would let this one do `action`: to it, or within an experiment.

        Without an experiment, one of `experiment_actions` is allowed when it is in some experiment.
        """
        allowed = self.experiment_actions.get(action)
        if allowed is None:
            return action in self.server_actions
        if experiment_id is None:
            return allowed.all_but or bool(allowed.experiment_ids)
        return (experiment_id in allowed.experiment_ids) != allowed.all_but
