"""Reviews: what a reviewer does in a labeling session, one item after the other."""

from lodeline.auth.actor import Actor
from lodeline.auth.policy import may, permit, permit_reach
from lodeline.domain.audit import AuditEntry
from lodeline.domain.clock import Clock, system_clock
from lodeline.domain.errors import Forbidden, NotFound
from lodeline.domain.experiment import check_name
from lodeline.domain.ids import RunId, new_hex
from lodeline.domain.labeling import ItemId, LabelingItem, LabelingSession, ReviewerProgress, ReviewForm
from lodeline.domain.labeling_checks import MAX_KEY, check_draft_form, check_reason, checked_form
from lodeline.domain.page import DEFAULT_LIMIT, Page, check_limit
from lodeline.domain.review_checks import unavailable
from lodeline.domain.review_events import (
    Claim,
    Decline,
    Lose,
    Release,
    Reviewer,
    ReviewEvent,
    Save,
    Submit,
    Undo,
    reviewer_in,
)
from lodeline.domain.review_view import NextReview, ReviewSession, ReviewView
from lodeline.ingest.capture import Capture
from lodeline.services.audit import audit_entry
from lodeline.services.experiment_scope import ExperimentScope
from lodeline.services.masking import masked_form, masks_of
from lodeline.services.review_texts import ReviewTexts
from lodeline.services.review_views import view_of
from lodeline.services.reviewers import check_begun, check_sees, reviewer_of
from lodeline.storage.base import Stores

_OPEN = ("PENDING", "IN_REVIEW")


class ReviewService:
    """Use cases of reviewers. `reviewer` is the name of somebody who is not signed in; others leave it out.

    A reviewer sees the sessions that name them, and of an item what the session shows; of a session that is deleted,
    still a draft or archived nothing. Errors of what they do are those of `domain.reviewing.applied`. Drafts of
    reviews are not audited: they are no change of anything that counts.
    """

    def __init__(self, stores: Stores, scope: ExperimentScope, clock: Clock = system_clock) -> None:
        self._stores = stores
        self._scope = scope
        self._clock = clock

    def sessions(
        self, actor: Actor, *, reviewer: str | None = None, limit: int = DEFAULT_LIMIT, cursor: str | None = None
    ) -> Page[ReviewSession]:
        """List the sessions that name a reviewer, newest first, drafts and archived ones left out."""
        ids = self._scope.ids(actor, "labeling.review")
        who = reviewer_of(actor, reviewer)
        page = self._stores.labeling.list(ids, reviewer=who.name, limit=check_limit(limit), cursor=cursor or None)
        shown = tuple(s for s in page.items if s.state not in {"DRAFT", "ARCHIVED"})
        return Page(tuple(self._shown(session, who) for session in shown), page.cursor)

    def session(self, actor: Actor, run_id: RunId, *, reviewer: str | None = None) -> ReviewSession:
        """Return a session as its reviewer sees it; NotFound when it is unknown or out of reach."""
        session, who = self._seen(actor, run_id, reviewer)
        return self._shown(session, who)

    def next(self, actor: Actor, run_id: RunId, *, reviewer: str | None = None) -> NextReview:
        """Claim the next item in the reviewer's order and return it; the one they hold already, if there is one;
        nothing when nothing is left for them now."""
        session, who = self._seen(actor, run_id, reviewer)
        while True:
            now_ms = self._clock.now_ms()
            audit = _audit(actor, "review.claim", "", session=session, who=who, now_ms=now_ms)
            item = self._stores.reviews.claim_next(run_id, who, new_hex(), now_ms=now_ms, audit=audit)
            if item is None:
                return NextReview()
            view = self._view(session, item, who)
            if view is not None:
                return NextReview(view)
            self._lose(actor, session, item.item_id, who)

    def claim(self, actor: Actor, item_id: ItemId, *, reviewer: str | None = None) -> ReviewView:
        """Claim one item, or renew the claim that the reviewer has."""
        session, _, who = self._item(actor, item_id, reviewer)
        return self._act(actor, session, item_id, Claim(who, new_hex()), "review.claim")

    def view(self, actor: Actor, item_id: ItemId, *, reviewer: str | None = None) -> ReviewView:
        """Return an item as its reviewer sees it; NotFound when it is unknown, removed or out of reach.

        Whoever is signed in and may change the session sees this too, without being a reviewer of it: they decide
        disputes about what is shown.
        """
        session, item, who = self._item(actor, item_id, reviewer, reads=True)
        return self._required_view(actor, session, item, who)

    def held(
        self, actor: Actor, run_id: RunId, *, reviewer: str | None = None, limit: int = DEFAULT_LIMIT,
        cursor: str | None = None,
    ) -> Page[ReviewView]:  # fmt: skip
        """List the items that a reviewer has claimed, submitted or declined; those whose target is gone are left
        out."""
        session, who = self._seen(actor, run_id, reviewer)
        page = self._stores.reviews.held(run_id, who.name, limit=check_limit(limit), cursor=cursor or None)
        views = (self._view(session, item, who) for item in page.items)
        return Page(tuple(view for view in views if view is not None), page.cursor)

    def save(self, actor: Actor, item_id: ItemId, token: str, form: ReviewForm, *, reviewer: str | None = None
             ) -> ReviewView:  # fmt: skip
        """Keep a draft under a claim, and renew its lease; answers are not checked against their schemas yet."""
        check_draft_form(form)
        session, _, who = self._item(actor, item_id, reviewer)
        form = masked_form(self._masks(session), form)
        return self._act(actor, session, item_id, Save(who, token, form), "review.save")

    def submit(
        self, actor: Actor, item_id: ItemId, form: ReviewForm, *, token: str | None = None, key: str | None = None,
        reviewer: str | None = None,
    ) -> ReviewView:  # fmt: skip
        """Hand a review in under a claim, or (without `token`) claim the item for it. Its answers become assessments
        in the same transaction. Sent again with its `key`, or as it was under its claim, it changes nothing.

        Invalid names an answer that its schema does not let in, or that is missing; TooLarge is for spans of more
        words than a form holds.
        """
        session, _, who = self._item(actor, item_id, reviewer)
        if key is not None:
            check_name(key, noun="key", most=MAX_KEY)
        form = masked_form(self._masks(session), form)
        checked = checked_form(form, session.schemas, whole=session.policy.require_all_answers)
        event = Submit(who, checked, new_hex(), token, key)
        event = ReviewTexts(self._stores, session).submitted(item_id, event)
        return self._act(actor, session, item_id, event, "review.submit", duration_ms=form.duration_ms)

    def _masks(self, session: LabelingSession) -> Capture:
        return masks_of(self._stores.experiments.get(session.run.experiment_id))

    def release(
        self, actor: Actor, item_id: ItemId, token: str, *, requeue: bool = False, reviewer: str | None = None
    ) -> ReviewView:
        """Give a claim up; with `requeue` the item comes last in the reviewer's own order, and in nobody else's."""
        session, _, who = self._item(actor, item_id, reviewer)
        return self._act(actor, session, item_id, Release(who, token, requeue), "review.release")

    def decline(self, actor: Actor, item_id: ItemId, reason: str, *, reviewer: str | None = None) -> ReviewView:
        """Refuse to review an item, saying why; that counts for nobody else."""
        check_reason(reason)
        session, _, who = self._item(actor, item_id, reviewer)
        return self._act(actor, session, item_id, Decline(who, reason), "review.decline")

    def undo(self, actor: Actor, item_id: ItemId, *, reviewer: str | None = None) -> ReviewView:
        """Take one's own submission back: its judgments are withdrawn (their history stays), and it is a draft of a
        claim again."""
        session, _, who = self._item(actor, item_id, reviewer)
        return self._act(actor, session, item_id, Undo(who, new_hex()), "review.undo")

    def _seen(self, actor: Actor, run_id: RunId, reviewer: str | None) -> tuple[LabelingSession, Reviewer]:
        permit_reach(actor, "labeling.review")
        missing = NotFound.of("labeling session", run_id)
        session = self._stores.labeling.get(run_id)
        permit(actor, "labeling.review", session.run.experiment_id, missing=missing)
        self._scope.holder(session.run.experiment_id)
        who = reviewer_of(actor, reviewer)
        check_sees(actor, session)
        check_begun(session)
        return session, who

    def _item(self, actor: Actor, item_id: ItemId, reviewer: str | None, *, reads: bool = False
              ) -> tuple[LabelingSession, LabelingItem, Reviewer]:  # fmt: skip
        permit_reach(actor, "labeling.review")
        item = self._stores.reviews.get(item_id)
        try:
            session, who = self._seen(actor, item.run_id, reviewer)
        except NotFound as error:
            raise NotFound.of("item", item_id) from error
        decides = reads and who.verified and may(actor, "labeling.write", session.run.experiment_id)
        if session.reviewers and who.name not in session.reviewers and not decides:
            raise Forbidden(
                f"{who.name!r} is no reviewer of labeling session {session.run.run_id!r}; have the name added.",
                code="not_a_reviewer",
            )
        if item.removed_ms is not None:
            raise NotFound.of("item", item_id)
        return session, item, who

    def _act(
        self, actor: Actor, session: LabelingSession, item_id: ItemId, event: ReviewEvent, action: str, *,
        duration_ms: int | None = None,
    ) -> ReviewView:  # fmt: skip
        now_ms = self._clock.now_ms()
        who = reviewer_in(event)
        audit = _audit(actor, action, item_id, session=session, who=who, now_ms=now_ms, duration_ms=duration_ms)
        item = self._stores.reviews.act(item_id, event, now_ms=now_ms, audit=audit)
        return self._required_view(actor, session, item, who)

    def _required_view(self, actor: Actor, session: LabelingSession, item: LabelingItem, who: Reviewer) -> ReviewView:
        view = self._view(session, item, who)
        if view is None:
            self._lose(actor, session, item.item_id, who)
            raise unavailable(item)
        return view

    def _view(self, session: LabelingSession, item: LabelingItem, who: Reviewer) -> ReviewView | None:
        try:
            return view_of(self._stores, session, item, who.name)
        except NotFound:
            return None

    def _lose(self, actor: Actor, session: LabelingSession, item_id: ItemId, who: Reviewer) -> None:
        now_ms = self._clock.now_ms()
        audit = _audit(actor, "review.unavailable", item_id, session=session, who=who, now_ms=now_ms)
        self._stores.reviews.act(item_id, Lose(), now_ms=now_ms, audit=audit)

    def _shown(self, session: LabelingSession, who: Reviewer) -> ReviewSession:
        progress = self._stores.labeling.progress(session.run.run_id, now_ms=self._clock.now_ms())
        mine = next((each for each in progress.reviewers if each.reviewer == who.name), None)
        policy = session.policy
        return ReviewSession(
            run_id=session.run.run_id,
            experiment_id=session.run.experiment_id,
            name=session.run.name,
            state=session.state,
            instructions=session.instructions,
            schemas=session.schemas,
            reviewer=who.name,
            verified=who.verified,
            lease_minutes=policy.lease_minutes,
            allow_decline=policy.allow_decline,
            require_all_answers=policy.require_all_answers,
            fields=policy.fields,
            items_total=sum(session.counts.values()),
            items_open=sum(session.counts.get(state, 0) for state in _OPEN),
            mine=mine or ReviewerProgress(who.name, who.verified),
        )


def _audit(
    actor: Actor, action: str, item_id: str, *, session: LabelingSession, who: Reviewer, now_ms: int,
    duration_ms: int | None = None,
) -> AuditEntry:  # fmt: skip
    return audit_entry(
        actor, action, item_id, at_ms=now_ms, experiment_id=session.run.experiment_id,
        details={"session": session.run.run_id, "reviewer": who.name, "duration_ms": duration_ms},
    )  # fmt: skip
