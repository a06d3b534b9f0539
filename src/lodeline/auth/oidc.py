"""Single sign-on with OpenID Connect, its pure parts: what the browser keeps while it is at the provider, what of an
ID token is checked beside its signature, and who its claims say somebody is.

Who may sign in by it is `services.oidc_logins`; the way to the provider, and signatures, are `server.oidc`.
"""

import base64
import hashlib
import json
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Literal, Self, cast

from lodeline.auth.actor import ANONYMOUS, LOCAL, SYSTEM
from lodeline.auth.secrets import SecretHasher, same_secret
from lodeline.domain.account import ROLES, ExternalIdentity, Role, is_account_name, is_subject
from lodeline.domain.errors import Unauthenticated, shown

ATTEMPT_MS = 600_000
"""How long somebody may take at the provider."""
LEEWAY_S = 60
"""By so much may the provider's clock be off."""
HOME = "/experiments"
"""Where somebody goes who came from nowhere."""
MAX_SEALED = 4_000
MAX_PATH = 2_000
"""Bytes, so that an attempt fits into a cookie."""
_LATEST_S = 2**53
_PATH = re.compile(r'/(?!/)[^\\"]*')
_UPWARDS = re.compile(r"/\.")
"""Segments such as `..`, by which a browser makes another path of one."""
_ACTORS = frozenset({LOCAL.name, SYSTEM.name, ANONYMOUS.name})
"""In the audit trail whoever had such a name would look like the server."""
_NO_PAGES = ("/api/", "/v1/", "/sign-in")

Refusal = Literal[
    "oidc_expired", "oidc_denied", "oidc_provider", "oidc_token", "oidc_email", "oidc_name", "oidc_taken",
    "oidc_disabled", "oidc_set_up", "oidc_full", "oidc_groups",
]  # fmt: skip
"""Why somebody is not let in; the page has a sentence for each."""


def refused(code: Refusal, message: str, **details: str) -> Unauthenticated:
    """Return the error for a sign-in that is refused; the message is for the log, `details` for the audit trail, and
    neither holds a token."""
    return Unauthenticated(f"single sign-on: {message}", code=code, details=details)


@dataclass(frozen=True, slots=True)
class OidcRules:
    """What the settings say of whom single sign-on lets in, as whom, and with which role.

    `roles` are pairs of a group at the provider and a role here. `default_role` is that of who is in none of these
    groups; with `only_groups` nobody else is let in. With `resync_roles` each sign-in sets the role anew, otherwise
    only the first one does.
    """

    issuer: str
    client_id: str
    name: str = "single sign-on"
    scopes: tuple[str, ...] = ("openid", "email", "profile")
    account_claim: str = "email"
    groups_claim: str = "groups"
    roles: tuple[tuple[str, Role], ...] = ()
    default_role: Role | None = None
    only_groups: bool = False
    resync_roles: bool = True

    def role_of(self, groups: Sequence[str]) -> Role | None:
        """Return the strongest role that one of the groups gives, or the default one."""
        given: list[Role] = [role for group, role in self.roles if group in groups]
        return min(given, key=ROLES.index) if given else self.default_role

    def lets_in(self, groups: Sequence[str]) -> bool:
        """Tell whether somebody of these groups gets an account."""
        return not self.only_groups or any(group in groups for group, _ in self.roles)


@dataclass(frozen=True, slots=True)
class Attempt:
    """What a browser keeps while somebody is at the provider: nothing is kept here, so any process can go on with it.

    `to` is the path of the page that they want to see.
    """

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    to: str
    expires_ms: int

    @classmethod
    def begin(cls, to: str, *, now_ms: int) -> Self:
        """Return a fresh one, each of its secrets 256 bits and more; `to` becomes what `page_path` makes of it."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        return cls(state, nonce, verifier, page_path(to), now_ms + ATTEMPT_MS)

    @property
    def challenge(self) -> str:
        """What the provider is told of the verifier (PKCE, RFC 7636, S256)."""
        return _base64(hashlib.sha256(self.verifier.encode()).digest())

    def sealed(self, hasher: SecretHasher) -> str:
        """Return the text for the browser's cookie, which nobody can change."""
        text = _base64(json.dumps(asdict(self), ensure_ascii=False).encode())
        return f"{text}.{hasher.attempt_hash(text)}"

    @classmethod
    def unsealed(cls, text: str, hasher: SecretHasher, *, now_ms: int) -> Self | None:
        """Return the attempt that `sealed` made; None when it was not made with this hasher, or is over."""
        body, _, proof = text.partition(".")
        if len(text) > MAX_SEALED or not same_secret(proof, hasher.attempt_hash(body)):
            return None
        values = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        attempt = cls(**{spec.name: values[spec.name] for spec in fields(cls)})
        return attempt if now_ms < attempt.expires_ms else None


def page_path(to: str) -> str:
    """Return `to` when it is the path of a page of ours, with query and fragment; `HOME` when it is anything else,
    such as an address of another server."""
    path = re.split("[?#]", to, maxsplit=1)[0]
    if not _PATH.fullmatch(to) or not to.isprintable() or to.startswith(_NO_PAGES) or _UPWARDS.search(path):
        return HOME
    return to if len(to.encode()) <= MAX_PATH else HOME


def check_claims(claims: Mapping[str, object], rules: OidcRules, *, nonce: str, now_ms: int) -> None:
    """Return when an ID token, whose signature is right, is from the provider, for us, for this attempt, and in force
    (OpenID Connect Core, 3.1.3.7); otherwise raise `oidc_token`, naming the claim."""
    if claims.get("iss") != rules.issuer:
        raise refused("oidc_token", f"iss is {shown(claims.get('iss'))}, not the provider, {shown(rules.issuer)}.")
    audiences = _texts(claims.get("aud"))
    if rules.client_id not in audiences:
        raise refused("oidc_token", "aud does not have our client id.")
    party = claims.get("azp")
    if (party is not None and party != rules.client_id) or (party is None and len(audiences) > 1):
        raise refused("oidc_token", "azp is not our client id.")
    given = claims.get("nonce")
    if not isinstance(given, str) or not same_secret(given, nonce):
        raise refused("oidc_token", "nonce is not that of this sign-in.")
    now_s = now_ms / 1000
    if not now_s < _moment(claims, "exp") + LEEWAY_S:
        raise refused("oidc_token", "it has expired; are the clocks right?")
    for name in ("iat", *(["nbf"] if "nbf" in claims else [])):
        if not _moment(claims, name) <= now_s + LEEWAY_S:
            raise refused("oidc_token", f"{name} lies ahead; are the clocks right?")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not is_subject(subject):
        raise refused("oidc_token", "sub is none.")


def _moment(claims: Mapping[str, object], name: str) -> float:
    """Return a time in seconds; `oidc_token` when it is none."""
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < _LATEST_S:
        raise refused("oidc_token", f"{name} is no time.")
    return value


@dataclass(frozen=True, slots=True)
class Person:
    """Who signs in: their identity at the provider, the account name they would get, and their groups."""

    identity: ExternalIdentity
    name: str
    groups: tuple[str, ...]


def is_complete(claims: Mapping[str, object], rules: OidcRules) -> bool:
    """Tell whether the claims have all that `person_of` reads, so that the provider need not be asked for more."""
    wanted = {rules.account_claim, *(["email_verified"] if rules.account_claim == "email" else [])}
    if rules.roles:
        wanted.add(rules.groups_claim)
    return wanted <= claims.keys()


def completed(claims: Mapping[str, object], more: Mapping[str, object]) -> dict[str, object]:
    """Return the claims of an ID token with what else the provider says (userinfo); the token's own win.

    `oidc_token` when that is about somebody else. Whether an e-mail address is verified counts only for that very
    address.
    """
    if more.get("sub") != claims.get("sub"):
        raise refused("oidc_token", "userinfo is about another subject.")
    both = {**more, **claims}
    if not {"email", "email_verified"} <= claims.keys():
        about = more.get("email")
        both["email_verified"] = more.get("email_verified") if claims.get("email", about) == about else None
    return both


def person_of(claims: Mapping[str, object], rules: OidcRules) -> Person:
    """Return who the claims, which `check_claims` has passed, say somebody is.

    `oidc_email` when the name is an e-mail address that the provider has not verified, `oidc_name` when it is missing
    or no name that an account can have, `oidc_provider` when it says where the groups are instead of which they are.
    """
    elsewhere = claims.get("_claim_names")  # "distributed claims", by which some leave out groups that are too many
    if rules.roles and isinstance(elsewhere, dict) and rules.groups_claim in elsewhere:
        raise refused("oidc_provider", "there are too many groups for the ID token; have the provider send fewer.")
    name = claims.get(rules.account_claim)
    if not isinstance(name, str) or not name:
        raise refused("oidc_name", f"the claim {shown(rules.account_claim)} is missing; see oidc_scopes.")
    verified = claims.get("email_verified")
    if rules.account_claim == "email" and verified is not True and verified != "true":  # some send it as a text
        raise refused(
            "oidc_email", "email_verified is not true; have the address verified, or set oidc_account_claim."
        )
    if not is_account_name(name) or name.lower() in _ACTORS:
        raise refused("oidc_name", f"{shown(name)} is no name for an account; set oidc_account_claim.")
    identity = ExternalIdentity(rules.issuer, str(claims["sub"]))
    return Person(identity, name, _texts(claims.get(rules.groups_claim)))


def _texts(value: object) -> tuple[str, ...]:
    """Return the texts of a claim that is one text or a list of them."""
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, list):
        return ()
    return tuple(item for item in cast("list[object]", value) if isinstance(item, str))


def _base64(data: bytes) -> str:
    """Return data as text for URLs, without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
