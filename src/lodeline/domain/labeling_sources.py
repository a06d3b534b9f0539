"""Where items and reviews of a labeling session come from, beside from people who review here one item after the
other; and what its sync gives."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from lodeline.domain.errors import Invalid, TooLarge
from lodeline.domain.experiment import check_name
from lodeline.domain.labeling import ItemId, LabelingSession, ReviewForm
from lodeline.domain.labeling_checks import MAX_ADDED, MAX_KEY, MAX_REVIEWER_NAME, checked_form

LOGGED = "logged"
"""The key of reviews that were made elsewhere and have no key of their own: one a reviewer and item."""


@dataclass(frozen=True, slots=True)
class PastReview:
    """A review that was made elsewhere, in a spreadsheet or another tool, by somebody who is named and not verified.

    `made_ms` is when, in epoch milliseconds (None: now); `key` is that of the review where it was made.
    """

    item_id: ItemId
    reviewer: str
    form: ReviewForm
    made_ms: int | None = None
    key: str = LOGGED


@dataclass(frozen=True, slots=True)
class PastReviewsReport:
    """What became of past reviews: how many were logged, and how many had been before."""

    logged: int
    known: int


def checked_reviews(reviews: Sequence[PastReview], session: LabelingSession, *, now_ms: int) -> list[PastReview]:
    """Return past reviews with their answers in canonical form; Invalid, naming the item, or TooLarge for what can be
    none in a session."""
    if len(reviews) > MAX_ADDED:
        raise TooLarge(f"reviews: {len(reviews)} are over the limit of {MAX_ADDED} in one call.")
    checked: list[PastReview] = []
    for number, review in enumerate(reviews):
        check_name(review.reviewer, noun=f"reviews[{number}].reviewer", most=MAX_REVIEWER_NAME)
        check_name(review.key, noun=f"reviews[{number}].key", most=MAX_KEY)
        if review.made_ms is not None and not 0 <= review.made_ms <= now_ms:
            raise Invalid.value(f"reviews[{number}].made_ms", review.made_ms, "epoch milliseconds that are past")
        try:
            form = checked_form(review.form, session.schemas, whole=session.policy.require_all_answers)
        except Invalid as error:
            raise Invalid(f"reviews[{number}] of item {review.item_id!r}: {error.message}") from error
        checked.append(replace(review, form=form))
    return checked


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a sync wrote: how many items had expectations, those left out because they are disputed or about something
    that makes no record, and what became of the records. `version` is the dataset's latest then."""

    dataset_id: str
    version: int
    items: int
    skipped: int
    inserted: int
    updated: int
    unchanged: int
    rejected: int


@dataclass(frozen=True, slots=True)
class ReviewLink:
    """What is sent to a reviewer: the address on this server, and whether they must sign in (else the link carries
    their name, which anybody could change)."""

    path: str
    reviewer: str | None
    signs_in: bool
