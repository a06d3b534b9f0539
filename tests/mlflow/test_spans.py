"""Spans of MLflow's forms, old and new, as OTLP."""

import orjson
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from lodeline.domain.ids import TraceId
from lodeline.domain.span import JsonValue, Span
from lodeline.ingest.otlp import decode
from lodeline.ingest.payload import unpack_spans
from lodeline.mlflow.spans import export_request


def spans_of(trace_id: str, *raw: JsonValue) -> tuple[list[Span], int]:
    """Return the spans as they are stored, and how many were refused."""
    body, bad = export_request(TraceId(trace_id), raw)
    traces = decode(body, "application/x-protobuf").packed().traces
    return [span for trace in traces for span in unpack_spans(trace.chunk, TraceId(trace_id))], bad


def test_the_form_of_mlflow_2() -> None:
    old: JsonValue = {
        "name": "predict",
        "context": {"trace_id": "0x0123456789abcdef0123456789abcdef", "span_id": "0x0123456789abcdef"},
        "parent_id": None,
        "start_time": 1_000_000_000,
        "end_time": 3_000_000_000,
        "status_code": "ERROR",
        "status_message": "boom",
        "attributes": {"mlflow.spanType": '"LLM"', "mlflow.spanInputs": '{"a": 1}', "plain": "text"},
        "events": [{"name": "exception", "timestamp": 2_000_000, "attributes": {"exception.type": "ValueError"}}],
    }
    [span], bad = spans_of("0f" * 16, old)
    assert bad == 0
    assert (span.span_id, span.parent_id, span.name, span.kind) == ("0123456789abcdef", None, "predict", "LLM")
    assert (span.start_ns, span.end_ns, span.status, span.status_message) == (10**9, 3 * 10**9, "ERROR", "boom")
    assert span.attributes == {"mlflow.spanType": "LLM", "mlflow.spanInputs": {"a": 1}, "plain": "text"}
    assert [(event.name, event.time_ns) for event in span.events] == [("exception", 2 * 10**9)]


def test_the_form_of_mlflow_3_with_links_and_odd_values() -> None:
    new: JsonValue = {
        "span_id": "I9BbE/IvXUU=",
        "parent_span_id": "EQFz8TSuRTY=",
        "name": "llm",
        "start_time_unix_nano": 5,
        "end_time_unix_nano": None,
        "status": {"code": "STATUS_CODE_OK", "message": ""},
        "attributes": {"null": "null", "number": "1.5", "broken": '{"a"', "deep": "[" * 40 + "]" * 40},
        "links": [{"trace_id": "tr-" + "ab" * 16, "span_id": "0123456789abcdef", "attributes": {"k": "v"}}],
    }
    [span], bad = spans_of("tr-" + "cd" * 16, new)
    assert bad == 0
    assert (span.span_id, span.parent_id, span.end_ns) == ("23d05b13f22f5d45", "110173f134ae4536", None)
    assert (span.attributes["null"], span.attributes["number"], span.attributes["broken"]) == (None, 1.5, '{"a"')
    assert span.attributes["deep"] == "[" * 40 + "]" * 40
    assert [(link.trace_id, link.attributes) for link in span.links] == [("tr-" + "ab" * 16, {"k": "v"})]


def test_what_is_no_span_is_counted() -> None:
    found, bad = spans_of("tr-" + "cd" * 16, "text", {"name": "no id"}, {"span_id": "abc"}, {"span_id": 5})
    assert (found, bad) == ([], 4)


def nested(levels: int) -> str:
    return "[" * levels + "]" * levels


@pytest.mark.parametrize(
    ("odd", "bad"),
    [
        ({"span_id": "é"}, 1),
        ({"parent_span_id": "ü" * 16}, 1),
        ({"links": [{"trace_id": "é", "span_id": "ü"}]}, 1),
        ({"start_time_unix_nano": "1" * 5_000}, 0),
        ({"start_time_unix_nano": "١٢٣"}, 0),
        ({"start_time_unix_nano": True}, 0),
        ({"attributes": {"a": nested(300)}}, 0),
        ({"attributes": {"a": "9" * 400}}, 0),
        ({"events": [{"name": "e", "attributes": {"a": orjson.loads(nested(300))}}]}, 0),
        ({"events": [{"name": "e", "attributes": {"a": orjson.loads(nested(400))}}]}, 0),
        ({"events": [{"name": "e", "attributes": {"a": orjson.loads(nested(401))}}]}, 1),
        ({"events": [{"name": "e", "attributes": {"a": orjson.loads(nested(1_000))}}]}, 1),
    ],
    ids=(
        "id",
        "parent",
        "link",
        "digits",
        "arabic",
        "bool",
        "deep text",
        "long number",
        "deep",
        "deepest",
        "too deep",
        "far too deep",
    ),
)
def test_odd_values_cost_at_most_their_span(odd: dict[str, JsonValue], bad: int) -> None:
    plain: dict[str, JsonValue] = {"span_id": "00f067aa0ba902b7", "name": "plain", "attributes": {}}
    body, counted = export_request(TraceId("tr-" + "a" * 32), [plain | odd, plain | {"name": "other"}])
    assert counted == bad
    spans = ExportTraceServiceRequest.FromString(body).resource_spans[0].scope_spans[0].spans
    assert [span.name for span in spans] == (["other"] if bad else ["plain", "other"])


def test_a_deep_value_stays_the_text_that_it_was() -> None:
    raw: JsonValue = {"span_id": "00f067aa0ba902b7", "name": "deep", "attributes": {"a": nested(300)}}
    body, _ = export_request(TraceId("tr-" + "a" * 32), [raw])
    [span] = ExportTraceServiceRequest.FromString(body).resource_spans[0].scope_spans[0].spans
    assert span.attributes[0].value.string_value == nested(300)
