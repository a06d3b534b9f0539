"""Registered scorers."""

from collections.abc import Sequence
from typing import Protocol

from lodeline.domain.audit import AuditEntry
from lodeline.domain.ids import ExperimentId
from lodeline.domain.registered_scorer import RegisteredScorer, ScorerDraft, ScorerRegistration


class ScorerStore(Protocol):
    """Registered scorers, by experiment and name, with their versions."""

    def register(self, experiment_id: ExperimentId, draft: ScorerDraft, digest: str, *, by: str | None, now_ms: int,
                 audit: AuditEntry) -> ScorerRegistration:  # fmt: skip
        """Add a version; nothing when the latest version has this digest. NotFound or Deleted for the experiment."""
        ...

    def list(self, experiment_ids: Sequence[str]) -> Sequence[RegisteredScorer]:
        """Return the latest version of every scorer of these experiments, by experiment, then name."""
        ...

    def versions(self, experiment_id: ExperimentId, name: str) -> Sequence[RegisteredScorer]:
        """Return every version of one, the latest first; NotFound when unknown or hidden."""
        ...

    def delete(self, experiment_id: ExperimentId, name: str, *, version: int | None = None, audit: AuditEntry) -> int:
        """Remove one with its versions, or one version, for good; return how many were removed. NotFound, Deleted.

        The number of a removed version is given again only when it was the latest."""
        ...
