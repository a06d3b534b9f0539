"""Experiments."""

from collections.abc import Callable, Sequence
from typing import Protocol

from lodeline.domain.audit import AuditEntry
from lodeline.domain.experiment import Experiment, ExperimentChange, ExperimentDraft, PurgeReceipt
from lodeline.domain.ids import ExperimentId
from lodeline.domain.page import Page
from lodeline.query.ast import Search


class ExperimentStore(Protocol):
    """Experiments. Names are unique and reserved until purge. Experiment "0", "Default", always exists.

    No name is the id of another experiment, deleted ones too: then "id or name" never changes what it means. Stores
    of before that was a rule may have such names; the id goes first there.
    """

    def create(self, draft: ExperimentDraft, *, now_ms: int, audit: AuditEntry) -> Experiment:
        """Make an experiment with the next free id (never reused), or with the draft's id if that is free.

        Conflict when the name (also of a deleted experiment) or the given id is taken, the name is another's id (code
        "experiment_name_is_id") or the given id another's name; details name the holder's id and lifecycle. A draft
        whose `client_key` was used before returns that experiment unchanged. The audit entry is given the id.
        """
        ...

    def get(self, experiment_id: ExperimentId) -> Experiment:
        """Return it, deleted or not; NotFound when unknown or purged."""
        ...

    def find(self, name: str) -> Experiment | None:
        """Return the experiment of exactly this name, deleted or not; None when there is none."""
        ...

    def home_of(self, noun: str, ident: str) -> ExperimentId | None:
        """Return the experiment, deleted or not, that has what errors call by this noun and id ("trace", "run", ...);
        None when there is no such thing, and for other nouns."""
        ...

    def search(self, search: Search) -> Page[Experiment]:
        """List experiments; default order is newest created first. `search.experiment_ids` is ignored when empty."""
        ...

    def update(self, experiment_id: ExperimentId, change: ExperimentChange, *, now_ms: int, audit: AuditEntry
               ) -> Experiment:  # fmt: skip
        """Apply the change. Conflict when the new name is taken, or the id of another; Deleted when it is deleted and
        the change does not restore it (lifecycle "ACTIVE"). Deleting hides everything below at once and removes
        nothing."""
        ...

    def purge(self, experiment_id: ExperimentId, *, audit: AuditEntry, stopping: Callable[[], bool] | None = None
              ) -> PurgeReceipt:  # fmt: skip
        """Remove a deleted experiment and everything in it, blobs too (`domain.blob.experiment_folder`), in bounded
        steps; safe to repeat after a crash. When `stopping` says so between steps, return unfinished.

        Conflict when it is not deleted or is the default one. The audit entry is given the receipt's counts.
        """
        ...

    def purged(self, experiment_id: ExperimentId) -> PurgeReceipt:
        """Return what a purge has removed by now, of one that goes on or broke off too; NotFound when none began."""
        ...

    def purging(self) -> Sequence[PurgeReceipt]:
        """Return the receipts of purges that began and are not finished."""
        ...
