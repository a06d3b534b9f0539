"""The few pages of the server itself: a start page and the API reference. No remote assets, no inline script."""

from importlib.resources import files

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

_TYPES = {
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
}
_FILES = {
    "/api/v1/docs": "reference.html",
    "/api/v1/docs/reference.js": "reference.js",
    "/api/v1/docs/reference.css": "reference.css",
}


def routes() -> list[BaseRoute]:
    """Return the routes of the pages; all of them are open to everybody and hold nothing of the store."""
    return [
        Route("/", _start, name="start_page", include_in_schema=False),
        *(Route(path, _page, name=file, include_in_schema=False) for path, file in _FILES.items()),
    ]


async def _start(_: Request) -> Response:
    return RedirectResponse("/api/v1/docs")


async def _page(request: Request) -> Response:
    file = _FILES[request.scope["path"]]
    data = files("lodeline.server").joinpath("static", file).read_bytes()
    return Response(data, media_type=_TYPES[file.rpartition(".")[2]], headers={"cache-control": "no-cache"})
