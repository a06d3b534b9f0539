"""Every call of MLflow's protocol is in the role matrix, and every key gets from it what the matrix says."""

import io
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Literal, cast

import pytest

from lodeline.auth.actor import LOCAL
from lodeline.domain.dataset import DatasetChange
from lodeline.domain.experiment import ExperimentChange
from lodeline.domain.ids import DatasetId, ExperimentId, ModelId, RunId
from lodeline.domain.issue import IssueDraft
from lodeline.domain.model import ModelChange
from lodeline.domain.prompt import PromptChange, PromptDraft
from lodeline.domain.review_queue import ReviewQueueDraft
from lodeline.domain.run import RunChange
from lodeline.server.mlflow.routes import ENDPOINTS, RAW
from tests.server.mlflow.role_matrix import CASES, FILE, KEYS, PART, SCORER, V3, Case, KeyName
from tests.server.world import TRACE, World, populated


def test_every_call_is_in_the_matrix_once() -> None:
    calls = [f"{endpoint.method} {endpoint.path}" for endpoint in ENDPOINTS]
    for version, route in RAW:
        path = f"{version}{route.path}".replace(":path}", "}")
        calls += [f"{method} {path}" for method in (route.methods or set[str]()) - {"HEAD"}]
    assert sorted(case.call for case in CASES) == sorted(calls)


@contextmanager
def stocked() -> Generator[World]:
    """Give a world with auth in which there is something for every call."""
    with populated() as world:
        services, names = world.services, world.names
        tag = {"tag": "t"}
        services.experiments.update(LOCAL, ExperimentId("1"), ExperimentChange(set_tags=tag))
        services.runs.update(LOCAL, RunId(names["run"]), RunChange(set_tags=tag))
        services.models.update(LOCAL, ModelId(names["model"]), ModelChange(set_tags=tag))
        services.datasets.update(LOCAL, DatasetId(names["dataset"]), DatasetChange(set_tags=tag))
        services.traces.tag(LOCAL, TRACE, tag)
        services.prompts.register(LOCAL, "1", PromptDraft("greet", "Hello again {{ who }}"))
        services.prompts.update(LOCAL, "greet", PromptChange(set_aliases={"live": 1}))
        queue = services.review_queues.create(LOCAL, "1", ReviewQueueDraft("queue", "CUSTOM"))
        services.review_queues.add_traces(LOCAL, queue.queue_id, [TRACE])
        issue = services.issues.create(LOCAL, ExperimentId("1"), IssueDraft("slow", "It takes minutes."))
        upload = services.artifact_parts.create(LOCAL, f"1/{names['run']}/artifacts/b.txt", 1)
        services.artifact_parts.put(LOCAL, f"1/{names['run']}/artifacts/b.txt", upload, 1, io.BytesIO(PART))
        names.update(queue=queue.queue_id, issue=issue.issue_id, upload=upload)
        for made in (
            Case(f"POST {V3}/scorers/register", "", json={**SCORER, "serialized_scorer": "{}"}),
            Case("PUT ", "", path=FILE, content=b"x"),
        ):
            assert ask(world, made, "admin").status_code == 200
        yield world


@pytest.fixture(scope="module")
def reading() -> Iterator[World]:
    """A world for requests that change nothing, as refused ones must."""
    with stocked() as world:
        yield world


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.call)
def test_keys_get_what_the_matrix_says(case: Case, reading: World) -> None:
    expected = case.expected()
    for key in KEYS:
        if case.method == "GET" or expected[key] >= 400:
            found = ask(reading, case, key)
            assert found.status_code == expected[key], f"{key}: {found.text}"
    if case.method == "GET":
        return
    # One world a call: of those who may make it the least goes first, and the others find what it left.
    with stocked() as world:
        allowed: list[KeyName] = [key for key in reversed(KEYS) if expected[key] < 400]
        first = ask(world, case, allowed[0])
        assert first.status_code == expected[allowed[0]], f"{allowed[0]}: {first.text}"
        for key in allowed[1:]:
            assert ask(world, case, key).status_code not in {401, 403}, key


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.call)
def test_a_key_for_scraping_gets_nothing_here(case: Case, reading: World) -> None:
    """Searches of experiments that it may not know to exist are empty, as those of experiments that do not."""
    nobody, answer = case.expected()["nobody"], ask(reading, case, "metrics")
    if nobody != 401:
        assert answer.status_code == nobody
    elif answer.status_code == 200:
        assert {found for found in answer.json().values() if found != "NaN"} <= {0}
    else:
        assert answer.status_code in {403, 404}


def ask(world: World, case: Case, key: KeyName | Literal["metrics"]):
    """Send the case's request with a key."""
    secret = world.names.get(f"{key}_secret")
    headers = {"authorization": f"Bearer {secret}"} if key == "metrics" or secret is not None else world.headers[key]
    return world.client.request(
        case.method,
        "/api/" + cast(str, _filled(case.filled, world)),
        params=cast("dict[str, str]", _filled(dict(case.query), world)),
        json=None if case.json is None else _filled(dict(case.json), world),
        content=case.content,
        headers=headers,
    )


def _filled(value: object, world: World) -> object:
    """Return a value with the names of the world in its texts."""
    if isinstance(value, str):
        for name, found in world.names.items():
            value = value.replace(f"{{{name}}}", found)
        return value
    if isinstance(value, dict):
        return {key: _filled(each, world) for key, each in cast("dict[str, object]", value).items()}
    if isinstance(value, list):
        return [_filled(each, world) for each in cast("list[object]", value)]
    return value
