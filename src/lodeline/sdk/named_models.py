"""The version of the application that a name stands for: asked of the server beside the program, which goes on."""

import threading
import time
from dataclasses import replace

from lodeline.sdk.provider import get_defaults, runtime, set_defaults
from lodeline.sdk.quiet import FOREIGN_FAULTS, complain

ANSWER_S = 5.0
"""How long a program waits for the server to say which version has a name."""
SILENT_S = 60.0
"""So long after a server gave no answer in time it is not asked again."""
_silent_until = 0.0


def adopt_named(name: str) -> str:
    """Ask the server which version has the name that new traces are given, and give them its id instead; return
    that. The name stays, and is returned, while nothing is sent to a server, or it gives no answer in time; one that
    comes late is still taken, unless traces are given another version by then."""
    global _silent_until  # noqa: PLW0603 - of the process, as the server that it sends to
    get_defaults()  # begins tracing, which tells whether there is a server to ask
    if runtime.tracer is None or not runtime.sends or time.monotonic() < _silent_until:
        return name
    answered = threading.Event()
    found: list[str] = []
    asking = threading.Thread(target=_adopt, args=(name, found, answered), name="lodeline-model", daemon=True)
    asking.start()
    if not answered.wait(ANSWER_S):
        _silent_until = time.monotonic() + SILENT_S
        complain(f"The server has not said within {ANSWER_S:g} s which version has a name; traces get the name")
    return found[0] if found else name


def _adopt(name: str, found: list[str], answered: threading.Event) -> None:
    """Find the version, tell its id by `found`, and give it to new traces that were given the name."""
    try:
        # Who only names versions needs no client, which brings an HTTP library.
        from lodeline.sdk.fluent_models import named_model  # noqa: PLC0415

        model_id = named_model(name).model_id
        defaults = get_defaults()
        if defaults.model_id == name:
            set_defaults(replace(defaults, model_id=model_id))
        found.append(model_id)
    except FOREIGN_FAULTS as error:
        complain("The version of the application could not be kept; traces get its name", error)
    finally:
        answered.set()
