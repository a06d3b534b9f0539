"""What can happen to an item of a labeling session: one value for each kind of event, and who did it.

What an event does is `domain.reviewing.applied`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from lodeline.domain.labeling import ReviewForm
from lodeline.domain.review_queue import QueueStatus


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

    The same `key` again, or the same form under the same claim, changes nothing. `made_ms` is when a review was made
    that is only now handed in; `text_lengths` are the submission's.
    """

    reviewer: Reviewer
    form: ReviewForm
    new_token: str
    token: str | None = None
    key: str | None = None
    made_ms: int | None = None
    text_lengths: Mapping[str, int] = field(default_factory=dict[str, int], hash=False)


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
