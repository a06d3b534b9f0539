"""Many threads at once end in the state that one after the other gives, and readers never see half of a write."""

import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import pytest

from lodeline.domain.errors import Conflict
from lodeline.domain.experiment import ExperimentDraft
from lodeline.domain.ids import AssessmentId, ExperimentId, RunId, TraceId
from lodeline.domain.trace import TraceChange, TraceWrite
from lodeline.domain.usage import TokenUsage
from lodeline.storage.base import Stores
from lodeline.storage.open import open_stores
from tests.contract.build import T0_MS, SpanSpec, audit, found, judgment, make_experiment, span, write

ZERO = ExperimentId("0")
THREADS = 8
TRACES = 6


def at_once(*jobs: Callable[[], None]) -> None:
    """Run the jobs in threads that start together; fail with what any of them raised."""
    barrier = threading.Barrier(len(jobs))
    errors: list[BaseException] = []

    def run(job: Callable[[], None]) -> None:
        try:
            barrier.wait()
            job()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


def copies(number: int) -> Sequence[SpanSpec]:
    """Return the copies of one span that are sent around: not ended, ended, and ended later."""
    parent = None if number == 1 else (number + 1) // 2
    usage = TokenUsage(number)
    return [
        span(f"s{number} open", number, parent=parent, start_ms=number, end_ms=None, status="UNSET"),
        span(f"s{number}", number, parent=parent, start_ms=number, end_ms=90, session="s", tags={"n": str(number)}),
        span(f"s{number}", number, parent=parent, start_ms=number, end_ms=100 + number, status="ERROR", session="s",
             tags={"n": str(number)}, tokens=usage, cost_usd=0.5, attributes={"q": f"word{number}"}),
    ]  # fmt: skip


def requests(seed: int) -> list[TraceWrite]:
    """Return what one thread sends: random parts of all traces, every copy of every span at least by some thread."""
    chance = random.Random(seed)
    sent: list[TraceWrite] = []
    for trace in range(TRACES):
        everything = [copy for number in range(1, 9) for copy in copies(number)]
        mine = [copy for i, copy in enumerate(everything) if i % THREADS == seed or chance.random() < 0.4]
        chance.shuffle(mine)
        while mine:
            part, mine = mine[:3], mine[3:]
            sent.append(write(f"tr-{trace}", *part))
    chance.shuffle(sent)
    return sent


def content(stores: Stores, experiment_id: ExperimentId = ZERO) -> list[object]:
    """Return all that does not depend on who came first."""
    ids = [TraceId(f"tr-{n}") for n in range(TRACES)]
    return [
        *stores.traces.get(ids),
        *(stores.spans.load(trace_id) for trace_id in ids),
        replace(stores.conversations.session(experiment_id, "s", now_ms=T0_MS)),
        sorted(found(stores, "text ~ 'word5' AND tags.n = '1' AND span(status = ERROR AND name = 's8')")),
        stores.traces.size(experiment_id),
    ]


def test_overlapping_writers_end_where_one_after_the_other_does(stores: Stores) -> None:
    plans = [requests(seed) for seed in range(THREADS)]
    for plan in plans:
        for one in plan:
            stores.traces.write([one])
    serial = content(stores)
    stores.traces.delete([TraceId(f"tr-{n}") for n in range(TRACES)], audit=audit())
    stop = threading.Event()
    torn: list[str] = []

    def send(plan: Sequence[TraceWrite]) -> None:
        for start in range(0, len(plan), 2):
            outcomes = stores.traces.write(plan[start : start + 2])
            assert all(outcome.refused is None for outcome in outcomes)
            (trace,) = stores.traces.get([plan[start].trace_id])
            if trace.span_count < len({facts.span_id for facts in plan[start].spans}):
                torn.append("a writer does not see its own write")

    def read() -> None:
        while not stop.is_set():
            for n in range(TRACES):
                for trace in stores.traces.get([TraceId(f"tr-{n}")]):
                    spans = stores.spans.skeleton(trace.trace_id)
                    if len(spans) < trace.span_count or len(stores.spans.load(trace.trace_id)) < len(spans):
                        torn.append("a summary is ahead of its spans")
            found(stores, "session = 's'", order="duration desc")

    def write_all() -> None:
        try:
            at_once(*(partial(send, plan) for plan in plans))
        finally:
            stop.set()

    at_once(write_all, read, read)
    assert torn == []
    assert content(stores) == serial
    assert stores.admin.check() == []


def test_two_openings_that_write_at_once_end_there_too(store_url: str, stores: Stores) -> None:
    if not stores.capabilities.multi_process:
        pytest.skip("declared: not for several processes")
    plans = [requests(seed) for seed in range(4)]
    two = open_stores(store_url)
    try:

        def send(to: Stores, plan: Sequence[TraceWrite]) -> None:
            for one in plan:
                assert to.traces.write([one])[0].refused is None

        at_once(*(partial(send, (stores, two)[number % 2], plan) for number, plan in enumerate(plans)))
        together = content(stores)
        assert content(two) == together
        assert two.admin.check() == []
        stores.traces.delete([TraceId(f"tr-{n}") for n in range(TRACES)], audit=audit())
        for plan in plans:
            send(two, plan)
        assert content(stores) == together
        assert stores.admin.check() == []
    finally:
        two.close()


def test_of_racing_creations_of_one_name_one_succeeds(stores: Stores) -> None:
    results: list[str] = []

    def create() -> None:
        try:
            results.append(make_experiment(stores, "same").experiment_id)
        except Conflict:
            results.append("taken")

    at_once(*[create] * THREADS)
    assert sorted(results)[1:] == ["taken"] * (THREADS - 1)


def test_racing_creations_with_one_client_key_give_one_experiment(stores: Stores) -> None:
    ids: list[str] = []

    def create() -> None:
        draft = ExperimentDraft("same", client_key="k")
        ids.append(stores.experiments.create(draft, now_ms=T0_MS, audit=audit()).experiment_id)

    at_once(*[create] * THREADS)
    assert len(set(ids)) == 1


def test_racing_overrides_make_no_fork(stores: Stores) -> None:
    stores.traces.write([write("tr-1", span())])
    first, _ = stores.assessments.log(
        ZERO, judgment(assessment_id=AssessmentId("a-1")), by=None, now_ms=T0_MS, audit=audit()
    )
    results: list[str] = []

    def override() -> None:
        draft = judgment(value=2, overrides=first.assessment_id)
        try:
            results.append(stores.assessments.log(ZERO, draft, by=None, now_ms=T0_MS, audit=audit())[0].assessment_id)
        except Conflict as conflict:
            results.append(f"conflict with {conflict.details['head']}")

    at_once(*[override] * THREADS)
    (winner,) = [result for result in results if not result.startswith("conflict")]
    assert results.count(f"conflict with {winner}") == THREADS - 1


def test_racing_judgments_with_one_identifier_are_one(stores: Stores) -> None:
    stores.traces.write([write("tr-1", span())])
    ids: set[str] = set()

    def log() -> None:
        draft = judgment(identifier="i")
        ids.add(stores.assessments.log(ZERO, draft, by=None, now_ms=T0_MS, audit=audit())[0].assessment_id)

    at_once(*[log] * THREADS)
    assert len(ids) == 1


def test_edits_links_and_writes_at_once_lose_nothing(stores: Stores) -> None:
    one = TraceId("tr-1")
    stores.traces.write([write(one, span())])

    def edit(number: int) -> None:
        for step in range(5):
            change = TraceChange({f"k{number}-{step}": "v"})
            stores.traces.update(one, change, now_ms=T0_MS, audit=audit())
            stores.traces.link_run(RunId(f"r{number}-{step}"), [one], audit=audit())
            stores.traces.write([write(one, span("more", 10 + number * 10 + step, parent=1))])

    at_once(*(partial(edit, number) for number in range(THREADS)))
    (trace,) = stores.traces.get([one])
    expected = {f"{number}-{step}" for number in range(THREADS) for step in range(5)}
    assert set(trace.tags) == {f"k{name}" for name in expected}
    assert set(trace.linked_run_ids) == {f"r{name}" for name in expected}
    assert trace.span_count == 1 + len(expected)
    assert len(stores.spans.load(one)) == trace.span_count
