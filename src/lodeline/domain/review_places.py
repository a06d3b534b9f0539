"""How many places an item of a labeling session has, for whom, and what state that puts it in: `settled`.

Every place is an assignment in a slot of its own. The number of submissions, claims and open places of a round never
exceeds what the item requires, unless that was lowered while several people were at it; then the first of them to
submit completes the item, and the other claims end.
"""

import hashlib
import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import combinations
from operator import is_

from lodeline.domain.canonical import canonical_json
from lodeline.domain.errors import TooLarge
from lodeline.domain.ids import RunId
from lodeline.domain.labeling import (
    Assignment,
    ItemId,
    ItemState,
    LabelingItem,
    LabelingSession,
    ReviewForm,
    ReviewPolicy,
    assignment_id_of,
)
from lodeline.domain.text_span import overlap_of, read_spans

FINAL: frozenset[ItemState] = frozenset({"COMPLETE", "DISPUTED", "ADJUDICATED", "DECLINED"})
_DONE: frozenset[ItemState] = frozenset({"COMPLETE", "DISPUTED", "ADJUDICATED"})
MAX_SLOTS = 1_000
"""Assignments of one item, ended ones and those of earlier rounds included."""
COMPARABLE = frozenset({"pass_fail", "categorical", "numeric"})
"""Kinds of input whose answers are compared for agreement; texts of two people are never the same."""
_PRIME = 2_147_483_647


def settled(
    session: LabelingSession, item: LabelingItem, *, now_ms: int, again: bool = False, keep: str | None = None
) -> LabelingItem:
    """Return an item in line with its session.

    Items that are done stay done unless they are to be looked at `again`. The lease of the reviewer `keep` is not
    ended although it has run out. TooLarge when an item has had `MAX_SLOTS` assignments.
    """
    item = _expired(item, now_ms, keep)
    gone = item.removed_ms is not None or item.state == "UNAVAILABLE"
    if gone or session.state in {"CLOSED", "ARCHIVED"}:
        item = _freed(item, now_ms)
    if gone or (item.state in _DONE and not again):
        return _without_places(_freed(item, now_ms))
    item = _reviewers_only(session, item, now_ms)
    required = required_of(session, item)
    state, agreement = _state_of(session, item, required)
    if (item.required, item.state, item.agreement) != (required, state, agreement):
        item = replace(item, required=required, state=state, agreement=agreement)
    if state in FINAL:
        return _without_places(_freed(item, now_ms))
    return _with_places(session, item)


def live(item: LabelingItem) -> tuple[Assignment, ...]:
    """Return the assignments of the present round."""
    return tuple(a for a in item.assignments if a.round == item.round)


def required_of(session: LabelingSession, item: LabelingItem) -> int:
    """Return how many reviews an item needs in its present round."""
    policy = session.policy
    if _everyone(session, item):
        declined = {a.reviewer for a in live(item) if a.state == "DECLINED"}
        submitted = {a.reviewer for a in live(item) if a.state == "SUBMITTED"}
        return len({*session.reviewers, *submitted} - (declined - submitted))
    if item.reviews_required is not None:
        return item.reviews_required
    return policy.reviews_required if _overlaps(policy, item.item_id) else 1


def agreement_of(session: LabelingSession, forms: Sequence[ReviewForm]) -> float | None:
    """Return how much forms agree: of each schema whose answers can be compared the share of pairs of them that are
    equal (of spans how much they mark the same: `text_span.overlap_of`), and of these the least. None when nothing
    was answered twice."""
    return min(_shares(session, forms).values(), default=None)


def disputes_of(session: LabelingSession, item: LabelingItem) -> tuple[str, ...]:
    """Return the schemas whose answers of an item's present round agree less than the session asks for."""
    least = session.policy.min_agreement
    if least is None:
        return ()
    forms = [a.submission.form for a in item.submissions if a.submission is not None]
    return tuple(name for name, share in _shares(session, forms).items() if share < least)


def _shares(session: LabelingSession, forms: Sequence[ReviewForm]) -> dict[str, float]:
    """Return how much forms agree by schema; those that cannot be compared or were answered once are left out."""
    shares: dict[str, float] = {}
    for schema in session.schemas:
        given = [form.answers[schema.name] for form in forms if schema.name in form.answers]
        if len(given) < 2:
            continue
        if schema.input.kind == "spans":
            shares[schema.name] = overlap_of([read_spans(each) for each in given]) or 0.0
        elif schema.input.kind in COMPARABLE:
            pairs = list(combinations([canonical_json(each) for each in given], 2))
            shares[schema.name] = sum(one == other for one, other in pairs) / len(pairs)
    return shares


def order_salt(run_id: RunId, reviewer: str) -> int:
    """Return what makes a reviewer's random order their own: see `shuffled`."""
    digest = hashlib.sha256(f"{run_id}:{reviewer}".encode("utf-8", "surrogatepass")).digest()
    return 1 + int.from_bytes(digest[:4], "big") % (_PRIME - 1)


def shuffled(place: int, salt: int) -> int:
    """Return where an item comes in a reviewer's random order; no two places of a session give the same."""
    return (place + 1) * salt % _PRIME


def _everyone(session: LabelingSession, item: LabelingItem) -> bool:
    """Tell whether every reviewer is to review an item."""
    return bool(session.reviewers) and (session.policy.mode == "named" or bool(item.gold))


def _overlaps(policy: ReviewPolicy, item_id: ItemId) -> bool:
    digest = hashlib.sha256(f"overlap:{item_id}".encode()).digest()
    return int.from_bytes(digest[:4], "big") < policy.overlap * 2**32


def _expired(item: LabelingItem, now_ms: int, keep: str | None) -> LabelingItem:
    def of(a: Assignment) -> Assignment:
        if a.state != "CLAIMED" or a.lease_until_ms is None or a.lease_until_ms > now_ms or a.reviewer == keep:
            return a
        return replace(a, state="EXPIRED", ended_ms=a.lease_until_ms, lease_until_ms=None)

    return _having(item, tuple(map(of, item.assignments)))


def _freed(item: LabelingItem, now_ms: int) -> LabelingItem:
    """Return the item with its claims ended: there is nothing to submit to."""
    return _having(item, tuple(_ended(a, now_ms) for a in item.assignments))


def _ended(a: Assignment, now_ms: int) -> Assignment:
    return a if a.state != "CLAIMED" else replace(a, state="RELEASED", ended_ms=now_ms, lease_until_ms=None)


def _reviewers_only(session: LabelingSession, item: LabelingItem, now_ms: int) -> LabelingItem:
    """Return the item without claims of people who are no reviewers (any more)."""
    if not session.reviewers:
        return item
    kept = tuple(a if a.reviewer in session.reviewers else _ended(a, now_ms) for a in item.assignments)
    return _having(item, kept)


def _without_places(item: LabelingItem) -> LabelingItem:
    return _having(item, tuple(a for a in item.assignments if a.state != "OPEN"))


def _having(item: LabelingItem, assignments: tuple[Assignment, ...]) -> LabelingItem:
    """Return the item with these assignments, itself when it has them: most steps change none, and copies cost."""
    same = len(assignments) == len(item.assignments) and all(map(is_, assignments, item.assignments))
    return item if same else replace(item, assignments=assignments)


def _state_of(session: LabelingSession, item: LabelingItem, required: int) -> tuple[ItemState, float | None]:
    """Return the state that the assignments of the round say, and how much its answers agree once it has them all."""
    forms = [a.submission.form for a in item.submissions if a.submission is not None]
    if forms and len(forms) >= required:
        agreement = agreement_of(session, forms)
        least = session.policy.min_agreement
        disputed = least is not None and agreement is not None and agreement < least
        return ("DISPUTED" if disputed else "COMPLETE"), agreement
    if not forms and _refused(session, item):
        return "DECLINED", None
    busy = forms or any(a.state == "CLAIMED" for a in live(item))
    return ("IN_REVIEW" if busy else "PENDING"), None


def _refused(session: LabelingSession, item: LabelingItem) -> bool:
    declined = {a.reviewer for a in live(item) if a.state == "DECLINED"}
    if not declined:
        return False
    most = session.policy.max_declines
    everybody = bool(session.reviewers) and declined >= set(session.reviewers)
    return everybody or (most is not None and len(declined) >= most)


def _with_places(session: LabelingSession, item: LabelingItem) -> LabelingItem:
    """Return the item with as many open places as it needs, for whom they are."""
    wanted = list(_wanted(session, item))
    kept: list[Assignment] = []
    for each in item.assignments:
        if each.state != "OPEN":
            kept.append(each)
        elif each.round == item.round and each.reviewer in wanted:
            wanted.remove(each.reviewer)
            kept.append(each)
    slot = 1 + max((a.slot for a in item.assignments if a.state != "OPEN"), default=-1)
    used = {a.slot for a in kept}
    for reviewer in wanted:
        while slot in used:
            slot += 1
        if slot >= MAX_SLOTS:
            raise TooLarge(f"item {item.item_id!r} was given out {MAX_SLOTS} times, which is the limit; remove it.")
        used.add(slot)
        kept.append(Assignment(assignment_id_of(item.item_id, slot), slot, item.round, "OPEN", reviewer))
    return _having(item, tuple(sorted(kept, key=lambda a: a.slot)))


def _wanted(session: LabelingSession, item: LabelingItem) -> Iterable[str | None]:
    """Return for whom places are to be open; None is for anybody."""
    round_ = live(item)
    taken = {a.reviewer for a in round_ if a.state in {"CLAIMED", "SUBMITTED", "DECLINED"}}
    if _everyone(session, item):
        return [each for each in session.reviewers if each not in taken]
    need = item.required - sum(a.state in {"CLAIMED", "SUBMITTED"} for a in round_)
    if session.policy.mode == "open_pool" or not session.reviewers:
        return [None] * max(0, need)
    order = _drawn if session.policy.mode == "weighted" else _rotation
    free = [each for each in order(session, item) if each not in taken]
    present = [a.reviewer for a in round_ if a.state == "OPEN" and a.reviewer in free]
    return list(dict.fromkeys([*present, *free]))[: max(0, need)]


def _drawn(session: LabelingSession, item: LabelingItem) -> Sequence[str]:
    """Return the reviewers as drawn for the item, each the likelier first the greater their weight; the same whenever
    it is asked, and for most items the same when a reviewer comes or goes (weighted rendezvous hashing)."""

    def score(reviewer: str) -> float:
        digest = hashlib.sha256(f"weighted:{item.item_id}:{reviewer}".encode("utf-8", "surrogatepass")).digest()
        share = (int.from_bytes(digest[:6], "big") + 1) / (2**48 + 1)
        return -math.log(share) / session.policy.weights.get(reviewer, 1.0)

    return sorted(session.reviewers, key=score)


def _rotation(session: LabelingSession, item: LabelingItem) -> Sequence[str]:
    """Return the reviewers, beginning with the one whose turn the item is."""
    start = item.place * item.required % len(session.reviewers)
    return [*session.reviewers[start:], *session.reviewers[:start]]
