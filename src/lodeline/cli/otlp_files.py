"""OTLP in files: reading what others wrote, and writing traces as lines of OTLP/JSON."""

import gzip
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from lodeline.domain.errors import Invalid
from lodeline.domain.span import SPAN_STATUSES, AttributeValue, JsonValue, Span
from lodeline.sdk.client.call import JSON
from lodeline.sdk.client.decoding import parsed
from lodeline.sdk.client.otlp import PROTOBUF

if TYPE_CHECKING:
    from lodeline.sdk.client.clients import LodelineClient

_OTEL_ID = re.compile("tr-[0-9a-f]{32}")
_KINDS = ("UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER")


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


def trace_line(spans: Sequence[Span]) -> bytes:
    """Return spans as one line of OTLP/JSON. Bytes in attributes have become base64 text on their way here."""
    groups = [
        {
            "resource": {"attributes": _attributes(span.resource)},
            "scopeSpans": [{"scope": {"name": span.scope, "version": span.scope_version}, "spans": [_span(span)]}],
        }
        for span in spans
    ]
    return orjson.dumps({"resourceSpans": groups}) + b"\n"


def _span(span: Span) -> dict[str, object]:
    return {
        "traceId": span.trace_id.removeprefix("tr-"),
        "spanId": span.span_id,
        "parentSpanId": span.parent_id or "",
        "traceState": span.trace_state,
        "name": span.name,
        "kind": _KINDS.index(span.otel_kind) if span.otel_kind in _KINDS else 0,
        "startTimeUnixNano": str(span.start_ns),
        "endTimeUnixNano": str(span.end_ns or 0),
        "attributes": _attributes(span.attributes),
        "events": [
            {"name": event.name, "timeUnixNano": str(event.time_ns), "attributes": _attributes(event.attributes)}
            for event in span.events
        ],
        "links": [
            {
                "traceId": link.trace_id.removeprefix("tr-"),
                "spanId": link.span_id,
                "attributes": _attributes(link.attributes),
            }
            for link in span.links
        ],
        "status": {"code": SPAN_STATUSES.index(span.status), "message": span.status_message},
    }


def _attributes(attributes: Mapping[str, AttributeValue]) -> list[dict[str, object]]:
    return [{"key": key, "value": _any_value(value)} for key, value in attributes.items()]


def _any_value(value: AttributeValue) -> dict[str, object]:
    if value is None:
        return {}
    if isinstance(value, str | bytes):
        return {"stringValue": value if isinstance(value, str) else value.decode("utf-8", "replace")}
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, Mapping):
        return {"kvlistValue": {"values": _attributes(value)}}
    return {"arrayValue": {"values": [_any_value(item) for item in value]}}
