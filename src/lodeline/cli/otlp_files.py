"""OTLP in files: reading what others wrote, and writing traces as lines of OTLP/JSON."""

import gzip
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lodeline.domain.errors import Invalid, Unavailable
from lodeline.domain.span import JsonValue
from lodeline.sdk.client.call import JSON
from lodeline.sdk.client.decoding import parsed
from lodeline.sdk.client.otlp import PROTOBUF

if TYPE_CHECKING:
    from lodeline.sdk.client.clients import LodelineClient

_OTEL_ID = re.compile("tr-[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class OtlpRequest:
    """One body for ``POST /v1/traces``."""

    body: bytes
    content_type: str


def read_requests(file: Path) -> Iterator[OtlpRequest]:
    """Yield a file's requests: one of ``.pb`` or ``.json``, one a line of ``.jsonl``, each also with ``.gz``."""
    suffixes = [suffix.lower() for suffix in file.suffixes]
    packed = suffixes[-1:] == [".gz"]
    kind = (suffixes[:-1] if packed else suffixes)[-1:]
    try:
        if kind == [".jsonl"]:
            with gzip.open(file, "rb") if packed else file.open("rb") as stream:
                yield from (OtlpRequest(line, JSON) for line in stream if line.strip())
        elif kind in ([".json"], [".pb"]):
            body = gzip.decompress(file.read_bytes()) if packed else file.read_bytes()
            yield OtlpRequest(body, JSON if kind == [".json"] else PROTOBUF)
        else:
            raise Invalid.value("file", file.name, "a name that ends in .pb, .json or .jsonl, also with .gz")
    except (OSError, EOFError, zlib.error) as error:
        raise Invalid(f"{file} cannot be read ({error}).") from error


def send_request(client: "LodelineClient", request: OtlpRequest, experiment: str) -> tuple[int, str]:
    """Send a request to an experiment; return how many spans were refused, and why."""
    answer = client.otlp.export(request.body, experiment=experiment, content_type=request.content_type)
    if request.content_type == JSON:
        return _partial_success(parsed(answer))
    # Only an import of protobuf needs it, and every other command would wait for it.
    from lodeline.cli.otlp_answer import partial_success  # noqa: PLC0415

    return partial_success(answer)


def _partial_success(answer: JsonValue) -> tuple[int, str]:
    success = answer.get("partialSuccess") if isinstance(answer, Mapping) else None
    if not isinstance(success, Mapping):
        return 0, ""
    return int(str(success.get("rejectedSpans", 0))), str(success.get("errorMessage", ""))


def is_otel(trace_id: str) -> bool:
    """Tell whether a trace has an OpenTelemetry id, which OTLP needs."""
    return bool(_OTEL_ID.fullmatch(trace_id))


def trace_lines(otlp: bytes) -> Iterator[bytes]:
    """Yield a trace's `TracesData` as lines of OTLP/JSON; Unavailable when it is none."""
    # Only an export needs it, and every other command would wait for it.
    from lodeline.ingest.otlp_export import json_bodies  # noqa: PLC0415
    from lodeline.ingest.wire import Malformed  # noqa: PLC0415

    try:
        for body in json_bodies(otlp):
            yield body + b"\n"
    except Malformed as error:
        raise Unavailable(
            "the server's answer is no OTLP; is this a Lodeline server?", code="unreadable_answer"
        ) from error
