"""The report of a labeling session that real people's labels were submitted to, through the services."""

from collections.abc import Iterator

import pytest

from lodeline.auth.actor import LOCAL, Actor
from lodeline.domain.assessment import AssessmentDraft, AssessmentSource, AssessmentTarget
from lodeline.domain.errors import Forbidden, Invalid
from lodeline.domain.ids import AccountId, ExperimentId, RunId, TraceId
from lodeline.domain.label_schema import LabelInput, LabelSchemaDraft
from lodeline.domain.labeling import ItemDraft, ItemId, LabelingDraft, ReviewForm, ReviewPolicy, ReviewTarget
from lodeline.domain.labeling_report import LabelingReport
from lodeline.domain.review_outputs import PAIR
from lodeline.domain.run import RunDraft
from lodeline.domain.span import JsonValue
from lodeline.services.bundle import Services
from tests.contract.build import span, write
from tests.evals import judgments
from tests.services.bundled import clock_of, services_over

HUMAN = AssessmentSource("HUMAN", "outside")
REVIEWERS = ("ann-1", "ann-2", "ann-3")
REVIEWER = Actor("account", "ann-1", AccountId("acc-4"), roles={ExperimentId("0"): "reviewer"})


@pytest.fixture
def services() -> Iterator[Services]:
    with services_over() as made:
        yield made


def session(services: Services, name: str, asked: LabelInput, **policy: object) -> RunId:
    """Make an open session that every reviewer answers."""
    services.label_schemas.create(LOCAL, "0", LabelSchemaDraft(name, "FEEDBACK", asked))
    rules = ReviewPolicy(mode="named", require_all_answers=False, **policy)  # pyright: ignore[reportArgumentType]
    draft = LabelingDraft(RunDraft(name), (), reviewers=REVIEWERS, policy=rules, state="OPEN")
    return services.labeling.create(LOCAL, "0", draft, (name,)).run.run_id


def traces(services: Services, *names: str) -> None:
    services.stores.traces.write([write(name, span(), experiment="0") for name in names])


def submit(services: Services, item: ItemId, who: str, name: str, value: JsonValue, *, took_ms: int = 9_000) -> None:
    services.reviews.submit(LOCAL, item, ReviewForm({name: value}, duration_ms=took_ms), reviewer=who)


def pandalm(services: Services, pairs: int) -> LabelingReport:
    """Three people and two judges on pairs of traces, of which the first ten are gold items."""
    rows = judgments.labels("pandalm-pairwise")[:pairs]
    traces(services, *(f"tr-{number}-{side}" for number in range(pairs) for side in "ab"))
    run_id = session(services, "better", LabelInput("categorical", options=("0", "1", "2")))
    drafts = [
        ItemDraft(
            ReviewTarget("PAIR", trace_id=TraceId(f"tr-{n}-a"), other_trace_id=TraceId(f"tr-{n}-b")),
            gold={"better": row["annotator1"]} if n < 10 else {},
        )
        for n, row in enumerate(rows)
    ]
    items = services.labeling_items.add(LOCAL, run_id, drafts).item_ids
    for number, (item, row) in enumerate(zip(items, rows, strict=True)):
        for k, who in enumerate(REVIEWERS, 1):
            clock_of(services).advance(10)
            submit(services, item, who, "better", row[f"annotator{k}"], took_ms=8_000 + 1_000 * k)
        for judge in ("gpt35", "pandalm7b"):
            source = AssessmentSource("LLM_JUDGE", judge)
            target = AssessmentTarget(TraceId(f"tr-{number}-a"))
            metadata = {PAIR: f"tr-{number}-b"}
            services.assessments.log(
                LOCAL, AssessmentDraft(target, "better", "FEEDBACK", source, row[judge], metadata=metadata)
            )
            elsewhere = AssessmentDraft(target, "better", "FEEDBACK", source, "0", metadata={PAIR: "tr-another"})
            services.assessments.log(LOCAL, elsewhere)
    return services.labeling_reports.report(LOCAL, run_id)


def test_pandalms_people_and_judges_in_a_session(services: Services) -> None:
    rows = judgments.labels("pandalm-pairwise")[:120]
    found = pandalm(services, 120)
    assert found.states == {"COMPLETE": 120}
    assert (found.throughput.reviews, found.throughput.median_ms) == (360, 10_000)
    (schema,) = found.schemas
    assert schema.panel is not None
    assert schema.panel.people == REVIEWERS
    unanimous = sum(row["annotator1"] == row["annotator2"] == row["annotator3"] for row in rows)
    assert schema.panel.disputed_items == 120 - unanimous
    for judge, column in zip(schema.judges, ("gpt35", "pandalm7b"), strict=True):
        hits = sum([row[f"annotator{k}"] for k in (1, 2, 3)].count(row[column]) >= 2 for row in rows)
        assert (judge.judge, judge.versions[0].agreed) == (column, hits)
    assert [(each.reviewer, each.gold) for each in found.reviewers] == [(who, 10) for who in REVIEWERS]
    assert found.reviewers[0].gold_right == 10


def test_ragcheckers_people_on_an_ordered_scale(services: Services) -> None:
    """Two people on 60 answers, from -2 to 2."""
    rows = judgments.labels("ragchecker-human")[:60]
    traces(services, *(f"tr-{number}" for number in range(60)))
    run_id = session(services, "overall", LabelInput("numeric", min_value=-2, max_value=2))
    drafts = [ItemDraft(ReviewTarget("TRACE", trace_id=TraceId(f"tr-{n}"))) for n in range(60)]
    items = services.labeling_items.add(LOCAL, run_id, drafts).item_ids
    for item, row in zip(items, rows, strict=True):
        submit(services, item, "ann-1", "overall", int(row["overall_1"]))
        submit(services, item, "ann-2", "overall", int(row["overall_2"]))
    found = services.labeling_reports.report(LOCAL, run_id)
    assert found.states == {"IN_REVIEW": 60}, "the third reviewer has not come yet"
    (schema,) = found.schemas
    assert schema.panel is not None
    assert schema.panel.agreement is not None
    assert schema.panel.scale == "ordinal"
    percent = next(each for each in schema.panel.agreement.coefficients if each.name == "percent")
    assert percent.value == pytest.approx(sum(row["overall_1"] == row["overall_2"] for row in rows) / 60)


def test_judges_of_whole_conversations_stand_beside_people(services: Services) -> None:
    names = [f"chat-{number}" for number in range(6)]
    services.stores.traces.write([write(f"tr-{name}", span(session=name), experiment="0") for name in names])
    run_id = session(services, "helpful", LabelInput("pass_fail"))
    drafts = [ItemDraft(ReviewTarget("SESSION", session=name)) for name in names[:5]]
    items = services.labeling_items.add(LOCAL, run_id, drafts).item_ids
    for number, item in enumerate(items):
        for who in REVIEWERS[:2]:
            submit(services, item, who, "helpful", number < 3)
    for name in names:
        for source, value in ((AssessmentSource("LLM_JUDGE", "gpt"), name < "chat-4"), (HUMAN, False)):
            target = AssessmentTarget(session=name)
            services.assessments.log(
                LOCAL, AssessmentDraft(target, "helpful", "FEEDBACK", source, value), experiment="0"
            )
    target = AssessmentTarget(TraceId("tr-chat-0"))
    other = AssessmentDraft(target, "helpful", "FEEDBACK", AssessmentSource("LLM_JUDGE", "of-traces"), True)
    services.assessments.log(LOCAL, other)
    (judge,) = services.labeling_reports.report(LOCAL, run_id).schemas[0].judges
    assert (judge.judge, judge.judged, judge.compared) == ("gpt", 5, 5)
    assert judge.confusion is not None
    assert judge.confusion.accuracy == pytest.approx(4 / 5)


def test_verdicts_on_one_item_more_than_once_are_how_far_a_judge_agrees_with_itself(services: Services) -> None:
    traces(services, "tr-1", "tr-2", "tr-3")
    run_id = session(services, "fine", LabelInput("pass_fail"))
    drafts = [ItemDraft(ReviewTarget("TRACE", trace_id=TraceId(f"tr-{n}"))) for n in (1, 2, 3)]
    services.labeling_items.add(LOCAL, run_id, drafts)
    for trace_id, values in (("tr-1", (True, True)), ("tr-2", (True, False)), ("tr-3", (True,))):
        for number, value in enumerate(values):
            source = AssessmentSource("LLM_JUDGE", "gpt", "v1")
            draft = AssessmentDraft(
                AssessmentTarget(TraceId(trace_id)), "fine", "FEEDBACK", source, value, identifier=str(number)
            )
            clock_of(services).advance(1)
            services.assessments.log(LOCAL, draft)
    (judge,) = services.labeling_reports.report(LOCAL, run_id).schemas[0].judges
    assert judge.repeats is not None
    assert (judge.repeats.items, judge.repeats.raters) == (2, ("verdict 1", "verdict 2"))
    percent = next(each for each in judge.repeats.coefficients if each.name == "percent")
    assert percent.value == pytest.approx(0.5)


def test_removed_items_and_free_text_are_left_out(services: Services) -> None:
    traces(services, "tr-1", "tr-2")
    run_id = session(services, "why", LabelInput("text"))
    drafts = [ItemDraft(ReviewTarget("TRACE", trace_id=TraceId(name))) for name in ("tr-1", "tr-2")]
    kept, gone = services.labeling_items.add(LOCAL, run_id, drafts).item_ids
    submit(services, kept, "ann-1", "why", "It is late.")
    submit(services, gone, "ann-1", "why", "It is wrong.")
    services.labeling_items.remove(LOCAL, gone)
    found = services.labeling_reports.report(LOCAL, run_id)
    assert found.throughput.reviews == 1
    assert (found.schemas[0].panel, found.schemas[0].answers) == (None, 1)


def test_marks_in_a_text_of_the_length_that_most_had_are_compared(services: Services) -> None:
    def answer(response: str, *, end_ms: int) -> None:
        root = span("answer", end_ms=end_ms, attributes={"input.value": "ask", "output.value": response})
        services.stores.traces.write([write("tr-1", root, experiment="0")])

    answer("first it was like this", end_ms=10)
    run_id = session(services, "wrong", LabelInput("spans", options=("wrong",)))
    drafts = [ItemDraft(ReviewTarget("TRACE", trace_id=TraceId("tr-1")))]
    (item,) = services.labeling_items.add(LOCAL, run_id, drafts).item_ids
    marked: JsonValue = [{"field": "response", "start": 0, "end": 5, "label": "wrong"}]
    submit(services, item, "ann-1", "wrong", marked)
    answer("then it was another one", end_ms=20)
    for who in ("ann-2", "ann-3"):
        clock_of(services).advance(10)
        submit(services, item, who, "wrong", marked)
    (schema,) = services.labeling_reports.report(LOCAL, run_id).schemas
    assert schema.spans is not None
    assert schema.spans.characters == len("then it was another one")
    assert (schema.answers, schema.spans.items, schema.spans.single) == (3, 1, 0)
    assert schema.spans.coefficients[0].value == pytest.approx(1)
    assert schema.spans.warnings[-1] == (
        "1 answer is left out: the text had another length when it was given than when most were."
    )


def test_only_who_may_read_the_session_may_ask(services: Services) -> None:
    run_id = session(services, "fine", LabelInput("pass_fail"))
    with pytest.raises(Forbidden):
        services.labeling_reports.report(REVIEWER, run_id)
    with pytest.raises(Invalid, match="level"):
        services.labeling_reports.report(LOCAL, run_id, level=0.1)
    assert services.labeling_reports.report(LOCAL, run_id).throughput.reviews == 0
