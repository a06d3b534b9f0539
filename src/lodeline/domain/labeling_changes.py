"""How a labeling session changes, and which of its items must be brought in line with that."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from lodeline.domain.ids import RunId
from lodeline.domain.label_schema import LabelSchema
from lodeline.domain.labeling import (
    RUN_STATUS,
    ItemDraft,
    ItemId,
    ItemsReport,
    LabelingChange,
    LabelingItem,
    LabelingSession,
    check_transition,
    item_id_of,
)
from lodeline.domain.labeling_checks import (
    MAX_FORMER_SCHEMAS,
    check_instructions,
    check_marks,
    check_policy,
    check_reviewers,
    check_schemas,
)
from lodeline.domain.labeling_rules import check_rules
from lodeline.domain.review_places import required_of, settled
from lodeline.domain.run import RunChange, changed_run

Affected = Literal["none", "claimed", "all"]


def changed_session(session: LabelingSession, change: LabelingChange, *, now_ms: int) -> LabelingSession:
    """Return the session after a change, its run's status and name with it.

    Conflict when its state may not be followed by the new one; Deleted when the run is; Invalid or TooLarge for what
    is out of bounds.
    """
    state = session.state if change.state is None else change.state
    if state != session.state:
        check_transition(session.run.run_id, session.state, state)
    status = None if RUN_STATUS[state] == session.run.status else RUN_STATUS[state]
    run = changed_run(session.run, RunChange(name=change.name, status=status), now_ms=now_ms)
    reviewers = session.reviewers if change.reviewers is None else change.reviewers
    policy = session.policy
    if change.policy is not None:
        policy = change.policy
    elif not policy.weights.keys() <= set(reviewers):
        # Who is taken off takes their weight along.
        policy = replace(policy, weights={name: w for name, w in policy.weights.items() if name in reviewers})
    changed = replace(
        session,
        run=run,
        state=state,
        instructions=session.instructions if change.instructions is None else change.instructions,
        schemas=session.schemas if change.schemas is None else change.schemas,
        reviewers=reviewers,
        policy=policy,
        dataset_id=session.dataset_id if change.dataset_id is None else change.dataset_id or None,
        rules=session.rules if change.rules is None else change.rules,
    )
    changed = with_former(changed, session.schemas)
    check_instructions(changed.instructions)
    check_schemas(changed.schemas)
    check_reviewers(changed.reviewers)
    check_policy(changed.policy, changed.reviewers)
    check_marks(changed.schemas, changed.policy)
    check_rules(changed.rules)
    return changed


def with_former(session: LabelingSession, schemas: Sequence[LabelSchema]) -> LabelingSession:
    """Return the session with versions of label schemas that it asked with before, the latest `MAX_FORMER_SCHEMAS`
    of them, those left out that it asks with. What is kept of a version already stays."""
    asked = {(schema.schema_id, schema.version) for schema in session.schemas}
    former: dict[tuple[str, int], LabelSchema] = {}
    for schema in (*session.former_schemas, *schemas):
        former.setdefault((schema.schema_id, schema.version), schema)
    kept = [each for key, each in former.items() if key not in asked]
    return replace(session, former_schemas=tuple(kept[-MAX_FORMER_SCHEMAS:]))


def affected(before: LabelingSession, after: LabelingSession) -> Affected:
    """Return which items of a session a change is about: none, those that somebody has claimed, or all."""
    if (before.reviewers, before.policy) != (after.reviewers, after.policy):
        return "all"
    closed = after.state != before.state and after.state in {"CLOSED", "ARCHIVED"}
    return "claimed" if closed else "none"


def resettled(session: LabelingSession, item: LabelingItem, change: LabelingChange, *, now_ms: int) -> LabelingItem:
    """Return an item in line with its changed session; complete ones stay so unless the change extends them, and so
    do those in dispute, which are extended only where more reviews are asked for than they have."""
    more = item.state == "DISPUTED" and required_of(session, item) > len(item.submissions)
    again = change.extend_completed and (more or item.state == "COMPLETE")
    return settled(session, item, now_ms=now_ms, again=again)


def new_item(
    session: LabelingSession, draft: ItemDraft, place: int, *, by: str | None, now_ms: int
) -> LabelingItem:  # fmt: skip
    """Return the item that a draft becomes, with its places."""
    run_id: RunId = session.run.run_id
    item = LabelingItem(
        item_id=item_id_of(run_id, draft.target),
        run_id=run_id,
        target=draft.target,
        place=place,
        state="PENDING",
        required=0,
        added_ms=now_ms,
        priority=draft.priority,
        gold=dict(draft.gold),
        reviews_required=draft.reviews_required,
        snapshot=draft.snapshot,
        source=draft.source,
        added_by=by,
    )
    return settled(session, item, now_ms=now_ms)


@dataclass(frozen=True, slots=True)
class Addition:
    """What adding a draft comes to: what became of it, and the item to be written, None where nothing changes."""

    outcome: Literal["added", "known", "left_removed", "restored"]
    item: LabelingItem | None = None


def addition(
    session: LabelingSession, present: LabelingItem | None, draft: ItemDraft, *, place: int, by: str | None,
    now_ms: int,
) -> Addition:  # fmt: skip
    """Return what adding a draft does, of whose target the session has an item `present` or none: what is there
    stays as it is, what was removed is put back by hand alone."""
    if present is None:
        return Addition("added", new_item(session, draft, place, by=by, now_ms=now_ms))
    if present.removed_ms is None:
        return Addition("known")
    if draft.source != "hand":
        return Addition("left_removed")
    return Addition("restored", put_back(session, present, now_ms=now_ms))


def items_report(item_ids: Sequence[ItemId], additions: Sequence[Addition]) -> ItemsReport:
    """Return the report of additions, in their order."""
    counts = Counter(each.outcome for each in additions)
    return ItemsReport(tuple(item_ids), counts["added"], counts["known"], counts["left_removed"], counts["restored"])


def put_back(session: LabelingSession, item: LabelingItem, *, now_ms: int) -> LabelingItem:
    """Return an item that was removed as one that is not; what was reviewed of it counts as before."""
    return settled(session, replace(item, removed_ms=None, removed_by=None), now_ms=now_ms)
