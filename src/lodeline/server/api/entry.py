"""Native routes: where they are, and what they ask first of a request: who sends it, and whether they know all its
query parameters."""

import difflib
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from threading import RLock
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from fastapi import APIRouter
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import compile_path, get_name

from lodeline.auth.policy import check_known
from lodeline.domain.errors import Invalid, shown
from lodeline.server.access import identify

PREFIX = "/api/v1"
_MOST_NAMED = 10
_MOST_SHOWN = 3
_MAKING = RLock()
"""Held while a route is made: applications share the routes, and each may be served by a thread of its own."""


class OpenRoute(APIRoute):
    """A route that anybody may ask, such as that of signing in.

    Invalid for a query parameter that it does not have, and for one given twice that takes one value: it would be
    taken for none, or the last of them, and the answer for that to what was asked.

    FastAPI reads the signature of what answers, and makes a validator for each parameter, when it is first asked: a
    command and a server that has just started need few of the routes, and making all took a sixth of a start.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        self._declared = (path, endpoint, options)
        self.path, self.name, self.methods = path, get_name(endpoint), set(options["methods"])
        self.path_regex, self.path_format, self.param_convertors = compile_path(path)

    def __getattr__(self, name: str) -> Any:
        """Return what FastAPI makes of the declaration; it is made at the first look for any of it."""
        self.make()
        if name in self.__dict__:
            return self.__dict__[name]
        raise AttributeError(f"a route has no {name!r}")

    def make(self) -> None:
        """Have FastAPI make of the declaration what it needs to answer; once."""
        with _MAKING:
            declared = self.__dict__.pop("_declared", None)
            if declared is not None:
                path, endpoint, options = declared
                super().__init__(path, endpoint, **options)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what answers a request."""
        answer = super().get_route_handler()
        known = dict(sorted(_parameters(self.dependant)))

        async def entered(request: Request) -> Response:
            await self.enter(request)
            _check_parameters(request, known)
            return await answer(request)

        return entered

    async def enter(self, request: Request) -> None:
        """Raise what is to be said before anything else of the request is looked at, its body above all."""


class NativeRoute(OpenRoute):
    """A route for those who are known; Unauthenticated for nobody, whatever else is wrong with the request."""

    async def enter(self, request: Request) -> None:
        """Raise Unauthenticated for nobody."""
        check_known((await identify(request))[0])


def native_router(path: str, *tags: str, route_class: type[OpenRoute] = NativeRoute) -> APIRouter:
    """Return the router of one noun, whose routes begin with /api/v1 and `path`.

    They stand in the application as they are: of a router that is included FastAPI makes every route a second time,
    and looks for each request's route twice.
    """
    return APIRouter(
        prefix=f"{PREFIX}{path}",
        tags=list(tags),
        route_class=route_class,
        generate_unique_id_function=lambda route: route.name,
    )


def _check_parameters(request: Request, known: Mapping[str, bool]) -> None:
    """Check the query of a request; `known` tells of each parameter whether it takes several values."""
    for name in request.query_params:
        many = known.get(name)
        if many is None:
            raise Invalid(
                f"{shown(name)}: there is no such query parameter; {_instead(name, list(known))}.",
                code="unknown_parameter",
                details={"field": name, "known": list(known)},
            )
        if not many and len(values := request.query_params.getlist(name)) > 1:
            first = ", ".join(map(shown, values[:_MOST_SHOWN]))
            raise Invalid(
                f"{name}: it is given {len(values)} times ({first}); give it once.",
                code="repeated_parameter",
                details={"field": name},
            )


def _parameters(dependant: Dependant) -> Iterator[tuple[str, bool]]:
    yield from ((field.alias, _takes_several(field.field_info.annotation)) for field in dependant.query_params)
    for inner in dependant.dependencies:
        yield from _parameters(inner)


def _takes_several(annotation: object) -> bool:
    origin = get_origin(annotation)
    if origin in {Annotated, Union, UnionType}:
        return any(map(_takes_several, get_args(annotation)))
    return isinstance(origin, type) and issubclass(origin, Sequence)


def _instead(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name[:50], known, n=1, cutoff=0.5)
    if near:
        return f"did you mean {near[0]!r}? /api/v1/openapi.json has those there are"
    if not known:
        return "this route has none"
    more = ", …" if len(known) > _MOST_NAMED else ""
    return f"this route has {', '.join(known[:_MOST_NAMED])}{more}"
