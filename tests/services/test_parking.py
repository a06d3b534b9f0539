"""Judgments that come before their traces."""

from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from lodeline.auth.actor import LOCAL, Actor
from lodeline.domain.assessment import Assessment, LoggedAssessment
from lodeline.domain.errors import Forbidden, Invalid, NotFound
from lodeline.domain.experiment import ExperimentChange
from lodeline.domain.ids import AccountId, AssessmentId, ExperimentId, TraceId
from lodeline.domain.label_schema import LabelInput, LabelSchemaDraft
from lodeline.domain.parking import PARKED_MS, ParkedAssessment
from lodeline.domain.span import JsonValue
from lodeline.domain.transfer import ImportReport
from lodeline.query.ast import Search
from lodeline.services.bundle import Services
from lodeline.services.parking import ParkingService
from tests.contract.build import judgment, span, write
from tests.services.bundled import clock_of, make, services_over

ONE, TWO = ExperimentId("1"), ExperimentId("2")
VIEWER = Actor("account", "vi", AccountId("acc-1"), role="viewer")
ADA = Actor("account", "ada", AccountId("acc-2"), roles={ONE: "editor"})


@pytest.fixture
def services() -> Iterator[Services]:
    with services_over() as opened:
        make(opened, "one")
        make(opened, "two")
        yield opened


def park(
    services: Services,
    name: str = "good",
    value: JsonValue = True,
    *,
    actor: Actor = ADA,
    identifier: str | None = None,
) -> LoggedAssessment:
    draft = judgment("tr-1", name, value, source="HUMAN", identifier=identifier)
    return services.assessments.log(actor, draft, experiment="one", park=True)


def arrive(services: Services, experiment: ExperimentId = ONE, number: int = 1) -> None:
    services.stores.traces.write([write("tr-1", span(number=number), experiment=experiment)])


def judgments(services: Services) -> list[Assessment]:
    return list(services.stores.assessments.of_traces([TraceId("tr-1")]).get(TraceId("tr-1"), ()))


def test_a_judgment_waits_for_its_trace_and_is_as_it_was_made(services: Services) -> None:
    logged = park(services)
    now_ms = clock_of(services).now_ms()
    assert (logged.changed, logged.parked_until_ms) == (True, now_ms + PARKED_MS)
    assert services.parking.attach_all() == 0
    clock_of(services).advance(60)
    arrive(services)
    assert services.parking.attach_all() == 1
    (made,) = judgments(services)
    assert (made.assessment_id, made.created_ms) == (logged.assessment.assessment_id, now_ms)
    assert (made.created_by, made.source.source_id, made.value) == ("ada", "ada", True)
    entries = services.stores.audit.search(Search()).items[:2]
    assert [(entry.actor, entry.action, entry.target) for entry in entries] == [
        (ADA.label, "assessment.log", "tr-1"),
        (ADA.label, "assessment.park", "tr-1"),
    ]
    assert services.parking.attach_all() == 0


def test_a_judgment_whose_trace_is_here_does_not_wait(services: Services) -> None:
    arrive(services)
    assert park(services).parked_until_ms is None
    assert len(judgments(services)) == 1


def test_a_judgment_on_a_span_waits_for_the_span(services: Services) -> None:
    arrive(services)
    draft = judgment("tr-1", span=2)
    assert services.assessments.log(ADA, draft, experiment="one", park=True).parked_until_ms is not None
    assert services.parking.attach_all() == 0
    arrive(services, number=2)
    assert services.parking.attach_all() == 1


def test_the_same_judgment_again_is_one_and_a_later_one_counts(services: Services) -> None:
    first = park(services, identifier="once")
    again = park(services, value=False, identifier="once")
    assert first.assessment.assessment_id == again.assessment.assessment_id
    arrive(services)
    assert services.parking.attach_all() == 1
    assert park(services, value=False, identifier="once").changed is False
    assert [(each.value, each.revision) for each in judgments(services)] == [(False, 1)]


def test_an_attachment_that_was_cut_off_is_repeated_without_harm(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forget_nothing(_: object, ids: Sequence[AssessmentId]) -> int:
        return len(ids)

    park(services)
    arrive(services)
    with monkeypatch.context() as cut:
        cut.setattr(type(services.stores.parking), "remove", forget_nothing)
        services.parking.attach_all()
    assert ParkingService(services.stores, services.clock).attach_all() == 1  # that of the next process
    assert [each.revision for each in judgments(services)] == [1]
    assert services.parking.attach_all() == 0


def test_what_waits_too_long_is_dropped(services: Services, caplog: pytest.LogCaptureFixture) -> None:
    park(services)
    clock_of(services).advance(PARKED_MS / 1000)
    assert services.parking.attach_all() == 0
    assert "1 parked assessments were dropped" in caplog.text
    arrive(services)
    assert services.parking.attach_all() == 0
    assert judgments(services) == []


def test_a_trace_of_another_experiment_gets_nothing(services: Services, caplog: pytest.LogCaptureFixture) -> None:
    park(services)
    arrive(services, TWO)
    assert services.parking.attach_all() == 0
    assert "dropped: trace_not_found" in caplog.text
    assert judgments(services) == []


def test_a_schema_that_is_enforced_by_then_holds(services: Services) -> None:
    park(services, "stars", 9)
    stars = LabelSchemaDraft("stars", "FEEDBACK", LabelInput("numeric", min_value=1, max_value=5))
    services.label_schemas.create(LOCAL, "one", stars)
    services.experiments.update(LOCAL, ONE, ExperimentChange(settings={"enforce_label_schemas": True}))
    arrive(services)
    assert services.parking.attach_all() == 0
    assert judgments(services) == []
    draft = judgment("tr-2", "stars", 9, source="HUMAN")
    with pytest.raises(Invalid, match="stars: 9"):
        services.assessments.log(ADA, draft, experiment="one", park=True)


def test_who_may_not_judge_may_not_park(services: Services) -> None:
    with pytest.raises(Forbidden):
        park(services, actor=VIEWER)
    draft = judgment("tr-9")
    with pytest.raises(NotFound, match="experiment"):
        services.assessments.log(ADA, draft, experiment="two", park=True)
    with pytest.raises(NotFound, match="trace 'tr-9'"):
        services.assessments.log(ADA, draft, experiment="one")
    assert services.stores.audit.search(Search()).items[0].action != "assessment.park"


def test_what_cannot_wait_says_why(services: Services) -> None:
    with pytest.raises(Invalid, match="experiment: name the experiment of the trace that is to come"):
        services.assessments.log(ADA, judgment("tr-9"), park=True)
    with pytest.raises(Invalid, match="overrides: 'a-1'"):
        services.assessments.log(ADA, judgment("tr-9", overrides=AssessmentId("a-1")), experiment="one", park=True)
    with pytest.raises(Invalid, match="trace_id"):
        services.assessments.log(ADA, judgment("no id of a trace"), experiment="one", park=True)


def test_what_was_logged_on_the_trace_meanwhile_stands(services: Services) -> None:
    park(services, value=False, identifier="once")
    clock_of(services).advance(1)
    arrive(services)
    later = park(services, value=True, identifier="once")
    assert later.parked_until_ms is None
    assert services.parking.attach_all() == 0
    assert [(each.value, each.revision) for each in judgments(services)] == [(True, 1)]
    clock_of(services).advance(PARKED_MS / 1000)
    assert services.parking.attach_all() == 0
    assert [each.value for each in judgments(services)] == [True]


@pytest.mark.parametrize("trace_id", ["ab" * 16, "AB" * 16, "tr-" + "AB" * 16])
def test_an_id_that_no_trace_can_have_says_how_it_is_written(services: Services, trace_id: str) -> None:
    with pytest.raises(Invalid, match=f"tr-{'ab' * 16}"):
        services.assessments.log(ADA, judgment(trace_id), experiment="one", park=True)
    right = judgment("tr-" + "ab" * 16)
    assert services.assessments.log(ADA, right, experiment="one", park=True).parked_until_ms is not None


def test_a_judgment_on_a_missing_span_is_tried_again_only_when_its_trace_changes(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrive(services)
    services.assessments.log(ADA, judgment("tr-1", span=2), experiment="one", park=True)
    store = type(services.stores.assessments)
    log, tries = store.log, list[str]()

    def counted(self: object, *arguments: Any, **named: Any) -> Any:
        tries.append("one")
        return log(self, *arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(store, "log", counted)
    for _ in range(3):
        assert services.parking.attach_all() == 0
    assert tries == ["one"]
    arrive(services, number=2)
    assert services.parking.attach_all() == 1
    assert tries == ["one", "one"]


def wait(services: Services, experiment_id: str) -> dict[str, ParkedAssessment]:
    found = services.stores.parking.of_experiment(ExperimentId(experiment_id), after=None, limit=100)
    return {each.draft.name: each for each in found}


def moved(services: Services, other: Services, as_name: str | None = None) -> ImportReport:
    file = b"".join(services.transfer.export(LOCAL, "one")[1])
    return other.transfer.import_file(LOCAL, BytesIO(file), as_name=as_name)


@pytest.mark.parametrize("url", ["memory:", "sqlite:{}"])
def test_what_waits_moves_with_its_experiment(services: Services, url: str, tmp_path: Path) -> None:
    park(services, "known", {"a": [1, None]}, identifier="i")
    park(services, "nameless", 0.5)
    clock_of(services).advance(60)
    with services_over(url.format(tmp_path / "store")) as other:
        clock_of(other).advance(3 * 86_400)
        now_ms = clock_of(other).now_ms()
        for assessments in (2, 0):
            report = moved(services, other)
            assert (report.assessments, report.refused) == (assessments, ())
        was, found = wait(services, "1"), wait(other, "1")
        assert {name: each.draft for name, each in found.items()} == {name: each.draft for name, each in was.items()}
        assert {(each.actor, each.by, each.expires_ms) for each in found.values()} == {
            (LOCAL.label, "ada", now_ms + PARKED_MS)
        }
        other.stores.traces.write([write("tr-1", span(), experiment=ONE)])
        assert other.parking.attach_all() == 2
        (known,) = (each for each in judgments(other) if each.name == "known")
        assert (known.assessment_id, known.created_ms) == (was["known"].assessment_id, was["known"].draft.created_ms)


def test_a_copy_waits_beside_what_it_was_made_of(services: Services) -> None:
    park(services, "known", identifier="i")
    park(services, "nameless")
    was = wait(services, "1")
    assert moved(services, services, "copy").refused == ()
    assert moved(services, services, "copy").assessments == 0
    assert wait(services, "1") == was
    copies = wait(services, "3")
    assert copies.keys() == was.keys()
    again = services.assessments.log(
        LOCAL, judgment("tr-1", "known", value=True, source="HUMAN", identifier="i"), experiment="copy", park=True
    )
    assert again.assessment.assessment_id == copies["known"].assessment_id


def test_an_import_passes_over_what_was_said_anew_since(services: Services) -> None:
    park(services, "scored", 1, identifier="i")
    park(services, "nameless")
    file = b"".join(services.transfer.export(LOCAL, "one")[1])
    arrive(services)
    assert services.parking.attach_all() == 2
    with services_over() as other:
        make(other, "one")
        arrive(other)
        clock_of(other).advance(60)
        other.assessments.log(LOCAL, judgment("tr-1", "scored", 5, source="HUMAN", identifier="i"))
        assert other.transfer.import_file(LOCAL, BytesIO(file), into="one").assessments == 1
        assert other.parking.attach_all() == 1
        assert {each.name: each.value for each in judgments(other)} == {"scored": 5, "nameless": True}
    assert services.transfer.import_file(LOCAL, BytesIO(file), into="one").assessments == 0
    assert {each.name: (each.value, each.revision) for each in judgments(services)} == {
        "scored": (1, 1), "nameless": (True, 1),
    }  # fmt: skip
