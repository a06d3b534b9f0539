"""A local server that answers as providers did: each request gets the answer that is next in its recording."""

import gzip
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import orjson

_FILE = Path(__file__).parents[1] / "data" / "providers" / "recordings.jsonl.gz"


@dataclass(frozen=True, slots=True)
class Recording:
    """One request and its answer."""

    name: str
    path: str
    request: Mapping[str, Any]
    status: int
    content_type: str
    answer: str


@cache
def recordings() -> Mapping[str, tuple[Recording, ...]]:
    """Return all recordings by name, the requests of each in their order."""
    found: dict[str, list[Recording]] = {}
    for line in gzip.decompress(_FILE.read_bytes()).splitlines():
        row = orjson.loads(line)
        made = Recording(*(row[key] for key in ("name", "path", "request", "status", "content_type", "answer")))
        found.setdefault(made.name, []).append(made)
    return {name: tuple(items) for name, items in found.items()}


@dataclass(slots=True)
class Replay:
    """A running server. A client with the base URL ``<url>/<name>`` gets the answers of that recording, over and
    over."""

    url: str
    asked: dict[str, list[Mapping[str, Any]]] = field(default_factory=dict[str, list[Mapping[str, Any]]])
    """What was asked of each recording."""


@contextmanager
def replaying() -> Generator[Replay]:
    """Give a server on a free port of this machine."""
    server = _Server(("127.0.0.1", 0), _Door)
    replay = server.replay
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, name="replay")
    thread.start()
    try:
        yield replay
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def server_activate(self) -> None:
        super().server_activate()
        self.replay = Replay(f"http://127.0.0.1:{self.server_port}")


class _Door(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        assert isinstance(self.server, _Server)
        replay = self.server.replay
        body = orjson.loads(self.rfile.read(int(self.headers["content-length"])))
        _, name, path = self.path.partition("?")[0].split("/", 2)
        asked = replay.asked.setdefault(name, [])
        recording = recordings()[name][len(asked) % len(recordings()[name])]
        asked.append(body)
        if f"/{path}" != recording.path:
            self._answer(410, "text/plain", f"{recording.path} was recorded, not /{path}")
            return
        self._answer(recording.status, recording.content_type, recording.answer)

    def _answer(self, status: int, content_type: str, text: str) -> None:
        content = text.encode()
        self.send_response(status)
        self.send_header("content-type", content_type)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""
