"""The lists of assessments, experiments and audit entries say what the reference says, in the same order."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import cycle, islice
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lodeline.domain.assessment import Assessment, AssessmentDraft, AssessmentError
from lodeline.domain.audit import AuditEntry
from lodeline.domain.errors import Invalid, NotFound
from lodeline.domain.experiment import ExperimentDraft
from lodeline.domain.ids import DEFAULT_EXPERIMENT, AssessmentId, ExperimentId
from lodeline.domain.page import Page
from lodeline.domain.span import JsonValue
from lodeline.query.ast import EntityScope, Node, Order, Search
from lodeline.query.fields import field
from lodeline.query.reference import matches, order_key
from lodeline.query.subjects import AssessmentSubject, AuditSubject, ExperimentSubject, Subject
from lodeline.storage.base import Stores
from lodeline.storage.sql import open_sqlite
from tests.contract.build import all_pages, audit, delete_experiment, judgment, search, span, write
from tests.examples import examples
from tests.generators import KEYS, NAMES, NUMBERS, RUNS, TEXTS, TIMES_NS
from tests.query import strategies

VALUES: tuple[JsonValue, ...] = (*TEXTS, *NUMBERS, True, False, "yes", "Fail", [1, "foo"], {"k": "bar"}, float("nan"),
                                 float("inf"), 2**63, -(2**63) - 1, 10**400)  # fmt: skip


@dataclass(frozen=True, repr=False)
class Listed:
    """A list of the store, and the things in it as the reference sees them, in order of arrival."""

    fetch: Callable[[Search], Page[Any]]
    subjects: Sequence[tuple[object, Subject]]
    default: tuple[Order, ...]

    def expected(self, node: Node, orders: tuple[Order, ...]) -> list[object]:
        """Return what the list holds: in order, of equal ones the later first."""
        found = [(item, subject) for item, subject in reversed(self.subjects) if matches(node, subject)]
        key = partial(order_key, orders or self.default)
        return [item for item, _ in sorted(found, key=lambda pair: key(pair[1]))]


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stores]:
    opened = open_sqlite(tmp_path_factory.mktemp("listing") / "store")
    opened.traces.write([write(f"tr-{i}", span("root", 1), span("child", 2, parent=1)) for i in range(3)])
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def lists(stores: Stores) -> dict[EntityScope, Listed]:
    rng = Random(20261123)
    judged, known, trail = log_judgments(stores, rng), make_experiments(stores, rng), record(stores, rng)
    created = Order(field("assessment", "created"))
    made = Order(field("experiment", "created"))
    return {
        "assessment": Listed(stores.assessments.search, [(a, AssessmentSubject(a)) for a in judged], (created,)),
        "experiment": Listed(stores.experiments.search, [(e, ExperimentSubject(e)) for e in known], (made,)),
        "audit": Listed(stores.audit.search, [(e, AuditSubject(e)) for e in trail], ()),
    }


def log_judgments(stores: Stores, rng: Random) -> list[Assessment]:
    ids: list[AssessmentId] = []

    def log(draft: AssessmentDraft) -> AssessmentId:
        made, _ = stores.assessments.log(DEFAULT_EXPERIMENT, draft, by=None, now_ms=0, audit=audit(experiment="77"))
        ids.append(made.assessment_id)
        return made.assessment_id

    for value in islice(cycle(VALUES), 150):
        draft = random_draft(rng, value)
        first = log(draft)
        if rng.random() < 0.2:
            log(replace(draft, overrides=first))
        if rng.random() < 0.2:
            stores.assessments.delete(first, by=None, now_ms=0, audit=audit(experiment="77"))
    present: list[Assessment] = []
    for assessment_id in ids:
        try:
            present.append(stores.assessments.get(assessment_id))
        except NotFound:
            continue
    return present


def random_draft(rng: Random, value: JsonValue) -> AssessmentDraft:
    trace = rng.choice((None, "tr-0", "tr-1", "tr-2"))
    kind = rng.choice(("FEEDBACK", "FEEDBACK", "EXPECTATION", "ISSUE_REF"))
    return judgment(
        trace, rng.choice(NAMES), value,
        session=rng.choice(("s", "東京")) if trace is None else None,
        span=rng.choice((None, 1, 2)) if trace is not None else None,
        kind=kind,
        source=rng.choice(("HUMAN", "LLM_JUDGE", "CODE")),
        source_id=rng.choice(TEXTS),
        error=AssessmentError(rng.choice(TEXTS)) if kind == "FEEDBACK" and rng.random() < 0.3 else None,
        rationale=rng.choice((None, *TEXTS)),
        confidence=rng.choice((None, 0.0, 0.1, 0.5, 1.0)),
        run_id=rng.choice((None, *RUNS)),
        created_ms=rng.choice(TIMES_NS) // 1_000_000,
    )  # fmt: skip


def make_experiments(stores: Stores, rng: Random) -> list[Any]:
    for name in TEXTS:
        draft = ExperimentDraft(
            f"{name}!", description=rng.choice(TEXTS), tags={rng.choice(KEYS): rng.choice(TEXTS)},
            created_by=rng.choice((None, *TEXTS)),
        )  # fmt: skip
        now_ms = rng.choice(TIMES_NS) // 1_000_000
        made = stores.experiments.create(draft, now_ms=now_ms, audit=audit())
        if rng.random() < 0.3:
            delete_experiment(stores, made.experiment_id)
    return [stores.experiments.get(ExperimentId(str(number))) for number in range(len(TEXTS) + 1)]


def record(stores: Stores, rng: Random) -> list[AuditEntry]:
    for _ in range(150):
        actor, action, target = (rng.choice(TEXTS) for _ in range(3))
        at_ms = rng.choice(TIMES_NS) // 1_000_000
        stores.audit.append(AuditEntry(at_ms, actor, action, target, rng.choice((None, DEFAULT_EXPERIMENT))))
    every = all_pages(stores.audit.search, search(entity="audit", experiments=()))
    return sorted((e for e in every if e.experiment_id == DEFAULT_EXPERIMENT), key=lambda entry: entry.entry_id)


def asked(entity: EntityScope) -> st.SearchStrategy[tuple[EntityScope, Node, tuple[Order, ...]]]:
    return st.tuples(st.just(entity), strategies.nodes(entity), strategies.orders(entity))


@settings(max_examples=examples(50), deadline=None)
@given(
    st.one_of(asked("assessment"), asked("experiment"), asked("audit")),
    st.sampled_from((7, 50, 1000)),
    st.sampled_from((30.0, 30.0, 30.0, 0.0)),
)
def test_any_filter_and_order_gives_what_the_reference_does(
    lists: dict[EntityScope, Listed],
    question: tuple[EntityScope, Node, tuple[Order, ...]],
    limit: int,
    deadline_s: float,
):
    entity, node, orders = question
    of = lists[entity]
    experiment_ids = () if entity == "experiment" else (DEFAULT_EXPERIMENT,)
    first = Search(experiment_ids, node, orders, limit=limit, deadline_s=deadline_s)
    # Compared as texts, as some hold NaN.
    assert list(map(repr, all_pages(of.fetch, first))) == list(map(repr, of.expected(node, orders)))


def test_a_page_that_ran_out_of_time_says_so_and_the_cursor_goes_on(lists: dict[EntityScope, Listed]):
    for entity, of in lists.items():
        page = of.fetch(search(entity=entity, experiments=("0",) if entity != "experiment" else (), deadline_s=0))
        assert page.partial
        assert page.cursor is not None
        assert len(page.items) == 1


def test_several_experiments_are_listed_in_one_order(lists: dict[EntityScope, Listed], stores: Stores):
    other = stores.experiments.create(ExperimentDraft("second"), now_ms=0, audit=audit(experiment="77")).experiment_id
    for at_ms in (1, 2**50):
        draft = judgment(None, session="s", created_ms=at_ms)
        stores.assessments.log(other, draft, by=None, now_ms=0, audit=audit(experiment="77"))
    both = search(entity="assessment", experiments=("0", other), limit=1000)
    found = stores.assessments.search(both).items
    assert len(found) == len(lists["assessment"].subjects) + 2
    assert found[0].experiment_id == found[-1].experiment_id == other
    one, none = replace(both, experiment_ids=(other,)), replace(both, experiment_ids=())
    assert [a.created_ms for a in stores.assessments.search(one).items] == [2**50, 1]
    assert stores.assessments.search(none).items == ()


def test_a_cursor_of_another_list_is_invalid(lists: dict[EntityScope, Listed]):
    page = lists["audit"].fetch(search(entity="audit", limit=1))
    assert page.cursor is not None
    with pytest.raises(Invalid, match="cursor"):
        lists["assessment"].fetch(search(entity="assessment", cursor=page.cursor))
