from collections.abc import Iterator
from dataclasses import replace

import pytest

from lodeline.auth.actor import ANONYMOUS, LOCAL, account_actor
from lodeline.domain.audit import AuditEntry
from lodeline.domain.errors import Forbidden, Invalid, NotFound, Unauthenticated
from lodeline.domain.experiment import ExperimentChange, ExperimentDraft
from lodeline.domain.ids import ExperimentId
from lodeline.services.audit import MAX_DETAIL, AuditService, audit_entry
from lodeline.services.experiment_cache import ExperimentCache
from lodeline.services.experiment_scope import ExperimentScope
from lodeline.services.listing import Listing, ListQuery
from tests.services.access import Access, open_access


@pytest.fixture
def access() -> Iterator[Access]:
    with open_access() as opened:
        yield opened


@pytest.fixture
def audit(access: Access) -> AuditService:
    experiments = access.stores.experiments
    scope = ExperimentScope(experiments, ExperimentCache(experiments))
    return AuditService(access.stores, scope, Listing(scope, access.clock, deadline_s=10))


def _experiment(access: Access, name: str) -> ExperimentId:
    entry = audit_entry(LOCAL, "experiment.create", name, at_ms=access.clock.now_ms())
    experiment = access.stores.experiments.create(ExperimentDraft(name), now_ms=0, audit=entry)
    return experiment.experiment_id


def _delete(access: Access, experiment_id: ExperimentId) -> None:
    entry = audit_entry(LOCAL, "experiment.delete", experiment_id, at_ms=0, experiment_id=experiment_id)
    access.stores.experiments.update(experiment_id, ExperimentChange(lifecycle="DELETED"), now_ms=0, audit=entry)


def test_an_admin_reads_everything_newest_first(access: Access, audit: AuditService):
    root = access.actor("root", "admin")
    one = _experiment(access, "one")
    access.clock.advance(1)
    access.accounts.set_role(root, "root", "viewer", experiment_id=one)
    page = audit.search(root, ListQuery())
    assert [entry.action for entry in page.items] == ["account.set_role", "experiment.create", "account.create"]
    assert page.items == audit.search(LOCAL, ListQuery()).items


def test_an_experiments_admin_reads_that_experiment_alone(access: Access, audit: AuditService):
    one, two = _experiment(access, "one"), _experiment(access, "two")
    access.account("root", "admin")
    access.account("ada", "viewer")
    ada = account_actor(access.accounts.set_role(LOCAL, "ada", "admin", experiment_id=one))
    access.accounts.set_role(LOCAL, "root", "viewer", experiment_id=two)
    for query in (ListQuery(), ListQuery(("one",)), ListQuery((one, one))):
        entries = audit.search(ada, query).items
        assert {entry.experiment_id for entry in entries} == {one}
        assert len(entries) == 2
    with pytest.raises(Forbidden):
        audit.search(ada, ListQuery((two,)))


def test_who_is_no_admin_anywhere_reads_nothing(access: Access, audit: AuditService):
    access.account("root", "admin")
    for role in ("editor", "viewer", "reviewer"):
        with pytest.raises(Forbidden):
            audit.search(access.actor(role, role), ListQuery())
    with pytest.raises(Unauthenticated):
        audit.search(ANONYMOUS, ListQuery())
    key = access.keys.authenticate(access.keys.create(LOCAL, "k", ["write"]).secret)
    with pytest.raises(Forbidden):
        audit.search(key, ListQuery())


def test_a_key_bound_to_experiments_reads_those_alone(access: Access, audit: AuditService):
    one = _experiment(access, "one")
    _experiment(access, "two")
    made = access.keys.create(access.actor("root", "admin"), "k", ["admin"], experiment_ids=[one])
    key = access.keys.authenticate(made.secret)
    assert {entry.experiment_id for entry in audit.search(key, ListQuery()).items} == {one}


def test_the_trail_of_a_deleted_experiment_can_be_read(access: Access, audit: AuditService):
    one = _experiment(access, "one")
    _delete(access, one)
    entries = audit.search(LOCAL, ListQuery((one,))).items
    assert [entry.action for entry in entries] == ["experiment.delete", "experiment.create"]


def test_the_trail_is_filtered_and_paged(access: Access, audit: AuditService):
    for number in range(7):
        access.account(f"ada-{number}")
    access.keys.create(LOCAL, "k", ["read"])
    targets: list[str] = []
    cursor: str | None = None
    while True:
        query = ListQuery(filter="action = 'account.create' AND actor = 'local'", limit=3, cursor=cursor)
        page = audit.search(LOCAL, query)
        assert len(page.items) <= 3
        targets += [entry.target for entry in page.items]
        cursor = page.cursor
        if cursor is None:
            break
    assert targets == [f"ada-{number}" for number in range(6, -1, -1)]


def test_wrong_questions_are_refused(access: Access, audit: AuditService):
    for query in (ListQuery(filter="nonsense = 1"), ListQuery(limit=0), ListQuery(cursor="x")):
        with pytest.raises(Invalid):
            audit.search(LOCAL, query)
    with pytest.raises(NotFound):
        audit.search(LOCAL, ListQuery(("no such experiment",)))


def test_an_entry_names_who_did_it_and_is_bounded(access: Access):
    actor = replace(access.actor("ada", "editor"), key_prefix="ldl_read_12345678")
    entry = audit_entry(
        actor,
        "trace.delete",
        "x" * 10_000,
        at_ms=7,
        experiment_id=ExperimentId("1"),
        details={"count": 3, "none": None, "long": "y" * 10_000, "broken": "\ud800"},
    )
    assert (entry.actor, entry.action, entry.at_ms) == ("ada (key ldl_read_12345678)", "trace.delete", 7)
    assert len(entry.target) == MAX_DETAIL
    assert entry.details["count"] == "3"
    assert "none" not in entry.details
    assert len(entry.details["long"]) == MAX_DETAIL
    access.stores.audit.append(entry)
    assert "\ud800" not in entry.details["broken"]


def test_the_store_numbers_entries(access: Access):
    for number in range(3):
        access.stores.audit.append(AuditEntry(number, "ada", "test.append", "x", entry_id=99))
    assert [entry.entry_id for entry in access.trail()] == [1, 2, 3]
