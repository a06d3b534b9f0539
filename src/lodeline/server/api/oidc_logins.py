"""The two addresses of single sign-on that a browser is sent to. They answer no JSON but send it on: to the provider,
into the page, or back to signing in with the code of what went wrong, for which the page has its own words.

They are no calls of the API, and not in its document: a program signs in with a key.
"""

from collections.abc import Callable
from typing import TypeVar
from urllib.parse import urlencode

import anyio.to_thread
from starlette.datastructures import QueryParams
from starlette.requests import Request, cookie_parser
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from lodeline.auth.oidc import ATTEMPT_MS, HOME, page_path
from lodeline.domain.errors import LodelineError, NotFound, Unavailable
from lodeline.server.access import Access
from lodeline.server.api.entry import PREFIX
from lodeline.server.single_sign_on import SingleSignOn
from lodeline.services.oidc_logins import ANSWER

COOKIE = "lodeline_oidc"
BEGIN_PATH = f"{PREFIX}/login/oidc"
CALLBACK_PATH = f"{BEGIN_PATH}/callback"
MAX_WAITING = 100
"""Sign-ins that wait for others at one time; further ones are told to come again."""
_T = TypeVar("_T")


def routes() -> list[BaseRoute]:
    """Return both routes."""
    return [
        Route(BEGIN_PATH, _begin, name="begin_oidc", include_in_schema=False),
        Route(CALLBACK_PATH, _complete, name="complete_oidc", include_in_schema=False),
    ]


async def _begin(request: Request) -> Response:
    """Send the browser to the provider; `to` is the path of the page to come back to."""
    single = _single(request)
    to = request.query_params.get("to", HOME)
    try:
        place, kept = await _run(single, lambda: single.logins.begin(to, redirect_uri=_redirect_uri(request)))
    except LodelineError as error:
        return _refused(error, page_path(to))
    response = RedirectResponse(place, status_code=302)
    access: Access = request.app.state.access
    response.set_cookie(
        _cookie_name(access),
        kept,
        max_age=ATTEMPT_MS // 1000,
        path=_cookie_path(access),
        secure=access.secure_cookies,
        httponly=True,
        samesite="lax",
    )
    return response


async def _complete(request: Request) -> Response:
    """Sign in who comes back from the provider, and send the browser into the page."""
    single = _single(request)
    access: Access = request.app.state.access
    kept = cookie_parser(request.headers.get("cookie", "")).get(_cookie_name(access))
    to = single.logins.destination(kept)
    # Whatever else the provider adds is no concern of ours; what is given twice says nothing (RFC 6749, 3.1).
    given = request.query_params
    answer = {name: value if len(given.getlist(name)) == 1 else "" for name, value in given.items()}
    address = request.client.host if request.client is not None else None
    try:
        made = await _run(
            single,
            lambda: single.logins.complete(answer, kept, redirect_uri=_redirect_uri(request), address=address),
        )
    except LodelineError as error:
        response = _refused(error, to)
    else:
        response = RedirectResponse(to or HOME, status_code=302)
        access.set_cookie(response, made.secret)
    response.delete_cookie(
        _cookie_name(access), path=_cookie_path(access), secure=access.secure_cookies, httponly=True, samesite="lax"
    )
    return response


def answer_of(given: QueryParams) -> dict[str, str]:
    """Return what the provider answers, by the parameters of an address; one given twice is taken for not given.

    Anybody may send any number of others: they are not looked at.
    """
    found = ((name, given.getlist(name)) for name in ANSWER)
    return {name: values[0] for name, values in found if len(values) == 1}


def _single(request: Request) -> SingleSignOn:
    single: SingleSignOn | None = request.app.state.single_sign_on
    if single is None:
        raise NotFound("single sign-on is not set up here; see the setting oidc_issuer.", code="oidc_off")
    return single


async def _run(single: SingleSignOn, call: Callable[[], _T]) -> _T:
    """Run what may wait for the provider in one of its own threads."""
    if single.places.statistics().tasks_waiting >= MAX_WAITING:
        raise Unavailable("single sign-on: too many sign in at this moment; try again.", code="oidc_unavailable")
    return await anyio.to_thread.run_sync(call, limiter=single.places)


def _redirect_uri(request: Request) -> str:
    """Return where the provider is to send the browser back: the host, which `HostGuard` knows, that it asked."""
    return str(request.base_url.replace(path=CALLBACK_PATH))


def _cookie_name(access: Access) -> str:
    """The prefix makes browsers insist on HTTPS, and on this very host: no other one of its domain may set it."""
    return f"__Host-{COOKIE}" if access.secure_cookies else COOKIE


def _cookie_path(access: Access) -> str:
    """The prefix wants the whole host."""
    return "/" if access.secure_cookies else CALLBACK_PATH


def _refused(error: LodelineError, to: str | None) -> Response:
    query = {"error": error.error_code} | ({} if to is None or to == HOME else {"back": to})
    return RedirectResponse(f"/sign-in?{urlencode(query)}", status_code=302)
