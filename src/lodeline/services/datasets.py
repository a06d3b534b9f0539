"""Datasets: create, find, change, delete and restore; their versions and labels. `services.records` has the rest."""

from collections.abc import Sequence
from dataclasses import replace

from lodeline.auth.actor import Actor
from lodeline.auth.policy import ExperimentAction, permit, permit_reach, reach_of
from lodeline.domain.clock import Clock, system_clock
from lodeline.domain.dataset import (
    MAX_LABELS,
    MAX_LINKS,
    MAX_NAME,
    Dataset,
    DatasetChange,
    DatasetDraft,
    DatasetVersion,
    check_label,
    parse_version,
)
from lodeline.domain.errors import Invalid, NotFound, TooLarge
from lodeline.domain.experiment import MAX_DESCRIPTION, Lifecycle, check_name, check_tags
from lodeline.domain.ids import DatasetId
from lodeline.domain.page import Page, check_limit
from lodeline.query.ast import And, Compare
from lodeline.query.fields import field
from lodeline.services.audit import audit_entry
from lodeline.services.experiment_scope import ExperimentScope
from lodeline.services.listing import Listing, ListQuery
from lodeline.services.record_schema import check_schema
from lodeline.storage.base import Stores


class DatasetService:
    """Use cases of datasets. What belongs to a deleted experiment is hidden; a deleted dataset is found by its id."""

    def __init__(self, stores: Stores, scope: ExperimentScope, listing: Listing, clock: Clock = system_clock) -> None:
        self._stores = stores
        self._scope = scope
        self._listing = listing
        self._clock = clock

    def create(self, actor: Actor, draft: DatasetDraft, *, experiment: str) -> Dataset:
        """Make an empty dataset in an experiment (id or name), which takes the place of the draft's.

        Conflict when an active dataset of the experiment has the name; Invalid for a bad name, tag or schema.
        """
        found = self._scope.one(actor, "dataset.write", experiment)
        _check(draft.name, draft.description)
        check_tags(draft.tags)
        check_schema(draft.input_schema, "input_schema")
        check_schema(draft.expectation_schema, "expectation_schema")
        now_ms = self._clock.now_ms()
        audit = audit_entry(
            actor, "dataset.create", draft.name, at_ms=now_ms, experiment_id=found.experiment_id,
            details={"name": draft.name},
        )  # fmt: skip
        draft = replace(draft, experiment_id=found.experiment_id, created_by=actor.author)
        return self._stores.datasets.create(draft, now_ms=now_ms, audit=audit)

    def get(self, actor: Actor, dataset_id: DatasetId, action: ExperimentAction = "dataset.read") -> Dataset:
        """Return a dataset in which the actor may do `action`; NotFound when unknown or out of reach.

        It is read from every experiment that it is linked to, and changed only from its own. Links to experiments
        out of the actor's reach are left out.
        """
        return _seen(actor, self._found(actor, dataset_id, action))

    def _found(self, actor: Actor, dataset_id: DatasetId, action: ExperimentAction) -> Dataset:
        reach = permit_reach(actor, action)
        found = self._stores.datasets.get(dataset_id)
        links = found.linked_experiment_ids if action == "dataset.read" else ()
        if not reach.narrowed((found.experiment_id, *links)):
            permit(actor, action, found.experiment_id, missing=NotFound.of("dataset", dataset_id))
        return found

    def find(self, actor: Actor, experiment: str, name: str) -> Dataset:
        """Return the active dataset of this name in an experiment or linked to it; NotFound when there is none."""
        home = self._scope.one(actor, "dataset.read", experiment)
        found = self._stores.datasets.find(home.experiment_id, name)
        if found is None:
            raise NotFound.of("dataset", name)
        return _seen(actor, found)

    def search(self, actor: Actor, query: ListQuery, *, lifecycle: Lifecycle | None = "ACTIVE") -> Page[Dataset]:
        """List datasets, newest created first; `lifecycle` None gives deleted ones too."""
        search = self._listing.search(actor, "dataset.read", query, "dataset")
        if lifecycle is not None:
            search = replace(search, node=And((search.node, Compare(field("dataset", "lifecycle"), "=", lifecycle))))
        page = self._stores.datasets.search(search)
        return replace(page, items=tuple(_seen(actor, item) for item in page.items))

    def update(self, actor: Actor, dataset_id: DatasetId, change: DatasetChange) -> Dataset:
        """Rename, describe, tag, set schemas, link to experiments in which the actor may write datasets, unlink.

        A schema is for what is written from now on; `RecordService.violations` tells of what is there.
        """
        found = self._found(actor, dataset_id, "dataset.write")
        if change.lifecycle is not None:
            raise Invalid("lifecycle: use delete and restore to change it.", details={"field": "lifecycle"})
        _check(change.name if change.name is not None else found.name, change.description or "")
        check_tags(change.set_tags)
        check_tags(dict.fromkeys(change.delete_tags, ""))
        check_schema(change.input_schema, "input_schema")
        check_schema(change.expectation_schema, "expectation_schema")
        for experiment_id in change.link:
            self._scope.one(actor, "dataset.write", experiment_id)
        if len({*found.linked_experiment_ids, *change.link}) > MAX_LINKS:
            raise TooLarge(f"link: a dataset is linked to at most {MAX_LINKS} experiments.")
        return self._apply(actor, found, change, "dataset.update")

    def delete(self, actor: Actor, dataset_id: DatasetId) -> Dataset:
        """Leave it out of lists and take no more writes; its name becomes free. Again is fine."""
        found = self.get(actor, dataset_id, "dataset.delete")
        if found.lifecycle == "DELETED":
            return found
        return self._apply(actor, found, DatasetChange(lifecycle="DELETED"), "dataset.delete")

    def restore(self, actor: Actor, dataset_id: DatasetId) -> Dataset:
        """Undo a delete; Conflict when its name was taken meanwhile. Again is fine."""
        found = self.get(actor, dataset_id, "dataset.delete")
        if found.lifecycle == "ACTIVE":
            return found
        return self._apply(actor, found, DatasetChange(lifecycle="ACTIVE"), "dataset.restore")

    def versions(self, actor: Actor, dataset_id: DatasetId, *, limit: int = 50, cursor: str | None = None
                 ) -> Page[DatasetVersion]:  # fmt: skip
        """List published versions, the latest first."""
        self.get(actor, dataset_id)
        return self._stores.datasets.versions(dataset_id, limit=check_limit(limit), cursor=cursor)

    def version(self, actor: Actor, dataset_id: DatasetId, ref: str) -> DatasetVersion:
        """Return the published version that `ref` names, as `domain.dataset.parse_version` reads it."""
        self.get(actor, dataset_id)
        return self._stores.datasets.version(dataset_id, parse_version(ref))

    def label(self, actor: Actor, dataset_id: DatasetId, ref: str, *, set_labels: Sequence[str] = (),
              delete_labels: Sequence[str] = ()) -> DatasetVersion:  # fmt: skip
        """Move labels to a version, then take others from it."""
        found = self.get(actor, dataset_id, "dataset.write")
        if len(set_labels) > MAX_LABELS or len(delete_labels) > MAX_LABELS:
            raise TooLarge(f"labels: at most {MAX_LABELS} are set or deleted in one call.")
        for label in (*set_labels, *delete_labels):
            check_label(label)
        version = self._stores.datasets.version(dataset_id, parse_version(ref))
        audit = audit_entry(
            actor, "dataset.label", dataset_id, at_ms=self._clock.now_ms(), experiment_id=found.experiment_id,
            details={"version": version.version, "set": ", ".join(set_labels) or None,
                     "deleted": ", ".join(delete_labels) or None},
        )  # fmt: skip
        return self._stores.datasets.label(
            dataset_id, version.version, set_labels=set_labels, delete_labels=delete_labels, audit=audit
        )

    def _apply(self, actor: Actor, found: Dataset, change: DatasetChange, action: str) -> Dataset:
        now_ms = self._clock.now_ms()
        audit = audit_entry(
            actor, action, found.dataset_id, at_ms=now_ms, experiment_id=found.experiment_id, details=_changed(change)
        )
        return _seen(actor, self._stores.datasets.update(found.dataset_id, change, now_ms=now_ms, audit=audit))


def _seen(actor: Actor, dataset: Dataset) -> Dataset:
    """Return a dataset without the links to experiments of which the actor may not know."""
    links = reach_of(actor, "dataset.read").narrowed(dataset.linked_experiment_ids)
    return replace(dataset, linked_experiment_ids=links)


def _check(name: str, description: str) -> None:
    check_name(name, noun="dataset name", most=MAX_NAME)
    if len(description) > MAX_DESCRIPTION:
        raise TooLarge(f"description: {len(description)} characters are over the limit of {MAX_DESCRIPTION}.")


def _changed(change: DatasetChange) -> dict[str, object]:
    names = ("description", "input_schema", "expectation_schema")
    parts = [name for name in names if getattr(change, name) is not None]
    parts += [f"tags.{key}" for key in (*change.set_tags, *change.delete_tags)]
    return {
        "name": change.name,
        "changed": ", ".join(parts) or None,
        "linked": ", ".join(change.link) or None,
        "unlinked": ", ".join(change.unlink) or None,
    }
