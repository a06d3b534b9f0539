"""A process that has imported our programs and waits; each one that is asked of it is a fork of this process.

What such a program has is its own: arguments, environment, working directory, the three standard files, a pid and a
death. Only importing is done already, and what `server.process.prepare` makes, which take most of the time of a short
command. Run as ``python -m tests.warm.parent SOCKET``; it ends when its standard input does.

A connection sends one line of JSON (`Asked`) with the three files beside its first byte. It is answered by the line
of the pid and, when the program has ended, that of its return code (`subprocess`'s). To hang up kills the program.
"""

import contextlib
import gc
import importlib
import json
import os
import pkgutil
import selectors
import signal
import socket
import sys
import threading
from pathlib import Path
from types import ModuleType
from typing import Any, TypedDict

import lodeline
import lodeline.cli.main
from lodeline.server.process import prepare

PACKAGES = ("cli", "server", "services", "storage")
"""The packages of ours that commands and servers are made of, with what they import."""
THREADED = ("lodeline.services.evaluation_statistics",)
"""Modules that are left to those who need them: their libraries start threads, which a fork does not have."""
LIBRARIES = ("uvicorn.lifespan.on", "uvicorn.protocols.http.httptools_impl", "uvicorn.loops.auto")
"""What a server imports when it is started, as settings name it."""
PATIENCE_S = 60.0
"""How long what is asked may take to arrive."""

PROGRAM = str(Path(sys.executable).with_name("lodeline"))
INSTALLED = [place for place in sys.path[1:] if place not in os.environ.get("PYTHONPATH", "").split(os.pathsep)]


class Asked(TypedDict):
    """What is to be run: ``lodeline`` with these arguments, in this environment and directory."""

    arguments: list[str]
    environment: dict[str, str]
    directory: str


def import_all(package: ModuleType) -> None:
    """Import all modules of a package but those that are programs, or whose libraries are not installed."""
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not found.name.endswith("__main__") and found.name not in THREADED:
            try:
                importlib.import_module(found.name)
            except ModuleNotFoundError as error:
                if (error.name or "lodeline").partition(".")[0] == "lodeline":
                    raise


class Child:
    """A program that runs, seen from its parent."""

    def __init__(self, pid: int, connection: socket.socket) -> None:
        self.pid = pid
        self.end = os.pidfd_open(pid)
        self.connection = connection

    def say(self, number: int) -> None:
        """Send a line to who asked for it, unless that one is gone."""
        with contextlib.suppress(OSError):
            self.connection.sendall(f"{number}\n".encode())

    def reap(self) -> None:
        """Tell who asked for it how it ended."""
        _, status = os.waitpid(self.pid, 0)
        os.close(self.end)
        self.say(os.waitstatus_to_exitcode(status))
        self.connection.close()


def serve(listening: socket.socket) -> Asked | None:
    """Fork for each connection. Return what to run in a new process, and None in this one when its input ends."""
    waiting = selectors.DefaultSelector()
    waiting.register(listening, selectors.EVENT_READ)
    waiting.register(0, selectors.EVENT_READ)
    while True:
        for key, _ in waiting.select():
            who: Any = key.data
            if key.fd == 0:
                for child in children(waiting):
                    os.kill(child.pid, signal.SIGKILL)
                return None
            if isinstance(who, Child):
                attend(waiting, who, ended=key.fd == who.end)
                continue
            connection, _ = listening.accept()
            files = list[int]()
            try:
                asked = received(connection, files)
                pid = os.fork()
            except (OSError, ValueError):
                connection.close()
                for file in files:
                    os.close(file)
                continue
            if pid == 0:
                leave(waiting, listening, connection)
                own_files(files)
                return asked
            for file in files:
                os.close(file)
            child = Child(pid, connection)
            child.say(pid)
            waiting.register(child.end, selectors.EVENT_READ, child)
            waiting.register(connection, selectors.EVENT_READ, child)


def attend(waiting: selectors.BaseSelector, child: Child, *, ended: bool) -> None:
    """Take note that a program has ended, or end one whose connection was closed: nothing else is said there."""
    if child.connection.fileno() < 0:
        return  # it ended a moment ago
    if child.connection in waiting.get_map():
        waiting.unregister(child.connection)
    if ended:
        waiting.unregister(child.end)
        child.reap()
    else:
        os.kill(child.pid, signal.SIGKILL)


def received(connection: socket.socket, files: list[int]) -> Asked:
    """Return what a connection asks for, and put its three files into `files`. ValueError when it hangs up."""
    connection.settimeout(PATIENCE_S)
    said, sent, _, _ = socket.recv_fds(connection, 65_536, 3)
    files += sent
    while not said.endswith(b"\n"):
        more = connection.recv(65_536)
        if not more:
            raise ValueError("hung up")
        said += more
    if len(files) != 3:
        raise ValueError(f"{len(files)} files")
    connection.settimeout(None)
    return json.loads(said)


def children(waiting: selectors.BaseSelector) -> list[Child]:
    """Return the programs that run."""
    return [key.data for key in waiting.get_map().values() if isinstance(key.data, Child) and key.fd == key.data.end]


def leave(waiting: selectors.BaseSelector, *sockets: socket.socket) -> None:
    """Let go of what belongs to the parent, so that nothing closes its numbers when others have them."""
    for each in (*sockets, *(child.connection for child in children(waiting))):
        if each.fileno() >= 0:
            each.detach()
    waiting.close()


def own_files(files: list[int]) -> None:
    """Make these the standard files of this process, and close all others."""
    for place, file in enumerate(files):
        os.dup2(file, place)
    os.closerange(3, 65_536)
    output: Any = sys.stdout
    output.reconfigure(line_buffering=os.isatty(1))


def run(asked: Asked) -> None:
    """Be ``lodeline``; SystemExit with its code."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(asked["environment"])
    os.chdir(asked["directory"])
    sys.argv = [PROGRAM, *asked["arguments"]]
    said = asked["environment"].get("PYTHONPATH", "")
    sys.path[:] = [str(Path(PROGRAM).parent), *filter(None, said.split(os.pathsep)), *INSTALLED]
    gc.enable()
    lodeline.cli.main.main()


def main() -> None:
    """Import, listen, and serve until nobody holds the other end of standard input."""
    gc.disable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the tests, which close the input when they end
    for name in PACKAGES:
        import_all(importlib.import_module(f"lodeline.{name}"))
    for name in LIBRARIES:
        importlib.import_module(name)
    prepare()
    if threading.active_count() > 1 or len(list(Path("/proc/self/task").iterdir())) > 1:
        raise RuntimeError("something that was imported runs a thread, which a fork would not have")
    gc.collect()
    gc.freeze()
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(sys.argv[1])
    listening.listen(64)
    asked = serve(listening)
    if asked is not None:
        run(asked)


if __name__ == "__main__":
    main()
