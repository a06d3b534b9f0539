"""The examples of the API page: one for each route, all successful, the same whenever they are run."""

from functools import cache

import pytest

from lodeline.server.app import close_app, create_app
from lodeline.server.settings import load_settings
from tools.api_examples import EXAMPLES, answered, pretty


@cache
def methods() -> dict[str, str]:
    """Return the method of every native route by its name."""
    app = create_app(load_settings(flags={"store": "memory:"}))
    try:
        paths = app.openapi()["paths"]
    finally:
        close_app(app)
    return {operation["operationId"]: method.upper() for item in paths.values() for method, operation in item.items()}


def test_every_route_has_an_example_and_nothing_else_has() -> None:
    assert set(EXAMPLES) == set(methods())


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_an_example_succeeds_and_is_always_the_same(name: str) -> None:
    first, second = answered(name, methods()[name]), answered(name, methods()[name])
    assert 200 <= first.status < 300, first.answer
    assert first == second


def test_json_is_broken_only_where_it_must_be() -> None:
    assert pretty({"a": [1, 2]}) == '{"a": [1, 2]}'
    assert pretty({"a": ["x" * 60, "y" * 60], "b": 1}).splitlines() == [
        "{", '  "a": [', f'    "{"x" * 60}",', f'    "{"y" * 60}"', "  ],", '  "b": 1', "}",
    ]  # fmt: skip
