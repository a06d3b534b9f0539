"""Metrics of Ragas through the real package, which `make adapters` installs beside the project."""

import asyncio
import importlib
from typing import Any

import pytest

from lodeline.domain.errors import Invalid
from lodeline.domain.scorer import Feedback, Sample
from lodeline.evals.adapters import from_ragas
from lodeline.evals.scoring.bound import as_scorer

pytest.importorskip("ragas", reason="Ragas brings 600 MB and pins packages that the project has newer: make adapters")
collections: Any = importlib.import_module("ragas.metrics.collections")
older: Any = importlib.import_module("ragas.metrics")


def scored(metric: object, **given: Any) -> tuple[Feedback, ...]:
    return asyncio.run(as_scorer(from_ragas(metric)).score(Sample(inputs={"question": "q"}, **given)))


@pytest.mark.parametrize(
    ("metric", "outputs", "value"),
    [
        (collections.ExactMatch(), "Paris", 1.0),
        (collections.ExactMatch(), "paris", 0.0),
        (collections.StringPresence(), "It is Paris.", 1.0),
        (collections.NonLLMStringSimilarity(), "Pariz", 0.8),
        (older.ExactMatch(), "Paris", 1.0),
        (older.NonLLMStringSimilarity(), "Pariz", 0.8),
    ],
)
def test_a_metric_gives_its_own_score(metric: Any, outputs: str, value: float):
    (found,) = scored(metric, outputs=outputs, expectations={"expected_response": "Paris"})
    assert found.error is None
    assert found.value == pytest.approx(value)
    assert found.name == metric.name


def test_what_it_needs_is_named():
    (found,) = scored(collections.ExactMatch(), outputs="x")
    assert found.error is not None
    assert "needs 'reference'" in found.error.message


def test_what_is_no_metric_is_refused():
    with pytest.raises(Invalid, match="an object of a metric of Ragas"):
        from_ragas(collections.ExactMatch)
