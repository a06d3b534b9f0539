"""The OpenAPI document is valid, stable and true: real answers fit it, and fuzzed requests never break a route."""

import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings

from tests.server.role_matrix import CASES, Case
from tests.server.test_roles import ask
from tests.server.world import populated, serve

schemathesis.serializer.alias("application/zip", "application/octet-stream")
DOCUMENTED = [
    case.route
    for case in CASES
    if "/api/v1/" in case.route and not re.search(r"/(openapi\.json|docs.*|login/oidc.*)$", case.route)
]
"""All but pages, and the addresses that single sign-on sends a browser to."""
_CHECKS: Any = importlib.import_module("schemathesis.specs.openapi.checks")
CHECKS: list[Any] = [
    importlib.import_module("schemathesis.checks").not_a_server_error,
    _CHECKS.status_code_conformance,
    _CHECKS.content_type_conformance,
    _CHECKS.response_schema_conformance,
]


@pytest.fixture(scope="module")
def app() -> Iterator[FastAPI]:
    with serve(allowed_hosts=["testserver"]) as world:
        world.client.post("/api/v1/experiments", json={"name": "fuzzed"})
        yield world.app


@pytest.fixture(scope="module")
def document(app: FastAPI) -> dict[str, Any]:
    return app.openapi()


@pytest.fixture(scope="module")
def api(app: FastAPI) -> Any:
    return schemathesis.openapi.from_asgi("/api/v1/openapi.json", app)


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [(m, p, operation) for p, item in document["paths"].items() for m, operation in item.items()]


def test_every_schema_is_a_json_schema(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    for name, schema in document["components"]["schemas"].items():
        jsonschema_rs.validator_for({**schema, "components": document["components"]})
        assert schema.get("description"), f"{name} has no description"


def test_no_two_schemas_have_one_name(document: dict[str, Any]) -> None:
    assert [name for name in document["components"]["schemas"] if "__" in name] == []


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    refs = set(re.findall(r"#/components/schemas/(\w+)", str(document)))
    assert refs == set(document["components"]["schemas"])


def test_every_operation_is_named_and_described_once(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(names)) == len(names)
    for method, path, operation in operations(document):
        assert operation["summary"], (method, path)
        assert operation["tags"], (method, path)
        assert "422" not in operation["responses"], (method, path)
        problems = {code for code in operation["responses"] if code >= "400"}
        assert {"400", "401", "403"} <= problems, (method, path)
        for code in problems:
            content = operation["responses"][code]["content"]
            assert content["application/problem+json"]["schema"] == {"$ref": "#/components/schemas/Problem"}


def test_every_parameter_is_described(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        for parameter in operation.get("parameters", []):
            assert parameter.get("description"), (method, path, parameter["name"])


def test_nanoseconds_are_decimal_strings(document: dict[str, Any]) -> None:
    trace = document["components"]["schemas"]["Trace"]["properties"]
    assert trace["start_ns"] == {
        "type": "string",
        "pattern": "^-?[0-9]+$",
        "description": "nanoseconds as a decimal number",
    }


@pytest.mark.parametrize("case", [case for case in CASES if case.route in DOCUMENTED], ids=lambda case: case.route)
def test_real_answers_fit_their_schema(case: Case, document: dict[str, Any]) -> None:
    """Every request of the role matrix, as an admin, gives a documented status and the documented shape."""
    path = case.route.partition(" ")[2]
    responses = document["paths"][path][case.method.lower()]["responses"]
    with populated() as world:
        answer = ask(world, case, "admin")
        assert str(answer.status_code) in responses
        content = responses[str(answer.status_code)].get("content", {})
        media = answer.headers.get("content-type", "")
        if media in {"application/json", "application/problem+json"}:
            schema = {**content[media]["schema"], "components": document["components"]}
            jsonschema_rs.validator_for(schema).validate(answer.json())
        else:
            assert not answer.content or media in content


@pytest.mark.parametrize("route", DOCUMENTED)
def test_fuzzed_requests_break_nothing(route: str, api: Any) -> None:
    fuzz(api, route, examples=5, derandomize=True)


@pytest.mark.soak
@pytest.mark.parametrize("route", DOCUMENTED)
def test_many_fuzzed_requests_break_nothing(route: str, tmp_path: Path) -> None:
    with serve(f"sqlite:{tmp_path}/store", allowed_hosts=["testserver"]) as world:
        api = schemathesis.openapi.from_asgi("/api/v1/openapi.json", world.app)
        fuzz(api, route, examples=500, derandomize=False)


def fuzz(api: Any, route: str, *, examples: int, derandomize: bool) -> None:
    """Send random requests to a route, right and wrong ones; every answer must be one that is documented."""
    method, _, path = route.partition(" ")

    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=derandomize,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    @given(case=api[path][method].as_strategy())
    def run(case: Any) -> None:
        case.call_and_validate(checks=CHECKS)

    run()
