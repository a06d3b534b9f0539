"""Reviews: what a reviewer does in a labeling session.

`reviewer` says who reviews where nobody is signed in; with an account or its key it is left out.
"""

from lodeline.domain.labeling import ReviewForm
from lodeline.domain.review_view import NextReview, ReviewSession, ReviewView
from lodeline.sdk.client.call import Call, Listing, ModeT, Noun, call, given, listing, one, path_of


class Reviews(Noun[ModeT]):
    """Calls of reviewers."""

    @listing
    def sessions(
        self, *, reviewer: str | None = None, limit: int | None = None, cursor: str | None = None
    ) -> Listing[ReviewSession]:
        """List the labeling sessions that name a reviewer, newest first."""
        return Listing(path_of("reviews", "sessions"), ReviewSession, {"reviewer": reviewer}, limit, cursor)

    @call
    def session(self, run_id: str, *, reviewer: str | None = None) -> Call[ReviewSession]:
        """Return a session as its reviewer sees it, with their own progress."""
        params = {"reviewer": reviewer}
        return Call("GET", path_of("reviews", "sessions", run_id), one(ReviewSession), params=params)

    @call
    def next(self, run_id: str, *, reviewer: str | None = None) -> Call[NextReview]:
        """Claim the next item in the reviewer's order, or return the one that they hold."""
        path = path_of("reviews", "sessions", run_id, "next")
        return Call("POST", path, one(NextReview), body=given(reviewer=reviewer), repeat="always")

    @listing
    def held(
        self, run_id: str, *, reviewer: str | None = None, limit: int | None = None, cursor: str | None = None
    ) -> Listing[ReviewView]:
        """List the items that a reviewer has claimed, submitted or declined."""
        path = path_of("reviews", "sessions", run_id, "items")
        return Listing(path, ReviewView, {"reviewer": reviewer}, limit, cursor)

    @call
    def get(self, item_id: str, *, reviewer: str | None = None) -> Call[ReviewView]:
        """Return an item as its reviewer sees it."""
        params = {"reviewer": reviewer}
        return Call("GET", path_of("reviews", "items", item_id), one(ReviewView), params=params)

    @call
    def claim(self, item_id: str, *, reviewer: str | None = None) -> Call[ReviewView]:
        """Claim an item, or renew the lease of one's claim."""
        path = path_of("reviews", "items", item_id, "claim")
        return Call("POST", path, one(ReviewView), body=given(reviewer=reviewer), repeat="always")

    @call
    def save(self, item_id: str, token: str, form: ReviewForm, *, reviewer: str | None = None) -> Call[ReviewView]:
        """Keep a draft under a claim, and renew its lease."""
        body = given(**form_body(form), token=token, reviewer=reviewer)
        return Call("PUT", path_of("reviews", "items", item_id, "draft"), one(ReviewView), body=body)

    @call
    def submit(
        self,
        item_id: str,
        form: ReviewForm,
        *,
        token: str | None = None,
        key: str | None = None,
        reviewer: str | None = None,
    ) -> Call[ReviewView]:
        """Hand a review in: under a claim, or without `token` at once. With a token or a key it may be sent again."""
        body = given(**form_body(form), token=token, key=key, reviewer=reviewer)
        path = path_of("reviews", "items", item_id, "submit")
        again = "refused" if token is None and key is None else "always"
        return Call("POST", path, one(ReviewView), body=body, repeat=again)

    @call
    def release(
        self, item_id: str, token: str, *, requeue: bool = False, reviewer: str | None = None
    ) -> Call[ReviewView]:
        """Give a claim up; with `requeue` the item comes last in the reviewer's own order."""
        body = given(token=token, requeue=requeue, reviewer=reviewer)
        path = path_of("reviews", "items", item_id, "release")
        return Call("POST", path, one(ReviewView), body=body, repeat="always")

    @call
    def decline(self, item_id: str, reason: str, *, reviewer: str | None = None) -> Call[ReviewView]:
        """Refuse to review an item."""
        body = given(reason=reason, reviewer=reviewer)
        path = path_of("reviews", "items", item_id, "decline")
        return Call("POST", path, one(ReviewView), body=body, repeat="always")

    @call
    def undo(self, item_id: str, *, reviewer: str | None = None) -> Call[ReviewView]:
        """Take one's own submission back; it is a draft again."""
        path = path_of("reviews", "items", item_id, "undo")
        return Call("POST", path, one(ReviewView), body=given(reviewer=reviewer))


def form_body(form: ReviewForm) -> dict[str, object]:
    """Return a form as a request's body holds it."""
    return given(
        answers=dict(form.answers),
        comments=dict(form.comments),
        comment=form.comment,
        flags=list(form.flags),
        assertions=dict(form.assertions),
        duration_ms=form.duration_ms,
    )
