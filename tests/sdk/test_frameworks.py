"""Traced functions where a framework looks at what kind of function it is given."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import httpx
from fastapi import Depends, FastAPI
from fastapi.responses import StreamingResponse

import lodeline
from lodeline.testing import CapturedTraces


@lodeline.trace
def base() -> Iterator[int]:
    yield 5


@lodeline.trace
async def derived(x: int = Depends(base)) -> AsyncIterator[int]:
    yield x + 1


@lodeline.trace
async def route(value: int = Depends(derived), q: str = "x") -> dict[str, object]:
    return {"value": value, "q": q}


@lodeline.trace
def pieces(n: int) -> Iterator[str]:
    yield from map(str, range(n))


@lodeline.trace
async def async_pieces(n: int) -> AsyncIterator[str]:
    for i in range(n):
        await asyncio.sleep(0)
        yield str(i)


@lodeline.trace
def streamed() -> StreamingResponse:
    return StreamingResponse(pieces(3))


@lodeline.trace
async def async_streamed() -> StreamingResponse:
    return StreamingResponse(async_pieces(3))


def _get(*paths: str) -> list[str]:
    app = FastAPI()
    app.get("/")(route)
    app.get("/streamed", response_model=None)(streamed)
    app.get("/async", response_model=None)(async_streamed)

    async def ask() -> list[str]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service") as client:
            return [(await client.get(path)).text for path in paths]

    return asyncio.run(ask())


def test_fastapi_sees_routes_and_dependencies_as_they_are(captured: CapturedTraces):
    assert _get("/?q=y") == ['{"value":6,"q":"y"}']
    assert captured.span("derived").inputs == {"x": 5}
    assert captured.span("route").inputs == {"value": 6, "q": "y"}


def test_streams_that_outlive_their_route_are_its_children(captured: CapturedTraces):
    assert _get("/streamed", "/async") == ["012", "012"]
    for route_name, stream in (("streamed", "pieces"), ("async_streamed", "async_pieces")):
        found = captured.span(stream)
        assert found.outputs == ["0", "1", "2"]
        assert found.parent_id == captured.span(route_name).span_id
