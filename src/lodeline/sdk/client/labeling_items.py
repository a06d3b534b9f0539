"""The items of labeling sessions, for those who run them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from lodeline.domain.labeling import (
    ItemDraft,
    ItemsReport,
    ItemState,
    LabelingItem,
    ReviewForm,
)
from lodeline.domain.labeling_rules import ItemRule
from lodeline.domain.labeling_sources import PastReview, PastReviewsReport
from lodeline.sdk.client.call import LONG_S, Call, Listing, ModeT, Noun, call, given, listing, one, path_of
from lodeline.sdk.client.reviews import form_body


class LabelingItems(Noun[ModeT]):
    """Calls about what is reviewed in labeling sessions."""

    @call
    def add(self, run_id: str, items: Sequence[ItemDraft]) -> Call[ItemsReport]:
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

    @call
    def log_reviews(self, run_id: str, reviews: Sequence[PastReview]) -> Call[PastReviewsReport]:
        """Log up to 1,000 reviews that were made elsewhere, all or none; the same again changes nothing."""
        body = {
            "reviews": [
                given(
                    **form_body(review.form), item_id=review.item_id, reviewer=review.reviewer,
                    made_ms=review.made_ms, key=review.key,
                )
                for review in reviews
            ]
        }  # fmt: skip
        path = path_of("labeling", run_id, "reviews")
        return Call("POST", path, one(PastReviewsReport), body=body, repeat="always", timeout_s=LONG_S)

    @listing
    def list(
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
    def get(self, item_id: str) -> Call[LabelingItem]:
        """Return one item with all of its reviews."""
        return Call("GET", path_of("labeling", "items", item_id), one(LabelingItem))

    @call
    def remove(self, item_id: str) -> Call[LabelingItem]:
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


def _item(item: ItemDraft) -> Mapping[str, object]:
    return given(
        target=given(**asdict(item.target)),
        priority=item.priority,
        gold=dict(item.gold),
        reviews_required=item.reviews_required,
    )
