"""Errors of the server come back as the same classes, whatever else answers as an error of ours."""

import pytest

from lodeline.domain import errors
from lodeline.domain.errors import LodelineError
from lodeline.sdk.client.problems import problem
from lodeline.server.errors import problem_response
from lodeline.server.otlp import refusal

RAISED = [
    errors.Invalid.value("filter", "x", "y"), errors.Unauthenticated("who?"), errors.Forbidden("no"),
    errors.NotFound.of("trace", "tr-1"), errors.Conflict("taken"), errors.Deleted.of("experiment", "1"),
    errors.TooLarge("big"), errors.Unsupported("cannot"), errors.Unavailable("busy", retry_after_s=7),
    errors.TooManyAttempts("slowly", retry_after_s=9),
]  # fmt: skip


@pytest.mark.parametrize("error", RAISED, ids=lambda error: type(error).__name__)
def test_a_problem_of_the_server_is_raised_as_the_same_error(error: LodelineError) -> None:
    answer = problem_response(error)
    again = problem(answer.status_code, bytes(answer.body))
    assert type(again) is type(error)
    assert (again.message, again.error_code, again.details) == (error.message, error.error_code, error.details)


@pytest.mark.parametrize("as_json", [True, False])
@pytest.mark.parametrize("error", RAISED, ids=lambda error: type(error).__name__)
def test_a_refusal_of_the_otlp_door_keeps_its_message(error: LodelineError, as_json: bool) -> None:
    answer = refusal(error, as_json=as_json)
    again = problem(answer.status_code, bytes(answer.body), answer.media_type or "")
    assert error.message in again.message
    assert isinstance(again, type(error).__mro__[0] if not isinstance(error, errors.Deleted) else errors.Conflict)


@pytest.mark.parametrize("content", [b"", b"<html>no</html>", b"[1]", b"\xff"])
def test_an_answer_that_is_no_problem_still_tells_its_status(content: bytes) -> None:
    assert "502" in problem(502, content).message
    assert isinstance(problem(502, content), errors.Unavailable)
    assert problem(500, content, "application/x-protobuf").message


def test_the_id_of_the_request_is_a_note() -> None:
    answer = problem_response(errors.Invalid("no"), "req-1")
    assert problem(answer.status_code, bytes(answer.body)).__notes__ == ["request req-1"]


@pytest.mark.parametrize(("header", "wait_s"), [("7", 7.0), ("soon", 1.0), (None, 1.0)])
def test_how_long_to_wait_may_stand_in_the_header_only(header: str | None, wait_s: float) -> None:
    error = problem(503, b"<html>", retry_after=header)
    assert isinstance(error, errors.Unavailable)
    assert error.retry_after_s == wait_s
