"""Prompts, which are registered models there."""

import threading
import time

import mlflow
import mlflow.genai
import pytest
from mlflow import MlflowClient

from tests.conformance.errors import refused


@pytest.fixture
def prompt(experiment: str, name: str) -> str:
    """Give the name of a prompt with two versions."""
    first = mlflow.genai.register_prompt(name, "Hi {{name}}", commit_message="first", tags={"tone": "warm"})
    second = mlflow.genai.register_prompt(name, "Hello {{name}}", commit_message="second")
    assert (first.version, second.version) == (1, 2)
    return name


def load(address: str, **arguments: object) -> mlflow.entities.model_registry.PromptVersion:
    """Return a prompt, never a remembered one."""
    return mlflow.genai.load_prompt(address, cache_ttl_seconds=0, **arguments)


def test_versions_keep_what_they_said(prompt: str) -> None:
    first = load(f"prompts:/{prompt}/1")
    assert (first.template, first.commit_message, first.tags["tone"]) == ("Hi {{name}}", "first", "warm")
    assert first.variables == {"name"}
    assert load(f"prompts:/{prompt}@latest").template == "Hello {{name}}"
    assert first.format(name="Ann") == "Hi Ann"


def test_the_same_text_again_is_another_version(prompt: str) -> None:
    assert mlflow.genai.register_prompt(prompt, "Hello {{name}}").version == 3


def test_chat_with_format_and_config(experiment: str, name: str) -> None:
    messages = [{"role": "system", "content": "You {{x}}"}, {"role": "user", "content": "{{q}}"}]
    mlflow.genai.register_prompt(
        name, messages, response_format={"type": "object"}, model_config={"temperature": 0.1}
    )
    found = load(f"prompts:/{name}/1")
    assert found.template == messages
    assert found.response_format == {"type": "object"}
    assert found.model_config["temperature"] == 0.1


def test_aliases_move(prompt: str) -> None:
    mlflow.genai.set_prompt_alias(prompt, "production", 1)
    assert load(f"prompts:/{prompt}@production").version == 1
    assert load(f"prompts:/{prompt}/1").aliases == ["production"]
    mlflow.genai.set_prompt_alias(prompt, "production", 2)
    assert load(f"prompts:/{prompt}@production").version == 2
    mlflow.genai.delete_prompt_alias(prompt, "production")
    with refused("INVALID_PARAMETER_VALUE"):
        load(f"prompts:/{prompt}@production")


@pytest.mark.parametrize("reserved", ["latest", "v1"])
def test_reserved_aliases(prompt: str, reserved: str) -> None:
    with refused("INVALID_PARAMETER_VALUE"):
        mlflow.genai.set_prompt_alias(prompt, reserved, 1)


def test_missing_ones(prompt: str) -> None:
    with refused("RESOURCE_DOES_NOT_EXIST"):
        load(f"prompts:/{prompt}/99")
    assert load(f"prompts:/{prompt}/99", allow_missing=True) is None
    assert load(f"prompts:/{prompt}-none@x", allow_missing=True) is None


def test_tags_of_prompts_and_versions(prompt: str) -> None:
    mlflow.genai.set_prompt_tag(prompt, "team", "x")
    assert mlflow.genai.get_prompt_tags(prompt)["team"] == "x"
    mlflow.genai.delete_prompt_tag(prompt, "team")
    assert "team" not in mlflow.genai.get_prompt_tags(prompt)
    mlflow.genai.set_prompt_version_tag(prompt, 1, "reviewed", "yes")
    assert load(f"prompts:/{prompt}/1").tags["reviewed"] == "yes"
    mlflow.genai.delete_prompt_version_tag(prompt, 1, "reviewed")
    assert "reviewed" not in load(f"prompts:/{prompt}/1").tags


def test_search(experiment: str, prompt: str) -> None:
    assert [each.name for each in mlflow.genai.search_prompts(filter_string=f"name = '{prompt}'")] == [prompt]
    assert [each.name for each in mlflow.genai.search_prompts(filter_string=f"name LIKE '{prompt[:-2]}%'")] == [
        prompt
    ]
    until_s = time.monotonic() + 30
    # The client says in the background which experiment a prompt belongs to.
    while time.monotonic() < until_s:
        if [each.name for each in mlflow.genai.search_prompts(filter_string=f"experiment_id = '{experiment}'")]:
            break
        time.sleep(0.1)
    found = mlflow.genai.search_prompts(filter_string=f"experiment_id = '{experiment}'")
    assert [each.name for each in found] == [prompt]


def test_prompts_are_no_models(client: MlflowClient, prompt: str) -> None:
    assert prompt not in [model.name for model in client.search_registered_models()]


def test_deleted_versions_and_prompts(client: MlflowClient, prompt: str) -> None:
    client.delete_prompt_version(prompt, "2")
    assert [int(found.version) for found in client.search_prompt_versions(prompt)] == [1]
    with refused("RESOURCE_DOES_NOT_EXIST"):
        load(f"prompts:/{prompt}/2")
    assert load(f"prompts:/{prompt}@latest").version == 1
    client.delete_prompt_version(prompt, "1")
    client.delete_prompt(prompt)
    assert load(f"prompts:/{prompt}/1", allow_missing=True) is None


def test_versions_are_dense_when_many_register(experiment: str, prompt: str, url: str) -> None:
    made: list[int] = []

    def register() -> None:
        made.append(mlflow.genai.register_prompt(prompt, "Hello {{name}}").version)

    threads = [threading.Thread(target=register) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made) == [3, 4, 5, 6]
