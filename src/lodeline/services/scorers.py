"""Registered scorers: register definitions, list, read their versions, delete."""

from collections.abc import Sequence

from lodeline.auth.actor import Actor
from lodeline.domain.clock import Clock, system_clock
from lodeline.domain.registered_scorer import RegisteredScorer, ScorerDraft, ScorerRegistration, check_scorer
from lodeline.services.audit import audit_entry
from lodeline.services.experiment_scope import ExperimentScope
from lodeline.storage.base import Stores


class ScorerService:
    """Use cases of registered scorers, which are named within an experiment (given by id or name)."""

    def __init__(self, stores: Stores, scope: ExperimentScope, clock: Clock = system_clock) -> None:
        self._stores = stores
        self._scope = scope
        self._clock = clock

    def register(self, actor: Actor, experiment: str, draft: ScorerDraft) -> ScorerRegistration:
        """Keep a definition as the next version; the latest one when it has its digest already."""
        found = self._scope.one(actor, "scorer.write", experiment)
        digest = check_scorer(draft)
        now_ms = self._clock.now_ms()
        audit = audit_entry(
            actor, "scorer.register", draft.name, at_ms=now_ms, experiment_id=found.experiment_id,
            details={"digest": digest[:12]},
        )  # fmt: skip
        return self._stores.scorers.register(
            found.experiment_id, draft, digest, by=actor.author, now_ms=now_ms, audit=audit
        )

    def list(self, actor: Actor, experiments: Sequence[str] = ()) -> Sequence[RegisteredScorer]:
        """Return the latest version of every scorer of these experiments, of all in reach without."""
        return self._stores.scorers.list(self._scope.ids(actor, "scorer.read", experiments))

    def versions(self, actor: Actor, experiment: str, name: str) -> Sequence[RegisteredScorer]:
        """Return every version of one, the latest first."""
        found = self._scope.one(actor, "scorer.read", experiment)
        return self._stores.scorers.versions(found.experiment_id, name)

    def delete(self, actor: Actor, experiment: str, name: str, *, version: int | None = None) -> None:
        """Remove one with its versions, or one version, for good; what it judged stays."""
        found = self._scope.one(actor, "scorer.delete", experiment)
        audit = audit_entry(
            actor, "scorer.delete", name, at_ms=self._clock.now_ms(), experiment_id=found.experiment_id,
            details={"version": version},
        )  # fmt: skip
        self._stores.scorers.delete(found.experiment_id, name, version=version, audit=audit)
