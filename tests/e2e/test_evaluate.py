"""`lodeline.evaluate` against the real server."""

import asyncio
import subprocess
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

import lodeline
from lodeline.domain.assessment import STACK_KEY
from lodeline.domain.errors import Conflict, Invalid, NotFound, Unavailable
from lodeline.domain.model import PromptUse
from lodeline.domain.scorer import ScoredTrace
from lodeline.sdk.evaluation import keeping
from tests.e2e.harness import Server, serving

EXPERIMENT = "adder"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[Server]:
    with serving(tmp_path_factory.mktemp("evaluate") / "store") as running:
        yield running


@pytest.fixture(autouse=True)
def _traced(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    monkeypatch.setenv("LODELINE_SPOOL_DIR", str(tmp_path / "spool"))
    lodeline.configure(url=server.url, experiment=EXPERIMENT)
    with server.client() as client:
        lodeline.set_default_client(client)
        yield
        lodeline.set_default_client(None)
    lodeline.shutdown()


def rows(count: int) -> list[dict[str, Any]]:
    return [
        {
            "inputs": {"a": i, "b": 1},
            "expectations": {"sum": i + 1},
            "slices": {"half": "low" if i < count // 2 else "high"},
        }
        for i in range(count)
    ]


def add(a: int, b: int) -> int:
    with lodeline.start_span("carry", span_type="TOOL"):
        return a + b


def right(outputs: int, expectations: dict[str, int]) -> bool:
    return outputs == expectations["sum"]


async def size(outputs: int) -> int:
    await asyncio.sleep(0)
    return len(str(outputs))


def steps(trace: ScoredTrace) -> int:
    return sum(span.name == "carry" for span in trace.spans)


def test_rows_traces_and_scores_are_kept_together() -> None:
    result = lodeline.evaluate(rows(20), predict_fn=add, scorers=[right, size, steps], name="first")
    assert result.state == "COMPLETED"
    assert (result.score("right").value, result.score("right").n) == (1.0, 20)
    assert result.score("size").value == pytest.approx(30 / 20, abs=0.3)
    assert result.score("steps").value == 1
    client = lodeline.default_client()
    assert result.url == client.page_url(result.experiment_id, "evaluations", result.run_id)
    traces = client.traces.search(
        experiment=EXPERIMENT, filter=f"run = '{result.run_id}' AND feedback.right = true"
    ).all()
    assert len(traces) == 20
    kept = client.evaluations.rows(result.run_id).all()
    assert {row.trace_id for row in kept} == {trace.trace_id for trace in traces}
    assert all(score.assessment_id is not None for row in kept for score in row.scores)
    slices = {(s.key, s.value): s.summary.n for a in result.scores if a.scorer == "right" for s in a.slices}
    assert slices == {("half", "low"): 10, ("half", "high"): 10}


def test_failures_are_data_counted_and_shown() -> None:
    def halting(a: int, b: int) -> int:
        if a == 1:
            raise OverflowError("too large")
        return a + b

    def picky(outputs: int) -> bool:
        if outputs == 3:
            raise LookupError("three")
        return True

    result = lodeline.evaluate(rows(4), predict_fn=halting, scorers=[picky])
    assert result.state == "COMPLETED_WITH_ERRORS"
    assert (result.score("picky").n, result.score("picky").errors) == (2, 1)
    assert "4 rows, program failed: 1, scorer failed: 1" in str(result)
    client = lodeline.default_client()
    (failed,) = client.evaluations.rows(result.run_id, state="PREDICT_ERROR").all()
    assert failed.error == "OverflowError: too large"
    assert failed.trace_id is not None
    assert client.traces.get(failed.trace_id).trace.state == "ERROR"
    (misjudged,) = client.evaluations.rows(result.run_id, error_of="picky").all()
    (score,) = misjudged.scores
    assert (score.error, score.error_message) == ("LookupError", "three")
    assert score.assessment_id is not None
    stack = client.assessments.get(score.assessment_id).metadata[STACK_KEY]
    assert stack.splitlines()[1].endswith("in picky")


def test_an_evaluation_goes_on_where_it_was_cancelled() -> None:
    calls: list[int] = []

    def fragile(a: int, b: int) -> int:
        calls.append(a)
        if a == 2 and len(calls) <= 5:
            raise OverflowError("not yet")
        return a + b

    first = lodeline.evaluate(rows(5), predict_fn=fragile, scorers=[right], concurrency=1)
    assert first.state == "COMPLETED_WITH_ERRORS"
    calls_before = len(calls)
    again = lodeline.resume_evaluation(first.run_id, rows(5), predict_fn=fragile, scorers=[right])
    assert again.state == "COMPLETED"
    assert calls[calls_before:] == [2]
    assert again.score("right").n == 5
    with pytest.raises(Conflict, match="scorers changed"):
        lodeline.resume_evaluation(first.run_id, rows(5), predict_fn=fragile, scorers=[right, size])


def test_an_evaluation_whose_program_is_gone_is_taken_over() -> None:
    lost = lodeline.evaluate(rows(4), predict_fn=add, scorers=[right])
    client = lodeline.default_client()
    client.evaluations.resume(lost.run_id)
    with pytest.raises(Conflict, match="scorers changed"):
        lodeline.resume_evaluation(lost.run_id, rows(4), predict_fn=add, scorers=[right, size])
    assert client.evaluations.get(lost.run_id).state == "RUNNING"
    again = lodeline.resume_evaluation(lost.run_id, rows(4), predict_fn=add, scorers=[right])
    assert (again.state, again.rows) == ("COMPLETED", ())


def test_the_source_and_the_prompts_of_the_model_are_among_the_bindings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    own = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    for step in (["init", "-q", "-b", "work"], [*own, "commit", "-q", "--allow-empty", "-m", "first"]):
        subprocess.run(["git", *step], check=True)
    lodeline.register_prompt("ask-nicely", "{{ q }}")
    model = lodeline.create_model("adder", prompts=[PromptUse("ask-nicely", 1)])
    result = lodeline.evaluate(rows(2), predict_fn=add, scorers=[right], model_id=model.model_id)
    bindings = lodeline.default_client().evaluations.get(result.run_id).bindings
    commit = subprocess.run(["git", "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    assert bindings.git == {"commit": commit, "branch": "work", "dirty": "false"}
    assert bindings.prompt_versions == {"ask-nicely": 1}
    monkeypatch.chdir("/")
    assert lodeline.resume_evaluation(
        result.run_id, rows(2), predict_fn=add, scorers=[right], model_id=model.model_id
    ).state == "COMPLETED"  # fmt: skip
    unknown = lodeline.evaluate(rows(1), predict_fn=add, scorers=[right], model_id="only a name")
    assert lodeline.default_client().evaluations.get(unknown.run_id).bindings.git == {}


def test_version_and_evaluation_are_where_traces_go(caplog: pytest.LogCaptureFixture) -> None:
    client = lodeline.default_client()
    lodeline.set_experiment("adder elsewhere")
    try:
        with lodeline.set_active_model("sum-1", params={}) as version:
            result = lodeline.evaluate(rows(1), predict_fn=add, scorers=[right])
            where = client.experiments.find("adder elsewhere").experiment_id
            assert client.models.get(version.model_id).experiment_id == where
            assert client.evaluations.get(result.run_id).run.experiment_id == where
            assert "is kept in experiment" not in caplog.text
            lodeline.evaluate(rows(1), predict_fn=add, scorers=[right], experiment=EXPERIMENT)
            assert f"version 'sum-1' is kept in experiment {where}" in caplog.text
    finally:
        lodeline.set_experiment(EXPERIMENT)


def test_answers_are_scored_again_without_calling_the_application() -> None:
    calls: list[int] = []

    def counted(a: int, b: int) -> int:
        calls.append(a)
        return a + b

    result = lodeline.evaluate(rows(5), predict_fn=counted, scorers=[size])
    again = lodeline.rescore(result.run_id, [right], rows(5))
    assert len(calls) == 5
    assert {score.scorer for score in again.scores} == {"size", "right"}
    assert again.score("right").value == 1.0


def test_a_version_of_a_dataset_is_evaluated_and_named_in_the_run() -> None:
    dataset = lodeline.create_dataset("sums", experiment=EXPERIMENT)
    dataset.merge_records([{"inputs": row["inputs"], "expectations": row["expectations"]} for row in rows(6)])
    first = lodeline.evaluate(dataset, predict_fn=add, scorers=[right])
    dataset.merge_records([{"inputs": {"a": 100, "b": 1}, "expectations": {"sum": 0}}])
    second = lodeline.evaluate(dataset, predict_fn=add, scorers=[right])
    client = lodeline.default_client()
    bindings = client.evaluations.get(first.run_id).bindings
    assert (bindings.dataset_version, client.evaluations.get(second.run_id).bindings.dataset_version) == (1, 2)
    assert bindings.dataset_digest == client.datasets.version(dataset.dataset_id, 1).digest
    assert (first.score("right").value, second.score("right").n) == (1.0, 7)
    (compared,) = client.evaluations.compare(first.run_id, second.run_id).candidates
    assert (compared.pairing.paired, compared.pairing.only_candidate) == (6, 1)
    assert [(s.scorer, s.ties) for s in compared.scorers] == [("right", 6)]
    expected = client.traces.search(
        experiment=EXPERIMENT, filter=f"run = '{second.run_id}' AND expectation.sum = 0 AND feedback.right = false"
    ).all()
    (said,) = [a for a in client.traces.get(expected[0].trace_id).assessments if a.kind == "EXPECTATION"]
    assert (len(expected), said.name, said.value, said.source.kind) == (1, "sum", 0, "HUMAN")


def test_outputs_of_a_table_and_of_traces_are_scored_as_they_are() -> None:
    table = [{"inputs": {"a": 1}, "outputs": 2, "expectations": {"sum": 2}}]
    assert lodeline.evaluate(table, scorers=[right]).score("right").value == 1.0
    first = lodeline.evaluate(rows(3), predict_fn=add, scorers=[size])
    traces = lodeline.search_traces(experiment=EXPERIMENT, filter=f"run = '{first.run_id}'")
    second = lodeline.evaluate(traces, scorers=[size])
    assert second.score("size").n == 3
    found = lodeline.search_traces(experiment=EXPERIMENT, filter=f"run = '{second.run_id}'")
    assert {trace.trace_id for trace in found} == {trace.trace_id for trace in traces}


def test_a_budget_counts_what_the_traces_of_the_rows_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    # What a row cost is known once it is kept; so many may be begun before that, however slow the server is.
    monkeypatch.setattr("lodeline.evals.engine.run.MAX_UNKEPT_ROWS", 50)

    def dear(a: int, b: int) -> int:
        with lodeline.start_span("ask", span_type="CHAT_MODEL") as span:
            span.set_model("own", cost_usd=0.01)
        return a + b

    result = lodeline.evaluate(rows(500), predict_fn=dear, scorers=[right], budget_usd=0.5, concurrency=2)
    assert result.state == "COMPLETED_WITH_ERRORS"
    assert result.message == "the budget of 0.5 US dollars is spent"
    assert 50 <= result.score("right").n < 500


def test_traces_that_are_delivered_elsewhere_are_not_waited_for(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "ARRIVAL_S", 3_600.0)
    with lodeline.connect(tmp_path / "elsewhere") as local:
        local.experiments.create(EXPERIMENT)
        lodeline.set_default_client(local)
        with pytest.raises(Unavailable, match=f"were delivered to {server.url}"):
            lodeline.evaluate(rows(2), predict_fn=add, scorers=[right])


def test_nothing_is_called_or_stored_for_what_cannot_be() -> None:
    before = len(lodeline.default_client().runs.search(experiment=EXPERIMENT).all())
    refused: tuple[dict[str, Any], ...] = (
        {"scorers": [right, right], "predict_fn": add},
        {"scorers": [right], "predict_fn": add, "concurrency": 0},
        {"scorers": [3], "predict_fn": add},
        {"scorers": [right], "predict_fn": lambda: None},
        {"scorers": [right], "predict_fn": add, "budget_usd": -1},
    )
    for options in refused:
        with pytest.raises(Invalid):
            lodeline.evaluate(rows(2), **options)
    assert len(lodeline.default_client().runs.search(experiment=EXPERIMENT).all()) == before


def talk(session: str, *questions: str) -> None:
    for question in questions:
        with lodeline.trace_context(session=session), lodeline.start_span("turn") as span:
            span.set_inputs({"question": question})


def test_conversations_are_judged_as_a_whole_and_again() -> None:
    talk("o'clock", "one", "two", "three")
    talk("short", "one")
    length = 2

    @lodeline.scorer
    def long_enough(session: tuple[ScoredTrace, ...]) -> bool:
        return len(session) >= length

    @lodeline.scorer
    def first_question(session: tuple[ScoredTrace, ...]) -> str:
        root = session[0].root
        assert root is not None
        assert root.view.inputs == {"question": "one"}
        raise LookupError("no answer")

    found = lodeline.score_sessions(scorers=[long_enough, first_question])
    assert {one.session: (one.turns, one.scores[0].value) for one in found} == {
        "o'clock": (3, True), "short": (1, False),
    }  # fmt: skip
    client = lodeline.default_client()
    judged = client.assessments.search(experiment=EXPERIMENT, filter="session = 'o''clock'").all()
    assert {(a.name, a.value, a.error and a.error.code) for a in judged} == {
        ("long_enough", True, None), ("first_question", None, "LookupError"),
    }  # fmt: skip
    length = 4
    lodeline.score_sessions("o'clock", scorers=[long_enough])
    (again,) = client.assessments.search(
        experiment=EXPERIMENT, filter="session = 'o''clock' AND name = 'long_enough'"
    ).all()
    assert (again.value, again.revision) == (False, 2)


def test_what_cannot_judge_conversations_is_refused() -> None:
    def fine(session: tuple[ScoredTrace, ...]) -> bool:
        return bool(session)

    for wrong in ([right], [], [fine, fine]):
        with pytest.raises(Invalid):
            lodeline.score_sessions(scorers=wrong)
    with pytest.raises(NotFound):
        lodeline.score_sessions("none", scorers=[fine])
