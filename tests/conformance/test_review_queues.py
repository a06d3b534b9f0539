"""Review queues, through the client's store."""

from collections.abc import Callable

import pytest
from mlflow import MlflowClient
from mlflow.genai.label_schemas.label_schemas import InputText
from mlflow.genai.review_queues import ReviewQueue
from mlflow.store.tracking.rest_store import RestStore

from tests.conformance.errors import refused


@pytest.fixture
def queue(store: RestStore, experiment: str) -> ReviewQueue:
    """Give a queue of two users."""
    return store.create_review_queue(experiment, name="My queue", queue_type="custom", users=["Ann ", "ben", "ann"])


def statuses(store: RestStore, queue: ReviewQueue) -> dict[str, tuple[str, str | None]]:
    found = store.list_review_queue_items(queue.queue_id)
    return {item.item_id: (str(item.status), item.completed_by) for item in found}


def test_a_queue_reads_back(store: RestStore, experiment: str, queue: ReviewQueue) -> None:
    assert queue.queue_id.startswith("rq-")
    for found in (
        queue, store.get_review_queue(queue.queue_id), store.get_review_queue_by_name(experiment, name="MY QUEUE"),
    ):  # fmt: skip
        assert (found.queue_id, found.name, str(found.queue_type)) == (queue.queue_id, "My queue", "custom")
        assert sorted(found.users) == ["ann", "ben"]
        assert (list(found.schema_ids), found.experiment_id) == ([], experiment)


def test_names_differ_in_more_than_case(store: RestStore, experiment: str, queue: ReviewQueue) -> None:
    with refused("RESOURCE_ALREADY_EXISTS"):
        store.create_review_queue(experiment, name="my QUEUE", queue_type="custom")
    with refused("INVALID_PARAMETER_VALUE"):
        store.create_review_queue(experiment, name="Default", queue_type="custom")
    other = store.create_review_queue(experiment, name="other", queue_type="custom")
    with refused("RESOURCE_ALREADY_EXISTS"):
        store.update_review_queue(other.queue_id, name="my queue")
    store.delete_review_queue(queue.queue_id)
    assert store.update_review_queue(other.queue_id, name="my queue").name == "my queue"


def test_a_users_own_queue(store: RestStore, experiment: str, queue: ReviewQueue) -> None:
    mine = store.get_or_create_user_queue(experiment, user="Carl")
    assert (mine.name, list(mine.users), str(mine.queue_type)) == ("carl", ["carl"], "user")
    assert store.get_or_create_user_queue(experiment, user=" carl").queue_id == mine.queue_id
    with refused("RESOURCE_ALREADY_EXISTS"):
        store.get_or_create_user_queue(experiment, user="my queue")
    with refused("INVALID_PARAMETER_VALUE"):
        store.update_review_queue(mine.queue_id, users=["dan"])
    with refused("INVALID_PARAMETER_VALUE"):
        store.create_review_queue(experiment, name="dan", queue_type="user", users=["eve"])


def test_lists(store: RestStore, experiment: str, queue: ReviewQueue, traced: Callable[..., str]) -> None:
    mine = store.get_or_create_user_queue(experiment, user="carl")
    trace_id = traced()
    store.add_items_to_review_queue(queue.queue_id, item_ids=[trace_id])
    ids = [found.queue_id for found in store.list_review_queues(experiment)]
    assert sorted(ids) == sorted([mine.queue_id, queue.queue_id])
    assert [found.queue_id for found in store.list_review_queues(experiment, user="ANN")] == [queue.queue_id]
    assert [found.queue_id for found in store.list_review_queues(experiment, item_id=trace_id)] == [queue.queue_id]
    first = store.list_review_queues(experiment, max_results=1)
    second = store.list_review_queues(experiment, max_results=1, page_token=first.token)
    assert [first[0].queue_id, second[0].queue_id] == ids
    assert not second.token


def test_items_are_added_once_and_removed(
    store: RestStore, experiment: str, queue: ReviewQueue, traced: Callable[..., str]
) -> None:
    one, two = traced("one"), traced("two")
    added = store.add_items_to_review_queue(queue.queue_id, item_ids=[one, two, one])
    assert [(item.item_id, str(item.status)) for item in added] == [(one, "pending"), (two, "pending")]
    store.set_review_queue_item_status(queue.queue_id, item_id=one, status="complete", completed_by="ann")
    store.add_items_to_review_queue(queue.queue_id, item_ids=[one])
    assert statuses(store, queue) == {one: ("complete", "ann"), two: ("pending", None)}
    with refused("RESOURCE_DOES_NOT_EXIST"):
        store.add_items_to_review_queue(queue.queue_id, item_ids=["tr-none"])
    with refused("INVALID_PARAMETER_VALUE"):
        store.add_items_to_review_queue(queue.queue_id, item_ids=[])
    store.remove_items_from_review_queue(queue.queue_id, item_ids=[one, "tr-none"])
    assert statuses(store, queue) == {two: ("pending", None)}
    store.add_items_to_review_queue(queue.queue_id, item_ids=[one])
    assert statuses(store, queue)[one] == ("pending", None)


def test_statuses(store: RestStore, queue: ReviewQueue, traced: Callable[..., str]) -> None:
    trace_id = traced()
    store.add_items_to_review_queue(queue.queue_id, item_ids=[trace_id])

    def mark(status: str, by: str | None = None) -> tuple[str, str | None]:
        done = store.set_review_queue_item_status(queue.queue_id, item_id=trace_id, status=status, completed_by=by)
        assert (done.completed_time_ms is None) == (by is None)
        assert statuses(store, queue) == {trace_id: (str(done.status), done.completed_by)}
        return str(done.status), done.completed_by

    assert mark("complete", "Ann") == ("complete", "ann")
    assert mark("complete", "ben") == ("complete", "ann")
    assert mark("declined", "stranger") == ("declined", "stranger")
    assert mark("pending") == ("pending", None)
    assert mark("complete", "ben") == ("complete", "ben")
    for status, by in (("complete", None), ("pending", "ann")):
        with refused("INVALID_PARAMETER_VALUE"):
            store.set_review_queue_item_status(queue.queue_id, item_id=trace_id, status=status, completed_by=by)
    with refused("RESOURCE_DOES_NOT_EXIST"):
        store.set_review_queue_item_status(queue.queue_id, item_id="tr-none", status="complete", completed_by="ann")


def test_items_by_status_and_page(store: RestStore, queue: ReviewQueue, traced: Callable[..., str]) -> None:
    ids = [traced(str(number)) for number in range(3)]
    for trace_id in ids:
        store.add_items_to_review_queue(queue.queue_id, item_ids=[trace_id])
    store.set_review_queue_item_status(queue.queue_id, item_id=ids[1], status="declined", completed_by="ann")
    declined = store.list_review_queue_items(queue.queue_id, status="declined")
    assert [item.item_id for item in declined] == [ids[1]]
    first = store.list_review_queue_items(queue.queue_id, max_results=2)
    rest = store.list_review_queue_items(queue.queue_id, max_results=2, page_token=first.token)
    assert (len(first), len(rest), bool(rest.token)) == (2, 1, False)
    assert sorted(item.item_id for item in [*first, *rest]) == sorted(ids)


def test_a_deleted_trace_is_no_item(
    store: RestStore, client: MlflowClient, experiment: str, queue: ReviewQueue, traced: Callable[..., str]
) -> None:
    one, two = traced("one"), traced("two")
    store.add_items_to_review_queue(queue.queue_id, item_ids=[one, two])
    client.delete_traces(experiment, trace_ids=[one])
    assert statuses(store, queue) == {two: ("pending", None)}


def test_changes(store: RestStore, experiment: str, queue: ReviewQueue, traced: Callable[..., str]) -> None:
    schema = store.create_label_schema(experiment, name="tone", type="feedback", input=InputText())
    changed = store.update_review_queue(queue.queue_id, users=["carl"], schema_ids=[schema.schema_id])
    assert (list(changed.users), list(changed.schema_ids)) == (["carl"], [schema.schema_id])
    assert store.update_review_queue(queue.queue_id, new_owner="Boss").created_by == "Boss"
    assert list(store.update_review_queue(queue.queue_id, users=[]).users) == []
    store.add_items_to_review_queue(queue.queue_id, item_ids=[traced()])
    with refused("INVALID_PARAMETER_VALUE"):
        store.update_review_queue(queue.queue_id, schema_ids=[])
    assert list(store.get_review_queue(queue.queue_id).schema_ids) == [schema.schema_id]
    with refused("RESOURCE_DOES_NOT_EXIST"):
        store.update_review_queue("rq-none", name="x")


def test_deleting_again_is_fine(store: RestStore, experiment: str, queue: ReviewQueue) -> None:
    for _ in range(2):
        store.delete_review_queue(queue.queue_id)
    with refused("RESOURCE_DOES_NOT_EXIST"):
        store.get_review_queue(queue.queue_id)
    with refused("RESOURCE_DOES_NOT_EXIST"):
        store.get_review_queue_by_name(experiment, name="my queue")
    assert list(store.list_review_queues(experiment)) == []


def test_refusals(store: RestStore, experiment: str) -> None:
    with refused("RESOURCE_DOES_NOT_EXIST"):
        store.create_review_queue("2000000000", name="q", queue_type="custom")
    with refused("RESOURCE_DOES_NOT_EXIST"):
        store.list_review_queues("2000000000")
    with refused("INVALID_PARAMETER_VALUE"):
        store.create_review_queue(experiment, name="q", queue_type="custom", users=[f"u{n}" for n in range(11)])
    with refused("INVALID_PARAMETER_VALUE"):
        store.create_review_queue(experiment, name="q", queue_type="custom", schema_ids=["ls-none"])
