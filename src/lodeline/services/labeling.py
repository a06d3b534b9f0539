"""Labeling sessions: create, find, change and watch them.

Their items are in `services.labeling_items`, what a reviewer does in `services.reviews`.
"""

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import quote

from lodeline.auth.actor import Actor
from lodeline.auth.policy import ExperimentAction, permit, permit_reach
from lodeline.domain.clock import Clock, system_clock
from lodeline.domain.errors import NotFound
from lodeline.domain.ids import DatasetId, RunId
from lodeline.domain.labeling import (
    LabelingChange,
    LabelingDraft,
    LabelingProgress,
    LabelingSession,
)
from lodeline.domain.labeling_checks import (
    check_instructions,
    check_marks,
    check_policy,
    check_reviewers,
    check_schemas,
)
from lodeline.domain.labeling_rules import ItemRule, check_rules
from lodeline.domain.labeling_sources import ReviewLink
from lodeline.domain.page import DEFAULT_LIMIT, Page, check_limit
from lodeline.domain.run import RunDraft, check_run
from lodeline.services.audit import audit_entry
from lodeline.services.datasets import DatasetService
from lodeline.services.experiment_scope import ExperimentScope
from lodeline.services.label_schemas import LabelSchemaService
from lodeline.services.listing import Listing, ListQuery
from lodeline.services.references import check_inputs
from lodeline.services.reviewers import with_accounts
from lodeline.services.runs import check_tags_free, writable_experiment
from lodeline.storage.base import Stores


class LabelingService:
    """Use cases of labeling sessions. As runs they are found, tagged, deleted and restored by `RunService`."""

    def __init__(
        self,
        stores: Stores,
        scope: ExperimentScope,
        schemas: LabelSchemaService,
        datasets: DatasetService,
        listing: Listing,
        *,
        clock: Clock = system_clock,
    ) -> None:
        self._stores = stores
        self._scope = scope
        self._schemas = schemas
        self._datasets = datasets
        self._listing = listing
        self._clock = clock

    def create(self, actor: Actor, experiment: str, draft: LabelingDraft, schemas: Sequence[str]) -> LabelingSession:
        """Make a session in an experiment (id or name) that asks with `schemas`, by name or id, in the versions that
        they have now; a built-in one that the experiment lacks is made. Invalid for tags that are the product's own.
        """
        check_tags_free(draft.run.tags)
        return self.create_tagged(actor, experiment, draft, schemas)

    def create_tagged(
        self, actor: Actor, experiment: str, draft: LabelingDraft, schemas: Sequence[str]
    ) -> LabelingSession:
        """Make a session as `create` does, whose run may bear the product's own tags; for services, not for doors."""
        holder = writable_experiment(self._scope, actor, "labeling.write", experiment)
        run = draft.run
        check_run(run)
        check_inputs(self._stores, actor, run.inputs, run.outputs, run.parent_run_id)
        check_instructions(draft.instructions)
        check_reviewers(draft.reviewers)
        check_policy(draft.policy, draft.reviewers)
        self.check_dataset(actor, draft.dataset_id)
        self._check_rules(draft.rules)
        found = self._schemas.named(actor, holder, schemas)
        check_schemas(found)
        check_marks(found, draft.policy)
        now_ms = self._clock.now_ms()
        made = replace(draft, run=replace(draft.run, created_by=actor.author), schemas=found)
        audit = audit_entry(actor, "labeling.create", "", at_ms=now_ms, experiment_id=holder.experiment_id)
        return self._stores.labeling.create(holder.experiment_id, made, now_ms=now_ms, audit=audit)

    def get(self, actor: Actor, run_id: RunId, action: ExperimentAction = "labeling.read") -> LabelingSession:
        """Return one; NotFound when it is unknown, out of reach, or no labeling session."""
        permit_reach(actor, action)
        found = self._stores.labeling.get(run_id)
        permit(actor, action, found.run.experiment_id, missing=NotFound.of("labeling session", run_id))
        self._scope.holder(found.run.experiment_id)
        return found

    def list(
        self, actor: Actor, experiments: Sequence[str] = (), *, limit: int = DEFAULT_LIMIT, cursor: str | None = None
    ) -> Page[LabelingSession]:
        """List sessions of experiments (ids or names; all in reach without), newest first."""
        ids = self._scope.ids(actor, "labeling.read", experiments)
        wanted = ids if experiments else ()
        return self._stores.labeling.list(ids, wanted=wanted, limit=check_limit(limit), cursor=cursor or None)

    def update(
        self, actor: Actor, run_id: RunId, change: LabelingChange, *, schemas: Sequence[str] | None = None
    ) -> LabelingSession:
        """Change a session, its state among it, and bring its items in line. `schemas`, by name or id, take the place
        of the change's, in the versions that they have now.

        Conflict when its state may not be followed by the new one. Closing ends what reviewers have in hand.
        """
        found = self.get(actor, run_id, "labeling.write")
        if change.name is not None:
            check_run(RunDraft(change.name))
        self.check_dataset(actor, change.dataset_id)
        self._check_rules(change.rules or ())
        if schemas is not None:
            holder = self._scope.holder(found.run.experiment_id)
            change = replace(change, schemas=self._schemas.named(actor, holder, schemas))
        now_ms = self._clock.now_ms()
        action = f"labeling.{_VERBS[change.state]}" if change.state is not None else "labeling.update"
        audit = audit_entry(
            actor, action, run_id, at_ms=now_ms, experiment_id=found.run.experiment_id,
            details={"from": found.state, "to": change.state, "reviewers": _named(change)},
        )  # fmt: skip
        return self._stores.labeling.change(run_id, change, now_ms=now_ms, audit=audit)

    def progress(self, actor: Actor, run_id: RunId) -> LabelingProgress:
        """Return how far a session is, by item and by reviewer; where people sign in, also whether those that the
        session names can."""
        found = self.get(actor, run_id)
        progress = self._stores.labeling.progress(run_id, now_ms=self._clock.now_ms())
        return progress if not _signs_in(actor) else with_accounts(self._stores, found, progress)

    def link(self, actor: Actor, run_id: RunId, *, reviewer: str | None = None) -> ReviewLink:
        """Return the link to send to a reviewer. NotFound when the session names reviewers and not this one."""
        found = self.get(actor, run_id)
        if reviewer is not None and found.reviewers and reviewer not in found.reviewers:
            raise NotFound.of("reviewer", reviewer)
        path = f"/review/{quote(run_id, safe='')}"
        signs_in = _signs_in(actor)
        query = "" if reviewer is None or signs_in else f"?reviewer={quote(reviewer, safe='')}"
        return ReviewLink(path + query, reviewer, signs_in)

    def check_dataset(self, actor: Actor, dataset_id: str | None) -> None:
        """Return when a dataset, if one is named, is in the actor's reach; else NotFound."""
        if dataset_id:
            self._datasets.get(actor, DatasetId(dataset_id))

    def _check_rules(self, rules: Sequence[ItemRule]) -> None:
        check_rules(rules)
        for rule in rules:
            self._listing.unbound(ListQuery((), rule.filter), "trace")


def _signs_in(actor: Actor) -> bool:
    return actor.kind not in {"local", "system"}


_VERBS = {"DRAFT": "draft", "OPEN": "open", "PAUSED": "pause", "CLOSED": "close", "ARCHIVED": "archive"}


def _named(change: LabelingChange) -> str | None:
    return None if change.reviewers is None else ", ".join(change.reviewers)
