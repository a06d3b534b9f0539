"""The server itself: its version and what it can do."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a backend can do beyond the contract's core; the server reports it, tests opt out by it."""

    backend: str
    durable: bool
    full_text_index: bool
    multi_process: bool
    backup: bool


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """What this server is. `figures` are the store's sizes and counters, shown to admins only."""

    version: str
    api_versions: tuple[str, ...]
    auth: bool
    time_ms: int
    capabilities: Capabilities
    figures: dict[str, str] | None
