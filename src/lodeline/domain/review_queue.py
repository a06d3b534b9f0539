"""Review queue: a labeling session whose items people tick off, while they log their judgments themselves.

It asks for one review an item, of whoever comes first. Its name is one that no other review queue of its experiment
has, in whatever case. A queue of kind USER is one person's own: its name is theirs, and all label schemas of the
experiment are theirs to answer. Tags of the session's run say that it is a queue, and whose.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from lodeline.domain.errors import Conflict, Invalid, TooLarge, shown
from lodeline.domain.experiment import check_name
from lodeline.domain.ids import RunId
from lodeline.domain.labeling import LabelingItem, LabelingSession, ReviewPolicy
from lodeline.domain.run import Run, RunDraft

QueueKind = Literal["USER", "CUSTOM"]
QUEUE_KINDS: tuple[QueueKind, ...] = ("USER", "CUSTOM")
QueueStatus = Literal["PENDING", "COMPLETE", "DECLINED"]
QUEUE_STATUSES: tuple[QueueStatus, ...] = ("PENDING", "COMPLETE", "DECLINED")

KIND_TAG = "lodeline.review_queue"
"""The tag of a run that says that it is a review queue, and of which kind."""
OWNER_TAG = "lodeline.review_queue.owner"
UNASKED_TAG = "lodeline.review_queue.unasked"
"""The tag of a queue that was made without label schemas: it has the experiment's default one, since every session
has one."""
UPDATED_TAG = "lodeline.review_queue.updated_ms"
RESERVED_NAME = "default"
MAX_USERS = 10
MAX_NAME = 250
POLICY = ReviewPolicy(max_declines=1, require_all_answers=False)


@dataclass(frozen=True, slots=True)
class ReviewQueueDraft:
    """What a new queue is made from. `schema_ids` are of label schemas of the experiment."""

    name: str
    kind: QueueKind
    users: tuple[str, ...] = ()
    schema_ids: tuple[str, ...] = ()
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class ReviewQueueChange:
    """A change of a queue: None leaves a field."""

    name: str | None = None
    users: tuple[str, ...] | None = None
    schema_ids: tuple[str, ...] | None = None
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class ReviewQueue:
    """One queue: the labeling session that it is, and what its tags say."""

    session: LabelingSession
    kind: QueueKind
    owner: str | None = None
    schema_ids: tuple[str, ...] = ()
    updated_ms: int = 0

    @property
    def queue_id(self) -> RunId:
        """The id of the session's run."""
        return self.session.run.run_id


@dataclass(frozen=True, slots=True)
class QueueItem:
    """A trace in a queue. `by` and `ended_ms` tell who ended it, and when; both are None while it is pending."""

    queue_id: RunId
    trace_id: str
    status: QueueStatus
    added_ms: int
    updated_ms: int
    by: str | None = None
    ended_ms: int | None = None


def queue_of(session: LabelingSession) -> ReviewQueue | None:
    """Return the queue that a labeling session is; None when it is none."""
    tags = session.run.tags
    kind: QueueKind | None = next((each for each in QUEUE_KINDS if each == tags.get(KIND_TAG)), None)
    if kind is None:
        return None
    asked = kind == "CUSTOM" and UNASKED_TAG not in tags
    updated = tags.get(UPDATED_TAG, "")
    return ReviewQueue(
        session=session,
        kind=kind,
        owner=tags.get(OWNER_TAG) or session.run.created_by,
        schema_ids=tuple(schema.schema_id for schema in session.schemas) if asked else (),
        updated_ms=int(updated) if updated.isdecimal() and len(updated) < 16 else session.run.start_ms,
    )


def queue_item_of(item: LabelingItem) -> QueueItem | None:
    """Return an item as a queue has it; None for one that is gone, and for one about something else than a trace."""
    trace_id = item.target.trace_id
    if item.target.kind != "TRACE" or trace_id is None or item.removed_ms is not None or item.state == "UNAVAILABLE":
        return None
    ends = [a for a in item.assignments if a.round == item.round and a.state in {"SUBMITTED", "DECLINED"}]
    done = item.state in {"COMPLETE", "DISPUTED", "ADJUDICATED"}
    status: QueueStatus = "COMPLETE" if done else "DECLINED" if item.state == "DECLINED" else "PENDING"
    last = ends[-1] if ends and status != "PENDING" else None
    moments = [item.added_ms, *(a.ended_ms for a in item.assignments if a.ended_ms is not None)]
    return QueueItem(
        queue_id=item.run_id,
        trace_id=trace_id,
        status=status,
        added_ms=item.added_ms,
        updated_ms=max(moments),
        by=None if last is None else last.reviewer,
        ended_ms=None if last is None else last.ended_ms,
    )


def queue_key(run: Run | RunDraft) -> str | None:
    """Return what no two queues of an experiment have in common; None for a run that is no queue."""
    return run.name.lower() if KIND_TAG in run.tags else None


def name_taken(name: str) -> Conflict:
    """Return the error for a name that another queue of the experiment has."""
    return Conflict(
        f"review queue {shown(name)} exists already, perhaps in other case; choose another name.",
        code="review_queue_name_taken",
        details={"name": name},
    )


def user_of(name: str) -> str:
    """Return the name of a user as queues keep it: without case and space around it."""
    return name.strip().lower()


def checked_draft(draft: ReviewQueueDraft) -> ReviewQueueDraft:
    """Return a draft with names as queues keep them; else Invalid or TooLarge, naming the field."""
    users = checked_users(draft.users)
    if draft.kind == "CUSTOM":
        return ReviewQueueDraft(checked_name(draft.name), "CUSTOM", users, _schemas(draft.schema_ids), draft.owner)
    name = check_name(user_of(draft.name), noun="name", most=MAX_NAME)
    if users not in {(), (name,)}:
        raise Invalid(
            f"users: a user's queue has one user, {shown(name)}, whose name it bears; leave them out.",
            details={"field": "users"},
        )
    if draft.schema_ids:
        raise Invalid(
            "schema_ids: a user's queue asks with all label schemas of the experiment; leave them out.",
            details={"field": "schema_ids"},
        )
    return ReviewQueueDraft(name, "USER", (name,), (), draft.owner)


def checked_name(name: str) -> str:
    """Return the name of a queue that is no user's; else Invalid or TooLarge."""
    found = check_name(name.strip(), noun="name", most=MAX_NAME)
    if found.lower() == RESERVED_NAME:
        raise Invalid.value("name", name, f"another name than {RESERVED_NAME!r}, which is reserved")
    return found


def checked_users(users: Sequence[str]) -> tuple[str, ...]:
    """Return users as queues keep them, each once; Invalid or TooLarge for what is none and for too many."""
    found = tuple(dict.fromkeys(check_name(user_of(each), noun="users", most=MAX_NAME) for each in users))
    if len(found) > MAX_USERS:
        raise TooLarge(f"users: {len(found)} are over the limit of {MAX_USERS} in one review queue.")
    return found


def _schemas(ids: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.strip() for each in ids))
