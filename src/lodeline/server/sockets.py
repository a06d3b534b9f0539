"""Sockets to listen on: bound before anything starts, so that a busy port is known at once and named."""

import errno
import os
import socket

from lodeline.domain.errors import Conflict, Invalid

BACKLOG = 1024
_TRIES = 100
_OTLP_PORTS = frozenset((4317, 4318))
"""Where OTLP over gRPC and over HTTP are by convention."""


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket; port 0 takes any free one.

    Conflict names the next free port when this one is taken; Invalid when the host is no address of this machine.
    """
    family, address = _resolve(host, port)
    if port and _answers(family, address):
        raise _busy(host, port)
    try:
        return _bind(family, address)
    except OSError as error:
        if port and _is_busy(error):
            raise _busy(host, port) from error
        raise Invalid(f"host: cannot listen on {host}:{port} ({error.strerror}); check the address.") from error


def next_free_port(host: str, port: int) -> int | None:
    """Return the first free port after `port` that programs do not look for something else at; None when none of the
    next hundred is."""
    for candidate in range(port + 1, min(port + _TRIES, 65_535) + 1):
        if candidate in _OTLP_PORTS:
            continue
        family, address = _resolve(host, candidate)
        try:
            if not _answers(family, address):
                _bind(family, address).close()
                return candidate
        except OSError:
            continue
    return None


def authority(host: str, port: int) -> str:
    """Return host and port as a URL has them."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _resolve(host: str, port: int) -> tuple[socket.AddressFamily, tuple[str, int]]:
    try:
        found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise Invalid(
            f"host: {host!r} cannot be resolved ({error.strerror}); give an address of this machine."
        ) from error
    # IPv4 first: "localhost" means 127.0.0.1 to most clients.
    found.sort(key=lambda item: item[0] != socket.AF_INET)
    family, _, _, _, address = found[0]
    return family, (str(address[0]), int(address[1]))


def _bind(family: socket.AddressFamily, address: tuple[str, int]) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        if os.name == "posix":
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        else:
            made.setsockopt(socket.SOL_SOCKET, getattr(socket, "SO_EXCLUSIVEADDRUSE", socket.SO_REUSEADDR), 1)
        made.bind(address)
        made.listen(BACKLOG)
        made.setblocking(False)
    except BaseException:
        made.close()
        raise
    return made


def _answers(family: socket.AddressFamily, address: tuple[str, int]) -> bool:
    """Tell whether something serves there already: macOS lets a program bind beside one that has all addresses."""
    wildcard = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared with, not bound
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.settimeout(0.2)
        return probe.connect_ex((wildcard.get(address[0], address[0]), address[1])) == 0


def _is_busy(error: OSError) -> bool:
    return error.errno in {errno.EADDRINUSE, errno.EACCES}


def _busy(host: str, port: int) -> Conflict:
    free = next_free_port(host, port)
    hint = f"; {free} is free: --port {free}" if free is not None else "; choose another with --port"
    return Conflict(
        f"port {port} on {host} is taken by another program{hint}.",
        code="port_busy",
        details={"port": port, "next_free": free},
    )
