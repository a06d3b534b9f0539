"""Random operations on the ledger, compared with the simplest model: a list of chains, each a list of ids."""

from dataclasses import replace
from itertools import count

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from lodeline.domain.assessment import AssessmentChange, AssessmentDraft
from lodeline.domain.errors import Conflict, NotFound
from lodeline.domain.ids import AssessmentId, ExperimentId, TraceId
from lodeline.domain.ledger import find_faults
from lodeline.storage.base import Stores
from tests.contract.build import T0_MS, audit, judgment, search, span, write
from tests.examples import examples

ZERO = ExperimentId("0")
_NUMBERS = count(1)
CHOICES = st.integers(0, 10_000)
TARGETS = st.sampled_from((None, 1, 2))
VALUES = st.integers(0, 3)


class Ledger(RuleBasedStateMachine):
    """Judgments on one trace and two of its spans."""

    stores: Stores

    def __init__(self) -> None:
        super().__init__()
        self.trace_id = f"tr-{next(_NUMBERS)}"
        self.stores.traces.write([write(self.trace_id, span(), span("child", 2, parent=1))])
        self.chains: list[list[AssessmentId]] = []
        self.drafts: dict[AssessmentId, AssessmentDraft] = {}
        self.deleted: list[AssessmentId] = []
        self.revisions: dict[AssessmentId, int] = {}

    def log(self, draft: AssessmentDraft) -> AssessmentId:
        made, changed = self.stores.assessments.log(ZERO, draft, by=None, now_ms=T0_MS, audit=audit())
        assert changed
        self.drafts[made.assessment_id] = draft
        self.revisions[made.assessment_id] = 1
        return made.assessment_id

    def pick(self, choice: int) -> tuple[list[AssessmentId], AssessmentId] | None:
        links = [(chain, link) for chain in self.chains for link in chain]
        return links[choice % len(links)] if links else None

    @rule(span_number=TARGETS, value=VALUES)
    def log_alone(self, span_number: int | None, value: int) -> None:
        self.chains.append([self.log(judgment(self.trace_id, value=value, span=span_number))])

    @rule(choice=CHOICES, value=VALUES, number=st.integers(0, 2))
    def override(self, choice: int, value: int, number: int) -> None:
        picked = self.pick(choice)
        if picked is None:
            return
        chain, link = picked
        draft = replace(self.drafts[link], value=value, overrides=link, identifier=None)
        if link == chain[-1]:
            chain.append(self.log(draft))
            self.revisions[link] += 1
            return
        with pytest.raises(Conflict) as caught:
            self.log(draft)
        assert caught.value.details["head"] == chain[-1]

    @rule(choice=CHOICES)
    def override_elsewhere(self, choice: int) -> None:
        picked = self.pick(choice)
        if picked is None:
            return
        _, link = picked
        here = self.drafts[link].target.span_id
        elsewhere = judgment(self.trace_id, span=None if here is not None else 1)
        with pytest.raises(Conflict):
            self.log(replace(elsewhere, overrides=link))

    @rule(choice=CHOICES)
    def override_under_another_name(self, choice: int) -> None:
        picked = self.pick(choice)
        if picked is None:
            return
        _, link = picked
        with pytest.raises(Conflict):
            self.log(replace(self.drafts[link], name="another", overrides=link, identifier=None))

    @rule(choice=CHOICES)
    def rename(self, choice: int) -> None:
        picked = self.pick(choice)
        if picked is None or len(picked[0]) == 1:
            return
        _, link = picked
        with pytest.raises(Conflict):
            self.stores.assessments.update(
                link, AssessmentChange(name="another"), by=None, now_ms=T0_MS, audit=audit()
            )

    @rule(choice=CHOICES)
    def delete(self, choice: int) -> None:
        picked = self.pick(choice)
        if picked is None:
            return
        chain, link = picked
        self.stores.assessments.delete(link, by=None, now_ms=T0_MS, audit=audit())
        place = chain.index(link)
        for neighbour in (place - 1, place + 1):
            if 0 <= neighbour < len(chain):
                self.revisions[chain[neighbour]] += 1
        self.revisions[link] += 1
        chain.remove(link)
        self.deleted.append(link)
        self.chains = [chain for chain in self.chains if chain]

    @rule(choice=CHOICES)
    def use_a_deleted_one(self, choice: int) -> None:
        if not self.deleted:
            return
        gone = self.deleted[choice % len(self.deleted)]
        with pytest.raises(NotFound):
            self.log(replace(self.drafts[gone], overrides=gone, identifier=None))
        with pytest.raises(NotFound):
            self.stores.assessments.delete(gone, by=None, now_ms=T0_MS, audit=audit())

    @rule(choice=CHOICES, value=VALUES)
    def update(self, choice: int, value: int) -> None:
        picked = self.pick(choice)
        if picked is None:
            return
        _, link = picked
        change = AssessmentChange(replace_value=True, value=value)
        self.stores.assessments.update(link, change, by=None, now_ms=T0_MS, audit=audit())
        self.revisions[link] += value != self.drafts[link].value
        self.drafts[link] = replace(self.drafts[link], value=value)

    @rule(span_number=TARGETS, value=VALUES, name=st.sampled_from(("i", "j")))
    def log_with_identifier(self, span_number: int | None, value: int, name: str) -> None:
        draft = judgment(self.trace_id, value=value, span=span_number, identifier=name)
        for link, known in self.drafts.items():
            if (known.target, known.identifier) == (draft.target, name) and link not in self.deleted:
                again, changed = self.stores.assessments.log(ZERO, draft, by=None, now_ms=T0_MS, audit=audit())
                assert (again.assessment_id, changed) == (link, value != known.value)
                self.revisions[link] += changed
                self.drafts[link] = replace(known, value=value)
                return
        self.chains.append([self.log(draft)])

    @invariant()
    def the_store_tells_the_same(self) -> None:
        found = self.stores.assessments.of_traces([TraceId(self.trace_id)]).get(TraceId(self.trace_id), ())
        assert find_faults(found) == []
        present = {a.assessment_id: a for a in found}
        assert set(present) == {link for chain in self.chains for link in chain}
        for chain in self.chains:
            for before, link, after in zip([None, *chain], chain, [*chain[1:], None], strict=False):
                a = present[link]
                assert (a.overrides, a.superseded_by, a.valid) == (before, after, after is None)
                assert (a.value, a.revision) == (self.drafts[link].value, self.revisions[link])

    def teardown(self) -> None:
        for link, revisions in self.revisions.items():
            history = self.stores.assessments.history(link)
            assert [r.assessment.revision for r in history] == list(range(1, revisions + 1))
            assert [r.deleted for r in history] == [False] * (revisions - 1) + [link in self.deleted]
        valid = search(f"valid = true AND trace = '{self.trace_id}'", entity="assessment", limit=1000)
        heads = {a.assessment_id for a in self.stores.assessments.search(valid).items}
        assert heads == {chain[-1] for chain in self.chains}


def test_any_sequence_of_operations_keeps_one_valid_head_a_chain(shared_stores: Stores) -> None:
    class Here(Ledger):
        stores = shared_stores

    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=examples(15), stateful_step_count=25, suppress_health_check=[HealthCheck.too_slow]
        ),
    )
    assert shared_stores.admin.check() == []
