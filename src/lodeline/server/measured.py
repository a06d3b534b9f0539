"""Measured: the outermost ASGI layer, which counts and times every request over HTTP. Only there with `metrics`."""

import re
from collections.abc import Callable, Iterable
from time import perf_counter

from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lodeline.server.figures import NO_ROUTE

NoteRequest = Callable[[str, str, int, float], None]
"""Takes the route, the method, the status (0: nothing was answered) and the seconds of a request that has ended."""


class Measured:
    """Tells of each request when it has ended: after the last part of its answer, or when its client has left."""

    def __init__(self, app: ASGIApp, *, note: NoteRequest) -> None:
        self.app = app
        self._note = note
        self._names: RouteNames | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Measure one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status, begun = 0, perf_counter()

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception:
            status = status or 500  # which the server says then
            raise
        finally:
            if self._names is None:
                self._names = RouteNames(scope["app"].routes)
            self._note(self._names.of(scope), scope["method"], status, perf_counter() - begun)


class RouteNames:
    """What the routes of an application are called in figures: their patterns, never a path that somebody asked for.

    A scope that went through the application says the route only where FastAPI made it, and the endpoint of others.
    """

    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        self._kept = list(routes)  # so that no other object gets the id of one of their endpoints
        self._by_endpoint: dict[int, list[tuple[re.Pattern[str], str]]] = {}
        self._add(self._kept, "")

    def of(self, scope: Scope) -> str:
        """Return the name of the route that answered, `NO_ROUTE` where none did."""
        known = self._by_endpoint.get(id(scope.get("endpoint")))
        if known is None:
            route = scope.get("route")
            return route.path_format if isinstance(route, APIRoute) else NO_ROUTE
        if len(known) == 1:
            return known[0][1]
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        return next((name for pattern, name in known if pattern.match(path)), NO_ROUTE)

    def _add(self, routes: Iterable[BaseRoute], prefix: str) -> None:
        for route in routes:
            if isinstance(route, Mount):
                self._add(route.routes, prefix + route.path)
            elif isinstance(route, Route) and not isinstance(route, APIRoute):
                self._by_endpoint.setdefault(id(route.endpoint), []).append(
                    (route.path_regex, prefix + route.path_format)
                )
