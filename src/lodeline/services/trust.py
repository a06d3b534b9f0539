"""Trust: how far people agree on what they judged, and whether a judge can be trusted beside them."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from lodeline.auth.actor import Actor
from lodeline.auth.policy import permit_reach
from lodeline.domain.assessment import Assessment
from lodeline.domain.errors import Invalid
from lodeline.domain.page import MAX_LIMIT
from lodeline.domain.rating import Rating, rating_value
from lodeline.domain.review_outputs import PAIR
from lodeline.domain.trust import JudgeBy, NameTrust, TrustOptions
from lodeline.query.ast import Compare, In, Node
from lodeline.query.build import conj
from lodeline.query.fields import field as field_of
from lodeline.services.evaluations import check_level
from lodeline.services.listing import Listing, ListQuery
from lodeline.storage.base import Stores

MAX_EXAMINED = 50_000
"""Assessments that one report is made of, the newest."""
MAX_JUDGE_NAMES = 20
MAX_ORDER = 200


@dataclass(frozen=True, slots=True)
class TrustQuery:
    """Which assessments a report is about: those called `name` that match `listed`, by people, and those called
    `judge_names` (empty for `name`) by models and code."""

    name: str
    listed: ListQuery
    judge_names: Sequence[str] = ()
    judge_by: JudgeBy = "source"
    options: TrustOptions = field(default_factory=TrustOptions)


class TrustService:
    """Reports over the ledger. Every judgment counts as it was given, also one that another overrides since: that a
    person overrode a judge is what agreement is about. Whoever may read judgments may ask."""

    def __init__(self, stores: Stores, listing: Listing) -> None:
        self._stores = stores
        self._listing = listing

    def agreement(self, actor: Actor, query: TrustQuery) -> NameTrust:
        """Return how far people agree on one name. Invalid where their values do not fit one scale."""
        return self._report(actor, replace(query, judge_names=()), judges=False)

    def judges(self, actor: Actor, query: TrustQuery) -> NameTrust:
        """Return how each judge stands to people. Invalid where the values do not fit one scale."""
        return self._report(actor, query, judges=True)

    def _report(self, actor: Actor, query: TrustQuery, *, judges: bool) -> NameTrust:
        permit_reach(actor, "assessment.read")
        _check(query)
        names = tuple(dict.fromkeys(query.judge_names)) or (query.name,)
        people: list[Rating] = []
        judged: list[Rating] = []
        found, complete = self._assessments(actor, query, (query.name, *names) if judges else (query.name,))
        # Oldest first, as of two equally late ratings the last counts. An override touches what it overrides, so
        # that `updated_ms` would not tell them apart.
        for assessment in reversed(found):
            if assessment.source.kind == "HUMAN":
                if assessment.name == query.name:
                    people += _rating(assessment, assessment.source.source_id, None)
            elif assessment.name in names:
                judged += _judged(assessment, query.judge_by, several=len(names) > 1)
        # Here, not at the top: NumPy and SciPy take half a second and 80 MB, which only statistics need.
        from lodeline.evals.statistics.judging import report_trust  # noqa: PLC0415

        panel, reports = report_trust(people, judged if judges else (), query.options)
        return NameTrust(query.name, panel, reports, len(found), complete)

    def _assessments(self, actor: Actor, query: TrustQuery, names: Sequence[str]) -> tuple[list[Assessment], bool]:
        search = self._listing.search(actor, "assessment.read", query.listed, "assessment")
        narrowed = replace(search, node=conj([search.node, _of_names(names)]), limit=MAX_LIMIT)
        until = time.monotonic() + search.deadline_s
        found: list[Assessment] = []
        while True:
            page = self._stores.assessments.search(narrowed)
            found += page.items
            if page.cursor is None:
                return found, not page.partial
            if len(found) >= MAX_EXAMINED or time.monotonic() > until:
                return found, False
            narrowed = replace(narrowed, cursor=page.cursor)


def _of_names(names: Sequence[str]) -> Node:
    name = field_of("assessment", "name")
    wanted = tuple(dict.fromkeys(names))
    return Compare(name, "=", wanted[0]) if len(wanted) == 1 else In(name, wanted)


def _judged(assessment: Assessment, by: JudgeBy, *, several: bool) -> list[Rating]:
    source = assessment.source
    if by == "name":
        version = " ".join(part for part in (source.source_id, (source.digest or "")[:12]) if part)
        return _rating(assessment, assessment.name, version)
    rater = f"{assessment.name} by {source.source_id}" if several else source.source_id
    return _rating(assessment, rater, source.digest)


def _rating(assessment: Assessment, rater: str, version: str | None) -> list[Rating]:
    value = rating_value(assessment.value)
    if value is None or assessment.error is not None or assessment.kind == "ISSUE_REF":
        return []
    target = assessment.target
    place = f"session {target.session}" if target.trace_id is None else target.trace_id
    item = place if target.span_id is None else f"{place}/{target.span_id}"
    # What is said of a trace beside one other trace says nothing of it beside a third.
    item = f"{item} with {assessment.metadata[PAIR]}" if PAIR in assessment.metadata else item
    return [Rating(item, rater, value, version, assessment.confidence, assessment.created_ms)]


def _check(query: TrustQuery) -> None:
    if not query.name:
        raise Invalid("name: name the judgments, such as 'correctness'.", details={"field": "name"})
    if len(query.judge_names) > MAX_JUDGE_NAMES:
        raise Invalid.value("judge_name", f"{len(query.judge_names)} names", f"at most {MAX_JUDGE_NAMES}")
    if len(query.options.order) > MAX_ORDER:
        raise Invalid.value("order", f"{len(query.options.order)} values", f"at most {MAX_ORDER}")
    check_level(query.options.level)
