"""Registered scorers."""

import pytest
from mlflow.genai.scorers import Guidelines, delete_scorer, get_scorer, list_scorers, scorer
from mlflow.genai.scorers.base import ScorerSamplingConfig
from mlflow.genai.scorers.registry import list_scorer_versions

from tests.conformance.errors import refused


@pytest.fixture
def polite(experiment: str) -> Guidelines:
    """Give a scorer with two versions."""
    for text in ("be polite", "be very polite"):
        made = Guidelines(name="polite", guidelines=text).register(experiment_id=experiment)
    return made


def test_versions(experiment: str, polite: Guidelines) -> None:
    assert get_scorer(name="polite", experiment_id=experiment).guidelines == "be very polite"
    assert get_scorer(name="polite", experiment_id=experiment, version=1).guidelines == "be polite"
    versions = list_scorer_versions(name="polite", experiment_id=experiment)
    assert [(found.guidelines, number) for found, number in versions] == [("be polite", 1), ("be very polite", 2)]
    assert [found.name for found in list_scorers(experiment_id=experiment)] == ["polite"]


def test_the_same_again_is_another_version(experiment: str, polite: Guidelines) -> None:
    Guidelines(name="polite", guidelines="be very polite").register(experiment_id=experiment)
    assert len(list_scorer_versions(name="polite", experiment_id=experiment)) == 3


def test_delete_one_version_or_all(experiment: str, polite: Guidelines) -> None:
    delete_scorer(name="polite", experiment_id=experiment, version=1)
    with refused("RESOURCE_DOES_NOT_EXIST"):
        get_scorer(name="polite", experiment_id=experiment, version=1)
    assert get_scorer(name="polite", experiment_id=experiment).guidelines == "be very polite"
    delete_scorer(name="polite", experiment_id=experiment, version="all")
    with refused("RESOURCE_DOES_NOT_EXIST"):
        get_scorer(name="polite", experiment_id=experiment)


def test_functions_are_refused(experiment: str) -> None:
    @scorer
    def mine(outputs: object) -> bool:
        return outputs is not None

    with refused("INVALID_PARAMETER_VALUE"):
        mine.register(experiment_id=experiment)


def test_only_judges_of_a_gateway_are_started(polite: Guidelines) -> None:
    with refused("INVALID_PARAMETER_VALUE"):
        polite.start(sampling_config=ScorerSamplingConfig(sample_rate=0.5))
