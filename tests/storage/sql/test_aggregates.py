"""Aggregates put together from remembered parts are those of the memory backend, whatever happens between."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from lodeline.domain.analytics import Aggregate, AggregateQuery, Measure
from lodeline.domain.assessment import AssessmentChange, AssessmentError
from lodeline.domain.errors import LodelineError, NotFound
from lodeline.domain.ids import AssessmentId, ExperimentId, RunId, TraceId
from lodeline.domain.span import ResourceFacts
from lodeline.domain.trace import TraceChange
from lodeline.domain.usage import TokenUsage
from lodeline.query.ast import Compare, CompareOp, Search
from lodeline.query.build import ALL, conj
from lodeline.query.fields import field
from lodeline.query.grammar_native import parse
from lodeline.storage.base import Stores
from lodeline.storage.open import open_stores
from lodeline.storage.sql import open_sqlite, segments
from lodeline.storage.sql.aggregate_cache import AggregateCache, Cell, Part, Shape
from lodeline.storage.sql.aggregate_sql import Key, Statements
from lodeline.storage.sql.analytics import SqlAnalyticsStore
from lodeline.storage.sql.connection import Readers
from lodeline.storage.sql.hours import HOUR_NS
from lodeline.storage.sql.measures import Add, Columns
from lodeline.storage.sql.segments import EVER, Segment, Window
from tests.contract.build import (
    T0_MS,
    at_ns,
    audit,
    delete_experiment,
    judgment,
    make_experiment,
    restore_experiment,
    search,
    span,
    write,
)
from tests.examples import examples

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
ZERO = ExperimentId("0")
TRACES = tuple(f"tr-{number}" for number in range(8))
ASSESSMENTS = tuple(f"a-{number}" for number in range(6))
EDGE_MS = HOUR_MS - T0_MS % HOUR_MS
"""From `T0_MS` to the next full hour."""
STARTS_MS = tuple(
    EDGE_MS + hours * HOUR_MS + ms for hours in (-30, -2, -1, 0, 1, 5, 24, 180) for ms in (-1, 0, 900_000, 2_000_000)
)
MEASURES: tuple[Measure, ...] = (
    "count", "error_rate", "duration_p50", "duration_p95", "duration_p99", "duration_mean", "tokens_input",
    "tokens_output", "tokens_total", "cost_usd",
)  # fmt: skip
JUDGED: tuple[Measure, ...] = ("assessment_mean", "assessment_count", "assessment_errors")
FILTERS = (
    "", "", "", "state = ERROR", "tags.k = 'x'", "model = 'v1'", "run = 'r1'", "run != 'r1'", "session IS NULL",
    "feedback.quality >= 0.5", "span.name = 'late'", "text ~ 'late'",
)  # fmt: skip


@st.composite
def queries(draw: st.DrawFn) -> AggregateQuery:
    bucket_ms = draw(st.sampled_from([None, 60_000, 420_000, HOUR_MS, 90 * 60_000, DAY_MS, 36 * HOUR_MS, 7 * DAY_MS]))
    offset_ms = draw(st.sampled_from([0, 900_000, 1_800_000, 2_700_000])) % (bucket_ms or 1)
    assessment = draw(st.sampled_from([None, "quality"]))
    names = MEASURES if assessment is None else MEASURES + JUDGED
    return AggregateQuery(
        measures=tuple(draw(st.lists(st.sampled_from(names), min_size=1, max_size=4, unique=True))),
        bucket_ms=bucket_ms,
        offset_ms=offset_ms,
        group_by=draw(st.sampled_from([None, None, "model", "state", "run", "tags.k", "name"])),
        assessment=assessment,
    )


@st.composite
def searches(draw: st.DrawFn) -> Search:
    parts = [parse(draw(st.sampled_from(FILTERS)), "trace")]
    ops: list[CompareOp] = [">=", "<", ">", "<=", "="]
    for _ in range(draw(st.integers(0, 2))):
        start_ns = at_ns(draw(st.sampled_from(STARTS_MS)))
        parts.append(Compare(field("trace", "start"), draw(st.sampled_from(ops)), start_ns))
    experiments = draw(st.sampled_from([("0",), ("0", "1"), ("1",), ()]))
    return Search(experiments, conj(parts), deadline_s=60)


class Aggregates(RuleBasedStateMachine):
    """Does the same to the memory backend and to two SQLite stores of one directory, which take turns."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = TemporaryDirectory()
        place = Path(self.directory.name) / "store"
        self.memory = open_stores("memory:")
        self.sqlite = [open_sqlite(place), open_sqlite(place)]
        self.readers = Readers(place)
        self.turn = 0
        self.asked: list[tuple[Search, AggregateQuery]] = []
        for stores in (self.memory, self.sqlite[0]):
            make_experiment(stores, experiment_id="1")

    def teardown(self) -> None:
        self.readers.close()
        for stores in (self.memory, *self.sqlite):
            stores.close()
        self.directory.cleanup()

    def both(self) -> Iterator[Stores]:
        """Yield the stores in which something is to be changed."""
        self.turn += 1
        yield self.memory
        yield self.sqlite[self.turn % 2]

    @rule(
        trace=st.sampled_from(TRACES), number=st.integers(1, 3), start_ms=st.sampled_from(STARTS_MS),
        took_ms=st.sampled_from([None, 0, 7, 5_000]), failed=st.booleans(), tokens=st.integers(0, 3),
        cost_usd=st.sampled_from([None, 0.0, 0.25, 1e-9]), model=st.sampled_from([None, "v1", "v2"]),
    )  # fmt: skip
    def send(
        self, *, trace: str, number: int, start_ms: int, took_ms: int | None, failed: bool, tokens: int,
        cost_usd: float | None, model: str | None,
    ) -> None:  # fmt: skip
        one = span(
            "root" if number == 1 else "late", number, parent=None if number == 1 else 1, start_ms=start_ms,
            end_ms=None if took_ms is None else start_ms + took_ms, status="ERROR" if failed else "OK",
            tokens=TokenUsage(tokens, output_text=1), cost_usd=cost_usd, resource=ResourceFacts(model_id=model),
            tags={"k": "x"} if tokens == 3 else None,
        )  # fmt: skip
        experiment = "1" if trace == TRACES[-1] else "0"
        for stores in self.both():
            stores.traces.write([write(trace, one, experiment=experiment)])

    @rule(trace=st.sampled_from(TRACES), value=st.sampled_from(["x", "y", None]))
    def tag(self, *, trace: str, value: str | None) -> None:
        change = TraceChange(delete_tags=("k",)) if value is None else TraceChange(set_tags={"k": value})
        for stores in self.both():
            with suppress(LodelineError):
                stores.traces.update(TraceId(trace), change, now_ms=T0_MS, audit=audit())

    @rule(trace=st.sampled_from(TRACES), run=st.sampled_from(["r1", "r2"]))
    def link(self, *, trace: str, run: str) -> None:
        for stores in self.both():
            with suppress(LodelineError):
                stores.traces.link_run(RunId(run), [TraceId(trace)], audit=audit())

    @rule()
    def abandon(self) -> None:
        for stores in self.both():
            stores.traces.abandon(silent_since_ms=T0_MS + 1, now_ms=T0_MS + 2, limit=100)

    @rule(trace=st.sampled_from(TRACES))
    def delete(self, *, trace: str) -> None:
        for stores in self.both():
            stores.traces.delete([TraceId(trace)], audit=audit())

    @rule(
        trace=st.sampled_from(TRACES), assessment=st.sampled_from(ASSESSMENTS), failed=st.booleans(),
        value=st.sampled_from([0.0, 0.5, 1, True, "no", "unclear", float("inf")]),
        overrides=st.sampled_from([None, *ASSESSMENTS]), name=st.sampled_from(["quality", "quality", "other"]),
    )  # fmt: skip
    def judge(
        self, *, trace: str, assessment: str, failed: bool, value: float | str, overrides: str | None, name: str
    ) -> None:
        draft = judgment(
            trace, name, value, error=AssessmentError("x") if failed else None,
            assessment_id=AssessmentId(assessment), overrides=None if overrides is None else AssessmentId(overrides),
        )  # fmt: skip
        experiment = ExperimentId("1" if trace == TRACES[-1] else "0")
        for stores in self.both():
            with suppress(LodelineError):
                stores.assessments.log(experiment, draft, by=None, now_ms=T0_MS, audit=audit())

    @rule(assessment=st.sampled_from(ASSESSMENTS), value=st.sampled_from([0.25, False, None]))
    def revise(self, *, assessment: str, value: float | None) -> None:
        for stores in self.both():
            with suppress(LodelineError):
                if value is None:
                    stores.assessments.delete(AssessmentId(assessment), by=None, now_ms=T0_MS, audit=audit())
                else:
                    change = AssessmentChange(replace_value=True, value=value)
                    stores.assessments.update(AssessmentId(assessment), change, by=None, now_ms=T0_MS, audit=audit())

    @rule(what=st.sampled_from(["delete", "restore", "purge"]))
    def experiment(self, *, what: str) -> None:
        for stores in self.both():
            with suppress(LodelineError):
                if what == "delete":
                    delete_experiment(stores, "1")
                elif what == "restore":
                    restore_experiment(stores, "1")
                else:
                    stores.experiments.purge(ExperimentId("1"), audit=audit())
                    make_experiment(stores, experiment_id="1")

    @rule(trace=st.sampled_from(TRACES[:-1]))
    def move(self, *, trace: str) -> None:
        """Export a trace, delete it, and import it again."""
        for stores in self.both():
            with suppress(NotFound):
                dump, chunks = stores.transfer.dump(TraceId(trace)), list(stores.spans.chunks(TraceId(trace)))
                stores.traces.delete([TraceId(trace)], audit=audit())
                stores.transfer.restore(ZERO, [(dump, chunks)])

    @rule(asked=st.tuples(searches(), queries()))
    def ask(self, *, asked: tuple[Search, AggregateQuery]) -> None:
        self.asked.append(asked)

    @invariant()
    def every_answer_is_right(self) -> None:
        """Everything asked so far is asked again after every step."""
        for question, query in self.asked[-4:]:
            expected = self.memory.analytics.aggregate(question, query)
            fresh = SqlAnalyticsStore(self.readers)
            for analytics in (self.sqlite[0].analytics, self.sqlite[1].analytics, fresh):
                same(analytics.aggregate(question, query), expected)
                assert analytics.count(question) == self.memory.analytics.count(question)


def same(found: Aggregate, expected: Aggregate) -> None:
    """Fail unless the answers have the same cells; numbers may differ by what floats lose in sums."""
    keys = [(point.bucket_ms, point.group, point.n) for point in expected.points]
    assert [(point.bucket_ms, point.group, point.n) for point in found.points] == keys
    for one, other in zip(found.points, expected.points, strict=True):
        assert one.values.keys() == other.values.keys()
        for measure, value in other.values.items():
            near = None if value is None else pytest.approx(value, rel=1e-12, abs=1e-15)
            assert one.values[measure] == near, (measure, one, other)
    assert found.complete == expected.complete


TestAggregates = Aggregates.TestCase
TestAggregates.settings = settings(max_examples=examples(15), stateful_step_count=30, deadline=None)


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Stores]:
    opened = open_sqlite(tmp_path / "store")
    opened.traces.write([write(f"h{hour}", span(start_ms=EDGE_MS + hour * HOUR_MS)) for hour in range(100)])
    yield opened
    opened.close()


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many whole hours each statement of an aggregate looks at, in order."""
    widths: list[int] = []
    rows = Statements.rows

    def spy(self: Statements, window: Window, *, stepped: bool) -> Iterable[tuple[Key, Add]]:
        widths.append((window.last_ns + 1 - window.first_ns) // HOUR_NS)
        return rows(self, window, stepped=stepped)

    monkeypatch.setattr(Statements, "rows", spy)
    return widths


def revised(stores: Stores) -> None:
    change = AssessmentChange(replace_value=True, value=0.0)
    stores.assessments.update(AssessmentId("a"), change, by=None, now_ms=T0_MS, audit=audit())


def overridden(stores: Stores) -> None:
    draft = judgment("h3", value=0.25, overrides=AssessmentId("a"))
    stores.assessments.log(ZERO, draft, by=None, now_ms=T0_MS, audit=audit())


CHANGES: Mapping[str, Callable[[Stores], object]] = {
    "a span": lambda stores: stores.traces.write([write("h3", span("x", 2, parent=1, start_ms=EDGE_MS))]),
    "a trace": lambda stores: stores.traces.write([write("new", span(start_ms=EDGE_MS))]),
    "tags": lambda stores: stores.traces.update(TraceId("h3"), TraceChange({"k": "x"}), now_ms=T0_MS, audit=audit()),
    "a run": lambda stores: stores.traces.link_run(RunId("r"), [TraceId("h3")], audit=audit()),
    "abandoned": lambda stores: stores.traces.abandon(silent_since_ms=T0_MS + 1, now_ms=T0_MS + 2, limit=9),
    "removed": lambda stores: stores.traces.delete([TraceId("h3")], audit=audit()),
    "judged": lambda stores: stores.assessments.log(
        ZERO, judgment("h3", value=0.0), by=None, now_ms=T0_MS, audit=audit()
    ),
    "judgment revised": revised,
    "judgment overridden": overridden,
    "judgment removed": lambda stores: stores.assessments.delete(
        AssessmentId("a"), by=None, now_ms=T0_MS, audit=audit()
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_no_change_is_missed(stores: Stores, tmp_path: Path, name: str):
    stores.assessments.log(
        ZERO, judgment("h3", assessment_id=AssessmentId("a")), by=None, now_ms=T0_MS, audit=audit()
    )
    stores.traces.write([write("open", span(start_ms=EDGE_MS, end_ms=None))])
    measures = (*MEASURES, *JUDGED)
    asked = [
        AggregateQuery(measures, HOUR_MS, group_by=group, assessment="quality")
        for group in ("state", "run", "tags.k")
    ]
    before = [stores.analytics.aggregate(search(), query) for query in asked]
    CHANGES[name](stores)
    after = [stores.analytics.aggregate(search(), query) for query in asked]
    assert after != before
    readers = Readers(tmp_path / "store")
    assert after == [SqlAnalyticsStore(readers).aggregate(search(), query) for query in asked]
    readers.close()


def test_only_what_changed_is_computed_again(stores: Stores, computed: list[int]):
    hourly = AggregateQuery(("duration_p50",), HOUR_MS)
    assert len(stores.analytics.aggregate(search(), hourly).points) == 100
    assert computed == [100]
    stores.analytics.aggregate(search(), hourly)
    assert computed == [100]
    stores.traces.write([write("new", span(start_ms=EDGE_MS + 7 * HOUR_MS))])
    assert [point.n for point in stores.analytics.aggregate(search(), hourly).points][6:9] == [1, 2, 1]
    assert computed == [100, 1]


def test_a_moving_window_uses_the_parts_within_it(stores: Stores, computed: list[int]):
    hourly = AggregateQuery(("count",), HOUR_MS)
    start = field("trace", "start")
    for first_ms in (EDGE_MS, EDGE_MS + 60_000, EDGE_MS + 120_000):
        since = Search(("0",), Compare(start, ">=", at_ns(first_ms)))
        stores.analytics.aggregate(since, hourly)
    assert computed == [100, 0, 0]


def test_sums_over_everything_are_kept_by_the_day(stores: Stores, computed: list[int]):
    totals = AggregateQuery(("tokens_total", "cost_usd"), group_by="model")
    stores.analytics.aggregate(search(), totals)
    stores.traces.update(TraceId("h50"), TraceChange({"a": "b"}), now_ms=T0_MS, audit=audit())
    stores.analytics.aggregate(search(), totals)
    assert computed[1:] == [24]


def test_traces_spread_over_too_many_hours_are_looked_at_together(
    stores: Stores, computed: list[int], monkeypatch: pytest.MonkeyPatch
):
    weekly = AggregateQuery(("count", "duration_p95"), 7 * DAY_MS, group_by="name")
    expected = stores.analytics.aggregate(search(), weekly)
    computed.clear()
    monkeypatch.setattr(segments, "MOST_HOURS", 99)
    same(stores.analytics.aggregate(search(), weekly), expected)
    assert len(computed) == 1
    assert stores.analytics.count(search()) == (100, True)


def test_an_exact_filter_at_the_deadline_says_so_and_nothing_wrong_is_kept(stores: Stores):
    hourly = AggregateQuery(MEASURES, HOUR_MS)
    assert stores.analytics.aggregate(search(deadline_s=-1), hourly) == Aggregate((), complete=False)
    assert stores.analytics.count(search("NOT name LIKE 'x%'", deadline_s=-1)) == (0, False)
    assert len(stores.analytics.aggregate(search(), hourly).points) == 100
    assert stores.analytics.count(search("NOT name LIKE 'x%'")) == (100, True)


def shape(number: int) -> Shape:
    return Shape((number,), ALL, Columns.of(("count",), judged=False), None, None, None, None)


def part(changes: int, cells: int = 1) -> Part:
    return Part(changes, [Cell(None, None, (changes,))] * cells)


def test_the_memory_of_parts_is_bounded_and_forgets_what_was_asked_for_longest_ago():
    cache = AggregateCache(most_bytes=part(1).size_bytes * 3)
    wanted = [Segment(0, EVER, 1, whole=True)]
    for number in (1, 2, 3):
        cache.store(shape(number), {0: part(1)})
    assert cache.find(shape(1), wanted)
    cache.store(shape(4), {0: part(1)})
    assert [bool(cache.find(shape(number), wanted)) for number in (1, 2, 3, 4)] == [True, False, True, True]
    cache.store(shape(5), {0: part(1, cells=100)})
    assert not cache.find(shape(5), wanted)
    cache.store(shape(4), {number: part(1) for number in (1, 2, 3)})
    assert len(cache.find(shape(4), [Segment(number, EVER, 1, whole=True) for number in range(4)])) == 3


def test_a_part_of_an_older_state_neither_answers_nor_replaces_a_newer_one():
    cache = AggregateCache()
    cache.store(shape(1), {0: part(2)})
    assert not cache.find(shape(1), [Segment(0, EVER, 1, whole=True)])
    cache.store(shape(1), {0: part(1)})
    assert cache.find(shape(1), [Segment(0, EVER, 2, whole=True)])
    assert not cache.find(shape(1), [Segment(0, EVER, 2, whole=False)])
