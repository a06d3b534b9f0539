"""Ask the warm process for programs: each is a process that can be waited for, signalled and killed."""

import atexit
import contextlib
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from tests.warm.program import SOCKET

COLD = "LODELINE_TESTS_COLD"
"""The variable of the environment with which every program is started from nothing."""
START_TIMEOUT_S = 60.0
PROGRAM = Path(__file__).with_name("program.py")
_READ_AT_START = re.compile(r"PYTHON(?!PATH$)|LC_|LANG|TZ$")


class WarmProcess:
    """A program that the warm process runs, with what `subprocess.Popen` has: it is waited for through a socket."""

    def __init__(
        self, arguments: Sequence[str], environment: Mapping[str, str], directory: Path, files: Sequence[int]
    ) -> None:
        self.args = ["lodeline", *arguments]
        self.returncode: int | None = None
        self._said = b""
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(address())
        asked = {"arguments": list(arguments), "environment": dict(environment), "directory": str(directory)}
        line = json.dumps(asked).encode() + b"\n"
        sent = socket.send_fds(self._socket, [line], list(files))
        self._socket.sendall(line[sent:])
        said = self._line(None)
        if not said:
            raise RuntimeError("the warm process said no pid")
        self.pid = int(said)

    def poll(self) -> int | None:
        """Return the exit code if it has ended, else None; a signal's is negative."""
        return self._ended(0.0)

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code when it has ended; subprocess.TimeoutExpired when that takes longer."""
        code = self._ended(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(self.args, timeout or 0.0)
        return code

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a crash does."""
        self.send_signal(signal.SIGKILL)

    def _ended(self, timeout: float | None) -> int | None:
        if self.returncode is None:
            line = self._line(timeout)
            if line is not None:
                self.returncode = int(line)
                self._socket.close()
        return self.returncode

    def _line(self, timeout: float | None) -> bytes | None:
        """Return the next line that the warm process says; None when there is none yet."""
        until = None if timeout is None else time.monotonic() + timeout
        while b"\n" not in self._said:
            self._socket.settimeout(None if until is None else max(0.0, until - time.monotonic()))
            try:
                more = self._socket.recv(4_096)
            except (BlockingIOError, TimeoutError):
                return None
            if not more:
                raise RuntimeError("the warm process is gone")
            self._said += more
        line, _, self._said = self._said.partition(b"\n")
        return line


def is_warm(environment: Mapping[str, str]) -> bool:
    """Tell whether a program is run by a warm process: where it can, unless the environment says no.

    What an interpreter reads of its environment when it starts must be the same.
    """
    own = {name: value for name, value in os.environ.items() if value and _READ_AT_START.match(name)}
    read = {name: value for name, value in environment.items() if value and _READ_AT_START.match(name)}
    return sys.platform == "linux" and not os.environ.get(COLD) and own == read


@cache
def address() -> str:
    """Return the socket of the warm process of this process, which is started by the first who asks."""
    folder = tempfile.mkdtemp(prefix="lodeline-warm-")
    path, log = Path(folder, "socket"), Path(folder, "log")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LODELINE_")}
    root = str(Path(__file__).parents[2])
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, (root, environment.get("PYTHONPATH"))))
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.warm.parent", str(path)],
            stdin=subprocess.PIPE, stdout=output, stderr=subprocess.STDOUT, env=environment,
        )  # fmt: skip
    atexit.register(_end, process, folder)
    until = time.monotonic() + START_TIMEOUT_S
    while not _listens(path):
        if process.poll() is not None or time.monotonic() > until:
            process.kill()
            raise AssertionError(f"the warm process does not listen:\n{log.read_text(errors='replace')}")
        time.sleep(0.02)
    return str(path)


def _end(process: "subprocess.Popen[bytes]", folder: str) -> None:
    """Close the input of the warm process, by which it ends and ends what it still runs."""
    if process.stdin is not None:
        process.stdin.close()
    try:
        process.wait(START_TIMEOUT_S)
    finally:
        process.kill()
        shutil.rmtree(folder, ignore_errors=True)


def _listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


def shim(folder: Path) -> dict[str, str]:
    """Put a program called ``lodeline`` into a folder, run by the warm process; return the variable it needs."""
    program = folder / "lodeline"
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -IS {shlex.quote(str(PROGRAM))} "$@"\n')
    program.chmod(0o755)
    return {SOCKET: address()}
