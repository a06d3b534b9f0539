"""The wire: server errors come back as the same classes, and the in-process transport streams both ways."""

import asyncio
import threading
from collections.abc import Iterator

import httpx
import orjson
import pytest
from starlette.types import Message, Receive, Scope, Send

from lodeline.cli.client import Client
from lodeline.cli.inprocess import InProcessTransport
from lodeline.cli.wire import HttpWire, problem
from lodeline.domain import errors
from lodeline.domain.errors import LodelineError
from lodeline.domain.experiment import Experiment
from lodeline.server.errors import problem_response
from lodeline.server.otlp import refusal

RAISED = [
    errors.Invalid.value("filter", "x", "y"), errors.Unauthenticated("who?"), errors.Forbidden("no"),
    errors.NotFound.of("trace", "tr-1"), errors.Conflict("taken"), errors.Deleted.of("experiment", "1"),
    errors.TooLarge("big"), errors.Unsupported("cannot"), errors.Unavailable("busy", retry_after_s=7),
]  # fmt: skip


@pytest.mark.parametrize("error", RAISED, ids=lambda error: type(error).__name__)
def test_a_problem_of_the_server_is_raised_as_the_same_error(error: LodelineError) -> None:
    answer = problem_response(error)
    again = problem(answer.status_code, bytes(answer.body))
    assert type(again) is type(error)
    assert (again.message, again.error_code, again.details) == (error.message, error.error_code, error.details)


@pytest.mark.parametrize("as_json", [True, False])
@pytest.mark.parametrize("error", RAISED, ids=lambda error: type(error).__name__)
def test_a_refusal_of_the_otlp_door_keeps_its_message(error: LodelineError, as_json: bool) -> None:
    answer = refusal(error, as_json=as_json)
    again = problem(answer.status_code, bytes(answer.body), answer.media_type or "")
    assert error.message in again.message
    assert isinstance(again, type(error).__mro__[0] if not isinstance(error, errors.Deleted) else errors.Conflict)


@pytest.mark.parametrize("content", [b"", b"<html>no</html>", b"[1]", b"\xff"])
def test_an_answer_that_is_no_problem_still_tells_its_status(content: bytes) -> None:
    assert "502" in problem(502, content).message
    assert isinstance(problem(502, content), errors.Unavailable)
    assert problem(500, content, "application/x-protobuf").message


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


def served(pages: list[object]) -> Client:
    """Return a client of a server that answers these documents one after the other."""
    answers = iter(pages)

    def answer(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=orjson.dumps(next(answers)))

    return Client(HttpWire("http://local", transport=httpx.MockTransport(answer)))


def test_pages_end_at_the_limit_or_without_a_cursor() -> None:
    item = {"experiment_id": "1", "name": "x", "lifecycle": "ACTIVE", "created_ms": 1, "updated_ms": 1}
    first, last = {"items": [item, item], "cursor": "c"}, {"items": [item], "cursor": None}
    pages = list(served([first, last]).pages(Experiment, "/experiments", params={}, limit=None))
    assert [len(page.items) for page in pages] == [2, 1]
    assert len(list(served([first]).pages(Experiment, "/experiments", params={}, limit=2))) == 1


def test_an_answer_that_is_not_json_is_unavailable() -> None:
    wire = HttpWire("http://local", transport=httpx.MockTransport(lambda _: httpx.Response(200, content=b"<html>")))
    with pytest.raises(errors.Unavailable, match="not JSON"):
        Client(wire).json("GET", "/server")
