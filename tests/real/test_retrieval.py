"""Two versions of a retriever, run by `lodeline.evaluate` against a server, compared, and held to a gate."""

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

import lodeline
from lodeline.domain.aggregate import ScoredRow
from lodeline.domain.assessment import AssessmentError
from lodeline.domain.comparison import RunComparison
from lodeline.domain.gate import GateReport
from lodeline.evals.gates.parse import parse_gates
from lodeline.evals.scorers import RetrievalMRR, RetrievalNDCG, RetrievalPrecision, RetrievalRecall
from lodeline.evals.statistics.columns import RunColumns, columns_of
from lodeline.evals.statistics.gates import GateInputs, evaluate_gates
from lodeline.sdk.datasets.handle import Dataset
from lodeline.sdk.evaluation.result import EvaluationResult
from tests.e2e.harness import serving
from tests.real.retrieval import QUESTIONS, TOP, Retriever, Search, bm25, corpus, overlap, questions

pytestmark = pytest.mark.timeout(300)
EXPERIMENT = "retriever"
GATE = """
[[gate]]
name = "finds the passage"
metric = "retrieval_recall"
op = ">="
threshold = 0.75
confidence = 0.95
min_n = 200

[[gate]]
name = "ranks no worse than before"
metric = "retrieval_mrr"
versus = "baseline"
margin = 0.02
"""
SCORERS = (RetrievalRecall(k=TOP), RetrievalMRR(k=TOP), RetrievalNDCG(k=TOP), RetrievalPrecision(k=TOP))


@dataclass(frozen=True, slots=True)
class Evaluated:
    """Both versions' evaluations of one version of a dataset, and what each ranked where."""

    dataset: Dataset
    results: Mapping[str, EvaluationResult]
    models: Mapping[str, str]
    ranks: Mapping[str, list[int | None]]


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory: pytest.TempPathFactory) -> Generator[Evaluated]:
    folder: Path = tmp_path_factory.mktemp("retrieval")
    with serving(folder / "store") as server:
        lodeline.configure(url=server.url, experiment=EXPERIMENT)
        try:
            yield _evaluated()
        finally:
            lodeline.default_client().close()
            lodeline.shutdown()


def _evaluated() -> Evaluated:
    lodeline.default_client().experiments.create(EXPERIMENT)
    dataset = lodeline.create_dataset("nq-open", experiment=EXPERIMENT)
    dataset.merge_records(
        [
            {"inputs": {"question": question}, "expectations": {"expected_documents": [gold]}}
            for question, gold in questions()
        ]
    )
    results: dict[str, EvaluationResult] = {}
    models: dict[str, str] = {}
    searches: dict[str, Search] = {"overlap": overlap(), "bm25": bm25()}
    for name, search in searches.items():
        model = lodeline.create_model("retriever", params={"ranking": name, "top": TOP}, with_diff=False)
        models[name] = model.model_id
        results[name] = lodeline.evaluate(
            dataset, predict_fn=Retriever(search), scorers=SCORERS, model_id=model.model_id, name=name, progress=False
        )
    return Evaluated(dataset, results, models, {name: _ranks(search) for name, search in searches.items()})


def _ranks(search: Search) -> list[int | None]:
    """Return where each question's passage stands among those found, from 1; None where it is not among them."""
    ids = [ident for ident, _ in corpus()]
    found = [[ids[place] for place in search(question)] for question, _ in questions()]
    return [
        ranked.index(gold) + 1 if gold in ranked else None
        for ranked, (_, gold) in zip(found, questions(), strict=True)
    ]


@pytest.mark.parametrize("version", ["overlap", "bm25"])
def test_scores_are_those_of_the_ranks(evaluated: Evaluated, version: str) -> None:
    result, ranks = evaluated.results[version], evaluated.ranks[version]
    assert result.state == "COMPLETED"
    assert len(result.rows) == QUESTIONS
    found = [rank for rank in ranks if rank is not None]
    assert result.score("retrieval_recall").value == pytest.approx(len(found) / QUESTIONS)
    assert result.score("retrieval_precision").value == pytest.approx(len(found) / TOP / QUESTIONS)
    assert result.score("retrieval_mrr").value == pytest.approx(sum(1 / rank for rank in found) / QUESTIONS)
    assert {result.score(scorer.name).n for scorer in SCORERS} == {QUESTIONS}


def test_a_search_engine_finds_more_than_shared_words(evaluated: Evaluated) -> None:
    recall = {name: result.score("retrieval_recall").value or 0 for name, result in evaluated.results.items()}
    assert recall["bm25"] > 0.8
    assert recall["overlap"] < 0.75


def test_each_retrieval_is_a_trace_of_its_run_version_and_record(evaluated: Evaluated) -> None:
    client = lodeline.default_client()
    for name, result in evaluated.results.items():
        of_run = f"run = '{result.run_id}' AND model = '{evaluated.models[name]}'"
        wanted = f"{of_run} AND span(kind = 'RETRIEVER' AND name = 'search')"
        assert client.analytics.count(experiment=EXPERIMENT, filter=wanted).count == QUESTIONS
        missed = client.analytics.count(experiment=EXPERIMENT, filter=f"{of_run} AND feedback.retrieval_recall = 0")
        assert missed.count == evaluated.ranks[name].count(None)
        bindings = client.evaluations.get(result.run_id).bindings
        assert (bindings.dataset_id, bindings.dataset_version) == (evaluated.dataset.dataset_id, 1)
    rows = client.evaluations.rows(evaluated.results["bm25"].run_id).all()
    records = {record.record_id for record in client.records.search(evaluated.dataset.dataset_id)}
    assert {row.record_id for row in rows} == records


def test_versions_are_compared_question_by_question(evaluated: Evaluated) -> None:
    found = _compared(evaluated)
    before, after = evaluated.ranks["overlap"], evaluated.ranks["bm25"]
    pairs = list(zip(before, after, strict=True))
    recall = next(each for each in found.scorers if each.scorer == "retrieval_recall")
    assert (found.pairing.paired, recall.n) == (QUESTIONS, QUESTIONS)
    assert recall.wins == sum(old is None and new is not None for old, new in pairs)
    assert recall.losses == sum(old is not None and new is None for old, new in pairs)
    assert {each.scorer: each.verdict for each in found.scorers} == dict.fromkeys(
        (scorer.name for scorer in SCORERS), "better"
    )
    diff = lodeline.default_client().models.diff(evaluated.models["overlap"], evaluated.models["bm25"])
    assert [(each.name, each.left, each.right) for each in diff.params] == [("ranking", "overlap", "bm25")]


def test_a_gate_lets_the_better_version_pass_and_no_other(evaluated: Evaluated) -> None:
    better = _gate(evaluated, run="bm25", baseline="overlap")
    assert (better.status, [each.status for each in better.results]) == ("pass", ["pass", "pass"])
    worse = _gate(evaluated, run="overlap", baseline="bm25")
    # That it finds the passage for less than 75 % of all such questions, 300 of them cannot tell for sure.
    assert (worse.status, [each.status for each in worse.results]) == ("fail", ["inconclusive", "fail"])
    assert all(each.n == QUESTIONS and each.interval is not None for each in (*better.results, *worse.results))


def _compared(evaluated: Evaluated) -> RunComparison:
    (found,) = (
        lodeline.default_client()
        .evaluations.compare(evaluated.results["overlap"].run_id, evaluated.results["bm25"].run_id)
        .candidates
    )
    return found


def _gate(evaluated: Evaluated, *, run: str, baseline: str) -> GateReport:
    columns = {name: _columns(result) for name, result in evaluated.results.items()}
    return evaluate_gates(parse_gates(GATE), GateInputs(columns[run], columns[baseline]))


def _columns(result: EvaluationResult) -> RunColumns:
    """Return an evaluation's rows, as the server keeps them, for the gate."""
    rows = lodeline.default_client().evaluations.rows(result.run_id)
    return columns_of(
        result.run_id,
        [
            ScoredRow(
                row.content_hash or row.row_key,
                row.record_id or row.row_key,
                {
                    score.name: AssessmentError(score.error) if score.error is not None else _number(score.value)
                    for score in row.scores
                },
            )
            for row in rows
        ],
    )


def _number(value: object) -> float:
    assert isinstance(value, int | float)
    return float(value)
