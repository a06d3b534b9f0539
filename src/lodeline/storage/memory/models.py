"""Models in memory."""

from collections.abc import Sequence
from dataclasses import replace

from lodeline.domain.audit import AuditEntry
from lodeline.domain.errors import Conflict, Deleted, NotFound
from lodeline.domain.ids import ExperimentId, ModelId, new_hex
from lodeline.domain.model import (
    AliasEvent,
    AliasMove,
    AliasMoved,
    Model,
    ModelChange,
    ModelDraft,
    ModelMetric,
    changed_model,
    check_move,
    merged_metrics,
    model_of,
)
from lodeline.domain.page import Page
from lodeline.query.ast import Search
from lodeline.storage.memory.matching import model_page
from lodeline.storage.memory.state import State


class MemoryModels:
    """The `ModelStore` of the memory backend."""

    def __init__(self, state: State) -> None:
        self._state = state

    def create(self, experiment_id: ExperimentId, draft: ModelDraft, *, now_ms: int, audit: AuditEntry
               ) -> tuple[Model, bool]:  # fmt: skip
        state = self._state
        with state.lock:
            state.writable(experiment_id)
            known = None if draft.reuse_key is None else self._reusable(experiment_id, draft.reuse_key)
            if known is not None:
                return state.aliased(known), False
            model_id = draft.model_id or ModelId(new_hex("m-"))
            if model_id in state.models:
                raise Conflict(f"model id {model_id!r} is taken; leave it out.", code="model_id_taken")
            model = model_of(draft, model_id, experiment_id, now_ms=now_ms)
            state.models[model_id] = model
            state.record(replace(audit, target=model_id))
            return model, True

    def get(self, model_ids: Sequence[ModelId]) -> Sequence[Model]:
        with self._state.lock:
            found = [self._state.models[i] for i in model_ids if i in self._state.models]
            return [self._state.aliased(m) for m in found if self._state.is_active(m.experiment_id)]

    def search(self, search: Search) -> Page[Model]:
        with self._state.lock:
            return model_page(self._state, search)

    def update(self, model_id: ModelId, change: ModelChange, *, now_ms: int, audit: AuditEntry) -> Model:
        with self._state.lock:
            present = self._writable(model_id)
            changed = changed_model(present, change, now_ms=now_ms)
            if replace(changed, updated_ms=present.updated_ms) == present:
                return present
            if present.lifecycle == "DELETED" and changed.reuse_key is not None:
                taken = self._reusable(changed.experiment_id, changed.reuse_key) is not None
                changed = replace(changed, reuse_key=None) if taken else changed
            self._state.models[model_id] = replace(changed, aliases=())
            self._state.record(audit)
            return changed

    def log_metrics(self, model_id: ModelId, metrics: Sequence[ModelMetric]) -> Model:
        with self._state.lock:
            present = self._writable(model_id)
            if present.lifecycle == "DELETED":
                raise Deleted.of("model", model_id)
            changed = replace(present, metrics=merged_metrics(present.metrics, tuple(metrics)))
            self._state.models[model_id] = replace(changed, aliases=())
            return changed

    def set_alias(self, experiment_id: ExperimentId, move: AliasMove, *, gated: bool, by: str | None, now_ms: int,
                  audit: AuditEntry) -> AliasMoved:  # fmt: skip
        with self._state.lock:
            self._state.writable(experiment_id)
            if move.model_id is not None:
                wanted = self._writable(move.model_id)
                if wanted.experiment_id != experiment_id:
                    raise NotFound.of("model", move.model_id)
                check_move(wanted, move, gated=gated)
            previous = self._state.aliases.get((experiment_id, move.alias))
            if previous == move.model_id:
                return AliasMoved(self.find_alias(experiment_id, move.alias), None)
            if move.model_id is None:
                del self._state.aliases[experiment_id, move.alias]
            else:
                self._state.aliases[experiment_id, move.alias] = move.model_id
            event = AliasEvent.of(move, experiment_id, previous=previous, at_ms=now_ms, by=by)
            self._state.alias_events.append(event)
            self._state.record(audit)
            return AliasMoved(self.find_alias(experiment_id, move.alias), event)

    def find_alias(self, experiment_id: ExperimentId, alias: str) -> Model | None:
        with self._state.lock:
            model_id = self._state.aliases.get((experiment_id, alias))
            return next(iter(self.get([] if model_id is None else [model_id])), None)

    def alias_events(
        self, experiment_id: ExperimentId, alias: str | None = None, *, limit: int
    ) -> Sequence[AliasEvent]:
        with self._state.lock:
            if not self._state.is_active(experiment_id):
                return []
            found = [
                event
                for event in reversed(self._state.alias_events)
                if event.experiment_id == experiment_id and alias in (None, event.alias)
            ]
            return found[:limit]

    def _reusable(self, experiment_id: ExperimentId, reuse_key: str) -> Model | None:
        for model in self._state.models.values():
            place = (model.experiment_id, model.reuse_key, model.lifecycle)
            if place == (experiment_id, reuse_key, "ACTIVE"):
                return model
        return None

    def _writable(self, model_id: ModelId) -> Model:
        model = self._state.models.get(model_id)
        if model is None:
            raise NotFound.of("model", model_id)
        self._state.writable(model.experiment_id)
        return self._state.aliased(model)
