"""Runs: create, find, change, delete, restore; their metrics."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence

from lodeline.auth.actor import Actor
from lodeline.auth.policy import ExperimentAction, permit, permit_reach
from lodeline.domain.clock import Clock, system_clock
from lodeline.domain.errors import Conflict, Deleted, Invalid, NotFound, shown
from lodeline.domain.evaluated_run import is_to_adopt
from lodeline.domain.evaluation import ENDED_EVALUATION, EvaluationChange
from lodeline.domain.experiment import Experiment, Lifecycle, check_name
from lodeline.domain.ids import ExperimentId, RunId
from lodeline.domain.page import DEFAULT_LIMIT, Page, check_limit
from lodeline.domain.review_queue import KIND_TAG
from lodeline.domain.run import (
    MAX_KEY,
    MAX_MS,
    MetricPoint,
    MetricsReport,
    Run,
    RunChange,
    RunDraft,
    check_params,
    check_points,
    check_run,
)
from lodeline.query.ast import And, Compare, EntityScope, Search
from lodeline.query.fields import field
from lodeline.services.audit import audit_entry
from lodeline.services.evaluated_runs import EvaluatedRuns
from lodeline.services.experiment_scope import ExperimentScope
from lodeline.services.listing import Listing, ListQuery
from lodeline.services.references import check_inputs, check_references
from lodeline.storage.base import Stores

MAX_HISTORY = 10_000
"""Points on one page of a metric's history."""


class RunService:
    """Use cases of runs. A deleted one is found by its id and listed on demand, so that it can be restored."""

    def __init__(
        self, stores: Stores, scope: ExperimentScope, listing: Listing, evaluated: EvaluatedRuns,
        clock: Clock = system_clock,
    ) -> None:  # fmt: skip
        self._stores = stores
        self._scope = scope
        self._listing = listing
        self._evaluated = evaluated
        self._clock = clock

    def create(self, actor: Actor, experiment: str, draft: RunDraft) -> Run:
        """Make a run in an experiment (id or name) and return it.

        Invalid for a kind that has a service of its own; Conflict when a given id is taken; NotFound for a parent,
        an input or an output of an experiment that the actor may not read.
        """
        holder = writable_experiment(self._scope, actor, "run.write", experiment)
        check_run(draft)
        check_tags_free(draft.tags)
        if draft.kind != "RUN":
            raise Invalid.value("kind", draft.kind, "RUN; evaluations and labeling sessions have routes of their own")
        check_inputs(self._stores, actor, draft.inputs, draft.outputs, draft.parent_run_id)
        now_ms = self._clock.now_ms()
        draft = dataclasses.replace(draft, created_by=actor.author)
        audit = audit_entry(actor, "run.create", "", at_ms=now_ms, experiment_id=holder.experiment_id)
        return self._stores.runs.create(holder.experiment_id, draft, now_ms=now_ms, audit=audit)

    def get(self, actor: Actor, run_id: RunId, action: ExperimentAction = "run.read") -> Run:
        """Return one run of any kind, deleted or not; NotFound when it is unknown or out of reach."""
        permit_reach(actor, action)
        missing = NotFound.of("run", run_id)
        found = self._stores.runs.get([run_id])
        if not found:
            raise missing
        permit(actor, action, found[0].experiment_id, missing=missing)
        self._scope.holder(found[0].experiment_id)
        return found[0]

    def search(self, actor: Actor, query: ListQuery, *, lifecycle: Lifecycle | None = "ACTIVE") -> Page[Run]:
        """List runs of every kind, newest start first; `lifecycle` None gives deleted ones too."""
        search = self._listing.search(actor, "run.read", query, "run")
        return self._stores.runs.search(of_lifecycle(search, "run", lifecycle))

    def update(self, actor: Actor, run_id: RunId, change: RunChange) -> Run:
        """Rename, set the status, add params, inputs and outputs, set and delete tags.

        Conflict when a param has another value, or for the status of an evaluation, which follows its state; Deleted
        when the run is deleted; Invalid for tags that are the product's own (`check_tags_free`). One that MLflow's
        client evaluated becomes an evaluation when it ends, and its state follows the status.
        """
        check_tags_free((*change.set_tags, *change.delete_tags))
        found = self.get(actor, run_id, "run.write")
        if change.lifecycle is not None:
            raise Invalid("lifecycle: use delete and restore to change it.", details={"field": "lifecycle"})
        if change.status is not None and found.kind != "RUN" and not self._evaluated.made(found):
            raise Invalid.value("status", change.status, f"nothing: a run of kind {found.kind} has it from its state")
        if change.end_ms is not None and not 0 <= change.end_ms <= MAX_MS:
            raise Invalid.value("end_ms", change.end_ms, f"epoch milliseconds from 0 to {MAX_MS}")
        check_params(change.set_params)
        check_inputs(self._stores, actor, change.add_inputs, change.add_outputs)
        changed = self._apply(actor, found, change, "run.update")
        if change.status is not None and (changed.kind == "EVALUATION" or is_to_adopt(changed)):
            return self._evaluated.adopt(actor, changed)
        return changed

    def set_own_tags(self, actor: Actor, run_id: RunId, tags: Mapping[str, str], gone: Sequence[str] = ()) -> Run:
        """Set and delete tags by which the product tells what a run is; for services, not for doors."""
        found = self.get(actor, run_id, "run.write")
        return self._apply(actor, found, RunChange(set_tags=tags, delete_tags=tuple(gone)), "run.update")

    def delete(self, actor: Actor, run_id: RunId) -> Run:
        """Hide a run from lists until it is restored; its traces stay. An evaluation that is still going is ended as
        CANCELLED. Again is fine."""
        found = self.get(actor, run_id, "run.delete")
        if found.kind == "EVALUATION" and found.lifecycle == "ACTIVE":
            self._end(actor, run_id)
        return self._apply(actor, found, RunChange(lifecycle="DELETED"), "run.delete")

    def restore(self, actor: Actor, run_id: RunId) -> Run:
        """Undo a delete without loss; again is fine."""
        found = self.get(actor, run_id, "run.delete")
        return self._apply(actor, found, RunChange(lifecycle="ACTIVE"), "run.restore")

    def log_metrics(self, actor: Actor, run_id: RunId, points: Sequence[MetricPoint]) -> MetricsReport:
        """Add points of metrics; idempotent: one that is known changes nothing. Measurements are not audited.
        NotFound for a dataset or model of an experiment that the actor may not read."""
        self.get(actor, run_id, "run.write")
        check_points(points)
        check_references(
            self._stores, actor, datasets=(p.dataset_id for p in points), models=(p.model_id for p in points)
        )
        return MetricsReport(self._stores.runs.log_metrics(run_id, points))

    def metric_history(
        self, actor: Actor, run_id: RunId, key: str, *, limit: int = DEFAULT_LIMIT, cursor: str | None = None
    ) -> Page[MetricPoint]:
        """List the points of one metric by step, time and value."""
        self.get(actor, run_id)
        check_name(key, noun="key", most=MAX_KEY)
        check_limit(limit, most=MAX_HISTORY)
        return self._stores.runs.metric_history(run_id, key, limit=limit, cursor=cursor)

    def _end(self, actor: Actor, run_id: RunId) -> None:
        store = self._stores.evaluations
        present = store.get(run_id)
        while present.state not in ENDED_EVALUATION:
            now_ms = self._clock.now_ms()
            audit = audit_entry(
                actor, "evaluation.cancel", run_id, at_ms=now_ms, experiment_id=present.run.experiment_id,
                details={"from": present.state, "to": "CANCELLED"},
            )  # fmt: skip
            change = EvaluationChange("CANCELLED", "its run was deleted")
            try:
                present = store.change(run_id, change, expected=present, now_ms=now_ms, audit=audit)
            except Conflict:  # whoever runs it has just moved it on
                present = store.get(run_id)

    def _apply(self, actor: Actor, run: Run, change: RunChange, action: str) -> Run:
        if change.lifecycle == run.lifecycle:
            return run
        now_ms = self._clock.now_ms()
        audit = audit_entry(
            actor, action, run.run_id, at_ms=now_ms, experiment_id=run.experiment_id, details=_changed(change)
        )
        return self._stores.runs.update(run.run_id, change, now_ms=now_ms, audit=audit)


def check_tags_free(tags: Iterable[str]) -> None:
    """Return when none of these tags of a run is one by which the product tells what the run is; else Invalid."""
    for name in tags:
        if name == KIND_TAG or name.startswith(f"{KIND_TAG}."):
            raise Invalid(
                f"tags.{name}: this tag says that a run is a review queue, and is set by making one; choose another "
                "name.",
                code="reserved_tag",
                details={"field": "tags", "tag": name},
            )


def writable_experiment(
    scope: ExperimentScope, actor: Actor, action: ExperimentAction, experiment: str
) -> Experiment:
    """Return the experiment of this id or name in which the actor may do this; Deleted when it takes no writes."""
    found = scope.lookup(actor, action, experiment)
    if found.lifecycle == "DELETED":
        raise Deleted.of("experiment", found.experiment_id)
    return found


def check_run_of(stores: Stores, actor: Actor, run_id: str, experiment_id: ExperimentId) -> None:
    """Return when what is in an experiment may be linked to a run: one of that experiment, or one that is not known
    here (yet). NotFound for a run out of the actor's reach, Invalid for one of another experiment."""
    for run in stores.runs.get([RunId(run_id)]):
        if run.experiment_id != experiment_id:
            permit(actor, "run.read", run.experiment_id, missing=NotFound.of("run", run_id))
            raise Invalid(
                f"run_id: run {shown(run_id)} is of experiment {run.experiment_id}, and what is to be linked to it "
                f"of experiment {experiment_id}; both must be of one.",
                details={"field": "run_id"},
            )


def of_lifecycle(search: Search, entity: EntityScope, lifecycle: Lifecycle | None) -> Search:
    """Return the search restricted to one lifecycle; None restricts nothing."""
    if lifecycle is None:
        return search
    return dataclasses.replace(search, node=And((search.node, Compare(field(entity, "lifecycle"), "=", lifecycle))))


def _changed(change: RunChange) -> dict[str, object]:
    """Return what the audit trail says about a change: the new name and status, and which other parts changed."""
    parts = [f"params.{key}" for key in change.set_params]
    parts += [f"tags.{key}" for key in (*change.set_tags, *change.delete_tags)]
    parts += [name for name in ("inputs", "outputs") if getattr(change, f"add_{name}")]
    return {"name": change.name, "status": change.status, "changed": ", ".join(parts) or None}
