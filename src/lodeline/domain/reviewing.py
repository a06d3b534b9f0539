"""What reviewers do with the items of a labeling session: pure rules, shared by every backend.

`applied` takes an item as it is and an event, and returns the item as it is then, with the judgments that are to be
logged or withdrawn. `settled` brings an item in line with its session: it ends leases that have run out, opens and
takes away places, and says what state the item is in. A backend does both within one transaction, so the number of
reviews that an item gets is exact.

    assignment: OPEN → CLAIMED → SUBMITTED | RELEASED | EXPIRED | DECLINED (an undone submission is CLAIMED again)
    item:       PENDING → IN_REVIEW → COMPLETE | DISPUTED → ADJUDICATED | DECLINED | UNAVAILABLE

A place that ended without a submission is history; another one, in the next slot, is opened where one is needed.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from lodeline.domain.assessment import AssessmentDraft
from lodeline.domain.errors import Conflict, Invalid
from lodeline.domain.ids import AssessmentId
from lodeline.domain.labeling import (
    Adjudication,
    Assignment,
    AssignmentState,
    LabelingItem,
    LabelingSession,
    ReviewForm,
    Submission,
)
from lodeline.domain.review_checks import (
    CLAIMING,
    DECIDING,
    REVIEWING,
    check_listed,
    check_state,
    check_there,
    claim_lost,
    wrong_state,
)
from lodeline.domain.review_events import (
    Adjudicate,
    Claim,
    Decline,
    Lose,
    Mark,
    Release,
    Remove,
    Reopen,
    Reviewer,
    ReviewEvent,
    Save,
    Submit,
    Undo,
)
from lodeline.domain.review_outputs import Author, judgments_of
from lodeline.domain.review_places import FINAL, disputes_of, live, settled
from lodeline.domain.review_queue import queue_item_of, queue_of
from lodeline.domain.text_span import same_marks


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


def applied_in_turn(
    session: LabelingSession, item: LabelingItem, events: Iterable[ReviewEvent], *, now_ms: int
) -> ReviewStep:
    """Return what events do to an item one after the other, as one step; errors are those of `applied`."""
    log: list[AssessmentDraft] = []
    withdraw: list[AssessmentId] = []
    for event in events:
        step = applied(session, item, event, now_ms=now_ms)
        item = step.item
        log += step.log
        withdraw += step.withdraw
    return ReviewStep(item, tuple(log), tuple(withdraw))


def _claimed(session: LabelingSession, item: LabelingItem, reviewer: Reviewer, token: str, now_ms: int
             ) -> LabelingItem:  # fmt: skip
    check_state(session, CLAIMING, "claiming an item")
    check_there(item)
    item = settled(session, item, now_ms=now_ms, keep=reviewer.name)
    mine = _mine(item, reviewer, "CLAIMED")
    if mine is not None:
        return _put(item, replace(mine, lease_until_ms=_lease(session, now_ms)))
    return _taken(session, item, reviewer, token, now_ms)


def _taken(session: LabelingSession, item: LabelingItem, reviewer: Reviewer, token: str, now_ms: int) -> LabelingItem:
    """Return the item with a place of it claimed by somebody who holds none."""
    check_listed(session, reviewer)
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
    check_state(session, REVIEWING, "saving a draft")
    item, mine = _held(session, item, event.reviewer, event.token, now_ms)
    return _put(item, replace(mine, draft=event.form, lease_until_ms=_lease(session, now_ms)))


def _submitted(session: LabelingSession, item: LabelingItem, event: Submit, now_ms: int) -> ReviewStep:
    if submitted_before(item, event) is not None:
        return ReviewStep(item)
    check_state(session, REVIEWING, "submitting a review")
    if event.token is None:
        item = _claimed(session, item, event.reviewer, event.new_token, now_ms)
        mine = _mine(item, event.reviewer, "CLAIMED")
        assert mine is not None  # noqa: S101  # `_claimed` gave it, or raised
    else:
        item, mine = _held(session, item, event.reviewer, event.token, now_ms)
    author = Author(event.reviewer.name, event.reviewer.verified)
    log = judgments_of(session, item, event.form, author, source=mine.assignment_id)
    if event.made_ms is not None:
        log = tuple(replace(draft, created_ms=event.made_ms) for draft in log)
    submission = Submission(
        form=event.form,
        submitted_ms=now_ms if event.made_ms is None else event.made_ms,
        duration_ms=_duration(event, mine, now_ms),
        key=event.key,
        assessments={draft.name: draft.assessment_id for draft in log if draft.assessment_id is not None},
        text_lengths=dict(event.text_lengths),
    )
    ended = replace(mine, state="SUBMITTED", submission=submission, draft=None, ended_ms=now_ms, lease_until_ms=None)
    return ReviewStep(settled(session, _put(item, ended), now_ms=now_ms), log)


def submitted_before(item: LabelingItem, event: Submit) -> Submission | None:
    """Return the submission that an event would make again, None when it is a new one; Conflict when another one was
    made in its place."""
    for each in item.assignments:
        if each.submission is None or each.reviewer != event.reviewer.name:
            continue
        same = _same_form(each.submission.form, event.form)
        if event.key is not None and each.submission.key == event.key:
            if same:
                return each.submission
            raise Conflict(
                f"item {item.item_id!r}: another form was submitted under the key {event.key!r}; use a key once.",
                code="key_reused",
            )
        if event.token is not None and each.token == event.token:
            if same:
                return each.submission
            raise Conflict(
                f"item {item.item_id!r} was submitted under this claim already; undo that to change it.",
                code="reviewed_already",
                details={"state": each.state},
            )
    return None


def _same_form(kept: ReviewForm, given: ReviewForm) -> bool:
    """Tell whether a form says what a kept one does; spans do where they mark the same places."""
    return replace(kept, answers={}) == replace(given, answers={}) and (
        kept.answers.keys() == given.answers.keys()
        and all(
            kept.answers[name] == value or same_marks(kept.answers[name], value)
            for name, value in given.answers.items()
        )
    )


def _released(session: LabelingSession, item: LabelingItem, event: Release, now_ms: int) -> LabelingItem:
    mine = _of_token(item, event.reviewer, event.token)
    if mine is None:
        raise claim_lost(item)
    if mine.state != "CLAIMED":
        return item
    given_up = replace(
        mine, state="RELEASED", ended_ms=now_ms, lease_until_ms=None, requeued_ms=now_ms if event.requeue else None
    )
    return settled(session, _put(item, given_up), now_ms=now_ms)


def _declined(session: LabelingSession, item: LabelingItem, event: Decline, now_ms: int) -> LabelingItem:
    check_state(session, REVIEWING, "declining an item")
    check_listed(session, event.reviewer)
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
    check_state(session, REVIEWING, "undoing a submission")
    check_there(item)
    mine = _mine(item, event.reviewer, "SUBMITTED")
    if mine is None or mine.submission is None:
        raise Conflict(
            f"item {item.item_id!r}: {event.reviewer.name!r} has submitted nothing in this round to undo.",
            code="item_state",
            details={"state": item.state},
        )
    if item.state == "ADJUDICATED":
        raise wrong_state(item, "undoing a submission", "not yet adjudicated; have it reopened")
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
    check_state(session, REVIEWING, "reopening an item")
    if item.removed_ms is not None or item.state not in FINAL:
        raise wrong_state(item, "reopening it", "complete, disputed, adjudicated or declined")
    return settled(session, replace(item, round=item.round + 1, agreement=None), now_ms=now_ms, again=True)


def _marked(session: LabelingSession, item: LabelingItem, event: Mark, now_ms: int) -> LabelingItem:
    if queue_of(session) is None:
        raise Conflict(
            f"labeling session {session.run.run_id!r} is no review queue: submit or decline the review instead.",
            code="no_review_queue",
        )
    check_state(session, REVIEWING, "setting an item's status")
    check_there(item)
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
    check_state(session, DECIDING, "deciding a dispute")
    present = item.adjudication
    if present is not None and present.by == event.by.name and _same_form(present.form, event.form):
        return ReviewStep(item)
    if item.removed_ms is not None or item.state != "DISPUTED":
        raise wrong_state(item, "deciding it", "disputed")
    if not event.form.answers:
        raise Invalid("answers: a decision needs at least one answer.", details={"field": "answers"})
    left = [name for name in disputes_of(session, item) if name not in event.form.answers]
    if left:
        raise Invalid(
            f"answers: {', '.join(left)} in dispute and not decided; a decision answers all that is in dispute.",
            details={"field": "answers", "missing": left},
        )
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
        raise claim_lost(item)
    check_there(item)
    if mine.state == "CLAIMED":
        return item, mine
    if mine.state == "SUBMITTED":
        raise Conflict(
            f"item {item.item_id!r} was submitted under this claim already; undo that to change it.",
            code="reviewed_already",
            details={"state": mine.state},
        )
    if mine.state == "DECLINED" or session.state not in CLAIMING:
        raise claim_lost(item)
    item = settled(session, item, now_ms=now_ms)
    other = _mine(item, reviewer, "CLAIMED")
    if other is not None:
        raise claim_lost(item)
    try:
        taken = _taken(session, item, reviewer, token, now_ms)
    except Conflict as error:
        raise claim_lost(item) from error
    again = _mine(taken, reviewer, "CLAIMED")
    assert again is not None  # noqa: S101  # `_taken` gave it, or raised
    # A claim's token is one claim's: the ended one gives it up, so that it is found under the new one.
    return _put(taken, replace(mine, token=None)), again


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


def _duration(event: Submit, claim: Assignment, now_ms: int) -> int | None:
    """Return how long a review took: what its form says, else the time since the claim that it was made under."""
    if event.form.duration_ms is not None or event.token is None or claim.claimed_ms is None:
        return event.form.duration_ms
    return max(0, now_ms - claim.claimed_ms)
