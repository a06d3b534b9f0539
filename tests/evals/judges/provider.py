"""A local server that answers judges as providers did: recorded answers, and what goes wrong with providers."""

import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson

from tests.evals.real import DATA, rows


@dataclass(frozen=True, slots=True)
class Recorded:
    """A recorded request and its answer."""

    path: str
    request: Mapping[str, Any]
    status: int
    answer: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server sends. `hang` holds the answer back until the server stops; `drop` closes the connection."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    hang: bool = False
    drop: bool = False


Answering = Callable[[Mapping[str, Any], int], Answer]
"""Gives the answer to a request, told its body and how many came before it."""


@cache
def recorded(name: str) -> Recorded:
    """Return one recording."""
    for row in rows(DATA / "evals" / "judge-recordings.jsonl.gz"):
        if row["name"] == name:
            return Recorded(row["path"], row["request"], row["status"], row["answer"])
    raise LookupError(name)


def giving(answer: Answer) -> Answering:
    """Answer every request so."""
    return lambda request, number: answer


def replayed(name: str) -> Answering:
    """Answer every request as it was recorded."""
    found = recorded(name)
    return lambda request, number: Answer(found.status, found.answer.encode())


def saying(content: object, name: str = "openai-structured") -> Answering:
    """Answer as recorded, with other content: what a judge would have said, in the envelope of the provider."""
    return lambda request, number: enveloped(content, name)


def enveloped(content: object, name: str = "openai-structured") -> Answer:
    """Return a recorded answer with other content."""
    text = content if isinstance(content, str) else orjson.dumps(content).decode()
    answer = orjson.loads(recorded(name).answer)
    if name.startswith("openai"):
        answer["choices"][0]["message"]["content"] = text
    else:
        answer["content"][0]["text"] = text
    return Answer(body=orjson.dumps(answer))


@dataclass(slots=True)
class Provider:
    """A running server; `asked` holds the bodies of the requests, `paths` where they went."""

    url: str
    answering: Answering
    asked: list[Mapping[str, Any]] = field(default_factory=list[Mapping[str, Any]])
    paths: list[str] = field(default_factory=list[str])
    first_asked: threading.Event = field(default_factory=threading.Event)
    stopped: threading.Event = field(default_factory=threading.Event)


@contextmanager
def providing(answering: Answering) -> Generator[Provider]:
    """Give a server on a free port of this machine."""
    server = _Server(("127.0.0.1", 0), _Door)
    server.provider = provider = Provider(f"http://127.0.0.1:{server.server_port}", answering)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, name="provider")
    thread.start()
    try:
        yield provider
    finally:
        provider.stopped.set()
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    provider: Provider


class _Door(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        assert isinstance(self.server, _Server)
        provider = self.server.provider
        body = orjson.loads(self.rfile.read(int(self.headers["content-length"])))
        provider.paths.append(self.path)
        provider.asked.append(body)
        provider.first_asked.set()
        answer = provider.answering(body, len(provider.asked) - 1)
        if answer.hang:
            provider.stopped.wait(60)
        if answer.hang or answer.drop:
            self.close_connection = True
            return
        self.send_response(answer.status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(answer.body)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""
