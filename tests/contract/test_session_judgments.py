"""Contract of aggregates over judgments on sessions: each counts once, with the trace that begins its session."""

import pytest

from lodeline.domain.analytics import Aggregate, AggregateQuery, Measure
from lodeline.domain.assessment import AssessmentError
from lodeline.domain.ids import ExperimentId
from lodeline.storage.base import Stores
from tests.contract.build import T0_MS, audit, judgment, make_experiment, search, span, write

ZERO = ExperimentId("0")
HOUR_MS = 3_600_000
MEASURES: tuple[Measure, ...] = ("assessment_mean", "assessment_count", "assessment_errors")


def turn(
    stores: Stores, trace: str, session: str | None, hour: int, *, user: str = "u", experiment: str = "0"
) -> None:
    some = span(start_ms=hour * HOUR_MS, end_ms=hour * HOUR_MS + 5, session=session, user=user)
    stores.traces.write([write(trace, some, experiment=experiment)])


def judge(stores: Stores, session: str, value: object = None, *, name: str = "solved", experiment: str = "0",
          error: AssessmentError | None = None, overrides: str | None = None) -> str:  # fmt: skip
    draft = judgment(None, name, value, session=session, error=error, overrides=overrides)  # type: ignore[arg-type]
    logged, _ = stores.assessments.log(ExperimentId(experiment), draft, by=None, now_ms=T0_MS, audit=audit())
    return logged.assessment_id


@pytest.fixture
def two(stores: Stores) -> Stores:
    """Session s has three turns, session r one; both are judged, so is a turn of s, and a session without turns."""
    for trace, session, hour, user in [("c", "s", 2, "v"), ("a", "s", 0, "u"), ("b", "s", 1, "v"), ("d", "r", 2, "w"),
                                       ("e", None, 3, "w")]:  # fmt: skip
        turn(stores, trace, session, hour, user=user)
    judge(stores, "s", value=True)
    judge(stores, "r", value=False)
    judge(stores, "r", error=AssessmentError("judge_failed"))
    judge(stores, "r", value=True, name="other")
    judge(stores, "nobody", value=True)
    on_turn = judgment("b", "solved", value=False)
    stores.assessments.log(ZERO, on_turn, by=None, now_ms=T0_MS, audit=audit())
    return stores


def asked(stores: Stores, text: str = "", experiments: tuple[str, ...] = ("0",), **query: object) -> Aggregate:
    whole = AggregateQuery(MEASURES, assessment="solved", assessment_of="sessions", **query)  # type: ignore[arg-type]
    return stores.analytics.aggregate(search(text, experiments=experiments), whole)


def values(answer: Aggregate) -> list[tuple[str | None, float | None, float | None, float | None]]:
    return [
        (p.group, p.values["assessment_mean"], p.values["assessment_count"], p.values["assessment_errors"])
        for p in answer.points
    ]


def test_each_session_counts_once(two: Stores) -> None:
    assert values(asked(two)) == [(None, 0.5, 3, 1)]
    (point,) = asked(two).points
    assert point.n == 2
    of_traces = AggregateQuery(MEASURES, assessment="solved")
    assert values(two.analytics.aggregate(search(), of_traces)) == [(None, 0.0, 1, 0)]


def test_with_the_trace_that_it_begins_with(two: Stores) -> None:
    assert values(asked(two, group_by="user")) == [("u", 1.0, 1, 0), ("v", None, 0, 0), ("w", 0.0, 2, 1)]
    assert values(asked(two, "user = 'v'")) == [(None, None, 0, 0)]
    assert values(asked(two, "text ~ 'step' AND user = 'u'")) == [(None, 1.0, 1, 0)]
    by_hour = asked(two, bucket_ms=HOUR_MS).points
    assert [point.values["assessment_count"] for point in by_hour] == [1, 0, 2, 0]
    start_ms = T0_MS - T0_MS % HOUR_MS
    edges = (start_ms, start_ms + HOUR_MS, start_ms + 5 * HOUR_MS)
    assert [point.values["assessment_count"] for point in asked(two, edges_ms=edges).points] == [1, 2]


def test_an_earlier_turn_that_comes_late_takes_it_over(two: Stores) -> None:
    before = asked(two, bucket_ms=HOUR_MS)
    assert [point.values["assessment_count"] for point in before.points] == [1, 0, 2, 0]
    turn(two, "z", "s", -5, user="early")
    assert values(asked(two, group_by="user"))[0] == ("early", 1.0, 1, 0)
    after = asked(two, bucket_ms=HOUR_MS)
    assert [point.values["assessment_count"] for point in after.points] == [1, 0, 0, 2, 0]


def test_what_was_overridden_and_sessions_of_other_experiments_do_not_count(two: Stores) -> None:
    first = judge(two, "s", value=True)
    judge(two, "s", value=False, overrides=first)
    assert values(asked(two)) == [(None, 1 / 3, 4, 1)]
    other = make_experiment(two, "other").experiment_id
    turn(two, "o", "s", -9, experiment=other)
    judge(two, "s", value=True, experiment=other)
    assert values(asked(two)) == [(None, 1 / 3, 4, 1)]
    assert values(asked(two, experiments=(other,))) == [(None, 1.0, 1, 0)]
    assert values(asked(two, experiments=("0", other))) == [(None, 0.5, 5, 1)]
