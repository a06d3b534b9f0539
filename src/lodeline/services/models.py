"""Models: versions of the application, with their metrics, aliases and differences."""

import dataclasses
from collections.abc import Sequence

from lodeline.auth.actor import Actor
from lodeline.auth.policy import ExperimentAction, permit, permit_reach
from lodeline.domain.clock import Clock, system_clock
from lodeline.domain.errors import Invalid, NotFound, TooLarge
from lodeline.domain.experiment import Lifecycle
from lodeline.domain.gate import GateVerdict
from lodeline.domain.ids import ExperimentId, ModelId
from lodeline.domain.model import (
    MAX_REASON,
    AliasEvent,
    AliasMove,
    GateOutcome,
    Model,
    ModelChange,
    ModelDiff,
    ModelDraft,
    ModelMetric,
    check_alias,
    check_gate_baseline,
    check_gate_evaluation,
    check_metrics,
    check_model,
    check_model_id,
    diff_models,
    refused_gate,
    rules_sha256,
)
from lodeline.domain.page import DEFAULT_LIMIT, Page, check_limit
from lodeline.domain.run import check_params
from lodeline.evals.gates.render import render_markdown
from lodeline.services.audit import audit_entry
from lodeline.services.evaluations import EvaluationService
from lodeline.services.experiment_scope import ExperimentScope
from lodeline.services.listing import Listing, ListQuery
from lodeline.services.references import check_references
from lodeline.services.runs import of_lifecycle, writable_experiment
from lodeline.storage.base import Stores

_OUTCOMES: dict[GateVerdict, GateOutcome] = {"pass": "passed", "fail": "failed", "inconclusive": "inconclusive"}


class ModelService:
    """Use cases of models. A deleted one is found by its id and listed on demand, so that it can be restored."""

    def __init__(
        self,
        stores: Stores,
        scope: ExperimentScope,
        listing: Listing,
        evaluations: EvaluationService,
        clock: Clock = system_clock,
    ) -> None:
        self._evaluations = evaluations
        self._stores = stores
        self._scope = scope
        self._listing = listing
        self._clock = clock

    def create(self, actor: Actor, experiment: str, draft: ModelDraft) -> Model:
        """Make a model in an experiment (id or name), or return the one that its `reuse_key` made. NotFound for a run
        or a model that it is from, of an experiment that the actor may not read."""
        holder = writable_experiment(self._scope, actor, "model.write", experiment)
        check_model(draft)
        if draft.model_id is not None:
            check_model_id(draft.model_id)
        check_references(self._stores, actor, runs=(draft.source_run_id,), models=(draft.parent_model_id,))
        now_ms = self._clock.now_ms()
        draft = dataclasses.replace(draft, created_by=actor.author)
        audit = audit_entry(
            actor, "model.create", "", at_ms=now_ms, experiment_id=holder.experiment_id, details={"name": draft.name}
        )
        return self._stores.models.create(holder.experiment_id, draft, now_ms=now_ms, audit=audit)[0]

    def get(self, actor: Actor, model_id: ModelId, action: ExperimentAction = "model.read") -> Model:
        """Return one model, deleted or not; NotFound when it is unknown or out of reach."""
        permit_reach(actor, action)
        missing = NotFound.of("model", model_id)
        found = self._stores.models.get([model_id])
        if not found:
            raise missing
        permit(actor, action, found[0].experiment_id, missing=missing)
        self._scope.holder(found[0].experiment_id)
        return found[0]

    def search(self, actor: Actor, query: ListQuery, *, lifecycle: Lifecycle | None = "ACTIVE") -> Page[Model]:
        """List models, newest first, without the diffs of their source; `lifecycle` None gives deleted ones too."""
        search = self._listing.search(actor, "model.read", query, "model")
        return self._stores.models.search(of_lifecycle(search, "model", lifecycle))

    def update(self, actor: Actor, model_id: ModelId, change: ModelChange) -> Model:
        """Rename, set the status, add params and prompts, set and delete tags.

        Conflict when a param has another value, or when it would be FAILED while an alias points at it.
        """
        found = self.get(actor, model_id, "model.write")
        if change.lifecycle is not None:
            raise Invalid("lifecycle: use delete and restore to change it.", details={"field": "lifecycle"})
        check_params(change.set_params)
        return self._apply(actor, found, change, "model.update")

    def delete(self, actor: Actor, model_id: ModelId) -> Model:
        """Hide a model from lists until it is restored; its traces stay. Conflict while an alias points at it."""
        found = self.get(actor, model_id, "model.delete")
        if found.lifecycle == "DELETED":
            return found
        return self._apply(actor, found, ModelChange(lifecycle="DELETED"), "model.delete")

    def restore(self, actor: Actor, model_id: ModelId) -> Model:
        """Undo a delete without loss; again is fine."""
        found = self.get(actor, model_id, "model.delete")
        if found.lifecycle == "ACTIVE":
            return found
        return self._apply(actor, found, ModelChange(lifecycle="ACTIVE"), "model.restore")

    def log_metrics(self, actor: Actor, model_id: ModelId, metrics: Sequence[ModelMetric]) -> Model:
        """Add measurements; of each key, dataset and run the latest is kept. Measurements are not audited."""
        self.get(actor, model_id, "model.write")
        check_metrics(tuple(metrics))
        check_references(
            self._stores, actor, runs=(m.run_id for m in metrics), datasets=(m.dataset_id for m in metrics)
        )
        return self._stores.models.log_metrics(model_id, metrics)

    def diff(self, actor: Actor, left: ModelId, right: ModelId) -> ModelDiff:
        """Return how two models differ."""
        return diff_models(self.get(actor, left), self.get(actor, right))

    def set_alias(self, actor: Actor, experiment: str, move: AliasMove) -> Model | None:
        """Move an alias of an experiment, or take it away; return the model that it points at now.

        Conflict when the model is FAILED, or when the experiment wants a passed gate for this alias and the one that
        the move names is not passed, or not on an evaluation of the model: what the mover says counts for nothing.
        Invalid for a gate with a rule that cannot fail, and for a report beside a gate that the server holds.
        """
        holder = writable_experiment(self._scope, actor, "model.write", experiment)
        check_alias(move.alias)
        for noun in ("reason", "gate_report"):
            text: str = getattr(move, noun) or ""
            if len(text) > MAX_REASON:
                raise TooLarge(f"{noun}: {len(text)} characters are over the limit of {MAX_REASON}.")
        gated = move.alias in holder.settings.gated_aliases
        move = self._held(actor, move, holder.experiment_id, gated=gated)
        held, now_ms = move.gate_run, self._clock.now_ms()
        audit = audit_entry(
            actor, "model.set_alias", move.alias, at_ms=now_ms, experiment_id=holder.experiment_id,
            details={
                "model_id": move.model_id, "gate": move.gate,
                "gate_run_id": None if held is None else held.run_id,
                "gate_baseline_run_id": None if held is None else held.baseline_run_id,
                "gate_rules_sha256": None if held is None else rules_sha256(held.rules),
                "gate_rules": None if held is None else held.rules,
            },
        )  # fmt: skip
        moved = self._stores.models.set_alias(
            holder.experiment_id, move, gated=gated, by=actor.author, now_ms=now_ms, audit=audit
        )
        return moved.model

    def _held(self, actor: Actor, move: AliasMove, experiment_id: ExperimentId, *, gated: bool) -> AliasMove:
        """Return a move with the outcome of the gate that it names, which is held here and now."""
        gate_run = move.gate_run
        if gate_run is None or move.model_id is None:
            return dataclasses.replace(move, gate_run=None)
        if move.gate_report is not None:
            raise Invalid("gate_report: leave it out beside gate_run; the report kept is the server's own.")
        evaluation = self._evaluations.get(actor, gate_run.run_id)
        check_gate_evaluation(evaluation, experiment_id, move.model_id)
        if gate_run.baseline_run_id is not None:
            check_gate_baseline(self._evaluations.get(actor, gate_run.baseline_run_id), evaluation)
        report = self._evaluations.gate(
            actor, gate_run.run_id, gate_run.rules, baseline=gate_run.baseline_run_id, can_fail=True
        )
        if gated and report.status != "pass":
            raise refused_gate(move.alias, gate_run.run_id, report)
        text = render_markdown(report)[:MAX_REASON]
        return dataclasses.replace(move, gate=_OUTCOMES[report.status], gate_report=text)

    def by_alias(self, actor: Actor, experiment: str, alias: str) -> Model:
        """Return the model that an alias of an experiment points at; NotFound when there is none."""
        holder = self._scope.one(actor, "model.read", experiment)
        found = self._stores.models.find_alias(holder.experiment_id, check_alias(alias))
        if found is None:
            raise NotFound.of("alias", alias)
        return found

    def alias_events(
        self, actor: Actor, experiment: str, alias: str | None = None, *, limit: int = DEFAULT_LIMIT
    ) -> Sequence[AliasEvent]:
        """Return the latest moves of one alias or of all, the last first."""
        holder = self._scope.one(actor, "model.read", experiment)
        if alias is not None:
            check_alias(alias)
        return self._stores.models.alias_events(holder.experiment_id, alias, limit=check_limit(limit))

    def _apply(self, actor: Actor, model: Model, change: ModelChange, action: str) -> Model:
        now_ms = self._clock.now_ms()
        parts = [f"params.{key}" for key in change.set_params]
        parts += [f"tags.{key}" for key in (*change.set_tags, *change.delete_tags)]
        audit = audit_entry(
            actor, action, model.model_id, at_ms=now_ms, experiment_id=model.experiment_id,
            details={"name": change.name, "status": change.status, "changed": ", ".join(parts) or None},
        )  # fmt: skip
        return self._stores.models.update(model.model_id, change, now_ms=now_ms, audit=audit)
