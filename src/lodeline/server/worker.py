"""Worker: one of several server processes. Started by `server.workers` as ``-m lodeline.server.worker FD FD``.

The first descriptor is the listening socket, the second the line to the supervisor: from there comes one line of JSON
with the settings, back goes one once requests are answered. When the supervisor is gone the line ends, and so does
the worker, after the requests under way.
"""

import json
import os
import signal
import socket
import sys
import threading
from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import IO, Any

from lodeline.domain.errors import LodelineError
from lodeline.server.process import Ready, serve_socket
from lodeline.server.run import start_logging
from lodeline.server.settings import Settings

FAILED = 1


def main(arguments: Sequence[str]) -> int:
    """Serve until told to stop; return the exit code."""
    # Ctrl-C is for the supervisor, which passes it on: before uvicorn listens to signals one just ends the process.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    listener, line = (_inherited(int(argument)) for argument in arguments)
    with listener, line, line.makefile("rb") as orders:
        order: dict[str, Any] = json.loads(orders.readline())
        settings = settings_of(order["settings"])
        start_logging(settings)
        threading.Thread(target=_end_with, args=(orders,), name="lodeline-supervisor", daemon=True).start()

        def tell(ready: Ready) -> None:
            line.sendall(json.dumps(asdict(ready)).encode() + b"\n")

        try:
            serve_socket(settings, listener, tell, leads=order["leads"])
        except LodelineError as error:
            sys.stderr.write(f"Error: {error.message}\n")
            return FAILED
    return 0


def settings_of(values: dict[str, Any]) -> Settings:
    """Return the settings whose `asdict` went through JSON."""
    made: dict[str, Any] = {
        spec.name: tuple(values[spec.name]) if spec.type == tuple[str, ...] else values[spec.name]
        for spec in fields(Settings)
    }
    return Settings(**made)


def _inherited(descriptor: int) -> socket.socket:
    os.set_inheritable(descriptor, False)
    return socket.socket(fileno=descriptor)


def _end_with(orders: IO[bytes]) -> None:
    """Stop serving when the supervisor has gone."""
    orders.read()
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
