"""Standing rules: what an open session takes by itself, round by round, on every backend."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from lodeline.auth.actor import LOCAL
from lodeline.domain.assessment import AssessmentDraft, AssessmentSource, AssessmentTarget
from lodeline.domain.errors import Invalid
from lodeline.domain.ids import RunId, TraceId
from lodeline.domain.labeling import ItemFilter, LabelingChange, LabelingDraft, LabelingState, ReviewPolicy
from lodeline.domain.labeling_rules import ItemRule, RuleState
from lodeline.domain.run import RunDraft
from lodeline.domain.span import JsonValue
from lodeline.jobs.labeling_rules import labeling_rules
from lodeline.jobs.scheduler import run_job
from lodeline.query.ast import Search
from lodeline.services import labeling_rules as rules_module
from lodeline.services.bundle import Services
from tests.contract.build import T0_MS, span, write
from tests.services.bundled import clock_of, services_over

EVERY = ItemRule("sample", share=1.0)
LOW = ItemRule("low_score", name="good", below=0.5, priority=3)


@pytest.fixture(params=["memory:", "sqlite:{}"])
def services(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Services]:
    with services_over(str(request.param).format(tmp_path / "store")) as opened:
        clock = clock_of(opened)
        clock.advance((T0_MS - clock.now_ms()) / 1000)
        yield opened


def session(services: Services, *rules: ItemRule, state: LabelingState = "OPEN") -> RunId:
    draft = LabelingDraft(
        RunDraft("labels"), (), policy=ReviewPolicy(), rules=rules, state="DRAFT" if state == "DRAFT" else "OPEN"
    )
    return services.labeling.create(LOCAL, "0", draft, ["Feedback"]).run.run_id


def arrive(services: Services, *ids: str) -> None:
    now_ms = services.clock.now_ms()
    services.stores.traces.write([replace(write(each, span("answer", 1)), received_ms=now_ms) for each in ids])


def judge(services: Services, trace_id: str, value: JsonValue, source: str = "gpt") -> None:
    target = AssessmentTarget(TraceId(trace_id))
    draft = AssessmentDraft(target, "good", "FEEDBACK", AssessmentSource("LLM_JUDGE", source), value)
    services.assessments.log(LOCAL, draft)


def run(services: Services, minutes: float = 1) -> int | None:
    clock_of(services).advance(60 * minutes)
    return run_job(labeling_rules(services.labeling_rules, interval_s=1))


def held(services: Services, run_id: RunId) -> set[str]:
    page = services.labeling_items.list(LOCAL, run_id, ItemFilter(), limit=1000)
    return {item.target.trace_id or "" for item in page.items}


def states(services: Services, run_id: RunId) -> list[RuleState]:
    return list(services.labeling_rules.list(LOCAL, run_id))


def test_what_arrives_is_taken_while_the_session_is_open(services: Services) -> None:
    arrive(services, "old")
    clock_of(services).advance(86_400)
    run_id = session(services, EVERY)
    assert states(services, run_id) == [RuleState(EVERY, seen_ms=services.clock.now_ms())]
    arrive(services, "tr-1", "tr-2")
    assert run(services, minutes=600) == 2
    assert held(services, run_id) == {"tr-1", "tr-2"}
    (state,) = states(services, run_id)
    assert (state.last_run_ms, state.seen_ms) == (services.clock.now_ms(), services.clock.now_ms())
    assert (state.last_added, state.added, state.error) == (2, 2, None)
    assert run(services) == 0
    arrive(services, "tr-3")
    assert run(services, minutes=120) == 1
    (state,) = states(services, run_id)
    assert (state.last_added, state.added) == (1, 3)
    (item, *_) = services.labeling_items.list(LOCAL, run_id, ItemFilter()).items
    assert (item.source, item.added_by) == ("rule", None)
    entries = services.stores.audit.search(Search(limit=100)).items
    assert [e.actor for e in entries if e.action == "labeling.add_items"] == ["system", "system"]


@pytest.mark.parametrize("state", ["DRAFT", "PAUSED", "CLOSED"])
def test_a_session_that_is_not_open_takes_nothing_until_it_is(services: Services, state: LabelingState) -> None:
    run_id = session(services, EVERY, state=state)
    if state != "DRAFT":
        services.labeling.update(LOCAL, run_id, LabelingChange(state=state))
    arrive(services, "tr-1")
    assert run(services) == 0
    if state != "CLOSED":
        services.labeling.update(LOCAL, run_id, LabelingChange(state="OPEN"))
        assert run(services) == 1


def test_what_a_person_removed_is_not_added_again(services: Services) -> None:
    run_id = session(services, EVERY)
    arrive(services, "tr-1", "tr-2")
    run(services)
    (item,) = services.labeling_items.list(LOCAL, run_id, ItemFilter(trace_id=TraceId("tr-1"))).items
    services.labeling_items.remove(LOCAL, item.item_id)
    assert [run(services) for _ in range(3)] == [0, 0, 0]
    assert held(services, run_id) == {"tr-2"}


def test_judgments_choose_traces_however_late_they_come(services: Services) -> None:
    split = ItemRule("disagreement", name="good")
    run_id, other = session(services, LOW), session(services, split)
    arrive(services, "tr-1", "tr-2", "tr-3")
    judge(services, "tr-1", 0.2)
    judge(services, "tr-2", 0.9)
    assert run(services) == 1
    assert held(services, run_id) == {"tr-1"}
    assert services.labeling_items.list(LOCAL, run_id, ItemFilter()).items[0].priority == 3
    run(services, minutes=600)
    judge(services, "tr-2", 0.1, "claude")
    judge(services, "tr-3", 0.1)
    assert run(services) == 3
    assert (held(services, run_id), held(services, other)) == ({"tr-1", "tr-2", "tr-3"}, {"tr-2"})


def test_a_round_is_bounded_and_the_next_one_goes_on(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules_module, "_STEP", 4)
    monkeypatch.setattr(rules_module, "MAX_EXAMINED", 8)
    run_id = session(services, replace(EVERY, limit=3))
    for number in range(20):
        clock_of(services).advance(1)
        arrive(services, f"tr-{number:02}")
    rounds = [run(services, minutes=30) for _ in range(12)]
    assert max(each or 0 for each in rounds) == 3
    assert held(services, run_id) == {f"tr-{number:02}" for number in range(20)}
    (state,) = states(services, run_id)
    assert (state.added, state.seen_ms) == (20, services.clock.now_ms())


def test_a_standing_rule_adds_no_more_than_it_may(services: Services) -> None:
    run_id = session(services, replace(EVERY, most=3))
    arrive(services, "tr-1", "tr-2")
    run(services)
    arrive(services, "tr-3", "tr-4", "tr-5")
    assert [run(services), run(services)] == [1, 0]
    assert len(held(services, run_id)) == 3


def test_rules_can_be_changed_and_a_new_one_begins_anew(services: Services) -> None:
    run_id = session(services, EVERY)
    arrive(services, "tr-1")
    run(services)
    services.labeling.update(LOCAL, run_id, LabelingChange(rules=()))
    arrive(services, "tr-2")
    assert run(services) == 0
    assert states(services, run_id) == []
    run(services, minutes=60)
    services.labeling.update(LOCAL, run_id, LabelingChange(rules=(EVERY, LOW)))
    now_ms = services.clock.now_ms()
    assert states(services, run_id) == [RuleState(EVERY, seen_ms=now_ms), RuleState(LOW, seen_ms=now_ms)]
    arrive(services, "tr-3")
    assert run(services) == 1
    assert held(services, run_id) == {"tr-1", "tr-3"}


def test_a_rule_that_is_none_is_refused(services: Services) -> None:
    for wrong, error in (
        (ItemRule("sample"), Invalid),
        (ItemRule("sample", share=0.5, filter="nonsense ="), Invalid),
        (replace(EVERY, most=0), Invalid),
    ):
        with pytest.raises(error):
            session(services, wrong)
    with pytest.raises(Invalid, match="given twice"):
        session(services, EVERY, EVERY)


def test_one_rule_that_fails_says_why_and_the_others_go_on(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = session(services, EVERY, LOW)
    arrive(services, "tr-1")
    judge(services, "tr-1", 0.1)
    real = services.stores.traces.search

    def failing(search: Search) -> object:
        if "received" in repr(search.order):
            raise Invalid("the store is busy.")
        return real(search)

    with monkeypatch.context() as broken:
        broken.setattr(services.stores.traces, "search", failing)
        assert run(services) == 1
    sample, low = states(services, run_id)
    assert (sample.error, sample.added, low.error, low.added) == ("the store is busy.", 0, None, 1)
    run(services)
    assert states(services, run_id)[0].error is None
