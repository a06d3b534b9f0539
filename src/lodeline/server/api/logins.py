"""Native routes of signing in: set-up, login, logout, who am I."""

from dataclasses import replace
from typing import Annotated

from fastapi import Request
from pydantic import Field
from starlette.responses import Response

from lodeline.auth.actor import Actor
from lodeline.auth.policy import EXPERIMENT_ACTIONS, SERVER_ACTIONS, may, reach_of
from lodeline.domain.account import Account, Allowed, Identity, Login
from lodeline.server.access import AccessDep, AddressDep, IdentityDep
from lodeline.server.answers import Json, ServicesDep, answer
from lodeline.server.api.bodies import Body
from lodeline.server.api.entry import OpenRoute, native_router
from lodeline.server.single_sign_on import SingleSignOn

router = native_router("", "logins", route_class=OpenRoute)

_Password = Annotated[str, Field(min_length=1, max_length=1_000)]
_Name = Annotated[str, Field(min_length=1, max_length=100)]


class LoginBody(Body):
    """A name and its password."""

    name: _Name
    password: _Password


class SetupBody(Body):
    """The first account: the token is the one that the server printed when it started."""

    token: Annotated[str, Field(min_length=1, max_length=200)]
    name: _Name
    password: _Password


@router.post("/setup", **answer(Account, 409, status=201))
def set_up(services: ServicesDep, address: AddressDep, body: SetupBody) -> Json:
    """Make the first account, an admin; possible once."""
    account = services.accounts.set_up(body.token, body.name, body.password, address=address)
    return Json(account, status_code=201)


@router.post("/login", **answer(Identity, 429))
def sign_in(services: ServicesDep, access: AccessDep, address: AddressDep, body: LoginBody) -> Json:
    """Sign in; the answer sets the login cookie, which no script can read."""
    made = services.logins.sign_in(body.name, body.password, address=address)
    account = made.account
    actor = Actor("account", account.name, account.account_id, account.role, account.roles)
    response = Json(_identity(actor, made.login))
    access.set_cookie(response, made.secret)
    return response


@router.post("/logout", **answer(None, status=204))
def sign_out(request: Request, services: ServicesDep, access: AccessDep, identity: IdentityDep) -> Response:
    """End the login of the cookie; without one it is fine."""
    secret = access.login_secret(request.headers)
    if secret is not None and identity[1] is not None:
        services.logins.sign_out(secret)
    response = Response(status_code=204)
    access.drop_cookie(response)
    return response


@router.get("/me", **answer(Identity))
def get_me(request: Request, services: ServicesDep, identity: IdentityDep) -> Json:
    """Return who is asking; without credentials that is "anonymous"."""
    found = _identity(*identity)
    if found.kind == "anonymous":
        single: SingleSignOn | None = request.app.state.single_sign_on
        found = replace(
            found,
            needs_set_up=services.accounts.needs_set_up(),
            sign_in_with=None if single is None else single.logins.rules.name,
        )
    return Json(found)


def _identity(actor: Actor, login: Login | None) -> Identity:
    reaches = {action: reach_of(actor, action) for action in sorted(EXPERIMENT_ACTIONS)}
    return Identity(
        kind=actor.kind,
        name=actor.name,
        account_id=actor.account_id,
        role=actor.role,
        roles=dict(actor.roles),
        scopes=actor.scopes,
        experiment_ids=actor.experiment_ids,
        expires_ms=actor.expires_ms if login is None else login.expires_ms,
        csrf_token=None if login is None else login.csrf_token,
        experiment_actions={
            action: Allowed(tuple(sorted(reach.experiment_ids)), reach.all_but) for action, reach in reaches.items()
        },
        server_actions=tuple(action for action in sorted(SERVER_ACTIONS) if may(actor, action)),
    )
