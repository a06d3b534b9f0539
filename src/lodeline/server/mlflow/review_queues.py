"""Review queues: traces that people are to look at, which they tick off."""

from lodeline.domain.errors import NotFound
from lodeline.domain.ids import RunId
from lodeline.domain.page import MAX_LIMIT
from lodeline.domain.review_queue import (
    QUEUE_KINDS,
    QUEUE_STATUSES,
    QueueItem,
    QueueKind,
    QueueStatus,
    ReviewQueue,
    ReviewQueueChange,
    ReviewQueueDraft,
)
from lodeline.server.mlflow.endpoint import Call, Endpoint
from lodeline.server.mlflow.experiments import experiment_of
from lodeline.server.mlflow.fields import Fields, one_of
from lodeline.server.mlflow.paging import collected, max_results, offset_page
from lodeline.server.mlflow.wire import Reply, message, page_token
from lodeline.services.listing import ListQuery

_DEFAULT_RESULTS = 1_000
_MOST_RESULTS = 50_000
_TRACE = "TRACE"


def queue_message(queue: ReviewQueue) -> dict[str, object]:
    """Return a queue as MLflow writes it."""
    run = queue.session.run
    return message(
        queue_id=queue.queue_id,
        experiment_id=run.experiment_id,
        name=run.name,
        queue_type=queue.kind,
        created_by=queue.owner,
        creation_time_ms=run.start_ms,
        last_update_time_ms=queue.updated_ms,
        users=queue.session.reviewers,
        schema_ids=queue.schema_ids,
    )


def create(call: Call) -> Reply:
    """Make a queue; RESOURCE_ALREADY_EXISTS when the experiment has one of the name, in whatever case."""
    fields = call.fields
    kind: QueueKind = one_of(fields, "queue_type", QUEUE_KINDS)
    draft = ReviewQueueDraft(fields.needed("name"), kind, fields.texts("users"), fields.texts("schema_ids"))
    return _told(call.services.review_queues.create(call.actor, experiment_of(call), draft))


def get_or_create_user(call: Call) -> Reply:
    """Return a user's own queue, which is made when there is none."""
    user = call.fields.needed("user")
    return _told(call.services.review_queues.get_or_create_user(call.actor, experiment_of(call), user))


def get(call: Call) -> Reply:
    """Return a queue."""
    return _told(call.services.review_queues.get(call.actor, _queue_id(call)))


def get_by_name(call: Call) -> Reply:
    """Return the queue of a name, in whatever case."""
    return _told(call.services.review_queues.find(call.actor, experiment_of(call), call.fields.needed("name")))


def list_queues(call: Call) -> Reply:
    """List the queues of an experiment, newest first: all, those of a user, or those that have a trace."""
    fields = call.fields
    limit = max_results(fields, default=_DEFAULT_RESULTS, most=_MOST_RESULTS)
    found = call.services.review_queues.list(
        call.actor, experiment_of(call), user=fields.text("user"), trace_id=fields.text("item_id")
    )
    page, token = offset_page(found, fields, limit)
    return message(review_queues=[queue_message(each) for each in page], next_page_token=token)


def update(call: Call) -> Reply:
    """Change a queue; lists are replaced where their flag says so."""
    fields = call.fields
    change = ReviewQueueChange(
        name=fields.text("name"),
        users=fields.texts("users") if fields.boolean("update_users") else None,
        schema_ids=fields.texts("schema_ids") if fields.boolean("update_schema_ids") else None,
        owner=fields.text("new_owner"),
    )
    return _told(call.services.review_queues.update(call.actor, _queue_id(call), change))


def delete(call: Call) -> Reply:
    """Delete a queue; one that there is not is deleted already."""
    try:
        call.services.review_queues.delete(call.actor, _queue_id(call))
    except NotFound as error:
        if error.details.get("noun") != "review queue":
            raise
    return {}


def add_items(call: Call) -> Reply:
    """Add traces of the queue's experiment; those that are there stay as they are."""
    if call.fields.has("item_type"):
        one_of(call.fields, "item_type", (_TRACE, "REVIEW_ITEM_TYPE_UNSPECIFIED"))
    found = call.services.review_queues.add_traces(call.actor, _queue_id(call), call.fields.texts("item_ids"))
    return message(items=[_item_message(item) for item in found])


def remove_items(call: Call) -> Reply:
    """Take traces out of a queue; those that are not in it are out already."""
    call.services.review_queues.remove_traces(call.actor, _queue_id(call), call.fields.texts("item_ids"))
    return {}


def list_items(call: Call) -> Reply:
    """List the items of a queue, newest added first."""
    fields, queues, queue_id = call.fields, call.services.review_queues, _queue_id(call)
    limit = max_results(fields, default=_DEFAULT_RESULTS, most=_MOST_RESULTS)
    page = collected(
        lambda asked: queues.items(
            call.actor, queue_id, status=_status(fields), limit=asked.limit, cursor=asked.cursor
        ),
        ListQuery(limit=min(limit, MAX_LIMIT), cursor=fields.text("page_token") or None),
        limit,
    )
    return message(items=[_item_message(item) for item in page.items], next_page_token=page_token(page.cursor))


def set_status(call: Call) -> Reply:
    """Say what became of a trace, and who says so."""
    fields, queue_id = call.fields, _queue_id(call)
    trace_id = fields.needed("item_id")
    fields.needed("status")
    marked = call.services.review_queues.set_status(
        call.actor, queue_id, trace_id, _status(fields) or "PENDING", fields.text("completed_by")
    )
    return {"item": _item_message(marked)}


def _told(queue: ReviewQueue) -> Reply:
    return {"review_queue": queue_message(queue)}


def _item_message(item: QueueItem) -> dict[str, object]:
    return message(
        queue_id=item.queue_id,
        item_type=_TRACE,
        item_id=item.trace_id,
        status=item.status,
        completed_by=item.by,
        completed_time_ms=item.ended_ms,
        creation_time_ms=item.added_ms,
        last_update_time_ms=item.updated_ms,
    )


def _queue_id(call: Call) -> RunId:
    return RunId(call.fields.needed("queue_id"))


def _status(fields: Fields) -> QueueStatus | None:
    if not fields.has("status"):
        return None
    status: QueueStatus = one_of(fields, "status", QUEUE_STATUSES)
    return status


_ROOT = "3.0/mlflow/review-queues"
ENDPOINTS = (
    Endpoint("POST", f"{_ROOT}/create", create),
    Endpoint("POST", f"{_ROOT}/get-or-create-user", get_or_create_user),
    Endpoint("GET", f"{_ROOT}/get", get),
    Endpoint("GET", f"{_ROOT}/get-by-name", get_by_name),
    Endpoint("GET", f"{_ROOT}/list", list_queues),
    Endpoint("POST", f"{_ROOT}/update", update),
    Endpoint("POST", f"{_ROOT}/delete", delete),
    Endpoint("POST", f"{_ROOT}/items/add", add_items),
    Endpoint("POST", f"{_ROOT}/items/remove", remove_items),
    Endpoint("GET", f"{_ROOT}/items/list", list_items),
    Endpoint("POST", f"{_ROOT}/items/set-status", set_status),
)
