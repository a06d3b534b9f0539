"""The report of a labeling session: real raters as reviewers, and figures that can be counted by hand."""

from collections.abc import Mapping

import pytest

from lodeline.domain.labeling_report import ReportedSchema, ReportRows, Review
from lodeline.domain.rating import Rating
from lodeline.domain.span import JsonValue
from lodeline.evals.statistics.labeling_report import report_labeling
from tests.evals import judgments

DAY_MS = 86_400_000
SECOND = 1_000


def review(item: str, reviewer: str, value: JsonValue, *, at_ms: int = 0, took_s: int | None = None) -> Review:
    return Review(item, reviewer, {"better": value}, at_ms, None if took_s is None else took_s * SECOND)


def test_pandalm_as_a_session_of_three_reviewers_and_two_judges():
    rows = judgments.labels("pandalm-pairwise")
    reviews = [
        review(str(number), f"ann-{k}", row[f"annotator{k}"], at_ms=number * DAY_MS // 100, took_s=20 + k)
        for number, row in enumerate(rows)
        for k in (1, 2, 3)
    ]
    judged = [
        Rating(str(number), judge, row[judge]) for number, row in enumerate(rows) for judge in ("gpt35", "pandalm7b")
    ]
    gold: Mapping[str, Mapping[str, JsonValue]] = {
        str(number): {"better": row["annotator1"]} for number, row in enumerate(rows[:50])
    }
    found = report_labeling(
        ReportRows(reviews, [ReportedSchema("better")], gold, {"better": judged}, {"COMPLETE": 672}), resamples=100
    )
    assert (found.throughput.reviews, found.throughput.timed) == (2016, 2016)
    assert found.throughput.median_ms == 22 * SECOND
    assert found.throughput.reviews_per_hour == pytest.approx(3600 / 22)
    assert len(found.throughput.days) == 7
    assert found.throughput.days[0].day == "1970-01-01"
    assert sum(day.reviews for day in found.throughput.days) == 2016
    (schema,) = found.schemas
    assert schema.panel is not None
    assert schema.panel.disputed_items == 672 - 568
    assert [judge.judge for judge in schema.judges] == ["gpt35", "pandalm7b"]
    assert [judge.versions[0].agreed for judge in schema.judges] == [450, 433]
    right = [sum(row["annotator1"] == row[f"annotator{k}"] for row in rows[:50]) for k in (1, 2, 3)]
    assert [(each.reviewer, each.gold, each.gold_right) for each in found.reviewers] == [
        (f"ann-{k}", 50, right[k - 1]) for k in (1, 2, 3)
    ]
    assert (schema.gold, schema.gold_right) == (150, sum(right))
    assert found.warnings == ()


def test_an_empty_session_has_a_report():
    found = report_labeling(ReportRows([], [ReportedSchema("better")], states={"PENDING": 4}))
    assert (found.throughput.reviews, found.throughput.median_ms, found.throughput.reviews_per_hour) == (
        0,
        None,
        None,
    )
    assert found.reviewers == ()
    assert found.schemas[0].panel is not None
    assert found.schemas[0].panel.items == 0
    assert found.states == {"PENDING": 4}


def test_a_time_that_no_calendar_has_counts_on_the_nearest_day():
    times = (-(2**63), 0, 2**63 - 1)
    rows = ReportRows([review(str(at), "a", "x", at_ms=at) for at in times], [ReportedSchema("better")])
    assert [(day.day, day.reviews) for day in report_labeling(rows).throughput.days] == [
        ("1970-01-01", 2),
        ("2255-03-14", 1),
    ]


def test_free_text_is_not_compared():
    rows = ReportRows([review("1", "a", "x"), review("1", "b", "y")], [ReportedSchema("better", comparable=False)])
    (schema,) = report_labeling(rows).schemas
    assert (schema.panel, schema.answers) == (None, 2)
    assert schema.note == "Free text is not compared word by word."


def test_a_judge_on_another_scale_costs_only_its_schema():
    reviews = [Review("1", who, {"score": 3, "ok": True}, 0) for who in ("a", "b")]
    schemas = [ReportedSchema("score", scale="interval"), ReportedSchema("ok")]
    found = report_labeling(ReportRows(reviews, schemas, judged={"score": [Rating("1", "j", "three")]}), resamples=10)
    assert found.schemas[0].panel is None
    assert "'three' is a text" in (found.schemas[0].note or "")
    assert found.schemas[1].panel is not None


@pytest.mark.parametrize(
    ("known", "given", "right"),
    [
        (True, True, 1), (True, "yes", 1), (False, "Yes", 0), (3, 3.0, 1), ("3", 3, 1), (["a", "b"], ["b", "a"], 1),
        (["a"], ["a", "b"], 0), ("Good", "good", 0),
    ],
)  # fmt: skip
def test_gold_answers_are_compared_by_what_they_mean(known: JsonValue, given: JsonValue, right: int):
    rows = ReportRows([review("1", "a", given)], [ReportedSchema("better")], {"1": {"better": known}})
    found = report_labeling(rows, resamples=10)
    assert (found.reviewers[0].gold, found.reviewers[0].gold_right) == (1, right)
    assert found.reviewers[0].gold_interval is not None
    assert "Fewer than 10 gold answers: a" in found.warnings[0]


def test_times_that_are_unknown_are_left_out():
    reviews = [review(str(k), "a", True, took_s=took) for k, took in enumerate([10, None, 30, None, 50])]
    found = report_labeling(ReportRows(reviews, []))
    assert (found.throughput.timed, found.throughput.median_ms) == (3, 30 * SECOND)
    assert found.throughput.reviews_per_hour == pytest.approx(3 * 3600 / 90)
