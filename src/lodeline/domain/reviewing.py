"""What reviewers do with the items of a labeling session: pure rules, shared by every backend.

`applied` takes an item as it is and an event, and returns the item as it is then, with the judgments that are to be
logged or withdrawn. `settled` brings an item in line with its session: it ends leases that have run out, opens and
takes away places, and says what state the item is in. A backend does both within one transaction, so the number of
reviews that an item gets is exact.

    assignment: OPEN → CLAIMED → SUBMITTED | RELEASED | EXPIRED | DECLINED (an undone submission is CLAIMED again)
    item:       PENDING → IN_REVIEW → COMPLETE | DISPUTED → ADJUDICATED | DECLINED | UNAVAILABLE

A place that ended without a submission is history; another one, in the next slot, is opened where one is needed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from lodeline.domain.assessment import AssessmentDraft
from lodeline.domain.errors import Conflict, Forbidden, Invalid
from lodeline.domain.ids import AssessmentId
from lodeline.domain.labeling import (
    Adjudication,
    Assignment,
    AssignmentState,
    LabelingItem,
    LabelingSession,
    LabelingState,
    ReviewForm,
    Submission,
)
from lodeline.domain.review_outputs import Author, judgments_of
from lodeline.domain.review_places import FINAL, live, settled
from lodeline.domain.review_queue import QueueStatus, queue_item_of, queue_of


@dataclass(frozen=True, slots=True)
class Reviewer:
    """Who reviews: an account's name, or what somebody says their name is (not `verified`)."""

    name: str
    verified: bool = False


@dataclass(frozen=True, slots=True)
class Claim:
    """Take a place of the item, or renew the lease of the one that the reviewer holds. `token` is for a new claim."""

    reviewer: Reviewer
    token: str


@dataclass(frozen=True, slots=True)
class Save:
    """Keep a draft, and renew the lease."""

    reviewer: Reviewer
    token: str
    form: ReviewForm


@dataclass(frozen=True, slots=True)
class Submit:
    """Hand a form in under a claim; without `token` the item is claimed for it at once (`new_token`).

    The same `key` again, or the same form under the same claim, changes nothing.
    """

    reviewer: Reviewer
    form: ReviewForm
    new_token: str
    token: str | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Release:
    """Give a claim up; with `requeue` the item comes last in the reviewer's own order."""

    reviewer: Reviewer
    token: str
    requeue: bool = False


@dataclass(frozen=True, slots=True)
class Decline:
    """Refuse to review the item in this round; it counts for nobody."""

    reviewer: Reviewer
    reason: str


@dataclass(frozen=True, slots=True)
class Undo:
    """Take the reviewer's submission of this round back: it becomes the draft of a claim again."""

    reviewer: Reviewer
    token: str


@dataclass(frozen=True, slots=True)
class Reopen:
    """Begin another round of reviews; what was submitted stays."""


@dataclass(frozen=True, slots=True)
class Adjudicate:
    """Decide a dispute."""

    by: Reviewer
    form: ReviewForm


@dataclass(frozen=True, slots=True)
class Mark:
    """Say what became of an item of a review queue, whose judgments are logged apart from it. The state that it has
    already changes nothing, whoever says it; another one begins another round where it was done."""

    reviewer: Reviewer
    status: QueueStatus


@dataclass(frozen=True, slots=True)
class Remove:
    """Take the item out of the session."""

    by: str | None


@dataclass(frozen=True, slots=True)
class Lose:
    """The item's target is gone."""


ReviewEvent: TypeAlias = (
    "Claim | Save | Submit | Release | Decline | Undo | Reopen | Adjudicate | Mark | Remove | Lose"
)


@dataclass(frozen=True, slots=True)
class ReviewStep:
    """What an event comes to: the item then, judgments to log (each overrides the assessment it names, or the head of
    its chain, if there is one still), and assessments to withdraw."""

    item: LabelingItem
    log: tuple[AssessmentDraft, ...] = ()
    withdraw: tuple[AssessmentId, ...] = ()


def applied(session: LabelingSession, item: LabelingItem, event: ReviewEvent, *, now_ms: int) -> ReviewStep:
    """Return what an event does to an item.

    Conflict, with a code and the states, when session or item are not in a state for it: "labeling_state",
    "item_state", "claim_lost" (the claim's lease ran out and others have taken the places since, or the token is of
    no claim), "no_place" (nothing is left to be claimed), "reviewed_already", "key_reused".
    """
    match event:
        case Claim():
            return ReviewStep(_claimed(session, item, event.reviewer, event.token, now_ms))
        case Save():
            return ReviewStep(_saved(session, item, event, now_ms))
        case Submit():
            return _submitted(session, item, event, now_ms)
        case Release():
            return ReviewStep(_released(session, item, event, now_ms))
        case Decline():
            return ReviewStep(_declined(session, item, event, now_ms))
        case Undo():
            return _undone(session, item, event, now_ms)
        case Reopen():
            return ReviewStep(_reopened(session, item, now_ms))
        case Adjudicate():
            return _adjudicated(session, item, event, now_ms)
        case Mark():
            return ReviewStep(_marked(session, item, event, now_ms))
        case Remove():
            if item.removed_ms is not None:
                return ReviewStep(item)
            removed = replace(item, removed_ms=now_ms, removed_by=event.by)
            return ReviewStep(settled(session, removed, now_ms=now_ms))
        case Lose():
            return ReviewStep(settled(session, replace(item, state="UNAVAILABLE"), now_ms=now_ms))


def author_of(event: ReviewEvent) -> str | None:
    """Return the account in whose name an event happens; None where nobody was signed in."""
    if isinstance(event, Remove):
        return event.by
    who = reviewer_in(event)
    return who.name if who.verified else None


def reviewer_in(event: ReviewEvent) -> Reviewer:
    """Return the person of an event; one without a name where an event has none."""
    match event:
        case (
            Claim(who)
            | Save(who)
            | Submit(who)
            | Release(who)
            | Decline(who)
            | Undo(who)
            | Adjudicate(who)
            | Mark(who)
        ):
            return who
        case Remove() | Reopen() | Lose():
            return Reviewer("")


def check_claimable(session: LabelingSession, reviewer: Reviewer) -> None:
    """Return when a reviewer may ask a session for an item; Conflict when it is not open, Forbidden when it names
    other reviewers."""
    check_state(session, _CLAIMING, "claiming an item")
    _check_listed(session, reviewer)


def check_addable(session: LabelingSession) -> None:
    """Return when a session takes items; else Conflict."""
    check_state(session, _ADDING, "adding items")


def check_state(session: LabelingSession, allowed: frozenset[LabelingState], what: str) -> None:
    """Return when a session's state allows something; else Conflict, naming the state."""
    if session.state not in allowed:
        states = " or ".join(sorted(allowed))
        raise Conflict(
            f"labeling session {session.run.run_id!r} is {session.state}: {what} needs it to be {states}.",
            code="labeling_state",
            details={"state": session.state, "allowed": sorted(allowed)},
        )


_CLAIMING: frozenset[LabelingState] = frozenset({"OPEN"})
_REVIEWING: frozenset[LabelingState] = frozenset({"OPEN", "PAUSED"})
_ADDING: frozenset[LabelingState] = frozenset({"DRAFT", "OPEN", "PAUSED"})
_DECIDING: frozenset[LabelingState] = frozenset({"OPEN", "PAUSED", "CLOSED"})


def _claimed(session: LabelingSession, item: LabelingItem, reviewer: Reviewer, token: str, now_ms: int
             ) -> LabelingItem:  # fmt: skip
    check_state(session, _CLAIMING, "claiming an item")
    _check_there(item)
    item = settled(session, item, now_ms=now_ms, keep=reviewer.name)
    mine = _mine(item, reviewer, "CLAIMED")
    if mine is not None:
        return _put(item, replace(mine, lease_until_ms=_lease(session, now_ms)))
    return _taken(session, item, reviewer, token, now_ms)


def _taken(session: LabelingSession, item: LabelingItem, reviewer: Reviewer, token: str, now_ms: int) -> LabelingItem:
    """Return the item with a place of it claimed by somebody who holds none."""
    _check_listed(session, reviewer)
    for state in ("SUBMITTED", "DECLINED"):
        if _mine(item, reviewer, state) is not None:
            raise Conflict(
                f"item {item.item_id!r}: {reviewer.name!r} has {state.lower()} it already; undo that, or go on with "
                "another item.",
                code="reviewed_already",
                details={"state": state},
            )
    free = [a for a in item.assignments if a.state == "OPEN" and a.reviewer in {None, reviewer.name}]
    if not free:
        raise Conflict(
            f"item {item.item_id!r} is {item.state} and has no place left for {reviewer.name!r}; go on with another "
            "item.",
            code="no_place",
            details={"state": item.state},
        )
    place = min(free, key=lambda a: (a.reviewer is None, a.slot))
    earlier = [a.draft for a in item.assignments if a.reviewer == reviewer.name and a.round == item.round and a.draft]
    claimed = replace(
        place,
        state="CLAIMED",
        reviewer=reviewer.name,
        verified=reviewer.verified,
        token=token,
        claimed_ms=now_ms,
        lease_until_ms=_lease(session, now_ms),
        draft=earlier[-1] if earlier else None,
    )
    return settled(session, _put(item, claimed), now_ms=now_ms)


def _saved(session: LabelingSession, item: LabelingItem, event: Save, now_ms: int) -> LabelingItem:
    check_state(session, _REVIEWING, "saving a draft")
    item, mine = _held(session, item, event.reviewer, event.token, now_ms)
    return _put(item, replace(mine, draft=event.form, lease_until_ms=_lease(session, now_ms)))


def _submitted(session: LabelingSession, item: LabelingItem, event: Submit, now_ms: int) -> ReviewStep:
    done = _submitted_before(item, event)
    if done:
        return ReviewStep(item)
    check_state(session, _REVIEWING, "submitting a review")
    if event.token is None:
        item = _claimed(session, item, event.reviewer, event.new_token, now_ms)
        mine = _mine(item, event.reviewer, "CLAIMED")
        assert mine is not None  # noqa: S101  # `_claimed` gave it, or raised
    else:
        item, mine = _held(session, item, event.reviewer, event.token, now_ms)
    author = Author(event.reviewer.name, event.reviewer.verified)
    log = judgments_of(session, item, event.form, author, source=mine.assignment_id)
    submission = Submission(
        form=event.form,
        submitted_ms=now_ms,
        duration_ms=_duration(event.form, mine, now_ms),
        key=event.key,
        assessments={draft.name: draft.assessment_id for draft in log if draft.assessment_id is not None},
    )
    ended = replace(mine, state="SUBMITTED", submission=submission, draft=None, ended_ms=now_ms, lease_until_ms=None)
    return ReviewStep(settled(session, _put(item, ended), now_ms=now_ms), log)


def _submitted_before(item: LabelingItem, event: Submit) -> bool:
    """Tell whether a submission was made before; Conflict when another one was, in its place."""
    for each in item.assignments:
        if each.submission is None or each.reviewer != event.reviewer.name:
            continue
        same = each.submission.form == event.form
        if event.key is not None and each.submission.key == event.key:
            if same:
                return True
            raise Conflict(
                f"item {item.item_id!r}: another form was submitted under the key {event.key!r}; use a key once.",
                code="key_reused",
            )
        if event.token is not None and each.token == event.token:
            if same:
                return True
            raise Conflict(
                f"item {item.item_id!r} was submitted under this claim already; undo that to change it.",
                code="reviewed_already",
                details={"state": each.state},
            )
    return False


def _released(session: LabelingSession, item: LabelingItem, event: Release, now_ms: int) -> LabelingItem:
    mine = _of_token(item, event.reviewer, event.token)
    if mine is None:
        raise _claim_lost(item)
    if mine.state != "CLAIMED":
        return item
    given_up = replace(
        mine, state="RELEASED", ended_ms=now_ms, lease_until_ms=None, requeued_ms=now_ms if event.requeue else None
    )
    return settled(session, _put(item, given_up), now_ms=now_ms)


def _declined(session: LabelingSession, item: LabelingItem, event: Decline, now_ms: int) -> LabelingItem:
    check_state(session, _REVIEWING, "declining an item")
    _check_listed(session, event.reviewer)
    if not session.policy.allow_decline:
        raise Conflict(
            f"labeling session {session.run.run_id!r} does not let reviewers decline; release the item instead.",
            code="decline_refused",
        )
    if _mine(item, event.reviewer, "DECLINED") is not None:
        return item
    mine = _mine(item, event.reviewer, "CLAIMED")
    if mine is None:
        item = _claimed(session, item, event.reviewer, "", now_ms)
        mine = _mine(item, event.reviewer, "CLAIMED")
        assert mine is not None  # noqa: S101  # `_claimed` gave it, or raised
    refused = replace(
        mine, state="DECLINED", reason=event.reason, ended_ms=now_ms, lease_until_ms=None, token=None, draft=None
    )
    return settled(session, _put(item, refused), now_ms=now_ms)


def _undone(session: LabelingSession, item: LabelingItem, event: Undo, now_ms: int) -> ReviewStep:
    check_state(session, _REVIEWING, "undoing a submission")
    _check_there(item)
    mine = _mine(item, event.reviewer, "SUBMITTED")
    if mine is None or mine.submission is None:
        raise Conflict(
            f"item {item.item_id!r}: {event.reviewer.name!r} has submitted nothing in this round to undo.",
            code="item_state",
            details={"state": item.state},
        )
    if item.state == "ADJUDICATED":
        raise _wrong_state(item, "undoing a submission", "not yet adjudicated; have it reopened")
    again = replace(
        mine,
        state="CLAIMED",
        token=event.token,
        claimed_ms=now_ms,
        lease_until_ms=_lease(session, now_ms),
        ended_ms=None,
        draft=mine.submission.form,
        submission=None,
    )
    undone = settled(session, _put(item, again), now_ms=now_ms, again=True)
    return ReviewStep(undone, withdraw=tuple(mine.submission.assessments.values()))


def _reopened(session: LabelingSession, item: LabelingItem, now_ms: int) -> LabelingItem:
    check_state(session, _REVIEWING, "reopening an item")
    if item.removed_ms is not None or item.state not in FINAL:
        raise _wrong_state(item, "reopening it", "complete, disputed, adjudicated or declined")
    return settled(session, replace(item, round=item.round + 1, agreement=None), now_ms=now_ms, again=True)


def _marked(session: LabelingSession, item: LabelingItem, event: Mark, now_ms: int) -> LabelingItem:
    if queue_of(session) is None:
        raise Conflict(
            f"labeling session {session.run.run_id!r} is no review queue: submit or decline the review instead.",
            code="no_review_queue",
        )
    check_state(session, _REVIEWING, "setting an item's status")
    _check_there(item)
    present = queue_item_of(item)
    if present is not None and present.status == event.status:
        return item
    if item.state in FINAL:
        item = _reopened(session, item, now_ms)
    if event.status == "PENDING":
        return item
    # Whoever has claimed the item in the meantime loses it: it is done.
    place = next(a for a in live(item) if a.state in {"OPEN", "CLAIMED"})
    done = event.status == "COMPLETE"
    ended = replace(
        place,
        state="SUBMITTED" if done else "DECLINED",
        reviewer=event.reviewer.name,
        verified=event.reviewer.verified,
        token=None,
        claimed_ms=now_ms,
        lease_until_ms=None,
        ended_ms=now_ms,
        draft=None,
        submission=Submission(ReviewForm(), now_ms, 0) if done else None,
    )
    return settled(session, _put(item, ended), now_ms=now_ms)


def _adjudicated(session: LabelingSession, item: LabelingItem, event: Adjudicate, now_ms: int) -> ReviewStep:
    check_state(session, _DECIDING, "deciding a dispute")
    present = item.adjudication
    if present is not None and (present.by, present.form) == (event.by.name, event.form):
        return ReviewStep(item)
    if item.removed_ms is not None or item.state != "DISPUTED":
        raise _wrong_state(item, "deciding it", "disputed")
    if not event.form.answers:
        raise Invalid("answers: a decision needs at least one answer.", details={"field": "answers"})
    log = judgments_of(
        session, item, event.form, Author(event.by.name, event.by.verified),
        source=f"{item.item_id}:{item.round}", decision=True,
    )  # fmt: skip
    decision = Adjudication(
        event.by.name, event.by.verified, item.round, now_ms, event.form,
        {draft.name: draft.assessment_id for draft in log if draft.assessment_id is not None},
    )  # fmt: skip
    decided = replace(item, state="ADJUDICATED", adjudications=(*item.adjudications, decision))
    return ReviewStep(decided, log)


def _held(session: LabelingSession, item: LabelingItem, reviewer: Reviewer, token: str, now_ms: int
          ) -> tuple[LabelingItem, Assignment]:  # fmt: skip
    """Return the item and the claim that a token is of. A claim whose lease ran out is still good while nobody has
    taken the place; where that is left open it is claimed again."""
    mine = _of_token(item, reviewer, token)
    if mine is None:
        raise _claim_lost(item)
    _check_there(item)
    if mine.state == "CLAIMED":
        return item, mine
    if mine.state == "SUBMITTED":
        raise Conflict(
            f"item {item.item_id!r} was submitted under this claim already; undo that to change it.",
            code="reviewed_already",
            details={"state": mine.state},
        )
    if mine.state == "DECLINED" or session.state not in _CLAIMING:
        raise _claim_lost(item)
    item = settled(session, item, now_ms=now_ms)
    other = _mine(item, reviewer, "CLAIMED")
    if other is not None:
        raise _claim_lost(item)
    try:
        taken = _taken(session, item, reviewer, token, now_ms)
    except Conflict as error:
        raise _claim_lost(item) from error
    again = _mine(taken, reviewer, "CLAIMED")
    assert again is not None  # noqa: S101  # `_taken` gave it, or raised
    # A claim's token is one claim's: the ended one gives it up, so that it is found under the new one.
    return _put(taken, replace(mine, token=None)), again


def _check_there(item: LabelingItem) -> None:
    if item.state == "UNAVAILABLE":
        raise Conflict(
            f"item {item.item_id!r} is UNAVAILABLE: what it is about was erased; go on with another item.",
            code="item_state",
            details={"state": item.state},
        )
    if item.removed_ms is not None:
        raise Conflict(
            f"item {item.item_id!r} was removed from its session; go on with another item.",
            code="item_state",
            details={"state": "REMOVED"},
        )


def _check_listed(session: LabelingSession, reviewer: Reviewer) -> None:
    if session.reviewers and reviewer.name not in session.reviewers:
        raise Forbidden(
            f"{reviewer.name!r} is no reviewer of labeling session {session.run.run_id!r}; have the name added to "
            "its reviewers.",
            code="not_a_reviewer",
        )


def _mine(item: LabelingItem, reviewer: Reviewer, state: AssignmentState) -> Assignment | None:
    """Return the reviewer's last assignment of this round in a state."""
    return _last(item, lambda a: a.round == item.round and a.reviewer == reviewer.name and a.state == state)


def _of_token(item: LabelingItem, reviewer: Reviewer, token: str) -> Assignment | None:
    """Return the assignment of this round that a token is of."""
    return _last(
        item, lambda a: a.round == item.round and bool(token) and (a.reviewer, a.token) == (reviewer.name, token)
    )


def _last(item: LabelingItem, which: Callable[[Assignment], bool]) -> Assignment | None:
    return next((a for a in reversed(item.assignments) if which(a)), None)


def _put(item: LabelingItem, assignment: Assignment) -> LabelingItem:
    """Return the item with an assignment in place of the one in its slot."""
    return replace(item, assignments=tuple(assignment if a.slot == assignment.slot else a for a in item.assignments))


def _lease(session: LabelingSession, now_ms: int) -> int:
    return now_ms + session.policy.lease_minutes * 60_000


def _duration(form: ReviewForm, claim: Assignment, now_ms: int) -> int:
    return max(0, now_ms - (claim.claimed_ms or now_ms)) if form.duration_ms is None else form.duration_ms


def _claim_lost(item: LabelingItem) -> Conflict:
    return Conflict(
        f"item {item.item_id!r}: this claim is over, and no place of the item is left for it; what was saved is "
        "kept. Claim the item again if it is still open.",
        code="claim_lost",
        details={"state": item.state},
    )


def _wrong_state(item: LabelingItem, what: str, needed: str) -> Conflict:
    state = item.state if item.removed_ms is None else "REMOVED"
    return Conflict(
        f"item {item.item_id!r} is {state}: {what} needs it to be {needed}.",
        code="item_state",
        details={"state": state},
    )


def held_by(item: LabelingItem, reviewer: str) -> Mapping[AssignmentState, int]:
    """Return how many assignments of the present round the reviewer has in each state."""
    counts: dict[AssignmentState, int] = {}
    for each in live(item):
        if each.reviewer == reviewer:
            counts[each.state] = counts.get(each.state, 0) + 1
    return counts
