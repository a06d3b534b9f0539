"""Refusals at the door of OTLP over HTTP: a google.rpc.Status in the sender's encoding, whatever refuses."""

import json

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Scope

from lodeline.domain.errors import LodelineError, Unavailable
from lodeline.ingest.otlp import JSON_TYPE, PROTOBUF_TYPES
from lodeline.server.rpc_status import rpc_code, rpc_status

OTLP_PATH = "/v1/traces"
PROTOBUF = "application/x-protobuf"


def media_type_of(headers: Headers) -> str:
    """Return what a request says that its body is, without parameters, in lower case."""
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def refusal(error: LodelineError, *, as_json: bool) -> Response:
    """Return an error as an OTLP Status, with Retry-After when sending again helps."""
    status = 415 if error.error_code in {"unsupported_encoding", "unsupported_media_type"} else error.http_status
    headers: dict[str, str] = {}
    if isinstance(error, Unavailable):
        headers["retry-after"] = str(max(1, round(error.retry_after_s)))
    if status == 401:
        headers["www-authenticate"] = 'Bearer realm="lodeline"'
    if not as_json:
        return Response(rpc_status(error), status, headers=headers, media_type=PROTOBUF)
    body = json.dumps({"code": rpc_code(error), "message": error.message}).encode()
    return Response(body, status, headers=headers, media_type=JSON_TYPE)


def refusal_at(scope: Scope, error: LodelineError) -> Response | None:
    """Return the answer to a request at this door that something before it refuses; None at any other address.

    Whoever sends no protobuf reads JSON.
    """
    if scope["path"].rstrip("/") != OTLP_PATH:
        return None
    return refusal(error, as_json=media_type_of(Headers(scope=scope)) not in PROTOBUF_TYPES)
