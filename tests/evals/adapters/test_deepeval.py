"""Metrics of DeepEval through the real package, which `make adapters` installs beside the project."""

import asyncio
import importlib
from typing import Any

import pytest

from lodeline.domain.errors import Invalid
from lodeline.domain.scorer import Feedback, Sample
from lodeline.evals.adapters import from_deepeval
from lodeline.evals.scoring.bound import as_scorer

pytest.importorskip("deepeval", reason="DeepEval pins packages that the project has newer: make adapters")
metrics: Any = importlib.import_module("deepeval.metrics")


def scored(metric: object, **given: Any) -> tuple[Feedback, ...]:
    sample = Sample(inputs={"question": "q"}, **given)
    return asyncio.run(as_scorer(from_deepeval(metric)).score(sample))


@pytest.mark.parametrize(("outputs", "value"), [("Paris ", 1.0), ("London", 0.0)])
def test_exact_match(outputs: str, value: float):
    metric = metrics.ExactMatchMetric()
    (found,) = scored(metric, outputs=outputs, expectations={"expected_response": "Paris"})
    assert (found.value, found.error) == (value, None)
    assert found.rationale
    assert not hasattr(metric, "score") or metric.score is None


def test_pattern_match():
    (found,) = scored(metrics.PatternMatchMetric(pattern=r"\d+"), outputs="42")
    assert found.value == 1.0


def test_a_missing_expectation_is_an_error():
    (found,) = scored(metrics.ExactMatchMetric(), outputs="x")
    assert found.value is None
    assert found.error is not None
    assert "expected_output" in found.error.message


def test_samples_at_once_do_not_mix():
    bound = as_scorer(from_deepeval(metrics.ExactMatchMetric()))

    async def all_at_once() -> list[Any]:
        samples = [Sample(inputs="q", outputs=str(n % 2), expectations={"expected_response": "1"}) for n in range(20)]
        return [found.value for (found,) in await asyncio.gather(*(bound.score(sample) for sample in samples))]

    assert asyncio.run(all_at_once()) == [float(n % 2) for n in range(20)]


def test_the_definition_tells_thresholds_apart():
    one, other = metrics.PatternMatchMetric(pattern="a"), metrics.PatternMatchMetric(pattern="b")
    assert as_scorer(from_deepeval(one)).definition.digest != as_scorer(from_deepeval(other)).definition.digest


def test_what_is_no_metric_is_refused():
    with pytest.raises(Invalid, match="an object of a metric of DeepEval"):
        from_deepeval(metrics.ExactMatchMetric)
