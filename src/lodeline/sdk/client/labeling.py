"""Labeling sessions, for those who run them: the sessions, and their items."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from lodeline.domain.labeling import (
    ItemDraft,
    ItemsReport,
    ItemState,
    LabelingDraft,
    LabelingItem,
    LabelingProgress,
    LabelingSession,
    LabelingState,
    ReviewForm,
    ReviewPolicy,
)
from lodeline.domain.labeling_sources import ItemRule, ReviewLink, SyncReport
from lodeline.sdk.client.call import LONG_S, Call, Listing, ModeT, Noun, call, given, listing, names, one, path_of
from lodeline.sdk.client.reviews import form_body
from lodeline.sdk.client.runs import run_body


class Labeling(Noun[ModeT]):
    """Calls about labeling sessions. As runs they are listed, tagged and deleted by `runs`."""

    @call
    def create(
        self, draft: LabelingDraft, schemas: str | Sequence[str], *, experiment: str = "0"
    ) -> Call[LabelingSession]:
        """Create a session of an experiment (id or name) that asks with label schemas (names or ids), in the versions
        that they have now; they take the place of the draft's."""
        body = given(
            **run_body(draft.run, experiment, draft.run.name),
            schemas=list(names(schemas) or ()),
            instructions=draft.instructions,
            reviewers=list(draft.reviewers),
            policy=_policy(draft.policy),
            dataset_id=draft.dataset_id,
            state=draft.state,
        )
        return Call("POST", path_of("labeling"), one(LabelingSession), body=body)

    @listing
    def list(
        self,
        *,
        experiment: str | Sequence[str] | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Listing[LabelingSession]:
        """List sessions of experiments (ids or names; all in reach without), newest first."""
        params = {"experiment": names(experiment)}
        return Listing(path_of("labeling"), LabelingSession, params, limit, cursor)

    @call
    def get(self, run_id: str) -> Call[LabelingSession]:
        """Return one session; NotFound for a run of another kind."""
        return Call("GET", path_of("labeling", run_id), one(LabelingSession))

    @call
    def update(
        self,
        run_id: str,
        *,
        state: LabelingState | None = None,
        name: str | None = None,
        instructions: str | None = None,
        schemas: Sequence[str] | None = None,
        reviewers: Sequence[str] | None = None,
        policy: ReviewPolicy | None = None,
        dataset_id: str | None = None,
        extend_completed: bool = False,
    ) -> Call[LabelingSession]:
        """Change a session; what is None stays. `state` opens, pauses, closes or archives it."""
        body = given(
            state=state,
            name=name,
            instructions=instructions,
            schemas=None if schemas is None else list(schemas),
            reviewers=None if reviewers is None else list(reviewers),
            policy=None if policy is None else _policy(policy),
            dataset_id=dataset_id,
            extend_completed=extend_completed,
        )
        path = path_of("labeling", run_id)
        return Call("PATCH", path, one(LabelingSession), body=body, repeat="always", timeout_s=LONG_S)

    @call
    def progress(self, run_id: str) -> Call[LabelingProgress]:
        """Return how far a session is, by item and by reviewer."""
        return Call("GET", path_of("labeling", run_id, "progress"), one(LabelingProgress))

    @call
    def link(self, run_id: str, *, reviewer: str | None = None) -> Call[ReviewLink]:
        """Return the address, from the server's root, to send to a reviewer."""
        params = {"reviewer": reviewer}
        return Call("GET", path_of("labeling", run_id, "link"), one(ReviewLink), params=params)

    @call
    def add_items(self, run_id: str, items: Sequence[ItemDraft]) -> Call[ItemsReport]:
        """Add up to 1,000 items; those that are there stay as they are. Snapshots are the server's to make."""
        body = {"items": [_item(item) for item in items]}
        path = path_of("labeling", run_id, "items")
        return Call("POST", path, one(ItemsReport), body=body, repeat="always", timeout_s=LONG_S)

    @call
    def add_traces(
        self, run_id: str, *, filter: str = "", order: str = "", limit: int = 100, priority: int = 0
    ) -> Call[ItemsReport]:
        """Add the traces of the session's experiment that a filter finds, newest first, at most `limit` (1,000)."""
        body = {"filter": filter, "order": order, "limit": limit, "priority": priority}
        path = path_of("labeling", run_id, "items", "search")
        return Call("POST", path, one(ItemsReport), body=body, repeat="always", timeout_s=LONG_S)

    @call
    def add_records(
        self, run_id: str, dataset_id: str, *, version: str | int = "latest", filter: str = "", limit: int = 1_000
    ) -> Call[ItemsReport]:
        """Add records of a dataset as a version has them, at most `limit` (1,000)."""
        body = {"dataset_id": dataset_id, "version": str(version), "filter": filter, "limit": limit}
        path = path_of("labeling", run_id, "items", "records")
        return Call("POST", path, one(ItemsReport), body=body, repeat="always", timeout_s=LONG_S)

    @call
    def apply_rule(self, run_id: str, rule: ItemRule) -> Call[ItemsReport]:
        """Add the traces that a rule chooses; those that a person removed stay removed."""
        path = path_of("labeling", run_id, "items", "rule")
        body = given(**asdict(rule))
        return Call("POST", path, one(ItemsReport), body=body, repeat="always", timeout_s=LONG_S)

    @listing
    def items(
        self,
        run_id: str,
        *,
        state: ItemState | Sequence[ItemState] | None = None,
        trace: str | None = None,
        removed: bool = False,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Listing[LabelingItem]:
        """List items in the order in which they were added, with all of their reviews."""
        states = [state] if isinstance(state, str) else state
        params = {"state": states, "trace": trace, "removed": removed}
        return Listing(path_of("labeling", run_id, "items"), LabelingItem, params, limit, cursor)

    @call
    def item(self, item_id: str) -> Call[LabelingItem]:
        """Return one item with all of its reviews."""
        return Call("GET", path_of("labeling", "items", item_id), one(LabelingItem))

    @call
    def remove_item(self, item_id: str) -> Call[LabelingItem]:
        """Take an item out of its session; its reviews stay."""
        return Call("DELETE", path_of("labeling", "items", item_id), one(LabelingItem), repeat="always")

    @call
    def reopen(self, item_id: str) -> Call[LabelingItem]:
        """Begin another round of reviews of an item that is done."""
        return Call("POST", path_of("labeling", "items", item_id, "reopen"), one(LabelingItem))

    @call
    def adjudicate(self, item_id: str, form: ReviewForm, *, reviewer: str | None = None) -> Call[LabelingItem]:
        """Decide a dispute; `reviewer` says by whom where nobody is signed in."""
        body = given(**form_body(form), reviewer=reviewer)
        path = path_of("labeling", "items", item_id, "adjudicate")
        return Call("POST", path, one(LabelingItem), body=body, repeat="always")

    @call
    def sync(self, run_id: str, dataset_id: str | None = None) -> Call[SyncReport]:
        """Carry what people expect into a dataset, the session's own without one, as a new version of it."""
        path = path_of("labeling", run_id, "sync")
        body = given(dataset_id=dataset_id)
        return Call("POST", path, one(SyncReport), body=body, repeat="always", timeout_s=LONG_S)


def _policy(policy: ReviewPolicy) -> Mapping[str, object]:
    return {**asdict(policy), "fields": list(policy.fields)}


def _item(item: ItemDraft) -> Mapping[str, object]:
    return given(
        target=given(**asdict(item.target)),
        priority=item.priority,
        gold=dict(item.gold),
        reviews_required=item.reviews_required,
    )
