"""Mode weighted: whom items are given to, in proportion to weights."""

from collections import Counter
from collections.abc import Iterator

import pytest

from lodeline.domain.errors import Invalid
from lodeline.domain.labeling import LabelingChange, LabelingSession, ReviewPolicy
from lodeline.domain.labeling_changes import changed_session
from lodeline.domain.labeling_checks import check_policy
from lodeline.storage.base import Stores
from lodeline.storage.open import open_stores
from tests.contract.build import T0_MS
from tests.contract.reviewing import desk

WEIGHTS = {"ann": 3.0, "ben": 1.0}
ITEMS = 400


@pytest.fixture
def stores() -> Iterator[Stores]:
    opened = open_stores("memory:")
    yield opened
    opened.close()


def session_with(stores: Stores, reviews: int = 1) -> tuple[LabelingSession, Counter[str]]:
    """A session over many items, and how many of them each reviewer is to review."""
    at = desk(stores, reviewers=("ann", "ben", "cy"), mode="weighted", weights=WEIGHTS, reviews_required=reviews)
    at.add(*(f"tr-{number}" for number in range(ITEMS)))
    items = list(stores.reviews.every(at.session.run.run_id))
    assert all(len({a.reviewer for a in item.assignments}) == len(item.assignments) == reviews for item in items)
    return at.session, Counter(a.reviewer or "" for item in items for a in item.assignments)


def test_items_are_given_out_in_proportion_to_weights(stores: Stores) -> None:
    _, given = session_with(stores)
    # Shares of 3, 1 and 1 of 5; five standard deviations of a share drawn so are 0.12 of the items.
    assert [given[name] / ITEMS for name in ("ann", "ben", "cy")] == pytest.approx([0.6, 0.2, 0.2], abs=0.12)
    _, given = session_with(stores, reviews=3)
    assert dict(given) == {"ann": ITEMS, "ben": ITEMS, "cy": ITEMS}


def test_who_is_taken_off_takes_their_weight_and_few_items_move(stores: Stores) -> None:
    at = desk(stores, reviewers=("ann", "ben", "cy"), mode="weighted", weights=WEIGHTS)
    at.add(*(f"tr-{number}" for number in range(60)))
    run_id = at.session.run.run_id
    before = {item.item_id: item.assignments[0].reviewer for item in stores.reviews.every(run_id)}
    assert at.change(reviewers=("ann", "cy")).policy.weights == {"ann": 3.0}
    after = {item.item_id: item.assignments[0].reviewer for item in stores.reviews.every(run_id)}
    assert all(after[item] == who for item, who in before.items() if who != "ben")
    assert "ben" not in after.values()


def test_weights_that_say_nothing_are_refused(stores: Stores) -> None:
    made, _ = session_with(stores)
    for policy in (
        ReviewPolicy(weights={"ann": 2.0}),
        ReviewPolicy(mode="weighted", weights={"dan": 2.0}),
        ReviewPolicy(mode="weighted", weights={"ann": 0.0}),
        ReviewPolicy(mode="weighted", weights={"ann": float("nan")}),
    ):
        with pytest.raises(Invalid, match=r"policy\.weights"):
            check_policy(policy, made.reviewers)
        with pytest.raises(Invalid):
            changed_session(made, LabelingChange(policy=policy), now_ms=T0_MS)
    with pytest.raises(Invalid, match="needs reviewers"):
        check_policy(ReviewPolicy(mode="weighted"), ())
