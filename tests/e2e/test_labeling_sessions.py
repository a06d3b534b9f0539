"""Real labels at full size as labeling sessions: loaded as anybody would load them, over a real store, and reported.

What must come out is known from the sources, or from implementations that are not ours.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pytest

from lodeline.cli.demo import load_part
from lodeline.demo.answers import CRITERIA, answers_part
from lodeline.demo.answers import run_id as answers_run
from lodeline.demo.pairs import BETTER, JUDGES, PEOPLE, pairs_part
from lodeline.demo.pairs import run_id as pairs_run
from lodeline.demo.part import DemoPart
from lodeline.demo.rubric import JUDGE, SCORE, rubric_part
from lodeline.demo.rubric import run_id as rubric_run
from lodeline.demo.sources import rows, text
from lodeline.demo.summaries import FACTUAL, HALLUCINATION, RATERS, SPANS, summaries_part
from lodeline.demo.summaries import run_id as summaries_run
from lodeline.domain.agreement import AgreementReport, Coefficient
from lodeline.domain.ids import RunId
from lodeline.domain.labeling import item_id_of
from lodeline.domain.labeling_report import LabelingReport, SchemaReport
from lodeline.domain.labeling_sources import PastReview
from lodeline.domain.span import JsonValue
from lodeline.domain.span_agreement import MarkedItem
from lodeline.domain.text_span import read_spans
from lodeline.evals.statistics.arrays import FloatArray
from lodeline.local import connect
from lodeline.sdk.client.clients import LodelineClient
from tests.evals.statistics import references
from tests.evals.statistics.test_spans import naive


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LodelineClient]:
    with connect(tmp_path_factory.mktemp("labels") / "store") as made:
        yield made


def loaded(client: LodelineClient, part: DemoPart, run_id: RunId) -> tuple[LabelingReport, list[PastReview]]:
    load_part(client, part, lambda _: None)
    return client.labeling.report(run_id), list(part.labeling[0].reviews())


def schema(report: LabelingReport, name: str) -> SchemaReport:
    return next(each for each in report.schemas if each.name == name)


def coefficient(report: AgreementReport | None, name: str) -> Coefficient:
    assert report is not None
    return next(each for each in report.coefficients if each.name == name)


def answers(reviews: Sequence[PastReview], name: str) -> Mapping[str, Mapping[str, JsonValue]]:
    """What the source says, before the product has seen it: item → reviewer → answer."""
    found: dict[str, dict[str, JsonValue]] = {}
    for review in reviews:
        if name in review.form.answers:
            found.setdefault(review.item_id, {})[review.reviewer] = review.form.answers[name]
    return found


def coded(given: Mapping[str, Mapping[str, JsonValue]], raters: Sequence[str]) -> FloatArray:
    """Answers as the references take them: a row a rater, numbers in place of values, NaN where there is none."""
    values = sorted({str(value) for row in given.values() for value in row.values()})
    table = [
        [float(values.index(str(row[rater]))) if rater in row else np.nan for row in given.values()]
        for rater in raters
    ]
    return np.array(table, dtype=np.float64)


def test_pandalms_pairs_three_people_and_two_judges(client: LodelineClient) -> None:
    report, reviews = loaded(client, pairs_part(), pairs_run())
    items = list(client.labeling_items.list(pairs_run()))
    assert len(items) == 672
    assert all(item.target.kind == "PAIR" and len(item.submissions) == len(PEOPLE) for item in items)
    assert sum(item.agreement == 1.0 for item in items) == 568
    assert report.states == {"COMPLETE": 568, "DISPUTED": 672 - 568}
    better = schema(report, BETTER)
    assert better.panel is not None
    assert better.panel.disputed_items == 672 - 568
    hits = {
        judge.judge: sum(each.hits for each in judge.confusion.classes) for judge in better.judges if judge.confusion
    }
    assert hits == dict(zip(JUDGES, (450, 433), strict=True))
    given = answers(reviews, BETTER)
    numbers = coded(given, PEOPLE)
    counts = np.array([[list(row.values()).count(option) for option in ("0", "1", "2")] for row in given.values()])
    agreement = better.panel.agreement
    assert coefficient(agreement, "fleiss-kappa").value == pytest.approx(references.inter_rater.fleiss_kappa(counts))
    alpha = references.krippendorff_alpha(reliability_data=numbers, level_of_measurement="nominal")
    assert coefficient(agreement, "krippendorff-alpha").value == pytest.approx(alpha)


def test_xsums_raters_with_marked_spans_and_missing_answers(client: LodelineClient) -> None:
    report, reviews = loaded(client, summaries_part(), summaries_run())
    assert sum(report.states.values()) == 1_750
    assert {each.reviewer for each in report.reviewers} == set(RATERS)
    for name in (FACTUAL, HALLUCINATION):
        found, given = schema(report, name), answers(reviews, name)
        assert found.answers == sum(len(row) for row in given.values())
        assert found.panel is not None
        numbers = coded({item: row for item, row in given.items() if len(row) > 1}, RATERS)
        alpha = references.krippendorff_alpha(reliability_data=numbers, level_of_measurement="nominal")
        measured = coefficient(found.panel.agreement, "krippendorff-alpha")
        assert measured.value == pytest.approx(alpha)
        assert measured.interval is not None
        assert measured.interval.low < alpha < measured.interval.high
    assert schema(report, FACTUAL).answers < schema(report, HALLUCINATION).answers
    found, marked = schema(report, SPANS), answers(reviews, SPANS)
    assert (found.panel, found.answers) == (None, sum(len(row) for row in marked.values()))
    assert found.spans is not None
    # Of 7,177 marks of the source, 19 are the same again.
    assert sum(rater.spans for rater in found.spans.raters) == 7_158
    for name, wanted in zip(("u-alpha", "u-alpha-marked"), naive(marked_items(marked)), strict=True):
        measured = next(each for each in found.spans.coefficients if each.name == name)
        assert measured.value == pytest.approx(wanted)
        assert measured.interval is not None
        assert measured.interval.low < wanted < measured.interval.high
    kept = [a.submission for item in client.labeling_items.list(summaries_run()) for a in item.submissions]
    quotes = [span for each in kept if each for span in read_spans(each.form.answers.get(SPANS))]
    assert len(quotes) == 7_158
    assert all(span.text is not None and len(span.text) == span.end - span.start for span in quotes)


def marked_items(marked: Mapping[str, Mapping[str, JsonValue]]) -> list[MarkedItem]:
    """What the source says of spans, with the lengths of its texts."""
    texts = zip(summaries_part().labeling[0].targets(), rows("summaries.jsonl.zst"), strict=True)
    lengths = {str(item_id_of(summaries_run(), target)): len(text(row["summary"])) for target, row in texts}
    return [
        MarkedItem(item, lengths[item], {who: read_spans(value) for who, value in row.items()})
        for item, row in marked.items()
    ]


def test_ragcheckers_two_people_on_three_criteria(client: LodelineClient) -> None:
    report, reviews = loaded(client, answers_part(), answers_run())
    for name in CRITERIA:
        found, given = schema(report, name), answers(reviews, name)
        assert found.panel is not None
        pairs = [tuple(row.values()) for row in given.values()]
        same = sum(one == other for one, other in pairs)
        assert coefficient(found.panel.agreement, "percent").value == pytest.approx(same / 196)
        table = np.zeros((5, 5))
        for one, other in pairs:
            assert isinstance(one, int)
            assert isinstance(other, int)
            table[one + 2, other + 2] += 1
        weighted = references.cohen_kappa(table, "quadratic")
        assert coefficient(found.panel.agreement, "cohen-kappa-quadratic").value == pytest.approx(weighted)
        assert name != "overall" or same == 106


def test_three_verdicts_of_one_judge(client: LodelineClient) -> None:
    part = rubric_part()
    report, _ = loaded(client, part, rubric_run())
    (judge,) = schema(report, SCORE).judges
    assert (judge.judge, judge.judged, judge.compared) == (JUDGE, 320, 0)
    scores: dict[str, list[float]] = {}
    for draft in part.assessments():
        assert isinstance(draft.value, int)
        scores.setdefault(draft.target.trace_id or "", []).append(float(draft.value))
    numbers = np.array(list(scores.values()), dtype=np.float64).T
    assert judge.repeats is not None
    assert judge.repeats.raters == ("verdict 1", "verdict 2", "verdict 3")
    assert judge.repeats.items == 320
    alpha = references.krippendorff_alpha(reliability_data=numbers, level_of_measurement="ordinal")
    assert coefficient(judge.repeats, "krippendorff-alpha").value == pytest.approx(alpha)


def test_loading_again_changes_nothing(client: LodelineClient) -> None:
    for part, run_id in ((answers_part(), answers_run()), (rubric_part(), rubric_run())):
        before = (loaded(client, part, run_id)[0], list(client.labeling_items.list(run_id)))
        assert (loaded(client, part, run_id)[0], list(client.labeling_items.list(run_id))) == before
