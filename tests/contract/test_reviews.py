"""Contract of `ReviewStore`: what reviewers can do with items, and how many reviews an item gets."""

import threading
from dataclasses import replace

import pytest

from lodeline.domain.assessment import AssessmentDraft, AssessmentSource, AssessmentTarget
from lodeline.domain.errors import Conflict, Forbidden, NotFound
from lodeline.domain.ids import DEFAULT_EXPERIMENT, TraceId
from lodeline.domain.labeling import ItemDraft, ItemFilter, LabelingItem, ReviewTarget, assignment_id_of
from lodeline.domain.review_events import Remove, Reviewer, Submit
from lodeline.domain.review_outputs import ASSERTION, DECISION, ITEM, PAIR, SCHEMA, UNVERIFIED
from lodeline.domain.review_places import order_salt, shuffled
from lodeline.query.ast import Search
from lodeline.storage.base import Stores
from tests.contract.build import T0_MS, audit, found
from tests.contract.reviewing import FACTS, MINUTE, Desk, by, desk, form, states, traced


def judged(stores: Stores, trace_id: str = "tr-1") -> dict[str, list[object]]:
    """The present assessments of a trace: name → (value, source, valid)."""
    shown: dict[str, list[object]] = {}
    for a in stores.assessments.of_traces([TraceId(trace_id)]).get(TraceId(trace_id), ()):
        shown.setdefault(a.name, []).append((a.value, a.source.source_id, a.valid))
    return shown


def order(at: Desk, name: str) -> list[str]:
    """The traces that a reviewer gets one after the other, each submitted."""
    got: list[str] = []
    while (item := at.next(name)) is not None:
        got.append(item.target.trace_id or "")
        at.submit(item.item_id, name)
    return got


def pages(at: Desk, which: ItemFilter, *, limit: int = 2) -> list[str]:
    got: list[str] = []
    cursor = None
    for _ in range(50):
        page = at.stores.reviews.items(at.session.run.run_id, which, limit=limit, cursor=cursor)
        got += [item.target.trace_id or "" for item in page.items]
        cursor = page.cursor
        if cursor is None:
            return got
    raise AssertionError("no end")


# Items


def test_adding_is_idempotent_and_links_the_traces(stores: Stores) -> None:
    at = desk(stores)
    first = at.add("tr-1", "tr-2")
    assert (first.added, first.known) == (2, 0)
    again = at.add("tr-2", "tr-1", "tr-3")
    assert (again.item_ids[:2], again.added, again.known) == (first.item_ids[::-1], 1, 2)
    assert [item.place for item in stores.reviews.every(at.session.run.run_id)] == [0, 1, 2]
    assert sorted(found(stores, f"run = '{at.session.run.run_id}'")) == ["tr-1", "tr-2", "tr-3"]
    other = desk(stores)
    assert other.add("tr-1").item_ids != first.item_ids[:1]


def test_targets_of_every_kind_are_kept(stores: Stores) -> None:
    at = desk(stores)
    targets = (
        ReviewTarget("SESSION", session="chat"),
        ReviewTarget("RECORD", dataset_id="d-1", record_id="dr-1", dataset_version=2),
        ReviewTarget("ROW", run_id=at.session.run.run_id, row_key="k", repetition=1, trace_id=TraceId("tr-1")),
        ReviewTarget("PAIR", trace_id=TraceId("tr-1"), other_trace_id=TraceId("tr-2")),
        traced("tr-1"),
    )
    ids = at.add(*(ItemDraft(each, 3, {"good": True}, 2, "digest", "rule") for each in targets)).item_ids
    assert len(set(ids)) == len(targets)
    assert [at.get(each).target for each in ids] == list(targets)
    kept = at.get(ids[0])
    assert (kept.priority, dict(kept.gold), kept.reviews_required, kept.snapshot) == (3, {"good": True}, 2, "digest")
    assert (kept.source, kept.added_by, kept.required, kept.state) == ("rule", "ann", 2, "PENDING")
    assert {i: [x.item_id for x in items] for i, items in stores.reviews.of_traces([TraceId("tr-2")]).items()} == {
        "tr-2": [ids[3]]
    }
    assert len(stores.reviews.of_traces([TraceId("tr-1")])[TraceId("tr-1")]) == 3


def test_an_unknown_trace_adds_nothing(stores: Stores) -> None:
    at = desk(stores)
    drafts = [ItemDraft(ReviewTarget("SESSION", session="chat")), ItemDraft(traced("tr-unknown"))]
    with pytest.raises(NotFound, match="tr-unknown"):
        stores.reviews.add_items(at.session.run.run_id, drafts, by=None, now_ms=T0_MS, audit=audit())
    assert list(stores.reviews.every(at.session.run.run_id)) == []


def test_a_removed_item_comes_back_by_hand_alone(stores: Stores) -> None:
    at = desk(stores)
    item = at.item()
    at.submit(item, "ann")
    removed = at.act(item, Remove("zoe"))
    assert (removed.removed_by, pages(at, ItemFilter()), pages(at, ItemFilter(removed=True))) == ("zoe", [], ["tr-1"])
    assert at.next("ben") is None
    assert at.item("tr-1", source="rule") == item
    report = at.add("tr-1", source="search")
    assert (report.left_removed, report.restored) == (1, 0)
    with pytest.raises(Conflict, match="was removed"):
        at.submit(item, "ben")
    assert at.add("tr-1").restored == 1
    back = at.get(item)
    assert (back.removed_ms, back.state, len(back.submissions)) == (None, "COMPLETE", 1)


def test_items_are_listed_by_state_and_trace(stores: Stores) -> None:
    at = desk(stores)
    ids = at.add("tr-1", "tr-2", "tr-3").item_ids
    at.submit(ids[1], "ann")
    assert pages(at, ItemFilter()) == ["tr-1", "tr-2", "tr-3"]
    assert pages(at, ItemFilter(states=("COMPLETE",))) == ["tr-2"]
    assert pages(at, ItemFilter(states=("PENDING", "IN_REVIEW")), limit=1) == ["tr-1", "tr-3"]
    assert pages(at, ItemFilter(trace_id=TraceId("tr-3"))) == ["tr-3"]
    held = stores.reviews.held(at.session.run.run_id, "ann", limit=5).items
    assert [item.item_id for item in held] == [ids[1]]


def test_a_closed_session_takes_no_items(stores: Stores) -> None:
    at = desk(stores)
    at.change(state="CLOSED")
    with pytest.raises(Conflict, match="is CLOSED: adding items needs it to be"):
        at.add("tr-1")


def test_an_erased_trace_makes_its_items_unavailable(stores: Stores) -> None:
    at = desk(stores)
    plain = at.item()
    pair = at.add(ItemDraft(ReviewTarget("PAIR", trace_id=TraceId("tr-2"), other_trace_id=TraceId("tr-1"))))
    token = at.claim(plain, "ann")
    stores.traces.delete([TraceId("tr-1")], audit=audit())
    for item in (plain, pair.item_ids[0]):
        assert (at.get(item).state, states(at.get(item)).get("OPEN")) == ("UNAVAILABLE", None)
    with pytest.raises(Conflict, match="is UNAVAILABLE"):
        at.submit(plain, "ann", token=token)
    assert at.next("ben") is None
    assert stores.admin.check() == []


# Claims


def test_a_claim_is_one_place_with_a_token_and_a_lease(stores: Stores) -> None:
    at = desk(stores, lease_minutes=10)
    item = at.item()
    claimed = at.next("ann")
    assert claimed is not None
    (only,) = claimed.assignments
    assert (only.assignment_id, only.state, only.reviewer) == (assignment_id_of(item, 0), "CLAIMED", "ann")
    assert (only.token, only.lease_until_ms) == ("token-1", at.now_ms + 10 * MINUTE)
    assert claimed.state == "IN_REVIEW"
    assert at.next("ben") is None
    with pytest.raises(Conflict, match="no place left for 'ben'"):
        at.claim(item, "ben")


def test_asking_again_gives_the_same_claim_with_a_new_lease(stores: Stores) -> None:
    at = desk(stores, lease_minutes=10)
    at.add("tr-1", "tr-2")
    first, again = at.next("ann"), at.next("ann")
    assert first is not None
    assert again is not None
    assert (again.item_id, again.assignments[0].token) == (first.item_id, first.assignments[0].token)
    assert again.assignments[0].lease_until_ms == at.now_ms + 10 * MINUTE
    actions = [entry.action for entry in stores.audit.search(Search(limit=9)).items]
    assert actions.count("review.claim") == 1


def test_a_lease_that_ran_out_frees_the_place_for_another(stores: Stores) -> None:
    at = desk(stores, lease_minutes=1)
    item = at.item()
    token = at.claim(item, "ann")
    at.save(item, "ann", token, form(True, "a fact"))
    at.tick(2 * MINUTE)
    got = at.next("ben")
    assert got is not None
    assert [(a.slot, a.state, a.reviewer) for a in got.assignments] == [(0, "EXPIRED", "ann"), (1, "CLAIMED", "ben")]
    with pytest.raises(Conflict) as lost:
        at.submit(item, "ann", token=token)
    assert lost.value.error_code == "claim_lost"
    at.release(item, "ben", got.assignments[1].token or "")
    again = at.next("ann")
    assert again is not None
    assert again.assignments[2].draft == form(True, "a fact")


def test_a_late_submission_counts_while_its_place_is_free(stores: Stores) -> None:
    at = desk(stores, lease_minutes=1)
    item = at.item()
    token = at.claim(item, "ann")
    at.tick(MINUTE * 5)
    done = at.submit(item, "ann", token=token)
    assert (done.state, states(done)) == ("COMPLETE", {"SUBMITTED": 1})
    second = at.item("tr-2")
    token = at.claim(second, "ann")
    at.tick(MINUTE * 5)
    other = at.next("ben")
    assert other is not None
    at.release(second, "ben", other.assignments[1].token or "")
    done = at.submit(second, "ann", token=token)
    assert (done.state, states(done)) == ("COMPLETE", {"EXPIRED": 1, "RELEASED": 1, "SUBMITTED": 1})
    assert at.submit(second, "ann", token=token) == done


def test_one_reviewer_reviews_an_item_once(stores: Stores) -> None:
    at = desk(stores, reviews_required=2)
    item = at.item()
    at.submit(item, "ann")
    assert at.next("ann") is None
    with pytest.raises(Conflict) as refused:
        at.claim(item, "ann")
    assert refused.value.error_code == "reviewed_already"
    assert at.submit(item, "ben").state == "COMPLETE"


def test_only_reviewers_claim_where_some_are_named(stores: Stores) -> None:
    at = desk(stores, reviewers=("ann",))
    item = at.item()
    for call in (lambda: at.next("zoe"), lambda: at.claim(item, "zoe"), lambda: at.submit(item, "zoe")):
        with pytest.raises(Forbidden, match="'zoe' is no reviewer"):
            call()
    assert at.next("ann") is not None


@pytest.mark.parametrize("state", ["DRAFT", "PAUSED", "CLOSED", "ARCHIVED"])
def test_nothing_is_claimed_unless_the_session_is_open(stores: Stores, state: str) -> None:
    at = desk(stores, state="DRAFT")
    item = at.item()
    for each in {"DRAFT": (), "PAUSED": ("OPEN", "PAUSED"), "CLOSED": ("OPEN", "CLOSED")}.get(
        state, ("OPEN", "CLOSED", "ARCHIVED")
    ):
        at.change(state=each)
    for call in (lambda: at.next("ann"), lambda: at.claim(item, "ann"), lambda: at.submit(item, "ann")):
        with pytest.raises(Conflict, match=f"is {state}"):
            call()


def test_work_in_hand_is_finished_while_paused_and_refused_once_closed(stores: Stores) -> None:
    at = desk(stores)
    ids = at.add("tr-1", "tr-2").item_ids
    tokens = [at.claim(ids[0], "ann"), at.claim(ids[1], "ann")]
    at.change(state="PAUSED")
    at.save(ids[0], "ann", tokens[0], form(False))
    assert at.submit(ids[0], "ann", token=tokens[0]).state == "COMPLETE"
    at.change(state="CLOSED")
    assert states(at.get(ids[1])) == {"RELEASED": 1, "OPEN": 1}
    with pytest.raises(Conflict, match="is CLOSED: submitting"):
        at.submit(ids[1], "ann", token=tokens[1])
    with pytest.raises(Conflict, match="is CLOSED: undoing"):
        at.undo(ids[0], "ann")


# Order


def test_order_by_priority_and_by_age(stores: Stores) -> None:
    at = desk(stores)
    for trace_id, priority in (("tr-1", 0), ("tr-2", 5), ("tr-3", 0), ("tr-4", 5)):
        at.add(trace_id, priority=priority)
    at.policy(reviews_required=2)
    assert order(at, "ann") == ["tr-2", "tr-4", "tr-1", "tr-3"]
    at.policy(order="oldest")
    assert order(at, "ben") == ["tr-1", "tr-2", "tr-3", "tr-4"]


def test_the_random_order_is_each_reviewers_own(stores: Stores) -> None:
    at = desk(stores, order="random", reviews_required=2)
    traces = [f"tr-{i}" for i in range(12)]
    at.add(*traces)
    for name in ("ann", "ben"):
        salt = order_salt(at.session.run.run_id, name)
        assert order(at, name) == sorted(traces, key=lambda each: shuffled(traces.index(each), salt))


def test_requeueing_moves_the_callers_order_alone(stores: Stores) -> None:
    at = desk(stores, reviews_required=2)
    ids = at.add("tr-1", "tr-2", "tr-3").item_ids
    for item in ids[:2]:
        got = at.next("ann")
        assert got is not None
        assert got.item_id == item
        at.release(item, "ann", got.assignments[0].token or "", requeue=True)
    assert order(at, "ben") == ["tr-1", "tr-2", "tr-3"]
    assert order(at, "ann") == ["tr-3", "tr-1", "tr-2"]


# Submissions


def test_a_submission_becomes_assessments_in_its_transaction(stores: Stores) -> None:
    at = desk(stores)
    item = at.item()
    given = form(False, "Paris", comments={"good": "No source."}, assertions={"cites": "It cites a source."})
    done = at.submit(item, "ann", given)
    (submitted,) = done.submissions
    assert submitted.submission is not None
    assert submitted.submission.form == given
    logged = {a.name: a for a in stores.assessments.of_traces([TraceId("tr-1")])[TraceId("tr-1")]}
    assert {name: (a.kind, a.value) for name, a in logged.items()} == {
        "good": ("FEEDBACK", False),
        "expected_facts": ("EXPECTATION", ["Paris"]),
        "cites": ("EXPECTATION", "It cites a source."),
    }
    assert dict(submitted.submission.assessments) == {name: a.assessment_id for name, a in logged.items()}
    good = logged["good"]
    assert (good.rationale, good.source, good.created_by) == ("No source.", AssessmentSource("HUMAN", "ann"), "ann")
    assert (good.run_id, dict(good.metadata)) == (at.session.run.run_id, {ITEM: item, SCHEMA: "ls-good/1"})
    assert logged["cites"].metadata[ASSERTION] == "true"
    assert [a.name for a in stores.assessments.search(Search((DEFAULT_EXPERIMENT,))).items] != []


def test_somebody_not_signed_in_is_marked(stores: Stores) -> None:
    at = desk(stores)
    item = at.item()
    at.act(item, Submit(Reviewer("ann"), form(), at.token()))
    (logged,) = stores.assessments.of_traces([TraceId("tr-1")])[TraceId("tr-1")]
    assert (logged.metadata[UNVERIFIED], logged.created_by, logged.source.source_id) == ("true", None, "ann")
    assert not at.get(item).submissions[0].verified


def test_the_judgment_on_a_pair_is_on_its_first_trace(stores: Stores) -> None:
    at = desk(stores)
    target = ReviewTarget("PAIR", trace_id=TraceId("tr-2"), other_trace_id=TraceId("tr-1"))
    at.submit(at.add(ItemDraft(target)).item_ids[0], "ann")
    assert judged(stores, "tr-1") == {}
    (logged,) = stores.assessments.of_traces([TraceId("tr-2")])[TraceId("tr-2")]
    assert logged.metadata[PAIR] == "tr-1"


def test_reviews_of_sessions_are_judged_and_those_of_records_are_kept(stores: Stores) -> None:
    at = desk(stores)
    drafts = [ReviewTarget("SESSION", session="chat"), ReviewTarget("RECORD", dataset_id="d-1", record_id="dr-1")]
    ids = at.add(*map(ItemDraft, drafts)).item_ids
    for item in ids:
        at.submit(item, "ann", form(True, "a"))
    found_ = stores.assessments.search(Search((DEFAULT_EXPERIMENT,))).items
    assert {(a.target.session, a.name) for a in found_} == {("chat", "good"), ("chat", "expected_facts")}
    submission = at.get(ids[1]).submissions[0].submission
    assert submission is not None
    assert (submission.form, dict(submission.assessments)) == (form(True, "a"), {})


def test_submitting_again_changes_nothing(stores: Stores) -> None:
    at = desk(stores, reviews_required=2)
    item = at.item()
    token = at.claim(item, "ann")
    first = at.submit(item, "ann", token=token, key="k-1")
    assert at.submit(item, "ann", token=token) == first
    assert at.submit(item, "ann", token="of another window", key="k-1") == first
    assert at.submit(item, "ann", key="k-1") == first
    assert len(judged(stores)["good"]) == 1
    with pytest.raises(Conflict) as other:
        at.submit(item, "ann", form(False), key="k-1")
    assert other.value.error_code == "key_reused"
    with pytest.raises(Conflict) as other:
        at.submit(item, "ann", form(False), token=token)
    assert other.value.error_code == "reviewed_already"
    with pytest.raises(Conflict) as other:
        at.submit(item, "ben", token=token)
    assert other.value.error_code == "claim_lost"


def test_undo_withdraws_the_judgments_and_gives_the_draft_back(stores: Stores) -> None:
    at = desk(stores)
    item = at.item()
    at.submit(item, "ann", form(False))
    (withdrawn,) = at.get(item).submissions[0].submission.assessments.values()  # type: ignore[union-attr]
    undone = at.undo(item, "ann")
    (again,) = undone.assignments
    assert (undone.state, again.state, again.draft, again.submission) == ("IN_REVIEW", "CLAIMED", form(False), None)
    assert judged(stores) == {}
    assert [r.deleted for r in stores.assessments.history(withdrawn)] == [False, True]
    assert at.next("ben") is None
    assert at.submit(item, "ann", form(True), token=again.token).state == "COMPLETE"
    assert judged(stores) == {"good": [(True, "ann", True)]}
    with pytest.raises(Conflict, match="submitted nothing"):
        at.undo(item, "ben")


def test_a_decline_is_the_reviewers_own_and_does_not_count(stores: Stores) -> None:
    at = desk(stores, reviewers=("ann", "ben", "cy"), reviews_required=2)
    item = at.item()
    declined = at.decline(item, "ann")
    assert (declined.state, states(declined)) == ("PENDING", {"DECLINED": 1, "OPEN": 2})
    assert at.next("ann") is None
    assert at.decline(item, "ann") == declined
    at.submit(item, "ben")
    assert at.submit(item, "cy").state == "COMPLETE"


def test_an_item_that_everybody_declined_is_declined(stores: Stores) -> None:
    at = desk(stores, reviewers=("ann", "ben"))
    item = at.item()
    at.decline(item, "ann")
    assert at.decline(item, "ben").state == "DECLINED"
    at.change(reviewers=("ann", "ben", "cy"))
    assert at.get(item).state == "PENDING"
    assert at.submit(item, "cy").state == "COMPLETE"
    at.policy(max_declines=1)
    assert at.decline(at.item("tr-2"), "ann").state == "DECLINED"
    at.policy(allow_decline=False)
    with pytest.raises(Conflict, match="does not let reviewers decline"):
        at.decline(at.item("tr-3"), "ann")


# Modes


def test_named_reviewers_all_review_every_item(stores: Stores) -> None:
    at = desk(stores, reviewers=("ann", "ben", "cy"), mode="named")
    item = at.item()
    assert {(a.reviewer, a.state) for a in at.get(item).assignments} == {(n, "OPEN") for n in ("ann", "ben", "cy")}
    at.submit(item, "ann")
    assert at.next("ann") is None
    at.decline(item, "cy")
    assert at.get(item).required == 2
    done = at.submit(item, "ben")
    assert (done.state, states(done)) == ("COMPLETE", {"SUBMITTED": 2, "DECLINED": 1})


def test_round_robin_shares_items_out_in_turn(stores: Stores) -> None:
    names = ("ann", "ben", "cy")
    at = desk(stores, reviewers=names, mode="round_robin", reviews_required=2)
    at.add(*(f"tr-{i}" for i in range(6)))
    kept = {i.place: {a.reviewer for a in i.assignments} for i in stores.reviews.every(at.session.run.run_id)}
    assert all(len(each) == 2 for each in kept.values())
    assert {name: sum(name in each for each in kept.values()) for name in names} == dict.fromkeys(names, 4)
    assert len(order(at, "ben")) == 4
    first = next(iter(stores.reviews.every(at.session.run.run_id)))
    at.decline(first.item_id, "ann")
    assert "cy" in {a.reviewer for a in at.get(first.item_id).assignments if a.state == "OPEN"}


def test_overlap_gives_a_share_of_items_several_reviews(stores: Stores) -> None:
    at = desk(stores, reviews_required=3, overlap=0.25)
    at.add(*(f"tr-{i}" for i in range(200)))
    needed = [item.required for item in stores.reviews.every(at.session.run.run_id)]
    assert set(needed) == {1, 3}
    assert 25 <= needed.count(3) <= 75
    at.policy(overlap=0.0)
    assert {item.required for item in stores.reviews.every(at.session.run.run_id)} == {1}


def test_every_reviewer_gets_a_gold_item(stores: Stores) -> None:
    at = desk(stores, reviewers=("ann", "ben", "cy"))
    plain, gold = at.item(), at.item("tr-2", gold={"good": True})
    for name in ("ann", "ben", "cy"):
        at.submit(gold, name)
    assert (at.get(gold).state, len(at.get(gold).submissions)) == ("COMPLETE", 3)
    assert at.get(plain).required == 1


# Changes of a session


def test_a_raised_number_opens_places_and_complete_items_stay_unless_extended(stores: Stores) -> None:
    at = desk(stores)
    done, waiting = at.item(), at.item("tr-2")
    at.submit(done, "ann")
    at.policy(reviews_required=2)
    assert (at.get(done).state, states(at.get(done))) == ("COMPLETE", {"SUBMITTED": 1})
    assert [a.assignment_id for a in at.get(waiting).assignments] == [assignment_id_of(waiting, i) for i in (0, 1)]
    at.policy(reviews_required=1)
    at.policy(reviews_required=2)
    assert [a.assignment_id for a in at.get(waiting).assignments] == [assignment_id_of(waiting, i) for i in (0, 1)]
    at.change(extend_completed=True)
    assert (at.get(done).state, states(at.get(done))) == ("IN_REVIEW", {"SUBMITTED": 1, "OPEN": 1})
    assert at.submit(done, "ben").state == "COMPLETE"


def test_items_in_dispute_get_further_reviews_when_they_are_extended(stores: Stores) -> None:
    at = desk(stores, reviews_required=2, min_agreement=0.6)
    item, decided = at.item(), at.item("tr-2")
    for each in (item, decided):
        at.submit(each, "ann", form(True))
        at.submit(each, "ben", form(False))
    at.adjudicate(decided, "dan", form(True))
    at.change(extend_completed=True)
    assert (at.get(item).state, states(at.get(item))) == ("DISPUTED", {"SUBMITTED": 2})
    at.policy(reviews_required=3)
    assert (at.get(item).state, states(at.get(item))) == ("DISPUTED", {"SUBMITTED": 2})
    at.change(extend_completed=True)
    assert (at.get(item).state, states(at.get(item))) == ("IN_REVIEW", {"SUBMITTED": 2, "OPEN": 1})
    assert at.get(decided).state == "ADJUDICATED"
    ended = at.submit(item, "cy", form(True))
    assert (ended.state, ended.agreement) == ("DISPUTED", pytest.approx(1 / 3))


def test_a_lowered_number_is_not_exceeded_by_claims_in_hand(stores: Stores) -> None:
    at = desk(stores, reviews_required=3)
    item = at.item()
    tokens = {name: at.claim(item, name) for name in ("ann", "ben", "cy")}
    at.policy(reviews_required=1)
    done = at.submit(item, "ben", token=tokens["ben"])
    assert (done.state, states(done)) == ("COMPLETE", {"RELEASED": 2, "SUBMITTED": 1})
    for name in ("ann", "cy"):
        with pytest.raises(Conflict) as lost:
            at.submit(item, name, token=tokens[name])
        assert lost.value.error_code == "claim_lost"
    assert len(judged(stores)["good"]) == 1


def test_adding_a_reviewer_leaves_complete_items_and_removing_one_recomputes(stores: Stores) -> None:
    at = desk(stores, reviewers=("ann", "ben"), mode="named")
    done, half = at.item(), at.item("tr-2")
    at.submit(done, "ann")
    at.submit(done, "ben")
    at.submit(half, "ann")
    token = at.claim(half, "ben")
    at.change(reviewers=("ann", "ben", "cy"))
    assert (at.get(done).state, at.get(half).required) == ("COMPLETE", 3)
    at.change(reviewers=("ann", "cy"))
    assert states(at.get(half)) == {"SUBMITTED": 1, "RELEASED": 1, "OPEN": 1}
    with pytest.raises(Forbidden):
        at.submit(half, "ben", token=token)
    at.change(reviewers=("ann",))
    assert at.get(half).state == "COMPLETE"


# Disputes and reopening


def test_too_little_agreement_is_a_dispute_that_is_decided_once(stores: Stores) -> None:
    at = desk(stores, reviews_required=3, min_agreement=0.5)
    item, agreed = at.item(), at.item("tr-2")
    for name, good in (("ann", True), ("ben", True), ("cy", False)):
        at.submit(item, name, form(good))
        at.submit(agreed, name, form(True))
    disputed = at.get(item)
    assert (disputed.state, disputed.agreement) == ("DISPUTED", pytest.approx(1 / 3))
    assert (at.get(agreed).state, at.get(agreed).agreement) == ("COMPLETE", 1.0)
    with pytest.raises(Conflict, match="is COMPLETE: deciding it needs it to be disputed"):
        at.adjudicate(agreed, "dan", form())
    at.change(state="CLOSED")
    decided = at.adjudicate(item, "dan", form(True))
    assert decided.state == "ADJUDICATED"
    assert decided.adjudication is not None
    assert (decided.adjudication.by, decided.adjudication.form) == ("dan", form(True))
    assert at.adjudicate(item, "dan", form(True)) == decided
    values = [
        (a.value, a.metadata.get(DECISION)) for a in stores.assessments.of_traces([TraceId("tr-1")])[TraceId("tr-1")]
    ]
    assert values == [(True, None), (True, None), (False, None), (True, "true")]  # all stay valid, for agreement


def test_reopening_keeps_what_was_submitted_and_new_answers_override_old_ones(stores: Stores) -> None:
    at = desk(stores)
    item = at.item()
    at.submit(item, "ann", form(False))
    reopened = at.reopen(item)
    assert (reopened.round, reopened.state, states(reopened)) == (2, "PENDING", {"OPEN": 1})
    assert [a.state for a in reopened.assignments] == ["SUBMITTED", "OPEN"]
    assert judged(stores) == {"good": [(False, "ann", True)]}
    done = at.submit(item, "ann", form(True))
    assert done.state == "COMPLETE"
    assert judged(stores) == {"good": [(False, "ann", False), (True, "ann", True)]}
    at.undo(item, "ann")
    assert judged(stores) == {"good": [(False, "ann", True)]}
    with pytest.raises(Conflict, match="is IN_REVIEW: reopening"):
        at.reopen(item)


def test_a_new_answer_overrides_the_head_of_a_chain_that_went_on(stores: Stores) -> None:
    at = desk(stores)
    item = at.item()
    at.submit(item, "ann", form(False))
    (mine,) = stores.assessments.of_traces([TraceId("tr-1")])[TraceId("tr-1")]
    draft = AssessmentDraft(
        AssessmentTarget(TraceId("tr-1")), "good", "FEEDBACK", AssessmentSource("HUMAN", "zoe"), True,
        overrides=mine.assessment_id,
    )  # fmt: skip
    stores.assessments.log(DEFAULT_EXPERIMENT, draft, by="zoe", now_ms=at.tick(), audit=audit())
    at.reopen(item)
    at.submit(item, "ann", form(False))
    assert judged(stores)["good"] == [(False, "ann", False), (True, "zoe", False), (False, "ann", True)]
    head = stores.assessments.of_traces([TraceId("tr-1")])[TraceId("tr-1")][-1]
    stores.assessments.delete(head.assessment_id, by="zoe", now_ms=T0_MS, audit=audit())
    at.reopen(item)
    at.submit(item, "ann", form(True))
    assert [valid for _, _, valid in judged(stores)["good"]].count(True) == 2  # type: ignore[misc]
    assert stores.admin.check() == []


# Races


def test_no_item_gets_more_reviews_than_asked_for_however_many_ask(stores: Stores) -> None:
    at = desk(stores, reviews_required=2)
    ids = at.add(*(f"tr-{i}" for i in range(6))).item_ids
    gate = threading.Barrier(12)
    failed: list[BaseException] = []

    def work(name: str) -> None:
        gate.wait()
        try:
            _drain(stores, at, name)
        except BaseException as error:  # a thread's failure must reach the test
            failed.append(error)

    threads = [threading.Thread(target=work, args=(f"r{i}",)) for i in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failed == []
    for item in ids:
        assert states(at.get(item)) == {"SUBMITTED": 2}
    assert stores.admin.check() == []


def _drain(stores: Stores, at: Desk, name: str) -> None:
    """Claim and submit until nothing is left."""
    for attempt in range(100):
        token = f"{name}-{attempt}"
        item = stores.reviews.claim_next(
            at.session.run.run_id, by(name), token, now_ms=at.now_ms, audit=audit("review.claim")
        )
        if item is None:
            return
        event = Submit(by(name), form(), "unused", token=token, key=token)
        stores.reviews.act(item.item_id, event, now_ms=at.now_ms, audit=audit("review.submit"))
    raise AssertionError("no end")


def test_what_is_read_is_what_was_returned(stores: Stores) -> None:
    at = desk(stores, schemas=(FACTS,))
    item = at.item()
    given = replace(form(), answers={"expected_facts": ["a", "ü", "\U0001f600"]}, flags=("odd",), duration_ms=7)
    returned: LabelingItem = at.submit(item, "ann", given, key="k")
    assert at.get(item) == returned
    assert [each.item_id for each in stores.reviews.every(at.session.run.run_id)] == [item]
    submission = returned.submissions[0].submission
    assert submission is not None
    assert (submission.duration_ms, submission.key) == (7, "k")
