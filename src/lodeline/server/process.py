"""Process: one server process over a listening socket, from settings to a clean stop."""

import asyncio
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import uvicorn
from fastapi import FastAPI

import lodeline
from lodeline.auth.throttle import Throttle
from lodeline.domain.errors import Conflict, LodelineError
from lodeline.ingest import prices
from lodeline.server.access import Access
from lodeline.server.api.routes import make_all
from lodeline.server.app import close_app, create_app, services_of
from lodeline.server.figures import METRICS_PATH, Figures
from lodeline.server.grpc import GrpcDoor, start_grpc
from lodeline.server.settings import Settings
from lodeline.server.shared_door import SharedDoor
from lodeline.server.shared_figures import Part
from lodeline.server.sockets import authority, listen, next_free_port
from lodeline.services.decoder import collect_seldom


@dataclass(frozen=True, slots=True)
class Ready:
    """What a process tells once it answers requests: the lines for its owner to read, and its gRPC port if any."""

    lines: tuple[str, ...]
    grpc_port: int | None


def serve_socket(
    settings: Settings,
    listener: socket.socket,
    ready: Callable[[Ready], object],
    *,
    leads: bool = True,
    shared: SharedDoor | None = None,
    throttle: Throttle | None = None,
    part: Part | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM, then finish the requests under way and close the store.

    `ready` is called once requests are answered. Of several processes over one store one leads: it runs the jobs
    that are for the whole store; all take connections from the listener through a `shared` door, count refused logins
    together, and have each a `part` in the figures if these are shown. A taken gRPC port is told, never an error.
    """
    app = create_app(settings, leads=leads, throttle=throttle, part=part)
    collect_seldom()
    try:
        door, grpc_line = _open_grpc(settings, app)
        port = int(listener.getsockname()[1])

        def announce() -> None:
            ready(Ready(_lines(settings, app, port, grpc_line), None if door is None else door.port))

        server = _Server(_config(settings, app), announce, door, shared, app.state.figures)
        server.run(sockets=[] if shared else [listener])
    finally:
        close_app(app)


def prepare() -> None:
    """Make now what the first requests would wait for. For a process whose forks serve: they share it."""
    make_all()
    prices.load()


class _Server(uvicorn.Server):
    """Uvicorn, which says when it is ready and closes the other door and the store before it gives signals back."""

    def __init__(
        self,
        config: uvicorn.Config,
        ready: Callable[[], None],
        door: GrpcDoor | None,
        shared: SharedDoor | None,
        figures: Figures,
    ) -> None:
        super().__init__(config)
        self._ready = ready
        self._door = door
        self._shared = shared
        self._figures = figures

    async def startup(self, sockets: list[Any] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            if self._shared is not None:
                self._shared.open(self._protocol)
            self._ready()
            # The first request to need it would else wait for it. A daemon: nothing waits for it to end.
            threading.Thread(target=prices.load, name="lodeline-prepare", daemon=True).start()

    async def on_tick(self, counter: int) -> bool:
        if self._shared is not None:
            self._shared.note(len(self.server_state.connections))
            self._figures.note_present()
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[Any] | None = None) -> None:
        if self._shared is not None:
            self._shared.close()
        ended = [super().shutdown(sockets)]
        if self._door is not None:
            ended.append(asyncio.to_thread(self._door.stop, float(self.config.timeout_graceful_shutdown or 1)))
        await asyncio.gather(*ended)
        # Uvicorn raises the signal again when it is done, which may end the process at once: close before.
        close_app(self.config.app)  # pyright: ignore[reportArgumentType] - the app that `serve_socket` made

    def _protocol(self) -> asyncio.Protocol:
        """Return what speaks HTTP over one connection, as uvicorn makes it for sockets of its own."""
        made = cast("Callable[..., asyncio.Protocol]", self.config.http_protocol_class)
        return made(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)


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
    """Return the gRPC door and the line that tells about it; no door when it is off or its port is taken, which
    that line alone says."""
    if settings.grpc_port is None:
        return None, "off"
    access: Access = app.state.access
    try:
        if settings.grpc_port:
            listen(settings.host, settings.grpc_port).close()
        door = start_grpc(
            services_of(app).ingest,
            access,
            host=settings.host,
            port=settings.grpc_port,
            body_timeout_s=settings.body_timeout_s,
            figures=app.state.figures,
        )
    except Conflict:
        free = next_free_port(settings.host, settings.grpc_port)
        line = f"off: port {settings.grpc_port} is taken by another program; {free} is free: --grpc-port {free}"
    except LodelineError as error:
        line = f"off: {error.message}"
    else:
        return door, authority(settings.host, door.port)
    return None, line


def _lines(settings: Settings, app: FastAPI, port: int, grpc_line: str) -> tuple[str, ...]:
    """Return what is served and what to do next."""
    services = services_of(app)
    base = f"http://{authority(settings.host, port)}"
    how = services.stores.capabilities.backend + (f", {settings.workers} processes" if settings.workers > 1 else "")
    lines = [
        f"Lodeline {lodeline.__version__} serves {settings.store} ({how})",
        f"  Page       {base}   open it in a browser",
        f"  API        {base}/api/v1   reference: {base}/api/v1/docs",
        f"  OTLP/HTTP  {base}/v1/traces",
        f"  OTLP/gRPC  {grpc_line}",
    ]
    if settings.metrics:
        lines.append(f"  Figures    {base}{METRICS_PATH}   for Prometheus")
    if settings.auth:
        single = f", single sign-on by {settings.oidc_issuer}" if settings.oidc_issuer else ""
        lines.append(f"  Access     accounts and API keys{single}")
        token = services.accounts.setup_token()
        if token is not None:
            lines.append(f"  Set-up     no account yet: make the first one with the token {token}")
            lines.append(f"             lodeline accounts setup --server {base} --token {token}")
    else:
        lines.append("  Access     everybody on this machine, nobody else (--auth asks people to sign in)")
    lines += [
        f"Send traces:  OTEL_EXPORTER_OTLP_ENDPOINT={base}  for any OpenTelemetry program",
        f"Read them:    lodeline traces search --server {base}",
        "Stop:         Ctrl-C",
    ]
    return tuple(lines)
