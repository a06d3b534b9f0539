"""Labeling sessions, their items, and what reviewers do with them.

What an event does to an item is `domain.reviewing.applied`, which a backend calls within the transaction that reads
and writes the item: two callers never see the same open place.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from lodeline.domain.audit import AuditEntry
from lodeline.domain.ids import ExperimentId, RunId, TraceId
from lodeline.domain.label_schema import LabelSchema
from lodeline.domain.labeling import (
    ItemDraft,
    ItemFilter,
    ItemId,
    ItemsReport,
    LabelingChange,
    LabelingDraft,
    LabelingItem,
    LabelingProgress,
    LabelingSession,
    SessionDump,
)
from lodeline.domain.labeling_rules import RuleState
from lodeline.domain.page import Page
from lodeline.domain.review_events import Reviewer, ReviewEvent, Submit


class LabelingStore(Protocol):
    """The state of runs of kind LABELING."""

    def create(self, experiment_id: ExperimentId, draft: LabelingDraft, *, now_ms: int, audit: AuditEntry
               ) -> LabelingSession:  # fmt: skip
        """Make a run of kind LABELING; errors as in `RunStore.create`, and Conflict for a review queue whose name
        (`domain.review_queue.queue_key`) another one of the experiment has."""
        ...

    def get(self, run_id: RunId) -> LabelingSession:
        """Return one; NotFound when there is no such run or it is of another kind."""
        ...

    def list(self, experiment_ids: Sequence[ExperimentId], *, wanted: Sequence[ExperimentId] = (),
             reviewer: str | None = None, limit: int, cursor: str | None = None
             ) -> Page[LabelingSession]:  # fmt: skip
        """List sessions whose run is not deleted, newest first: all, or those that name the reviewer. Cursors belong
        to the experiments `wanted`, those that were asked for, and to the reviewer."""
        ...

    def change(self, run_id: RunId, change: LabelingChange, *, now_ms: int, audit: AuditEntry) -> LabelingSession:
        """Change a session, and bring its items in line (`domain.review_places.settled`), in one transaction.

        Conflict when its state may not be followed by the new one, or a review queue's new name is another one's;
        Deleted when the run is. A change that changes nothing records nothing.
        """
        ...

    def rules(self, run_id: RunId) -> Sequence[RuleState]:
        """Return how far the standing rules of a session are, in their order.

        A rule looks at what arrives from when it is given; one that is taken away and given again begins anew.
        """
        ...

    def with_rules(self) -> Sequence[RunId]:
        """Return the OPEN sessions that have standing rules, oldest first; those of deleted runs are left out."""
        ...

    def progress(self, run_id: RunId, *, now_ms: int) -> LabelingProgress:
        """Return how far a session is; removed items do not count."""
        ...


class ReviewStore(Protocol):
    """The items of labeling sessions with their assignments."""

    def add_items(self, run_id: RunId, drafts: Sequence[ItemDraft], *, by: str | None, now_ms: int, audit: AuditEntry
                  ) -> ItemsReport:  # fmt: skip
        """Add items, and link their traces to the run. A target that is an item already stays as it is; one that was
        removed is put back when the draft's source is "hand", and stays removed otherwise.

        NotFound when a trace is not one of the session's experiment, TooLarge when there would be too many items,
        Conflict once the session is CLOSED; then none is added.
        """
        ...

    def add_by_rule(self, run_id: RunId, drafts: Sequence[ItemDraft], state: RuleState, *, now_ms: int,
                    audit: AuditEntry) -> RuleState:  # fmt: skip
        """Add items that a standing rule chose, and keep how far it is, in one transaction; return that with the
        items that were new counted. Conflict when the session is not OPEN or has no such rule (any more); else errors
        are those of `add_items`. The audit entry is recorded when something was added.
        """
        ...

    def items(self, run_id: RunId, which: ItemFilter, *, limit: int, cursor: str | None = None) -> Page[LabelingItem]:
        """List items in the order in which they were added, or the other way round."""
        ...

    def get(self, item_id: ItemId) -> LabelingItem:
        """Return one; NotFound when unknown or hidden."""
        ...

    def every(self, run_id: RunId) -> Iterator[LabelingItem]:
        """Return all items of a session, removed ones too, in the order in which they were added."""
        ...

    def claim_next(self, run_id: RunId, reviewer: Reviewer, token: str, *, now_ms: int, audit: AuditEntry
                   ) -> LabelingItem | None:  # fmt: skip
        """Claim the next item in the reviewer's order; None when there is nothing for them to do now.

        A claim that they hold already is returned instead, its lease renewed. Leases that ran out are ended first.
        The audit entry is given the item as its target. Conflict unless the session is OPEN.
        """
        ...

    def act(self, item_id: ItemId, event: ReviewEvent, *, now_ms: int, audit: AuditEntry) -> LabelingItem:
        """Apply an event (`domain.reviewing.applied`, whose errors these are), and log or withdraw the assessments
        that follow from it, in one transaction. An event that changes nothing records nothing, and
        neither does a draft that is saved."""
        ...

    def log(self, run_id: RunId, reviews: Mapping[ItemId, Sequence[Submit]], *, by: str | None, now_ms: int,
            audit: AuditEntry) -> int:  # fmt: skip
        """Submit reviews that were made elsewhere, by item, all or none, in one transaction, and log the assessments
        that follow in the name of whoever made them, as told by account `by`. Return how many were new; with none,
        nothing is recorded.

        NotFound for an item that is none of the session; errors of `domain.reviewing.applied`.
        """
        ...

    def held(self, run_id: RunId, reviewer: str, *, limit: int, cursor: str | None = None) -> Page[LabelingItem]:
        """List the items that a reviewer has claimed, submitted or declined, in the order of the session."""
        ...

    def of_traces(self, trace_ids: Sequence[TraceId]) -> Mapping[TraceId, Sequence[LabelingItem]]:
        """Return the items about traces, of any session; those of deleted runs and removed ones are left out."""
        ...


class LabelingTransferStore(Protocol):
    """Label schemas and labeling sessions, put back as an export took them out."""

    def sessions(self, experiment_id: ExperimentId) -> Iterator[LabelingSession]:
        """Return every session of an experiment, those of deleted runs too, oldest first."""
        ...

    def restore_schema(self, experiment_id: ExperimentId, versions: Sequence[LabelSchema]) -> bool:
        """Add a schema with its versions, oldest first; False, and nothing is changed, when its id is known or
        another schema of the experiment has its name."""
        ...

    def restore_session(self, experiment_id: ExperimentId, run_id: RunId, dump: SessionDump) -> bool:
        """Give a run of kind LABELING its state; False when the experiment has no such run, or it has its state. One
        that has it learns of the versions of schemas that the dump asks and asked with, and stays as it is
        otherwise: items to be restored may have answers to them."""
        ...

    def restore_items(self, experiment_id: ExperimentId, items: Sequence[LabelingItem]) -> int:
        """Add items as they are to sessions of the experiment; those known, and those of other runs, are left out.
        Return how many were added."""
        ...
