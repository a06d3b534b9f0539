"""The recorded payloads of real emitters, as wire spans, domain spans and model calls."""

import gzip
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span as WireSpan

from lodeline.domain.ids import SpanId, TraceId
from lodeline.domain.span import Span, SpanEvent, SpanView
from lodeline.ingest.semconv import derive, view
from lodeline.ingest.values import attributes

FOLDER = Path(__file__).parents[2] / "data" / "otlp"
MODEL_KINDS = {"LLM", "CHAT_MODEL"}


class Captured(NamedTuple):
    """One span of a payload, with the name of its instrumentation scope."""

    scope: str
    wire: WireSpan


class Call(NamedTuple):
    """One model call as an emitter reported it. `cost_usd` is what the emitter says it cost."""

    name: str
    failed: bool
    view: SpanView
    cost_usd: float | None


def index() -> list[dict[str, Any]]:
    return [json.loads(line) for line in (FOLDER / "index.jsonl").read_text().splitlines()]


FILES = sorted(row["file"] for row in index())


def recorded_usage() -> dict[str, list[dict[str, Any]]]:
    lines = (FOLDER / "recorded-usage.jsonl").read_text().splitlines()
    return {row["cassette"]: row["calls"] for row in map(json.loads, lines)}


def emitter(file: str) -> str:
    return file.partition("/")[0]


@cache
def spans(file: str) -> tuple[Captured, ...]:
    """All spans of a payload, by start."""
    request = ExportTraceServiceRequest.FromString(gzip.decompress((FOLDER / f"{file}.pb.gz").read_bytes()))
    found = [
        Captured(scope.scope.name, span)
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]
    return tuple(sorted(found, key=lambda captured: captured.wire.start_time_unix_nano))


def domain_span(wire: WireSpan) -> Span:
    return Span(
        trace_id=TraceId(f"tr-{wire.trace_id.hex()}"),
        span_id=SpanId(wire.span_id.hex()),
        parent_id=SpanId(wire.parent_span_id.hex()) if wire.parent_span_id else None,
        name=wire.name,
        kind="UNKNOWN",
        status="UNSET",
        start_ns=wire.start_time_unix_nano,
        end_ns=wire.end_time_unix_nano,
        attributes=attributes(wire.attributes),
        events=tuple(
            SpanEvent(event.name, event.time_unix_nano, attributes(event.attributes)) for event in wire.events
        ),
    )


@cache
def calls(file: str) -> tuple[Call, ...]:
    """The model calls of a payload, once each, in order."""
    found = [
        _call(wire)
        for scope, wire in spans(file)
        if scope != "com.anthropic.sdk.python"  # the client's own span within Logfire's span of the same call
    ]
    return tuple(_once([call for call in found if call.view.kind in MODEL_KINDS]))


def _call(wire: WireSpan) -> Call:
    cost_usd = derive(wire, {pair.key: pair.value for pair in wire.attributes}).reported_cost_usd
    return Call(wire.name, wire.status.code == 2, view(domain_span(wire)), cost_usd)


def _once(found: list[Call]) -> Iterator[Call]:
    streams = any(call.name.startswith("streaming response from") for call in found)
    for call in found:
        if call.name.endswith("._prepare_chat_with_tools"):  # LlamaIndex: a step before the call, of kind LLM
            continue
        if streams and not call.view.output_messages and not call.failed:  # Logfire: the stream's record has all
            continue
        yield call
