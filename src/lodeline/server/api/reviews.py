"""Native routes of reviewers: the sessions that name them, one item after the other, and what they say of it."""

from typing import Annotated

from fastapi import Query
from pydantic import Field

from lodeline.domain.ids import RunId
from lodeline.domain.labeling import ItemId
from lodeline.domain.labeling_checks import MAX_KEY, MAX_REASON, MAX_REVIEWER_NAME
from lodeline.domain.page import Page
from lodeline.domain.review_view import NextReview, ReviewSession, ReviewView
from lodeline.server.access import ActorDep
from lodeline.server.answers import Json, ServicesDep, answer
from lodeline.server.api.bodies import Body
from lodeline.server.api.entry import native_router
from lodeline.server.api.labeling_items import FormBody, ItemPath, Reviewer
from lodeline.server.api.listing import CursorParam, LimitParam
from lodeline.server.api.runs import RunPath

router = native_router("/reviews", "reviews")

ReviewerParam = Annotated[
    str | None,
    Query(min_length=1, max_length=MAX_REVIEWER_NAME, description="Who reviews, where nobody is signed in."),
]
_Token = Annotated[str, Field(min_length=1, max_length=100, description="The claim's, from `mine.token`.")]


class ReviewerBody(Body):
    """Who reviews, where nobody is signed in."""

    reviewer: Reviewer | None = None


class DraftBody(FormBody):
    """A draft under a claim."""

    token: _Token
    reviewer: Reviewer | None = None


class SubmitBody(FormBody):
    """A review: under a claim, or without `token` at once. `key` makes it safe to send again."""

    token: _Token | None = None
    key: Annotated[str | None, Field(min_length=1, max_length=MAX_KEY)] = None
    reviewer: Reviewer | None = None


class ReleaseBody(Body):
    """A claim to be given up; with `requeue` the item comes last in the reviewer's own order."""

    token: _Token
    requeue: bool = False
    reviewer: Reviewer | None = None


class DeclineBody(Body):
    """Why a reviewer does not review an item."""

    reason: Annotated[str, Field(min_length=1, max_length=MAX_REASON)]
    reviewer: Reviewer | None = None


@router.get("/sessions", **answer(Page[ReviewSession]))
def list_review_sessions(
    actor: ActorDep,
    services: ServicesDep,
    *,
    reviewer: ReviewerParam = None,
    limit: LimitParam = 50,
    cursor: CursorParam = None,
) -> Json:
    """List the labeling sessions that name a reviewer, newest first."""
    return Json(services.reviews.sessions(actor, reviewer=reviewer, limit=limit, cursor=cursor))


@router.get("/sessions/{run_id}", **answer(ReviewSession, 404))
def get_review_session(
    actor: ActorDep, services: ServicesDep, run_id: RunPath, reviewer: ReviewerParam = None
) -> Json:
    """Return a session as its reviewer sees it, with their own progress."""
    return Json(services.reviews.session(actor, RunId(run_id), reviewer=reviewer))


@router.post("/sessions/{run_id}/next", **answer(NextReview, 404, 409))
def claim_next_review(actor: ActorDep, services: ServicesDep, run_id: RunPath, body: ReviewerBody) -> Json:
    """Claim the next item in the reviewer's order, or return the one that they hold."""
    return Json(services.reviews.next(actor, RunId(run_id), reviewer=body.reviewer))


@router.get("/sessions/{run_id}/items", **answer(Page[ReviewView], 404))
def list_reviews(
    actor: ActorDep,
    services: ServicesDep,
    run_id: RunPath,
    *,
    reviewer: ReviewerParam = None,
    limit: LimitParam = 50,
    cursor: CursorParam = None,
) -> Json:
    """List the items that a reviewer has claimed, submitted or declined."""
    return Json(services.reviews.held(actor, RunId(run_id), reviewer=reviewer, limit=limit, cursor=cursor))


@router.get("/items/{item_id}", **answer(ReviewView, 404, 409))
def get_review(actor: ActorDep, services: ServicesDep, item_id: ItemPath, reviewer: ReviewerParam = None) -> Json:
    """Return an item as its reviewer sees it: what the session shows, and nothing that it hides."""
    return Json(services.reviews.view(actor, ItemId(item_id), reviewer=reviewer))


@router.post("/items/{item_id}/claim", **answer(ReviewView, 404, 409))
def claim_review(actor: ActorDep, services: ServicesDep, item_id: ItemPath, body: ReviewerBody) -> Json:
    """Claim an item, or renew the lease of one's claim."""
    return Json(services.reviews.claim(actor, ItemId(item_id), reviewer=body.reviewer))


@router.put("/items/{item_id}/draft", **answer(ReviewView, 404, 409, 413))
def save_review_draft(actor: ActorDep, services: ServicesDep, item_id: ItemPath, body: DraftBody) -> Json:
    """Keep a draft under a claim, and renew its lease."""
    found = services.reviews.save(actor, ItemId(item_id), body.token, body.to_form(), reviewer=body.reviewer)
    return Json(found)


@router.post("/items/{item_id}/submit", **answer(ReviewView, 404, 409, 413))
def submit_review(actor: ActorDep, services: ServicesDep, item_id: ItemPath, body: SubmitBody) -> Json:
    """Hand a review in; its answers become assessments. Sent again it changes nothing."""
    found = services.reviews.submit(
        actor, ItemId(item_id), body.to_form(), token=body.token, key=body.key, reviewer=body.reviewer
    )
    return Json(found)


@router.post("/items/{item_id}/release", **answer(ReviewView, 404, 409))
def release_review(actor: ActorDep, services: ServicesDep, item_id: ItemPath, body: ReleaseBody) -> Json:
    """Give a claim up."""
    found = services.reviews.release(actor, ItemId(item_id), body.token, requeue=body.requeue, reviewer=body.reviewer)
    return Json(found)


@router.post("/items/{item_id}/decline", **answer(ReviewView, 404, 409))
def decline_review(actor: ActorDep, services: ServicesDep, item_id: ItemPath, body: DeclineBody) -> Json:
    """Refuse to review an item; that counts for nobody else."""
    return Json(services.reviews.decline(actor, ItemId(item_id), body.reason, reviewer=body.reviewer))


@router.post("/items/{item_id}/undo", **answer(ReviewView, 404, 409))
def undo_review(actor: ActorDep, services: ServicesDep, item_id: ItemPath, body: ReviewerBody) -> Json:
    """Take one's own submission back; its judgments are withdrawn, and it is a draft again."""
    return Json(services.reviews.undo(actor, ItemId(item_id), reviewer=body.reviewer))
