"""Every backend agrees with the reference interpreter: same filter, same items, same order, whatever the page size.

What the lists hold is random (`tests.generators`), and so are filters and orders (`tests.query.strategies`).
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from itertools import count
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lodeline.domain.assessment import Assessment, AssessmentDraft, AssessmentTarget
from lodeline.domain.ids import ExperimentId, RunId, TraceId
from lodeline.domain.page import Page
from lodeline.domain.session import Session
from lodeline.domain.trace import TraceInfo
from lodeline.domain.usage import usd_to_picousd
from lodeline.query.ast import Always, EntityScope, Node, Order, Search
from lodeline.query.fields import field
from lodeline.query.order import by_arrival
from lodeline.query.reference import matches, order_key
from lodeline.query.subjects import AssessmentSubject, SessionSubject, Subject, TraceSubject, UserSubject
from lodeline.storage.base import Stores
from tests.contract.build import T0_MS, SpanSpec, all_pages, audit, make_experiment, settle, write
from tests.examples import examples
from tests.generators import TraceCase, assessments, facts_of, traces
from tests.query import strategies

T = TypeVar("T")
Question = tuple[Node, tuple[Order, ...]]
_NUMBERS = count(1)
SLOW = settings(
    max_examples=examples(12),
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.large_base_example,
    ],
)


@st.composite
def cases(draw: st.DrawFn) -> list[TraceCase]:
    found = draw(st.lists(traces(), min_size=1, max_size=6))
    return [
        replace(case, assessments=tuple(draw(assessments("tr-1", tuple(s.span_id for s in case.spans), finite=True))))
        for case in found
    ]


def questions(entity: EntityScope) -> st.SearchStrategy[list[Question]]:
    """Several filters and orders, so that what was written is asked more than once."""
    one = st.tuples(strategies.nodes(entity, mlflow=True), strategies.orders(entity))
    return st.lists(one, min_size=8, max_size=8)


def load(stores: Stores, written: Sequence[TraceCase], logged: dict[str, int] | None = None
         ) -> tuple[ExperimentId, list[TraceId]]:  # fmt: skip
    """Write the cases into a new experiment; return it, and the traces' ids in order of arrival.

    `logged` receives the assessments' ids with their place in the order of logging.
    """
    number = next(_NUMBERS)
    experiment_id = make_experiment(stores, f"case {number}").experiment_id
    ids = [TraceId(f"tr-{number}-{index}") for index in range(len(written))]
    for trace_id, case in zip(ids, written, strict=True):
        specs = [SpanSpec(facts_of(s), s.attributes, s.events) for s in case.spans]
        received_ms = case.trace.received_ms
        (outcome,) = stores.traces.write(
            [write(trace_id, *specs, experiment=experiment_id, info=info_of(case), received_ms=received_ms)]
        )
        assert outcome.refused is None
        for run_id in case.trace.linked_run_ids:
            stores.traces.link_run(RunId(run_id), [trace_id], audit=audit())
        for assessment in case.assessments:
            for made in judge(stores, experiment_id, trace_id, assessment):
                if logged is not None:
                    logged[made] = len(logged)
    return experiment_id, ids


def info_of(case: TraceCase) -> TraceInfo:
    trace = case.trace
    return TraceInfo(
        name=trace.name,
        state=None if trace.state == "ABANDONED" else trace.state,
        start_ns=trace.start_ns,
        duration_ns=trace.duration_ns,
        request=trace.request,
        response=trace.response,
        session=trace.session,
        user=trace.user,
        environment=trace.environment,
        model_id=trace.model_id,
        run_id=trace.run_id,
        client_request_id=trace.client_request_id,
        tokens=trace.tokens if any(trace.tokens) else None,
        cost_picousd=None if trace.cost_usd is None else usd_to_picousd(trace.cost_usd),
        tags=trace.tags,
        metadata=trace.metadata,
    )


def judge(stores: Stores, experiment_id: ExperimentId, trace_id: TraceId | None, wanted: Assessment) -> list[str]:
    """Log an assessment of a trace, or of the target that it has; and one that overrides it when it is not to be
    valid; return their ids."""
    draft = AssessmentDraft(
        target=wanted.target if trace_id is None else replace(wanted.target, trace_id=trace_id),
        name=wanted.name,
        kind=wanted.kind,
        source=wanted.source,
        value=wanted.value,
        error=wanted.error,
        rationale=wanted.rationale,
        confidence=wanted.confidence,
        run_id=wanted.run_id,
        created_ms=wanted.created_ms,
    )
    log = partial(stores.assessments.log, experiment_id, by=None, now_ms=T0_MS, audit=audit())
    first, _ = log(draft)
    if wanted.valid:
        return [first.assessment_id]
    second, _ = log(replace(draft, overrides=first.assessment_id, rationale="overrides"))
    return [first.assessment_id, second.assessment_id]


def trace_subjects(stores: Stores, ids: Sequence[TraceId]) -> list[tuple[TraceId, Subject]]:
    """Return the traces as the store gives them back, the last to arrive first."""
    judged = stores.assessments.of_traces(ids)
    return [
        (
            trace.trace_id,
            TraceSubject(trace, partial(stores.spans.load, trace.trace_id), partial(judged.get, trace.trace_id, ())),
        )
        for trace in stores.traces.get(list(reversed(ids)))
    ]


def expected(subjects: Sequence[tuple[T, Subject]], question: Question, default: Order) -> list[T]:
    """Return the items that match, in order; `subjects` come in the order that completes ties."""
    node, orders = question
    keys, later_first = by_arrival(orders)
    matching = [pair for pair in (subjects if later_first else reversed(subjects)) if matches(node, pair[1])]
    keys = keys if orders else (default,)
    return [item for item, _ in sorted(matching, key=lambda pair: order_key(keys, pair[1]))]


def assert_agrees(
    fetch: Callable[[Search], Page[T]],
    experiment_id: ExperimentId,
    question: Question,
    subjects: Sequence[tuple[T, Subject]],
    default: Order,
) -> None:
    node, orders = question
    whole = Search((experiment_id,), node, orders, limit=1000, deadline_s=60)
    right = expected(subjects, question, default)
    assert list(fetch(whole).items) == right
    assert all_pages(fetch, replace(whole, limit=2)) == right


@pytest.mark.parametrize("settled", [False, True], ids=["at once", "settled"])
@SLOW
@given(written=cases(), asked=questions("trace"))
def test_trace_lists_agree_with_the_reference(
    shared_stores: Stores, settled: bool, written: list[TraceCase], asked: list[Question]
) -> None:
    stores = shared_stores
    experiment_id, ids = load(stores, written)
    if settled:
        settle(stores)

    def fetch(search: Search) -> Page[TraceId]:
        return stores.traces.search(search).map(lambda trace: trace.trace_id)

    subjects = trace_subjects(stores, ids)
    for question in asked:
        assert_agrees(fetch, experiment_id, question, subjects, Order(field("trace", "start")))
        right = expected(subjects, question, Order(field("trace", "start")))
        search = Search((experiment_id,), question[0], deadline_s=60)
        assert stores.analytics.count(search) == (len(right), True)


@SLOW
@given(written=cases(), asked=questions("assessment"))
def test_assessment_lists_agree_with_the_reference(
    shared_stores: Stores, written: list[TraceCase], asked: list[Question]
) -> None:
    stores = shared_stores
    logged: dict[str, int] = {}
    experiment_id, ids = load(stores, written, logged)
    everything = stores.assessments.search(Search((experiment_id,), Always(), limit=1000)).items
    by_trace = stores.assessments.of_traces(ids)
    assert {a.assessment_id for a in everything} == {a.assessment_id for found in by_trace.values() for a in found}
    later_first = sorted(everything, key=lambda a: -logged[a.assessment_id])
    subjects: list[tuple[Assessment, Subject]] = [(a, AssessmentSubject(a)) for a in later_first]
    for question in asked:
        assert_agrees(
            stores.assessments.search, experiment_id, question, subjects, Order(field("assessment", "created"))
        )


@SLOW
@given(written=cases(), asked=questions("session"))
def test_session_lists_agree_with_the_reference(
    shared_stores: Stores, written: list[TraceCase], asked: list[Question]
) -> None:
    stores = shared_stores
    experiment_id, _ = load(stores, written)
    for case in written:
        for wanted in case.assessments if case.trace.session is not None else ():
            of_session = replace(wanted, target=AssessmentTarget(session=case.trace.session))
            judge(stores, experiment_id, None, of_session)
    fetch = partial(stores.conversations.sessions, now_ms=T0_MS + 1_800_000)
    everything = sorted(fetch(Search((experiment_id,), limit=1000)).items, key=lambda s: s.session)
    judged = stores.assessments.search(Search((experiment_id,), limit=1000)).items
    subjects: list[tuple[Session, Subject]] = [
        (s, SessionSubject(s, lambda s=s: [each for each in judged if each.target.session == s.session]))
        for s in everything
    ]
    for question in asked:
        assert_agrees(fetch, experiment_id, question, subjects, Order(field("session", "last")))


@SLOW
@given(written=cases(), asked=questions("user"))
def test_user_lists_agree_with_the_reference(
    shared_stores: Stores, written: list[TraceCase], asked: list[Question]
) -> None:
    stores = shared_stores
    experiment_id, _ = load(stores, written)
    everything = sorted(stores.conversations.users(Search((experiment_id,), limit=1000)).items, key=lambda u: u.user)
    for question in asked:
        assert_agrees(
            stores.conversations.users, experiment_id, question, [(u, UserSubject(u)) for u in everything],
            Order(field("user", "last")),
        )  # fmt: skip
