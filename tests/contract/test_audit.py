"""Contract of `AuditStore`, and of every change: it writes its entry in the same transaction, or none."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise

import pytest

from lodeline.domain.account import Account, AccountChange, ApiKey, Login
from lodeline.domain.assessment import AssessmentChange
from lodeline.domain.audit import AuditEntry
from lodeline.domain.errors import LodelineError
from lodeline.domain.experiment import ExperimentChange, ExperimentDraft
from lodeline.domain.ids import AccountId, AssessmentId, ExperimentId, KeyId, RunId, TraceId
from lodeline.domain.trace import TraceChange
from lodeline.storage.base import Stores
from tests.contract.build import T0_MS, all_pages, delete_experiment, judgment, make_experiment, search, span, write

ANN, ROOT = AccountId("ann"), AccountId("root")
ENTRY = AuditEntry(T0_MS + 5, "ann (key ldl_x)", "noun.verb", "tärget '%", ExperimentId("0"), {"k": "v\x00", "": ""})
A1, A2 = AssessmentId("a-1"), AssessmentId("a-2")


def trail(stores: Stores, text: str = "", *, experiments: tuple[str, ...] = (), limit: int = 100) -> list[AuditEntry]:
    first = search(text, entity="audit", experiments=experiments, limit=limit)
    return all_pages(stores.audit.search, first)


def test_an_appended_entry_is_read_back_with_its_number(stores: Stores) -> None:
    stores.audit.append(ENTRY)
    stores.audit.append(replace(ENTRY, experiment_id=None))
    second, first = trail(stores)
    assert replace(first, entry_id=0) == ENTRY
    assert second.experiment_id is None
    assert 0 < first.entry_id < second.entry_id


def test_entries_are_listed_newest_first_whatever_their_times(stores: Stores) -> None:
    for number, at_ms in enumerate((9, 1, 5, 5)):
        stores.audit.append(replace(ENTRY, at_ms=at_ms, target=str(number)))
    assert [e.target for e in trail(stores)] == ["3", "2", "1", "0"]
    assert [e.target for e in trail(stores, limit=1)] == ["3", "2", "1", "0"]


def test_the_list_takes_filters_and_experiments(stores: Stores) -> None:
    for number, (actor, experiment) in enumerate((("ann", "0"), ("bob", "1"), ("ann", None), ("bob", "0"))):
        experiment_id = None if experiment is None else ExperimentId(experiment)
        stores.audit.append(
            replace(ENTRY, actor=actor, experiment_id=experiment_id, target=str(number), at_ms=T0_MS + number)
        )
    assert [e.target for e in trail(stores, "actor = 'ann'")] == ["2", "0"]
    assert [e.target for e in trail(stores, "target IN ('1', '3') AND action LIKE 'noun.%'")] == ["3", "1"]
    assert [e.target for e in trail(stores, "at >= '2026-09-21T14:13:20.002Z'")] == ["3", "2"]
    assert [e.target for e in trail(stores, experiments=("0",))] == ["3", "0"]
    assert [e.target for e in trail(stores, "actor = 'bob'", experiments=("0", "1"))] == ["3", "1"]
    assert trail(stores, experiments=("99",)) == []


def fill(stores: Stores) -> None:
    """Make one of everything, so that every call below has something to change."""
    quiet = replace(ENTRY, action="set.up")
    gone = make_experiment(stores, "gone", experiment_id="5").experiment_id
    delete_experiment(stores, gone)
    stores.traces.write([write("tr-1", span()), write("tr-2", span())])
    for draft in (
        judgment(assessment_id=A1, identifier="i"), judgment(assessment_id=A2, value=2),
    ):  # fmt: skip
        stores.assessments.log(ExperimentId("0"), draft, by=None, now_ms=T0_MS, audit=quiet)
    for account_id in (ROOT, ANN):
        stores.accounts.create(Account(account_id, account_id, "admin", T0_MS), password_hash="h", audit=quiet)
    key = ApiKey(KeyId("k-1"), "n", "p", ANN, ("read",), T0_MS)
    stores.keys.create(key, secret_hash=b"k", audit=quiet)
    stores.keys.add_login(Login(ANN, T0_MS, T0_MS + 9, "t"), secret_hash=b"l", audit=quiet)


@dataclass(frozen=True)
class Call:
    name: str
    run: Callable[[Stores], object]


ZERO = ExperimentId("0")
CHANGES = [
    Call("experiments.create", lambda s: s.experiments.create(ExperimentDraft("x"), now_ms=T0_MS, audit=ENTRY)),
    Call("experiments.update", lambda s: s.experiments.update(
        ZERO, ExperimentChange(description="d"), now_ms=T0_MS, audit=ENTRY)),
    Call("experiments.purge", lambda s: s.experiments.purge(ExperimentId("5"), audit=ENTRY)),
    Call("traces.update", lambda s: s.traces.update(
        TraceId("tr-1"), TraceChange({"a": "1"}), now_ms=T0_MS, audit=ENTRY)),
    Call("traces.delete", lambda s: s.traces.delete([TraceId("tr-1"), TraceId("tr-2")], audit=ENTRY)),
    Call("traces.link_run", lambda s: s.traces.link_run(
        RunId("r"), [TraceId("tr-1"), TraceId("tr-2")], audit=ENTRY)),
    Call("assessments.log", lambda s: s.assessments.log(
        ZERO, judgment(value=3), by=None, now_ms=T0_MS, audit=ENTRY)),
    Call("assessments.log override", lambda s: s.assessments.log(
        ZERO, judgment(value=3, overrides=A2), by=None, now_ms=T0_MS, audit=ENTRY)),
    Call("assessments.log again", lambda s: s.assessments.log(
        ZERO, judgment(value=3, identifier="i"), by=None, now_ms=T0_MS, audit=ENTRY)),
    Call("assessments.update", lambda s: s.assessments.update(
        A1, AssessmentChange(rationale="r"), by=None, now_ms=T0_MS, audit=ENTRY)),
    Call("assessments.delete", lambda s: s.assessments.delete(A1, by=None, now_ms=T0_MS, audit=ENTRY)),
    Call("accounts.create", lambda s: s.accounts.create(
        Account(AccountId("bob"), "bob", None, T0_MS), password_hash=None, audit=ENTRY)),
    Call("accounts.update", lambda s: s.accounts.update(ANN, AccountChange(disabled=True), audit=ENTRY)),
    Call("accounts.set_role", lambda s: s.accounts.set_role(ANN, ZERO, "viewer", audit=ENTRY)),
    Call("accounts.delete", lambda s: s.accounts.delete(ANN, audit=ENTRY)),
    Call("keys.create", lambda s: s.keys.create(
        ApiKey(KeyId("k-2"), "n", "p", ANN, ("read",), T0_MS), secret_hash=b"k2", audit=ENTRY)),
    Call("keys.revoke", lambda s: s.keys.revoke(KeyId("k-1"), now_ms=T0_MS, audit=ENTRY)),
    Call("keys.add_login", lambda s: s.keys.add_login(
        Login(ANN, T0_MS, T0_MS + 9, "t"), secret_hash=b"l2", audit=ENTRY)),
    Call("keys.end_login", lambda s: s.keys.end_login(b"l", audit=ENTRY)),
    Call("audit.append", lambda s: s.audit.append(ENTRY)),
]  # fmt: skip
REFUSED = [
    Call("experiments.create", lambda s: s.experiments.create(ExperimentDraft("gone"), now_ms=T0_MS, audit=ENTRY)),
    Call("experiments.update", lambda s: s.experiments.update(
        ZERO, ExperimentChange(name="gone", description="d"), now_ms=T0_MS, audit=ENTRY)),
    Call("experiments.purge", lambda s: s.experiments.purge(ZERO, audit=ENTRY)),
    Call("traces.update", lambda s: s.traces.update(
        TraceId("none"), TraceChange({"a": "1"}), now_ms=T0_MS, audit=ENTRY)),
    Call("traces.link_run", lambda s: s.traces.link_run(
        RunId("r"), [TraceId("tr-1"), TraceId("none")], audit=ENTRY)),
    Call("assessments.log", lambda s: s.assessments.log(
        ZERO, judgment("none"), by=None, now_ms=T0_MS, audit=ENTRY)),
    Call("assessments.update", lambda s: s.assessments.update(
        A1, AssessmentChange(replace_value=True), by=None, now_ms=T0_MS, audit=ENTRY)),
    Call("assessments.delete", lambda s: s.assessments.delete(
        AssessmentId("none"), by=None, now_ms=T0_MS, audit=ENTRY)),
    Call("accounts.create", lambda s: s.accounts.create(
        Account(AccountId("x"), "ANN", None, T0_MS), password_hash=None, audit=ENTRY)),
    Call("accounts.update", lambda s: s.accounts.update(
        ANN, AccountChange(password_hash="x", if_password_hash="y"), audit=ENTRY)),
    Call("keys.create", lambda s: s.keys.create(
        ApiKey(KeyId("k-2"), "n", "p", AccountId("none"), ("read",), T0_MS), secret_hash=b"k2", audit=ENTRY)),
    Call("keys.revoke", lambda s: s.keys.revoke(KeyId("none"), now_ms=T0_MS, audit=ENTRY)),
]  # fmt: skip
UNCHANGED = [
    Call("traces.delete", lambda s: s.traces.delete([TraceId("none")], audit=ENTRY)),
    Call("traces.link_run", lambda s: s.traces.link_run(RunId("r"), [], audit=ENTRY)),
    Call("assessments.log", lambda s: s.assessments.log(
        ZERO, judgment(assessment_id=A1, identifier="i"), by=None, now_ms=T0_MS, audit=ENTRY)),
    Call("assessments.update", lambda s: s.assessments.update(
        A1, AssessmentChange(), by=None, now_ms=T0_MS, audit=ENTRY)),
    Call("keys.end_login", lambda s: s.keys.end_login(b"none", audit=ENTRY)),
]  # fmt: skip


def name_of(call: Call) -> str:
    return call.name


@pytest.mark.parametrize("call", CHANGES, ids=name_of)
def test_a_change_writes_its_entry_once(stores: Stores, call: Call) -> None:
    fill(stores)
    before = trail(stores)
    call.run(stores)
    entry, *rest = trail(stores)
    assert rest == before
    assert (entry.at_ms, entry.actor, entry.action, entry.target, entry.details) == (
        ENTRY.at_ms, ENTRY.actor, ENTRY.action, ENTRY.target, ENTRY.details,
    )  # fmt: skip
    assert all(newer.entry_id > older.entry_id for newer, older in pairwise(trail(stores)))


@pytest.mark.parametrize("call", REFUSED, ids=name_of)
def test_a_refused_change_writes_nothing(stores: Stores, call: Call) -> None:
    fill(stores)
    before = trail(stores)
    with pytest.raises(LodelineError):
        call.run(stores)
    assert trail(stores) == before


@pytest.mark.parametrize("call", UNCHANGED, ids=name_of)
def test_a_call_that_changes_nothing_records_nothing(stores: Stores, call: Call) -> None:
    fill(stores)
    before = trail(stores)
    call.run(stores)
    assert trail(stores) == before


def test_creation_s_entry_names_the_new_experiment(stores: Stores) -> None:
    draft = ExperimentDraft("new", client_key="k")
    entry = replace(ENTRY, experiment_id=None)
    made = stores.experiments.create(draft, now_ms=T0_MS, audit=entry)
    stores.experiments.create(draft, now_ms=T0_MS, audit=entry)
    assert [e.experiment_id for e in trail(stores)] == [made.experiment_id]


def test_the_trail_of_a_purged_experiment_stays(stores: Stores) -> None:
    gone = make_experiment(stores, "gone").experiment_id
    stores.audit.append(replace(ENTRY, experiment_id=gone))
    delete_experiment(stores, gone)
    stores.experiments.purge(gone, audit=replace(ENTRY, experiment_id=gone))
    assert len(trail(stores, "target LIKE 'tärget%'", experiments=(gone,))) == 2
