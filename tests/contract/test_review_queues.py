"""Review queues in stores: names that no two of an experiment have, and items that are ticked off."""

import pytest

from lodeline.domain.errors import Conflict
from lodeline.domain.ids import ExperimentId, RunId, TraceId
from lodeline.domain.labeling import (
    ItemDraft,
    ItemFilter,
    LabelingChange,
    LabelingDraft,
    LabelingSession,
    ReviewTarget,
)
from lodeline.domain.review_events import Claim, Mark, Reviewer
from lodeline.domain.review_queue import KIND_TAG, POLICY, QueueItem, QueueStatus, queue_item_of
from lodeline.domain.run import RunChange, RunDraft
from lodeline.storage.base import Stores
from tests.contract.build import T0_MS, audit, make_experiment, span, write
from tests.contract.reviewing import GOOD, ZERO


def make(stores: Stores, name: str, *, experiment: ExperimentId = ZERO, queue: bool = True) -> LabelingSession:
    draft = LabelingDraft(
        RunDraft(name, tags={KIND_TAG: "CUSTOM"} if queue else {}), (GOOD,), policy=POLICY, state="OPEN"
    )
    return stores.labeling.create(experiment, draft, now_ms=T0_MS, audit=audit("labeling.create"))


def rename(stores: Stores, run_id: RunId, name: str) -> LabelingSession:
    return stores.labeling.change(run_id, LabelingChange(name=name), now_ms=T0_MS, audit=audit("labeling.update"))


def test_no_two_queues_of_an_experiment_have_one_name(stores: Stores) -> None:
    first = make(stores, "Ärzte").run.run_id
    with pytest.raises(Conflict) as caught:
        make(stores, "ärzte")
    assert caught.value.error_code == "review_queue_name_taken"
    make(stores, "ärzte", queue=False)
    make(stores, "ärzte", experiment=make_experiment(stores, "other").experiment_id)
    assert rename(stores, first, "ÄRZTE").run.name == "ÄRZTE"
    second = make(stores, "nurses").run.run_id
    with pytest.raises(Conflict):
        rename(stores, second, "ärzte")
    stores.runs.update(first, RunChange(lifecycle="DELETED"), now_ms=T0_MS, audit=audit("run.delete"))
    assert rename(stores, second, "ärzte").run.name == "ärzte"


def test_items_are_listed_newest_first(stores: Stores) -> None:
    queue = make(stores, "q").run.run_id
    ids = [f"tr-{number}" for number in range(5)]
    stores.traces.write([write(each, span("root")) for each in ids])
    drafts = [ItemDraft(ReviewTarget("TRACE", trace_id=TraceId(each))) for each in ids]
    stores.reviews.add_items(queue, drafts, by=None, now_ms=T0_MS, audit=audit("labeling.add_items"))
    found: list[str | None] = []
    cursor = None
    while True:
        page = stores.reviews.items(queue, ItemFilter(newest_first=True), limit=2, cursor=cursor)
        found += [item.target.trace_id for item in page.items]
        cursor = page.cursor
        if cursor is None:
            break
    assert found == ids[::-1]


def test_an_item_is_ticked_off_and_opened_again(stores: Stores) -> None:
    queue = make(stores, "q").run.run_id
    stores.traces.write([write("tr-1", span("root"))])
    draft = ItemDraft(ReviewTarget("TRACE", trace_id=TraceId("tr-1")))
    (item_id,) = stores.reviews.add_items(queue, [draft], by=None, now_ms=T0_MS, audit=audit("add")).item_ids
    marks = 0

    def mark(status: QueueStatus, name: str = "") -> QueueItem:
        nonlocal marks
        marks += 1
        event = Mark(Reviewer(name), status)
        item = stores.reviews.act(item_id, event, now_ms=T0_MS + marks, audit=audit("review.mark"))
        told = queue_item_of(item)
        assert told is not None
        return told

    assert (mark("COMPLETE", "ann").by, mark("COMPLETE", "ben").by) == ("ann", "ann")
    declined = mark("DECLINED", "cy")
    assert (declined.status, declined.by, declined.ended_ms, declined.updated_ms) == (
        "DECLINED",
        "cy",
        *[T0_MS + 3] * 2,
    )
    opened = mark("PENDING")
    assert (opened.status, opened.by, opened.ended_ms) == ("PENDING", None, None)
    stores.reviews.act(item_id, Claim(Reviewer("dan"), "t"), now_ms=T0_MS + 5, audit=audit("review.claim"))
    assert mark("PENDING").status == "PENDING"
    done = mark("COMPLETE", "ann")
    assert (done.status, done.by) == ("COMPLETE", "ann")
    held = stores.reviews.get(item_id)
    assert [a.state for a in held.assignments if a.round == held.round] == ["SUBMITTED"]
    assert stores.labeling.get(queue).counts == {"COMPLETE": 1}


def test_items_of_other_sessions_are_not_ticked_off(stores: Stores) -> None:
    session = make(stores, "q", queue=False).run.run_id
    stores.traces.write([write("tr-1", span("root"))])
    draft = ItemDraft(ReviewTarget("TRACE", trace_id=TraceId("tr-1")))
    (item_id,) = stores.reviews.add_items(session, [draft], by=None, now_ms=T0_MS, audit=audit("add")).item_ids
    with pytest.raises(Conflict) as caught:
        stores.reviews.act(item_id, Mark(Reviewer("ann"), "COMPLETE"), now_ms=T0_MS, audit=audit("review.mark"))
    assert caught.value.error_code == "no_review_queue"
