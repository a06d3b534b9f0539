"""The server itself: its version and what it can do."""

from collections.abc import Mapping
from dataclasses import dataclass, field


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


@dataclass(frozen=True, slots=True)
class Vitals:
    """How a store fares, as far as it can be told at once.

    `answers` says whether it could be read. `file_bytes` are the sizes of its files by what they are, and
    `disk_free_bytes` the room beside them; `text_backlog` is at most how many chunks the full-text index has still to
    take. What a backend has no such thing of is None or empty; so is the backlog when the store does not answer.
    """

    answers: bool
    file_bytes: Mapping[str, int] = field(default_factory=dict[str, int])
    disk_free_bytes: int | None = None
    text_backlog: int | None = None
