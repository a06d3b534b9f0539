"""Judges as scorers of `lodeline.evaluate`: what providers answered, replayed to their own client libraries."""

import threading
from collections import Counter
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

import pytest

import lodeline
from lodeline.domain.ids import TraceId
from lodeline.evals.judges import Judge, make_judge, open_model
from tests.e2e.harness import serving
from tests.evals.judges.provider import Answer, Provider, enveloped, providing, recorded
from tests.evals.real import DATA, rows

pytestmark = [
    pytest.mark.timeout(300),
    # The recording is older than the provider's notice.
    pytest.mark.filterwarnings("ignore:The model 'claude-sonnet-4-5' is deprecated:DeprecationWarning"),
]
EXPERIMENT = "judged"
TIMES = 3
PRICE_USD = {"openai": 0.0006, "anthropic": 0.001038}
"""Of one call, by the tokens that the recorded answer says and the model's published price."""
MODELS = {"openai": "openai:/gpt-4o", "anthropic": "anthropic:/claude-sonnet-4-5"}
NAMES = {"openai": "openai:gpt-4o-2024-08-06", "anthropic": "anthropic:claude-sonnet-4-5-20250929"}
FAILING = {
    "an answer that the judge refuses": ("openai-refusal", "judge_refused"),
    "an answer that the judge answers with a joke": ("openai-structured", "malformed_answer"),
    "an answer to which the provider answers with an error": ("openai-unknown-model", "judge_rejected"),
}


@pytest.fixture(scope="module", autouse=True)
def _server(tmp_path_factory: pytest.TempPathFactory) -> Generator[None]:
    folder: Path = tmp_path_factory.mktemp("judges")
    with serving(folder / "store") as server:
        lodeline.configure(url=server.url, experiment=EXPERIMENT)
        try:
            yield
        finally:
            lodeline.default_client().close()
            lodeline.shutdown()


def graded() -> list[dict[str, Any]]:
    """Return 16 answers, each with three judgments of GPT-4: scores from 1 to 5, and its reasons."""
    return list(rows(DATA / "evals" / "rubric-judgments.jsonl.gz"))


class Replay:
    """Answers as GPT-4 did: a question about an answer that it judged gets the next of its judgments of it."""

    def __init__(self, provider: str) -> None:
        self._envelope = f"{provider}-structured"
        self._asked: Counter[int] = Counter()
        self._lock = threading.Lock()

    def __call__(self, request: Mapping[str, Any], number: int) -> Answer:
        text = str(request["messages"][-1]["content"])
        for said, (name, _) in FAILING.items():
            if said in text:
                return Answer(recorded(name).status, recorded(name).answer.encode())
        ((place, row),) = [(at, row) for at, row in enumerate(graded()) if f"answer {at} of" in text]
        with self._lock:
            time = self._asked[place]
            self._asked[place] += 1
        return enveloped({"rationale": row["feedbacks"][time], "value": row["scores"][time]}, self._envelope)


def judge_of(provider: Provider, name: str) -> Judge:
    base = f"{provider.url}/v1" if name == "openai" else provider.url
    model = open_model(MODELS[name], base_url=base, api_key="k")
    return make_judge("rubric", "Rate {{ outputs }} as an answer to {{ inputs }}.", model, int, scale=(1, 5))


def table() -> list[dict[str, Any]]:
    return [
        {"inputs": {"task": f"answer {at} of {len(graded())}"}, "outputs": row["response"]}
        for at, row in enumerate(graded())
    ]


@pytest.mark.parametrize("name", ["openai", "anthropic"])
def test_a_judge_s_scores_reasons_and_cost_are_kept(name: str) -> None:
    with providing(Replay(name)) as provider:
        result = lodeline.evaluate(
            table(), scorers=[judge_of(provider, name)], repetitions=TIMES, name=name, progress=False
        )
    assert result.state == "COMPLETED"
    assert len(provider.asked) == len(graded()) * TIMES
    summary = result.score("rubric")
    scores = [score for row in graded() for score in row["scores"]]
    assert (summary.n, summary.records, summary.errors) == (48, 16, 0)
    assert summary.value == pytest.approx(sum(scores) / len(scores))
    assert result.judged_usd == pytest.approx(48 * PRICE_USD[name])
    assert f"judged for {result.judged_usd:.4g} US dollars" in str(result)

    client = lodeline.default_client()
    kept = client.evaluations.rows(result.run_id).all()
    assert [row.judged_usd for row in kept] == pytest.approx([PRICE_USD[name]] * 48)
    judged: Counter[tuple[str, object, object]] = Counter()
    judgments = client.assessments.search(experiment=EXPERIMENT, filter=f"run = '{result.run_id}'").all()
    places = {row.trace_id: row.row_key for row in kept}
    for each in judgments:
        assert (each.source.kind, each.source.source_id) == ("LLM_JUDGE", NAMES[name])
        judged[places[TraceId(str(each.target.trace_id))], each.value, each.rationale] += 1
    assert judged == Counter(
        (str(at), score, reason)
        for at, row in enumerate(graded())
        for score, reason in zip(row["scores"], row["feedbacks"], strict=True)
    )


def test_a_judge_s_call_is_a_trace_of_its_own_that_the_assessment_names() -> None:
    with lodeline.set_active_model("version-1"), providing(Replay("openai")) as provider:
        result = lodeline.evaluate(table()[:3], scorers=[judge_of(provider, "openai")], progress=False)
    client = lodeline.default_client()
    lodeline.flush()
    run = f"run = '{result.run_id}'"
    judgments = client.assessments.search(experiment=EXPERIMENT, filter=run).all()
    named = {str(each.metadata["lodeline.judge_trace_id"]): each.target.trace_id for each in judgments}
    filter = f"metadata.lodeline.judged_run_id = '{result.run_id}' AND tags.lodeline.judge = 'openai:gpt-4o'"
    traces = client.traces.search(experiment=EXPERIMENT, filter=filter).all()
    assert {trace.trace_id for trace in traces} == named.keys()
    for trace in traces:
        assert (trace.model_id, trace.run_id, trace.state) == (None, None, "OK")
        assert trace.metadata["lodeline.judged_trace_id"] == named[trace.trace_id]
        assert trace.cost_usd == pytest.approx(PRICE_USD["openai"])
        (span,) = client.traces.spans(trace.trace_id)
        assert span.kind == "CHAT_MODEL"
        assert "Rate" in str(span.view.inputs)
        assert "rationale" in str(span.view.outputs)
    rows = client.traces.search(experiment=EXPERIMENT, filter=run).all()
    assert {trace.trace_id for trace in rows} == set(named.values())
    assert not any(trace.cost_usd for trace in rows)


def test_judges_are_not_traced_where_nobody_wants_it_and_failed_calls_are_errors() -> None:
    broken = [{"inputs": {"task": "x"}, "outputs": next(iter(FAILING))}]
    client = lodeline.default_client()
    with providing(Replay("openai")) as provider:
        judge = judge_of(provider, "openai")
        untraced = lodeline.evaluate(table()[:2], scorers=[judge], progress=False, trace_judges=False)
        failing = lodeline.evaluate(broken, scorers=[judge], progress=False)
    lodeline.flush()
    of_run = "metadata.lodeline.judged_run_id = '{}'"
    assert client.traces.search(experiment=EXPERIMENT, filter=of_run.format(untraced.run_id)).all() == []
    judgments = client.assessments.search(experiment=EXPERIMENT, filter=f"run = '{untraced.run_id}'").all()
    assert len(judgments) == 2
    assert all("lodeline.judge_trace_id" not in each.metadata for each in judgments)
    attempts = client.traces.search(experiment=EXPERIMENT, filter=of_run.format(failing.run_id)).all()
    assert {trace.state for trace in attempts} == {"ERROR"}


def test_judgments_that_fail_are_counted_and_no_zeros() -> None:
    broken = [{"inputs": {"task": "x"}, "outputs": text} for text in FAILING]
    with providing(Replay("openai")) as provider:
        result = lodeline.evaluate([*table(), *broken], scorers=[judge_of(provider, "openai")], progress=False)
    assert result.state == "COMPLETED_WITH_ERRORS"
    summary = result.score("rubric")
    assert (summary.n, summary.errors) == (len(graded()), len(FAILING))
    assert summary.value == pytest.approx(sum(row["scores"][0] for row in graded()) / len(graded()))
    client = lodeline.default_client()
    failed = client.evaluations.rows(result.run_id, state="SCORE_ERROR").all()
    assert {score.error for row in failed for score in row.scores} == {code for _, code in FAILING.values()}
    assert client.evaluations.rows(result.run_id, error_of="rubric").all() == failed
    assert result.judged_usd == pytest.approx(len(graded()) * PRICE_USD["openai"])
    ended = client.evaluations.get(result.run_id)
    assert (ended.rows_done, ended.rows_failed) == (len(graded()), len(FAILING))


def test_a_budget_ends_the_judging_and_says_so() -> None:
    with providing(Replay("openai")) as provider:
        result = lodeline.evaluate(
            table(), scorers=[judge_of(provider, "openai")], budget_usd=PRICE_USD["openai"] * 4, concurrency=1,
            progress=False,
        )  # fmt: skip
    assert result.state == "COMPLETED_WITH_ERRORS"
    assert result.message == "the budget of 0.0024 US dollars is spent"
    skipped = lodeline.default_client().evaluations.rows(result.run_id, state="SKIPPED").all()
    assert 0 < len(skipped) <= len(graded()) - 4
    assert len(provider.asked) == len(graded()) - len(skipped)
    assert result.score("rubric").n == len(provider.asked)
