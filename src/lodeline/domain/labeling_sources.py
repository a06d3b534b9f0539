"""Where the items of a labeling session come from, beside being named one by one; and what its sync gives."""

from dataclasses import dataclass
from typing import Literal

from lodeline.domain.errors import Invalid
from lodeline.domain.experiment import check_name
from lodeline.domain.labeling_checks import MAX_ADDED

RuleKind = Literal["sample", "low_score", "disagreement"]
MAX_EXAMINED = 10_000
"""Traces that a rule looks at in one call, newest first."""


@dataclass(frozen=True, slots=True)
class ItemRule:
    """Which traces a session takes by itself, of the newest that `filter` finds (empty: all of the experiment).

    - sample: a `share` of them, drawn by `seed`: the same traces whenever it is asked.
    - low_score: those with a judgment of `name`, of a judge or code, whose number is below `below`.
    - disagreement: those of which two judges, or two verdicts of one, say different things under `name`.

    At most `limit` are added in one call; what a person removed is not added again.
    """

    kind: RuleKind
    filter: str = ""
    share: float | None = None
    seed: int = 0
    name: str | None = None
    below: float | None = None
    limit: int = 100
    priority: int = 0


def check_rule(rule: ItemRule) -> None:
    """Return when a rule says what it needs; else Invalid, naming the field."""
    if not 1 <= rule.limit <= MAX_ADDED:
        raise Invalid.value("limit", rule.limit, f"1 to {MAX_ADDED}")
    if rule.kind == "sample":
        if rule.share is None or not 0 < rule.share <= 1:
            raise Invalid.value("share", rule.share, "a share above 0, at most 1")
        return
    if rule.name is None:
        raise Invalid(f"name: a rule of kind {rule.kind} needs the name of a judgment.", details={"field": "name"})
    check_name(rule.name, noun="name", most=250)
    if rule.kind == "low_score" and rule.below is None:
        raise Invalid("below: a rule of kind low_score needs the number to be below.", details={"field": "below"})


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
