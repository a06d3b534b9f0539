"""``lodeline version``: of this program and of the server."""

import platform

from lodeline import __version__
from lodeline.cli.options import JsonOption, KeyOption, ServerOption, StoreOption, connected
from lodeline.cli.output import Output
from lodeline.domain.errors import LodelineError, NotFound, Unavailable
from lodeline.domain.operation import ServerInfo


def command(
    server: ServerOption = None, key: KeyOption = None, store: StoreOption = None, as_json: JsonOption = False
) -> None:
    """Show the versions of this program and, when one answers, of the server."""
    out = Output(as_json=as_json)
    found: ServerInfo | None = None
    problem: LodelineError | None = None
    try:
        with connected(server, key, store) as client:
            found = client.server.get()
    except (Unavailable, NotFound) as error:
        if server is not None or store is not None:
            raise
        problem = error
    except LodelineError as error:
        problem = error
    if as_json:
        out.document({"lodeline": __version__, "python": platform.python_version(), "server": found})
        return
    out.say(f"lodeline {__version__}, Python {platform.python_version()}")
    if found is not None:
        backend = found.capabilities.backend
        out.say(f"server {found.version}, store {backend}, auth {'on' if found.auth else 'off'}")
    elif problem is not None:
        out.say(f"server: {problem.message}")
