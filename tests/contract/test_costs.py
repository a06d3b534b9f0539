"""Costs that are written anew: facts, columns and sums follow, and nothing else."""

from collections.abc import Sequence
from dataclasses import replace

from lodeline.domain.analytics import AggregateQuery
from lodeline.domain.audit import AuditEntry
from lodeline.domain.ids import TraceId
from lodeline.domain.repricing import RepricedTrace
from lodeline.domain.span import SpanFacts
from lodeline.domain.trace import TraceChange, TraceInfo
from lodeline.domain.usage import TokenUsage
from lodeline.ingest.payload import raw
from lodeline.query.ast import Search
from lodeline.storage.base import Stores
from lodeline.storage.open import open_stores
from tests.contract.build import T0_MS, audit, delete_experiment, found, make_experiment, search, span, write

A, B = TraceId("tr-a"), TraceId("tr-b")
USAGE = TokenUsage(input_uncached=10)
REPRICE = audit("trace.reprice")


def entry(_done: Sequence[RepricedTrace]) -> AuditEntry:
    return REPRICE


def doubled(facts: SpanFacts) -> SpanFacts:
    """Return a span with twice its cost; one without stays without."""
    if facts.cost_picousd is None:
        return facts
    return facts._replace(cost_picousd=2 * facts.cost_picousd, cost_source="override")


def fill(stores: Stores) -> None:
    """Write a trace of three calls in two requests, the first of which is sent again later, and one without costs."""
    stores.traces.write([
        write("tr-a", span("root", 1, end_ms=900), span("one", 2, parent=1, tokens=USAGE, cost_usd=1.0, end_ms=None)),
        write("tr-b", span("root", 1, tokens=USAGE)),
    ])  # fmt: skip
    again = span("one", 2, parent=1, tokens=USAGE, cost_usd=1.5, cost_source="genai-prices 1", attributes={"k": "v"})
    stores.traces.write([write("tr-a", again, span("two", 3, parent=1, tokens=USAGE, cost_usd=0.25))])


def costs(stores: Stores, trace_id: TraceId = A) -> list[tuple[str, float | None, str | None]]:
    return [(each.name, each.cost_usd, each.cost_source) for each in stores.spans.load(trace_id)]


def test_spans_and_sums_follow_and_nothing_else(stores: Stores) -> None:
    fill(stores)
    (before,) = stores.traces.get([A])
    sent = [raw(chunk) for chunk in stores.spans.chunks(A)]
    spans = stores.spans.load(A)
    assert before.cost_usd == 1.75
    expected = [RepricedTrace(A, 2, 1_750_000_000_000, 3_500_000_000_000)]
    assert stores.costs.preview([A, B, TraceId("tr-none"), A], doubled) == expected
    assert stores.traces.get([A]) == [before]
    assert stores.costs.reprice([A, B, TraceId("tr-none"), A], doubled, now_ms=T0_MS + 7, audit=entry) == expected
    assert stores.traces.get([A]) == [replace(before, cost_usd=3.5, updated_ms=T0_MS + 7)]
    assert costs(stores) == [("root", None, None), ("one", 3.0, "override"), ("two", 0.5, "override")]
    anew = {"one": 3.0, "two": 0.5}
    assert stores.spans.load(A) == [
        replace(each, cost_usd=anew[each.name], cost_source="override") if each.name in anew else each
        for each in spans
    ]
    assert [each.cost_usd for each in stores.spans.skeleton(A)] == [None, 3.0, 0.5]
    assert [raw(chunk) for chunk in stores.spans.chunks(A)] == sent
    assert [entry.action for entry in stores.audit.search(Search()).items] == ["trace.reprice"]
    assert list(stores.admin.check(every=True)) == []


def test_filters_and_sums_over_time_see_the_new_costs(stores: Stores) -> None:
    fill(stores)
    asked = AggregateQuery(("cost_usd",))

    def total() -> float | None:
        (point,) = stores.analytics.aggregate(search(), asked).points
        return point.values["cost_usd"]

    assert total() == 1.75
    stores.costs.reprice([A], doubled, now_ms=T0_MS, audit=entry)
    assert total() == 3.5
    assert found(stores, "cost > 3") == [A]
    assert found(stores, "span(name = 'two' AND cost = 0.5)") == [A]
    assert found(stores, "span(name = 'two' AND cost = 0.25)") == []


def test_what_comes_later_meets_the_new_costs(stores: Stores) -> None:
    fill(stores)
    stores.costs.reprice([A], doubled, now_ms=T0_MS, audit=entry)
    stores.traces.write([write("tr-a", span("three", 4, parent=1, tokens=USAGE, cost_usd=0.125))])
    known = span("two", 3, parent=1, tokens=USAGE, cost_usd=0.25)
    (outcome,) = stores.traces.write([write("tr-a", known)])
    assert (outcome.stored, outcome.known) == (0, 1)
    assert stores.traces.get([A])[0].cost_usd == 3.625
    assert [cost for _, cost, _ in costs(stores)] == [None, 3.0, 0.5, 0.125]
    assert list(stores.admin.check(every=True)) == []


def test_a_state_and_what_a_client_said_stay(stores: Stores) -> None:
    stores.traces.write([
        write("tr-a", span("one", 1, end_ms=None, tokens=USAGE, cost_usd=1.0)),
        write("tr-b", span("one", 1, tokens=USAGE, cost_usd=1.0), info=TraceInfo(cost_picousd=7_000_000_000_000)),
    ])  # fmt: skip
    assert stores.traces.abandon(silent_since_ms=T0_MS + 1, now_ms=T0_MS + 2, limit=10) == 1
    done = stores.costs.reprice([A, B], doubled, now_ms=T0_MS + 3, audit=entry)
    assert done == [
        RepricedTrace(A, 1, 1_000_000_000_000, 2_000_000_000_000),
        RepricedTrace(B, 1, 7_000_000_000_000, 7_000_000_000_000),
    ]
    a, b = stores.traces.get([A, B])
    assert (a.state, a.cost_usd, b.cost_usd) == ("ABANDONED", 2.0, 7.0)
    assert costs(stores, B) == [("one", 2.0, "override")]


def test_a_cost_can_go_and_come(stores: Stores) -> None:
    fill(stores)
    stores.costs.reprice(
        [A], lambda facts: facts._replace(cost_picousd=None, cost_source=None), now_ms=T0_MS, audit=entry
    )
    assert stores.traces.get([A])[0].cost_usd is None
    assert {cost for _, cost, _ in costs(stores)} == {None}
    stores.costs.reprice([B], lambda facts: facts._replace(cost_picousd=5), now_ms=T0_MS, audit=entry)
    assert stores.traces.get([B])[0].cost_usd == 5e-12


def test_nothing_to_do_records_nothing(stores: Stores) -> None:
    fill(stores)
    experiment = make_experiment(stores, "gone")
    stores.traces.write([write("tr-c", span("one", tokens=USAGE, cost_usd=1.0), experiment=experiment.experiment_id)])
    delete_experiment(stores, experiment.experiment_id)
    at = len(stores.audit.search(Search()).items)
    for trace_ids in ([B], [TraceId("tr-c")], []):
        assert stores.costs.preview(trace_ids, doubled) == []
        assert stores.costs.reprice(trace_ids, doubled, now_ms=T0_MS, audit=entry) == []
    assert len(stores.audit.search(Search()).items) == at


def test_zeros_that_a_client_said_are_kept(store_url: str) -> None:
    zeros = TraceInfo(start_ns=0, duration_ns=0, cost_picousd=0, tags={"a": "1"})
    first = open_stores(store_url)
    durable = first.capabilities.durable
    first.traces.write([write("tr-a", span("one", 1, tokens=USAGE, cost_usd=1.0), info=zeros)])
    before = first.traces.get([A])[0]
    assert (before.start_ns, before.duration_ns, before.cost_usd) == (0, 0, 0.0)
    again = first
    if durable:  # what a store remembers while it is open is not what it keeps
        first.close()
        again = open_stores(store_url)
    again.traces.write([write("tr-a", span("late", 2, parent=1, end_ms=500))])
    again.costs.reprice([A], doubled, now_ms=T0_MS, audit=entry)
    again.traces.update(A, TraceChange(set_tags={"a": "2"}), now_ms=T0_MS, audit=audit())
    after = again.traces.get([A])[0]
    assert (after.start_ns, after.duration_ns, after.cost_usd) == (0, 0, 0.0)
    assert list(again.admin.check(every=True)) == []
    again.close()


def test_the_entry_says_what_was_done(stores: Stores) -> None:
    fill(stores)
    told: list[Sequence[RepricedTrace]] = []

    def noted(done: Sequence[RepricedTrace]) -> AuditEntry:
        told.append(tuple(done))
        return REPRICE

    done = stores.costs.reprice([A, B, TraceId("tr-none")], doubled, now_ms=T0_MS, audit=noted)
    assert told == [tuple(done)]
