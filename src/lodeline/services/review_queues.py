"""Review queues: labeling sessions whose items people tick off; see `domain.review_queue`."""

from collections.abc import Mapping, Sequence

from lodeline.auth.actor import Actor
from lodeline.auth.policy import ExperimentAction
from lodeline.domain.clock import Clock, system_clock
from lodeline.domain.errors import Conflict, Invalid, NotFound
from lodeline.domain.experiment import check_name
from lodeline.domain.ids import RunId, TraceId, new_hex
from lodeline.domain.label_schema import DEFAULT_NAME, LabelSchemaId
from lodeline.domain.labeling import (
    ItemDraft,
    ItemFilter,
    ItemId,
    ItemState,
    LabelingChange,
    LabelingDraft,
    LabelingSession,
    ReviewTarget,
    item_id_of,
)
from lodeline.domain.page import MAX_LIMIT, Page, check_limit
from lodeline.domain.review_events import Mark, Remove, Reviewer
from lodeline.domain.review_queue import (
    KIND_TAG,
    MAX_NAME,
    OWNER_TAG,
    POLICY,
    UNASKED_TAG,
    UPDATED_TAG,
    QueueItem,
    QueueStatus,
    ReviewQueue,
    ReviewQueueChange,
    ReviewQueueDraft,
    checked_draft,
    checked_name,
    checked_users,
    queue_item_of,
    queue_of,
    user_of,
)
from lodeline.domain.run import RunDraft
from lodeline.services.audit import audit_entry
from lodeline.services.experiment_scope import ExperimentScope
from lodeline.services.label_schemas import LabelSchemaService
from lodeline.services.labeling import LabelingService
from lodeline.services.labeling_items import LabelingItemService
from lodeline.services.reviewers import check_sees
from lodeline.services.runs import RunService
from lodeline.storage.base import Stores


class ReviewQueueService:
    """Use cases of review queues. Permissions are those of labeling sessions; to tick an item off is to review."""

    def __init__(
        self,
        stores: Stores,
        scope: ExperimentScope,
        clock: Clock = system_clock,
        *,
        sessions: LabelingService,
        items: LabelingItemService,
        schemas: LabelSchemaService,
        runs: RunService,
    ) -> None:
        self._stores = stores
        self._scope = scope
        self._sessions = sessions
        self._items = items
        self._schemas = schemas
        self._runs = runs
        self._clock = clock

    def create(self, actor: Actor, experiment: str, draft: ReviewQueueDraft) -> ReviewQueue:
        """Make a queue in an experiment (id or name), open at once. Conflict when its name is taken."""
        checked = checked_draft(draft)
        asked = self._asked(actor, experiment, checked.schema_ids)
        tags = {KIND_TAG: checked.kind}
        if checked.kind == "USER":
            asked = [schema.schema_id for schema in self._schemas.list(actor, experiment)]
        elif not checked.schema_ids:
            tags[UNASKED_TAG] = "true"
        if checked.owner:
            tags[OWNER_TAG] = checked.owner
        run = RunDraft(checked.name, tags=tags, run_id=RunId(new_hex("rq-")))
        session = LabelingDraft(run, (), reviewers=checked.users, policy=POLICY, state="OPEN")
        return _queue(self._sessions.create_tagged(actor, experiment, session, asked))

    def get_or_create_user(self, actor: Actor, experiment: str, user: str) -> ReviewQueue:
        """Return a user's own queue, which is made when there is none; whoever asks at the same time gets the same.
        Conflict when another queue has the name."""
        name = user_of(user)
        try:
            return self.create(actor, experiment, ReviewQueueDraft(name, "USER", owner=name))
        except Conflict as error:
            if error.error_code != "review_queue_name_taken":
                raise
            found = self.find(actor, experiment, name)
            if found.kind != "USER":
                raise
            return found

    def get(self, actor: Actor, queue_id: RunId, action: ExperimentAction = "labeling.read") -> ReviewQueue:
        """Return one; NotFound when it is unknown, out of reach, deleted or no queue."""
        missing = NotFound.of("review queue", queue_id)
        try:
            session = self._sessions.get(actor, queue_id, action)
        except NotFound as error:
            raise missing from error
        found = queue_of(session)
        if found is None or session.run.lifecycle == "DELETED":
            raise missing
        return found

    def find(self, actor: Actor, experiment: str, name: str) -> ReviewQueue:
        """Return the queue of a name, in whatever case; NotFound when there is none."""
        wanted = name.strip().lower()
        for queue in self._every(actor, experiment, None):
            if queue.session.run.name.lower() == wanted:
                return queue
        raise NotFound.of("review queue", name)

    def list(
        self, actor: Actor, experiment: str, *, user: str | None = None, trace_id: str | None = None
    ) -> Sequence[ReviewQueue]:
        """Return the queues of an experiment, newest first: all, those of a user, or those that have a trace."""
        found = self._every(actor, experiment, None if user is None else user_of(user))
        if trace_id is None:
            return found
        held = self._stores.reviews.of_traces([TraceId(trace_id)]).get(TraceId(trace_id), ())
        having = {item.run_id for item in held}
        return [queue for queue in found if queue.queue_id in having]

    def update(self, actor: Actor, queue_id: RunId, change: ReviewQueueChange) -> ReviewQueue:
        """Change a queue. Invalid for a user's own, and for other label schemas once it has items."""
        found = self.get(actor, queue_id, "labeling.write")
        if found.kind == "USER":
            raise Invalid("a user's own review queue is not changed; make another queue.", code="user_queue")
        if change == ReviewQueueChange():
            return found
        if change.schema_ids is not None and self._has_items(queue_id):
            raise Invalid(
                "schema_ids: the queue has items already, and what is asked about them stays; remove them first.",
                details={"field": "schema_ids"},
            )
        asked = None if change.schema_ids is None else self._asked(
            actor, found.session.run.experiment_id, change.schema_ids
        )  # fmt: skip
        owner = None if change.owner is None else check_name(change.owner.strip(), noun="new_owner", most=MAX_NAME)
        self._sessions.update(
            actor,
            queue_id,
            LabelingChange(
                name=None if change.name is None else checked_name(change.name),
                reviewers=None if change.users is None else checked_users(change.users),
            ),
            schemas=asked,
        )
        tags = {UPDATED_TAG: str(self._clock.now_ms())}
        if owner is not None:
            tags[OWNER_TAG] = owner
        if change.schema_ids == ():
            tags[UNASKED_TAG] = "true"
        gone = (UNASKED_TAG,) if change.schema_ids and UNASKED_TAG in found.session.run.tags else ()
        self._runs.set_own_tags(actor, queue_id, tags, gone)
        return self.get(actor, queue_id)

    def delete(self, actor: Actor, queue_id: RunId) -> None:
        """Take a queue out of lists, and free its name; judgments stay. NotFound when there is none."""
        found = self.get(actor, queue_id, "labeling.write")
        self._runs.delete(actor, found.queue_id)

    def add_traces(self, actor: Actor, queue_id: RunId, trace_ids: Sequence[str]) -> Sequence[QueueItem]:
        """Add traces of the queue's experiment, and return their items in order; one that is there stays as it is.
        NotFound names a trace that is not one of the experiment; then none is added."""
        self.get(actor, queue_id, "labeling.write")
        targets = [ReviewTarget("TRACE", trace_id=each) for each in _ids(trace_ids)]
        self._items.add(actor, queue_id, [ItemDraft(target) for target in targets])
        found = (queue_item_of(self._items.get(actor, item_id_of(queue_id, target))) for target in targets)
        return [item for item in found if item is not None]

    def remove_traces(self, actor: Actor, queue_id: RunId, trace_ids: Sequence[str]) -> None:
        """Take traces out of a queue, those that are in it; added again they are pending."""
        self.get(actor, queue_id, "labeling.write")
        for trace_id in _ids(trace_ids):
            try:
                self._mark(actor, queue_id, trace_id, Mark(Reviewer(""), "PENDING"), "labeling.remove_item")
            except NotFound:
                continue
            self._act(actor, _item_id(queue_id, trace_id), Remove(actor.author), "labeling.remove_item")

    def items(
        self, actor: Actor, queue_id: RunId, *, status: QueueStatus | None = None, limit: int,
        cursor: str | None = None,
    ) -> Page[QueueItem]:  # fmt: skip
        """List the items of a queue, newest added first."""
        self.get(actor, queue_id)
        which = ItemFilter(() if status is None else _STATES[status], newest_first=True)
        page = self._stores.reviews.items(queue_id, which, limit=check_limit(limit), cursor=cursor or None)
        found = (queue_item_of(item) for item in page.items)
        return Page(tuple(item for item in found if item is not None), page.cursor)

    def set_status(
        self, actor: Actor, queue_id: RunId, trace_id: str, status: QueueStatus, by: str | None = None
    ) -> QueueItem:
        """Say what became of a trace, and who says so (`by`; nobody for PENDING). The status that it has already
        changes nothing. NotFound when it is not in the queue."""
        check_sees(actor, self.get(actor, queue_id, "labeling.review").session)
        name = None if by is None else user_of(by)
        if status == "PENDING" and name is not None:
            raise Invalid("completed_by: an item that is pending is nobody's; leave it out.")
        if status != "PENDING" and not name:
            raise Invalid(f"completed_by: say who makes the item {status}.", details={"field": "completed_by"})
        who = Reviewer("" if not name else check_name(name, noun="completed_by", most=MAX_NAME), name == actor.author)
        return self._mark(actor, queue_id, TraceId(trace_id.strip()), Mark(who, status), "review.mark")

    def _mark(self, actor: Actor, queue_id: RunId, trace_id: TraceId, event: Mark, action: str) -> QueueItem:
        item_id = _item_id(queue_id, trace_id)
        missing = NotFound.of("item of this review queue", trace_id)
        try:
            found = self._stores.reviews.get(item_id)
        except NotFound as error:
            raise missing from error
        if found.run_id != queue_id or queue_item_of(found) is None:
            raise missing
        marked = self._act(actor, item_id, event, action)
        if marked is None:
            raise missing
        return marked

    def _act(self, actor: Actor, item_id: ItemId, event: Mark | Remove, action: str) -> QueueItem | None:
        found = self._stores.reviews.get(item_id)
        session = self._stores.labeling.get(found.run_id)
        now_ms = self._clock.now_ms()
        audit = audit_entry(
            actor, action, item_id, at_ms=now_ms, experiment_id=session.run.experiment_id,
            details={"session": session.run.run_id},
        )  # fmt: skip
        return queue_item_of(self._stores.reviews.act(item_id, event, now_ms=now_ms, audit=audit))

    def _asked(self, actor: Actor, experiment: str, schema_ids: Sequence[str]) -> Sequence[str]:
        """Return the label schemas that a queue asks with; Invalid names one that the experiment does not have."""
        present = {schema.schema_id for schema in self._schemas.list(actor, experiment)}
        for each in schema_ids:
            if LabelSchemaId(each) not in present:
                raise Invalid.value("schema_ids", each, "the id of a label schema of the queue's experiment")
        return schema_ids or (DEFAULT_NAME,)

    def _every(self, actor: Actor, experiment: str, user: str | None) -> Sequence[ReviewQueue]:
        holder = self._scope.one(actor, "labeling.read", experiment)
        found: list[LabelingSession] = []
        cursor: str | None = None
        while True:
            page = self._stores.labeling.list([holder.experiment_id], reviewer=user, limit=MAX_LIMIT, cursor=cursor)
            found += page.items
            cursor = page.cursor
            if cursor is None:
                break
        return [queue for queue in map(queue_of, found) if queue is not None]

    def _has_items(self, queue_id: RunId) -> bool:
        return bool(self._stores.reviews.items(queue_id, ItemFilter(_THERE), limit=1).items)


def _item_id(queue_id: RunId, trace_id: TraceId) -> ItemId:
    return item_id_of(queue_id, ReviewTarget("TRACE", trace_id=trace_id))


def _ids(trace_ids: Sequence[str]) -> Sequence[TraceId]:
    """Return ids without space around them, each once; Invalid when there are none."""
    found = tuple(dict.fromkeys(TraceId(each.strip()) for each in trace_ids))
    if not found or "" in found:
        raise Invalid("item_ids: give the ids of traces, at least one.", details={"field": "item_ids"})
    return found


_STATES: Mapping[QueueStatus, tuple[ItemState, ...]] = {
    "PENDING": ("PENDING", "IN_REVIEW"),
    "COMPLETE": ("COMPLETE", "DISPUTED", "ADJUDICATED"),
    "DECLINED": ("DECLINED",),
}
_THERE: tuple[ItemState, ...] = tuple(state for states in _STATES.values() for state in states)


def _queue(session: LabelingSession) -> ReviewQueue:
    found = queue_of(session)
    assert found is not None  # noqa: S101  # it was made with the tag
    return found
