"""The in-process transport streams both ways, and what the application raises is raised to the caller."""

import asyncio
import threading
from collections.abc import Iterator

import httpx
import pytest
from starlette.types import Message, Receive, Scope, Send

from lodeline.domain import errors
from lodeline.sdk.client.inprocess import AsyncInProcessTransport, InProcessTransport


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with what was sent, part by part."""
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
        return
    await send({"type": "http.response.start", "status": 200, "headers": [(b"x-path", scope["path"].encode())]})
    more = True
    while more:
        message = await receive()
        more = message["more_body"]
        await send({"type": "http.response.body", "body": message["body"], "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def lifespan(receive: Receive, send: Send) -> None:
    for _ in range(2):
        message = await receive()
        await send({"type": f"{message['type']}.complete"})


def parts(count: int) -> Iterator[bytes]:
    for number in range(count):
        yield bytes([number % 256]) * 1_000


def test_bodies_stream_in_both_directions() -> None:
    with InProcessTransport(echo) as transport, httpx.Client(transport=transport, base_url="http://local") as client:
        answer = client.post("/a%20b", content=parts(300))
    assert answer.content == b"".join(parts(300))
    assert answer.headers["x-path"] == "/a b"


def test_an_answer_that_is_not_read_to_its_end_ends_the_application_s_wait() -> None:
    gone = threading.Event()

    async def endless(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await lifespan(receive, send)
            return
        while (await receive())["more_body"]:
            pass
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"first", "more_body": True})
        if (await receive())["type"] == "http.disconnect":
            gone.set()

    with (
        InProcessTransport(endless) as transport,
        httpx.Client(transport=transport, base_url="http://local") as client,
    ):
        with client.stream("GET", "/") as answer:
            assert next(answer.iter_bytes()) == b"first"
        assert gone.wait(10)


def test_an_exception_before_the_answer_is_raised_to_the_caller() -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await lifespan(receive, send)
            return
        raise ZeroDivisionError

    with (
        InProcessTransport(broken) as transport,
        httpx.Client(transport=transport, base_url="http://local") as client,
        pytest.raises(ZeroDivisionError),
    ):
        client.get("/")


def test_an_exception_within_the_answer_is_raised_where_it_is_read() -> None:
    async def breaking(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await lifespan(receive, send)
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        raise ZeroDivisionError

    with (
        InProcessTransport(breaking) as transport,
        httpx.Client(transport=transport, base_url="http://local") as client,
        pytest.raises(ZeroDivisionError),
    ):
        client.get("/")


def test_an_application_that_cannot_start_is_unavailable() -> None:
    async def refusing(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no disk"})

    with pytest.raises(errors.Unavailable, match="no disk"), InProcessTransport(refusing):
        pass


def test_the_application_is_started_and_shut_down() -> None:
    seen: list[str] = []

    async def recording(scope: Scope, receive: Receive, send: Send) -> None:
        async def note() -> Message:
            message = await receive()
            seen.append(message["type"])
            await asyncio.sleep(0)
            return message

        await lifespan(note, send)

    with InProcessTransport(recording):
        assert seen == ["lifespan.startup"]
    assert seen == ["lifespan.startup", "lifespan.shutdown"]


def test_awaited_requests_are_carried_too() -> None:
    async def exchange(transport: InProcessTransport) -> httpx.Response:
        async with httpx.AsyncClient(transport=AsyncInProcessTransport(transport), base_url="http://local") as client:
            return await client.post("/a%20b", content=b"".join(parts(30)))

    with InProcessTransport(echo) as transport:
        answer = asyncio.run(exchange(transport))
    assert answer.content == b"".join(parts(30))
    assert answer.headers["x-path"] == "/a b"
