"""Use cases of assessments; the ledger's own rules are tested with the contract."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from lodeline.auth.actor import LOCAL, Actor
from lodeline.domain.assessment import (
    AssessmentChange,
    AssessmentDraft,
    AssessmentError,
    AssessmentSource,
    AssessmentTarget,
)
from lodeline.domain.errors import Conflict, Deleted, Forbidden, Invalid, LodelineError, NotFound, TooLarge
from lodeline.domain.ids import AccountId, AssessmentId, ExperimentId, TraceId
from lodeline.domain.span import JsonValue
from lodeline.query.ast import Search
from lodeline.services.assessments import ToLog
from lodeline.services.bundle import Services
from lodeline.services.listing import ListQuery
from tests.contract.build import judgment, span, write
from tests.services.bundled import clock_of, make, services_over

ONE = ExperimentId("1")
EDITOR = Actor("account", "ed", AccountId("acc-1"), role="editor")
VIEWER = Actor("account", "vi", AccountId("acc-2"), role="viewer")
ADA = Actor("account", "ada", AccountId("acc-3"), roles={ONE: "editor"})


@pytest.fixture
def services() -> Iterator[Services]:
    """Experiment 1 "one" holds trace tr-1, experiment 2 "two" trace tr-2."""
    with services_over() as opened:
        one, two = make(opened, "one"), make(opened, "two")
        opened.stores.traces.write(
            [
                write("tr-1", span(), experiment=one.experiment_id),
                write("tr-2", span(), experiment=two.experiment_id),
            ]
        )
        yield opened


def test_a_judgment_remembers_who_logged_it_and_when(services: Services) -> None:
    logged = services.assessments.log(EDITOR, judgment())
    made = logged.assessment
    assert logged.changed
    assert (made.created_by, made.created_ms, made.experiment_id) == ("ed", clock_of(services).now_ms(), "1")
    assert services.assessments.get(VIEWER, made.assessment_id) == made
    entry = services.stores.audit.search(Search()).items[0]
    assert (entry.action, entry.target, entry.experiment_id) == ("assessment.log", "tr-1", "1")


def test_a_person_without_a_name_is_the_account_that_logs(services: Services) -> None:
    def named(actor: Actor, source: AssessmentSource) -> str:
        draft = replace(judgment(), source=source)
        return services.assessments.log(actor, draft).assessment.source.source_id

    assert named(ADA, AssessmentSource("HUMAN")) == "ada"
    assert named(ADA, AssessmentSource("HUMAN", "bob")) == "bob"
    assert named(ADA, AssessmentSource("CODE")) == "default"
    assert named(LOCAL, AssessmentSource("HUMAN")) == "default"


def test_names_come_with_the_types_and_values_of_what_stands(services: Services) -> None:
    first = services.assessments.log(EDITOR, judgment(name="correct", value=True)).assessment
    services.assessments.log(EDITOR, judgment(name="correct", value=False, overrides=first.assessment_id))
    for value in (False, 0.5, {"a": 1}, "x" * 300):
        services.assessments.log(EDITOR, judgment(name="correct", value=value))
    services.assessments.log(EDITOR, replace(judgment(name="correct"), value=None, error=AssessmentError("LATE")))
    services.assessments.log(EDITOR, judgment("tr-2", name="answer", value="Rome", kind="EXPECTATION"))
    services.assessments.log(EDITOR, replace(judgment(name="bug"), value=None, kind="ISSUE_REF"))
    found = services.assessments.names(EDITOR, ())
    assert (found.examined, found.complete) == (9, True)
    correct, answer = found.names
    assert (correct.name, correct.kind, correct.count) == ("correct", "FEEDBACK", 6)
    assert correct.types == ("boolean", "json", "number", "text")
    assert [(item.value, item.count) for item in correct.values] == [(False, 2), (0.5, 1)]
    assert (answer.name, answer.kind, answer.types) == ("answer", "EXPECTATION", ("text",))
    assert correct.session_count == 0
    services.assessments.log(EDITOR, judgment(None, session="s", name="correct"), experiment="1")
    (both,) = [each for each in services.assessments.names(EDITOR, ()).names if each.name == "correct"]
    assert (both.count, both.session_count) == (7, 1)
    assert services.assessments.names(ADA, ["1"]).names == (both,)
    with pytest.raises(NotFound):
        services.assessments.names(ADA, ["2"])


def test_the_same_identifier_with_the_same_content_changes_nothing(services: Services) -> None:
    draft = judgment(identifier="i")
    first = services.assessments.log(EDITOR, draft)
    again = services.assessments.log(EDITOR, draft)
    assert (again.changed, again.assessment) == (False, first.assessment)
    assert services.assessments.log(EDITOR, replace(draft, value=0.0)).assessment.revision == 2


def test_a_session_is_judged_in_its_experiment(services: Services) -> None:
    draft = judgment(None, session="s-1")
    with pytest.raises(Invalid, match="experiment"):
        services.assessments.log(EDITOR, draft)
    assert services.assessments.log(EDITOR, draft, experiment="two").assessment.experiment_id == "2"
    with pytest.raises(NotFound, match="'two'"):
        services.assessments.log(ADA, draft, experiment="two")
    services.experiments.delete(LOCAL, ExperimentId("2"))
    with pytest.raises(Deleted):
        services.assessments.log(EDITOR, draft, experiment="two")


def test_of_a_batch_the_good_ones_are_kept(services: Services) -> None:
    items = services.assessments.log_batch(
        ADA,
        [
            ToLog(judgment()),
            ToLog(judgment("tr-2")),
            ToLog(judgment(name="")),
            ToLog(judgment(None, session="s"), "1"),
        ],
    )
    assert [item.code for item in items] == [None, "trace_not_found", "invalid", None]
    assert [item.changed for item in items] == [True, False, False, True]
    with pytest.raises(TooLarge):
        services.assessments.log_batch(ADA, [ToLog(judgment())] * 1001)
    with pytest.raises(Forbidden):
        services.assessments.log_batch(VIEWER, [ToLog(judgment())])


def test_what_is_out_of_reach_does_not_exist(services: Services) -> None:
    made = services.assessments.log(EDITOR, judgment("tr-2")).assessment.assessment_id
    for use in (
        lambda: services.assessments.get(ADA, made),
        lambda: services.assessments.history(ADA, made),
        lambda: services.assessments.update(ADA, made, AssessmentChange(rationale="x")),
        lambda: services.assessments.delete(ADA, made),
    ):
        with pytest.raises(NotFound, match=made):
            use()
    assert services.assessments.search(ADA, ListQuery()).items == ()
    with pytest.raises(Forbidden):
        services.assessments.delete(VIEWER, made)


def test_revisions_and_removal_are_kept(services: Services) -> None:
    made = services.assessments.log(EDITOR, judgment(value="bad")).assessment.assessment_id
    change = AssessmentChange(replace_value=True, value="good", reason="second look")
    assert services.assessments.update(ADA, made, change).revision == 2
    services.assessments.delete(ADA, made)
    with pytest.raises(NotFound):
        services.assessments.get(ADA, made)
    history = services.assessments.history(VIEWER, made)
    assert [(r.by, r.reason, r.deleted) for r in history] == [
        ("ed", None, False), ("ada", "second look", False), ("ada", None, True),
    ]  # fmt: skip


def test_a_stale_head_is_a_conflict_that_names_the_head(services: Services) -> None:
    first = services.assessments.log(EDITOR, judgment()).assessment.assessment_id
    head = services.assessments.log(EDITOR, judgment(overrides=first)).assessment.assessment_id
    with pytest.raises(Conflict) as stale:
        services.assessments.log(EDITOR, judgment(overrides=first))
    assert head in str(stale.value.details)


def test_lists_are_filtered_and_in_reach(services: Services) -> None:
    services.assessments.log(EDITOR, judgment(name="a", value=0.2))
    services.assessments.log(EDITOR, judgment("tr-2", name="b", value=0.9))
    found = services.assessments.search(VIEWER, ListQuery(filter="number > 0.5")).items
    assert [item.name for item in found] == ["b"]
    assert [item.name for item in services.assessments.search(ADA, ListQuery()).items] == ["a"]
    assert [item.name for item in services.assessments.of_trace(ADA, TraceId("tr-1"))] == ["a"]


def test_a_deleted_experiment_hides_its_assessments(services: Services) -> None:
    made = services.assessments.log(EDITOR, judgment()).assessment.assessment_id
    services.experiments.delete(LOCAL, ONE)
    for use in (services.assessments.get, services.assessments.history):
        with pytest.raises(NotFound):
            use(LOCAL, made)


TARGET = AssessmentTarget(TraceId("tr-1"))
DRAFT = AssessmentDraft(TARGET, "q", "FEEDBACK", AssessmentSource("HUMAN"), value=1)


def nested(levels: int) -> JsonValue:
    value: JsonValue = 0
    for _ in range(levels):
        value = [value]
    return value


DEEP = nested(100_000)


@pytest.mark.parametrize(
    ("draft", "error"),
    [
        (replace(DRAFT, name="a\nb"), Invalid),
        (replace(DRAFT, value=None), Invalid),
        (replace(DRAFT, error=AssessmentError("x")), Invalid),
        (replace(DRAFT, value=None, error=AssessmentError("")), Invalid),
        (replace(DRAFT, value=None, error=AssessmentError("x", "m" * 100_001)), TooLarge),
        (replace(DRAFT, confidence=1.5), Invalid),
        (replace(DRAFT, value="v" * 1_000_001), TooLarge),
        (replace(DRAFT, value=DEEP), Invalid),
        (replace(DRAFT, value=2**2000), Invalid),
        (replace(DRAFT, value=float("nan")), Invalid),
        (replace(DRAFT, value={"a": [float("inf")]}), Invalid),
        (replace(DRAFT, rationale="r" * 100_001), LodelineError),
        (replace(DRAFT, identifier=""), Invalid),
        (replace(DRAFT, run_id="a\x00b"), Invalid),
        (replace(DRAFT, source=AssessmentSource("HUMAN", "")), Invalid),
        (replace(DRAFT, metadata={"k": "v" * 20_001}), TooLarge),
        (replace(DRAFT, overrides=AssessmentId("unknown")), LodelineError),
        (replace(DRAFT, target=AssessmentTarget(TraceId("unknown"))), NotFound),
    ],
)
def test_bad_drafts_are_refused(services: Services, draft: AssessmentDraft, error: type[LodelineError]) -> None:
    with pytest.raises(error):
        services.assessments.log(EDITOR, draft)
    assert services.assessments.search(EDITOR, ListQuery()).items == ()


@pytest.mark.parametrize(
    "change",
    [
        AssessmentChange(name=""),
        AssessmentChange(replace_value=True, value=1, error=AssessmentError("x")),
        AssessmentChange(replace_value=True),
        AssessmentChange(confidence=-1),
        AssessmentChange(replace_value=True, value=DEEP),
        AssessmentChange(reason="r" * 100_001),
    ],
)
def test_bad_changes_are_refused(services: Services, change: AssessmentChange) -> None:
    made = services.assessments.log(EDITOR, DRAFT).assessment
    with pytest.raises(LodelineError):
        services.assessments.update(EDITOR, made.assessment_id, change)
    assert services.assessments.get(EDITOR, made.assessment_id) == made


def test_a_judgment_is_read_as_it_stood_at_a_time(services: Services) -> None:
    clock = clock_of(services)
    start_ms = clock.now_ms()
    made = services.assessments.log(ADA, judgment("tr-1", "good", 1.0)).assessment
    clock.advance(10)
    services.assessments.update(ADA, made.assessment_id, AssessmentChange(replace_value=True, value=2.0))
    clock.advance(10)
    over = services.assessments.log(ADA, judgment("tr-1", "good", 3.0, overrides=made.assessment_id)).assessment
    clock.advance(10)
    services.assessments.delete(ADA, made.assessment_id)

    def at(seconds: int) -> tuple[JsonValue, bool]:
        found = services.assessments.as_of(ADA, made.assessment_id, start_ms + seconds * 1_000)
        return found.value, found.valid

    assert [at(0), at(9), at(10), at(20), at(29)] == [
        (1.0, True),
        (1.0, True),
        (2.0, True),
        (2.0, False),
        (2.0, False),
    ]
    for seconds in (-1, 30):
        with pytest.raises(NotFound, match="there was none at"):
            at(seconds)
    elsewhere = Actor("account", "eve", AccountId("acc-9"), roles={ExperimentId("2"): "viewer"})
    with pytest.raises(NotFound, match="does not exist"):
        services.assessments.as_of(elsewhere, over.assessment_id, clock.now_ms())
