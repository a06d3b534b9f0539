"""``lodeline version``: of this program and of the server."""

import platform
from collections.abc import Mapping

from lodeline import __version__
from lodeline.cli.options import JsonOption, KeyOption, ServerOption, StoreOption, connected
from lodeline.cli.output import Output
from lodeline.domain.errors import LodelineError, NotFound, Unavailable
from lodeline.domain.span import JsonValue


def command(
    server: ServerOption = None, key: KeyOption = None, store: StoreOption = None, as_json: JsonOption = False
) -> None:
    """Show the versions of this program and, when one answers, of the server."""
    out = Output(as_json=as_json)
    found: Mapping[str, JsonValue] | None = None
    problem: LodelineError | None = None
    try:
        with connected(server, key, store) as client:
            answer = client.json("GET", "/server")
            found = answer if isinstance(answer, dict) else None
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
        capabilities = found.get("capabilities")
        backend = capabilities.get("backend") if isinstance(capabilities, dict) else None
        out.say(f"server {found.get('version')}, store {backend}, auth {'on' if found.get('auth') else 'off'}")
    elif problem is not None:
        out.say(f"server: {problem.message}")
