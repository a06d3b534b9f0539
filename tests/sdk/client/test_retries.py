"""What is sent again, when, and what the caller hears in the end."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from lodeline.domain import errors
from lodeline.domain.experiment import ExperimentSettings
from lodeline.sdk.client.clients import AsyncLodelineClient, LodelineClient
from lodeline.sdk.client.connection import LONGEST_WAIT_S

Outcome = httpx.Response | Exception
EXPERIMENT = {"experiment_id": "1", "name": "x", "lifecycle": "ACTIVE", "created_ms": 1, "updated_ms": 1}
INFO = {
    "version": "1", "api_versions": ["v1"], "auth": False, "time_ms": 1, "figures": None, "capabilities":
    {"backend": "x", "durable": True, "full_text_index": True, "multi_process": True, "backup": True},
}  # fmt: skip


def ok(document: object = EXPERIMENT) -> httpx.Response:
    return httpx.Response(200, content=orjson.dumps(document))


def busy(status: int = 503, after_s: float = 0.01) -> httpx.Response:
    return httpx.Response(
        status,
        json={"code": "unavailable", "detail": "queue full", "details": {"retry_after_s": after_s}},
        headers={"retry-after": "1"},
    )


class Server:
    """Answers with outcomes one after the other, and keeps what it was asked."""

    def __init__(self, *outcomes: Outcome) -> None:
        self.outcomes = list(outcomes)
        self.bodies: list[bytes] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.bodies.append(request.read() if isinstance(request.stream, httpx.SyncByteStream) else b"")
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def client(self, **options: Any) -> LodelineClient:
        return LodelineClient("http://local", transport=httpx.MockTransport(self), **options)


def get(client: LodelineClient) -> object:
    return client.experiments.get("1")


def create(client: LodelineClient) -> object:
    return client.experiments.create("x", settings=ExperimentSettings(capture="none"))


def update(client: LodelineClient) -> object:
    return client.experiments.update("1", name="y")


def sign_in(client: LodelineClient) -> object:
    return client.logins.sign_in("ada", "secret")


LOST = httpx.ReadTimeout("late")
GONE = httpx.ReadError("reset")
NEVER_SENT = httpx.ConnectError("refused")


@pytest.mark.parametrize(
    "outcome", [busy(), busy(429), httpx.Response(502), httpx.Response(504), LOST, GONE, NEVER_SENT]
)
@pytest.mark.parametrize("ask", [get, create])
def test_what_changes_nothing_the_second_time_is_sent_again(
    ask: Callable[[LodelineClient], object], outcome: Outcome
) -> None:
    server = Server(outcome, outcome, ok())
    ask(server.client())
    assert len(server.bodies) == 3
    assert len(set(server.bodies)) == 1, "the same key, so that the server can tell"


@pytest.mark.parametrize("outcome", [busy(), busy(429), NEVER_SENT])
def test_other_changes_are_sent_again_when_the_server_did_nothing(outcome: Outcome) -> None:
    server = Server(outcome, ok())
    update(server.client())
    assert len(server.bodies) == 2


@pytest.mark.parametrize("outcome", [httpx.Response(502), LOST, GONE])
def test_other_changes_are_not_sent_again_when_they_may_have_been_made(outcome: Outcome) -> None:
    server = Server(outcome)
    with pytest.raises(errors.Unavailable):
        update(server.client())
    assert len(server.bodies) == 1


def test_passwords_are_never_sent_again() -> None:
    server = Server(busy(429))
    with pytest.raises(errors.TooManyAttempts, match="queue full"):
        sign_in(server.client())


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 500, 501])
def test_a_refusal_for_good_is_raised_at_once(status: int) -> None:
    server = Server(httpx.Response(status, json={"detail": "no", "code": "c", "details": {"a": 1}}))
    with pytest.raises(errors.LodelineError) as raised:
        get(server.client())
    assert (raised.value.message, raised.value.error_code, raised.value.details) == ("no", "c", {"a": 1})


def test_retries_are_bounded() -> None:
    server = Server(busy(), busy(), busy())
    with pytest.raises(errors.Unavailable, match="queue full"):
        get(server.client(max_retries=2))
    assert len(server.bodies) == 3
    with pytest.raises(errors.Unavailable):
        get(Server(busy()).client(max_retries=0))


def test_a_server_that_asks_for_a_long_pause_is_not_waited_for() -> None:
    server = Server(busy(after_s=LONGEST_WAIT_S + 1))
    with pytest.raises(errors.Unavailable) as raised:
        get(server.client())
    assert raised.value.retry_after_s == LONGEST_WAIT_S + 1


def test_a_file_is_sent_again_from_its_start_and_parts_are_not(tmp_path: Path) -> None:
    file = tmp_path / "a.bin"
    file.write_bytes(b"x" * 600_000)
    attachment = ok({"name": "a", "size_bytes": 1, "modified_ms": 1})
    server = Server(busy(), attachment)
    server.client().attachments.put("tr-1", "a", file)
    assert [len(body) for body in server.bodies] == [600_000, 600_000]
    with pytest.raises(errors.Unavailable):
        Server(busy()).client().attachments.put("tr-1", "a", iter([b"x"]))


def test_awaited_calls_are_sent_again_too() -> None:
    server = Server(busy(), GONE, ok(INFO))

    async def ask() -> str:
        async with AsyncLodelineClient("http://local", transport=httpx.MockTransport(server)) as client:
            return (await client.server.get()).version

    assert asyncio.run(ask()) == "1"


@pytest.mark.parametrize(("outcome", "code"), [(LOST, "timeout"), (NEVER_SENT, "unreachable")])
def test_what_does_not_answer_is_unavailable(outcome: Exception, code: str) -> None:
    with pytest.raises(errors.Unavailable, match="http://local") as raised:
        get(Server(outcome).client(max_retries=0))
    assert raised.value.error_code == code


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (httpx.Response(200, content=b"<html>"), "not JSON"),
        (httpx.Response(200, content=b"[1]"), "is no Experiment"),
        (httpx.Response(302, headers={"location": "https://elsewhere"}), "elsewhere"),
    ],
)
def test_an_answer_of_something_else_is_unavailable(answer: httpx.Response, said: str) -> None:
    with pytest.raises(errors.Unavailable, match=said):
        get(Server(answer).client())


@pytest.mark.parametrize("url", ["localhost:5000", "ftp://x", "http://x:99999", "http://a b", "http://[::1"])
def test_what_is_no_url_is_refused(url: str) -> None:
    with pytest.raises(errors.Invalid, match="URL such as"):
        LodelineClient(url)


def test_url_and_key_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return ok()

    monkeypatch.setenv("LODELINE_URL", "http://one.example:81/")
    monkeypatch.setenv("LODELINE_KEY", "k1")
    with LodelineClient(transport=httpx.MockTransport(answer)) as client:
        get(client)
        assert "k1" not in repr(vars(client))
    with LodelineClient("http://two.example", "k2", transport=httpx.MockTransport(answer)) as client:
        get(client)
    assert [(str(item.url), item.headers["authorization"]) for item in seen] == [
        ("http://one.example:81/api/v1/experiments/1", "Bearer k1"),
        ("http://two.example/api/v1/experiments/1", "Bearer k2"),
    ]
