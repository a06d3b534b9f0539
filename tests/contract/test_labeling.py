"""Contract of `LabelingStore`."""

import pytest

from lodeline.domain.errors import Conflict, Deleted, Invalid, NotFound
from lodeline.domain.ids import ExperimentId, RunId
from lodeline.domain.labeling import LabelingSession, ReviewerProgress
from lodeline.domain.review_events import Remove
from lodeline.domain.run import RunChange, RunDraft
from lodeline.query.ast import Search
from lodeline.storage.base import Stores
from tests.contract.build import T0_MS, audit, delete_experiment, make_experiment
from tests.contract.reviewing import FACTS, GOOD, MINUTE, ZERO, desk


def actions(stores: Stores) -> list[str]:
    return [entry.action for entry in stores.audit.search(Search(limit=1000)).items[::-1]]


def listed(stores: Stores, reviewer: str | None = None, *, limit: int = 2) -> list[str]:
    names: list[str] = []
    cursor = None
    for _ in range(20):
        page = stores.labeling.list([ZERO], reviewer=reviewer, limit=limit, cursor=cursor)
        names += [session.run.run_id for session in page.items]
        cursor = page.cursor
        if cursor is None:
            return names
    raise AssertionError("no end")


def test_a_session_is_a_run_with_what_it_was_made_with(stores: Stores) -> None:
    made = desk(stores, reviewers=("ann", "ben"), state="DRAFT", min_agreement=0.5).session
    assert stores.labeling.get(made.run.run_id) == made
    assert (made.state, made.run.kind, made.run.status) == ("DRAFT", "LABELING", "SCHEDULED")
    assert (made.schemas, made.reviewers, made.instructions) == ((GOOD, FACTS), ("ann", "ben"), "Read it twice.")
    assert list(stores.runs.get([made.run.run_id])) == [made.run]
    assert actions(stores) == ["labeling.create"]


def test_a_plain_run_is_no_session(stores: Stores) -> None:
    run = stores.runs.create(ZERO, RunDraft("r"), now_ms=T0_MS, audit=audit())
    for run_id in (run.run_id, RunId("unknown")):
        with pytest.raises(NotFound, match="labeling session"):
            stores.labeling.get(run_id)
        with pytest.raises(NotFound, match="labeling session"):
            stores.labeling.progress(run_id, now_ms=T0_MS)


def test_the_states_of_a_session_follow_each_other_as_allowed(stores: Stores) -> None:
    at = desk(stores, state="DRAFT")
    with pytest.raises(Conflict, match="is DRAFT and cannot become CLOSED; it can become OPEN"):
        at.change(state="CLOSED")
    seen: list[tuple[str, str]] = []
    for state in ("OPEN", "PAUSED", "OPEN", "CLOSED", "ARCHIVED"):
        session = at.change(state=state)
        seen.append((session.state, session.run.status))
    assert seen == [
        ("OPEN", "RUNNING"), ("PAUSED", "RUNNING"), ("OPEN", "RUNNING"), ("CLOSED", "FINISHED"),
        ("ARCHIVED", "FINISHED"),
    ]  # fmt: skip
    assert at.session.run.end_ms is not None
    for state in ("DRAFT", "OPEN", "PAUSED", "CLOSED"):
        with pytest.raises(Conflict, match="can become nothing"):
            at.change(state=state)


def test_a_change_that_changes_nothing_records_nothing(stores: Stores) -> None:
    at = desk(stores)
    before = actions(stores)
    assert at.change(instructions="Read it twice.") == at.session
    assert actions(stores) == before
    assert at.change(name="other", dataset_id="d-1").run.name == "other"
    assert at.change(dataset_id="").dataset_id is None


def test_what_is_out_of_bounds_is_refused(stores: Stores) -> None:
    at = desk(stores, reviewers=("ann", "ben"))
    with pytest.raises(Invalid, match="needs at least one label schema"):
        at.change(schemas=())
    at.policy(mode="named")
    with pytest.raises(Invalid, match="named needs reviewers"):
        at.change(reviewers=())
    with pytest.raises(Invalid, match="3 reviews of each item need as many reviewers"):
        at.policy(mode="open_pool", reviews_required=3)
    with pytest.raises(Invalid, match="given twice"):
        at.change(reviewers=("ann", "ann"))


def test_sessions_are_listed_newest_first_and_by_reviewer(stores: Stores) -> None:
    made: list[LabelingSession] = []
    for names in (("ann",), (), ("ann", "ben"), ("ben",)):
        made.append(desk(stores, reviewers=names).session)
    ids = [session.run.run_id for session in made]
    assert listed(stores) == ids[::-1]
    assert listed(stores, "ann", limit=1) == [ids[2], ids[0]]
    assert listed(stores, "zoe") == []
    stores.runs.update(ids[2], RunChange(lifecycle="DELETED"), now_ms=T0_MS, audit=audit())
    assert listed(stores, "ben") == [ids[3]]
    other = make_experiment(stores, "other").experiment_id
    assert stores.labeling.list([other], limit=5).items == ()


def test_a_deleted_run_takes_no_changes(stores: Stores) -> None:
    at = desk(stores)
    item = at.item()
    stores.runs.update(at.session.run.run_id, RunChange(lifecycle="DELETED"), now_ms=T0_MS, audit=audit())
    for call in (
        lambda: at.change(name="x"), lambda: at.add("tr-2"), lambda: at.submit(item, "ann"), lambda: at.next("ann"),
    ):  # fmt: skip
        with pytest.raises(Deleted):
            call()


def test_a_deleted_experiment_hides_its_sessions_and_a_purge_removes_them(stores: Stores) -> None:
    experiment = make_experiment(stores, "gone").experiment_id
    at = desk(stores, experiment=experiment)
    item = at.add("tr-1", experiment=experiment).item_ids[0]
    delete_experiment(stores, experiment)
    for call in (
        lambda: stores.labeling.get(at.session.run.run_id),
        lambda: at.get(item),
        lambda: list(stores.reviews.every(at.session.run.run_id)),
    ):
        with pytest.raises(NotFound):
            call()
    assert stores.labeling.list([experiment], limit=5).items == ()
    with pytest.raises(Deleted):
        at.change(name="x")
    receipt = stores.experiments.purge(experiment, audit=audit())
    assert receipt.runs == 1
    with pytest.raises(NotFound):
        at.submit(item, "ann")
    assert stores.admin.check() == []


def test_progress_counts_items_and_reviews(stores: Stores) -> None:
    at = desk(stores, reviews_required=2)
    ids = at.add("tr-1", "tr-2", "tr-3", "tr-4").item_ids
    at.submit(ids[0], "ann")
    at.submit(ids[0], "ben")
    at.submit(ids[1], "ann")
    at.decline(ids[1], "ben")
    at.claim(ids[2], "ben")
    at.tick(31 * MINUTE)
    at.claim(ids[2], "cy")
    at.claim(ids[3], "ann")
    at.tick(31 * MINUTE)
    removed = at.add("tr-5").item_ids[0]
    at.claim(removed, "dan")
    at.stores.reviews.act(removed, Remove("ann"), now_ms=at.tick(), audit=audit())
    found = stores.labeling.progress(at.session.run.run_id, now_ms=at.now_ms)
    assert dict(found.items) == {"COMPLETE": 1, "IN_REVIEW": 3}
    assert (found.reviews_submitted, found.reviews_claimed) == (3, 0)
    assert found.reviews_open == 5
    assert found.reviewers == (
        ReviewerProgress("ann", verified=True, submitted=2, expired=1),
        ReviewerProgress("ben", verified=True, submitted=1, declined=1, expired=1),
        ReviewerProgress("cy", verified=True, expired=1),
    )
    assert dict(stores.labeling.get(at.session.run.run_id).counts) == dict(found.items)


def test_an_unknown_experiment_has_no_sessions(stores: Stores) -> None:
    with pytest.raises(NotFound):
        desk(stores, experiment=ExperimentId("99"))
    assert stores.labeling.list([ExperimentId("99")], limit=5).items == ()
