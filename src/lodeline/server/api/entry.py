"""What native routes ask first of a request: who sends it, and whether they know all its query parameters."""

import difflib
from collections.abc import Iterator

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.requests import Request

from lodeline.auth.policy import check_known
from lodeline.domain.errors import Invalid, shown
from lodeline.server.access import IdentityDep

_MOST_NAMED = 10


async def known_actor(identity: IdentityDep) -> None:
    """Raise Unauthenticated for nobody, whatever else is wrong with the request."""
    check_known(identity[0])


async def known_parameters(request: Request) -> None:
    """Raise Invalid for a query parameter that the route does not have: a misspelt one would be taken for none, and
    the answer for that to what was asked."""
    if not request.query_params:
        return
    route: APIRoute = request.scope["route"]
    known = sorted(set(_parameters(route.dependant)))
    for name in request.query_params:
        if name not in known:
            raise Invalid(
                f"{shown(name)}: there is no such query parameter; {_instead(name, known)}.",
                code="unknown_parameter",
                details={"field": name, "known": known},
            )


def _parameters(dependant: Dependant) -> Iterator[str]:
    yield from (field.alias for field in dependant.query_params)
    for inner in dependant.dependencies:
        yield from _parameters(inner)


def _instead(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name[:50], known, n=1, cutoff=0.5)
    if near:
        return f"did you mean {near[0]!r}? /api/v1/openapi.json has those there are"
    if not known:
        return "this route has none"
    more = ", …" if len(known) > _MOST_NAMED else ""
    return f"this route has {', '.join(known[:_MOST_NAMED])}{more}"
