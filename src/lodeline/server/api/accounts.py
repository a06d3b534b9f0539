"""Native routes of accounts."""

from typing import Annotated

from fastapi import Path, Request
from pydantic import Field

from lodeline.domain.account import MAX_ISSUER, MAX_SUBJECT, Account, ExternalIdentity, Role
from lodeline.domain.errors import Invalid
from lodeline.domain.ids import AccountId, check_experiment_id
from lodeline.server.access import ActorDep, AddressDep
from lodeline.server.answers import Json, ServicesDep, answer
from lodeline.server.api.bodies import Body
from lodeline.server.api.entry import native_router
from lodeline.server.settings import Settings

router = native_router("/accounts", "accounts")

AccountPath = Annotated[str, Path(min_length=1, max_length=100, description="The account's id.")]
_Password = Annotated[str, Field(min_length=1, max_length=1_000)]


class AccountBody(Body):
    """A new account; without a password it cannot sign in but can own keys."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    role: Role | None = None
    password: _Password | None = None


class RoleBody(Body):
    """A role, on the whole server or in one experiment; null takes it away."""

    role: Role | None
    experiment_id: Annotated[str | None, Field(min_length=1, max_length=20)] = None


class DisabledBody(Body):
    """Whether the account is shut out."""

    disabled: bool


class ExternalBody(Body):
    """Who signs in as the account by single sign-on; the issuer is that of the setting `oidc_issuer` by default."""

    subject: Annotated[str, Field(min_length=1, max_length=MAX_SUBJECT)]
    issuer: Annotated[str, Field(min_length=1, max_length=MAX_ISSUER)] | None = None


class PasswordBody(Body):
    """A new password; one's own needs the old one."""

    new: _Password
    old: _Password | None = None


@router.post("", **answer(Account, 409, status=201))
def create_account(actor: ActorDep, services: ServicesDep, body: AccountBody) -> Json:
    """Create an account."""
    made = services.accounts.create(actor, body.name, role=body.role, password=body.password)
    return Json(made, status_code=201)


@router.get("", **answer(list[Account]))
def list_accounts(actor: ActorDep, services: ServicesDep) -> Json:
    """List all accounts, by name."""
    return Json(services.accounts.list(actor))


@router.get("/{account_id}", **answer(Account, 404))
def get_account(actor: ActorDep, services: ServicesDep, account_id: AccountPath) -> Json:
    """Return one account."""
    return Json(services.accounts.get(actor, AccountId(account_id)))


@router.put("/{account}/role", **answer(Account, 404, 409))
def set_account_role(
    actor: ActorDep,
    services: ServicesDep,
    account: Annotated[str, Path(min_length=1, max_length=100, description="The account's id or name.")],
    body: RoleBody,
) -> Json:
    """Give or take a role, on the whole server or in one experiment."""
    experiment_id = None if body.experiment_id is None else check_experiment_id(body.experiment_id)
    return Json(services.accounts.set_role(actor, account, body.role, experiment_id=experiment_id))


@router.put("/{account_id}/disabled", **answer(Account, 404, 409))
def set_account_disabled(actor: ActorDep, services: ServicesDep, account_id: AccountPath, body: DisabledBody) -> Json:
    """Shut an account out at once, with its keys and logins, or let it in again."""
    return Json(services.accounts.set_disabled(actor, AccountId(account_id), body.disabled))


@router.put("/{account_id}/password", **answer(Account, 404, 409, 429))
def set_account_password(
    actor: ActorDep, services: ServicesDep, address: AddressDep, account_id: AccountPath, body: PasswordBody
) -> Json:
    """Set a password; the account's logins end."""
    account = services.accounts.set_password(actor, AccountId(account_id), body.new, old=body.old, address=address)
    return Json(account)


@router.put("/{account_id}/external", **answer(Account, 404, 409))
def link_account(
    request: Request, actor: ActorDep, services: ServicesDep, account_id: AccountPath, body: ExternalBody
) -> Json:
    """Let somebody sign in as the account by single sign-on, known by their subject at the provider."""
    settings: Settings = request.app.state.settings
    issuer = body.issuer or settings.oidc_issuer
    if not issuer:
        raise Invalid("issuer: none is given, and single sign-on is not set up here; give the provider's URL.")
    external, provider = ExternalIdentity(issuer, body.subject), settings.oidc_issuer or None
    return Json(services.accounts.link(actor, AccountId(account_id), external, provider=provider))


@router.delete("/{account_id}/external", **answer(Account, 404))
def unlink_account(actor: ActorDep, services: ServicesDep, account_id: AccountPath) -> Json:
    """Let nobody sign in as the account by single sign-on any more; its logins end."""
    return Json(services.accounts.unlink(actor, AccountId(account_id)))


@router.delete("/{account_id}", **answer(None, 404, 409, status=204))
def delete_account(actor: ActorDep, services: ServicesDep, account_id: AccountPath) -> None:
    """Delete an account with its logins and keys."""
    services.accounts.delete(actor, AccountId(account_id))
