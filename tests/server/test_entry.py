"""What the doors ask first: who sends a request, and whether it says nothing that the route does not know."""

import re
from collections.abc import Iterator

import pytest

from lodeline.server.api.entry import PREFIX
from lodeline.server.mlflow.routes import ENDPOINTS, RAW
from tests.server.world import World, populated, serve

OPEN = {"set_up", "sign_in", "sign_out", "get_me"}
"""The routes of signing in, which nobody may ask."""


@pytest.fixture(scope="module")
def guarded() -> Iterator[World]:
    with populated() as opened:
        yield opened


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with serve() as opened:
        yield opened


def native(world: World) -> list[tuple[str, str, str]]:
    """Return the name, the method and a path of every native route."""
    return [
        (operation["operationId"], method.upper(), filled(path))
        for path, methods in world.app.openapi()["paths"].items()
        for method, operation in methods.items()
        if path.startswith(PREFIX)
    ]


def filled(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "1", path)


def test_nobody_is_told_what_else_is_wrong_at_the_native_door(guarded: World) -> None:
    asked = [route for route in native(guarded) if route[0] not in OPEN]
    assert len(asked) > 100
    for name, method, path in asked:
        answer = guarded.client.request(method, path, params={"no_such": "1", "limit": "x"}, json=["wrong"])
        assert (name, answer.status_code) == (name, 401)
        headers = {"content-type": "application/json"}
        answer = guarded.client.request(method, path, content=b"{no json", headers=headers)
        assert (name, answer.status_code) == (name, 401)


def test_nobody_is_told_what_else_is_wrong_at_the_door_of_mlflow(guarded: World) -> None:
    calls = [(each.method, f"/api/{filled(each.path)}") for each in ENDPOINTS]
    calls += [(method, f"/api/{under}{filled(route.path)}") for under, route in RAW for method in route.methods or ()]
    assert len(calls) > 100
    for method, path in calls:
        for headers in ({"content-type": "text/plain"}, {"content-type": "application/json"}):
            answer = guarded.client.request(method, path, content=b"{no json", headers=headers)
            assert (method, path, answer.status_code) == (method, path, 401)


def test_no_route_takes_a_query_parameter_that_it_does_not_have(world: World) -> None:
    routes = native(world)
    for name, method, path in routes:
        answer = world.client.request(method, path, params={"no_such_thing": "1"})
        assert (name, answer.status_code, answer.json()["code"]) == (name, 400, "unknown_parameter")
    assert len(routes) > 100


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/assessments?experimnt=1", "'experimnt': there is no such query parameter; did you mean 'experiment'?"),
        ("/assessments?limit=1&trace=tr-1", "'trace': there is no such query parameter; this route has cursor, "),
        ("/me?a%0Ab=1", "'a\\nb': there is no such query parameter; this route has none."),
        ("/traces?" + "x" * 2_000, "characters)': there is no such query parameter"),
    ],
)
def test_a_misspelt_parameter_is_told_the_right_one(world: World, path: str, said: str) -> None:
    answer = world.client.get(f"{PREFIX}{path}")
    assert answer.status_code == 400
    assert said in answer.json()["detail"]


def test_a_parameter_of_one_value_is_given_once(world: World) -> None:
    answer = world.client.get(f"{PREFIX}/traces?limit=1&limit=2")
    assert (answer.status_code, answer.json()["code"]) == (400, "repeated_parameter")
    assert answer.json()["detail"] == "limit: it is given 2 times ('1', '2'); give it once."
    assert world.client.get(f"{PREFIX}/traces?experiment=0&experiment=0").status_code == 200


def test_who_has_a_login_that_ended_can_sign_in_again(guarded: World) -> None:
    cookie = {"cookie": "lodeline_login=ended"}
    assert guarded.client.get(f"{PREFIX}/me", headers=cookie).status_code == 401
    answer = guarded.client.post(f"{PREFIX}/login", json={"name": "nobody at all", "password": "x"}, headers=cookie)
    assert answer.json()["detail"] != guarded.client.get(f"{PREFIX}/me", headers=cookie).json()["detail"]
