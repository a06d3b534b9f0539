"""Runs that MLflow's client evaluated become evaluations when they end."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest

from lodeline.auth.actor import LOCAL, Actor
from lodeline.domain.assessment import AssessmentChange
from lodeline.domain.dataset import DatasetDraft
from lodeline.domain.errors import Invalid, NotFound
from lodeline.domain.evaluation import Bindings, CompareOptions, EvaluationDraft
from lodeline.domain.evaluation_row import EvaluationRow, RowDraft, RowFilter, ScoreDraft
from lodeline.domain.ids import AccountId, ExperimentId, ModelId, RunId, TraceId
from lodeline.domain.record import RecordDraft, prepare
from lodeline.domain.run import Run, RunChange, RunDraft, RunInput, RunStatus
from lodeline.domain.span import JsonValue
from lodeline.services import evaluated_runs
from lodeline.services.bundle import Services
from lodeline.services.listing import ListQuery
from tests.contract.build import judgment, span, write
from tests.services.bundled import make, services_over

TAG = {"mlflow.runType": "genai_evaluate"}
DATA: list[tuple[str, str]] = [("France", "Paris"), ("Peru", "Lima"), ("Chad", "N'Djamena")]


@pytest.fixture(params=["memory:", "sqlite:"])
def services(request: pytest.FixtureRequest, tmp_path: object) -> Iterator[Services]:
    url = request.param if request.param == "memory:" else f"sqlite:{tmp_path}/store"
    with services_over(url) as made:
        yield made


def begin(services: Services, *, inputs: tuple[RunInput, ...] = (), tags: Mapping[str, str] = TAG) -> RunId:
    return services.runs.create(LOCAL, "0", RunDraft("by mlflow", tags=tags, inputs=inputs)).run_id


def end(services: Services, run_id: RunId, status: RunStatus = "FINISHED") -> Run:
    return services.runs.update(LOCAL, run_id, RunChange(status=status))


def predict(services: Services, run_id: RunId, number: int, *, fails: bool = False) -> TraceId:
    """Log the trace of one row, linked to the run, with what is expected of it."""
    country, expected = DATA[number]
    trace_id = TraceId(f"{run_id}-{number}")
    root = span(
        "predict", status="ERROR" if fails else "OK", status_message="no answer" if fails else "", end_ms=250,
        attributes={"mlflow.spanInputs": json.dumps({"country": country})}, tags={"tier": "gold", "mlflow.x": "1"},
    )  # fmt: skip
    services.stores.traces.write([write(trace_id, root)])
    services.traces.link_run(LOCAL, run_id, [trace_id])
    expectation = judgment(trace_id, "expected", expected, kind="EXPECTATION", run_id=run_id)
    services.assessments.log(LOCAL, expectation)
    return trace_id


def judge(
    services: Services, run_id: RunId, trace_id: TraceId, name: str, value: JsonValue, *,
    rationale: str | None = None, metadata: Mapping[str, str] | None = None,
) -> None:  # fmt: skip
    draft = judgment(trace_id, name, value, run_id=run_id, rationale=rationale, metadata=metadata)
    services.assessments.log(LOCAL, draft)


def evaluate(services: Services, good: int, *, inputs: tuple[RunInput, ...] = ()) -> RunId:
    run_id = begin(services, inputs=inputs)
    for number in range(len(DATA)):
        judge(services, run_id, predict(services, run_id, number), "exact", number < good)
    end(services, run_id)
    return run_id


def rows(services: Services, run_id: RunId) -> list[EvaluationRow]:
    return list(services.evaluations.rows(LOCAL, run_id, RowFilter()).items)


def hash_of(number: int) -> str:
    country, expected = DATA[number]
    return prepare(RecordDraft({"country": country}, {"expected": expected})).content_hash


def test_a_run_becomes_an_evaluation_when_it_ends(services: Services) -> None:
    run_id = begin(services)
    trace_id = predict(services, run_id, 0)
    judge(
        services, run_id, trace_id, "exact", True, rationale="same", metadata={"mlflow.assessment.judgeCost": "0.5"}
    )
    judge(services, run_id, trace_id, "parts", ["a", "b"])
    services.assessments.log(LOCAL, judgment(trace_id, "by a person", 1.0))
    with pytest.raises(NotFound):
        services.evaluations.get(LOCAL, run_id)
    before = services.runs.get(LOCAL, run_id)
    ended = end(services, run_id)
    assert (ended.kind, ended.status, ended.tags, ended.name) == ("EVALUATION", "FINISHED", TAG, "by mlflow")
    assert replace(ended, kind="RUN", status="RUNNING", end_ms=None) == before
    found = services.evaluations.get(LOCAL, run_id)
    assert (found.state, found.rows_total, found.rows_done, set(found.scorers)) == (
        "COMPLETED", 1, 1, {"exact", "parts"},
    )  # fmt: skip
    (row,) = rows(services, run_id)
    assert (row.row_key, row.trace_id, row.content_hash) == (trace_id, trace_id, hash_of(0))
    assert (row.state, row.duration_ms, row.judged_usd, dict(row.slices)) == ("DONE", 250, 0.5, {"tier": "gold"})
    exact, parts = row.scores
    assert (exact.value, exact.rationale, parts.value) == (True, "same", '["a", "b"]')
    ids = {each.name: each.assessment_id for each in services.assessments.of_trace(LOCAL, trace_id)}
    assert exact.assessment_id == ids["exact"]
    assert len(ids) == 4, "nothing was judged again"


def test_two_runs_over_the_same_data_are_compared_with_each_other_and_with_a_native_one(services: Services) -> None:
    worse, better = evaluate(services, 1), evaluate(services, 3)
    native = services.evaluations.create(LOCAL, "0", EvaluationDraft(RunDraft("native"))).run.run_id
    services.evaluations.start(LOCAL, native)
    drafts = [RowDraft(str(n), content_hash=hash_of(n), scores=(ScoreDraft("exact", True),)) for n in range(3)]
    services.evaluations.log_rows(LOCAL, native, drafts)
    services.evaluations.finish(LOCAL, native)
    found = services.evaluations.compare(LOCAL, worse, [better, native], CompareOptions())
    for candidate in found.candidates:
        assert candidate.pairing.paired == 3
        assert (candidate.scorers[0].wins, candidate.scorers[0].losses) == (2, 0)
    (scorer,) = services.evaluations.summary(LOCAL, worse).scorers
    assert (scorer.summary.n, scorer.summary.value) == (3, pytest.approx(1 / 3))


def test_to_end_again_takes_over_what_came_late_and_nothing_twice(services: Services) -> None:
    run_id = begin(services)
    traces = [predict(services, run_id, 0), predict(services, run_id, 1, fails=True)]
    judge(services, run_id, traces[0], "exact", True)
    end(services, run_id)
    assert services.evaluations.get(LOCAL, run_id).state == "COMPLETED_WITH_ERRORS"
    first = rows(services, run_id)
    assert {row.row_key: (row.state, row.error) for row in first} == {
        traces[0]: ("DONE", None), traces[1]: ("PREDICT_ERROR", "no answer"),
    }  # fmt: skip
    end(services, run_id)
    assert rows(services, run_id) == first
    judge(services, run_id, predict(services, run_id, 2), "exact", True)
    [known] = [each for each in services.assessments.of_trace(LOCAL, traces[0]) if each.name == "exact"]
    services.assessments.update(LOCAL, known.assessment_id, AssessmentChange(replace_value=True, value=False))
    assert end(services, run_id, "RUNNING").status == "RUNNING"
    assert services.evaluations.get(LOCAL, run_id).state == "RUNNING"
    end(services, run_id, "KILLED")
    found = services.evaluations.get(LOCAL, run_id)
    assert (found.state, found.rows_total) == ("CANCELLED", 3)
    by_trace = {row.trace_id: row for row in rows(services, run_id)}
    assert by_trace[traces[0]].scores[0].value is True, "it stays as it was judged"
    (scorer,) = services.evaluations.summary(LOCAL, run_id, view="effective").scorers
    assert (scorer.summary.n, scorer.summary.value) == (2, 0.5)


def test_rows_name_the_records_of_a_dataset_of_ours(services: Services) -> None:
    made = services.datasets.create(LOCAL, DatasetDraft(ExperimentId("0"), "capitals"), experiment="0")
    drafts = [RecordDraft({"country": c}, {"expected": e}, outputs="kept") for c, e in DATA[:2]]
    services.records.write(LOCAL, made.dataset_id, "append", drafts)
    source = json.dumps({"dataset_id": made.dataset_id})
    version = services.datasets.version(LOCAL, made.dataset_id, "latest")
    given = RunInput(
        name="capitals", digest=version.digest[:8], source_type="mlflow_evaluation_dataset", source=source
    )
    run_id = evaluate(services, 2, inputs=(given, RunInput(model_id=ModelId("m-1"))))
    bindings = services.evaluations.get(LOCAL, run_id).bindings
    assert (bindings.dataset_id, bindings.dataset_version, bindings.dataset_digest, bindings.model_id) == (
        made.dataset_id, 1, version.digest, "m-1",
    )  # fmt: skip
    records = {
        r.record_id: r.content_hash
        for r in services.records.search(LOCAL, made.dataset_id, "latest", ListQuery()).items
    }
    found = {row.record_id: row.content_hash for row in rows(services, run_id)}
    assert found == {**records, None: hash_of(2)}


def test_nobody_learns_of_records_out_of_reach(services: Services) -> None:
    hidden = make(services, "hidden").experiment_id
    made = services.datasets.create(LOCAL, DatasetDraft(hidden, "secret"), experiment=hidden)
    services.records.write(LOCAL, made.dataset_id, "append", [RecordDraft({"country": DATA[0][0]})])
    given = RunInput(name="secret", source=json.dumps({"dataset_id": made.dataset_id}))
    run_id = begin(services, inputs=(given,))
    predict(services, run_id, 0)
    editor = Actor("account", "eve", AccountId("acc-1"), roles={ExperimentId("0"): "editor"})
    services.runs.update(editor, run_id, RunChange(status="FINISHED"))
    assert services.evaluations.get(LOCAL, run_id).bindings.dataset_id is None
    assert [row.record_id for row in rows(services, run_id)] == [None]


@pytest.mark.parametrize("source", ['{"dataset_id": "d-unknown"}', "[", '{"dataset_id": 7}', "[" * 9_000])
def test_a_dataset_that_is_not_ours_is_known_by_its_digest(services: Services, source: str) -> None:
    run_id = evaluate(services, 2, inputs=(RunInput(name="x", digest="%", source_type="code", source=source),))
    bindings = services.evaluations.get(LOCAL, run_id).bindings
    assert (bindings.dataset_id, bindings.dataset_version, bindings.dataset_digest) == (None, None, "%")


def test_more_traces_than_are_taken_at_once(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluated_runs, "BATCH", 1)
    assert len(rows(services, evaluate(services, 2))) == 3
    monkeypatch.setattr(evaluated_runs, "MAX_ADOPTED", 2)
    run_id = evaluate(services, 2)
    found = services.evaluations.get(LOCAL, run_id)
    assert (found.state, found.rows_total) == ("COMPLETED_WITH_ERRORS", 2)
    assert found.message == "only 2 of its traces, the newest, are rows"


def test_other_runs_stay_what_they_are(services: Services) -> None:
    plain = begin(services, tags={})
    assert end(services, plain).kind == "RUN"
    native = services.evaluations.create(LOCAL, "0", EvaluationDraft(RunDraft("n", tags=TAG), Bindings())).run.run_id
    with pytest.raises(Invalid, match="has it from its state"):
        end(services, native)
    assert end(services, begin(services), "RUNNING").kind == "RUN"


def test_what_has_no_inputs_has_no_content(services: Services) -> None:
    run_id = begin(services)
    services.stores.traces.write([write("bare", span())])
    services.traces.link_run(LOCAL, run_id, [TraceId("bare")])
    end(services, run_id, "FAILED")
    (row,) = rows(services, run_id)
    assert (row.content_hash, row.scores, row.state) == (None, (), "DONE")
    assert services.evaluations.get(LOCAL, run_id).state == "FAILED"
