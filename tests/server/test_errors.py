"""Errors at the REST door: always a problem, never a traceback, never content in the log."""

import logging
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from starlette.responses import StreamingResponse
from starlette.testclient import TestClient
from starlette.types import Message

from lodeline.domain.errors import (
    Conflict,
    Deleted,
    Forbidden,
    Invalid,
    LodelineError,
    NotFound,
    TooLarge,
    TooManyAttempts,
    Unauthenticated,
    Unavailable,
    Unsupported,
)
from lodeline.server.errors import Incidents, install_errors
from tests.server.world import TRACE, World, request_of, serve

SECRET = "the content of a trace"
KNOWN: list[tuple[LodelineError, int]] = [
    (Invalid("x"), 400),
    (Unauthenticated("x"), 401),
    (Forbidden("x"), 403),
    (NotFound.of("trace", "tr-1"), 404),
    (Conflict("x"), 409),
    (Deleted.of("experiment", "1"), 409),
    (TooLarge("x"), 413),
    (TooManyAttempts("x", retry_after_s=7), 429),
    (Unsupported("x"), 501),
    (Unavailable("x", retry_after_s=0.2), 503),
]


def client_of(app: FastAPI) -> TestClient:
    return TestClient(app, raise_server_exceptions=False)


@pytest.fixture
def app() -> FastAPI:
    made = FastAPI()
    install_errors(made)
    made.add_middleware(Incidents)
    return made


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/api/2.0/mlflow-artifacts/artifacts/0/x/a.txt"),
        ("POST", "/api/2.0/mlflow/runs/create"),
        ("POST", "/v1/traces"),
        ("PUT", "/api/v1/traces/{trace}/attachments/a.txt"),
        ("POST", "/api/v1/experiments"),
    ],
)
def test_a_client_that_leaves_is_no_error(
    world: World, caplog: pytest.LogCaptureFixture, method: str, path: str
) -> None:
    world.send(request_of(TRACE))
    messages = iter([{"type": "http.request", "body": b'{"', "more_body": True}, {"type": "http.disconnect"}])

    async def receive() -> Message:
        return next(messages)

    async def send(_: Message) -> None: ...

    headers = {"host": "127.0.0.1:5000", "content-type": "application/json", "content-length": "100"}
    scope: dict[str, object] = {
        "type": "http",
        "method": method,
        "path": path.format(trace=TRACE),
        "raw_path": path.format(trace=TRACE).encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 5000),
        "scheme": "http",
        "http_version": "1.1",
        "state": {},
    }
    with caplog.at_level(logging.DEBUG):
        assert world.client.portal is not None
        world.client.portal.call(world.app, scope, receive, send)
    assert [each.getMessage() for each in caplog.records if each.levelno > logging.INFO] == []


@pytest.mark.parametrize(
    ("content", "media_type", "detail"),
    [
        (b'{"a', "application/json", "body: it is not JSON: Unterminated string starting at (character 2)."),
        (b'{"name":"x"} more', "application/json", "body: it is not JSON: Extra data (character 14)."),
        (b"\xff\xfe", "application/json", "body: it is not JSON: Expecting value (character 1)."),
        (b'{"name":"\xff"}', "application/json", "body: it is not UTF-8, which JSON has to be."),
        (b"[" * 100_000, "application/json", "body: its JSON nests too deeply; send fewer levels."),
        (b"[1]", "application/json", "body: [1] is not valid; Input should be a JSON object."),
        (b"", "application/json", "body: Field required."),
        (
            b'{"name":"x"}',
            "application/x-www-form-urlencoded",
            "body: it is not said to be JSON; send it with the header `Content-Type: application/json`.",
        ),
    ],
)
def test_a_body_that_is_no_json_object_says_why(world: World, content: bytes, media_type: str, detail: str) -> None:
    answer = world.client.post("/api/v1/experiments", content=content, headers={"content-type": media_type})
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["detail"]) == (400, "invalid", detail)
    assert problem["details"]["field"] == "body"


@pytest.mark.parametrize(("error", "status"), KNOWN, ids=lambda item: getattr(item, "error_code", ""))
def test_an_error_of_ours_is_a_problem(app: FastAPI, error: LodelineError, status: int) -> None:
    def fail() -> None:
        raise error

    app.add_api_route("/fail", fail)
    answer = client_of(app).get("/fail")
    problem = answer.json()
    assert answer.status_code == problem["status"] == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert (problem["code"], problem["detail"]) == (error.error_code, error.message)
    assert problem["type"] == f"urn:lodeline:problem:{error.error_code}"
    assert problem["details"] == error.details
    assert ("retry-after" in answer.headers) == (status in {429, 503})
    assert ("www-authenticate" in answer.headers) == (status == 401)


def test_retry_after_is_at_least_a_second(app: FastAPI) -> None:
    def fail() -> None:
        raise Unavailable("x", retry_after_s=0.2)

    app.add_api_route("/fail", fail)
    assert client_of(app).get("/fail").headers["retry-after"] == "1"


def test_an_unforeseen_error_tells_an_incident_and_logs_no_content(
    app: FastAPI, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise RuntimeError(SECRET)

    app.add_api_route("/fail", fail)
    with caplog.at_level(logging.DEBUG):
        answer = client_of(app).get("/fail")
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (500, "internal")
    incident = problem["details"]["incident"]
    assert incident in problem["detail"]
    assert SECRET not in answer.text
    logged = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("lodeline"))
    assert incident in logged
    assert "RuntimeError" in logged
    assert "test_errors.py" in logged
    assert SECRET not in logged


def test_an_answer_under_way_is_broken_off_not_ended(app: FastAPI) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"begun"
        raise RuntimeError(SECRET)

    app.add_api_route("/stream", lambda: StreamingResponse(pieces()))
    with pytest.raises(RuntimeError):
        TestClient(app).get("/stream")


@pytest.fixture
def world() -> Iterator[World]:
    with serve() as opened:
        yield opened


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        ("{}", "name", "Field required"),
        ('{"name": 5}', "name", "valid string"),
        ('{"name": "a", "nme": 1}', "nme", "no such field"),
        ('{"name": "a", "settings": {"capture": "some"}}', "settings.capture", "full"),
        ("{", "", "JSON"),
        ('{"name": "\\ud800"}', "name", "unicode"),
    ],
)
def test_a_wrong_body_names_the_field(world: World, body: str, field: str, words: str) -> None:
    answer = world.client.post("/api/v1/experiments", content=body, headers={"content-type": "application/json"})
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (400, "invalid")
    assert field in problem["details"]["field"]
    assert words in problem["detail"]


def test_a_wrong_parameter_names_it_and_its_value(world: World) -> None:
    problem = world.client.get("/api/v1/traces?limit=many").json()
    assert problem["details"]["field"] == "query.limit"
    assert "'many'" in problem["detail"]


def test_a_wrong_filter_names_the_place(world: World) -> None:
    problem = world.client.get("/api/v1/traces", params={"filter": "durtion > 5s"}).json()
    assert problem["status"] == 400
    assert problem["details"]["suggestion"] == "duration"
    assert problem["details"]["position"] == 0


def test_unknown_routes_and_methods_are_problems(world: World) -> None:
    for method, path, status in (
        ("GET", "/api/v1/x", 404),
        ("PUT", "/api/v1/traces", 405),
    ):
        answer = world.client.request(method, path)
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
    assert "'/api/v1/x'" in world.client.get("/api/v1/x").json()["detail"]


def test_a_wrong_method_names_all_that_the_path_has(world: World) -> None:
    for method, path, allowed in (
        ("PUT", "/api/v1/runs", ["GET", "POST"]),
        ("POST", "/api/v1/traces/tr-1", ["DELETE", "GET"]),
        ("POST", "/traces/tr-1", ["GET", "HEAD"]),
    ):
        answer = world.client.request(method, path)
        assert (answer.status_code, answer.headers["allow"]) == (405, ", ".join(allowed))
        assert answer.json()["code"] == "method_not_allowed"
        assert answer.json()["details"] == {"allowed": allowed}
        assert answer.json()["detail"] == f"{method} is no method of '{path}'; it has {', '.join(allowed)}."
