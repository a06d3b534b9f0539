"""Run: one server process, from settings to a clean stop."""

import logging
import sys
from collections.abc import Callable
from typing import Any

import uvicorn
from fastapi import FastAPI

import lodeline
from lodeline.domain.errors import Conflict, Invalid, LodelineError
from lodeline.server.access import Access
from lodeline.server.app import close_app, create_app, services_of
from lodeline.server.grpc import GrpcDoor, start_grpc
from lodeline.server.security import is_loopback
from lodeline.server.settings import Settings
from lodeline.server.sockets import listen, next_free_port

Announce = Callable[[str], None]
_log = logging.getLogger("lodeline.server")


def serve(settings: Settings, *, announce: Announce | None = None) -> None:
    """Serve until SIGINT or SIGTERM, then finish the requests under way and close the store.

    `announce` is given the lines that tell what is served and what to do next, once requests are answered; by
    default they go to the standard output. Invalid when auth is off and `host` is not loopback; Conflict when the
    port is taken, naming the next free one. A taken gRPC port is announced, never an error.
    """
    check_exposure(settings)
    logging.basicConfig(
        level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr
    )
    say = announce or _to_stdout
    with listen(settings.host, settings.port) as listener:
        port = int(listener.getsockname()[1])
        app = create_app(settings)
        try:
            door, grpc_line = _open_grpc(settings, app)
            server = _Server(_config(settings, app), lambda: _announce(say, settings, app, port, grpc_line), door)
            server.run(sockets=[listener])
        finally:
            close_app(app)


def check_exposure(settings: Settings) -> None:
    """Return unless the settings would let everybody on the network in: no auth and a host that is not loopback."""
    if not settings.auth and not is_loopback(settings.host):
        raise Invalid(
            f"host: {settings.host!r} is reachable from other machines, and auth is off, so everybody could read and "
            "change everything; add --auth, or listen on 127.0.0.1.",
            details={"field": "host"},
        )


class _Server(uvicorn.Server):
    """Uvicorn, which says when it is ready and closes the other door and the store before it gives signals back."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None], door: GrpcDoor | None) -> None:
        super().__init__(config)
        self._ready = ready
        self._door = door

    async def startup(self, sockets: list[Any] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()

    async def shutdown(self, sockets: list[Any] | None = None) -> None:
        if self._door is not None:
            self._door.stop(float(self.config.timeout_graceful_shutdown or 1))
        await super().shutdown(sockets)
        # Uvicorn raises the signal again when it is done, which may end the process at once: close before.
        close_app(self.config.app)  # pyright: ignore[reportArgumentType] - the app that `serve` made


def _config(settings: Settings, app: FastAPI) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=settings.forwarded_allow_ips,
        lifespan="on",
        ws="none",
        timeout_graceful_shutdown=max(1, round(settings.shutdown_timeout_s)),
        timeout_keep_alive=75,
    )


def _open_grpc(settings: Settings, app: FastAPI) -> tuple[GrpcDoor | None, str]:
    """Return the gRPC door and the line that tells about it; no door when it is off or its port is taken."""
    if settings.grpc_port is None:
        return None, "off"
    access: Access = app.state.access
    try:
        if settings.grpc_port:
            listen(settings.host, settings.grpc_port).close()
        door = start_grpc(services_of(app).ingest, access, host=settings.host, port=settings.grpc_port)
    except Conflict:
        free = next_free_port(settings.host, settings.grpc_port)
        line = f"off: port {settings.grpc_port} is taken by another program; {free} is free: --grpc-port {free}"
    except LodelineError as error:
        line = f"off: {error.message}"
    else:
        return door, f"{_authority(settings.host, door.port)}"
    _log.warning("OTLP/gRPC is %s", line)
    return None, line


def _announce(say: Announce, settings: Settings, app: FastAPI, port: int, grpc_line: str) -> None:
    services = services_of(app)
    base = f"http://{_authority(settings.host, port)}"
    say(f"Lodeline {lodeline.__version__} serves {settings.store} ({services.stores.capabilities.backend})")
    say(f"  API        {base}/api/v1   reference: {base}/api/v1/docs")
    say(f"  OTLP/HTTP  {base}/v1/traces")
    say(f"  OTLP/gRPC  {grpc_line}")
    if settings.auth:
        say("  Access     accounts and API keys")
        token = services.accounts.setup_token()
        if token is not None:
            say(f"  Set-up     no account yet: make the first one with the token {token}")
            say(f"             lodeline accounts setup --server {base} --token {token}")
    else:
        say("  Access     everybody on this machine, nobody else (--auth asks people to sign in)")
    say(f"Send traces:  OTEL_EXPORTER_OTLP_ENDPOINT={base}  for any OpenTelemetry program")
    say(f"Read them:    lodeline traces search --server {base}")
    say("Stop:         Ctrl-C")


def _authority(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _to_stdout(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
