"""What guards every request before a route sees it: ASGI layers, outermost first.

`RequestIds` names the request; `SecurityHeaders` marks every answer; `HostGuard` stops DNS rebinding; `CrossOrigin`
keeps other sites' pages out, CORS included; `BodyBound` bounds what is read. Who is asking is `server.access`.
"""

import ipaddress
import re
from collections.abc import Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lodeline.domain.errors import Forbidden, Invalid, LodelineError, TooLarge, shown
from lodeline.domain.ids import new_hex
from lodeline.domain.loopback import is_loopback
from lodeline.server.errors import problem_response, refused

CSRF_HEADER = "x-lodeline-csrf"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'{style}; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "content-security-policy": _CSP.format(style=""),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-store",
}


def content_policy(style_nonce: str) -> str:
    """Return the content security policy of a page whose style elements carry this nonce; scripts stay files only."""
    return _CSP.format(style=f" 'nonce-{style_nonce}'")


_REQUEST_ID = re.compile(r"[A-Za-z0-9_.:\-]{1,64}")


class RequestIds:
    """Gives every request an id, the client's `x-request-id` when it is well-formed, and returns it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Name one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        ident = given if _REQUEST_ID.fullmatch(given) else new_hex("rq-")
        scope.setdefault("state", {})["request_id"] = ident

        async def named(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["x-request-id"] = ident
            await send(message)

        await self.app(scope, receive, named)


class SecurityHeaders:
    """Adds the security headers to every answer; a route's own value of one of them wins."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._added = [(name.encode(), value.encode()) for name, value in _HEADERS.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Mark the answer to one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(h for h in self._added if h[0] not in present)]
            await send(message)

        await self.app(scope, receive, marked)


class HostGuard:
    """Refuses requests whose Host header names another host: a page that rebinds its DNS name to this server.

    Admitted are loopback names, the bound host, and `allowed` names (`*.example.org` admits names below it). A
    server bound to other than loopback also admits IP addresses: no DNS name can forge one.
    """

    def __init__(self, app: ASGIApp, *, bound: str, allowed: Iterable[str] = ()) -> None:
        self.app = app
        self._exact = {bound.strip("[]").lower(), *(name.lower() for name in allowed if not name.startswith("*."))}
        self._below = tuple(name[1:].lower() for name in allowed if name.startswith("*."))
        self._addresses = not is_loopback(bound)

    def admits(self, header: str | None) -> bool:
        """Tell whether a Host header is one of ours."""
        name = host_of(header or "")
        if not name:
            return False
        if name in self._exact or is_loopback(name) or (self._below and name.endswith(self._below)):
            return True
        return self._addresses and _is_address(name)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request pass or refuse it."""
        if scope["type"] == "http":
            header = Headers(scope=scope).get("host")
            if not self.admits(header):
                refusal = Invalid(
                    f"host: {shown(header or '')} is not a name of this server; add it to the setting allowed_hosts.",
                    code="host_not_allowed",
                )
                await _refuse(refusal, scope, receive, send)
                return
        await self.app(scope, receive, send)


class CrossOrigin:
    """Keeps pages of other sites out: CORS by allow-list, and no unsafe request from any other origin.

    A browser names the page's origin in unsafe requests. So a request that carries another origin is refused even
    where it needs no preflight; programs that are no browsers send none and pass.
    """

    def __init__(self, app: ASGIApp, *, origins: Iterable[str] = ()) -> None:
        self.app = app
        self._origins = frozenset(origin.lower() for origin in origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request pass, answer its preflight, or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        origin = headers.get("origin")
        if origin is None:
            if scope["method"] not in SAFE_METHODS and headers.get("sec-fetch-site") == "cross-site":
                await _refuse(_foreign("a page of another site"), scope, receive, send)
                return
            await self.app(scope, receive, send)
            return
        listed = origin.lower() in self._origins
        if scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            await self._preflight(origin, listed, headers)(scope, receive, send)
            return
        if not listed and scope["method"] not in SAFE_METHODS and not _same_origin(origin, headers):
            await _refuse(_foreign(f"origin {shown(origin)}"), scope, receive, send)
            return
        await self.app(scope, receive, self._shared(origin, send) if listed else send)

    def _shared(self, origin: str, send: Send) -> Send:
        async def shared(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["access-control-allow-origin"] = origin
                headers["access-control-allow-credentials"] = "true"
                headers["access-control-expose-headers"] = "x-request-id, retry-after, content-disposition"
                headers["cross-origin-resource-policy"] = "cross-origin"
                headers.add_vary_header("origin")
            await send(message)

        return shared

    def _preflight(self, origin: str, listed: bool, headers: Headers) -> Response:
        if not listed:
            return problem_response(_foreign(f"origin {shown(origin)}"))
        return Response(
            status_code=204,
            headers={
                "access-control-allow-origin": origin,
                "access-control-allow-credentials": "true",
                "access-control-allow-methods": "GET, POST, PUT, PATCH, DELETE",
                "access-control-allow-headers": headers.get("access-control-request-headers", ""),
                "access-control-max-age": "600",
                "vary": "origin",
            },
        )


class BodyBound:
    """Refuses bodies over a bound, by their stated length at once and by their bytes while they are read.

    Paths under one of `exempt` bound their bodies themselves (uploads, OTLP).
    """

    def __init__(self, app: ASGIApp, *, max_bytes: int, exempt: "re.Pattern[str]") -> None:
        self.app = app
        self._max_bytes = max_bytes
        self._exempt = exempt

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Bound the body of one request."""
        if scope["type"] != "http" or self._exempt.fullmatch(scope["path"]):
            await self.app(scope, receive, send)
            return
        stated = Headers(scope=scope).get("content-length", "0")
        if not stated.isdecimal() or int(stated) > self._max_bytes:
            await _refuse(body_too_large(self._max_bytes), scope, receive, send)
            return
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self._max_bytes:
                # Whatever reads the body would wrap an error of ours; an HTTPException passes through.
                raise HTTPException(413, body_too_large(self._max_bytes).message)
            return message

        await self.app(scope, counted, send)


def body_too_large(max_bytes: int) -> TooLarge:
    """Return the error for a body over its bound."""
    return TooLarge(f"the request body is over the limit of {max_bytes} bytes; send less at a time.")


def host_of(header: str) -> str:
    """Return the host of a Host header or authority, lower-case, without port and brackets."""
    text = header.strip().lower()
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.rpartition(":")[0] if text.count(":") == 1 else text


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _same_origin(origin: str, headers: Headers) -> bool:
    return origin.lower().partition("://")[2] == headers.get("host", "").lower()


def _foreign(who: str) -> Forbidden:
    return Forbidden(
        f"{who} may not call this server; add the page's origin to the setting cors_origins.",
        code="origin_not_allowed",
    )


async def _refuse(error: LodelineError, scope: Scope, receive: Receive, send: Send) -> None:
    await refused(error, scope)(scope, receive, send)
