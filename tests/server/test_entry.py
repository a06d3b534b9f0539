"""What the doors ask first: who sends a request, and whether it says nothing that the route does not know."""

import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Annotated

import pytest
from fastapi import Query

from lodeline.server.api.entry import PREFIX, OpenRoute
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


def test_routes_are_made_when_they_are_asked() -> None:
    made = "import lodeline.server.app as app; print(sum('dependant' in vars(each) for each in app.NATIVE_ROUTES))"
    said = subprocess.run([sys.executable, "-c", made], capture_output=True, text=True, check=True)
    assert said.stdout == "0\n"


def test_a_route_that_several_ask_at_once_is_made_once() -> None:
    def answers(name: Annotated[str, Query()]) -> str:
        return name

    for _ in range(20):
        route = OpenRoute("/answers", answers, methods=["GET"])
        first = Barrier(4)

        def look(route: OpenRoute = route, first: Barrier = first) -> object:
            first.wait()
            return route.dependant, route.app

        with ThreadPoolExecutor(4) as threads:
            looks = [each.result() for each in [threads.submit(look) for _ in range(4)]]
        assert all(each == looks[0] for each in looks)
        with pytest.raises(AttributeError, match="a route has no 'what'"):
            _ = route.what
