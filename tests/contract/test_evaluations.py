"""Contract of `EvaluationStore`."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lodeline.domain.assessment import AssessmentChange, AssessmentSource
from lodeline.domain.errors import Conflict, Deleted, Invalid, NotFound, TooLarge
from lodeline.domain.evaluation import (
    Bindings,
    Budget,
    Evaluation,
    EvaluationChange,
    EvaluationDraft,
    EvaluationDump,
    EvaluationState,
    bindings_digest,
)
from lodeline.domain.evaluation_row import (
    MAX_SCORE_NAMES,
    MAX_SCORES,
    ROW_STATES,
    EvaluationRow,
    LoggedRow,
    RowDraft,
    RowFilter,
    RowScore,
    RowsReport,
    ScoreDraft,
    merged_row,
)
from lodeline.domain.ids import AssessmentId, ExperimentId, ModelId, RunId, TraceId
from lodeline.domain.run import RunChange, RunDraft
from lodeline.domain.usage import TokenUsage
from lodeline.query.ast import Search
from lodeline.storage.base import Stores
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
from tests.contract.test_reference import SLOW

ZERO = ExperimentId("0")
BINDINGS = Bindings(
    dataset_id="d-1", dataset_version=3, dataset_digest="abc", split="test", model_id=ModelId("m-1"),
    scorers={"exact": "d1", "tone": "d2"}, directions={"exact": "higher", "tone": "none"},
    judges={"tone": {"model": "gpt", "temperature": 0.5, "stop": ["a", None]}}, prompt_versions={"p": 2},
    git={"commit": "c"}, seed=-5, concurrency=4, repetitions=2, environment={"k": "v"}, budget=Budget(1.5, None, 9),
)  # fmt: skip
ALL = RowFilter()
JUDGE = AssessmentSource("LLM_JUDGE", "gpt", "digest")


def make(
    stores: Stores, bindings: Bindings = BINDINGS, *, experiment: str = ZERO, total: int | None = 4
) -> Evaluation:
    draft = EvaluationDraft(RunDraft("version 2", params={"k": "v"}), bindings, total)
    return stores.evaluations.create(ExperimentId(experiment), draft, now_ms=T0_MS, audit=audit("evaluation.create"))


def to(stores: Stores, evaluation: Evaluation, state: EvaluationState, **more: object) -> Evaluation:
    change = EvaluationChange(state, **more)  # type: ignore[arg-type]
    return stores.evaluations.change(
        evaluation.run.run_id, change, expected=evaluation, now_ms=T0_MS + 5, audit=audit("evaluation.change")
    )


def running(stores: Stores, **how: object) -> Evaluation:
    return to(stores, make(stores, **how), "RUNNING")  # type: ignore[arg-type]


def log(stores: Stores, evaluation: Evaluation, *rows: RowDraft) -> RowsReport:
    return stores.evaluations.log_rows(
        evaluation.run.run_id, rows, by="ann", now_ms=T0_MS + 7, audit=audit("evaluation.log_rows")
    )


def rows(stores: Stores, evaluation: Evaluation, which: RowFilter = ALL, *, limit: int = 3
         ) -> list[EvaluationRow]:  # fmt: skip
    items: list[EvaluationRow] = []
    cursor = None
    for _ in range(100):
        page = stores.evaluations.rows(evaluation.run.run_id, which, limit=limit, cursor=cursor)
        items += page.items
        cursor = page.cursor
        if cursor is None:
            return items
    raise AssertionError("no end")


def actions(stores: Stores) -> list[str]:
    return [entry.action for entry in stores.audit.search(Search(limit=1000)).items[::-1]]


def test_an_evaluation_has_a_bounded_number_of_score_names(stores: Stores) -> None:
    run_id = running(stores, bindings=Bindings())
    for start in range(0, MAX_SCORE_NAMES, MAX_SCORES):
        scores = tuple(ScoreDraft(f"s{start + i}", True) for i in range(MAX_SCORES))
        log(stores, run_id, RowDraft(f"row {start}", scores=scores))
    with pytest.raises(TooLarge, match="1001 names in one evaluation are over the limit of 1000"):
        log(stores, run_id, RowDraft("last", scores=(ScoreDraft("one more", True),)))
    assert log(stores, run_id, RowDraft("last", scores=(ScoreDraft("s1", True),))).rows[0].changed


def test_an_evaluation_is_a_run_with_what_it_was_bound_to(stores: Stores) -> None:
    made = make(stores)
    assert stores.evaluations.get(made.run.run_id) == made
    assert (made.state, made.run.kind, made.run.status) == ("CREATED", "EVALUATION", "SCHEDULED")
    assert (made.bindings, made.bindings_digest) == (BINDINGS, bindings_digest(BINDINGS))
    assert (made.rows_total, made.rows_done, made.rows_failed, made.scorers) == (4, 0, 0, ("exact", "tone"))
    assert list(stores.runs.get([made.run.run_id])) == [made.run]
    assert actions(stores) == ["evaluation.create"]


def test_one_row_is_found_by_key_and_repetition(stores: Stores) -> None:
    run = running(stores, bindings=Bindings())
    log(stores, run, RowDraft("a", repetition=1, content_hash="h"), RowDraft("a"))
    found_ = stores.evaluations.row(run.run.run_id, "a", 1)
    assert found_ is not None
    assert (found_.row_key, found_.repetition, found_.content_hash) == ("a", 1, "h")
    assert stores.evaluations.row(run.run.run_id, "a", 2) is None
    with pytest.raises(NotFound):
        stores.evaluations.row(RunId("unknown"), "a", 1)


def test_a_plain_run_is_no_evaluation(stores: Stores) -> None:
    run = stores.runs.create(ZERO, RunDraft("r"), now_ms=T0_MS, audit=audit())
    for run_id in (run.run_id, RunId("unknown")):
        with pytest.raises(NotFound):
            stores.evaluations.get(run_id)
        with pytest.raises(NotFound):
            stores.evaluations.scores(run_id)
        with pytest.raises(NotFound):
            stores.evaluations.rows(run_id, RowFilter(), limit=1)


def test_states_follow_each_other_and_the_run_follows_them(stores: Stores) -> None:
    created = make(stores)
    started = to(stores, created, "RUNNING")
    assert (started.state, started.run.status, started.run.end_ms) == ("RUNNING", "RUNNING", None)
    ended = to(stores, started, "COMPLETED_WITH_ERRORS", message="two failed")
    assert (ended.run.status, ended.run.end_ms, ended.message) == ("FINISHED", T0_MS + 5, "two failed")
    changed = replace(BINDINGS, scorers={"new": "d3"})
    again = to(stores, ended, "RUNNING", bindings=changed, rows_total=9)
    assert (again.run.end_ms, again.message, again.bindings, again.rows_total) == (None, None, changed, 9)
    assert again.bindings_digest == bindings_digest(changed) != ended.bindings_digest
    assert to(stores, again, "INTERRUPTED").run.status == "KILLED"
    assert actions(stores) == ["evaluation.create", *["evaluation.change"] * 4]


def test_a_state_that_may_not_follow_is_a_conflict(stores: Stores) -> None:
    created = make(stores)
    with pytest.raises(Conflict, match="CREATED and cannot become COMPLETED"):
        to(stores, created, "COMPLETED")
    started = to(stores, created, "RUNNING")
    with pytest.raises(Conflict, match="RUNNING by now, not CREATED"):
        to(stores, created, "CANCELLED")
    assert stores.evaluations.get(created.run.run_id) == started


def test_rows_keep_what_they_are_given(stores: Stores) -> None:
    evaluation = running(stores)
    draft = RowDraft(
        "r/1 é", 2, "dr-1", "hash", "cluster", {"lang": "de"}, "DONE", None, None, 12, 0.25,
        (ScoreDraft("exact", True), ScoreDraft("tone", "warm", rationale="x" * 600), ScoreDraft("n", 0.5)),
    )  # fmt: skip
    report = log(stores, evaluation, draft)
    assert report == RowsReport((LoggedRow("r/1 é", 2, True, (None, None, None)),))
    (row,) = rows(stores, evaluation)
    scores = (RowScore("exact", True), RowScore("tone", "warm", rationale="x" * 500), RowScore("n", 0.5))
    assert row == EvaluationRow(
        "r/1 é", 2, "dr-1", "hash", "cluster", {"lang": "de"}, "DONE", None, None, 12, 0.25, scores
    )
    now = stores.evaluations.get(evaluation.run.run_id)
    assert (now.rows_total, now.rows_done, now.rows_failed, now.scorers) == (4, 1, 0, ("exact", "tone", "n"))


def test_a_row_is_taken_over_and_its_other_scores_stay(stores: Stores) -> None:
    evaluation = running(stores)
    first = RowDraft("1", record_id="dr-1", duration_ms=5, scores=(ScoreDraft("a", 1), ScoreDraft("b", 2)))
    log(stores, evaluation, first)
    log(stores, evaluation, RowDraft("1", cost_usd=0.5, scores=(ScoreDraft("b", error="TIMEOUT"),)))
    (row,) = rows(stores, evaluation)
    assert row.scores == (RowScore("a", 1), RowScore("b", None, "TIMEOUT"))
    assert (row.state, row.record_id, row.duration_ms, row.cost_usd) == ("SCORE_ERROR", "dr-1", 5, 0.5)
    now = stores.evaluations.get(evaluation.run.run_id)
    assert (now.rows_done, now.rows_failed) == (0, 1)
    log(stores, evaluation, RowDraft("1", scores=(ScoreDraft("b", 3),)))
    now = stores.evaluations.get(evaluation.run.run_id)
    assert (now.rows_done, now.rows_failed) == (1, 0)


def test_the_same_rows_again_change_nothing(stores: Stores) -> None:
    stores.traces.write([write("tr-1", span())])
    evaluation = running(stores)
    batch = (
        RowDraft("1", trace_id=TraceId("tr-1"), scores=(ScoreDraft("exact", True, metadata={"k": "v"}),)),
        RowDraft("2", state="PREDICT_ERROR", error="boom"),
    )
    first, before = log(stores, evaluation, *batch), rows(stores, evaluation)
    again = log(stores, evaluation, *batch)
    assert [row.changed for row in first.rows] == [True, True]
    assert again == replace(first, rows=tuple(replace(row, changed=False) for row in first.rows))
    assert rows(stores, evaluation) == before
    assert actions(stores).count("evaluation.log_rows") == 1


def test_scores_become_assessments_on_the_trace_which_is_linked(stores: Stores) -> None:
    stores.traces.write([write("tr-1", span()), write("tr-2", span())])
    evaluation = running(stores)
    report = log(
        stores, evaluation,
        RowDraft("1", 3, trace_id=TraceId("tr-1"), scores=(
            ScoreDraft("tone", "warm", rationale="because", source=JUDGE, metadata={"k": "v"}, confidence=0.5),
            ScoreDraft("exact", error="TIMEOUT", error_message="too slow"),
            ScoreDraft("nothing"),
        )),
    )  # fmt: skip
    judged = {a.name: a for a in stores.assessments.of_traces([TraceId("tr-1")])[TraceId("tr-1")]}
    tone, exact = judged["tone"], judged["exact"]
    assert report.rows[0].assessment_ids == (tone.assessment_id, exact.assessment_id, None)
    assert (tone.value, tone.rationale, tone.source, tone.metadata, tone.confidence) == (
        "warm", "because", JUDGE, {"k": "v"}, 0.5,
    )  # fmt: skip
    assert (tone.run_id, tone.created_by) == (evaluation.run.run_id, "ann")
    assert tone.identifier == f"{evaluation.run.run_id}:1:3:tone"
    assert exact.error is not None
    assert (exact.error.code, exact.error.message) == ("TIMEOUT", "too slow")
    assert found(stores, f"run = '{evaluation.run.run_id}'") == ["tr-1"]
    assert [s.assessment_id for s in rows(stores, evaluation)[0].scores] == list(report.rows[0].assessment_ids)
    assert stores.admin.check() == []


def test_expectations_of_a_row_are_on_its_trace_and_logged_once(stores: Stores) -> None:
    stores.traces.write([write("tr-1", span()), write("tr-2", span())])
    evaluation = running(stores)
    by = AssessmentSource("CODE", "import")
    first = RowDraft(
        "1", 2, record_id="dr-1", trace_id=TraceId("tr-1"), scores=(ScoreDraft("capital", True),),
        expectations={"capital": "Paris", "parts": [1, {"a": None}], "none": None}, expected_by=by,
    )  # fmt: skip
    report = log(stores, evaluation, first, RowDraft("2", trace_id=TraceId("tr-2"), expectations={"capital": "Rome"}))
    judged = stores.assessments.of_traces([TraceId("tr-1"), TraceId("tr-2")])
    said = {a.name: a for a in judged[TraceId("tr-1")] if a.kind == "EXPECTATION"}
    assert {name: a.value for name, a in said.items()} == {"capital": "Paris", "parts": [1, {"a": None}]}
    assert {a.source for a in said.values()} == {by}
    assert said["capital"].metadata == {"lodeline.record_id": "dr-1"}
    (other,) = judged[TraceId("tr-2")]
    assert (other.source, other.run_id) == (AssessmentSource("HUMAN", "ann"), evaluation.run.run_id)
    assert [len(row.assessment_ids) for row in report.rows] == [1, 0]
    assert found(stores, "expectation.capital = 'Paris' AND feedback.capital = true") == ["tr-1"]
    assert [row.changed for row in log(stores, evaluation, first).rows] == [False]
    log(stores, evaluation, replace(first, expectations={"capital": "Lyon"}))
    judged = stores.assessments.of_traces([TraceId("tr-1")])[TraceId("tr-1")]
    assert {a.name: a.value for a in judged if a.kind == "EXPECTATION"} == {
        "capital": "Lyon", "parts": [1, {"a": None}],
    }  # fmt: skip
    assert list(stores.evaluations.scores(evaluation.run.run_id, effective=True).values["capital"]) == [True, None]
    assert stores.admin.check() == []


def test_a_row_of_a_trace_that_is_not_there_is_kept_and_judged_later(stores: Stores) -> None:
    other = make_experiment(stores).experiment_id
    stores.traces.write([write("tr-far", span(), experiment=other)])
    evaluation = running(stores)
    late = RowDraft("1", trace_id=TraceId("tr-1"), scores=(ScoreDraft("exact", True),))
    far = replace(late, row_key="2", trace_id=TraceId("tr-far"))
    report = log(stores, evaluation, late, far)
    assert report.missing_traces == ("tr-1", "tr-far")
    assert [row.assessment_ids for row in report.rows] == [(None,), (None,)]
    assert stores.evaluations.get(evaluation.run.run_id).rows_done == 2
    assert stores.assessments.of_traces([TraceId("tr-far")]) == {}
    stores.traces.write([write("tr-1", span())])
    again = log(stores, evaluation, late)
    assert again.missing_traces == ()
    assert again.rows[0].assessment_ids[0] is not None
    assert rows(stores, evaluation)[0].scores[0].assessment_id == again.rows[0].assessment_ids[0]


def test_a_score_given_again_with_another_value_is_a_revision(stores: Stores) -> None:
    stores.traces.write([write("tr-1", span())])
    evaluation = running(stores)
    row = RowDraft("1", trace_id=TraceId("tr-1"), scores=(ScoreDraft("exact", False),))
    (first,) = log(stores, evaluation, row).rows[0].assessment_ids
    (second,) = log(stores, evaluation, replace(row, scores=(ScoreDraft("exact", True),))).rows[0].assessment_ids
    assert first == second
    assert first is not None
    assert [r.assessment.value for r in stores.assessments.history(first)] == [False, True]
    assert stores.evaluations.scores(evaluation.run.run_id).values["exact"] == [True]


def test_only_a_running_evaluation_takes_rows(stores: Stores) -> None:
    created = make(stores)
    with pytest.raises(Conflict, match="CREATED and takes no rows"):
        log(stores, created, RowDraft("1"))
    ended = to(stores, to(stores, created, "RUNNING"), "FAILED")
    with pytest.raises(Conflict, match="FAILED and takes no rows"):
        log(stores, ended, RowDraft("1"))
    with pytest.raises(NotFound):
        stores.evaluations.log_rows(RunId("unknown"), [], by=None, now_ms=T0_MS, audit=audit())


def test_rows_are_listed_by_state_and_by_error(stores: Stores) -> None:
    evaluation = running(stores)
    log(
        stores, evaluation, RowDraft("a", 1), RowDraft("a", 0), RowDraft("b", state="PREDICT_ERROR", error="boom"),
        RowDraft("c", scores=(ScoreDraft("x", error="E"), ScoreDraft("y", 1))), RowDraft("d", state="PENDING"),
    )  # fmt: skip

    def keys(*states: str, error_of: str | None = None) -> list[tuple[str, int]]:
        which = RowFilter(tuple(states), error_of)  # type: ignore[arg-type]
        return [(row.row_key, row.repetition) for row in rows(stores, evaluation, which, limit=2)]

    assert keys() == [("a", 0), ("a", 1), ("b", 0), ("c", 0), ("d", 0)]
    assert keys("DONE") == [("a", 0), ("a", 1)]
    assert keys("PREDICT_ERROR", "SCORE_ERROR") == [("b", 0), ("c", 0)]
    assert keys(error_of="x") == [("c", 0)]
    assert keys(error_of="y") == []
    now = stores.evaluations.get(evaluation.run.run_id)
    assert (now.rows_total, now.rows_done, now.rows_failed) == (5, 2, 2)
    cursor = stores.evaluations.rows(evaluation.run.run_id, RowFilter(), limit=2).cursor
    with pytest.raises(Invalid):
        stores.evaluations.rows(evaluation.run.run_id, RowFilter(("DONE",)), limit=2, cursor=cursor)


def test_scores_come_column_by_column(stores: Stores) -> None:
    evaluation = running(stores, bindings=Bindings())
    log(
        stores, evaluation,
        RowDraft("b", 0, "dr-b", "h-b", "c", {"lang": "de"}, scores=(ScoreDraft("x", 0.5), ScoreDraft("y", "warm"))),
        RowDraft("a", 1, scores=(ScoreDraft("x", error="E"),)),
        RowDraft("a", 0, scores=(ScoreDraft("x", True),)),
    )  # fmt: skip
    table = stores.evaluations.scores(evaluation.run.run_id)
    assert (table.row_keys, table.repetitions) == (("a", "a", "b"), (0, 1, 0))
    assert (table.content_hashes, table.record_ids) == ((None, None, "h-b"), (None, None, "dr-b"))
    assert (table.clusters, table.states) == ((None, None, "c"), ("DONE", "SCORE_ERROR", "DONE"))
    assert list(map(dict, table.slices)) == [{}, {}, {"lang": "de"}]
    assert {name: list(column) for name, column in table.values.items()} == {
        "x": [True, None, 0.5], "y": [None, None, "warm"],
    }  # fmt: skip
    assert {name: list(column) for name, column in table.errors.items()} == {
        "x": [None, "E", None], "y": [None, None, None],
    }  # fmt: skip
    empty = stores.evaluations.scores(running(stores).run.run_id)
    assert (empty.row_keys, dict(empty.values)) == ((), {"exact": [], "tone": []})


def test_effective_scores_are_what_the_judgments_say_now(stores: Stores) -> None:
    ids = [f"tr-{n}" for n in range(5)]
    stores.traces.write([write(i, span()) for i in ids])
    evaluation = running(stores, bindings=Bindings())
    report = log(
        stores, evaluation, *(RowDraft(i, trace_id=TraceId(i), scores=(ScoreDraft("x", 0.0),)) for i in ids),
        RowDraft("z", scores=(ScoreDraft("x", 9),)),
    )  # fmt: skip
    given = [row.assessment_ids[0] for row in report.rows]
    ledger = stores.assessments
    assert all(given[:5])
    over = judgment("tr-1", "x", 1.0, source="HUMAN", overrides=given[1])
    first, _ = ledger.log(ZERO, over, by="ann", now_ms=T0_MS, audit=audit())
    ledger.log(ZERO, judgment("tr-1", "x", 2.0, overrides=first.assessment_id), by=None, now_ms=T0_MS, audit=audit())
    ledger.update(given[2] or first.assessment_id, AssessmentChange(replace_value=True, value=3.0), by=None,
                  now_ms=T0_MS, audit=audit())  # fmt: skip
    ledger.delete(given[3] or first.assessment_id, by=None, now_ms=T0_MS, audit=audit())
    shape = judgment("tr-4", "x", {"a": 1}, overrides=given[4])
    ledger.log(ZERO, shape, by=None, now_ms=T0_MS, audit=audit())
    run_id = evaluation.run.run_id
    assert list(stores.evaluations.scores(run_id).values["x"]) == [0.0] * 5 + [9]
    assert list(stores.evaluations.scores(run_id, effective=True).values["x"]) == [0.0, 2.0, 3.0, None, None, 9]


def test_what_is_below_a_deleted_experiment_is_hidden_and_purged(stores: Stores) -> None:
    app = make_experiment(stores).experiment_id
    evaluation = running(stores, experiment=app)
    log(stores, evaluation, RowDraft("1"))
    delete_experiment(stores, app)
    with pytest.raises(NotFound):
        stores.evaluations.get(evaluation.run.run_id)
    with pytest.raises(Deleted):
        log(stores, evaluation, RowDraft("2"))
    stores.experiments.purge(app, audit=audit())
    with pytest.raises(NotFound):
        log(stores, evaluation, RowDraft("2"))
    assert stores.admin.check() == []


def test_a_deleted_evaluation_takes_nothing_until_it_is_restored(stores: Stores) -> None:
    evaluation = running(stores)
    run_id = evaluation.run.run_id
    stores.runs.update(run_id, RunChange(lifecycle="DELETED"), now_ms=T0_MS, audit=audit())
    with pytest.raises(Deleted):
        log(stores, evaluation, RowDraft("1"))
    with pytest.raises(Deleted):
        to(stores, evaluation, "CANCELLED")
    stores.runs.update(run_id, RunChange(lifecycle="ACTIVE"), now_ms=T0_MS, audit=audit())
    assert stores.evaluations.get(run_id) == evaluation


_scores = st.builds(
    ScoreDraft,
    st.sampled_from(("a", "b")),
    st.sampled_from((None, True, 0.5, "warm")),
).flatmap(lambda s: st.sampled_from((s, replace(s, value=None, error="E"))))
_drafts = st.builds(
    RowDraft,
    st.sampled_from(("1", "2", "é")),
    st.integers(0, 1),
    record_id=st.sampled_from((None, "r")),
    cluster=st.sampled_from((None, "c")),
    slices=st.dictionaries(st.sampled_from(("k", "l")), st.sampled_from(("v", "w")), max_size=2),
    state=st.sampled_from(ROW_STATES),
    trace_id=st.sampled_from((None, TraceId("tr-none"))),
    error=st.sampled_from((None, "boom")),
    scores=st.lists(_scores, max_size=2, unique_by=lambda s: s.name).map(tuple),
)


@SLOW
@given(batches=st.lists(st.lists(_drafts, max_size=3, unique_by=lambda r: (r.row_key, r.repetition)), max_size=5))
def test_rows_and_counts_are_what_the_drafts_come_to(shared_stores: Stores, batches: list[list[RowDraft]]) -> None:
    stores = shared_stores
    evaluation = running(stores, total=None)
    model: dict[tuple[str, int], EvaluationRow] = {}
    for batch in batches:
        report = log(stores, evaluation, *batch)
        for draft, logged in zip(batch, report.rows, strict=True):
            key = (draft.row_key, draft.repetition)
            after = merged_row(model.get(key), draft, [None] * len(draft.scores))
            assert logged.changed == (after != model.get(key))
            model[key] = after
    assert rows(stores, evaluation, limit=50) == [model[key] for key in sorted(model)]
    now = stores.evaluations.get(evaluation.run.run_id)
    states = [row.state for row in model.values()]
    assert now.rows_total == len(states)
    assert now.rows_done == states.count("DONE")
    assert now.rows_failed == states.count("PREDICT_ERROR") + states.count("SCORE_ERROR")


DUMP = EvaluationDump("COMPLETED", Bindings(seed=1), 2, "why")


def adopt(stores: Stores, run_id: RunId, *given: EvaluationRow, dump: EvaluationDump = DUMP) -> Evaluation:
    return stores.evaluations.adopt(run_id, dump, given, audit=audit("evaluation.adopt"))


def scored(key: str, value: float, *, assessment: str = "a-1", error: str | None = None) -> EvaluationRow:
    score = RowScore("exact", None if error else value, error, AssessmentId(assessment), "since")
    return EvaluationRow(
        key, content_hash=f"h-{key}", trace_id=TraceId(key), slices={"k": "v"}, scores=(score,),
        state="SCORE_ERROR" if error else "DONE",
    )  # fmt: skip


def test_a_plain_run_becomes_an_evaluation_and_keeps_what_it_is(stores: Stores) -> None:
    draft = RunDraft("r", status="FINISHED", params={"p": "1"}, tags={"t": "1"}, end_ms=T0_MS)
    run = stores.runs.create(ZERO, draft, now_ms=T0_MS, audit=audit("run.create"))
    made = adopt(stores, run.run_id, scored("a", 1.0), scored("b", 0.0))
    assert made.run == replace(run, kind="EVALUATION")
    assert list(stores.runs.get([run.run_id])) == [made.run]
    assert stores.evaluations.get(run.run_id) == made
    assert (made.state, made.bindings, made.message, made.scorers) == (
        "COMPLETED",
        Bindings(seed=1),
        "why",
        ("exact",),
    )
    assert (made.rows_total, made.rows_done, made.rows_failed) == (2, 2, 0)
    assert rows(stores, made) == [scored("a", 1.0), scored("b", 0.0)]
    assert list(stores.evaluations.scores(run.run_id).values["exact"]) == [1.0, 0.0]
    assert actions(stores) == ["run.create", "evaluation.adopt"]


def test_to_adopt_again_changes_nothing_but_what_is_new(stores: Stores) -> None:
    run = stores.runs.create(ZERO, RunDraft("r", status="FINISHED"), now_ms=T0_MS, audit=audit("run.create"))
    first = adopt(stores, run.run_id, scored("a", 1.0))
    assert adopt(stores, run.run_id, scored("a", 1.0)) == first
    assert actions(stores) == ["run.create", "evaluation.adopt"]
    again = adopt(stores, run.run_id, scored("a", 0.5), scored("b", 0.0, error="TIMEOUT"))
    assert [row.scores[0].value for row in rows(stores, again)] == [1.0, None], "a score stays as it was judged"
    assert (again.rows_total, again.rows_done, again.rows_failed) == (2, 1, 1)
    other = adopt(stores, run.run_id, scored("a", 0.5, assessment="a-2"), dump=replace(DUMP, state="FAILED"))
    assert (other.state, other.run.status) == ("FAILED", "FINISHED")
    assert [row.scores[0].value for row in rows(stores, other)] == [0.5, None]
    assert adopt(stores, run.run_id, dump=replace(DUMP, state="RUNNING")).rows_total == 2


def test_what_cannot_be_adopted(stores: Stores) -> None:
    with pytest.raises(NotFound):
        adopt(stores, RunId("unknown"))
    run = stores.runs.create(ZERO, RunDraft("r"), now_ms=T0_MS, audit=audit())
    many = EvaluationRow("m", scores=tuple(RowScore(f"s{i}", 1.0) for i in range(MAX_SCORE_NAMES + 1)))
    with pytest.raises(TooLarge, match="1001 names"):
        adopt(stores, run.run_id, many)
    assert [each.kind for each in stores.runs.get([run.run_id])] == ["RUN"], "nothing of it was kept"
    labeling = stores.runs.create(ZERO, RunDraft("l", kind="LABELING"), now_ms=T0_MS, audit=audit())
    with pytest.raises(Conflict, match="LABELING"):
        adopt(stores, labeling.run_id)
    stores.runs.update(run.run_id, RunChange(lifecycle="DELETED"), now_ms=T0_MS, audit=audit())
    with pytest.raises(Deleted):
        adopt(stores, run.run_id)


def test_what_rows_took_is_what_was_logged_else_what_their_traces_say_now(stores: Stores) -> None:
    elsewhere = make_experiment(stores, "elsewhere").experiment_id
    usage = TokenUsage(input_uncached=7, output_text=3)
    stores.traces.write([
        write("tr-1", span(tokens=usage, cost_usd=0.25, end_ms=40.6)),
        write("tr-2", span(tokens=usage, cost_usd=0.25)),
        write("tr-3", span(end_ms=None)),
        write("tr-4", span(tokens=usage, cost_usd=0.25), experiment=elsewhere),
    ])  # fmt: skip
    evaluation = running(stores)
    log(
        stores, evaluation,
        RowDraft("1", trace_id=TraceId("tr-1"), judged_usd=9.0),
        RowDraft("2", trace_id=TraceId("tr-2"), cost_usd=0.5, duration_ms=3),
        RowDraft("3", trace_id=TraceId("tr-3")),
        RowDraft("4", trace_id=TraceId("tr-4")),
        RowDraft("5", trace_id=TraceId("late"), cost_usd=0.0),
        RowDraft("6"),
    )  # fmt: skip

    def took() -> dict[str, list[float | None]]:
        table = stores.evaluations.scores(evaluation.run.run_id)
        return {amount: list(values) for amount, values in table.amounts.items()}

    assert took() == {
        "cost_usd": [0.25, 0.5, None, None, 0.0, None],
        "tokens_total": [10, 10, None, None, None, None],
        "duration_ms": [41, 3, None, None, None, None],
    }
    stores.traces.write([write("late", span(tokens=usage, cost_usd=7.0, end_ms=5))])
    stores.costs.reprice(
        [TraceId("tr-1")], lambda facts: facts._replace(cost_picousd=10**12), now_ms=T0_MS,
        audit=lambda _: audit("trace.reprice"),
    )  # fmt: skip
    assert took()["cost_usd"] == [1.0, 0.5, None, None, 0.0, None]
    assert took()["duration_ms"][4] == 5
    assert [row.judged_usd for row in rows(stores, evaluation)][:2] == [9.0, None]
    assert [row.cost_usd for row in rows(stores, evaluation)][:2] == [None, 0.5], "stored is what was logged"
