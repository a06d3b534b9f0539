"""Judgments that wait for their traces."""

from dataclasses import replace

import pytest

from lodeline.domain.assessment import AssessmentDraft, AssessmentError, AssessmentSource, AssessmentTarget
from lodeline.domain.audit import AuditEntry
from lodeline.domain.errors import Conflict, Deleted, NotFound
from lodeline.domain.ids import AssessmentId, ExperimentId, SpanId, TraceId
from lodeline.domain.parking import PARKED_MS, ParkedAssessment, park
from lodeline.domain.span import JsonValue
from lodeline.query.ast import Search
from lodeline.storage.base import Stores
from tests.contract.build import T0_MS, audit, delete_experiment, judgment, make_experiment, span, write

PARK = AuditEntry(T0_MS, "test", "assessment.park", "tr-1")


def parked(name: str = "good", *, experiment: str = "0", now_ms: int = T0_MS) -> ParkedAssessment:
    draft = judgment("tr-1", name, value=True)
    return park(draft, ExperimentId(experiment), actor="ada", by="acc-1", now_ms=now_ms)


def waiting(stores: Stores, *, limit: int = 100) -> list[ParkedAssessment]:
    return list(stores.parking.arrived(after=None, limit=limit))


def test_a_judgment_has_arrived_when_its_trace_is_here(stores: Stores) -> None:
    one = parked()
    stores.parking.add(one, audit=PARK)
    assert waiting(stores) == []
    stores.traces.write([write("tr-2", span())])
    assert waiting(stores) == []
    stores.traces.write([write("tr-1", span())])
    assert waiting(stores) == [one]
    assert stores.audit.search(Search()).items[0].action == "assessment.park"
    assert stores.assessments.search(Search()).items == ()


def test_everything_of_a_judgment_comes_back(stores: Stores) -> None:
    draft = AssessmentDraft(
        AssessmentTarget(TraceId("tr-1"), SpanId("00000000000000aa")), "how \ud800", "FEEDBACK",
        AssessmentSource("LLM_JUDGE", "judge-1", "sha"), error=AssessmentError("TIMEOUT", "slow", "d"),
        rationale="because", metadata={"k": "v"}, identifier="i", confidence=0.5, run_id="r-1", created_ms=7,
    )  # fmt: skip
    one = ParkedAssessment(ExperimentId("0"), replace(draft, assessment_id=AssessmentId("a-1")), "ada", None, 9)
    stores.parking.add(one, audit=PARK)
    stores.traces.write([write("tr-1", span())])
    assert waiting(stores) == [one]


@pytest.mark.parametrize("value", [True, "text", 2**70, 0.1, float("inf"), {"a": [1, None]}])
def test_values_come_back_as_they_were(stores: Stores, value: JsonValue) -> None:
    draft = judgment("tr-1", "good", value=value)
    stores.parking.add(park(draft, ExperimentId("0"), actor="a", by=None, now_ms=T0_MS), audit=PARK)
    stores.traces.write([write("tr-1", span())])
    assert [each.draft.value for each in waiting(stores)] == [value]


def test_pages_go_on_after_an_id(stores: Stores) -> None:
    for number in range(5):
        stores.parking.add(parked(name=f"n{number}"), audit=PARK)
    stores.traces.write([write("tr-1", span())])
    first = waiting(stores, limit=2)
    rest = stores.parking.arrived(after=first[-1].assessment_id, limit=100)
    ids = [each.assessment_id for each in (*first, *rest)]
    assert ids == sorted(ids)
    assert len(set(ids)) == 5


def test_the_same_judgment_again_takes_the_place_of_the_first(stores: Stores) -> None:
    for value in (True, False):
        draft = judgment("tr-1", "good", value=value, identifier="once")
        stores.parking.add(park(draft, ExperimentId("0"), actor="a", by=None, now_ms=T0_MS), audit=PARK)
    stores.traces.write([write("tr-1", span())])
    assert [each.draft.value for each in waiting(stores)] == [False]


def test_what_is_removed_or_expired_waits_no_longer(stores: Stores) -> None:
    early, late = parked(name="early"), parked(name="late", now_ms=T0_MS + 1)
    for each in (early, late):
        stores.parking.add(each, audit=PARK)
    stores.traces.write([write("tr-1", span())])
    assert stores.parking.expire(T0_MS + PARKED_MS - 1) == 0
    assert stores.parking.expire(T0_MS + PARKED_MS) == 1
    assert waiting(stores) == [late]
    assert stores.parking.remove([late.assessment_id, early.assessment_id]) == 1
    assert waiting(stores) == []
    assert stores.parking.remove([]) == 0


def test_an_experiment_has_so_many_and_no_more(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("memory", "sql"):
        monkeypatch.setattr(f"lodeline.storage.{module}.parking.MAX_PARKED", 2)
    make_experiment(stores, "other")
    one = parked(name="a")
    for each in (one, parked(name="b")):
        stores.parking.add(each, audit=PARK)
    stores.parking.add(one, audit=PARK)
    with pytest.raises(Conflict, match="wait for traces") as full:
        stores.parking.add(parked(name="c"), audit=PARK)
    assert full.value.error_code == "parking_full"
    stores.parking.add(parked(name="c", experiment="1"), audit=PARK)


def test_deleted_experiments_park_nothing_and_purged_ones_leave_nothing(stores: Stores) -> None:
    made = make_experiment(stores, "gone")
    one = parked(experiment=made.experiment_id)
    stores.parking.add(one, audit=PARK)
    stores.traces.write([write("tr-1", span())])
    assert waiting(stores) == [one]
    delete_experiment(stores, made.experiment_id)
    assert waiting(stores) == []
    with pytest.raises(Deleted):
        stores.parking.add(one, audit=PARK)
    stores.experiments.purge(made.experiment_id, audit=audit())
    assert stores.parking.expire(T0_MS + PARKED_MS) == 0
    with pytest.raises(NotFound):
        stores.parking.add(one, audit=PARK)


def test_those_of_an_experiment_are_told_by_id(stores: Stores) -> None:
    make_experiment(stores, "one")
    all_parked = sorted((parked(f"n{number}") for number in range(3)), key=lambda each: each.assessment_id)
    for each in (*all_parked, parked(experiment="1")):
        stores.parking.add(each, audit=PARK)
    first = stores.parking.of_experiment(ExperimentId("0"), after=None, limit=2)
    rest = stores.parking.of_experiment(ExperimentId("0"), after=first[-1].assessment_id, limit=2)
    assert [*first, *rest] == all_parked
    assert not stores.parking.of_experiment(ExperimentId("77"), after=None, limit=2)


def test_none_takes_the_place_of_one_in_another_experiment(stores: Stores) -> None:
    make_experiment(stores, "one")
    one = parked()
    stores.parking.add(one, audit=PARK)
    with pytest.raises(Conflict) as caught:
        stores.parking.add(replace(one, experiment_id=ExperimentId("1")), audit=PARK)
    assert caught.value.error_code == "parked_elsewhere"
    assert list(stores.parking.of_experiment(ExperimentId("0"), after=None, limit=2)) == [one]
