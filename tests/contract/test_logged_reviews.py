"""Contract of `ReviewStore.log`: reviews that were made elsewhere, many at once."""

import pytest

from lodeline.domain.errors import Conflict, NotFound
from lodeline.domain.ids import TraceId
from lodeline.domain.labeling import ItemId
from lodeline.domain.review_events import Reviewer, Submit
from lodeline.domain.review_outputs import UNVERIFIED
from lodeline.query.ast import Search
from lodeline.storage.base import Stores
from tests.contract.build import T0_MS, audit
from tests.contract.reviewing import Desk, desk, form

LONG_AGO = T0_MS - 86_400_000


def past(name: str, good: bool = True, key: str = "k") -> Submit:
    return Submit(Reviewer(name), form(good), f"token-{name}", key=key, made_ms=LONG_AGO)


def log(at: Desk, reviews: dict[ItemId, list[Submit]]) -> int:
    return at.stores.reviews.log(
        at.session.run.run_id, reviews, by="eve", now_ms=at.tick(), audit=audit("labeling.log_reviews")
    )


def logged(stores: Stores) -> int:
    return sum(entry.action == "labeling.log_reviews" for entry in stores.audit.search(Search(limit=1000)).items)


def test_reviews_are_submitted_when_and_by_whom_they_say(stores: Stores) -> None:
    at = desk(stores, reviewers=("ann", "ben"), mode="named", min_agreement=1.0)
    one, two = at.add("tr-1", "tr-2").item_ids
    assert log(at, {one: [past("ann"), past("ben")], two: [past("ann"), past("ben", good=False)]}) == 4
    assert [at.get(each).state for each in (one, two)] == ["COMPLETE", "DISPUTED"]
    first, second = at.get(one).submissions
    assert [(a.reviewer, a.verified) for a in (first, second)] == [("ann", False), ("ben", False)]
    assert first.submission is not None
    assert (first.submission.submitted_ms, first.submission.duration_ms) == (LONG_AGO, None)
    (judged,) = [
        a for a in stores.assessments.of_traces([TraceId("tr-2")])[TraceId("tr-2")] if a.source.source_id == "ben"
    ]
    assert (judged.value, judged.created_ms, judged.created_by) == (False, LONG_AGO, "eve")
    assert judged.metadata[UNVERIFIED] == "true"
    assert judged.assessment_id == (at.get(two).submissions[1].submission or first.submission).assessments["good"]
    assert logged(stores) == 1


def test_the_same_reviews_again_change_nothing_and_others_are_refused(stores: Stores) -> None:
    at = desk(stores, reviews_required=2)
    item = at.item()
    assert log(at, {item: [past("ann")]}) == 1
    assert log(at, {item: [past("ann")]}) == 0
    with pytest.raises(Conflict, match="another form was submitted under the key 'k'"):
        log(at, {item: [past("ann", good=False)]})
    with pytest.raises(Conflict, match="'ann' has submitted it already"):
        log(at, {item: [past("ann", key="other")]})
    assert (len(at.get(item).submissions), logged(stores)) == (1, 1)
    assert log(at, {item: [past("ann"), past("ben")]}) == 1


def test_all_are_logged_or_none(stores: Stores) -> None:
    at, other = desk(stores), desk(stores)
    one, two = at.add("tr-1", "tr-2").item_ids
    foreign = other.item()
    for wrong in (foreign, ItemId("ri-none")):
        with pytest.raises(NotFound, match=wrong):
            log(at, {one: [past("ann")], wrong: [past("ann")]})
    with pytest.raises(Conflict, match="no place left"):
        log(at, {one: [past("ann")], two: [past("ann"), past("ben")]})
    assert [at.get(each).submissions for each in (one, two)] == [(), ()]
    assert stores.assessments.of_traces([TraceId("tr-1")]) == {}
    assert logged(stores) == 0
