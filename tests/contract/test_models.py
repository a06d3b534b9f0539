"""Contract of `ModelStore`."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lodeline.domain.errors import Conflict, Deleted, NotFound
from lodeline.domain.gate import GateRun
from lodeline.domain.ids import ExperimentId, ModelId, RunId, TraceId
from lodeline.domain.model import (
    MODEL_STATUSES,
    AliasEvent,
    AliasMove,
    GitInfo,
    Model,
    ModelChange,
    ModelDraft,
    ModelMetric,
    PromptUse,
    ValueDifference,
    diff_models,
)
from lodeline.query.ast import Always, Order, Search
from lodeline.query.fields import field
from lodeline.query.subjects_runs import ModelSubject
from lodeline.storage.base import Stores
from tests.contract.build import (
    T0_MS,
    all_pages,
    audit,
    delete_experiment,
    make_experiment,
    search,
)
from tests.contract.test_reference import SLOW, Question, assert_agrees, questions
from tests.generators import KEYS, NUMBERS, RUNS, TEXTS, string_maps

ZERO = ExperimentId("0")
GIT = GitInfo("abc", "main", "git@example.org:bot", True, "dd", "--- a\n+++ b\n")
FULL = ModelDraft(
    name="bot 'x' ü", status="PENDING", status_message="building", model_type="agent", source_run_id=RunId("r-1"),
    source_trace_id=TraceId("tr-1"), parent_model_id=ModelId("m-0"), params={"k": "v"}, tags={"t": "u"}, git=GIT,
    config_digest="cfg", dependencies_digest="deps", prompt_versions=(PromptUse("greeting", 3),), created_by="ann",
    reuse_key="key-1", model_id=ModelId("m-given"),
)  # fmt: skip
PLAIN = ModelDraft("plain")


def make(stores: Stores, draft: ModelDraft = PLAIN, experiment: str = ZERO, *, now_ms: int = T0_MS) -> Model:
    return stores.models.create(ExperimentId(experiment), draft, now_ms=now_ms, audit=audit("model.create"))[0]


def change(stores: Stores, model_id: ModelId, **what: object) -> Model:
    change = ModelChange(**what)  # type: ignore[arg-type]
    return stores.models.update(model_id, change, now_ms=T0_MS + 9, audit=audit("model.update"))


def point(stores: Stores, alias: str, model_id: str | None, *, gated: bool = False, **more: object
          ) -> AliasEvent | None:  # fmt: skip
    move = AliasMove(alias, None if model_id is None else ModelId(model_id), **more)  # type: ignore[arg-type]
    moved = stores.models.set_alias(
        ZERO, move, gated=gated, by="ann", now_ms=T0_MS + 3, audit=audit("model.set_alias")
    )
    assert moved.model == stores.models.find_alias(ZERO, alias)
    return moved.event


def listed(stores: Stores, text: str = "", *, order: str = "") -> list[str]:
    first = search(text, entity="model", order=order, limit=2)
    return [model.name for model in all_pages(stores.models.search, first)]


def actions(stores: Stores) -> list[str]:
    return [entry.action for entry in stores.audit.search(Search(limit=1000)).items[::-1]]


def one(stores: Stores, model_id: str) -> Model:
    (found,) = stores.models.get([ModelId(model_id)])
    return found


def test_create_keeps_everything_the_draft_says(stores: Stores) -> None:
    made = make(stores, FULL)
    assert one(stores, "m-given") == made
    for name in ModelDraft.__slots__:
        assert getattr(made, name) == getattr(FULL, name), name
    assert (made.experiment_id, made.lifecycle, made.created_ms, made.updated_ms) == ("0", "ACTIVE", T0_MS, T0_MS)
    assert make(stores).model_id.startswith("m-")
    assert actions(stores) == ["model.create"] * 2


def test_lists_leave_out_the_diff_of_the_source(stores: Stores) -> None:
    made = make(stores, FULL)
    (found,) = stores.models.search(search(entity="model")).items
    assert found == replace(made, git=replace(GIT, diff=None))


def test_the_same_reuse_key_gives_the_same_model(stores: Stores) -> None:
    made = make(stores, FULL)
    again = replace(FULL, name="other", model_id=None)
    assert stores.models.create(ZERO, again, now_ms=T0_MS + 5, audit=audit()) == (made, False)
    other = make_experiment(stores).experiment_id
    assert make(stores, again, other).model_id != made.model_id
    change(stores, made.model_id, lifecycle="DELETED")
    second = make(stores, again)
    assert second.model_id != made.model_id
    assert change(stores, made.model_id, lifecycle="ACTIVE").reuse_key is None
    assert stores.models.create(ZERO, again, now_ms=T0_MS, audit=audit()) == (second, False)


def test_a_taken_id_is_a_conflict(stores: Stores) -> None:
    make(stores, FULL)
    with pytest.raises(Conflict, match="taken"):
        make(stores, replace(FULL, reuse_key=None))


def test_a_change_changes_what_it_says_and_no_more(stores: Stores) -> None:
    made = make(stores, FULL)
    changed = change(
        stores, made.model_id, name="new", status="READY", set_params={"more": "1"}, set_tags={"a": "b"},
        delete_tags=("t",), add_prompts=(PromptUse("greeting", 3), PromptUse("bye", 1)),
    )  # fmt: skip
    assert changed == replace(
        made, name="new", status="READY", params={"k": "v", "more": "1"}, tags={"a": "b"}, updated_ms=T0_MS + 9,
        prompt_versions=(PromptUse("greeting", 3), PromptUse("bye", 1)),
    )  # fmt: skip
    assert one(stores, made.model_id) == changed
    assert change(stores, made.model_id, name="new") == changed
    assert actions(stores) == ["model.create", "model.update"]
    with pytest.raises(Conflict, match="'k'"):
        change(stores, made.model_id, set_params={"k": "w"})


def test_metrics_keep_the_latest_of_each_key_dataset_and_run(stores: Stores) -> None:
    made = make(stores)
    first = ModelMetric("acc", 0.5, T0_MS, 1, "d-1", "x", RunId("r-1"))
    stores.models.log_metrics(
        made.model_id, [first, ModelMetric("acc", math.nan, T0_MS), ModelMetric("acc", math.inf, 5)]
    )
    later = replace(first, value=0.75, timestamp_ms=T0_MS + 1)
    stores.models.log_metrics(made.model_id, [later, replace(first, value=0.9, step=0)])
    found = one(stores, made.model_id)
    assert [m for m in found.metrics if m.run_id] == [later]
    (other,) = [m for m in found.metrics if not m.run_id]
    assert math.isnan(other.value)
    assert listed(stores, "metrics.acc = 0.75") == ["plain"]
    with pytest.raises(NotFound):
        stores.models.log_metrics(ModelId("unknown"), [])


def test_aliases_move_and_every_move_is_kept(stores: Stores) -> None:
    a, b = make(stores, ModelDraft("a")), make(stores, ModelDraft("b"))
    first = point(stores, "production", a.model_id, reason="first", gate="passed", gate_report="r")
    assert first == AliasEvent(ZERO, "production", a.model_id, None, T0_MS + 3, "ann", "first", "passed", "r")
    assert point(stores, "production", a.model_id) is None
    point(stores, "staging", a.model_id)
    assert one(stores, a.model_id).aliases == ("production", "staging")
    assert listed(stores, "alias = 'production'") == ["a"]
    second = point(stores, "production", b.model_id)
    assert second is not None
    assert (second.model_id, second.previous_model_id) == (b.model_id, a.model_id)
    third = point(stores, "production", None)
    assert stores.models.find_alias(ZERO, "production") is None
    found = stores.models.find_alias(ZERO, "staging")
    assert found is not None
    assert found.model_id == a.model_id
    assert list(stores.models.alias_events(ZERO, "production", limit=9)) == [third, second, first]
    assert [e.alias for e in stores.models.alias_events(ZERO, limit=2)] == ["production", "production"]
    assert actions(stores).count("model.set_alias") == 4


def test_an_alias_needs_a_model_that_can_be_used(stores: Stores) -> None:
    failed = make(stores, ModelDraft("f", status="FAILED"))
    with pytest.raises(Conflict, match="FAILED"):
        point(stores, "production", failed.model_id)
    gone = make(stores)
    change(stores, gone.model_id, lifecycle="DELETED")
    with pytest.raises(Deleted):
        point(stores, "production", gone.model_id)
    with pytest.raises(NotFound):
        point(stores, "production", "unknown")
    far = make(stores, PLAIN, make_experiment(stores).experiment_id)
    with pytest.raises(NotFound):
        point(stores, "production", far.model_id)
    ready = make(stores)
    held = GateRun(RunId("r-1"), "")
    for gate in (None, "failed", "inconclusive"):
        with pytest.raises(Conflict, match="passed gate"):
            point(stores, "production", ready.model_id, gated=True, gate=gate, gate_run=held)
    with pytest.raises(Conflict, match="names no evaluation"):
        point(stores, "production", ready.model_id, gated=True, gate="passed")
    event = point(stores, "production", ready.model_id, gated=True, gate="passed", gate_run=held)
    assert event is not None
    assert list(stores.models.alias_events(ZERO, limit=1)) == [event]
    assert event.gate_run_id == "r-1"
    assert point(stores, "production", None, gated=True) is not None


def test_a_model_with_an_alias_neither_fails_nor_goes(stores: Stores) -> None:
    made = make(stores)
    point(stores, "production", made.model_id)
    for what in ({"status": "FAILED"}, {"lifecycle": "DELETED"}):
        with pytest.raises(Conflict, match="production"):
            change(stores, made.model_id, **what)
    point(stores, "production", None)
    assert change(stores, made.model_id, status="FAILED").status == "FAILED"


def test_a_deleted_model_is_found_and_takes_no_edits(stores: Stores) -> None:
    made = make(stores, FULL)
    change(stores, made.model_id, lifecycle="DELETED")
    assert one(stores, made.model_id).lifecycle == "DELETED"
    with pytest.raises(Deleted):
        change(stores, made.model_id, name="x")
    with pytest.raises(Deleted):
        stores.models.log_metrics(made.model_id, [ModelMetric("k", 1.0, 1)])
    assert replace(change(stores, made.model_id, lifecycle="ACTIVE"), updated_ms=T0_MS) == made


def test_what_is_below_a_deleted_experiment_is_hidden_and_purged(stores: Stores) -> None:
    app = make_experiment(stores).experiment_id
    made = make(stores, FULL, app)
    move = AliasMove("production", made.model_id)
    stores.models.set_alias(app, move, gated=False, by=None, now_ms=T0_MS, audit=audit())
    delete_experiment(stores, app)
    assert list(stores.models.get([made.model_id])) == []
    assert stores.models.find_alias(app, "production") is None
    assert list(stores.models.alias_events(app, limit=5)) == []
    with pytest.raises(Deleted):
        change(stores, made.model_id, name="x")
    with pytest.raises(Deleted):
        make(stores, PLAIN, app)
    assert stores.experiments.purge(app, audit=audit()).models == 1
    with pytest.raises(NotFound):
        change(stores, made.model_id, name="x")
    assert stores.admin.check() == []


def test_a_difference_names_what_differs(stores: Stores) -> None:
    left = make(stores, FULL)
    right = make(stores, replace(FULL, params={"k": "w", "n": "1"}, git=replace(GIT, commit="def"), reuse_key=None,
                                 model_id=None, prompt_versions=(PromptUse("greeting", 4),)))  # fmt: skip
    right = stores.models.log_metrics(right.model_id, [ModelMetric("acc", 0.5, 1, 0, None, "x")])
    diff = diff_models(left, right)
    assert diff.params == (ValueDifference("k", "v", "w"), ValueDifference("n", None, "1"))
    assert diff.prompts == (ValueDifference("greeting", "3", "4"),)
    assert diff.git == (ValueDifference("commit", "abc", "def"),)
    assert diff.metrics == (ValueDifference("acc on x", None, "0.5"),)
    assert diff.other == ()
    assert diff_models(left, left) == replace(diff_models(left, left), params=(), prompts=(), git=(), metrics=())


_maybe = st.sampled_from((None, *TEXTS[:8]))
_metrics = st.builds(
    ModelMetric,
    st.sampled_from(KEYS),
    st.sampled_from((*NUMBERS, math.nan)).map(float),
    st.just(T0_MS),
    st.integers(0, 1),
    _maybe,
    run_id=st.sampled_from((None, *RUNS)),
)
_drafts = st.builds(
    ModelDraft,
    name=st.sampled_from([text for text in TEXTS if text.strip() and "\n" not in text]),
    status=st.sampled_from(MODEL_STATUSES),
    model_type=_maybe,
    source_run_id=st.sampled_from((None, *RUNS)),
    parent_model_id=_maybe,
    params=string_maps(),
    tags=string_maps(),
    git=st.one_of(st.none(), st.builds(GitInfo, _maybe, _maybe)),
    prompt_versions=st.lists(st.builds(PromptUse, st.sampled_from(TEXTS[:5]), st.integers(1, 2)), max_size=2).map(
        tuple
    ),
)
_NUMBERS = iter(range(10**9))


@SLOW
@given(
    written=st.lists(
        st.tuples(_drafts, st.lists(_metrics, max_size=3), st.sampled_from((None, "production", "foo"))),
        min_size=1, max_size=6,
    ),
    asked=questions("model"),
)  # fmt: skip
def test_model_lists_agree_with_the_reference(
    shared_stores: Stores,
    written: list[tuple[ModelDraft, list[ModelMetric], str | None]],
    asked: list[Question],
) -> None:
    stores = shared_stores
    experiment_id = make_experiment(stores, f"models {next(_NUMBERS)}").experiment_id
    ids: list[ModelId] = []
    for number, (draft, metrics, alias) in enumerate(written):
        made = make(stores, draft, experiment_id, now_ms=T0_MS + number // 2)
        ids.append(made.model_id)
        stores.models.log_metrics(made.model_id, metrics)
        if alias is not None and draft.status != "FAILED":
            move = AliasMove(alias, made.model_id)
            stores.models.set_alias(experiment_id, move, gated=False, by=None, now_ms=T0_MS, audit=audit())
    page = stores.models.search(Search((experiment_id,), Always(), limit=1000))
    assert [model.model_id for model in page.items] == ids[::-1]
    subjects = [(model.model_id, ModelSubject(model)) for model in page.items]
    for question in asked:
        assert_agrees(
            lambda s: stores.models.search(s).map(lambda model: model.model_id), experiment_id, question, subjects,
            Order(field("model", "created")),
        )  # fmt: skip
