"""Models. A deleted one is found by its id and listed by its lifecycle like any other."""

from collections.abc import Sequence
from typing import Protocol

from lodeline.domain.audit import AuditEntry
from lodeline.domain.ids import ExperimentId, ModelId
from lodeline.domain.model import AliasEvent, AliasMove, AliasMoved, Model, ModelChange, ModelDraft, ModelMetric
from lodeline.domain.page import Page
from lodeline.query.ast import Search


class ModelStore(Protocol):
    """Models and their aliases."""

    def create(self, experiment_id: ExperimentId, draft: ModelDraft, *, now_ms: int, audit: AuditEntry
               ) -> tuple[Model, bool]:  # fmt: skip
        """Make a model, or return the active one of the experiment with the draft's `reuse_key`; and whether it was
        made. Conflict when a given id is taken. The audit entry is given the id as its target."""
        ...

    def get(self, model_ids: Sequence[ModelId]) -> Sequence[Model]:
        """Return the known ones among them in the order asked for, with the diffs of their source."""
        ...

    def search(self, search: Search) -> Page[Model]:
        """List models of every lifecycle, without the diffs of their source; default order is newest first."""
        ...

    def update(self, model_id: ModelId, change: ModelChange, *, now_ms: int, audit: AuditEntry) -> Model:
        """Apply `domain.model.changed_model`, whose errors these are; NotFound when unknown."""
        ...

    def log_metrics(self, model_id: ModelId, metrics: Sequence[ModelMetric]) -> Model:
        """Add measurements (`domain.model.merged_metrics`); NotFound, or Deleted when it is deleted."""
        ...

    def set_alias(self, experiment_id: ExperimentId, move: AliasMove, *, gated: bool, by: str | None, now_ms: int,
                  audit: AuditEntry) -> AliasMoved:  # fmt: skip
        """Move an alias; return where it points now and the event, None when it was there already. NotFound
        for a model that the experiment does not have; Conflict as `domain.model.check_move` says."""
        ...

    def find_alias(self, experiment_id: ExperimentId, alias: str) -> Model | None:
        """Return the model that an alias points at; None when there is no such alias."""
        ...

    def alias_events(
        self, experiment_id: ExperimentId, alias: str | None = None, *, limit: int
    ) -> Sequence[AliasEvent]:
        """Return the latest moves of one alias or of all, the last first."""
        ...
