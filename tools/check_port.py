"""Whether a port is free, asked before `make run` does what takes long: ``python -m tools.check_port 5000``."""

import sys

from lodeline.domain.errors import Conflict, LodelineError
from lodeline.server.sockets import listen, next_free_port

HOST = "127.0.0.1"


def main(arguments: list[str]) -> int:
    """Return 0 when the one argument is a free port of this machine; else say what to type and return 1."""
    (text,) = arguments
    if not text.isdecimal() or not 0 < int(text) <= 65_535:
        return _say(f"PORT={text} is no port; name one, such as: make run PORT=5001")
    port = int(text)
    try:
        listen(HOST, port).close()
    except Conflict:
        free = next_free_port(HOST, port)
        hint = f": make run PORT={free}" if free is not None else ""
        return _say(f"port {port} is taken by another program; name a free one{hint}")
    except LodelineError as error:
        return _say(error.message)
    return 0


def _say(text: str) -> int:
    sys.stderr.write(f"{text}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
