"""Experiments: create, find, change, delete, restore, purge."""

import dataclasses
from collections.abc import Callable, Sequence

from lodeline.auth.actor import Actor
from lodeline.auth.policy import may, permit, permit_reach
from lodeline.domain.clock import Clock, system_clock
from lodeline.domain.errors import Conflict, Invalid, LodelineError, NotFound, TooLarge, shown
from lodeline.domain.experiment import (
    MAX_DESCRIPTION,
    Experiment,
    ExperimentChange,
    ExperimentDraft,
    ExperimentSettings,
    Lifecycle,
    PurgeReceipt,
    changed_experiment,
    changed_settings,
    check_name,
    check_tags,
    experiment_taken,
    name_is_id,
)
from lodeline.domain.ids import ExperimentId
from lodeline.domain.page import Page
from lodeline.query.ast import And, Node
from lodeline.services.audit import audit_entry
from lodeline.services.experiment_cache import ExperimentCache
from lodeline.services.experiment_scope import ExperimentScope, lifecycle_is, restriction
from lodeline.services.experiment_settings import check_settings
from lodeline.services.listing import Listing, ListQuery
from lodeline.storage.base import Stores

MAX_CLIENT_KEY = 250
IMPORT_KEY = "import:"
"""What the keys of imports begin with, which go on with what is theirs: nobody else's do."""


class ExperimentService:
    """Use cases of experiments. A deleted one is still found and listed on demand, so that it can be restored."""

    def __init__(
        self,
        stores: Stores,
        cache: ExperimentCache,
        scope: ExperimentScope,
        listing: Listing,
        clock: Clock = system_clock,
    ) -> None:
        self._stores = stores
        self._cache = cache
        self._scope = scope
        self._listing = listing
        self._clock = clock

    def create(self, actor: Actor, draft: ExperimentDraft) -> Experiment:
        """Make an experiment; a draft whose `client_key` was used before returns that experiment unchanged.

        Conflict when the name is taken, also by a deleted experiment (details name it), or is the id of one, or when
        the `client_key` was used before; of an experiment that the actor may not read nothing is said. Invalid for a
        bad name, tag or setting.
        """
        permit(actor, "experiment.create")
        check_name(draft.name)
        _check_description(draft.description)
        check_tags(draft.tags)
        check_settings(draft.settings)
        if draft.client_key is not None:
            check_name(draft.client_key, noun="client_key", most=MAX_CLIENT_KEY)
            if draft.client_key.startswith(IMPORT_KEY):
                raise Invalid.value("client_key", draft.client_key, f"a key that does not begin with {IMPORT_KEY!r}")
        now_ms = self._clock.now_ms()
        audit = audit_entry(actor, "experiment.create", draft.name, at_ms=now_ms)
        draft = dataclasses.replace(draft, created_by=actor.author)
        try:
            made = self._stores.experiments.create(draft, now_ms=now_ms, audit=audit)
        except Conflict as error:
            raise refusal_seen(actor, error, draft.name) from None
        self._cache.forget()
        if draft.client_key is not None and not may(actor, "experiment.read", made.experiment_id):
            raise Conflict(
                f"client_key: {shown(draft.client_key)} was used before, for another experiment; choose another key.",
                code="client_key_taken",
                details={"field": "client_key"},
            )
        return made

    def get(self, actor: Actor, experiment_id: ExperimentId) -> Experiment:
        """Return it, deleted or not; NotFound when it is unknown or out of reach."""
        permit(actor, "experiment.read", experiment_id)
        return self._stores.experiments.get(experiment_id)

    def find(self, actor: Actor, id_or_name: str) -> Experiment:
        """Return the experiment of this id, or else of exactly this name, deleted or not; else NotFound."""
        return self._scope.lookup(actor, "experiment.read", id_or_name)

    def search(self, actor: Actor, query: ListQuery, *, lifecycle: Lifecycle | None = "ACTIVE") -> Page[Experiment]:
        """List experiments in reach, newest created first; `lifecycle` None gives deleted ones too."""
        reach = permit_reach(actor, "experiment.read")
        search = self._listing.unbound(query, "experiment")
        extra: list[Node] = [] if reach.everything else [restriction(reach)]
        if lifecycle is not None:
            extra.append(lifecycle_is(lifecycle))
        node = And((search.node, *extra)) if extra else search.node
        return self._stores.experiments.search(dataclasses.replace(search, node=node))

    def update(self, actor: Actor, experiment_id: ExperimentId, change: ExperimentChange) -> Experiment:
        """Rename, describe, tag, set settings; what changes nothing leaves no trace of itself. Deleted when it is
        deleted; Conflict when the name is taken or the id of another."""
        permit(actor, "experiment.edit", experiment_id)
        if change.lifecycle is not None:
            raise Invalid("lifecycle: use delete and restore to change it.", details={"field": "lifecycle"})
        if change.name is not None:
            check_name(change.name)
        _check_description(change.description or "")
        check_tags(change.set_tags)
        check_tags(dict.fromkeys(change.delete_tags, ""))
        if change.settings is not None:
            check_settings(changed_settings(ExperimentSettings(), change.settings))
        found = self._stores.experiments.get(experiment_id)
        if found.lifecycle == "ACTIVE" and changed_experiment(found, change) == found:
            return found
        return self._apply(actor, found, change, "experiment.update")

    def delete(self, actor: Actor, experiment_id: ExperimentId) -> Experiment:
        """Hide it and everything in it at once, and keep its name reserved; again is fine."""
        permit(actor, "experiment.delete", experiment_id)
        found = self._stores.experiments.get(experiment_id)
        if found.lifecycle == "DELETED":
            return found
        return self._apply(actor, found, ExperimentChange(lifecycle="DELETED"), "experiment.delete")

    def restore(self, actor: Actor, experiment_id: ExperimentId) -> Experiment:
        """Undo a delete without loss; again is fine."""
        permit(actor, "experiment.delete", experiment_id)
        found = self._stores.experiments.get(experiment_id)
        if found.lifecycle == "ACTIVE":
            return found
        return self._apply(actor, found, ExperimentChange(lifecycle="ACTIVE"), "experiment.restore")

    def purge(
        self, actor: Actor, experiment_id: ExperimentId, stopping: Callable[[], bool] | None = None
    ) -> PurgeReceipt:
        """Remove a deleted experiment for good, attachments included; Conflict when it is not deleted. When
        `stopping` says so between two steps, it is left unfinished."""
        permit(actor, "experiment.purge", experiment_id)
        now_ms = self._clock.now_ms()
        audit = audit_entry(actor, "experiment.purge", experiment_id, at_ms=now_ms, experiment_id=experiment_id)
        try:
            return self._stores.experiments.purge(experiment_id, audit=audit, stopping=stopping)
        finally:
            self._cache.forget()

    def explained(self, actor: Actor, missing: NotFound) -> LodelineError:
        """Return why something is missing that a change is meant for: Deleted, if it is in a deleted experiment that
        the actor may read or feed, else `missing` itself."""
        return self._scope.explained(actor, missing)

    def purged(self, actor: Actor, experiment_id: ExperimentId) -> PurgeReceipt:
        """Return what a purge has removed by now, while it goes on too; NotFound when none began."""
        permit(actor, "experiment.purge", experiment_id)
        return self._stores.experiments.purged(experiment_id)

    def purging(self, actor: Actor) -> Sequence[PurgeReceipt]:
        """Return what those purges that began and are not finished have removed by now."""
        permit(actor, "experiment.purge")
        return self._stores.experiments.purging()

    def _apply(self, actor: Actor, found: Experiment, change: ExperimentChange, action: str) -> Experiment:
        experiment_id, now_ms = found.experiment_id, self._clock.now_ms()
        audit = audit_entry(
            actor, action, experiment_id, at_ms=now_ms, experiment_id=experiment_id, details=_changed(found, change)
        )
        try:
            return self._stores.experiments.update(experiment_id, change, now_ms=now_ms, audit=audit)
        except Conflict as error:
            raise refusal_seen(actor, error, change.name or "") from None
        finally:
            self._cache.forget()


def refusal_seen(actor: Actor, error: Conflict, name: str, experiment_id: str | None = None) -> Conflict:
    """Return the refusal of a name or id that is taken as this actor may see it: one who may not read the experiment
    that has it is told nothing of it."""
    holder = error.details.get("experiment_id")
    if holder is None or may(actor, "experiment.read", ExperimentId(str(holder))):
        return error
    if error.error_code == "experiment_id_taken" and experiment_id is not None:
        return experiment_taken("id", experiment_id, None)
    if error.error_code == "experiment_name_is_id":
        return name_is_id(name, None)
    return experiment_taken("name", name, None) if error.error_code == "experiment_name_taken" else error


def _check_description(text: str) -> None:
    if len(text) > MAX_DESCRIPTION:
        raise TooLarge(f"description: {len(text)} characters are over the limit of {MAX_DESCRIPTION}; shorten it.")


def _changed(found: Experiment, change: ExperimentChange) -> dict[str, object]:
    """Return what the audit trail says about a change: the new name and the one before, and which other parts and
    settings were given.

    Tag keys are named: they are the experiment's own, made by those who may edit it, never content of a trace.
    """
    parts = [] if change.description is None else ["description"]
    parts += [f"settings.{name}" for name in change.settings or ()]
    parts += [f"tags.{key}" for key in (*change.set_tags, *change.delete_tags)]
    details: dict[str, object] = {} if change.name in (None, found.name) else {"name": change.name, "was": found.name}
    return {**details, "changed": ", ".join(parts)} if parts else details
