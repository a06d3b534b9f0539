"""Trust over the ledger: real raters through the services, and who may ask."""

from collections.abc import Iterator

import pytest

from lodeline.auth.actor import LOCAL, Actor
from lodeline.domain.assessment import AssessmentDraft, AssessmentError, AssessmentSource, AssessmentTarget
from lodeline.domain.errors import Forbidden, Invalid, NotFound
from lodeline.domain.ids import AccountId, AssessmentId, ExperimentId, TraceId
from lodeline.domain.span import JsonValue
from lodeline.domain.trust import TrustOptions
from lodeline.services import trust
from lodeline.services.bundle import Services
from lodeline.services.listing import ListQuery
from lodeline.services.trust import TrustQuery
from tests.contract.build import span, write
from tests.evals import judgments
from tests.services.bundled import clock_of, make, services_over

ONE = ExperimentId("1")
VIEWER = Actor("account", "vi", AccountId("acc-2"), role="viewer")
REVIEWER = Actor("account", "re", AccountId("acc-4"), role="reviewer")
OTHER = Actor("account", "ot", AccountId("acc-5"), roles={ExperimentId("2"): "viewer"})
FAST = TrustOptions(resamples=100)


def draft(
    item: int | str,
    source: AssessmentSource,
    value: JsonValue,
    *,
    name: str = "better",
    overrides: AssessmentId | None = None,
    error: AssessmentError | None = None,
) -> AssessmentDraft:
    target = AssessmentTarget(trace_id=TraceId(f"tr-{item}"))
    return AssessmentDraft(target, name, "FEEDBACK", source, value, error, overrides=overrides)


def person(name: str) -> AssessmentSource:
    return AssessmentSource("HUMAN", name)


def model(name: str, digest: str | None = None) -> AssessmentSource:
    return AssessmentSource("LLM_JUDGE", name, digest)


@pytest.fixture
def services() -> Iterator[Services]:
    """Experiment 1 "one" holds the traces tr-0 to tr-199."""
    with services_over() as opened:
        one, _ = make(opened, "one"), make(opened, "two")
        opened.stores.traces.write(
            [write(f"tr-{number}", span(), experiment=one.experiment_id) for number in range(200)]
        )
        yield opened


def log(services: Services, *drafts: AssessmentDraft) -> list[AssessmentId]:
    return [services.assessments.log(LOCAL, each).assessment.assessment_id for each in drafts]


def asked(name: str = "better", options: TrustOptions = FAST, **given: object) -> TrustQuery:
    return TrustQuery(name, ListQuery(("one",)), options=options, **given)  # pyright: ignore[reportArgumentType]


def test_real_people_and_judges_through_the_ledger(services: Services) -> None:
    """The first 200 pairs of PandaLM, whatever order they are logged in."""
    rows = judgments.labels("pandalm-pairwise")[:200]
    for item, row in enumerate(rows):
        log(services, draft(item, model("gpt-3.5"), row["gpt35"]), draft(item, model("pandalm-7b"), row["pandalm7b"]))
        log(services, *(draft(item, person(f"ann-{k}"), row[f"annotator{k}"]) for k in (3, 1, 2)))
    found = services.trust.judges(VIEWER, asked())
    assert (found.examined, found.complete) == (1_000, True)
    assert found.panel.people == ("ann-1", "ann-2", "ann-3")
    unanimous = sum(row["annotator1"] == row["annotator2"] == row["annotator3"] for row in rows)
    assert found.panel.disputed_items == 200 - unanimous
    assert [judge.judge for judge in found.judges] == ["gpt-3.5", "pandalm-7b"]
    for judge, column in zip(found.judges, ("gpt35", "pandalm7b"), strict=True):
        hits = 0
        for row in rows:
            said = [row[f"annotator{k}"] for k in (1, 2, 3)]
            hits += said.count(row[column]) >= 2
        assert judge.confusion is not None
        assert judge.confusion.accuracy == pytest.approx(hits / judge.compared)
    alone = services.trust.agreement(VIEWER, asked())
    assert (alone.judges, alone.panel) == ((), found.panel)
    assert alone.examined == 1_000


def test_what_a_person_overrode_still_counts_for_the_judge(services: Services) -> None:
    (judged, *_) = log(services, *(draft(k, model("m"), True) for k in range(4)))
    log(services, draft(0, person("ada"), False, overrides=judged))
    log(services, *(draft(k, person("ada"), True) for k in range(1, 4)))
    (judge,) = services.trust.judges(VIEWER, asked()).judges
    assert (judge.judged, judge.compared) == (4, 4)
    assert judge.confusion is not None
    assert judge.confusion.accuracy == 0.75


def test_the_last_word_of_a_person_counts(services: Services) -> None:
    (first,) = log(services, draft(0, person("ada"), False))
    clock_of(services).advance(5)
    log(services, draft(0, person("ada"), True, overrides=first), draft(0, person("bob"), True))
    panel = services.trust.agreement(VIEWER, asked()).panel
    assert (panel.ratings, panel.disputed_items) == (2, 0)


def test_failed_judgments_are_no_ratings(services: Services) -> None:
    log(services, draft(0, model("m"), None, error=AssessmentError("judge_timeout")), draft(1, model("m"), True))
    log(services, *(draft(k, person("ada"), True) for k in range(2)))
    (judge,) = services.trust.judges(VIEWER, asked()).judges
    assert (judge.judged, judge.compared) == (1, 1)


def test_judges_under_other_names(services: Services) -> None:
    log(services, *(draft(k, person("ada"), k % 2 == 0) for k in range(10)))
    log(services, *(draft(k, model("m"), True, name="strict") for k in range(10)))
    log(services, *(draft(k, model("m"), k % 2 == 0, name="kind") for k in range(10)))
    log(services, draft(11, person("ada"), True, name="strict"))
    found = services.trust.judges(VIEWER, asked(judge_names=("strict", "kind")))
    accuracies = {each.judge: each.confusion.accuracy for each in found.judges if each.confusion is not None}
    assert accuracies == {"kind by m": 1.0, "strict by m": 0.5}
    assert found.panel.items == 10, "what people said under a judge's name is about something else"


def test_models_as_versions_of_one_judge(services: Services) -> None:
    log(services, *(draft(k, person("ada"), True) for k in range(10)))
    log(services, *(draft(k, model("old", "d1"), k < 6) for k in range(10)))
    clock_of(services).advance(60)
    log(services, *(draft(k, model("new", "d2"), k < 9) for k in range(10)))
    (judge,) = services.trust.judges(VIEWER, asked(judge_by="name")).judges
    assert judge.judge == "better"
    assert [(each.version, each.agreed) for each in judge.versions] == [("old d1", 6), ("new d2", 9)]
    (change,) = judge.changes
    assert change.difference == pytest.approx(0.3)
    assert len(services.trust.judges(VIEWER, asked()).judges) == 2


def test_few_labels_of_people_correct_the_rate_of_a_judge(services: Services) -> None:
    log(services, *(draft(k, model("m"), k % 4 != 3) for k in range(200)))
    log(services, *(draft(k, person("ada"), k % 4 == 0) for k in range(60)))
    (judge,) = services.trust.judges(VIEWER, asked()).judges
    assert judge.corrected is not None
    assert (judge.corrected.labelled, judge.corrected.unlabelled) == (60, 140)
    assert judge.corrected.judge == 0.75
    assert judge.corrected.interval.low <= 0.25 <= judge.corrected.interval.high


def test_a_filter_narrows_and_a_limit_is_said(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    log(services, *(draft(k, person(who), True) for k in range(10) for who in ("ada", "bob")))
    narrowed = TrustQuery("better", ListQuery(("one",), "source_id = 'ada'"), options=FAST)
    assert services.trust.agreement(VIEWER, narrowed).panel.people == ("ada",)
    monkeypatch.setattr(trust, "MAX_EXAMINED", 5)
    monkeypatch.setattr(trust, "MAX_LIMIT", 5)
    found = services.trust.agreement(VIEWER, asked())
    assert (found.examined, found.complete) == (5, False)


def test_only_who_may_read_judgments_may_ask(services: Services) -> None:
    for who in (REVIEWER, OTHER):
        with pytest.raises((Forbidden, NotFound)):
            services.trust.agreement(who, asked())
    log(services, draft(0, person("ada"), True))
    everywhere = TrustQuery("better", ListQuery(), options=FAST)
    assert services.trust.agreement(OTHER, everywhere).panel.items == 0
    assert services.trust.agreement(VIEWER, everywhere).panel.items == 1


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (asked(""), "name the judgments"),
        (asked(judge_names=[str(k) for k in range(30)]), "at most 20"),
        (asked(options=TrustOptions(level=0.2)), "level"),
        (asked(options=TrustOptions(order=tuple(map(str, range(300))))), "at most 200"),
        (asked(options=TrustOptions(scale="interval")), "'1' is a text"),
    ],
)
def test_what_cannot_be_reported_is_refused(services: Services, query: TrustQuery, message: str) -> None:
    log(services, draft(0, person("ada"), "1"), draft(0, person("bob"), "2"))
    with pytest.raises(Invalid, match=message):
        services.trust.judges(VIEWER, query)
