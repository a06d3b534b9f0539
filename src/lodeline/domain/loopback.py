"""Loopback: hosts that are the machine a program runs on."""

import ipaddress


def is_loopback(host: str) -> bool:
    """Tell whether a host name or address reaches this machine only, by its text alone: no name is resolved."""
    name = host.strip("[]").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
