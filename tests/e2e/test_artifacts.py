"""A large artifact through the proxy: as it comes, never as a whole in memory."""

import threading
from collections.abc import Iterator
from pathlib import Path

from tests.e2e.harness import Server, serving

_PLACE = "/api/2.0/mlflow-artifacts/artifacts/0/run/artifacts/large.bin"
_PIECE = bytes(range(256)) * 4096
_PIECES = 320
_SLACK_BYTES = 160 * 2**20


def test_memory_does_not_grow_with_an_artifact(tmp_path: Path) -> None:
    with (
        serving(tmp_path / "store", env={"LODELINE_MAX_ATTACHMENT_BYTES": str(2**30)}) as server,
        server.http(timeout_s=300.0) as http,
        _Peak(server) as peak,
    ):
        before = server.rss_bytes()
        assert http.put(_PLACE, content=_body()).status_code == 200
        received = 0
        with http.stream("GET", _PLACE) as answer:
            for number, piece in enumerate(answer.iter_bytes(len(_PIECE))):
                assert piece == _PIECE, number
                received += len(piece)
        assert received == _PIECES * len(_PIECE)
    assert peak.rss_bytes - before < _SLACK_BYTES


def _body() -> Iterator[bytes]:
    for _ in range(_PIECES):
        yield _PIECE


class _Peak:
    """The most memory that a server had meanwhile."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self.rss_bytes = 0

    def __enter__(self) -> "_Peak":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.02):
            self.rss_bytes = max(self.rss_bytes, self._server.rss_bytes())
