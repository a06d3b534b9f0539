"""Metrics of autoevals through the real package."""

import asyncio
import importlib
from typing import Any

import pytest

from lodeline.domain.errors import Invalid
from lodeline.domain.scorer import Feedback, Sample
from lodeline.domain.span import JsonValue
from lodeline.evals.adapters import from_autoevals
from lodeline.evals.scoring.bound import as_scorer
from tests.evals.real import captured

autoevals: Any = importlib.import_module("autoevals")


def scored(metric: object, outputs: JsonValue, expected: JsonValue) -> tuple[Feedback, ...]:
    sample = Sample(inputs={"question": "q"}, outputs=outputs, expectations={"expected_response": expected})
    return asyncio.run(as_scorer(from_autoevals(metric)).score(sample))


@pytest.mark.parametrize(
    ("metric", "outputs", "expected", "value"),
    [
        (autoevals.Levenshtein(), "kitten", "sitting", 1 - 3 / 7),
        (autoevals.ExactMatch(), {"a": 1}, {"a": 1}, 1),
        (autoevals.NumericDiff(), 1, 2, 1 - 1 / 3),
        (autoevals.JSONDiff(), {"a": 1}, {"a": 1}, 1),
    ],
)
def test_a_metric_gives_its_own_score(metric: Any, outputs: JsonValue, expected: JsonValue, value: float):
    (found,) = scored(metric, outputs, expected)
    assert found.error is None
    assert found.value == pytest.approx(value)
    assert found.value == metric.eval(outputs, expected).score
    assert found.name == type(metric).__name__


def test_its_failure_is_a_value():
    (found,) = scored(autoevals.NumericDiff(), "no number", 1)
    assert found.error is not None


def test_its_definition_tells_it_from_others():
    definition = as_scorer(from_autoevals(autoevals.Levenshtein())).definition
    assert definition.kind == "ADAPTER"
    assert definition.params["package"] == "autoevals"
    assert definition.digest != as_scorer(from_autoevals(autoevals.ExactMatch())).definition.digest


def test_retrieved_texts_go_with_it():
    trace = captured("nq-rag-app/bm25-top3.pb.gz")[0]

    class Context(autoevals.Scorer):
        def _run_eval_sync(self, output: Any, expected: Any = None, **given: Any) -> Any:
            return autoevals.Score(
                name="Context", score=float(len(given["context"]) > 100), metadata={"asked": given["input"]}
            )

    sample = Sample(inputs={"question": "q"}, outputs="x", trace=trace)
    (found,) = asyncio.run(as_scorer(from_autoevals(Context())).score(sample))
    assert (found.value, found.metadata) == (1.0, {"asked": "q"})


@pytest.mark.parametrize("metric", [autoevals.Levenshtein, object(), "Levenshtein"])
def test_what_is_no_metric_is_refused(metric: object):
    with pytest.raises(Invalid, match="an object of a metric of autoevals"):
        from_autoevals(metric)
