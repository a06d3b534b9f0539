"""Single sign-on of a server: put together from its settings, where they set it up."""

from dataclasses import dataclass, field

from anyio import CapacityLimiter

from lodeline.auth.credentials import Credentials
from lodeline.auth.oidc import OidcRules
from lodeline.domain.account import ROLES
from lodeline.domain.clock import Clock
from lodeline.server.oidc_client import client_secret
from lodeline.server.settings import Settings
from lodeline.services.oidc_logins import OidcLoginService
from lodeline.storage.base import Stores

THREADS = 8
"""Those of its own that sign-ins wait for the provider in: a slow one does not hold up other requests."""


@dataclass(frozen=True, slots=True)
class SingleSignOn:
    """Single sign-on, and what bounds how many sign-ins ask the provider at one time."""

    logins: OidcLoginService
    places: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(THREADS))


def single_sign_on(settings: Settings, stores: Stores, credentials: Credentials, clock: Clock) -> SingleSignOn | None:
    """Return what the settings set up, which has asked the provider nothing yet; None when they do not.

    `oidc_client.check_oidc` has passed the settings.
    """
    if not settings.oidc_issuer:
        return None
    # Not at the top: it needs an extra, and brings cryptography, 10 MB that other servers do without.
    from lodeline.server.oidc import HttpProvider  # noqa: PLC0415

    rules = rules_of(settings)
    secret = client_secret(settings.oidc_client_secret_file)
    provider = HttpProvider(rules.issuer, rules.client_id, secret, clock)
    return SingleSignOn(OidcLoginService(stores, credentials, rules, provider, clock))


def rules_of(settings: Settings) -> OidcRules:
    """Return what the settings, which have been checked, say of whom it lets in."""
    pairs = (pair.rpartition("=") for pair in settings.oidc_roles)
    return OidcRules(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        name=settings.oidc_name,
        scopes=settings.oidc_scopes,
        account_claim=settings.oidc_account_claim,
        groups_claim=settings.oidc_groups_claim,
        roles=tuple((group, role) for group, _, text in pairs for role in ROLES if role == text),
        default_role=next((role for role in ROLES if role == settings.oidc_default_role), None),
        only_groups=settings.oidc_default_role == "refuse",
        resync_roles=settings.oidc_resync_roles,
    )
