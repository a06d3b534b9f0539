"""Contract of `RunStore`."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lodeline.domain.errors import Conflict, Deleted, Invalid, NotFound, TooLarge
from lodeline.domain.ids import ExperimentId, ModelId, RunId
from lodeline.domain.page import Page
from lodeline.domain.run import (
    MAX_METRIC_KEYS,
    RUN_KINDS,
    RUN_STATUSES,
    MetricPoint,
    Run,
    RunChange,
    RunDraft,
    RunInput,
    RunOutput,
    latest_points,
    point_key,
    point_of,
)
from lodeline.query.ast import Always, Order, Search
from lodeline.query.fields import field
from lodeline.query.subjects_runs import RunSubject
from lodeline.storage.base import Stores
from tests.contract.build import (
    T0_MS,
    all_pages,
    audit,
    delete_experiment,
    make_experiment,
    restore_experiment,
    search,
)
from tests.contract.test_reference import SLOW, Question, assert_agrees, questions
from tests.generators import KEYS, NUMBERS, RUNS, TEXTS, string_maps

ZERO = ExperimentId("0")
FULL = RunDraft(
    name="näme 'x' %",
    status="SCHEDULED",
    start_ms=T0_MS - 5,
    created_by="ann",
    parent_run_id=RunId("parent-1"),
    params={"lr": "0.1", "Ü.ä": "x\n"},
    tags={"team": "a"},
    inputs=(RunInput("d-1", "faq", 3, "abc", "eval"), RunInput(model_id=ModelId("m-1"))),
    outputs=(RunOutput(ModelId("m-2"), 7),),
    run_id=RunId("given.1"),
)


PLAIN = RunDraft("r")


def make(stores: Stores, draft: RunDraft = PLAIN, experiment_id: str = ZERO, *, now_ms: int = T0_MS) -> Run:
    return stores.runs.create(ExperimentId(experiment_id), draft, now_ms=now_ms, audit=audit("run.create"))


def change(stores: Stores, run_id: RunId, *, now_ms: int = T0_MS + 9, **what: object) -> Run:
    return stores.runs.update(run_id, RunChange(**what), now_ms=now_ms, audit=audit("run.update"))  # type: ignore[arg-type]


def listed(stores: Stores, text: str = "", *, order: str = "", experiments: Sequence[str] = (ZERO,)) -> list[str]:
    first = search(text, entity="run", order=order, limit=2, experiments=experiments)
    return [run.name for run in all_pages(stores.runs.search, first)]


def trail(stores: Stores) -> list[tuple[str, str]]:
    return [(e.action, e.target) for e in stores.audit.search(Search(limit=1000)).items[::-1]]


def test_create_keeps_everything_the_draft_says(stores: Stores) -> None:
    made = make(stores, FULL)
    assert list(stores.runs.get([made.run_id])) == [made]
    assert (made.run_id, made.experiment_id, made.name, made.status) == ("given.1", "0", FULL.name, "SCHEDULED")
    assert (made.start_ms, made.end_ms, made.created_by, made.parent_run_id) == (T0_MS - 5, None, "ann", "parent-1")
    assert (made.params, made.tags, made.inputs, made.outputs) == (FULL.params, FULL.tags, FULL.inputs, FULL.outputs)
    assert trail(stores) == [("run.create", "given.1")]


def test_a_run_gets_an_id_a_start_and_an_end_when_it_has_none(stores: Stores) -> None:
    first, second = make(stores), make(stores, RunDraft(status="FAILED"))
    assert len(first.run_id) == len(second.run_id) == 32
    assert (first.start_ms, first.end_ms, first.kind, first.status) == (T0_MS, None, "RUN", "RUNNING")
    assert second.end_ms == T0_MS


def test_a_taken_id_is_a_conflict(stores: Stores) -> None:
    make(stores, FULL)
    other = make_experiment(stores).experiment_id
    with pytest.raises(Conflict, match="taken"):
        make(stores, replace(FULL, name="other"), other)


def test_get_gives_the_known_ones_in_the_order_asked_for(stores: Stores) -> None:
    ids = [make(stores, RunDraft(str(i))).run_id for i in range(3)]
    found = stores.runs.get([ids[2], RunId("unknown"), ids[0], ids[2]])
    assert [run.run_id for run in found] == [ids[2], ids[0], ids[2]]


def test_a_change_changes_what_it_says_and_no_more(stores: Stores) -> None:
    made = make(stores, FULL)
    changed = change(
        stores, made.run_id, name="new", set_tags={"b": "2", "gone": "1"}, delete_tags=("gone", "absent"),
        set_params={"more": "1"}, add_inputs=(FULL.inputs[0], RunInput(name="other")),
    )  # fmt: skip
    assert changed == replace(
        made, name="new", tags={"team": "a", "b": "2"}, params={**made.params, "more": "1"},
        inputs=(*made.inputs, RunInput(name="other")),
    )  # fmt: skip
    assert list(stores.runs.get([made.run_id])) == [changed]


def test_a_change_that_changes_nothing_records_nothing(stores: Stores) -> None:
    made = make(stores, FULL)
    assert change(stores, made.run_id, name=made.name, set_params={"lr": "0.1"}) == made
    assert trail(stores) == [("run.create", made.run_id)]


def test_a_param_is_set_once(stores: Stores) -> None:
    made = make(stores, FULL)
    with pytest.raises(Conflict, match=r"'lr'.*'0\.1'.*'0\.2'"):
        change(stores, made.run_id, set_params={"new": "x", "lr": "0.2"})
    assert list(stores.runs.get([made.run_id])) == [made]


def test_the_status_ends_and_revives_a_run(stores: Stores) -> None:
    run_id = make(stores).run_id
    assert change(stores, run_id, status="FINISHED").end_ms == T0_MS + 9
    assert change(stores, run_id, status="FAILED", now_ms=T0_MS + 20).end_ms == T0_MS + 9
    assert change(stores, run_id, status="RUNNING").end_ms is None
    assert change(stores, run_id, status="KILLED", end_ms=T0_MS + 3).end_ms == T0_MS + 3


def test_a_deleted_run_is_found_takes_no_edits_and_is_restored_whole(stores: Stores) -> None:
    made = make(stores, FULL)
    stores.runs.log_metrics(made.run_id, [MetricPoint("acc", 0.5, T0_MS)])
    (before,) = stores.runs.get([made.run_id])
    assert change(stores, made.run_id, lifecycle="DELETED") == replace(before, lifecycle="DELETED")
    assert listed(stores, "lifecycle = DELETED") == [made.name]
    with pytest.raises(Deleted):
        change(stores, made.run_id, name="x")
    with pytest.raises(Deleted):
        stores.runs.log_metrics(made.run_id, [MetricPoint("acc", 0.6, T0_MS)])
    assert change(stores, made.run_id, lifecycle="ACTIVE") == before


def test_what_is_below_a_deleted_experiment_is_hidden(stores: Stores) -> None:
    app = make_experiment(stores).experiment_id
    made = make(stores, FULL, app)
    delete_experiment(stores, app)
    assert list(stores.runs.get([made.run_id])) == []
    assert listed(stores, experiments=(app, ZERO)) == []
    with pytest.raises(NotFound):
        stores.runs.metric_history(made.run_id, "acc", limit=5)
    with pytest.raises(Deleted):
        change(stores, made.run_id, name="x")
    with pytest.raises(Deleted):
        make(stores, RunDraft("y"), app)
    restore_experiment(stores, app)
    assert list(stores.runs.get([made.run_id])) == [made]


def test_a_purge_takes_runs_along(stores: Stores) -> None:
    app = make_experiment(stores).experiment_id
    made = make(stores, FULL, app)
    stores.runs.log_metrics(made.run_id, [MetricPoint("acc", 0.5, T0_MS)])
    kept = make(stores)
    delete_experiment(stores, app)
    assert stores.experiments.purge(app, audit=audit()).runs == 1
    with pytest.raises(NotFound):
        change(stores, made.run_id, lifecycle="ACTIVE")
    assert listed(stores, experiments=(ZERO, app)) == [kept.name]
    again = make(stores, FULL)
    assert again.metrics == {}
    assert stores.admin.check() == []


def test_unknown_runs_and_experiments_are_not_found(stores: Stores) -> None:
    with pytest.raises(NotFound):
        change(stores, RunId("unknown"), name="x")
    with pytest.raises(NotFound):
        stores.runs.log_metrics(RunId("unknown"), [])
    with pytest.raises(NotFound):
        stores.runs.metric_history(RunId("unknown"), "k", limit=1)
    with pytest.raises(NotFound):
        make(stores, RunDraft("x"), "99")


def test_metrics_keep_every_point_once_and_show_the_latest(stores: Stores) -> None:
    run_id = make(stores).run_id
    points = [
        MetricPoint("loss", 0.5, T0_MS, 1),
        MetricPoint("loss", 0.25, T0_MS + 1, 2),
        MetricPoint("loss", 0.75, T0_MS + 9, 0),
        MetricPoint("loss", 0.75, T0_MS + 9, 0, "d-1", "digest", ModelId("m-1")),
        MetricPoint("acc/é", math.inf, T0_MS),
        MetricPoint("acc/é", -math.inf, T0_MS, -3),
    ]
    assert stores.runs.log_metrics(run_id, points) == 6
    assert stores.runs.log_metrics(run_id, points[::-1]) == 0
    (run,) = stores.runs.get([run_id])
    assert run.metrics == {"acc/é": points[4], "loss": points[1]}
    assert list(run.metrics) == ["acc/é", "loss"]
    history = partial(stores.runs.metric_history, run_id)
    assert history("loss", limit=9).items == (points[2], points[3], points[0], points[1])
    assert history("acc/é", limit=9).items == (points[5], points[4])
    assert history("unknown", limit=9).items == ()


def test_a_nan_is_a_point_like_any_other(stores: Stores) -> None:
    run_id = make(stores).run_id
    points = [MetricPoint("loss", math.nan, T0_MS, 2), MetricPoint("loss", 1.0, T0_MS, 1)]
    assert stores.runs.log_metrics(run_id, points) == 2
    assert stores.runs.log_metrics(run_id, points) == 0
    (run,) = stores.runs.get([run_id])
    assert math.isnan(run.metrics["loss"].value)
    assert [p.step for p in stores.runs.metric_history(run_id, "loss", limit=5).items] == [1, 2]
    assert listed(stores, "metrics.loss IS NOT NULL OR metrics.loss < 5") == []


def test_the_history_of_a_metric_comes_in_pages(stores: Stores) -> None:
    run_id = make(stores).run_id
    points = [MetricPoint("loss", i / 7, T0_MS + i, i // 2, "d" if i % 3 else None) for i in range(25)]
    stores.runs.log_metrics(run_id, [*points[::2], *points[1::2]])
    found: list[MetricPoint] = []
    cursor = None
    for _ in range(20):
        page = stores.runs.metric_history(run_id, "loss", limit=4, cursor=cursor)
        found += page.items
        cursor = page.cursor
        if cursor is None:
            break
    assert found == points
    other = stores.runs.metric_history(run_id, "loss", limit=4).cursor
    with pytest.raises(Invalid):
        stores.runs.metric_history(run_id, "acc", limit=4, cursor=other)


def test_too_many_different_metrics_are_refused_whole(stores: Stores) -> None:
    run_id = make(stores).run_id
    points = [MetricPoint(f"m{i}", 1.0, T0_MS) for i in range(MAX_METRIC_KEYS)]
    stores.runs.log_metrics(run_id, points)
    with pytest.raises(TooLarge):
        stores.runs.log_metrics(run_id, [MetricPoint("m0", 2.0, T0_MS), MetricPoint("more", 1.0, T0_MS)])
    assert stores.runs.metric_history(run_id, "m0", limit=5).items == (points[0],)


def test_runs_are_found_by_what_they_have(stores: Stores) -> None:
    first = make(stores, replace(FULL, run_id=None, name="first"))
    make(stores, RunDraft("second", params={"lr": "0.2"}, start_ms=T0_MS + 5))
    stores.runs.log_metrics(first.run_id, [MetricPoint("acc", 0.5, T0_MS, 1), MetricPoint("acc", 0.9, T0_MS, 0)])
    assert listed(stores) == ["second", "first"]
    for text in (
        "params.lr = '0.1'", "tags.team = 'a'", "metrics.acc = 0.5", "metrics.acc > 0.4 AND status = SCHEDULED",
        "dataset = 'faq'", "dataset = 'abc'", "dataset = 'd-1'", "model = 'm-1'", "model = 'm-2'",
        "parent = 'parent-1'", "created_by = 'ann'", f"id = '{first.run_id}'", "name LIKE 'fir%'",
        "NOT metrics.acc IS NULL", "kind = RUN AND params.lr != '0.2'",
    ):  # fmt: skip
        assert listed(stores, text) == ["first"], text
    assert listed(stores, order="metrics.acc desc") == ["first", "second"]
    assert listed(stores, order="params.lr desc") == ["second", "first"]


_keys = st.sampled_from(KEYS)
_values = st.sampled_from((*NUMBERS, math.inf, -math.inf, math.nan)).map(float)
_ids = st.sampled_from((None, *TEXTS[:8]))
_points = st.builds(
    MetricPoint, _keys, _values, st.sampled_from((T0_MS, T0_MS + 1)), st.integers(-1, 2), _ids, _ids, _ids
)
_drafts = st.builds(
    RunDraft,
    name=st.sampled_from(TEXTS),
    kind=st.sampled_from(RUN_KINDS),
    status=st.sampled_from(RUN_STATUSES),
    start_ms=st.sampled_from((T0_MS, T0_MS + 1, T0_MS + 250)),
    created_by=_ids,
    parent_run_id=st.sampled_from((None, *RUNS)),
    params=string_maps(),
    tags=string_maps(),
    inputs=st.lists(st.builds(RunInput, _ids, _ids, st.none(), _ids, _ids, _ids), max_size=2).map(tuple),
    outputs=st.lists(st.builds(RunOutput, st.sampled_from(TEXTS[:8])), max_size=2).map(tuple),
)


@SLOW
@given(
    written=st.lists(st.tuples(_drafts, st.lists(_points, max_size=4)), min_size=1, max_size=6),
    asked=questions("run"),
)
def test_run_lists_agree_with_the_reference(
    shared_stores: Stores, written: list[tuple[RunDraft, list[MetricPoint]]], asked: list[Question]
) -> None:
    stores = shared_stores
    experiment_id = make_experiment(stores, f"runs {next(_NUMBERS)}").experiment_id
    for draft, points in written:
        made = make(stores, draft, experiment_id, now_ms=T0_MS + 300)
        stores.runs.log_metrics(made.run_id, points)
        if draft.name == "foo":
            change(stores, made.run_id, lifecycle="DELETED")
    found = {run.run_id: run for run in stores.runs.search(Search((experiment_id,), Always(), limit=1000)).items}
    assert len(found) == len(written)
    subjects = [(i, RunSubject(found[i])) for i in _later_first(stores, experiment_id)]
    for question in asked:
        assert_agrees(_ids_of(stores), experiment_id, question, subjects, Order(field("run", "start")))


def _ids_of(stores: Stores) -> Callable[[Search], Page[RunId]]:
    return lambda asked: stores.runs.search(asked).map(lambda run: run.run_id)


def _later_first(stores: Stores, experiment_id: str) -> list[RunId]:
    """Return the ids of an experiment's runs, the last made first: where all else is equal, arrival decides."""
    page = stores.runs.search(
        Search((experiment_id,), Always(), (Order(field("run", "experiment"), descending=False),), limit=1000)
    )
    return [run.run_id for run in page.items]


_NUMBERS = iter(range(10**9))


@given(st.lists(_points, max_size=8))
def test_a_point_is_its_key_and_its_place(points: list[MetricPoint]) -> None:
    for point in points:
        again = point_of(point.key, point_key(point))
        assert point_key(again) == point_key(point)
        assert repr(again.value) == repr(point.value + 0.0)
    latest = latest_points(points)
    assert latest.keys() == {p.key for p in points}
    for point in points:
        assert point_key(point) <= point_key(latest[point.key])
