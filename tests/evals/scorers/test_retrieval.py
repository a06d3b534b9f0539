"""Retrieval scorers: against trec_eval's own code, and on captured retrievals with known gold documents."""

import importlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lodeline.domain.errors import Invalid
from lodeline.domain.span import JsonValue
from lodeline.evals.ranking import ndcg_at
from lodeline.evals.scorers import RetrievalMRR, RetrievalNDCG, RetrievalPrecision, RetrievalRecall
from tests.evals.real import captured

trec: Any = importlib.import_module("pytrec_eval")
IDS = [f"d{number}" for number in range(12)]
K = 5


@given(
    st.lists(st.sampled_from(IDS), unique=True, min_size=1),
    st.dictionaries(st.sampled_from(IDS), st.integers(0, 3), min_size=1),
)
def test_measures_are_those_of_trec_eval(ranked: list[str], grades: dict[str, int]):
    measures = {f"P.{K}", f"recall.{K}", "recip_rank", f"ndcg_cut.{K}"}
    run = {"q": {one: float(len(ranked) - rank) for rank, one in enumerate(ranked)}}
    reference = trec.RelevanceEvaluator({"q": grades}, measures).evaluate(run)["q"]
    outputs: list[JsonValue] = list(ranked)
    expectations: dict[str, JsonValue] = {"expected_documents": dict(grades)}
    found = RetrievalPrecision(K)(outputs=outputs, expectations=expectations)
    assert found == pytest.approx(reference[f"P_{K}"])
    rest = (
        (RetrievalRecall(K), f"recall_{K}"),
        (RetrievalMRR(100), "recip_rank"),
        (RetrievalNDCG(K), f"ndcg_cut_{K}"),
    )
    for scorer, name in rest:
        if any(grades.values()):
            assert scorer(outputs=outputs, expectations=expectations) == pytest.approx(reference[name]), name
        else:
            with pytest.raises(Invalid, match="no document is relevant"):
                scorer(outputs=outputs, expectations=expectations)


def test_exponential_gain_is_that_of_the_literature():
    """Grades 3, 2, 3, 0, 1, 2 in this order: the example of Wikipedia's page "Discounted cumulative gain"."""
    ranked = [f"d{number}" for number in range(1, 7)]
    grades = dict(zip(ranked, (3.0, 2.0, 3.0, 0.0, 1.0, 2.0), strict=True))
    assert ndcg_at(ranked, grades, 6) == pytest.approx(6.861127 / 7.141017, abs=1e-5)
    assert ndcg_at(ranked, grades, 6, exponential=True) == pytest.approx(0.948810, abs=1e-5)


@pytest.mark.parametrize(("version", "hits"), [("bm25-top3", 53), ("overlap-top3", 26)])
def test_a_captured_retriever_finds_what_it_found(version: str, hits: int):
    recall = 0.0
    reciprocal = 0.0
    for trace in captured(f"nq-rag-app/{version}.pb.gz"):
        assert trace.root is not None
        question = str(trace.root.attributes["metadata"]).split('"question_id": "')[1].split('"')[0]
        expectations: dict[str, JsonValue] = {"expected_documents": [question]}
        recall += RetrievalRecall(3)(outputs=None, expectations=expectations, trace=trace)
        reciprocal += RetrievalMRR(3)(outputs=None, expectations=expectations, trace=trace)
    assert recall == hits
    assert hits / 3 <= reciprocal <= hits


@pytest.mark.parametrize(
    "outputs",
    [
        ["d1", "d2"],
        {"documents": ["d1", "d2"]},
        [{"id": "d1"}, {"document_id": "d2"}],
        [{"doc_uri": "d1"}, {"page_content": "d2"}],
        ["d1", "d1", "d2"],
    ],
)
def test_every_form_of_a_ranking(outputs: JsonValue):
    assert RetrievalPrecision(2)(outputs=outputs, expectations={"expected_documents": ["d1", "d2"]}) == 1


@pytest.mark.parametrize(
    ("outputs", "expectations", "message"),
    [
        ("d1", {"expected_documents": ["d1"]}, "outputs: 'd1'"),
        ([True], {"expected_documents": ["d1"]}, r"outputs\[0\]"),
        ([], {}, "has no 'expected_documents'"),
        ([], {"expected_documents": {"d1": -1}}, r"expectations\.expected_documents\.d1"),
        ([], {"expected_documents": {"d1": "high"}}, "a grade from 0 to 100"),
        ([], {"expected_documents": {"d1": float("nan")}}, "a grade from 0 to 100"),
    ],
)
def test_bad_input_is_named(outputs: JsonValue, expectations: dict[str, JsonValue], message: str):
    with pytest.raises(Invalid, match=message):
        RetrievalNDCG()(outputs=outputs, expectations=expectations)


def test_k_is_at_least_one():
    with pytest.raises(Invalid, match="k: 0"):
        RetrievalRecall(0)
