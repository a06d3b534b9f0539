"""``lodeline server``: serve a store."""

import os
from pathlib import Path
from typing import Annotated, Literal

import typer

from lodeline.server.run import serve
from lodeline.server.settings import load_settings, unknown_variables


def command(
    *,
    host: Annotated[str | None, typer.Option(help="Address to listen on [127.0.0.1].")] = None,
    port: Annotated[int | None, typer.Option(help="Port of HTTP: API, OTLP/HTTP and page [5000].")] = None,
    grpc_port: Annotated[
        str | None, typer.Option(metavar="N|off", help="Port of OTLP/gRPC, or 'off' [4317].")
    ] = None,
    store: Annotated[
        str | None, typer.Option(metavar="DIR-or-URL", help="Where traces are kept [./lodeline-data].")
    ] = None,
    workers: Annotated[int | None, typer.Option(metavar="N", help="Processes that serve [1].")] = None,
    auth: Annotated[
        bool | None, typer.Option("--auth/--no-auth", help="Ask everybody to sign in or to send an API key.")
    ] = None,
    allowed_hosts: Annotated[
        list[str] | None,
        typer.Option("--allowed-host", metavar="NAME", help="A further name that clients may call it by."),
    ] = None,
    cors_origins: Annotated[
        list[str] | None,
        typer.Option("--cors-origin", metavar="ORIGIN", help="An origin whose pages may call the API."),
    ] = None,
    metrics: Annotated[
        bool | None, typer.Option("--metrics/--no-metrics", help="Show figures for Prometheus at /metrics.")
    ] = None,
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"] | None, typer.Option(help="How much is logged [info].")
    ] = None,
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="TOML file of settings (or LODELINE_CONFIG).")
    ] = None,
) -> None:
    """Serve a store until Ctrl-C.

    Every setting can also stand in the TOML file or in a LODELINE_* environment variable; flags win over variables,
    variables over the file. docs/reference/settings.md has them all.
    """
    flags = {
        "host": host,
        "port": port,
        "grpc_port": grpc_port,
        "store": store,
        "workers": workers,
        "auth": auth,
        "allowed_hosts": tuple(allowed_hosts) if allowed_hosts else None,
        "cors_origins": tuple(cors_origins) if cors_origins else None,
        "metrics": metrics,
        "log_level": log_level,
    }
    settings = load_settings(flags=flags, environ=os.environ, config=config)
    serve(settings, warnings=unknown_variables(os.environ))
