"""The shared door of several processes, here with two places in one process."""

import asyncio
import socket
import sys
import time
from functools import partial

import pytest

from lodeline.server.shared_door import PATIENCE_S, SharedDoor, Tally, shared_file
from lodeline.server.sockets import listen

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="one process only")


class _Guest(asyncio.Protocol):
    """Says which door it came through, and goes: the doors count what they took until they are told otherwise."""

    def __init__(self, name: bytes) -> None:
        self._name = name

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        transport.write(self._name)
        transport.close()


def test_nobody_there_counts_as_full() -> None:
    with shared_file(3) as file:
        mine, theirs = Tally(file.fileno(), 3), Tally(file.fileno(), 3)
        assert mine.is_fewest(0, 1_000_000)
        theirs.note(2, 5)
        assert mine.is_fewest(0, 5)
        assert not mine.is_fewest(0, 6)
        theirs.leave(2)
        assert mine.is_fewest(0, 6)


def test_connections_alternate_between_equal_processes() -> None:
    assert sorted(asyncio.run(_arrivals(8))) == [b"0"] * 4 + [b"1"] * 4


def test_a_connection_that_a_busy_process_leaves_is_taken_after_a_while() -> None:
    async def run() -> tuple[bytes, float]:
        with shared_file(2) as file, listen("127.0.0.1", 0) as listener:
            tally = Tally(file.fileno(), 2)
            tally.note(1, 0)  # serves nobody and takes nothing
            door = SharedDoor(listener, tally, 0)
            door.open(lambda: _Guest(b"0"))
            door.note(3)
            started = time.monotonic()
            name = await _connect(listener.getsockname()[1])
            door.close()
            return name, time.monotonic() - started

    name, waited_s = asyncio.run(run())
    assert name == b"0"
    assert waited_s >= PATIENCE_S * 0.9


def test_a_closed_door_takes_nothing_and_counts_as_full() -> None:
    async def run() -> bool:
        with shared_file(2) as file, listen("127.0.0.1", 0) as listener:
            tally = Tally(file.fileno(), 2)
            door = SharedDoor(listener, tally, 0)
            door.open(lambda: _Guest(b"0"))
            door.close()
            return tally.is_fewest(1, 1)

    assert asyncio.run(run())


async def _arrivals(count: int) -> list[bytes]:
    """Return through which of two doors so many connections came."""
    with shared_file(2) as file, listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        doors = [SharedDoor(sock, Tally(file.fileno(), 2), at) for at, sock in enumerate((listener, listener.dup()))]
        for at, door in enumerate(doors):
            door.open(partial(_Guest, str(at).encode()))
        names = [await _connect(port) for _ in range(count)]
        for door in doors:
            door.close()
        return names


async def _connect(port: int) -> bytes:
    """Connect, and return what the other side says."""
    loop = asyncio.get_running_loop()
    with socket.socket() as made:
        made.setblocking(False)
        await loop.sock_connect(made, ("127.0.0.1", port))
        return await asyncio.wait_for(loop.sock_recv(made, 10), 30)
