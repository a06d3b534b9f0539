"""Answers that are errors, as the same classes of `domain.errors` that the server raised."""

from collections.abc import Mapping

import orjson

from lodeline.domain import errors
from lodeline.domain.span import JsonValue
from lodeline.sdk.client.call import JSON

_KINDS: dict[int, type[errors.LodelineError]] = {
    400: errors.Invalid,
    401: errors.Unauthenticated,
    403: errors.Forbidden,
    404: errors.NotFound,
    409: errors.Conflict,
    413: errors.TooLarge,
    415: errors.Invalid,
    422: errors.Invalid,
    501: errors.Unsupported,
}
_BUSY: dict[int, type[errors.Unavailable]] = {
    429: errors.TooManyAttempts,
    502: errors.Unavailable,
    503: errors.Unavailable,
    504: errors.Unavailable,
}


def problem(
    status: int, content: bytes, content_type: str = JSON, *, retry_after: str | None = None
) -> errors.LodelineError:
    """Return the error that an answer stands for: a problem of the API, or a Status of the OTLP door.

    It has the server's code, message and details; the id of the request is added as a note. `retry_after` is the
    header, for answers whose details do not say how long to wait.
    """
    said = {"message": _status_message(content)} if "protobuf" in content_type else _object_in(content)
    message = str(said.get("detail") or said.get("message") or f"the server answered {status} without saying why.")
    code = str(said["code"]) if isinstance(said.get("code"), str) else None
    error = _error(status, message, code, _object(said.get("details")), retry_after)
    if isinstance(said.get("request_id"), str):
        error.add_note(f"request {said['request_id']}")
    return error


def _error(
    status: int, message: str, code: str | None, details: Mapping[str, JsonValue], retry_after: str | None
) -> errors.LodelineError:
    if status in _BUSY:
        wait_s = details.get("retry_after_s")
        if not isinstance(wait_s, int | float):
            wait_s = float(retry_after) if retry_after and retry_after.isdecimal() else 1.0
        busy = _BUSY[status](message, retry_after_s=wait_s, code=code)
        busy.details.update(details)
        return busy
    kind = _KINDS.get(status, errors.LodelineError)
    if status == 409 and code is not None and code.endswith("deleted"):
        kind = errors.Deleted
    return kind(message, code=code, details=details)


def _status_message(content: bytes) -> str:
    """Return the message of a protobuf Status: it has the number and type of a partial success's message."""
    # Only the OTLP door answers in protobuf, and loading it takes longer than a request.
    from google.protobuf.message import DecodeError  # noqa: PLC0415
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (  # noqa: PLC0415
        ExportTracePartialSuccess,
    )

    try:
        return ExportTracePartialSuccess.FromString(content).error_message
    except DecodeError:
        return ""


def _object_in(content: bytes) -> Mapping[str, JsonValue]:
    try:
        return _object(orjson.loads(content))
    except orjson.JSONDecodeError:
        return {}


def _object(value: JsonValue) -> Mapping[str, JsonValue]:
    return value if isinstance(value, Mapping) else {}
