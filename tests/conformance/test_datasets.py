"""Evaluation datasets."""

import json
from collections.abc import Callable

import mlflow
import pytest
from mlflow.exceptions import MlflowException
from mlflow.genai.datasets import (
    add_dataset_to_experiments,
    create_dataset,
    delete_dataset,
    delete_dataset_tag,
    get_dataset,
    remove_dataset_from_experiments,
    search_datasets,
    set_dataset_tags,
)

from tests.conformance.errors import refused


def rows(dataset_id: str) -> dict[str, dict[str, object]]:
    """Return a dataset's records by their inputs."""
    records = get_dataset(dataset_id=dataset_id).to_df().to_dict("records")
    return {str(sorted(record["inputs"].items())): record for record in records}


def test_create_and_find(experiment: str, name: str) -> None:
    made = create_dataset(name=name, experiment_id=[experiment], tags={"purpose": "test"})
    assert made.dataset_id.startswith("d-")
    by_id, by_name = get_dataset(dataset_id=made.dataset_id), get_dataset(name=name)
    assert by_id.dataset_id == by_name.dataset_id == made.dataset_id
    assert (by_id.name, by_id.tags["purpose"], by_id.experiment_ids) == (name, "test", [experiment])
    assert by_id.created_time > 1_600_000_000_000
    assert len(by_id.digest) == 8


def test_records_of_equal_inputs_are_brought_together(experiment: str, name: str) -> None:
    dataset = create_dataset(name=name, experiment_id=[experiment])
    before = dataset.digest
    dataset.merge_records(
        [
            {"inputs": {"a": 1, "b": {"c": 2}}, "expectations": {"x": 1, "z": 0}, "tags": {"t": "1"}},
            {"inputs": {"a": 2}, "outputs": {"o": 1}},
        ]
    )
    dataset.merge_records([{"inputs": {"b": {"c": 2}, "a": 1}, "expectations": {"y": 2, "z": 1}, "tags": {"u": "2"}}])
    assert get_dataset(dataset_id=dataset.dataset_id).digest != before
    found = rows(dataset.dataset_id)
    first, second = found["[('a', 1), ('b', {'c': 2})]"], found["[('a', 2)]"]
    assert len(found) == 2
    assert first["expectations"] == {"x": 1, "y": 2, "z": 1}
    assert {key: first["tags"][key] for key in "tu"} == {"t": "1", "u": "2"}
    assert second["outputs"] == {"o": 1}


def test_outputs_of_every_kind_survive(experiment: str, name: str) -> None:
    dataset = create_dataset(name=name, experiment_id=[experiment])
    kinds: list[object] = [{"a": [1, None]}, {"deep": {"b": True}}, {"c": "ü"}]
    dataset.merge_records([{"inputs": {"i": i}, "outputs": each} for i, each in enumerate(kinds)])
    found = rows(dataset.dataset_id)
    assert [found[f"[('i', {i})]"]["outputs"] for i in range(len(kinds))] == kinds


def test_traces_become_records(experiment: str, name: str, traced: Callable[..., str]) -> None:
    trace_id = traced("what?")
    mlflow.log_expectation(trace_id=trace_id, name="answer", value="WHAT?")
    dataset = create_dataset(name=name, experiment_id=[experiment])
    dataset.merge_records([mlflow.get_trace(trace_id)])
    [record] = rows(dataset.dataset_id).values()
    assert record["inputs"] == {"question": "what?"}
    assert record["expectations"] == {"answer": "WHAT?"}
    assert (record["source_type"], record["source_id"]) == ("TRACE", trace_id)


def test_many_records_come_back_in_pages(experiment: str, name: str) -> None:
    dataset = create_dataset(name=name, experiment_id=[experiment])
    dataset.merge_records([{"inputs": {"i": i}} for i in range(2_100)])
    assert len(get_dataset(dataset_id=dataset.dataset_id).to_df()) == 2_100


def test_records_are_deleted_by_id(experiment: str, name: str) -> None:
    dataset = create_dataset(name=name, experiment_id=[experiment])
    dataset.merge_records([{"inputs": {"i": i}} for i in range(3)])
    first = rows(dataset.dataset_id)["[('i', 0)]"]
    assert dataset.delete_records([first["dataset_record_id"]]) == 1
    assert set(rows(dataset.dataset_id)) == {"[('i', 1)]", "[('i', 2)]"}


def test_search(experiment: str, name: str) -> None:
    ids = [
        create_dataset(name=f"{name}-{i}", experiment_id=[experiment], tags={"n": str(i)}).dataset_id
        for i in range(3)
    ]

    def found(**arguments: object) -> list[str]:
        return [each.dataset_id for each in search_datasets(experiment_ids=[experiment], **arguments)]

    assert found() == ids[::-1]
    assert found(order_by=["name ASC"]) == ids
    assert found(filter_string=f"name LIKE '{name}-%' AND tags.n = '1'") == [ids[1]]
    assert found(filter_string=f"name = '{name}-2'") == [ids[2]]
    assert len(found(max_results=2)) == 2
    with refused("INVALID_PARAMETER_VALUE"):
        found(filter_string="nothing = 'x'")


def test_tags(experiment: str, name: str) -> None:
    dataset = create_dataset(name=name, experiment_id=[experiment], tags={"a": "1"})
    set_dataset_tags(dataset_id=dataset.dataset_id, tags={"b": "2", "a": "3"})
    delete_dataset_tag(dataset_id=dataset.dataset_id, key="b")
    tags = get_dataset(dataset_id=dataset.dataset_id).tags
    assert (tags.get("a"), tags.get("b")) == ("3", None)


def test_further_experiments(experiment: str, name: str) -> None:
    dataset = create_dataset(name=name, experiment_id=[experiment])
    add_dataset_to_experiments(dataset_id=dataset.dataset_id, experiment_ids=["0"])
    assert sorted(get_dataset(dataset_id=dataset.dataset_id).experiment_ids) == sorted(["0", experiment])
    remove_dataset_from_experiments(dataset_id=dataset.dataset_id, experiment_ids=["0"])
    assert get_dataset(dataset_id=dataset.dataset_id).experiment_ids == [experiment]


def test_two_datasets_may_have_one_name(experiment: str, name: str) -> None:
    first = create_dataset(name=name, experiment_id=[experiment])
    second = create_dataset(name=name, experiment_id=[experiment])
    assert (first.name, second.name) == (name, name)
    assert first.dataset_id != second.dataset_id
    with pytest.raises(MlflowException, match="Multiple datasets"):
        get_dataset(name=name)


def test_a_deleted_dataset_is_not_found(experiment: str, name: str) -> None:
    dataset = create_dataset(name=name, experiment_id=[experiment])
    delete_dataset(dataset_id=dataset.dataset_id)
    with refused("RESOURCE_DOES_NOT_EXIST"):
        get_dataset(dataset_id=dataset.dataset_id)


def test_schema_and_profile(experiment: str, name: str) -> None:
    made = create_dataset(name=name, experiment_id=experiment)
    made.merge_records([
        {"inputs": {"q": "x", "n": 1, "f": 1.5, "l": [1], "o": {"k": 1}, "b": True}, "expectations": {"e": "y"}},
        {"inputs": {"q": 2}, "outputs": {"a": "text"}},
    ])  # fmt: skip
    found = get_dataset(dataset_id=made.dataset_id)
    assert json.loads(found.profile) == {"num_records": 2}
    schema = json.loads(found.schema)
    assert schema["inputs"] == {
        "q": "string", "n": "integer", "f": "float", "l": "array", "o": "object", "b": "boolean",
    }  # fmt: skip
    assert (schema["outputs"], schema["expectations"]) == ({"a": "string"}, {"e": "string"})
