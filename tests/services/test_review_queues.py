"""Review queues: who may tick items off, and that a queue is a labeling session for everybody else."""

from collections.abc import Iterator

import pytest

from lodeline.auth.actor import LOCAL, Actor
from lodeline.domain.errors import Conflict, Forbidden, Invalid, NotFound
from lodeline.domain.ids import AccountId, RunId
from lodeline.domain.label_schema import LabelInput, LabelSchemaDraft
from lodeline.domain.labeling import LabelingDraft
from lodeline.domain.review_queue import ReviewQueue, ReviewQueueChange, ReviewQueueDraft
from lodeline.domain.run import RunChange, RunDraft
from lodeline.services.bundle import Services
from tests.contract.build import span, write
from tests.services.bundled import make, services_over

EDITOR = Actor("account", "eve", AccountId("acc-1"), role="editor")
VIEWER = Actor("account", "vic", AccountId("acc-2"), role="viewer")
ANN = Actor("account", "ann", AccountId("acc-3"), role="reviewer")
BEN = Actor("account", "ben", AccountId("acc-4"), role="reviewer")


@pytest.fixture
def services() -> Iterator[Services]:
    with services_over() as opened:
        home = make(opened, "home").experiment_id
        traces = [write(f"tr-{n}", span("root"), experiment=home) for n in (1, 2)]
        opened.stores.traces.write(traces)
        yield opened


def queue(services: Services, name: str = "q", *, users: tuple[str, ...] = ("ann",)) -> ReviewQueue:
    made = services.review_queues.create(EDITOR, "home", ReviewQueueDraft(name, "CUSTOM", users))
    services.review_queues.add_traces(EDITOR, made.queue_id, ["tr-1", "tr-2"])
    return made


def test_a_queue_is_a_labeling_session_that_its_users_see(services: Services) -> None:
    made = queue(services)
    (seen,) = services.reviews.sessions(ANN).items
    assert (seen.run_id, seen.name, seen.items_open) == (made.queue_id, "q", 2)
    taken = services.reviews.next(ANN, made.queue_id).item
    assert taken is not None
    services.review_queues.set_status(EDITOR, made.queue_id, "tr-1", "COMPLETE", "ann")
    assert services.labeling.get(EDITOR, made.queue_id).counts == {"COMPLETE": 1, "PENDING": 1}


def test_who_may_tick_off(services: Services) -> None:
    made = queue(services)
    done = services.review_queues.set_status(ANN, made.queue_id, "tr-1", "DECLINED", "ann")
    assert (done.status, done.by) == ("DECLINED", "ann")
    with pytest.raises(NotFound):
        services.review_queues.set_status(BEN, made.queue_id, "tr-1", "COMPLETE", "ben")
    with pytest.raises(Forbidden):
        services.review_queues.set_status(VIEWER, made.queue_id, "tr-1", "COMPLETE", "vic")
    with pytest.raises(Forbidden):
        services.review_queues.create(VIEWER, "home", ReviewQueueDraft("other", "CUSTOM"))
    assert [each.queue_id for each in services.review_queues.list(VIEWER, "home")] == [made.queue_id]


def test_a_users_own_queue_is_made_once(services: Services) -> None:
    first = services.review_queues.get_or_create_user(EDITOR, "home", "Ann")
    assert services.review_queues.get_or_create_user(EDITOR, "home", "ann ") == first
    assert (first.kind, first.session.run.name, first.schema_ids) == ("USER", "ann", ())
    with pytest.raises(Invalid):
        services.review_queues.update(EDITOR, first.queue_id, ReviewQueueChange(name="b"))
    queue(services, "carl")
    with pytest.raises(Conflict):
        services.review_queues.get_or_create_user(EDITOR, "home", "carl")


def test_what_is_asked_stays_while_there_are_items(services: Services) -> None:
    schema = services.label_schemas.create(LOCAL, "home", LabelSchemaDraft("tone", "FEEDBACK", LabelInput("text")))
    made = queue(services)
    asked = ReviewQueueChange(schema_ids=(schema.schema_id,))
    with pytest.raises(Invalid):
        services.review_queues.update(EDITOR, made.queue_id, asked)
    services.review_queues.remove_traces(EDITOR, made.queue_id, ["tr-1", "tr-2", "tr-unknown"])
    assert services.review_queues.update(EDITOR, made.queue_id, asked).schema_ids == (schema.schema_id,)
    with pytest.raises(Invalid):
        services.review_queues.update(EDITOR, made.queue_id, ReviewQueueChange(schema_ids=("ls-none",)))


def test_other_labeling_sessions_are_no_queues(services: Services) -> None:
    made = queue(services)
    services.review_queues.delete(EDITOR, made.queue_id)
    for missing in (made.queue_id, RunId("rq-none")):
        with pytest.raises(NotFound):
            services.review_queues.get(EDITOR, missing)
        with pytest.raises(NotFound):
            services.review_queues.delete(EDITOR, missing)
    assert services.review_queues.list(EDITOR, "home") == []
    queue(services)


@pytest.mark.parametrize("tag", ["lodeline.review_queue", "lodeline.review_queue.owner"])
def test_what_makes_a_run_a_queue_is_set_by_making_one(services: Services, tag: str) -> None:
    made = queue(services)
    draft = LabelingDraft(RunDraft("labels", tags={tag: "CUSTOM"}), ())
    plain = services.runs.create(EDITOR, "home", RunDraft("plain")).run_id
    for call in (
        lambda: services.runs.create(EDITOR, "home", RunDraft("run", tags={tag: "CUSTOM"})),
        lambda: services.runs.update(EDITOR, plain, RunChange(set_tags={tag: "CUSTOM"})),
        lambda: services.runs.update(EDITOR, made.queue_id, RunChange(delete_tags=(tag,))),
        lambda: services.labeling.create(EDITOR, "home", draft, ["Feedback"]),
    ):
        with pytest.raises(Invalid, match="says that a run is a review queue") as caught:
            call()
        assert caught.value.error_code == "reserved_tag"
    other = RunChange(set_tags={"lodeline.review_queues": "mine"})
    assert services.runs.update(EDITOR, plain, other).tags == {"lodeline.review_queues": "mine"}
    changed = services.review_queues.update(EDITOR, made.queue_id, ReviewQueueChange(owner="eve"))
    assert changed.owner == "eve"
