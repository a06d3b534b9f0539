"""Contract of `ScorerStore`."""

from collections.abc import Mapping

import pytest

from lodeline.domain.errors import Deleted, NotFound
from lodeline.domain.ids import ExperimentId
from lodeline.domain.registered_scorer import ScorerDraft, ScorerRegistration, check_scorer
from lodeline.domain.span import JsonValue
from lodeline.query.ast import Search
from lodeline.storage.base import Stores
from tests.contract.build import T0_MS, audit, delete_experiment, make_experiment

ZERO = ExperimentId("0")


def register(stores: Stores, name: str, definition: Mapping[str, JsonValue], experiment: str = "0"
             ) -> ScorerRegistration:  # fmt: skip
    draft = ScorerDraft(name, definition, "why")
    return stores.scorers.register(
        ExperimentId(experiment), draft, check_scorer(draft), by="ann", now_ms=T0_MS, audit=audit("scorer.register")
    )


def test_registering_is_idempotent_by_digest(stores: Stores) -> None:
    first = register(stores, "exact", {"kind": "BUILTIN", "params": {"x": [1, None, "ü"]}})
    again = register(stores, "exact", {"params": {"x": [1.0, None, "u\u0308"]}, "kind": "BUILTIN"})
    assert (first.made, again.made, again.scorer) == (True, False, first.scorer)
    second = register(stores, "exact", {"kind": "BUILTIN", "digest": "0123456789"})
    assert register(stores, "exact", {"kind": "other", "digest": "0123456789"}).scorer == second.scorer
    assert (second.scorer.version, second.scorer.digest) == (2, "0123456789")
    assert list(stores.scorers.versions(ZERO, "exact")) == [second.scorer, first.scorer]
    assert (first.scorer.message, first.scorer.created_by, first.scorer.created_ms) == ("why", "ann", T0_MS)
    assert first.scorer.definition == {"kind": "BUILTIN", "params": {"x": [1, None, "ü"]}}
    assert [entry.action for entry in stores.audit.search(Search(limit=9)).items] == ["scorer.register"] * 2


def test_lists_have_the_latest_of_each(stores: Stores) -> None:
    other = make_experiment(stores, "other").experiment_id
    for name, number in (("b", 1), ("a", 1), ("b", 2)):
        register(stores, name, {"n": number})
    register(stores, "b", {"n": 3}, other)
    found = [(each.experiment_id, each.name, each.version) for each in stores.scorers.list((other, "0", "99"))]
    assert found == [("0", "a", 1), ("0", "b", 2), (other, "b", 1)]
    assert stores.scorers.list(()) == []


def test_deleted_experiments_hide_and_purge_their_scorers(stores: Stores) -> None:
    other = make_experiment(stores, "other").experiment_id
    register(stores, "a", {"n": 1}, other)
    register(stores, "a", {"n": 2}, other)
    register(stores, "b", {"n": 2}, other)
    delete_experiment(stores, other)
    assert stores.scorers.list((other,)) == []
    with pytest.raises(NotFound):
        stores.scorers.versions(other, "a")
    for ask in (
        lambda: register(stores, "a", {"n": 3}, other),
        lambda: stores.scorers.delete(other, "a", audit=audit()),
    ):
        with pytest.raises(Deleted):
            ask()
    assert stores.experiments.purge(other, audit=audit()).scorers == 2


def test_deleting_removes_every_version(stores: Stores) -> None:
    register(stores, "a", {"n": 1})
    register(stores, "a", {"n": 2})
    assert stores.scorers.delete(ZERO, "a", audit=audit()) == 2
    for ask in (
        lambda: stores.scorers.versions(ZERO, "a"),
        lambda: stores.scorers.delete(ZERO, "a", audit=audit()),
        lambda: register(stores, "a", {"n": 1}, "99"),
    ):
        with pytest.raises(NotFound):
            ask()
    assert register(stores, "a", {"n": 1}).scorer.version == 1


def test_deleting_one_version_leaves_the_others(stores: Stores) -> None:
    for number in (1, 2, 3):
        register(stores, "a", {"n": number})
    assert stores.scorers.delete(ZERO, "a", version=2, audit=audit()) == 1
    assert [scorer.version for scorer in stores.scorers.versions(ZERO, "a")] == [3, 1]
    with pytest.raises(NotFound):
        stores.scorers.delete(ZERO, "a", version=2, audit=audit())
    assert register(stores, "a", {"n": 4}).scorer.version == 4
    for number in (1, 3, 4):
        stores.scorers.delete(ZERO, "a", version=number, audit=audit())
    with pytest.raises(NotFound):
        stores.scorers.versions(ZERO, "a")
