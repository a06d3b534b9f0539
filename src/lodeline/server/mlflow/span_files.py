"""Spans that a client puts into a file beside its trace, as the TypeScript client and Python's before 3.4 do.

The file is kept as an artifact, from which such a client reads it back. Its spans become spans of the trace as if
they had come as OTLP, so that the page, filters and other clients find them.
"""

import re
from contextlib import suppress
from typing import BinaryIO

import orjson

from lodeline.auth.actor import Actor
from lodeline.domain.errors import Conflict, Deleted, Invalid, NotFound, TooLarge
from lodeline.domain.ids import TraceId
from lodeline.ingest.resources import ExperimentHint
from lodeline.mlflow.spans import export_request
from lodeline.services.artifacts import OF_TRACE
from lodeline.services.bundle import Services
from lodeline.services.ingest import ExportRequest

SPAN_FILE = "traces.json"
_OF_OTEL = re.compile(r"tr-[0-9a-f]{32}")
_UNFIT = (orjson.JSONDecodeError, Invalid, TooLarge, NotFound, Deleted, Conflict)


def take_spans(services: Services, actor: Actor, path: str, data: BinaryIO) -> None:
    """Add the spans of the file at `path`, whose bytes are `data`, to its trace.

    Nothing happens for another file, and for one that holds no spans or is over the limit of a request: its client
    reads it back from where it was put. Unavailable when too much is under way; sent again, it is taken.
    """
    experiment_id, _, rest = path.strip("/").partition("/")
    place = OF_TRACE.fullmatch(rest)
    if place is None or place["rest"] != SPAN_FILE or not _OF_OTEL.fullmatch(place["trace"]):
        return
    size_bytes = data.seek(0, 2)
    data.seek(0)
    if size_bytes > services.ingest.limits.max_body_bytes:
        return
    with suppress(*_UNFIT), services.ingest.admit(size_bytes) as ticket:
        match orjson.loads(data.read()):
            case {"spans": [*spans]} if spans:
                body, _ = export_request(TraceId(place["trace"]), spans)
                hint = ExperimentHint(experiment_id, "id")
                services.ingest.export(actor, ExportRequest(body, "application/x-protobuf", hint=hint), ticket)
            case _:
                return
