"""Audit: who changed what, append-only."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from lodeline.domain.ids import ExperimentId


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One change, written in the same transaction as the change itself.

    `action` is "<noun>.<verb>", such as "experiment.update" or "key.revoke". `details` never holds content of
    traces, passwords or keys. `entry_id` is given by the store and grows.
    """

    at_ms: int
    actor: str
    action: str
    target: str
    experiment_id: ExperimentId | None = None
    details: Mapping[str, str] = field(default_factory=dict[str, str])
    entry_id: int = 0
