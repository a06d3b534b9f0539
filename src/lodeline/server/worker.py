"""Worker: one of several server processes. Started by `server.workers` as ``-m lodeline.server.worker FD FD FD FD``.

The descriptors are the listening socket, the tally of connections, the counts of refused logins, and the line to the
supervisor: from there comes one line of JSON with the settings, the worker's place and the folder of shared figures,
back goes one once requests are answered. When the supervisor is gone the line ends, and so does the worker, after the
requests under way.
"""

import json
import os
import signal
import socket
import sys
import threading
from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Any

from lodeline.auth.throttle import Tables, Throttle
from lodeline.domain.errors import LodelineError
from lodeline.server.process import Ready, serve_socket
from lodeline.server.run import start_logging
from lodeline.server.settings import Settings
from lodeline.server.shared_door import SharedDoor, Tally
from lodeline.server.shared_figures import Part, remove

FAILED = 1


def main(arguments: Sequence[str]) -> int:
    """Serve until told to stop; return the exit code."""
    # Ctrl-C is for the supervisor, which passes it on: before uvicorn listens to signals one just ends the process.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    listener_fd, tally_fd, logins_fd, line_fd = descriptors = [int(argument) for argument in arguments]
    for descriptor in descriptors:
        os.set_inheritable(descriptor, False)
    with socket.socket(fileno=listener_fd) as listener, socket.socket(fileno=line_fd) as line:
        order: dict[str, Any] = json.loads(_first(line))
        settings = settings_of(order["settings"])
        place: int = order["place"]
        shared = SharedDoor(listener, Tally(tally_fd, settings.workers), place)
        part = None if order["figures"] is None else Part(order["figures"], place)
        start_logging(settings)
        threading.Thread(target=_end_with, args=(line, part), name="lodeline-supervisor", daemon=True).start()

        def tell(ready: Ready) -> None:
            line.sendall(json.dumps(asdict(ready)).encode() + b"\n")

        try:
            serve_socket(
                settings,
                listener,
                tell,
                leads=place == 0,
                shared=shared,
                throttle=Throttle(tables=Tables(logins_fd)),
                part=part,
            )
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


def _first(line: socket.socket) -> bytes:
    """Return what the supervisor says first."""
    heard = b""
    while not heard.endswith(b"\n"):
        part = line.recv(65_536)
        if not part:
            raise SystemExit(FAILED)
        heard += part
    return heard


def _end_with(line: socket.socket, part: Part | None) -> None:
    """Stop serving when the supervisor has gone, and remove what it can remove no more."""
    try:
        line.recv(1)
    except ConnectionError:
        pass
    except OSError:  # this process is about to end and has closed the line
        return
    if part is not None:
        remove(part)
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
