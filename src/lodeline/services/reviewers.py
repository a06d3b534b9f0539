"""Who reviews: the account that is signed in, or where nobody signs in the name that somebody gives."""

from dataclasses import replace

from lodeline.auth.actor import Actor, account_actor
from lodeline.auth.policy import may
from lodeline.domain.account import Account
from lodeline.domain.errors import Conflict, Deleted, Forbidden, Invalid, NotFound
from lodeline.domain.experiment import check_name
from lodeline.domain.ids import ExperimentId
from lodeline.domain.labeling import (
    AccountStanding,
    LabelingItem,
    LabelingProgress,
    LabelingSession,
    ReviewerProgress,
)
from lodeline.domain.labeling_checks import MAX_REVIEWER_NAME
from lodeline.domain.review_events import Reviewer
from lodeline.storage.base import Stores


def reviewer_of(actor: Actor, declared: str | None) -> Reviewer:
    """Return who reviews. Whoever is signed in reviews in their own name: Forbidden for another one. Otherwise the
    name must be declared, and is not verified."""
    if actor.author is not None:
        if declared is not None and declared != actor.author:
            raise Forbidden(
                f"reviewer: you are signed in as {actor.author!r} and cannot review as {declared!r}; leave it out.",
                details={"field": "reviewer"},
            )
        return Reviewer(actor.author, verified=True)
    if declared is None:
        raise Invalid("reviewer: nobody is signed in; give the name of who reviews.", details={"field": "reviewer"})
    return Reviewer(check_name(declared, noun="reviewer", most=MAX_REVIEWER_NAME))


def check_sees(actor: Actor, session: LabelingSession) -> None:
    """Return when somebody may see a session as a reviewer; NotFound when it does not name them and they may read no
    sessions."""
    if may(actor, "labeling.read", session.run.experiment_id):
        return
    if actor.author is None or actor.author not in session.reviewers:
        raise NotFound.of("labeling session", session.run.run_id)


def check_begun(session: LabelingSession) -> None:
    """Return when reviewers may look into a session. Deleted when its run is deleted, Conflict while it is a draft
    and once it is archived: then nobody is shown what is in it, reviewers' own reviews included."""
    run_id = session.run.run_id
    if session.run.lifecycle == "DELETED":
        raise Deleted(
            f"labeling session {run_id!r} is deleted: nothing in it is shown or reviewed; have it restored first.",
            code="run_deleted",
            details={"noun": "run", "id": run_id},
        )
    if session.state == "DRAFT":
        raise Conflict(
            f"labeling session {run_id!r} is DRAFT: reviewing needs it to be OPEN; have it opened.",
            code="labeling_state",
            details={"state": session.state, "allowed": ["OPEN"]},
        )

    if session.state == "ARCHIVED":
        raise Conflict(
            f"labeling session {run_id!r} is ARCHIVED: it is over, and its reviewers are shown nothing of it; what "
            "they submitted counts.",
            code="labeling_state",
            details={"state": session.state, "allowed": ["OPEN", "PAUSED", "CLOSED"]},
        )


def with_accounts(stores: Stores, session: LabelingSession, progress: LabelingProgress) -> LabelingProgress:
    """Return a session's progress with the accounts of all whom it names, those who have done nothing yet included.

    A name without an account is allowed: people are invited after a session is made.
    """
    by_name = {account.name: account for account in stores.accounts.list()}
    shown = {each.reviewer: each for each in progress.reviewers}
    for name in session.reviewers:
        shown.setdefault(name, ReviewerProgress(name, verified=False))
    reviewers = (
        replace(shown[name], account=_standing(by_name.get(name), session.run.experiment_id))
        for name in sorted(shown)
    )
    return replace(progress, reviewers=tuple(reviewers))


def _standing(account: Account | None, experiment_id: ExperimentId) -> AccountStanding:
    if account is None:
        return "missing"
    if account.disabled:
        return "disabled"
    return "ready" if may(account_actor(account), "labeling.review", experiment_id) else "no_role"


def without_tokens(item: LabelingItem) -> LabelingItem:
    """Return an item for people who are not its reviewer: no token is shown, with which they could submit."""
    return replace(item, assignments=tuple(replace(a, token=None) for a in item.assignments))
