"""What sessions and items must be like for something to be done with them, and the errors where they are not."""

from lodeline.domain.errors import Conflict, Forbidden
from lodeline.domain.labeling import LabelingItem, LabelingSession, LabelingState
from lodeline.domain.labeling_rules import ItemRule
from lodeline.domain.review_events import Reviewer

CLAIMING: frozenset[LabelingState] = frozenset({"OPEN"})
REVIEWING: frozenset[LabelingState] = frozenset({"OPEN", "PAUSED"})
ADDING: frozenset[LabelingState] = frozenset({"DRAFT", "OPEN", "PAUSED"})
DECIDING: frozenset[LabelingState] = frozenset({"OPEN", "PAUSED", "CLOSED"})


def check_claimable(session: LabelingSession, reviewer: Reviewer) -> None:
    """Return when a reviewer may ask a session for an item; Conflict when it is not open, Forbidden when it names
    other reviewers."""
    check_state(session, CLAIMING, "claiming an item")
    check_listed(session, reviewer)


def check_addable(session: LabelingSession) -> None:
    """Return when a session takes items; else Conflict."""
    check_state(session, ADDING, "adding items")


def check_ruled(session: LabelingSession, rule: ItemRule) -> None:
    """Return when a session takes items by a standing rule; Conflict when it is not OPEN or has the rule no more."""
    check_state(session, CLAIMING, "adding items by a rule")
    if rule not in session.rules:
        raise Conflict(f"labeling session {session.run.run_id!r} has this rule no more.", code="rule_gone")


def check_state(session: LabelingSession, allowed: frozenset[LabelingState], what: str) -> None:
    """Return when a session's state allows something; else Conflict, naming the state."""
    if session.state not in allowed:
        states = " or ".join(sorted(allowed))
        raise Conflict(
            f"labeling session {session.run.run_id!r} is {session.state}: {what} needs it to be {states}.",
            code="labeling_state",
            details={"state": session.state, "allowed": sorted(allowed)},
        )


def check_there(item: LabelingItem) -> None:
    """Return when an item can be reviewed; Conflict when it was removed or what it is about is gone."""
    if item.state == "UNAVAILABLE":
        raise unavailable(item)
    if item.removed_ms is not None:
        raise Conflict(
            f"item {item.item_id!r} was removed from its session; go on with another item.",
            code="item_state",
            details={"state": "REMOVED"},
        )


def unavailable(item: LabelingItem) -> Conflict:
    """Return the error for an item that is about something that is gone."""
    return Conflict(
        f"item {item.item_id!r} is UNAVAILABLE: what it is about was erased; go on with another item.",
        code="item_state",
        details={"state": "UNAVAILABLE"},
    )


def check_listed(session: LabelingSession, reviewer: Reviewer) -> None:
    """Return when a session lets somebody review; Forbidden when it names others."""
    if session.reviewers and reviewer.name not in session.reviewers:
        raise Forbidden(
            f"{reviewer.name!r} is no reviewer of labeling session {session.run.run_id!r}; have the name added to "
            "its reviewers.",
            code="not_a_reviewer",
        )


def claim_lost(item: LabelingItem) -> Conflict:
    """Return the error for a claim that is over."""
    return Conflict(
        f"item {item.item_id!r}: this claim is over, and no place of the item is left for it; what was saved is "
        "kept. Claim the item again if it is still open.",
        code="claim_lost",
        details={"state": item.state},
    )


def wrong_state(item: LabelingItem, what: str, needed: str) -> Conflict:
    """Return the error for something that an item's state does not allow."""
    state = item.state if item.removed_ms is None else "REMOVED"
    return Conflict(
        f"item {item.item_id!r} is {state}: {what} needs it to be {needed}.",
        code="item_state",
        details={"state": state},
    )
