"""Pages: the web page, its assets, and the API reference. No remote assets, no inline script.

The web page is what `make ui` builds into ``static/app``: one index, which every page route returns and whose script
shows the page of the address, and assets whose names are digests of their content. All of it is open to everybody and
holds nothing of the store.
"""

import re
import secrets
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from importlib.resources import files
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from lodeline.server.security import content_policy

APP_DIRECTORY = Path(str(files("lodeline.server").joinpath("static", "app")))
NONCE = "__NONCE__"
"""What the built index has where each answer's own style nonce goes."""
PAGES = (
    "/",
    "/sign-in",
    "/experiments",
    "/experiments/{rest:path}",
    "/traces/{trace_id}",
    "/review/{run_id}",
    "/reviews",
    "/settings",
    "/settings/{rest:path}",
)
"""The addresses of the web page; ``ui/src/app/router.tsx`` has a page for each."""

_TYPES = {
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "svg": "image/svg+xml",
    "woff2": "font/woff2",
    "txt": "text/plain; charset=utf-8",
}
_REFERENCE = {
    "/api/v1/docs": "reference.html",
    "/api/v1/docs/reference.js": "reference.js",
    "/api/v1/docs/reference.css": "reference.css",
}
_ENCODINGS = {"br": ".br", "gzip": ".gz"}
"""Content codings, the preferred first, and the suffix of the files that are in them."""
_NAME = re.compile(r"[A-Za-z0-9_-]+(?:[.][A-Za-z0-9_-]+)*")
"""Names of assets: no separator, and nothing that begins with a dot."""
_NO_PAGES = ("/api/", "/v1/", "/assets/")
_FOREVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Assets:
    """The files of a built web page; building it anew shows at once."""

    directory: Path

    def index(self) -> str | None:
        """Return the text of the index; None when the page is not built."""
        path = self.directory / "index.html"
        return path.read_text(encoding="utf-8") if path.is_file() else None

    def get(self, name: str, accepted: str) -> tuple[bytes, str | None] | None:
        """Return an asset's bytes in the best accepted coding, and that coding; None for an unknown name."""
        if not _NAME.fullmatch(name) or name.endswith(tuple(_ENCODINGS.values())):
            return None
        codings = _accepted(accepted)
        for coding, suffix in _ENCODINGS.items():
            if coding in codings and (found := self._read(name + suffix)) is not None:
                return found, coding
        plain = self._read(name)
        return None if plain is None else (plain, None)

    def _read(self, name: str) -> bytes | None:
        path = self.directory / "assets" / name
        return path.read_bytes() if path.is_file() else None


def routes(directory: Path = APP_DIRECTORY) -> list[BaseRoute]:
    """Return the routes of the pages, with the web page built in `directory`."""
    assets = Assets(directory)

    async def page(_: Request) -> Response:
        return await _page(assets)

    async def asset(request: Request) -> Response:
        name = request.path_params["file"]
        found = await run_in_threadpool(assets.get, name, request.headers.get("accept-encoding", ""))
        if found is None:
            raise HTTPException(404)
        data, coding = found
        headers = {"cache-control": _FOREVER, "vary": "accept-encoding"}
        if coding is not None:
            headers["content-encoding"] = coding
        return Response(data, media_type=_TYPES.get(name.rpartition(".")[2]), headers=headers)

    return [
        *(Route(path, page, name="page", include_in_schema=False) for path in PAGES),
        Route("/assets/{file}", asset, name="asset", include_in_schema=False),
        *(Route(path, _reference, name=file, include_in_schema=False) for path, file in _REFERENCE.items()),
    ]


async def lost_page(request: Request, directory: Path = APP_DIRECTORY) -> Response | None:
    """Return the web page, which says so and leads back, for a browser at an address that is none; None for programs.

    What begins like an address of an API or of an asset is no page.
    """
    asks_for_page = "text/html" in request.headers.get("accept", "")
    if request.method != "GET" or not asks_for_page or request.url.path.startswith(_NO_PAGES):
        return None
    return await _page(Assets(directory), status=HTTPStatus.NOT_FOUND)


async def _page(assets: Assets, status: HTTPStatus = HTTPStatus.OK) -> Response:
    text = await run_in_threadpool(assets.index)
    if text is None:
        unbuilt = _static("unbuilt.html")
        unbuilt.status_code = status
        return unbuilt
    nonce = secrets.token_urlsafe(16)
    return Response(
        text.replace(NONCE, nonce),
        status_code=status,
        media_type=_TYPES["html"],
        headers={"content-security-policy": content_policy(nonce)},
    )


async def _reference(request: Request) -> Response:
    return _static(_REFERENCE[request.scope["path"]])


def _static(name: str) -> Response:
    media_type = _TYPES[name.rpartition(".")[2]]
    return Response(_static_bytes(name), media_type=media_type, headers={"cache-control": "no-cache"})


@cache
def _static_bytes(name: str) -> bytes:
    return files("lodeline.server").joinpath("static", name).read_bytes()


_CODING = re.compile(r"\s*([\w*-]+)\s*(?:;\s*q=([0-9.]+)\s*)?")


def _accepted(header: str) -> set[str]:
    """Return the codings that an Accept-Encoding header admits; one of quality 0 it refuses."""
    found = (_CODING.fullmatch(item.lower()) for item in header.split(","))
    return {match[1] for match in found if match is not None and (match[2] or "1").strip("0.") != ""}
