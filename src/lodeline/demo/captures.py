"""One call, many emitters: what public instrumentation libraries sent for the same recorded provider calls."""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import PurePosixPath

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from lodeline.demo.otlp import hashed_trace_id, key_values
from lodeline.demo.part import DemoPart
from lodeline.demo.sources import JsonObject, json_rows, members, text
from lodeline.domain.assessment import AssessmentDraft
from lodeline.domain.experiment import ExperimentDraft

_ARCHIVE = "captures.zip.zst"
_DRAFT = ExperimentDraft(
    name="demo: one call, many emitters",
    description=(
        "The same recorded model calls, seen through 25 instrumentation libraries (OpenInference, OpenLLMetry, "
        "Logfire, OpenTelemetry, Pydantic AI, Strands, Google ADK, Vercel AI). Tag `call` names the call, tag "
        "`emitter` the library. Times are of the replay."
    ),
    tags={"lodeline.demo": "captures"},
    client_key="lodeline-demo-captures-1",
)


def captures_part() -> DemoPart:
    """Return the part; its files are read here."""
    return DemoPart(_DRAFT, _requests, len(_index()), _no_assessments, 0)


def _requests() -> Iterator[bytes]:
    files = _files()
    for row in _index():
        file = PurePosixPath(text(row["file"]))
        tags = {"emitter": file.parent.name}
        if isinstance(cassette := row["cassette"], str):
            tags["call"] = PurePosixPath(cassette).name.removesuffix(".yaml")
        yield relabel(files[f"{file}.pb"], "captures", tags)


def relabel(body: bytes, source: str, tags: Mapping[str, str]) -> bytes:
    """Return a captured request with its trace ids replaced by hashed ones of `source` and tags on its resources."""
    message = ExportTraceServiceRequest.FromString(body)
    for resource_spans in message.resource_spans:
        resource_spans.resource.attributes.extend(
            key_values({f"lodeline.tags.{key}": value for key, value in tags.items()})
        )
        for scope_spans in resource_spans.scope_spans:
            for span in scope_spans.spans:
                span.trace_id = hashed_trace_id(source, span.trace_id.hex())
                for link in span.links:
                    link.trace_id = hashed_trace_id(source, link.trace_id.hex())
    return message.SerializeToString(deterministic=True)


def _no_assessments() -> Iterator[AssessmentDraft]:
    yield from ()


@cache
def _files() -> Mapping[str, bytes]:
    return members(_ARCHIVE)


@cache
def _index() -> tuple[JsonObject, ...]:
    return tuple(json_rows(_files()["index.jsonl"]))
