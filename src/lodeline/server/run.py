"""Run: a server, from settings to a clean stop; in this process, or in several that this one looks after."""

import logging
import sys
from collections.abc import Callable, Sequence

from lodeline.domain.errors import Invalid
from lodeline.domain.loopback import is_loopback
from lodeline.server.oidc_client import check_oidc
from lodeline.server.settings import Settings
from lodeline.server.sockets import listen
from lodeline.server.workers import supervise

Announce = Callable[[str], None]

_log = logging.getLogger(__name__)


def serve(settings: Settings, *, announce: Announce | None = None, warnings: Sequence[str] = ()) -> None:
    """Serve until SIGINT or SIGTERM, then finish the requests under way and close the store.

    `announce` is given the lines that tell what is served and what to do next, once requests are answered; by
    default they go to the standard output. Invalid when auth is off and `host` is not loopback; Conflict when the
    port is taken, naming the next free one. A taken gRPC port is announced, never an error. Also as
    `oidc_client.check_oidc` says, and with several `workers` as `workers.supervise` does. `warnings` are logged
    first.
    """
    check_exposure(settings)
    check_oidc(settings)
    start_logging(settings)
    for warning in warnings:
        _log.warning("%s", warning)
    say = announce or _to_stdout
    with listen(settings.host, settings.port) as listener:
        if settings.workers > 1:
            supervise(settings, listener, say)
            return
        # Not at the top: it brings the web framework, 40 MB that the supervisor of several processes does without.
        from lodeline.server.process import serve_socket  # noqa: PLC0415

        serve_socket(settings, listener, lambda ready: [say(line) for line in ready.lines])


def check_exposure(settings: Settings) -> None:
    """Return unless the settings would let everybody on the network in: no auth and a host that is not loopback."""
    if not settings.auth and not is_loopback(settings.host):
        raise Invalid(
            f"host: {settings.host!r} is reachable from other machines, and auth is off, so everybody could read and "
            "change everything; add --auth, or listen on 127.0.0.1.",
            details={"field": "host"},
        )


def start_logging(settings: Settings) -> None:
    """Log to the standard error output at the level that the settings say."""
    logging.basicConfig(
        level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr
    )


def _to_stdout(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
