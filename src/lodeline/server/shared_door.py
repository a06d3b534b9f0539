"""The shared door: several processes take connections from one listening socket, each about as many as the others.

Left alone, the system wakes all idle processes for a connection and whoever is first takes it, often one of them
everything; senders of traces keep their connections open for hours, so that one would do all the work. Here a process
leaves a connection to another that has fewer, for as long as an idle one needs to take it.
"""

import asyncio
import logging
import mmap
import socket
import sys
from collections.abc import Callable
from tempfile import TemporaryFile
from typing import IO

PATIENCE_S = 0.02
"""After so long a process takes a connection that others have left: they are busy."""
_RETRY_S = 1.0
_ABSENT = 2**32 - 1
_COUNT_BYTES = 4
_log = logging.getLogger("lodeline.server")


def shared_file(processes: int) -> IO[bytes]:
    """Return a nameless file for the tally of so many processes, none of them there yet."""
    made = TemporaryFile()  # noqa: SIM115 - for the caller to close
    made.write(_ABSENT.to_bytes(_COUNT_BYTES, sys.byteorder) * processes)
    made.flush()
    return made


class Tally:
    """How many connections each process has, in memory that they share through a file descriptor."""

    def __init__(self, descriptor: int, processes: int) -> None:
        self._memory = mmap.mmap(descriptor, processes * _COUNT_BYTES)
        self._counts = memoryview(self._memory).cast("I")

    def note(self, place: int, count: int) -> None:
        """Tell that the process at this place has so many."""
        self._counts[place] = count

    def leave(self, place: int) -> None:
        """Tell that there is no process at this place which could take any."""
        self._counts[place] = _ABSENT

    def is_fewest(self, place: int, count: int) -> bool:
        """Tell whether no other process has fewer than `count`."""
        return all(other >= count for at, other in enumerate(self._counts) if at != place)


class SharedDoor:
    """One process's part in the door; used from its event loop."""

    def __init__(self, listener: socket.socket, tally: Tally, place: int) -> None:
        self._listener = listener
        self._tally = tally
        self._place = place
        self._count = 0
        self._waiting: asyncio.TimerHandle | None = None
        self._arriving: set[asyncio.Task[object]] = set()
        self._protocol: Callable[[], asyncio.Protocol] | None = None

    def open(self, protocol: Callable[[], asyncio.Protocol]) -> None:
        """Begin to take connections and hand each to a new protocol."""
        self._protocol = protocol
        self.note(0)
        self._listen()

    def note(self, served: int) -> None:
        """Say how many connections this process serves."""
        self._count = served + len(self._arriving)
        self._tally.note(self._place, self._count)

    def close(self) -> None:
        """Take no more."""
        self._tally.leave(self._place)
        if self._waiting is not None:
            self._waiting.cancel()
        asyncio.get_running_loop().remove_reader(self._listener)
        self._listener.close()

    def _listen(self) -> None:
        asyncio.get_running_loop().add_reader(self._listener, self._offered)

    def _offered(self) -> None:
        """Take a connection, or look away for a while so that another process takes it."""
        if self._tally.is_fewest(self._place, self._count):
            self._take()
        else:
            self._look_away(PATIENCE_S)

    def _look_away(self, pause_s: float) -> None:
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._listener)
        self._waiting = loop.call_later(pause_s, self._look_again)

    def _look_again(self) -> None:
        self._waiting = None
        self._listen()
        self._take()

    def _take(self) -> None:
        try:
            taken, _address = self._listener.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return
        except OSError as error:
            _log.warning("no connection can be taken: %s; trying again in %g s", error.strerror, _RETRY_S)
            self._look_away(_RETRY_S)
            return
        taken.setblocking(False)
        task = asyncio.ensure_future(self._connect(taken))
        self._arriving.add(task)
        self._count += 1
        self._tally.note(self._place, self._count)
        task.add_done_callback(self._arriving.discard)

    async def _connect(self, taken: socket.socket) -> None:
        assert self._protocol is not None  # noqa: S101 - it is open
        try:
            await asyncio.get_running_loop().connect_accepted_socket(self._protocol, taken)
        except OSError:  # the client has gone already
            taken.close()
