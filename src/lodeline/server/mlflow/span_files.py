"""Spans that a client puts into a file beside its trace, as the TypeScript client and Python's before 3.4 do.

The file is kept as an artifact, masked (`ArtifactService.put`), from which such a client reads it back. Its spans
become spans of the trace as if they had come as OTLP, so that the page, filters and other clients find them.
"""

import logging
import re
from typing import BinaryIO

import orjson
from starlette.requests import Request

from lodeline.auth.actor import Actor
from lodeline.domain.errors import Conflict, Deleted, Invalid, NotFound, TooLarge, Unavailable
from lodeline.domain.ids import TraceId
from lodeline.domain.span import JsonValue
from lodeline.ingest.resources import ExperimentHint
from lodeline.mlflow.spans import export_request
from lodeline.server.figures import Door, Figures
from lodeline.services.artifacts import OF_TRACE, SPAN_FILE
from lodeline.services.bundle import Services
from lodeline.services.ingest import ExportOutcome, ExportRequest

_OF_OTEL = re.compile(r"tr-[0-9a-f]{32}")
_UNFIT = (Invalid, TooLarge, NotFound, Deleted, Conflict)
_log = logging.getLogger(__name__)


def door_of(request: Request) -> Door:
    """Return what is told of files of spans."""
    figures: Figures = request.app.state.figures
    return figures.door("mlflow")


def take_spans(services: Services, door: Door, actor: Actor, path: str, data: BinaryIO) -> None:
    """Add the spans of the file at `path`, whose bytes are `data`, to its trace.

    Nothing happens for another file. Of one whose spans cannot be taken the log says why, and its client reads it
    back from where it was put, as from MLflow's server. Unavailable when too much is under way; sent again, it is
    taken. `door` is told of each file of spans.
    """
    experiment_id, _, rest = path.strip("/").partition("/")
    place = OF_TRACE.fullmatch(rest)
    if place is None or place["rest"] != SPAN_FILE or not _OF_OTEL.fullmatch(place["trace"]):
        return
    try:
        reason = _take(services, door, actor, (experiment_id, TraceId(place["trace"])), data)
    except _UNFIT as error:
        door.refused(error)
        reason = error.message
    except Unavailable as error:
        door.refused(error)
        raise
    if reason:
        _log.warning("%s of trace %s: %s", SPAN_FILE, place["trace"], reason)


def _take(
    services: Services, door: Door, actor: Actor, whose: tuple[str, TraceId], data: BinaryIO
) -> str:  # fmt: skip
    """Return why spans were left out; empty when all were taken, and when there are none. Raises why none can be."""
    size_bytes = data.seek(0, 2)
    data.seek(0)
    most = services.ingest.limits.max_body_bytes
    if size_bytes > most:
        raise TooLarge(
            f"its {size_bytes} bytes are over the limit of {most} for one request; its spans are in the file only."
        )
    with services.ingest.admit(size_bytes) as ticket:
        try:
            found: JsonValue = orjson.loads(data.read())
        except orjson.JSONDecodeError as error:
            raise Invalid("it is no JSON; no spans were taken from it.") from error
        spans = found.get("spans") if isinstance(found, dict) else None
        if not isinstance(spans, list):
            raise Invalid("it has no list of spans; none were taken from it.")
        body, bad = export_request(whose[1], spans)
        accepted = 0
        if len(spans) > bad:
            export = ExportRequest(body, "application/x-protobuf", hint=ExperimentHint(whose[0], "id"))
            outcome = services.ingest.export(actor, export, ticket)
            accepted, bad = outcome.accepted_spans, bad + outcome.rejected_spans
        door.took(size_bytes, ExportOutcome(accepted, bad))
    return f"{bad} of {len(spans)} entries are no spans that can be taken." if bad else ""
