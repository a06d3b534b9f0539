"""Errors as MLflow's client reads them: ``{"error_code", "message"}`` with the status that goes with the code.

The client sends a request again, for minutes, after 408, 429 and every 5xx but 501; so a fault that stays is never
one of these.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.responses import Response

from lodeline.domain.errors import (
    Conflict,
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
from lodeline.domain.ids import new_hex
from lodeline.server.errors import log_incident, wrong_method
from lodeline.server.serialise import dumps

STATUS: Mapping[str, int] = {
    "INVALID_PARAMETER_VALUE": 400,
    "RESOURCE_ALREADY_EXISTS": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "RESOURCE_DOES_NOT_EXIST": 404,
    "ENDPOINT_NOT_FOUND": 404,
    "REQUEST_LIMIT_EXCEEDED": 429,
    "INTERNAL_ERROR": 500,
    "NOT_IMPLEMENTED": 501,
    "TEMPORARILY_UNAVAILABLE": 503,
}
"""MLflow's codes that this door gives, with their HTTP status."""
NO_ENDPOINT = "no_endpoint"
"""The code of the error for an endpoint that there is not; older clients then use what they know from before."""
_TAKEN = ("_taken", "_schema_exists")
"""How the codes of our errors end that tell of a name or id that another one has."""
_HOW_TO_SIGN_IN = (
    "MLflow's client sends the API key in its environment's MLFLOW_TRACKING_TOKEN, or in MLFLOW_TRACKING_PASSWORD "
    "beside any MLFLOW_TRACKING_USERNAME; 'lodeline keys create' makes a key."
)
_CODES: tuple[tuple[type[LodelineError], str], ...] = (
    (Invalid, "INVALID_PARAMETER_VALUE"),
    (TooLarge, "INVALID_PARAMETER_VALUE"),
    (Unauthenticated, "UNAUTHENTICATED"),
    (Forbidden, "PERMISSION_DENIED"),
    (NotFound, "RESOURCE_DOES_NOT_EXIST"),
    (Conflict, "INVALID_PARAMETER_VALUE"),
    (Unsupported, "NOT_IMPLEMENTED"),
    (TooManyAttempts, "REQUEST_LIMIT_EXCEEDED"),
    (Unavailable, "TEMPORARILY_UNAVAILABLE"),
)


def code_of(error: LodelineError) -> str:
    """Return MLflow's code for an error of ours.

    A name or id that is taken is RESOURCE_ALREADY_EXISTS; any other conflict, and an experiment that is deleted, is
    INVALID_PARAMETER_VALUE, as are limits.
    """
    if error.error_code == NO_ENDPOINT:
        return "ENDPOINT_NOT_FOUND"
    if isinstance(error, Conflict) and error.error_code.endswith(_TAKEN):
        return "RESOURCE_ALREADY_EXISTS"
    if error.error_code == "experiment_deleted":
        return "INVALID_PARAMETER_VALUE"
    return next((code for kind, code in _CODES if isinstance(error, kind)), "INTERNAL_ERROR")


def refusal(error: LodelineError) -> Response:
    """Return the answer for an error of ours, with Retry-After or WWW-Authenticate where they belong."""
    code = code_of(error)
    headers: dict[str, str] = {}
    if isinstance(error, Unavailable):
        headers["retry-after"] = str(max(1, round(error.retry_after_s)))
    text = error.message
    if error.details.get("field") == "cursor":
        text = text.replace("cursor: ", "page_token: ", 1).replace("without a cursor", "without a page_token")
    if code == "UNAUTHENTICATED":
        headers["www-authenticate"] = 'Bearer realm="lodeline", Basic realm="lodeline"'
        text = f"{text} {_HOW_TO_SIGN_IN}"
    return _response(code, text, headers)


def refusal_of(error: Exception) -> Response:
    """Return the answer for whatever was raised; what is unforeseen becomes an incident in the log."""
    if isinstance(error, LodelineError):
        return refusal(error)
    if isinstance(error, HTTPException) and error.status_code < 500:
        return _response("INVALID_PARAMETER_VALUE", str(error.detail), {})
    incident = new_hex("in-")
    log_incident(incident, error)
    return _response(
        "INTERNAL_ERROR", f"something unforeseen went wrong; the server's log has it as incident {incident}.", {}
    )


def no_such_method(method: str, path: str, allowed: Sequence[str]) -> Response:
    """Return the answer for an endpoint that has other methods; clients take it as one that there is not."""
    text = wrong_method(method, path, allowed).message
    return _response("ENDPOINT_NOT_FOUND", text, {"allow": ", ".join(allowed)}, HTTPStatus.METHOD_NOT_ALLOWED)


def _response(code: str, text: str, headers: Mapping[str, str], status: int | None = None) -> Response:
    body = dumps({"error_code": code, "message": text})
    return Response(body, status or STATUS[code], headers=dict(headers), media_type="application/json")
