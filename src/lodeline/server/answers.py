"""Answers: how native routes respond and how OpenAPI describes it.

A route returns `Json(value)`; ``**answer(Type, 404, ...)`` in its decorator publishes the schema of the type and the
problems it may give. Both follow `server.shapes`.
"""

from collections.abc import Mapping
from typing import Annotated, Any, TypedDict

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from lodeline.server.errors import PROBLEM_TYPE, Problem, phrase
from lodeline.server.schema import Schemas
from lodeline.server.serialise import dumps
from lodeline.services.bundle import Services

SCHEMAS = Schemas()
"""The components of the OpenAPI document, collected while routes are declared."""
_PROBLEM = SCHEMAS.of(Problem)
_ALWAYS = (400, 401, 403)
_NO_OTHERS: Mapping[int, str] = {}


class Json(JSONResponse):
    """A domain value as an answer in native JSON."""

    def render(self, content: object) -> bytes:
        """Return the body."""
        return dumps(content)


class RouteOptions(TypedDict):
    """What `answer` gives to a route's decorator."""

    response_class: type[Response]
    status_code: int
    responses: dict[int | str, dict[str, Any]]


def answer(
    kind: Any, *problems: int, status: int = 200, what: str = "", also: Mapping[int, str] = _NO_OTHERS
) -> RouteOptions:
    """Return the options of a route that answers `kind`: a type, or None for an answer without a body.

    400, 401 and 403 are documented for every route, `problems` beside them. `also` says what other statuses mean
    under which the same may be answered.
    """
    documented: dict[int | str, dict[str, Any]] = {
        code: {
            "description": phrase(code),
            "content": {PROBLEM_TYPE: {"schema": _PROBLEM}},
        }
        for code in (*_ALWAYS, *problems)
    }
    success: dict[str, Any] = {"description": what or phrase(status)}
    if kind is not None:
        success["content"] = {"application/json": {"schema": SCHEMAS.of(kind)}}
    documented[status] = success
    for code, meaning in also.items():
        documented[code] = {**success, "description": meaning}
    return RouteOptions(response_class=Response if kind is None else Json, status_code=status, responses=documented)


def binary(media_type: str, *problems: int, what: str) -> RouteOptions:
    """Return the options of a route that answers bytes of a media type."""
    options = answer(None, *problems, what=what)
    options["response_class"] = StreamingResponse
    options["responses"][200]["content"] = {media_type: {"schema": {"type": "string", "format": "binary"}}}
    return options


async def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


ServicesDep = Annotated[Services, Depends(_services)]
