"""The OTLP/HTTP door: POST /v1/traces, protobuf and JSON. A plain Starlette route: it is the hot path.

The body is read under the admission's bounds, then decoded and written on a thread of its own; the answer is given
after the commit. Answers and errors are in the request's encoding, as OTLP prescribes.
"""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Literal

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from lodeline.auth.actor import LOCAL, Actor
from lodeline.domain.delivery import DeliverySource, parse_source
from lodeline.domain.errors import LodelineError, NotFound, Unavailable, Unsupported, shown
from lodeline.domain.ids import RunId, new_hex
from lodeline.domain.run import check_run_id
from lodeline.ingest.limits import IngestLimits
from lodeline.ingest.otlp import JSON_TYPE, PROTOBUF_TYPES
from lodeline.ingest.resources import ExperimentHint
from lodeline.server.access import Access, key_of
from lodeline.server.errors import cut_off, log_incident
from lodeline.server.figures import Door, Figures
from lodeline.server.otlp_refusals import OTLP_PATH, PROTOBUF, media_type_of, refusal
from lodeline.server.security import body_too_large
from lodeline.server.settings import Settings
from lodeline.services.admission import Ticket
from lodeline.services.ingest import ExportOutcome, ExportRequest, IngestService

_MLFLOW_CLIENT = "mlflow-"
"""How MLflow's clients begin their user agent; they read of an experiment that there is not as from its server."""
HINT_HEADERS: tuple[tuple[str, Literal["id", "name", "either"]], ...] = (
    ("x-lodeline-experiment", "either"),
    ("x-mlflow-experiment-id", "id"),
    ("x-project-name", "name"),
    ("x-phoenix-project-name", "name"),
)
"""Headers that name the experiment of a whole request, strongest first: ours, MLflow's, Phoenix's two."""

RUN_HEADER = "x-mlflow-run-id"
"""Names the run that made the traces whose roots are in a request."""


def routes() -> list[BaseRoute]:
    """Return the routes of this door."""
    return [Route(OTLP_PATH, export_traces, methods=["POST"], name="export_traces", include_in_schema=False)]


async def export_traces(request: Request) -> Response:
    """Take one export request; durable when it is answered."""
    media_type = media_type_of(request.headers)
    as_json = media_type == JSON_TYPE
    figures: Figures = request.app.state.figures
    door = figures.door("http")
    try:
        if media_type not in PROTOBUF_TYPES and media_type != JSON_TYPE:
            raise _not_otlp(media_type)
        outcome = await _export(request, media_type, door)
    except LodelineError as error:
        door.refused(error)
        if isinstance(error, NotFound) and request.headers.get("user-agent", "").startswith(_MLFLOW_CLIENT):
            body = json.dumps({"error_code": "RESOURCE_DOES_NOT_EXIST", "message": error.message}).encode()
            return Response(body, error.http_status, media_type=JSON_TYPE)
        return refusal(error, as_json=as_json)
    except ClientDisconnect:
        raise  # nobody is left to answer
    except asyncio.CancelledError:
        stopping = cut_off()
        door.refused(stopping)
        return refusal(stopping, as_json=as_json)
    except Exception as error:
        door.refused(error)
        incident = new_hex("in-")
        log_incident(incident, error)
        unforeseen = LodelineError(f"something unforeseen went wrong; the log has it as incident {incident}.")
        return refusal(unforeseen, as_json=as_json)
    return _answer(outcome, as_json=as_json)


def hint_of(headers: Headers) -> ExperimentHint | None:
    """Return the experiment that the headers name, for the whole request."""
    for name, form in HINT_HEADERS:
        value = headers.get(name, "").strip()
        if value:
            return ExperimentHint(_utf8(value), form)
    return None


def run_of(headers: Headers) -> RunId | None:
    """Return the run that the traces of a request are linked to; Invalid when it cannot be one."""
    value = headers.get(RUN_HEADER, "").strip()
    return check_run_id(value) if value else None


def source_of(headers: Headers) -> DeliverySource | None:
    """Return what an SDK says of the batches in a request; Invalid when that is malformed."""
    instance, sequences = headers.get("x-lodeline-instance"), headers.get("x-lodeline-sequence")
    return None if instance is None or sequences is None else parse_source(instance, sequences)


def _utf8(value: str) -> str:
    """Return a header's text, which is read as Latin-1, as the UTF-8 that it is where it is any."""
    if value.isascii():
        return value
    try:
        return value.encode("latin-1").decode()
    except UnicodeError:
        return value


async def _export(request: Request, media_type: str, door: Door) -> ExportOutcome:
    ingest: IngestService = request.app.state.services.ingest
    pool: ThreadPoolExecutor = request.app.state.ingest_pool
    stated = request.headers.get("content-length", "")
    stated_bytes = int(stated) if stated.isdecimal() else 0
    if stated_bytes > ingest.limits.max_body_bytes:
        raise body_too_large(ingest.limits.max_body_bytes)
    actor = await _actor(request)
    with ingest.admit(stated_bytes) as ticket:
        body = await _read_in_time(request, ticket, ingest.limits)
        export = ExportRequest(
            body=body,
            content_type=media_type,
            encoding=request.headers.get("content-encoding"),
            hint=hint_of(request.headers),
            source=source_of(request.headers),
            run_id=run_of(request.headers),
        )
        work = partial(counted, ingest, door, actor, export, ticket)
        return await asyncio.get_running_loop().run_in_executor(pool, work)


def counted(
    ingest: IngestService, door: Door, actor: Actor, export: ExportRequest, ticket: Ticket | None
) -> ExportOutcome:
    """Store a request's spans and count them: here, as the spans stay when their sender has gone meanwhile."""
    outcome = ingest.export(actor, export, ticket)
    door.took(len(export.body), outcome)
    return outcome


async def _actor(request: Request) -> Actor:
    access: Access = request.app.state.access
    if not access.enabled:
        return LOCAL
    return await run_in_threadpool(access.by_key, key_of(request.headers))


async def _read_in_time(request: Request, ticket: Ticket, limits: IngestLimits) -> bytes:
    settings: Settings = request.app.state.settings
    try:
        async with asyncio.timeout(settings.body_timeout_s):
            return await _read(request, ticket, limits)
    except TimeoutError as error:
        raise late(settings.body_timeout_s) from error


def late(body_timeout_s: float) -> Unavailable:
    """Return the error for a request that does not arrive."""
    return Unavailable(
        f"the request did not arrive within {body_timeout_s:g} s; send again, or fewer spans at a time.",
        code="body_timeout",
    )


async def _read(request: Request, ticket: Ticket, limits: IngestLimits) -> bytes:
    parts: list[bytes] = []
    size_bytes = 0
    async for part in request.stream():
        size_bytes += len(part)
        if size_bytes > limits.max_body_bytes:
            raise body_too_large(limits.max_body_bytes)
        ticket.hold(size_bytes)
        parts.append(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _answer(outcome: ExportOutcome, *, as_json: bool) -> Response:
    if as_json:
        partial: dict[str, str] = {}
        if outcome.rejected_spans or outcome.message:
            partial = {"rejectedSpans": str(outcome.rejected_spans), "errorMessage": outcome.message}
        return Response(json.dumps({"partialSuccess": partial} if partial else {}).encode(), media_type=JSON_TYPE)
    message = ExportTraceServiceResponse()
    if outcome.rejected_spans or outcome.message:
        message.partial_success.rejected_spans = outcome.rejected_spans
        message.partial_success.error_message = outcome.message
    return Response(message.SerializeToString(), media_type=PROTOBUF)


def _not_otlp(media_type: str) -> LodelineError:
    return Unsupported(
        f"content-type: {shown(media_type)} is not OTLP; send {PROTOBUF} or {JSON_TYPE}.",
        code="unsupported_media_type",
    )
