"""The layer that counts requests, under applications that answer in every way there is."""

import asyncio
from collections.abc import Callable

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.types import Message, Receive, Scope, Send

from lodeline.server.measured import Measured

Noted = tuple[str, str, int]


def measured(*routes: Route | Mount) -> tuple[Measured, list[Noted]]:
    """Return a measured application, and what is told of its requests."""
    noted: list[Noted] = []

    def note(route: str, method: str, status: int, seconds: float) -> None:
        assert seconds >= 0
        noted.append((route, method, status))

    return Measured(Starlette(routes=list(routes)), note=note), noted


async def ask(app: Measured, path: str, sent: Callable[[Message], None] = lambda _: None) -> None:
    """Ask an application for a path; `sent` is given what it sends."""
    scope: Scope = {
        "type": "http", "method": "GET", "path": path, "root_path": "", "query_string": b"", "headers": [],
    }  # fmt: skip

    given: list[Message] = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> Message:
        if not given:
            await asyncio.Event().wait()  # the client stays
        return given.pop()

    async def send(message: Message) -> None:
        sent(message)

    await app(scope, receive, send)


def test_an_answer_in_parts_has_ended_with_its_last_one() -> None:
    noted_before_last: list[int] = []

    async def stream(_: Request) -> Response:
        async def parts():
            yield b"one"
            noted_before_last.append(len(noted))
            yield b"two"

        return StreamingResponse(parts())

    app, noted = measured(Route("/parts", stream))
    asyncio.run(ask(app, "/parts"))
    assert noted_before_last == [0]
    assert noted == [("/parts", "GET", 200)]


def test_an_exception_before_the_answer_is_a_server_error() -> None:
    async def fail(scope: Scope, receive: Receive, send: Send) -> None:
        scope["app"] = Starlette()
        raise RuntimeError("x")

    noted: list[Noted] = []

    def note(route: str, method: str, status: int, _: float) -> None:
        noted.append((route, method, status))

    app = Measured(fail, note=note)
    with pytest.raises(RuntimeError):
        asyncio.run(ask(app, "/"))
    assert noted == [("none", "GET", 500)]


def test_an_exception_in_an_answer_keeps_its_status() -> None:
    async def fail(_: Request) -> Response:
        async def parts():
            yield b"one"
            raise RuntimeError("x")

        return StreamingResponse(parts(), status_code=206)

    app, noted = measured(Route("/cut", fail))
    with pytest.raises(RuntimeError):
        asyncio.run(ask(app, "/cut"))
    assert noted == [("/cut", "GET", 206)]


def test_a_request_that_is_cut_off_has_no_status() -> None:
    async def wait(_: Request) -> Response:
        await asyncio.Event().wait()
        return PlainTextResponse("")

    app, noted = measured(Route("/wait", wait))

    async def cut() -> None:
        asking = asyncio.ensure_future(ask(app, "/wait"))
        await asyncio.sleep(0)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking

    asyncio.run(cut())
    assert noted == [("/wait", "GET", 0)]


def test_routes_of_one_endpoint_and_mounted_ones_have_their_own_names() -> None:
    async def page(_: Request) -> Response:
        return PlainTextResponse("")

    async def call(_: Request) -> Response:
        return PlainTextResponse("")

    routes = Route("/", page), Route("/a/{rest:path}", page), Mount("/api", routes=[Route("/b/{id}", call)])
    app, noted = measured(*routes)
    for path in ("/", "/a/x/y", "/api/b/7", "/api/c", "/c"):
        asyncio.run(ask(app, path))
    assert [route for route, _, _ in noted] == ["/", "/a/{rest}", "/api/b/{id}", "none", "none"]


def test_what_is_no_request_passes() -> None:
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["type"])

    async def nothing() -> Message:
        return {}

    async def drop(_: Message) -> None: ...

    def note(*_: object) -> None:
        seen.append("noted")

    layer = Measured(app, note=note)
    asyncio.run(layer({"type": "lifespan"}, nothing, drop))
    assert seen == ["lifespan"]
