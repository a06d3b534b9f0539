"""Errors at the REST door: problem+json (RFC 9457), rendered once.

A problem carries `type`, `title`, `status`, `detail` and the extensions `code` (stable), `details` (facts) and
`request_id`. An unforeseen exception becomes a 500 with an incident id; the log gets the id, the exception's type and
where it was raised, never its message, which may quote content.
"""

import asyncio
import logging
import re
import traceback
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import RouteContext, iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lodeline.domain.errors import Invalid, LodelineError, NotFound, Unavailable, shown
from lodeline.domain.ids import new_hex
from lodeline.query.problem import nearest
from lodeline.server.otlp_refusals import refusal_at
from lodeline.server.serialise import dumps

PROBLEM_TYPE = "application/problem+json"
_MOST_OF_NAME = 60
_PHRASES = {
    413: "Content Too Large", 414: "URI Too Long", 416: "Range Not Satisfiable", 422: "Unprocessable Content",
}  # fmt: skip
_log = logging.getLogger("lodeline.server")


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong with a request, by RFC 9457: `code` is stable, `detail` says what, which value, what to do."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    details: Mapping[str, object] = field(default_factory=dict[str, object])
    request_id: str | None = None


class ProblemResponse(Response):
    """A problem as an HTTP answer."""

    media_type = PROBLEM_TYPE

    def __init__(self, problem: Problem, headers: Mapping[str, str] | None = None):
        super().__init__(dumps(problem), status_code=problem.status, headers=headers)


def phrase(status: int) -> str:
    """Return what RFC 9110 calls a status; Pythons before 3.13 have older names for some."""
    return _PHRASES.get(status) or HTTPStatus(status).phrase


def problem_response(error: LodelineError, request_id: str | None = None) -> ProblemResponse:
    """Return the answer for an error of ours, with Retry-After or WWW-Authenticate where they belong."""
    status = error.http_status
    headers: dict[str, str] = {}
    if isinstance(error, Unavailable):
        headers["retry-after"] = str(max(1, round(error.retry_after_s)))
    if status == HTTPStatus.UNAUTHORIZED:
        headers["www-authenticate"] = 'Bearer realm="lodeline"'
    problem = Problem(
        type=f"urn:lodeline:problem:{error.error_code}",
        title=phrase(status),
        status=status,
        detail=error.message,
        code=error.error_code,
        details=error.details,
        request_id=request_id,
    )
    return ProblemResponse(problem, headers)


Lost = Callable[[Request], Awaitable[Response | None]]
"""What to answer at an address that is none, when not a problem."""


Explain = Callable[[Request, NotFound], Awaitable[LodelineError]]
"""What to say to a request of something that is missing."""


def install_errors(app: FastAPI, lost: Lost | None = None, explain: Explain | None = None) -> None:
    """Make every error of the app a problem; an unknown address is first shown to `lost`, and something that is
    missing to `explain`."""

    async def _on_known(request: Request, error: Exception) -> Response:
        if not isinstance(error, LodelineError):
            raise error
        if explain is not None and isinstance(error, NotFound):
            error = await explain(request, error)
        return problem_response(error, request_id_of(request.scope))

    async def _on_http(request: Request, error: Exception) -> Response:
        if lost is not None and isinstance(error, HTTPException) and error.status_code == HTTPStatus.NOT_FOUND:
            page = await lost(request)
            if page is not None:
                return page
        return await _on_refused(request, error)

    app.add_exception_handler(LodelineError, _on_known)
    app.add_exception_handler(RequestValidationError, _on_validation)
    app.add_exception_handler(HTTPException, _on_http)


async def _on_validation(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    return problem_response(invalid_request(error.errors()), request_id_of(request.scope))


async def _on_refused(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    known = LodelineError(str(error.detail), code=_HTTP_CODES.get(error.status_code, "http_error"))
    unread = _UNREAD.get(type(error.__cause__)) if error.status_code == HTTPStatus.BAD_REQUEST else None
    if unread is not None:
        known = Invalid(f"body: {unread}.", details={"field": "body"})
    if error.status_code == HTTPStatus.NOT_FOUND:
        known = NotFound(
            f"{request.method} {shown(request.url.path)} is no route of this server; see /api/v1/openapi.json.",
            code="route_not_found",
        )
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        methods = _methods_at(request)
        known = wrong_method(request.method, request.url.path, methods)
        headers["allow"] = ", ".join(methods)
    answer = refused(_with_status(known, error.status_code), request.scope)
    answer.headers.update(headers)
    return answer


def refused(error: LodelineError, scope: Scope) -> Response:
    """Return the answer to a request that no route takes: a problem, or a Status of OTLP at its door."""
    return refusal_at(scope, error) or problem_response(error, request_id_of(scope))


def wrong_method(method: str, path: str, allowed: Sequence[str]) -> LodelineError:
    """Return the error for a method that a path does not have."""
    return LodelineError(
        f"{method} is no method of {shown(path)}; it has {', '.join(allowed)}.",
        code="method_not_allowed",
        details={"allowed": list(allowed)},
    )


def methods_of(routes: Iterable[BaseRoute | RouteContext], path: str) -> tuple[str, ...]:
    """Return the methods of all routes that a path fits, in order."""
    found: set[str] = set()
    for route in iter_route_contexts(list(routes)):
        pattern: re.Pattern[str] | None = getattr(route, "path_regex", None)
        if pattern is not None and pattern.match(path):
            found |= set(route.methods or ())
    return tuple(sorted(found))


def _methods_at(request: Request) -> tuple[str, ...]:
    return methods_of(request.app.routes, request.url.path)


_UNREAD: Mapping[type | None, str] = {
    RecursionError: "its JSON nests too deeply; send fewer levels",
    UnicodeDecodeError: "it is not UTF-8, which JSON has to be",
}
"""Why FastAPI could not read a body, by what its parser raised."""
_HTTP_CODES = {400: "invalid", 413: "too_large", 415: "unsupported_media_type"}


def _with_status(error: LodelineError, status: int) -> LodelineError:
    if error.http_status == status:
        return error
    kind = type("HttpError", (LodelineError,), {"http_status": status})
    return kind(error.message, code=error.error_code, details=error.details)


def invalid_request(errors: Sequence[Any]) -> Invalid:
    """Return the error for a request that Pydantic refused; the first finding makes the message."""
    found = [{"field": _place(item.get("loc", ())), "expected": _expected(item)} for item in errors[:20]]
    first: Mapping[str, Any] = errors[0] if errors else {}
    name = found[0]["field"] if found else "body"
    given = first.get("input")
    if name == "body" and isinstance(given, bytes):  # FastAPI parses what is said to be JSON, and nothing else
        message = "body: it is not said to be JSON; send it with the header `Content-Type: application/json`."
        return Invalid(message, details={"field": name, "errors": found})
    if first.get("type") == "json_invalid":
        return _not_json(first)
    return Invalid(f"{name}: {_said(first, errors)}.", details={"field": name, "errors": found})


def _said(first: Mapping[str, Any], errors: Sequence[Any]) -> str:
    """Return what is wrong with the field of the first finding."""
    expected, given = _expected(first).rstrip("."), first.get("input")
    if first.get("type") in _UNKNOWN:
        return "there is no such field; leave it out, or see /api/v1/openapi.json for those there are"
    if first.get("type") == "missing":
        unknown = [_place(each["loc"]) for each in errors if each.get("type") in _UNKNOWN]
        near = nearest(_place(first["loc"]), unknown)
        return expected if near is None else f"{expected}; it was perhaps meant by {shown(near)}, which is no field"
    if _is_key(first.get("loc", ())):
        return f"the key {shown(given)} is not valid; {expected}"
    return expected if given is None else f"{shown(given)} is not valid; {expected}"


_UNKNOWN = frozenset({"extra_forbidden", "unexpected_keyword_argument"})


def _not_json(error: Mapping[str, Any]) -> Invalid:
    """Return the error for a body that the JSON parser refused; the last part of its place is the character."""
    at = int(error["loc"][-1]) + 1
    why = str(error.get("ctx", {}).get("error", "it cannot be parsed"))
    message = f"body: it is not JSON: {why} (character {at})."
    return Invalid(message, details={"field": "body", "errors": [{"field": "body", "expected": "JSON"}], "at": at})


def _expected(error: Mapping[str, Any]) -> str:
    if error.get("type") in _NO_OBJECT:
        return "Input should be a JSON object"
    return str(error.get("msg", "the request is malformed"))


_NO_OBJECT = frozenset(("model_attributes_type", "model_type", "dict_type", "dataclass_type"))


def _place(parts: Sequence[object]) -> str:
    """Return the path to a value in a body (``body`` for the whole); keys of the client's own may be of any length,
    so each part is cut."""
    named = parts[:-2] if _is_key(parts) else parts
    names = [str(part) for part in named if part != "body"]
    return ".".join(name if len(name) <= _MOST_OF_NAME else f"{name[:_MOST_OF_NAME]}…" for name in names) or "body"


def _is_key(parts: Sequence[object]) -> bool:
    """Tell whether a place is that of a map's key: Pydantic names it, and then says so."""
    return bool(parts) and parts[-1] == "[key]"


def request_id_of(scope: Scope) -> str | None:
    """Return the id that this request is logged under."""
    return scope.get("state", {}).get("request_id")


class Incidents:
    """Innermost ASGI layer: an unforeseen exception becomes a 500 problem with an incident id."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, whatever happens below."""
        started = False

        async def watch(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watch)
        except ClientDisconnect:
            # Nobody is left to answer, and nothing went wrong here.
            _log.info("%s %s: the client left before its request was whole", scope["method"], shown(scope["path"]))
        except asyncio.CancelledError:
            if started or scope["type"] != "http":
                raise  # as below
            await problem_response(cut_off(), request_id_of(scope))(scope, receive, send)
        except Exception as error:
            if scope["type"] != "http":
                raise
            incident = new_hex("in-")
            log_incident(incident, error)
            if started:
                raise  # the answer is under way: the connection must break, or the client takes it for whole
            problem = LodelineError(
                f"something unforeseen went wrong; the server's log has it as incident {incident}.",
                code="internal",
                details={"incident": incident},
            )
            await problem_response(problem, request_id_of(scope))(scope, receive, send)


def cut_off() -> Unavailable:
    """Return the error for a request that a server which stops has no time left for."""
    return Unavailable("the server is stopping and did not finish this request; send it again.", code="stopping")


def log_incident(incident: str, error: BaseException) -> None:
    """Log where an unforeseen exception came from, without its message, which may quote content."""
    frames = traceback.extract_tb(error.__traceback__)
    places = " < ".join(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in reversed(frames))
    _log.error("incident %s: %s at %s", incident, type(error).__name__, places)
