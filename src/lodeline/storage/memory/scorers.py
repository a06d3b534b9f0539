"""Registered scorers in memory."""

from collections.abc import Sequence

from lodeline.domain.audit import AuditEntry
from lodeline.domain.errors import NotFound
from lodeline.domain.ids import ExperimentId
from lodeline.domain.registered_scorer import RegisteredScorer, ScorerDraft, ScorerRegistration
from lodeline.storage.memory.state import State

ScorerKey = tuple[ExperimentId, str]


class MemoryScorers:
    """The `ScorerStore` of the memory backend."""

    def __init__(self, state: State, tables: dict[ScorerKey, list[RegisteredScorer]]) -> None:
        self._state = state
        self._tables = tables

    def register(self, experiment_id: ExperimentId, draft: ScorerDraft, digest: str, *, by: str | None, now_ms: int,
                 audit: AuditEntry) -> ScorerRegistration:  # fmt: skip
        with self._state.lock:
            self._state.writable(experiment_id)
            versions = self._tables.get((experiment_id, draft.name), [])
            if versions and versions[-1].digest == digest:
                return ScorerRegistration(versions[-1], made=False)
            scorer = RegisteredScorer(
                draft.name,
                experiment_id,
                versions[-1].version + 1 if versions else 1,
                digest,
                dict(draft.definition),
                now_ms,
                draft.message,
                by,
            )
            self._tables[experiment_id, draft.name] = [*versions, scorer]
            self._state.record(audit)
            return ScorerRegistration(scorer, made=True)

    def list(self, experiment_ids: Sequence[str]) -> Sequence[RegisteredScorer]:
        with self._state.lock:
            found = [
                versions[-1]
                for (experiment_id, _), versions in self._tables.items()
                if experiment_id in experiment_ids and self._state.is_active(experiment_id)
            ]
            return sorted(found, key=lambda scorer: (int(scorer.experiment_id), scorer.name))

    def versions(self, experiment_id: ExperimentId, name: str) -> Sequence[RegisteredScorer]:
        with self._state.lock:
            found = self._tables.get((experiment_id, name))
            if found is None or not self._state.is_active(experiment_id):
                raise NotFound.of("scorer", name)
            return found[::-1]

    def delete(self, experiment_id: ExperimentId, name: str, *, version: int | None = None, audit: AuditEntry) -> int:
        with self._state.lock:
            found = self._tables.get((experiment_id, name), [])
            kept = [] if version is None else [scorer for scorer in found if scorer.version != version]
            if len(kept) == len(found):
                raise NotFound.of("scorer", name)
            self._state.writable(experiment_id)
            self._state.record(audit)
            if kept:
                self._tables[experiment_id, name] = kept
            else:
                del self._tables[experiment_id, name]
            return len(found) - len(kept)
