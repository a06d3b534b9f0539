"""The program ``lodeline`` of a shell, run by the warm process: it hands over its files and ends as that one ends.

It imports next to nothing, and is run without what is installed, since its start is what is to be saved.
"""

import contextlib
import json
import os
import signal
import socket
import sys

SOCKET = "TESTS_WARM_SOCKET"
"""The variable of the environment with the socket of the warm process."""


def main() -> int:
    """Ask, wait, and return the exit code. A signal is passed on, and one that ended the program ends this one."""
    environment = dict(os.environ)
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(environment.pop(SOCKET))
        asked = {"arguments": sys.argv[1:], "environment": environment, "directory": os.getcwd()}  # noqa: PTH109 - pathlib takes longer to import than all of this
        line = json.dumps(asked).encode() + b"\n"
        sent = socket.send_fds(connection, [line], [0, 1, 2])
        connection.sendall(line[sent:])
        said = connection.makefile("rb")
        pid = int(said.readline())
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda number, _: pass_on(pid, number))
        code = int(said.readline())
    if code < 0:
        if -code not in {signal.SIGKILL, signal.SIGSTOP}:
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    return code


def pass_on(pid: int, number: int) -> None:
    """Signal the program, unless it has just ended."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


if __name__ == "__main__":
    sys.exit(main())
