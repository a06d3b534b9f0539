"""Every route is in the role matrix, and every role gets from it what the matrix says."""

from collections.abc import Iterator, Mapping
from typing import cast

import pytest
from fastapi.routing import iter_route_contexts

from tests.server.role_matrix import CASES, Case
from tests.server.world import ROLE_NAMES, RoleName, World, populated, serve

NONE: Mapping[str, str] = {}


def served_routes(world: World) -> set[str]:
    """Return every route of the server as "METHOD path"; HEAD comes with GET."""
    return {
        f"{method} {context.path_format}"
        for context in iter_route_contexts(world.app.routes)
        for method in (context.methods or set[str]()) - {"HEAD"}
    }


def test_every_route_is_in_the_matrix_once() -> None:
    with serve(metrics=True) as world:
        assert sorted(case.route for case in CASES) == sorted(served_routes(world))


@pytest.fixture(scope="module")
def reading() -> Iterator[World]:
    """A world for requests that change nothing, as refused ones must."""
    with populated() as world:
        yield world


@pytest.mark.parametrize("role", ROLE_NAMES)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.route)
def test_a_role_gets_what_the_matrix_says(case: Case, role: RoleName, reading: World) -> None:
    refused = case.expected()[role] >= 400
    if case.method == "GET" or refused:
        assert ask(reading, case, role).status_code == case.expected()[role]
        return
    with populated() as world:
        assert ask(world, case, role).status_code == case.expected()[role]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.route)
def test_a_key_for_scraping_gets_what_nobody_gets_and_the_figures(case: Case, reading: World) -> None:
    status = ask(reading, case, "nobody", {"x-lodeline-key": reading.names["metrics_secret"]}).status_code
    if case.route == "GET /metrics":
        assert status == 200
    elif case.expected()["nobody"] == 401:
        assert status in {403, 404}
    else:
        assert status == case.expected()["nobody"]


def ask(world: World, case: Case, role: RoleName, more: Mapping[str, str] = NONE):
    """Send the case's request as a role; return the answer."""
    headers = {**world.headers[role], **case.headers, **more}
    if case.route == "POST /v1/traces" and f"{role}_secret" in world.names:
        headers["authorization"] = f"Bearer {world.names[f'{role}_secret']}"
    path = case.filled.replace("{experiment_id}", "{experiment}").format_map(world.names)
    body = case.json
    if isinstance(body, dict) and "dataset_id" in body:  # a name of the world, as in paths
        named = cast("dict[str, object]", body)
        body = {**named, "dataset_id": str(named["dataset_id"]).format_map(world.names)}
    return world.client.request(
        case.method, path, json=body, content=case.content, headers=headers, follow_redirects=False
    )
