"""Reviewing, as a machine: whatever people do in whatever order, an item gets no more reviews than it requires."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from lodeline.domain.errors import LodelineError
from lodeline.domain.ids import ExperimentId, RunId
from lodeline.domain.imported_answers import AskedSchemas, held_item
from lodeline.domain.label_schema import LabelInput, LabelSchemaDraft, LabelSchemaId, schema_of
from lodeline.domain.labeling import (
    ItemDraft,
    LabelingChange,
    LabelingItem,
    LabelingSession,
    ReviewForm,
    ReviewPolicy,
    ReviewTarget,
    assignment_id_of,
)
from lodeline.domain.labeling_changes import new_item, resettled
from lodeline.domain.review_events import (
    Adjudicate,
    Claim,
    Decline,
    Release,
    Remove,
    Reopen,
    Reviewer,
    ReviewEvent,
    Save,
    Submit,
    Undo,
)
from lodeline.domain.review_places import FINAL, agreement_of, settled
from lodeline.domain.reviewing import applied
from lodeline.domain.run import Run
from tests.examples import examples

GOOD = schema_of(
    LabelSchemaDraft("good", "FEEDBACK", LabelInput("pass_fail")), LabelSchemaId("ls-1"), ExperimentId("0"), by=None,
    now_ms=0,
)  # fmt: skip
NAMES = ("ann", "ben", "cy", "dan")
RUN = Run(RunId("r"), ExperimentId("0"), "labels", "LABELING", "RUNNING", "ACTIVE", 0)

policies = st.builds(
    ReviewPolicy,
    reviews_required=st.integers(1, 3),
    mode=st.sampled_from(["open_pool", "named", "round_robin"]),
    min_agreement=st.none() | st.just(1.0),
    lease_minutes=st.just(1),
    max_declines=st.none() | st.just(2),
)
people = st.sampled_from([Reviewer(name, verified=True) for name in NAMES])
tokens = st.sampled_from([f"t{number}" for number in range(5)])
forms = st.sampled_from([ReviewForm({"good": True}), ReviewForm({"good": False})])
events = st.one_of(
    st.builds(Claim, people, tokens),
    st.builds(Save, people, tokens, forms),
    st.builds(Submit, people, forms, tokens, st.none() | tokens, st.none() | st.sampled_from(["k1", "k2"])),
    st.builds(Release, people, tokens, st.booleans()),
    st.builds(Decline, people, st.just("tired")),
    st.builds(Undo, people, tokens),
    st.just(Reopen()),
    st.builds(Adjudicate, people, forms),
)
steps = st.lists(st.tuples(events, st.integers(0, 90_000)), max_size=40)


def session_of(policy: ReviewPolicy, *, listed: bool) -> LabelingSession:
    reviewers = NAMES if listed or policy.mode != "open_pool" else ()
    return LabelingSession(RUN, "OPEN", (GOOD,), reviewers=reviewers, policy=policy)


def item_of(session: LabelingSession) -> LabelingItem:
    return new_item(session, ItemDraft(ReviewTarget("SESSION", session="s")), 0, by=None, now_ms=0)


def play(session: LabelingSession, item: LabelingItem, played: list[tuple[ReviewEvent, int]]) -> list[LabelingItem]:
    """Return the item after each event that was let in."""
    seen = [item]
    now_ms = 0
    for event, later_ms in played:
        now_ms += later_ms
        try:
            seen.append(applied(session, seen[-1], event, now_ms=now_ms).item)
        except LodelineError:
            continue
    return seen


def check(session: LabelingSession, item: LabelingItem) -> None:
    """Assert what always holds of an item."""
    here = [a for a in item.assignments if a.round == item.round]
    taken = [a for a in here if a.state in {"CLAIMED", "SUBMITTED"}]
    places = [a for a in here if a.state in {"CLAIMED", "SUBMITTED", "OPEN"}]
    assert len(places) <= max(item.required, len(item.submissions))
    assert len({a.reviewer for a in taken}) == len(taken)
    assert [a.slot for a in item.assignments] == sorted({a.slot for a in item.assignments})
    assert all(a.assignment_id == assignment_id_of(item.item_id, a.slot) for a in item.assignments)
    assert all((a.submission is not None) == (a.state == "SUBMITTED") for a in item.assignments)
    assert all((a.lease_until_ms is not None) == (a.state == "CLAIMED") for a in item.assignments)
    assert not any(a.state == "OPEN" for a in item.assignments if a.round != item.round)
    if item.state in FINAL:
        assert len(places) == len(item.submissions)
    else:
        assert item.state == ("IN_REVIEW" if taken else "PENDING")
        assert len(item.submissions) < item.required or not item.submissions
    if item.state in {"COMPLETE", "DISPUTED"}:
        assert len(item.submissions) == item.required
    assert settled(session, item, now_ms=0) == item


@settings(max_examples=examples(150))
@given(policies, st.booleans(), steps)
def test_an_item_never_gets_more_reviews_than_it_requires(
    policy: ReviewPolicy, listed: bool, played: list[tuple[ReviewEvent, int]]
) -> None:
    session = session_of(policy, listed=listed)
    for item in play(session, item_of(session), played):
        check(session, item)


@given(policies, steps)
def test_an_event_sent_again_changes_nothing_or_is_refused(
    policy: ReviewPolicy, played: list[tuple[ReviewEvent, int]]
) -> None:
    session = session_of(policy, listed=True)
    item = item_of(session)
    now_ms = 0
    for event, later_ms in played:
        now_ms += later_ms
        try:
            item = applied(session, item, event, now_ms=now_ms).item
        except LodelineError:
            continue
        if isinstance(event, Submit | Decline | Release | Save | Claim | Remove):
            try:
                again = applied(session, item, event, now_ms=now_ms)
            except LodelineError:
                # Without key and token a submission is a new one, which its reviewer has no place for.
                assert isinstance(event, Submit)
                assert event.key is None
                assert event.token is None
            else:
                assert again.item == item
                assert again.log == ()


@given(policies, policies, steps, st.booleans())
def test_another_policy_brings_the_item_in_line(
    before: ReviewPolicy, after: ReviewPolicy, played: list[tuple[ReviewEvent, int]], extend: bool
) -> None:
    session = session_of(before, listed=True)
    item = play(session, item_of(session), played)[-1]
    changed = replace(session, policy=after)
    found = resettled(changed, item, LabelingChange(extend_completed=extend), now_ms=10**9)
    assert [a for a in found.assignments if a.submission] == [a for a in item.assignments if a.submission]
    if not (extend and item.state in {"COMPLETE", "DISPUTED"}):
        assert found.state == item.state or item.state not in {"COMPLETE", "DISPUTED", "ADJUDICATED"}
    assert resettled(changed, found, LabelingChange(), now_ms=10**9) == found


def test_agreement_is_the_share_of_equal_pairs_of_the_worst_schema() -> None:
    session = session_of(ReviewPolicy(), listed=False)
    yes, no = ReviewForm({"good": True}), ReviewForm({"good": False})
    assert agreement_of(session, [yes]) is None
    assert agreement_of(session, [yes, yes, no]) == 1 / 3
    assert agreement_of(session, [yes, ReviewForm({}), yes]) == 1.0


@given(policies, st.booleans(), steps)
def test_what_reviewers_did_to_an_item_comes_back_from_a_file(
    policy: ReviewPolicy, listed: bool, played: list[tuple[ReviewEvent, int]]
) -> None:
    session = session_of(policy, listed=listed)
    asked = AskedSchemas.of(RUN.run_id, session.schemas)
    for item in play(session, item_of(session), played):
        assert held_item(item, asked) == item
