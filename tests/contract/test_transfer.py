"""Contract of `TransferStore`."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from lodeline.domain.assessment import AssessmentChange, AssessmentDraft, AssessmentRevision
from lodeline.domain.errors import Conflict, Deleted, NotFound
from lodeline.domain.ids import AssessmentId, ExperimentId, RunId, TraceId
from lodeline.domain.trace import Trace, TraceChange, TraceInfo
from lodeline.domain.transfer import TraceDump
from lodeline.storage.base import Stores
from lodeline.storage.open import open_stores
from tests.contract.build import (
    T0_MS,
    audit,
    delete_experiment,
    found,
    judgment,
    make_experiment,
    span,
    write,
)

ZERO = ExperimentId("0")
TRACE = TraceId("tr-1")


@pytest.fixture(params=["memory:", "sqlite:{}"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stores]:
    """Another empty store to restore into, of either backend: dumps cross from one backend to the other."""
    opened = open_stores(str(request.param).format(tmp_path / "target"))
    yield opened
    opened.close()


def log(stores: Stores, draft: AssessmentDraft) -> AssessmentId:
    made, _ = stores.assessments.log(ZERO, draft, by="ann", now_ms=T0_MS, audit=audit())
    return made.assessment_id


def fill(stores: Stores) -> None:
    """Make one trace with everything that a trace can have."""
    info = TraceInfo(session="s-1", tags={"from": "info"}, metadata={"m": "1"}, finalised=True)
    root = span("root", 1, start_ms=5)
    stores.traces.write([write(TRACE, span("late", 2, parent=1, attributes={"x": [1, "a"]}))])
    stores.traces.write([write(TRACE, root, info=info)])
    stores.traces.update(
        TRACE, TraceChange({"edited": "yes", "gone": "soon"}, ("from", "gone")), now_ms=T0_MS + 50, audit=audit()
    )
    stores.traces.link_run(RunId("run-1"), [TRACE], audit=audit())
    first = log(stores, judgment())
    log(stores, judgment(overrides=first))
    log(stores, judgment(name="on span", span=2))
    removed = log(stores, judgment(name="removed"))
    stores.assessments.update(
        removed, AssessmentChange(rationale="why", reason="typo"), by="bob", now_ms=T0_MS + 1, audit=audit()
    )
    stores.assessments.delete(removed, by="bob", now_ms=T0_MS + 2, audit=audit())


def restore(source: Stores, target: Stores, experiment_id: ExperimentId = ZERO, trace_id: TraceId = TRACE) -> bool:
    taken_out = (source.transfer.dump(trace_id), list(source.spans.chunks(trace_id)))
    (added,) = target.transfer.restore(experiment_id, [taken_out])
    return added


def moved(revisions: Sequence[AssessmentRevision], experiment_id: ExperimentId) -> list[AssessmentRevision]:
    return [replace(r, assessment=replace(r.assessment, experiment_id=experiment_id)) for r in revisions]


def the_trace(stores: Stores) -> Trace:
    (trace,) = stores.traces.get([TRACE])
    return trace


def test_a_restored_trace_is_what_it_was_but_for_its_experiment(stores: Stores, target: Stores) -> None:
    fill(stores)
    app = make_experiment(target).experiment_id
    assert restore(stores, target, app)
    assert the_trace(target) == replace(the_trace(stores), experiment_id=app)
    assert target.spans.skeleton(TRACE) == stores.spans.skeleton(TRACE)
    assert target.spans.load(TRACE) == stores.spans.load(TRACE)
    assert target.admin.check() == []


def test_a_restored_trace_has_every_revision_of_every_assessment(stores: Stores, target: Stores) -> None:
    fill(stores)
    assert restore(stores, target)
    before, after = stores.transfer.dump(TRACE).ledger, target.transfer.dump(TRACE).ledger
    assert before == after
    assert {r.assessment.name for r in after if r.deleted} == {"removed"}
    assert target.assessments.of_traces([TRACE]) == stores.assessments.of_traces([TRACE])


def test_a_dump_of_a_restored_trace_is_the_same_dump(stores: Stores, target: Stores) -> None:
    fill(stores)
    assert restore(stores, target)
    assert target.transfer.dump(TRACE) == stores.transfer.dump(TRACE)
    assert list(target.spans.chunks(TRACE)) == list(stores.spans.chunks(TRACE))


def test_a_restored_trace_is_found_by_filters(stores: Stores, target: Stores) -> None:
    fill(stores)
    assert restore(stores, target)
    for text in (
        "tags.edited = 'yes'",
        "session = 's-1'",
        "run = 'run-1'",
        "feedback.quality = 1",
        "text ~ 'late'",
    ):
        assert found(target, text) == [TRACE], text
    assert found(target, "tags.gone IS NOT NULL OR tags.from IS NOT NULL") == []


def test_an_abandoned_trace_stays_abandoned_and_is_revived_by_a_late_root(stores: Stores, target: Stores) -> None:
    stores.traces.write([write(TRACE, span("child", 2, parent=1))])
    stores.traces.abandon(silent_since_ms=T0_MS + 10_000, now_ms=T0_MS + 20_000, limit=9)
    assert restore(stores, target)
    assert the_trace(target).state == "ABANDONED"
    assert found(target, "state = ABANDONED") == [TRACE]
    target.traces.write([write(TRACE, span("root", 1))])
    assert the_trace(target).state == "OK"


def test_edits_of_a_restored_trace_still_win_over_late_spans(stores: Stores, target: Stores) -> None:
    fill(stores)
    assert restore(stores, target)
    late = write(TRACE, span("later", 3, parent=1), info=TraceInfo(tags={"edited": "no", "from": "again"}))
    target.traces.write([late])
    assert dict(the_trace(target).tags) == {"edited": "yes"}


def test_a_known_trace_is_left_as_it_is(stores: Stores, target: Stores) -> None:
    fill(stores)
    target.traces.write([write(TRACE, span("other", 7))])
    before = the_trace(target)
    assert not restore(stores, target)
    assert the_trace(target) == before
    assert target.transfer.dump(TRACE).ledger == ()


def test_a_taken_assessment_id_is_a_conflict_and_adds_nothing(stores: Stores, target: Stores) -> None:
    fill(stores)
    dump = stores.transfer.dump(TRACE)
    other = replace(dump, trace_id=TraceId("tr-2"))
    chunks = list(stores.spans.chunks(TRACE))
    with pytest.raises(Conflict):
        target.transfer.restore(ZERO, [(dump, chunks), (other, chunks)])
    assert target.traces.get([TRACE, other.trace_id]) == []
    assert list(target.transfer.restore(ZERO, [(other, chunks)])) == [True]
    with pytest.raises(Conflict):
        restore(stores, target)
    assert target.traces.get([TRACE]) == []


def test_restored_traces_keep_the_order_in_which_they_are_given(stores: Stores, target: Stores) -> None:
    ids = [TraceId(f"tr-{number}") for number in (3, 1, 2)]
    stores.traces.write([write(i, span()) for i in ids])
    taken_out = [(stores.transfer.dump(i), list(stores.spans.chunks(i))) for i in ids]
    assert list(target.transfer.restore(ZERO, [*taken_out, taken_out[0]])) == [True, True, True, False]
    assert found(target, order="received asc") == found(stores, order="received asc")


def test_unknown_and_deleted_experiments_take_nothing(stores: Stores, target: Stores) -> None:
    fill(stores)
    with pytest.raises(NotFound):
        restore(stores, target, ExperimentId("99"))
    app = make_experiment(target).experiment_id
    delete_experiment(target, app)
    with pytest.raises(Deleted):
        restore(stores, target, app)
    assert target.traces.get([TRACE]) == []


def test_an_unknown_or_hidden_trace_has_no_dump(stores: Stores) -> None:
    with pytest.raises(NotFound):
        stores.transfer.dump(TRACE)
    app = make_experiment(stores).experiment_id
    stores.traces.write([write(TRACE, span(), experiment=app)])
    delete_experiment(stores, app)
    with pytest.raises(NotFound):
        stores.transfer.dump(TRACE)


def test_owners_are_told_of_known_traces_hidden_ones_too(stores: Stores) -> None:
    app = make_experiment(stores).experiment_id
    stores.traces.write([write(TRACE, span(), experiment=app), write("tr-2", span())])
    delete_experiment(stores, app)
    two, unknown = TraceId("tr-2"), TraceId("tr-3")
    assert stores.transfer.owners([TRACE, two, unknown]) == {TRACE: app, two: ZERO}
    assert stores.transfer.owners([]) == {}


def test_a_trace_of_info_alone_is_restored(stores: Stores, target: Stores) -> None:
    dump = TraceDump(TRACE, T0_MS, T0_MS, info=TraceInfo(name="only said", start_ns=T0_MS * 10**6))
    assert list(target.transfer.restore(ZERO, [(dump, [])])) == [True]
    assert the_trace(target).name == "only said"


def test_ledgers_of_sessions_come_with_every_revision_in_order_of_logging(stores: Stores, target: Stores) -> None:
    names = ["one", "two", "three"]
    ids = [log(stores, judgment(None, name, session="s-1")) for name in names]
    stores.traces.write([write(TRACE, span())])
    log(stores, judgment())
    stores.assessments.delete(ids[1], by=None, now_ms=T0_MS + 5, audit=audit())
    ledgers = [list(revisions) for revisions in stores.transfer.session_ledgers(ZERO)]
    assert [revisions[0].assessment.name for revisions in ledgers] == names
    assert ledgers == [list(stores.assessments.history(i)) for i in ids]
    app = make_experiment(target).experiment_id
    assert [target.transfer.restore_ledger(app, revisions) for revisions in ledgers] == [True] * 3
    restored = [list(revisions) for revisions in target.transfer.session_ledgers(app)]
    assert restored == [moved(revisions, app) for revisions in ledgers]
    assert [target.transfer.restore_ledger(app, revisions) for revisions in ledgers] == [False] * 3
    assert target.admin.check() == []
