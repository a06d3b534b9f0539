"""Access: from a request's credentials to its actor. The only place of the HTTP doors that looks at credentials.

An API key comes as ``Authorization: Bearer <key>``, as the password of Basic credentials, or as
``x-lodeline-key: <key>``; a browser's login as a cookie, and then an unsafe request must also carry the login's CSRF
token in the header `x-lodeline-csrf`. Without auth everybody who reaches the server is `LOCAL`: `server.run` lets
such a server listen on loopback only.
"""

import base64
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request, cookie_parser
from starlette.responses import Response

from lodeline.auth.actor import ANONYMOUS, LOCAL, Actor
from lodeline.auth.secrets import same_secret
from lodeline.domain.account import Login
from lodeline.domain.errors import Forbidden, Unauthenticated
from lodeline.server.security import CSRF_HEADER, SAFE_METHODS
from lodeline.services.keys import KeyService
from lodeline.services.logins import LIFETIME_MS, LoginService

COOKIE = "lodeline_login"
KEY_HEADER = "x-lodeline-key"


@dataclass(frozen=True, slots=True)
class Access:
    """How this server finds out who is asking."""

    keys: KeyService
    logins: LoginService
    enabled: bool
    secure_cookies: bool = False

    @property
    def cookie_name(self) -> str:
        """The name of the login cookie; the prefix makes browsers insist on HTTPS and on this very host."""
        return f"__Host-{COOKIE}" if self.secure_cookies else COOKIE

    def by_key(self, key: str | None) -> Actor:
        """Return the actor of an API key, or of nobody; for doors that take no cookies."""
        if not self.enabled:
            return LOCAL
        return ANONYMOUS if key is None else self.keys.authenticate(key)

    def identify(self, headers: Headers, method: str) -> tuple[Actor, Login | None]:
        """Return who is asking, and the login when a cookie said so.

        Nobody when there are no credentials; Unauthenticated when those given are no longer or never were good;
        Forbidden when a cookie's unsafe request lacks its CSRF token.
        """
        if not self.enabled:
            return LOCAL, None
        key = key_of(headers)
        if key is not None:
            return self.keys.authenticate(key), None
        secret = self.login_secret(headers)
        if secret is None:
            return ANONYMOUS, None
        actor, login = self.logins.authenticate(secret)
        if method not in SAFE_METHODS and not same_secret(headers.get(CSRF_HEADER, ""), login.csrf_token):
            raise Forbidden(
                f"{CSRF_HEADER}: missing or wrong; send the csrf_token that signing in and GET /api/v1/me return.",
                code="csrf",
            )
        return actor, login

    def login_secret(self, headers: Headers) -> str | None:
        """Return what the login cookie holds."""
        return cookie_parser(headers.get("cookie", "")).get(self.cookie_name) or None

    def set_cookie(self, response: Response, secret: str) -> None:
        """Give the browser its login: readable by no script, sent by no other site's page."""
        response.set_cookie(
            self.cookie_name,
            secret,
            max_age=LIFETIME_MS // 1000,
            path="/",
            secure=self.secure_cookies,
            httponly=True,
            samesite="strict",
        )

    def drop_cookie(self, response: Response) -> None:
        """Make the browser forget its login."""
        response.delete_cookie(
            self.cookie_name, path="/", secure=self.secure_cookies, httponly=True, samesite="strict"
        )


def key_of(headers: Headers) -> str | None:
    """Return the API key of a request; Unauthenticated for another scheme of Authorization.

    Programs that know only names and passwords send the key as the password; the name counts nothing.
    """
    given = headers.get(KEY_HEADER)
    if given:
        return given.strip()
    authorization = headers.get("authorization")
    if not authorization:
        return None
    scheme, _, rest = authorization.partition(" ")
    key = _password(rest.strip()) if scheme.lower() == "basic" else rest.strip()
    if scheme.lower() not in {"bearer", "basic"} or not key:
        raise Unauthenticated("authorization: only 'Bearer <API key>', or Basic with the key as password, will do.")
    return key


def _password(credentials: str) -> str:
    """Return the password of Basic credentials, empty when they are malformed."""
    try:
        return base64.b64decode(credentials, validate=True).decode().partition(":")[2]
    except ValueError:
        return ""


async def identify(request: Request) -> tuple[Actor, Login | None]:
    """Return who sends a request, and by which login; looked up once for each request. Errors as of `Access`."""
    known: tuple[Actor, Login | None] | None = request.scope.get(_IDENTITY)
    if known is None:
        access: Access = request.app.state.access
        if not access.enabled:
            return LOCAL, None
        known = await run_in_threadpool(access.identify, request.headers, request.method)
        request.scope[_IDENTITY] = known
    return known


_IDENTITY = "lodeline.identity"


async def _access(request: Request) -> Access:
    access: Access = request.app.state.access
    return access


async def _address(request: Request) -> str | None:
    return request.client.host if request.client is not None else None


AccessDep = Annotated[Access, Depends(_access)]
IdentityDep = Annotated[tuple[Actor, Login | None], Depends(identify)]


async def _actor(identity: IdentityDep) -> Actor:
    return identity[0]


ActorDep = Annotated[Actor, Depends(_actor)]
AddressDep = Annotated[str | None, Depends(_address)]
