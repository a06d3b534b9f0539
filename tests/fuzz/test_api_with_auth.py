"""Random requests to a server that asks who is there: nothing breaks for anybody, and nobody gets in."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings

from tests.server.test_openapi import CHECKS, DOCUMENTED
from tests.server.world import RoleName, World, populated

HOST = {"host": "127.0.0.1:5000"}
OPEN_TO_ALL = {"GET /api/v1/me", "POST /api/v1/logout"}
"""What answers everybody: who one is, and the end of a login that one does not have."""
WHO: tuple[RoleName, ...] = ("admin", "nobody")


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with populated() as made:
        yield made


@pytest.fixture(scope="module")
def api(world: World) -> Any:
    return schemathesis.openapi.from_asgi("/api/v1/openapi.json", world.app, headers=HOST)


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("route", DOCUMENTED)
def test_random_requests(route: str, who: RoleName, api: Any, world: World) -> None:
    _fuzz(api, route, who, world.headers[who], examples=3, derandomize=True)


@pytest.mark.soak
@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("route", DOCUMENTED)
def test_very_many_random_requests(route: str, who: RoleName) -> None:
    with populated() as world:
        api = schemathesis.openapi.from_asgi("/api/v1/openapi.json", world.app, headers=HOST)
        _fuzz(api, route, who, world.headers[who], examples=100, derandomize=False)


def _fuzz(
    api: Any, route: str, who: RoleName, headers: Mapping[str, str], *, examples: int, derandomize: bool
) -> None:
    method, _, path = route.partition(" ")

    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=derandomize,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    @given(case=api[path][method].as_strategy())
    def run(case: Any) -> None:
        answer = case.call_and_validate(checks=CHECKS, headers={**HOST, **headers})
        if who == "nobody" and route not in OPEN_TO_ALL:
            assert answer.status_code in {400, 401, 403, 404, 409, 413, 429}

    run()
