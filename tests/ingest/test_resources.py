import pytest

from lodeline.domain.span import AttributeValue, ResourceFacts
from lodeline.ingest.resources import ExperimentHint, experiment_hint, resource_facts


def test_nothing_said_is_nothing_known() -> None:
    assert resource_facts({}) == ResourceFacts()


def test_every_fact_has_its_attribute() -> None:
    found = resource_facts(
        {
            "service.name": "shop",
            "telemetry.sdk.name": "otel",
            "deployment.environment.name": "prod",
            "lodeline.model_id": "m-1",
            "service.version": "1.2",
            "lodeline.run_id": "r-1",
            "lodeline.tags.team": "search",
            "lodeline.tags.build": 7,
            "lodeline.tags.": "no key",
        },
    )
    assert found == ResourceFacts("shop", "prod", "m-1", "r-1", "otel", {"team": "search", "build": "7"})


def test_older_and_weaker_attributes_stand_in() -> None:
    found = resource_facts({"deployment.environment": "prod", "service.version": 1.5})
    assert (found.environment, found.model_id) == ("prod", "1.5")


def test_the_default_environment_is_for_those_who_name_none() -> None:
    assert resource_facts({}, default_environment="dev").environment == "dev"
    assert resource_facts({"deployment.environment": ""}, default_environment="dev").environment == "dev"
    assert resource_facts({"deployment.environment.name": "prod"}, default_environment="dev").environment == "prod"


def test_facts_are_bounded() -> None:
    found = resource_facts({"service.name": "x" * 10**6, **{f"lodeline.tags.{n}": "x" * 10**5 for n in range(2_000)}})
    assert len(found.service or "") == 500
    assert found.tags is not None
    assert (len(found.tags), max(map(len, found.tags.values()))) == (1_000, 20_000)


@pytest.mark.parametrize(
    ("resource", "hint"),
    [
        ({}, None),
        ({"lodeline.experiment": "  "}, None),
        ({"lodeline.experiment": "7"}, ExperimentHint("7", "either")),
        ({"lodeline.experiment_id": 7}, ExperimentHint("7", "id")),
        ({"mlflow.experimentId": "7"}, ExperimentHint("7", "id")),
        ({"openinference.project.name": " shop "}, ExperimentHint("shop", "name")),
        ({"openinference.project.name": "shop", "lodeline.experiment": "7"}, ExperimentHint("7", "either")),
    ],
)
def test_a_resource_may_ask_for_an_experiment(
    resource: dict[str, AttributeValue], hint: ExperimentHint | None
) -> None:
    assert experiment_hint(resource) == hint
