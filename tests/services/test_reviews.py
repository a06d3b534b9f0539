"""What a reviewer may do and see: access, blindness, and reviews from the first claim to the last submission."""

from collections.abc import Iterator

import pytest

from lodeline.auth.actor import LOCAL, Actor
from lodeline.domain.account import Account
from lodeline.domain.assessment import AssessmentDraft, AssessmentSource, AssessmentTarget, SourceKind
from lodeline.domain.dataset import DatasetDraft
from lodeline.domain.errors import Conflict, Deleted, Forbidden, Invalid, NotFound, TooLarge, Unauthenticated
from lodeline.domain.experiment import ExperimentChange, ExperimentDraft
from lodeline.domain.ids import AccountId, ExperimentId, TraceId
from lodeline.domain.label_schema import LabelInput, LabelSchemaDraft
from lodeline.domain.labeling import (
    ItemDraft,
    ItemId,
    LabelingChange,
    LabelingDraft,
    LabelingSession,
    ReviewForm,
    ReviewPolicy,
    ReviewTarget,
)
from lodeline.domain.labeling_sources import PastReview
from lodeline.domain.model import ModelDraft
from lodeline.domain.record import RecordDraft
from lodeline.domain.review_view import ReviewView
from lodeline.domain.run import RunChange, RunDraft
from lodeline.domain.span import JsonValue
from lodeline.domain.trace import TraceInfo
from lodeline.services.audit import audit_entry
from lodeline.services.bundle import Services
from lodeline.services.listing import ListQuery
from tests.contract.build import span, write
from tests.services.bundled import clock_of, services_over

APP = ExperimentId("1")
EDITOR = Actor("account", "eve", AccountId("acc-1"), role="editor")
VIEWER = Actor("account", "vic", AccountId("acc-2"), role="viewer")
ANN = Actor("account", "ann", AccountId("acc-3"), role="reviewer")
BEN = Actor("account", "ben", AccountId("acc-4"), role="reviewer")
NOBODY = Actor("anonymous", "anonymous")
SCORE = LabelSchemaDraft("score", "FEEDBACK", LabelInput("numeric", min_value=1, max_value=5), enable_comment=True)


@pytest.fixture
def services() -> Iterator[Services]:
    with services_over() as made:
        made.experiments.create(LOCAL, ExperimentDraft("app"))
        made.label_schemas.create(LOCAL, "app", SCORE)
        for trace_id in ("tr-1", "tr-2"):
            root = span(
                "answer", 1, session="chat", start_ms=int(trace_id[-1]),
                attributes={"input.value": f"ask {trace_id}", "output.value": f"say {trace_id}"},
            )  # fmt: skip
            child = span("llm", 2, parent=1, kind="LLM", start_ms=9, model="secret-model")
            info = TraceInfo(model_id="m-1", tags={"t": "v"}, metadata={"k": "v"})
            made.stores.traces.write([write(trace_id, root, child, experiment=APP, info=info)])
        yield made


def session(services: Services, *, reviewers: tuple[str, ...] = ("ann", "ben"), **policy: object) -> LabelingSession:
    draft = LabelingDraft(
        RunDraft("labels"), (), "Be fair.", reviewers,
        ReviewPolicy(**policy),  # type: ignore[arg-type]
        state="OPEN",
    )  # fmt: skip
    return services.labeling.create(LOCAL, "app", draft, ["score"])


def add(services: Services, made: LabelingSession, *targets: ReviewTarget) -> tuple[ItemId, ...]:
    drafts = [ItemDraft(target, gold={"score": 5}) for target in targets]
    return services.labeling_items.add(LOCAL, made.run.run_id, drafts).item_ids


def trace(trace_id: str = "tr-1") -> ReviewTarget:
    return ReviewTarget("TRACE", trace_id=TraceId(trace_id))


def form(score: JsonValue = 4, **more: object) -> ReviewForm:
    return ReviewForm({"score": score}, **more)  # type: ignore[arg-type]


def judge(
    services: Services, name: str, value: JsonValue, source: str, kind: SourceKind, *, trace_id: str = "tr-1"
) -> None:
    target = AssessmentTarget(TraceId(trace_id))
    draft = AssessmentDraft(target, name, "FEEDBACK", AssessmentSource(kind, source), value)
    services.assessments.log(LOCAL, draft)


def enforce_schemas(services: Services) -> None:
    """Hold every judgment of people to the label schema of its name."""
    services.experiments.update(LOCAL, APP, ExperimentChange(settings={"enforce_label_schemas": True}))


def token_of(view: ReviewView | None) -> str:
    assert view is not None
    assert view.mine is not None
    assert view.mine.token is not None
    return view.mine.token


# Spans


MARKS = LabelSchemaDraft("marks", "FEEDBACK", LabelInput("spans", options=("wrong", "rude")), direction="none")


def span_session(services: Services, **policy: object) -> tuple[LabelingSession, ItemId]:
    services.label_schemas.create(LOCAL, "app", MARKS)
    draft = LabelingDraft(
        RunDraft("marks"), (), "", ("ann", "ben"),
        ReviewPolicy(**policy),  # type: ignore[arg-type]
        state="OPEN",
    )  # fmt: skip
    made = services.labeling.create(LOCAL, "app", draft, ["marks"])
    return made, services.labeling_items.add(LOCAL, made.run.run_id, [ItemDraft(trace())]).item_ids[0]


def marks(*places: tuple[int, int, str]) -> ReviewForm:
    return ReviewForm({"marks": [{"field": "response", "start": a, "end": b, "label": c} for a, b, c in places]})


def test_spans_are_marked_in_what_is_shown_and_kept_with_their_words(services: Services) -> None:
    _, item = span_session(services, mode="named", min_agreement=0.9)
    view = services.reviews.claim(ANN, item)
    assert [(each.field, each.text) for each in view.texts] == [("request", "ask tr-1"), ("response", "say tr-1")]
    done = services.reviews.submit(ANN, item, marks((4, 8, "wrong")), token=token_of(view))
    assert done.mine is not None
    assert done.mine.submission is not None
    kept = {"field": "response", "start": 4, "end": 8, "label": "wrong", "text": "tr-1"}
    assert done.mine.submission.form.answers == {"marks": [kept]}
    assert done.mine.submission.text_lengths == {"marks": 8}
    again = services.reviews.submit(ANN, item, marks((4, 8, "wrong")), token=token_of(view))
    assert again.mine == done.mine
    judged = services.stores.assessments.of_traces([TraceId("tr-1")])[TraceId("tr-1")]
    assert [each.value for each in judged] == [[kept]]
    services.reviews.submit(BEN, item, marks((4, 6, "wrong")))
    decided = services.labeling_items.get(LOCAL, item)
    assert (decided.state, decided.agreement) == ("DISPUTED", pytest.approx(2 / 3))
    ended = services.labeling_items.adjudicate(EDITOR, item, marks())
    assert ended.adjudications[0].form.answers == {"marks": []}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (marks((4, 9, "wrong")), "answers.marks: 4 to 9 goes past response, which has 8 characters"),
        (marks((4, 8, "odd")), "marks: span 0: label"),
        (
            ReviewForm({"marks": [{"field": "request", "start": 0, "end": 3, "label": "rude"}]}),
            "text of the response",
        ),
        (
            ReviewForm({"marks": [{"field": "response", "start": 0, "end": 3, "label": "rude", "text": "ask"}]}),
            "'say', not 'ask'",
        ),
    ],
)
def test_spans_that_lie_elsewhere_are_refused_wherever_they_are_written(
    services: Services, wrong: ReviewForm, said: str
) -> None:
    made, item = span_session(services)
    run_id = made.run.run_id
    enforce_schemas(services)
    for call in (
        lambda: services.reviews.submit(ANN, item, wrong),
        lambda: services.labeling_items.log_reviews(EDITOR, run_id, [PastReview(item, "ann", wrong)]),
        lambda: services.labeling_items.add(EDITOR, run_id, [ItemDraft(trace("tr-1"), gold=wrong.answers)]),
        lambda: judge(services, "marks", wrong.answers["marks"], "ann", "HUMAN"),
    ):
        with pytest.raises(Invalid, match=said):
            call()
    assert not services.stores.assessments.of_traces([TraceId("tr-1")]).get(TraceId("tr-1"))


def rewrite(services: Services, trace_id: str, response: str, **more: object) -> None:
    """Have another span of a trace say what it answered."""
    root = span(
        "answer", 1, attributes={"input.value": "ask", "output.value": response}, start_ms=1, **more,  # type: ignore[arg-type]
    )  # fmt: skip
    services.stores.traces.write([write(trace_id, root, experiment=APP)])


def said(services: Services, item: ItemId, name: str = "ann") -> JsonValue:
    """Return what somebody has marked."""
    found = services.labeling_items.get(LOCAL, item)
    (mine,) = [a for a in found.assignments if a.reviewer == name and a.submission]
    assert mine.submission is not None
    return mine.submission.form.answers["marks"]


def test_the_words_of_many_overlapping_spans_are_bounded_wherever_they_are_written(services: Services) -> None:
    made, item = span_session(services, mode="named", min_agreement=0.9)
    run_id = made.run.run_id
    rewrite(services, "tr-3", "x" * 20_000)
    (item,) = services.labeling_items.add(LOCAL, run_id, [ItemDraft(trace("tr-3"))]).item_ids
    wide = marks(*((start, 20_000, "wrong") for start in range(100)))
    enforce_schemas(services)
    services.reviews.submit(ANN, item, marks())
    services.reviews.submit(BEN, item, marks((0, 20_000, "wrong")))
    for call in (
        lambda: services.labeling_items.log_reviews(EDITOR, run_id, [PastReview(item, "ann", wide, key="new")]),
        lambda: services.labeling_items.add(EDITOR, run_id, [ItemDraft(trace("tr-3"), gold=wide.answers)]),
        lambda: services.labeling_items.adjudicate(EDITOR, item, wide),
        lambda: judge(services, "marks", wide.answers["marks"], "ann", "HUMAN", trace_id="tr-3"),
    ):
        with pytest.raises(TooLarge, match="mark shorter stretches"):
            call()
    services.reviews.undo(ANN, item)
    with pytest.raises(TooLarge, match="words that are marked the form comes to 1995050 characters"):
        services.reviews.submit(ANN, item, wide)
    rewrite(services, "tr-4", "\u00e9" * 20_000)
    (other,) = services.labeling_items.add(LOCAL, run_id, [ItemDraft(trace("tr-4"))]).item_ids
    with pytest.raises(TooLarge, match="mark shorter stretches"):
        services.reviews.submit(ANN, other, marks(*((start, 20_000, "wrong") for start in range(20))))
    services.reviews.submit(ANN, other, marks(*((start, 20_000, "wrong") for start in range(5))))


def test_a_submission_sent_again_stands_although_the_text_has_changed(services: Services) -> None:
    made, _ = span_session(services, mode="named")
    run_id = made.run.run_id
    rewrite(services, "tr-3", "the first answer")
    (item,) = services.labeling_items.add(LOCAL, run_id, [ItemDraft(trace("tr-3"))]).item_ids
    first = marks((4, 16, "wrong"))
    view = services.reviews.submit(ANN, item, first, key="k")
    past = PastReview(item, "ben", first)
    assert services.labeling_items.log_reviews(EDITOR, run_id, [past]).logged == 1
    rewrite(services, "tr-3", "short", end_ms=200)
    assert [each.text for each in services.reviews.view(ANN, item).texts] == ["ask", "short"]
    assert services.reviews.submit(ANN, item, first, key="k").mine == view.mine
    assert services.labeling_items.log_reviews(EDITOR, run_id, [past]).known == 1
    with pytest.raises(Conflict, match="another form was submitted under the key 'k'"):
        services.reviews.submit(ANN, item, marks((4, 15, "wrong")), key="k")
    kept = said(services, item)
    assert isinstance(kept, list)
    assert kept[0] == {"field": "response", "start": 4, "end": 16, "label": "wrong", "text": "first answer"}


def test_marks_stay_in_the_trace_of_a_conversation_that_they_were_made_in(services: Services) -> None:
    made, _ = span_session(services)
    target = ReviewTarget("SESSION", session="talk")
    for number in (3, 4):
        rewrite(services, f"tr-{number}", f"turn {number}", session="talk")
    (item,) = services.labeling_items.add(LOCAL, made.run.run_id, [ItemDraft(target)]).item_ids
    view = services.reviews.claim(ANN, item)
    fields = {each.text: each.field for each in view.texts}
    assert fields["turn 4"] == "trace/tr-4/response"
    root = span(
        "a", 1, session="talk", start_ms=0, attributes={"input.value": "ask", "output.value": "earlier"}
    )  # fmt: skip
    services.stores.traces.write([write("tr-5", root, experiment=APP)])
    marked: JsonValue = [{"field": fields["turn 4"], "start": 0, "end": 4, "label": "wrong"}]
    services.reviews.submit(ANN, item, ReviewForm({"marks": marked}), token=token_of(view))
    kept = said(services, item)
    assert isinstance(kept, list)
    assert kept[0] == {**marked[0], "text": "turn"}


def test_an_item_whose_trace_is_gone_is_unavailable_at_every_door(services: Services) -> None:
    made, item = span_session(services, mode="named", min_agreement=0.9)
    plain = session(services)
    (other,) = add(services, plain, trace())
    view = services.reviews.claim(ANN, item)
    done = services.reviews.submit(BEN, item, marks((0, 3, "wrong")), key="k")
    assert done.mine is not None
    services.traces.delete(LOCAL, [TraceId("tr-1")])
    past = PastReview(item, "ann", marks((0, 3, "wrong")))
    for call in (
        lambda: services.reviews.view(ANN, item),
        lambda: services.reviews.view(ANN, other),
        lambda: services.reviews.submit(ANN, item, marks((0, 3, "wrong")), token=token_of(view)),
        lambda: services.reviews.submit(ANN, item, marks()),
        lambda: services.reviews.submit(BEN, item, marks((0, 3, "wrong")), key="k"),
        lambda: services.reviews.submit(ANN, other, form()),
        lambda: services.labeling_items.log_reviews(EDITOR, made.run.run_id, [past]),
    ):
        with pytest.raises(Conflict, match="UNAVAILABLE"):
            call()
    with pytest.raises(Conflict, match="is UNAVAILABLE: deciding it needs it to be disputed"):
        services.labeling_items.adjudicate(EDITOR, item, marks())
    assert services.reviews.next(ANN, made.run.run_id).item is None
    assert services.reviews.held(BEN, made.run.run_id).items == ()


def test_a_decision_answers_all_that_is_in_dispute(services: Services) -> None:
    services.label_schemas.create(LOCAL, "app", MARKS)
    policy = ReviewPolicy(mode="named", min_agreement=0.9)
    draft = LabelingDraft(RunDraft("both"), (), "", ("ann", "ben"), policy, state="OPEN")
    made = services.labeling.create(LOCAL, "app", draft, ["score", "marks"])
    (item,) = services.labeling_items.add(LOCAL, made.run.run_id, [ItemDraft(trace())]).item_ids
    services.reviews.submit(ANN, item, ReviewForm({"score": 4, **marks((0, 3, "wrong")).answers}))
    services.reviews.submit(BEN, item, ReviewForm({"score": 4, **marks().answers}))
    with pytest.raises(Invalid, match="marks in dispute and not decided") as left:
        services.labeling_items.adjudicate(EDITOR, item, form(4))
    assert left.value.details == {"field": "answers", "missing": ["marks"]}
    decided = services.labeling_items.adjudicate(EDITOR, item, marks((0, 3, "wrong")))
    assert decided.state == "ADJUDICATED"
    assert services.labeling_items.adjudicate(EDITOR, item, marks((0, 3, "wrong"))) == decided


def test_what_is_to_be_marked_must_be_shown(services: Services) -> None:
    with pytest.raises(Invalid, match="has spans of the response marked, which is not shown"):
        span_session(services, fields=("request",))
    made = services.labeling.create(LOCAL, "app", LabelingDraft(RunDraft("marks"), (), "", ("ann",)), ["marks"])
    with pytest.raises(Invalid, match="not shown"):
        services.labeling.update(LOCAL, made.run.run_id, LabelingChange(policy=ReviewPolicy(fields=("request",))))


# Who


def test_a_reviewer_sees_the_sessions_that_name_them_and_nothing_else(services: Services) -> None:
    mine, other = session(services, reviewers=("ann",)), session(services, reviewers=("ben",))
    (item,) = add(services, other, trace())
    assert [s.run_id for s in services.reviews.sessions(ANN).items] == [mine.run.run_id]
    assert services.reviews.session(ANN, mine.run.run_id).instructions == "Be fair."
    for call in (
        lambda: services.reviews.session(ANN, other.run.run_id),
        lambda: services.reviews.next(ANN, other.run.run_id),
        lambda: services.reviews.held(ANN, other.run.run_id),
        lambda: services.reviews.view(ANN, item),
        lambda: services.reviews.submit(ANN, item, form()),
    ):
        with pytest.raises(NotFound):
            call()
    for refused in (
        lambda: services.labeling.get(ANN, mine.run.run_id),
        lambda: services.labeling_items.get(ANN, item),
        lambda: services.labeling.progress(ANN, mine.run.run_id),
        lambda: services.traces.get(ANN, TraceId("tr-1")),
        lambda: services.runs.get(ANN, mine.run.run_id),
    ):
        with pytest.raises((NotFound, Forbidden)):
            refused()


def test_who_is_signed_in_reviews_in_their_own_name(services: Services) -> None:
    made = session(services)
    (item,) = add(services, made, trace())
    with pytest.raises(Forbidden, match="signed in as 'ann' and cannot review as 'ben'"):
        services.reviews.submit(ANN, item, form(), reviewer="ben")
    done = services.reviews.submit(ANN, item, form(), reviewer="ann")
    assert done.mine is not None
    assert (done.mine.reviewer, done.mine.verified) == ("ann", True)
    (logged,) = services.stores.assessments.of_traces([TraceId("tr-1")])[TraceId("tr-1")]
    assert (logged.source.source_id, logged.created_by) == ("ann", "ann")


def test_somebody_who_is_not_signed_in_says_who_they_are(services: Services) -> None:
    made = session(services)
    (item,) = add(services, made, trace())
    with pytest.raises(Invalid, match=r"^reviewer: .* give the name of who reviews"):
        services.reviews.next(LOCAL, made.run.run_id)
    done = services.reviews.submit(LOCAL, item, form(), reviewer="ann")
    assert done.mine is not None
    assert not done.mine.verified
    with pytest.raises(Forbidden, match="'zoe' is no reviewer"):
        services.reviews.view(LOCAL, item, reviewer="zoe")


def test_whoever_decides_sees_what_is_shown_without_reviewing(services: Services) -> None:
    made = session(services, reviewers=("ann",))
    (item,) = add(services, made, trace())
    assert services.reviews.view(EDITOR, item).contents == services.reviews.view(ANN, item).contents
    for refused in (
        lambda: services.reviews.claim(EDITOR, item),
        lambda: services.reviews.submit(EDITOR, item, form()),
        lambda: services.reviews.view(VIEWER, item),
    ):
        with pytest.raises(Forbidden):
            refused()


def test_viewers_do_not_review_and_nobody_is_asked_to_sign_in(services: Services) -> None:
    made = session(services, reviewers=())
    add(services, made, trace())
    with pytest.raises(Forbidden):
        services.reviews.next(VIEWER, made.run.run_id)
    with pytest.raises(Unauthenticated):
        services.reviews.next(NOBODY, made.run.run_id)
    with pytest.raises(NotFound):
        services.reviews.next(ANN, made.run.run_id)
    assert services.reviews.next(EDITOR, made.run.run_id).item is not None


def test_a_reviewer_who_is_taken_off_sees_the_session_no_more(services: Services) -> None:
    made = session(services)
    (item,) = add(services, made, trace())
    token = token_of(services.reviews.next(ANN, made.run.run_id).item)
    services.labeling.update(EDITOR, made.run.run_id, LabelingChange(reviewers=("ben",)))
    with pytest.raises(NotFound):
        services.reviews.submit(ANN, item, form(), token=token)
    assert services.reviews.sessions(ANN).items == ()


@pytest.mark.parametrize("who", [ANN, EDITOR])
def test_nobody_reads_as_a_reviewer_what_is_deleted_or_a_draft(services: Services, who: Actor) -> None:
    made = session(services, reviewers=("ann", "eve"))
    (item,) = add(services, made, trace())
    services.reviews.submit(who, item, form())
    services.runs.delete(LOCAL, made.run.run_id)
    draft = LabelingDraft(RunDraft("later"), (), "Be fair.", ("ann", "eve"))
    later = services.labeling.create(LOCAL, "app", draft, ["score"])
    (waiting,) = add(services, later, trace())
    for expected, run_id, place in ((Deleted, made.run.run_id, item), (Conflict, later.run.run_id, waiting)):
        for call in (
            lambda run_id=run_id: services.reviews.session(who, run_id),
            lambda run_id=run_id: services.reviews.held(who, run_id),
            lambda run_id=run_id: services.reviews.next(who, run_id),
            lambda place=place: services.reviews.view(who, place),
            lambda place=place: services.reviews.claim(who, place),
            lambda place=place: services.reviews.submit(who, place, form()),
        ):
            with pytest.raises(expected, match="is deleted" if expected is Deleted else "is DRAFT") as caught:
                call()
            assert caught.value.error_code == ("run_deleted" if expected is Deleted else "labeling_state")
    with pytest.raises(NotFound):
        services.reviews.session(BEN, made.run.run_id)
    services.runs.restore(LOCAL, made.run.run_id)
    assert services.reviews.view(who, item).mine is not None


def test_an_archived_session_shows_its_reviewers_nothing(services: Services) -> None:
    made = session(services, reviewers=("ann",))
    (item,) = add(services, made, trace())
    services.reviews.submit(ANN, item, form())
    run_id = made.run.run_id
    services.labeling.update(LOCAL, run_id, LabelingChange(state="CLOSED"))
    assert services.reviews.view(ANN, item).mine is not None
    services.labeling.update(LOCAL, run_id, LabelingChange(state="ARCHIVED"))
    assert services.reviews.sessions(ANN).items == ()
    for call in (
        lambda: services.reviews.session(ANN, run_id),
        lambda: services.reviews.held(ANN, run_id),
        lambda: services.reviews.view(ANN, item),
    ):
        with pytest.raises(Conflict, match="is ARCHIVED: it is over"):
            call()
    assert services.labeling_items.get(VIEWER, item).submissions


def test_reviewers_may_be_named_before_they_have_an_account_and_that_is_shown(services: Services) -> None:
    made = session(services, reviewers=("ann", "Ben", "ben", "off", "out"))
    for name, role, disabled in (("ann", "reviewer", False), ("ben", None, False), ("off", "reviewer", True)):
        account = Account(AccountId(f"acc-{name}"), name, role, 1, disabled)  # type: ignore[arg-type]
        audit = audit_entry(LOCAL, "account.create", name, at_ms=1)
        services.stores.accounts.create(account, password_hash=None, audit=audit)
    progress = services.labeling.progress(VIEWER, made.run.run_id)
    assert {each.reviewer: each.account for each in progress.reviewers} == {
        "ann": "ready", "Ben": "missing", "ben": "no_role", "off": "disabled", "out": "missing",
    }  # fmt: skip
    # Where nobody signs in there is nothing to say.
    assert {each.account for each in services.labeling.progress(LOCAL, made.run.run_id).reviewers} <= {None}


# What is shown


def test_only_what_the_policy_shows_is_shown(services: Services) -> None:
    made = session(services, blind_model=False, fields=("request",))
    (item,) = add(services, made, trace())
    (shown,) = services.reviews.view(ANN, item).contents
    assert (shown.request, shown.response, shown.spans) == ("ask tr-1", None, ())
    assert (dict(shown.tags), dict(shown.metadata), shown.model_id) == ({}, {}, "m-1")
    fields = ("request", "response", "spans", "tags", "metadata")
    services.labeling.update(
        EDITOR, made.run.run_id, LabelingChange(policy=ReviewPolicy(blind_model=False, fields=fields))
    )
    (shown,) = services.reviews.view(ANN, item).contents
    assert (shown.response, shown.tags, shown.metadata["k"]) == ("say tr-1", {"t": "v"}, "v")
    assert [(each.name, each.depth, each.model) for each in shown.spans] == [
        ("answer", 0, None), ("llm", 1, "secret-model"),
    ]  # fmt: skip


def test_a_blind_reviewer_learns_no_model_however_much_is_shown(services: Services) -> None:
    made = session(services, fields=("request", "response", "spans", "tags", "metadata", "expectations"))
    (item,) = add(services, made, trace())
    view = services.reviews.view(ANN, item)
    assert "secret-model" not in repr(view)
    assert "m-1" not in repr(view)
    assert view.contents[0].spans[1].name == "llm"


def test_conventions_that_repeat_a_models_name_tell_a_blind_reviewer_nothing(services: Services) -> None:
    asked = '{"model": "gpt-4o", "messages": ["which model is gpt-4o?"], "car": {"model": "T"}}'
    said = '{"model": "gpt-4o-2024-08-06", "text": "yes"}'
    content = {"input.value": asked, "input.mime_type": "application/json"}
    content |= {"output.value": said, "output.mime_type": "application/json"}
    root = span("answer", 1, attributes=content)
    child = span("chat openai/gpt-4o", 2, parent=1, kind="CHAT_MODEL", model="gpt-4o-2024-08-06", attributes=content)
    services.stores.traces.write([write("tr-3", root, child, experiment=APP)])
    fields = ("request", "response", "spans")
    blind, seeing = session(services, fields=fields), session(services, fields=fields, blind_model=False)
    (hidden,), (open_,) = (add(services, each, trace("tr-3")) for each in (blind, seeing))
    (shown,) = services.reviews.view(ANN, hidden).contents
    messages = ["which model is gpt-4o?"]
    assert shown.request == {"model": "(hidden)", "messages": messages, "car": {"model": "T"}}
    assert shown.response == {"model": "(hidden)", "text": "yes"}
    assert [each.name for each in shown.spans] == ["answer", "chat (hidden)"]
    # In a model call no field that names a model is shown, whether or not the name is known.
    called = {"model": "(hidden)", "messages": messages, "car": {"model": "(hidden)"}}
    assert (shown.spans[0].inputs, shown.spans[1].inputs) == (shown.request, called)
    (shown,) = services.reviews.view(ANN, open_).contents
    assert "gpt-4o-2024-08-06" in repr(shown.response)
    assert [each.name for each in shown.spans] == ["answer", "chat openai/gpt-4o"]


def test_a_blind_reviewer_is_shown_no_version_by_the_fields_that_name_it(services: Services) -> None:
    model = services.models.create(LOCAL, "app", ModelDraft("Nightly Build")).model_id
    asked = '{"config": {"service.version": 2, "lodeline.model_id": "x", "model": "nightly build", "year": 1}}'
    content = {"input.value": asked, "input.mime_type": "application/json"}
    root = span(f"answer {model}", 1, attributes=content)
    info = TraceInfo(model_id=model)
    services.stores.traces.write([write("tr-3", root, experiment=APP, info=info)])
    made = session(services, fields=("request", "spans"))
    (item,) = add(services, made, trace("tr-3"))
    (shown,) = services.reviews.view(ANN, item).contents
    assert shown.request == {
        "config": {"service.version": "(hidden)", "lodeline.model_id": "(hidden)", "model": "(hidden)", "year": 1}
    }
    assert shown.spans[0].name == "answer (hidden)"


def test_of_a_pair_neither_trace_names_the_model_of_the_other(services: Services) -> None:
    content = {"input.value": '{"model": "secret-model"}', "input.mime_type": "application/json"}
    services.stores.traces.write([write("tr-3", span("answer", 1, attributes=content), experiment=APP)])
    made = session(services)
    (item,) = add(services, made, ReviewTarget("PAIR", trace_id=TraceId("tr-3"), other_trace_id=TraceId("tr-1")))
    assert services.reviews.view(ANN, item).contents[0].request == {"model": "(hidden)"}


def test_a_record_names_no_model_to_a_blind_reviewer(services: Services) -> None:
    dataset = services.datasets.create(LOCAL, DatasetDraft(APP, "golden"), experiment="app").dataset_id
    held = RecordDraft(
        {"q": "1 + 1", "model": "gpt-4o"}, {"by": {"model_name": "o1"}}, {"text": "2", "model-version": 3},
        tags={"model": "gpt-4o"},
    )  # fmt: skip
    services.records.write(LOCAL, dataset, "append", [held])
    (record,) = services.records.search(LOCAL, dataset, "latest", ListQuery()).items
    target = ReviewTarget("RECORD", dataset_id=dataset, record_id=record.record_id)
    fields = ("request", "response", "tags", "expectations")
    blind, seeing = session(services, fields=fields), session(services, fields=fields, blind_model=False)
    (hidden,), (open_,) = (add(services, each, target) for each in (blind, seeing))
    (shown,) = services.reviews.view(ANN, hidden).contents
    assert shown.request == {"q": "1 + 1", "model": "(hidden)"}
    assert shown.response == {"text": "2", "model-version": "(hidden)"}
    assert (shown.expectations, shown.tags) == ({"by": {"model_name": "(hidden)"}}, {})
    (shown,) = services.reviews.view(ANN, open_).contents
    assert (shown.response, shown.tags) == ({"text": "2", "model-version": 3}, {"model": "gpt-4o"})


def test_judges_and_other_reviewers_are_shown_where_nobody_is_blind_to_them(services: Services) -> None:
    judge(services, "grounded", 0.25, "gpt", "LLM_JUDGE")
    judge(services, "liked", True, "zoe", "HUMAN")
    blind = session(services, reviews_required=2)
    seeing = session(services, reviews_required=2, blind_judges=False, blind_reviewers=False)
    judges = session(services, blind_judges=False)
    (hidden,), (open_,), (half,) = (add(services, each, trace()) for each in (blind, seeing, judges))
    for item in (hidden, open_):
        services.reviews.submit(BEN, item, form(2, comments={"score": "meh"}))
    view = services.reviews.view(ANN, hidden)
    assert (view.judgments, view.reviews) == ((), ())
    assert "ben" not in repr(view)
    assert "meh" not in repr(view)
    view = services.reviews.view(ANN, open_)
    assert {(j.name, j.source_id) for j in view.judgments} == {
        ("grounded", "gpt"),
        ("liked", "zoe"),
        ("score", "ben"),
    }
    assert [(review.reviewer, review.form.answers) for review in view.reviews] == [("ben", {"score": 2})]
    assert [j.name for j in services.reviews.view(ANN, half).judgments] == ["grounded"]


def test_known_answers_and_tokens_of_others_are_never_shown(services: Services) -> None:
    made = session(services)
    (item,) = add(services, made, trace())
    token = token_of(services.reviews.next(BEN, made.run.run_id).item)
    seen = repr(services.reviews.view(ANN, item)) + repr(services.reviews.session(ANN, made.run.run_id))
    assert "gold" not in seen
    managed = services.labeling_items.get(LOCAL, item)
    assert {a.token for a in managed.assignments} == {None}
    assert token_of(services.reviews.view(BEN, item)) == token


def test_every_kind_of_target_is_rendered(services: Services) -> None:
    dataset = services.datasets.create(LOCAL, DatasetDraft(APP, "d"), experiment="app").dataset_id
    record = RecordDraft({"q": 1}, {"expected_response": "x"}, outputs="o", tags={"t": "v"})
    record_id = services.records.write(LOCAL, dataset, "merge", [record]).record_ids[0] or ""
    made = session(services, fields=("request", "response", "expectations"))
    ids = add(
        services, made,
        ReviewTarget("PAIR", trace_id=TraceId("tr-2"), other_trace_id=TraceId("tr-1")),
        ReviewTarget("SESSION", session="chat"),
        ReviewTarget("RECORD", dataset_id=dataset, record_id=record_id),
    )  # fmt: skip
    pair, chat, kept = (services.reviews.view(ANN, item).contents for item in ids)
    assert [(each.title, each.request) for each in pair] == [("first", "ask tr-2"), ("second", "ask tr-1")]
    assert [(each.title, each.request) for each in chat] == [("turn 1", "ask tr-1"), ("turn 2", "ask tr-2")]
    (shown,) = kept
    assert (shown.request, shown.response, shown.expectations) == ({"q": 1}, "o", {"expected_response": "x"})


# What is done


def test_from_the_first_claim_to_the_last_submission(services: Services) -> None:
    made = session(services, mode="round_robin")
    services.labeling_items.add(LOCAL, made.run.run_id, [ItemDraft(trace("tr-1")), ItemDraft(trace("tr-2"))])
    view = services.reviews.next(ANN, made.run.run_id).item
    assert view is not None
    token = token_of(view)
    clock_of(services).advance(65)
    saved = services.reviews.save(ANN, view.item_id, token, form(99))
    assert saved.mine is not None
    assert saved.mine.draft == form(99)
    with pytest.raises(Invalid, match="score: 99 is no answer"):
        services.reviews.submit(ANN, view.item_id, form(99), token=token)
    with pytest.raises(Invalid, match="score missing"):
        services.reviews.submit(ANN, view.item_id, ReviewForm(), token=token)
    with pytest.raises(Invalid, match="'tone' is no label schema of this session"):
        services.reviews.submit(ANN, view.item_id, ReviewForm({"tone": 1}), token=token)
    done = services.reviews.submit(ANN, view.item_id, form(3), token=token, key="k")
    assert done.mine is not None
    assert done.mine.submission is not None
    assert (done.state, done.mine.submission.duration_ms) == ("COMPLETE", 65_000)
    assert services.reviews.next(ANN, made.run.run_id).item is None
    progress = services.reviews.session(ANN, made.run.run_id)
    assert (progress.items_total, progress.items_open, progress.mine.submitted) == (2, 1, 1)
    assert [v.item_id for v in services.reviews.held(ANN, made.run.run_id).items] == [view.item_id]
    undone = services.reviews.undo(ANN, view.item_id)
    services.reviews.release(ANN, view.item_id, token_of(undone), requeue=True)
    with pytest.raises(Invalid, match="say why"):
        services.reviews.decline(ANN, view.item_id, "  ")
    assert services.reviews.decline(ANN, view.item_id, "unclear").mine is not None


def test_an_item_whose_target_is_gone_is_passed_over(services: Services) -> None:
    dataset = services.datasets.create(LOCAL, DatasetDraft(APP, "d"), experiment="app").dataset_id
    record_id = services.records.write(LOCAL, dataset, "merge", [RecordDraft({"q": 1})]).record_ids[0] or ""
    made = session(services)
    services.stores.traces.write([write("tr-9", span("turn", 1, session="short"), experiment=APP)])
    gone, held = add(
        services, made, ReviewTarget("SESSION", session="short"),
        ReviewTarget("RECORD", dataset_id=dataset, record_id=record_id),
    )  # fmt: skip
    services.traces.delete(LOCAL, [TraceId("tr-9")])
    view = services.reviews.next(ANN, made.run.run_id).item
    assert view is not None
    assert view.item_id == held
    assert services.labeling_items.get(LOCAL, gone).state == "UNAVAILABLE"
    with pytest.raises(Conflict, match="UNAVAILABLE"):
        services.reviews.claim(BEN, gone)


def test_a_deleted_session_is_closed_to_its_reviewers(services: Services) -> None:
    made = session(services)
    (item,) = add(services, made, trace())
    services.runs.delete(LOCAL, made.run.run_id)
    assert services.reviews.sessions(ANN).items == ()
    with pytest.raises(Conflict):
        services.reviews.submit(ANN, item, form())
    services.runs.restore(LOCAL, made.run.run_id)
    assert services.reviews.submit(ANN, item, form()).mine is not None
    services.runs.update(LOCAL, made.run.run_id, RunChange(name="renamed"))
    assert services.reviews.session(ANN, made.run.run_id).name == "renamed"
