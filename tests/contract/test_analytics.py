"""Contract of `AnalyticsStore`."""

from itertools import pairwise

import pytest

from lodeline.domain.analytics import Aggregate, AggregateQuery, Facet, FacetValue, Measure
from lodeline.domain.assessment import AssessmentError
from lodeline.domain.errors import Invalid, TooLarge
from lodeline.domain.ids import ExperimentId, RunId, TraceId
from lodeline.domain.span import ResourceFacts
from lodeline.domain.usage import TokenUsage
from lodeline.storage.base import Stores
from tests.contract.build import T0_MS, audit, delete_experiment, judgment, make_experiment, search, span, write

ZERO = ExperimentId("0")
HOUR_MS = 3_600_000
T0_BUCKET = T0_MS - T0_MS % HOUR_MS


@pytest.fixture(scope="module")
def six(shared_stores: Stores) -> Stores:
    """Six traces, a to f: two in each of three hours, models v1 and v2 in turn, the last without a model."""
    return fill(shared_stores)


def fill(stores: Stores) -> Stores:
    """Write the six traces."""
    for number, name in enumerate("abcdef"):
        start_ms = (number // 2) * HOUR_MS + number
        resource = ResourceFacts(model_id=None if name == "f" else f"v{number % 2 + 1}")
        stores.traces.write(
            [
                write(
                    name,
                    span(
                        start_ms=start_ms, end_ms=None if name == "f" else start_ms + 10 * (number + 1),
                        status="ERROR" if name in "bd" else "OK", tokens=TokenUsage(number, output_text=1),
                        cost_usd=None if name in "ef" else 0.1 * number, resource=resource,
                        tags={"even": "yes"} if number % 2 == 0 else None,
                    ),
                )
            ]
        )  # fmt: skip
    first, _ = stores.assessments.log(ZERO, judgment("a", value=0.0), by=None, now_ms=T0_MS, audit=audit())
    for draft in (
        judgment("a", value=0.5, overrides=first.assessment_id), judgment("a", value=True, span=1),
        judgment("b", value="no"), judgment("b", value="unclear"), judgment("c", error=AssessmentError("x")),
        judgment("d", "other", 7), judgment("d", value=9, kind="EXPECTATION"),
    ):  # fmt: skip
        stores.assessments.log(ZERO, draft, by=None, now_ms=T0_MS, audit=audit())
    deleted, _ = stores.assessments.log(ZERO, judgment("e", value=5), by=None, now_ms=T0_MS, audit=audit())
    stores.assessments.delete(deleted.assessment_id, by=None, now_ms=T0_MS, audit=audit())
    stores.traces.link_run(RunId("r1"), [TraceId("a"), TraceId("b")], audit=audit())
    stores.traces.link_run(RunId("r2"), [TraceId("a")], audit=audit())
    return stores


def counts(facet: Facet) -> list[tuple[str | None, int]]:
    return [(value.value, value.count) for value in facet.values]


def cells(answer: Aggregate, measure: Measure) -> list[tuple[int | None, str | None, float | None]]:
    """Return bucket (hours after the first one), group and value of every cell."""
    return [
        (
            None if p.bucket_ms is None else (p.bucket_ms - T0_BUCKET) // HOUR_MS,
            p.group,
            p.values[measure],
        )
        for p in answer.points
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", 6), ("state = ERROR", 2), ("tags.even = 'yes' AND model = 'v1'", 3), ("name = 'absent'", 0),
     ("text ~ 'step'", 6), ("span.content LIKE '%te%'", 6), ("assessment(name = 'quality' AND valid = true)", 4)],
)  # fmt: skip
def test_count_is_exact_within_the_deadline(six: Stores, text: str, expected: int) -> None:
    assert six.analytics.count(search(text)) == (expected, True)


def test_count_at_the_deadline_is_a_lower_bound(stores: Stores) -> None:
    stores.traces.write([write(f"tr-{n}", span(f"n{n}")) for n in range(80)])
    count, exact = stores.analytics.count(search("span.content RLIKE '^n'", deadline_s=1e-9))
    assert not exact
    assert count < 80


def test_only_the_named_experiments_are_counted(stores: Stores) -> None:
    other = make_experiment(stores).experiment_id
    stores.traces.write([write("a", span()), write("b", span(), experiment=other)])
    assert stores.analytics.count(search(experiments=("0", other))) == (2, True)
    assert stores.analytics.count(search(experiments=(other,))) == (1, True)
    assert stores.analytics.count(search(experiments=())) == (0, True)
    delete_experiment(stores, other)
    assert stores.analytics.count(search(experiments=("0", other))) == (1, True)
    assert counts(stores.analytics.facet(search(experiments=("0", other)), "name", limit=5)) == [("step", 1)]


def test_facet_counts_values_most_frequent_first_ties_by_value_none_last(six: Stores) -> None:
    assert six.analytics.facet(search(), "model", limit=10) == Facet(
        "model", (FacetValue("v1", 3), FacetValue("v2", 2), FacetValue(None, 1)), examined=6, complete=True
    )
    assert counts(six.analytics.facet(search(), "tags.even", limit=10)) == [("yes", 3), (None, 3)]
    assert counts(six.analytics.facet(search(), "state", limit=10)) == [("OK", 3), ("ERROR", 2), ("IN_PROGRESS", 1)]
    assert counts(six.analytics.facet(search(), "id", limit=3)) == [("a", 1), ("b", 1), ("c", 1)]


def test_facet_looks_at_matching_traces_only(six: Stores) -> None:
    assert counts(six.analytics.facet(search("state = ERROR"), "model", limit=10)) == [("v2", 2)]
    assert counts(six.analytics.facet(search("text ~ 'step' AND state = OK"), "tags.even", limit=10)) == [("yes", 3)]
    assert six.analytics.facet(search("name = 'absent'"), "model", limit=10).values == ()
    nothing = six.analytics.facet(search(experiments=()), "model", limit=10)
    assert (nothing.values, nothing.examined, nothing.complete) == ((), 0, True)


def test_facet_of_runs_counts_a_trace_under_each_of_its_runs(six: Stores) -> None:
    expected = [(None, 4), ("r1", 2), ("r2", 1)]
    assert counts(six.analytics.facet(search(), "run", limit=10)) == expected
    assert counts(six.analytics.facet(search("span_count > 0"), "run", limit=10)) == expected


@pytest.mark.parametrize("name", ["duration", "cost", "nonsense", "span.name", "", "tags"])
def test_facet_and_groups_are_of_text_fields_only(six: Stores, name: str) -> None:
    with pytest.raises(Invalid):
        six.analytics.facet(search(), name, limit=10)
    with pytest.raises(Invalid):
        six.analytics.aggregate(search(), AggregateQuery(("count",), group_by=name))


def test_aggregate_without_buckets_and_groups_is_one_cell(six: Stores) -> None:
    measures: tuple[Measure, ...] = (
        "count", "error_rate", "duration_mean", "duration_p50", "duration_p95", "duration_p99", "tokens_input",
        "tokens_output", "tokens_total", "cost_usd",
    )  # fmt: skip
    (point,) = six.analytics.aggregate(search(), AggregateQuery(measures)).points
    assert (point.bucket_ms, point.group, point.n) == (None, None, 6)
    expected = {
        "count": 6, "error_rate": 2 / 6, "duration_mean": 30, "duration_p50": 30, "duration_p95": 48,
        "duration_p99": 49.6, "tokens_input": 15, "tokens_output": 6, "tokens_total": 21, "cost_usd": 0.6,
    }  # fmt: skip
    assert point.values == pytest.approx(expected)


def test_percentiles_interpolate_between_closest_ranks(stores: Stores) -> None:
    for number, duration_ms in enumerate((10, 20, 40, 80)):
        stores.traces.write([write(f"tr-{number}", span(end_ms=duration_ms))])
    query = AggregateQuery(("duration_p50", "duration_p95", "duration_p99"))
    (point,) = stores.analytics.aggregate(search(), query).points
    assert point.values == pytest.approx({"duration_p50": 30, "duration_p95": 74, "duration_p99": 78.8})


def test_a_measure_without_data_is_none_and_nothing_matching_gives_no_cell(six: Stores) -> None:
    query = AggregateQuery(("duration_p95", "cost_usd", "duration_mean", "tokens_total"))
    (point,) = six.analytics.aggregate(search("id = 'f'"), query).points
    assert (point.n, point.values) == (
        1, {"duration_p95": None, "cost_usd": None, "duration_mean": None, "tokens_total": 6},
    )  # fmt: skip
    assert six.analytics.aggregate(search("id = 'z'"), query).points == ()
    assert six.analytics.aggregate(search(experiments=()), query).points == ()


def test_buckets_follow_the_traces_starts_and_empty_ones_are_left_out(six: Stores) -> None:
    query = AggregateQuery(("count",), bucket_ms=HOUR_MS)
    answer = six.analytics.aggregate(search("id != 'c' AND id != 'd'"), query)
    assert cells(answer, "count") == [(0, None, 2), (2, None, 2)]
    assert answer.complete


def test_buckets_are_aligned_to_the_epoch_and_the_offset(six: Stores) -> None:
    for offset_ms in (0, 1, HOUR_MS // 2, HOUR_MS - 1):
        query = AggregateQuery(("count",), bucket_ms=HOUR_MS, offset_ms=offset_ms)
        points = six.analytics.aggregate(search(), query).points
        assert all(((p.bucket_ms or 0) - offset_ms) % HOUR_MS == 0 for p in points)
        assert sum(p.n for p in points) == 6
        for trace in six.traces.search(search()).items:
            start_ms = trace.start_ns // 1_000_000
            assert any(p.bucket_ms is not None and 0 <= start_ms - p.bucket_ms < HOUR_MS for p in points)


def test_buckets_may_have_edges_of_any_distance_and_leave_out_what_is_outside(six: Stores) -> None:
    starts = sorted(trace.start_ns // 1_000_000 for trace in six.traces.search(search()).items)
    edges = (starts[1], starts[1] + 1, starts[3], starts[5])
    query = AggregateQuery(("count", "assessment_count"), edges_ms=edges, assessment="quality")
    points = six.analytics.aggregate(search(), query).points
    inside = [start for start in starts if edges[0] <= start < edges[-1]]
    expected = {edge: sum(edge <= start < after for start in inside) for edge, after in pairwise(edges)}
    assert {point.bucket_ms: point.values["count"] for point in points} == {e: n for e, n in expected.items() if n}
    many = tuple(range(starts[0] - 5, starts[0] + 400))
    answer = six.analytics.aggregate(search(), AggregateQuery(("count",), edges_ms=many))
    assert [point.bucket_ms for point in answer.points] == sorted({s for s in starts if s < many[-1]})


def test_groups_split_buckets_in_order_with_none_last(six: Stores) -> None:
    answer = six.analytics.aggregate(search(), AggregateQuery(("count", "tokens_input"), HOUR_MS, group_by="model"))
    assert cells(answer, "count") == [
        (0, "v1", 1), (0, "v2", 1), (1, "v1", 1), (1, "v2", 1), (2, "v1", 1), (2, None, 1),
    ]  # fmt: skip
    assert [value for _, _, value in cells(answer, "tokens_input")] == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("group_by", "expected"),
    [
        ("state", [("ERROR", 2), ("IN_PROGRESS", 1), ("OK", 3)]),
        ("tags.even", [("yes", 3), (None, 3)]),
        ("run", [("r1", 2), ("r2", 1), (None, 4)]),
        ("name", [("step", 6)]),
        ("session", [(None, 6)]),
    ],
)
def test_groups_are_any_text_field(six: Stores, group_by: str, expected: list[tuple[str | None, int]]) -> None:
    answer = six.analytics.aggregate(search(), AggregateQuery(("count",), group_by=group_by))
    assert [(point.group, point.n) for point in answer.points] == expected


def test_assessment_measures_look_at_valid_feedback_with_its_numbers(six: Stores) -> None:
    measures: tuple[Measure, ...] = ("assessment_mean", "assessment_count", "assessment_errors", "count")
    (point,) = six.analytics.aggregate(search(), AggregateQuery(measures, assessment="quality")).points
    assert point.n == 3
    assert point.values == pytest.approx(
        {"assessment_mean": 0.5, "assessment_count": 5, "assessment_errors": 1, "count": 6}
    )
    answer = six.analytics.aggregate(search(), AggregateQuery(measures, group_by="model", assessment="quality"))
    assert [(p.group, p.n, p.values) for p in answer.points] == [
        ("v1", 2, {"assessment_mean": 0.75, "assessment_count": 3, "assessment_errors": 1, "count": 3}),
        ("v2", 1, {"assessment_mean": 0.0, "assessment_count": 2, "assessment_errors": 0, "count": 2}),
        (None, 0, {"assessment_mean": None, "assessment_count": 0, "assessment_errors": 0, "count": 1}),
    ]


def test_the_spread_of_an_assessment_is_its_population_standard_deviation(six: Stores) -> None:
    query = AggregateQuery(("assessment_mean", "assessment_sd"), group_by="model", assessment="quality")
    by_group = {
        point.group: point.values["assessment_sd"] for point in six.analytics.aggregate(search(), query).points
    }
    assert by_group == pytest.approx({"v1": 0.25, "v2": 0.0, None: None})


def test_too_many_cells_are_refused(six: Stores) -> None:
    query = AggregateQuery(("count",), group_by="id", max_points=6)
    assert len(six.analytics.aggregate(search(), query).points) == 6
    with pytest.raises(TooLarge):
        six.analytics.aggregate(search(), AggregateQuery(("count",), group_by="id", max_points=5))


def test_an_aggregate_at_the_deadline_says_so(stores: Stores) -> None:
    stores.traces.write([write(f"tr-{n}", span(f"n{n}")) for n in range(80)])
    hurried = search("span.content RLIKE '^n'", deadline_s=1e-9)
    assert not stores.analytics.aggregate(hurried, AggregateQuery(("count",))).complete
    assert not stores.analytics.facet(hurried, "name", limit=3).complete
