"""What every call of the MLflow door shares: reading, errors, credentials, unknown routes."""

import base64
from collections.abc import Iterator

import pytest

from lodeline.domain.errors import Invalid
from lodeline.domain.span import JsonValue
from lodeline.server.mlflow.fields import Fields
from tests.server.world import World, populated, serve

EXPERIMENTS = "/api/2.0/mlflow/experiments"


@pytest.fixture
def world() -> Iterator[World]:
    with serve() as opened:
        yield opened


@pytest.fixture(scope="module")
def guarded() -> Iterator[World]:
    with populated() as opened:
        yield opened


def test_names_are_read_in_both_spellings_and_unknown_ones_pass() -> None:
    fields = Fields({"traceId": "a", "max_results": "7", "newer": {"x": 1}, "nothing": None})
    assert (fields.text("trace_id"), fields.integer("max_results")) == ("a", 7)
    assert not fields.has("nothing")
    assert fields.texts("nothing") == ()


@pytest.mark.parametrize(
    ("value", "number"), [(5, 5), ("5", 5), (5.0, 5), ("-9223372036854775808", -(2**63)), (2**63 - 1, 2**63 - 1)]
)
def test_whole_numbers_are_numbers_or_texts(value: JsonValue, number: int) -> None:
    assert Fields({"n": value}).integer("n") == number


@pytest.mark.parametrize("value", [True, "x", "", 1.5, 2**63, [1], {"a": 1}, "1" * 40, "\u0661"])
def test_what_is_no_whole_number_is_named(value: JsonValue) -> None:
    with pytest.raises(Invalid, match=r"'outer\.n'"):
        Fields({"n": value}, "outer").integer("n")


def test_numbers_that_are_not_finite_are_texts() -> None:
    assert str(Fields({"v": "NaN"}).number("v")) == "nan"
    assert Fields({"v": "-Infinity"}).number("v") == float("-inf")
    assert Fields({"v": 10**400}).number("v") == float("inf")


def test_missing_and_empty_texts_are_missing() -> None:
    for values in ({}, {"name": ""}, {"name": None}):
        with pytest.raises(Invalid, match="Missing value for required parameter 'name'"):
            Fields(values).needed("name")


@pytest.mark.parametrize(
    "body", [b"{", b"[1]", b'"x"', b'{"name": ["x", 1]}', b'{"name": {"a": 1}}', b'{"name": "\xff"}', b"[" * 5_000]
)
def test_a_malformed_body_is_refused_in_the_clients_shape(world: World, body: bytes) -> None:
    answer = world.client.post(f"{EXPERIMENTS}/create", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["error_code"] == "INVALID_PARAMETER_VALUE"
    assert answer.json()["message"]


def test_another_content_type_is_refused(world: World) -> None:
    answer = world.client.post(f"{EXPERIMENTS}/create", content=b"name=x", headers={"content-type": "text/plain"})
    assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "PATCH", "PUT"])
@pytest.mark.parametrize("version", ["2.0", "3.0"])
def test_an_unknown_endpoint_lets_clients_fall_back(world: World, method: str, version: str) -> None:
    answer = world.client.request(method, f"/api/{version}/mlflow/no/such")
    assert (answer.status_code, answer.json()["error_code"]) == (404, "ENDPOINT_NOT_FOUND")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/api/2.0/mlflow/runs/create", "POST"),
        ("POST", "/api/3.0/mlflow/issues/iss-1", "GET, HEAD, PATCH"),
        ("POST", "/api/2.0/mlflow-artifacts/artifacts/0/x/a.txt", "DELETE, GET, HEAD, PUT"),
    ],
)
def test_a_wrong_method_names_all_that_the_endpoint_has(world: World, method: str, path: str, allowed: str) -> None:
    answer = world.client.request(method, path)
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
    assert answer.json() == {
        "error_code": "ENDPOINT_NOT_FOUND", "message": f"{method} is no method of '{path}'; it has {allowed}."
    }  # fmt: skip


def test_the_version_admits_spans_and_health_is_text(world: World) -> None:
    major, minor = (int(part) for part in world.client.get("/version").text.split(".")[:2])
    assert (major, minor) >= (3, 4)
    assert world.client.get("/health").text == "OK"
    assert world.client.get("/api/3.0/mlflow/server-info").json()["artifact_serving_enabled"] is True


def test_keys_come_as_bearer_or_as_the_password(guarded: World) -> None:
    secret = guarded.names["viewer_secret"]
    basic = base64.b64encode(f"anybody:{secret}".encode()).decode()
    for header in (f"Bearer {secret}", f"Basic {basic}"):
        answer = guarded.client.get(
            f"{EXPERIMENTS}/get", params={"experiment_id": "1"}, headers={"authorization": header}
        )
        assert answer.status_code == 200
        assert answer.json()["experiment"]["name"] == "app"


def test_nobody_and_wrong_keys_are_unauthenticated(guarded: World) -> None:
    for headers in ({}, {"authorization": "Basic !!"}, {"authorization": "Bearer ldl_read_nonsense"}):
        answer = guarded.client.get(f"{EXPERIMENTS}/get", params={"experiment_id": "1"}, headers=headers)
        assert (answer.status_code, answer.json()["error_code"]) == (401, "UNAUTHENTICATED")
        assert "MLFLOW_TRACKING_TOKEN" in answer.json()["message"]


def test_a_refused_key_is_not_told_back(guarded: World) -> None:
    secret = f"{guarded.names['viewer_secret'][:-4]}abcd"
    for headers in ({"authorization": f"Bearer {secret}"}, {"authorization": f"Token {secret}"}):
        answer = guarded.client.get(f"{EXPERIMENTS}/get", params={"experiment_id": "1"}, headers=headers)
        assert answer.status_code == 401
        assert secret[10:] not in answer.text


def test_cookies_count_nothing_here(guarded: World) -> None:
    answer = guarded.client.get(
        f"{EXPERIMENTS}/get", params={"experiment_id": "1"}, headers=dict(guarded.headers["admin"])
    )
    assert answer.status_code == 401


def test_a_reader_may_not_write(guarded: World) -> None:
    answer = guarded.client.post(
        f"{EXPERIMENTS}/create",
        json={"name": "mine"},
        headers={"authorization": f"Bearer {guarded.names['viewer_secret']}"},
    )
    assert (answer.status_code, answer.json()["error_code"]) == (403, "PERMISSION_DENIED")


def test_a_token_of_another_search_is_refused_by_its_name(world: World) -> None:
    for name in ("one", "two"):
        world.client.post(f"{EXPERIMENTS}/create", json={"name": name})
    for _ in range(2):
        world.client.post("/api/2.0/mlflow/runs/create", json={"experiment_id": "1"})
    asked = {"experiment_ids": ["1"], "max_results": 1}
    token = world.client.post("/api/2.0/mlflow/runs/search", json=asked).json()["next_page_token"]
    again = world.client.post("/api/2.0/mlflow/runs/search", json=asked | {"page_token": token})
    assert len(again.json()["runs"]) == 1
    other = world.client.post(
        "/api/2.0/mlflow/runs/search", json=asked | {"experiment_ids": ["2"], "page_token": token}
    )
    assert other.status_code == 400
    assert other.json()["message"].startswith("page_token: ")
    assert other.json()["message"].endswith("start again without a page_token.")
