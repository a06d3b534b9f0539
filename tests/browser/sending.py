"""Traces of a journey's own, sent to a running server."""

import httpx

from lodeline.demo.otlp import Attributes, SpanDraft, hashed_span_id, hashed_trace_id, request
from lodeline.domain.ids import TraceId, otel_trace_id
from tests.e2e.harness import T0_NS, post


def experiment(api: httpx.Client, name: str) -> str:
    """Create an experiment and return its id."""
    answer = api.post("/experiments", json={"name": name})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["experiment_id"])


def span(
    trace: str,
    number: int,
    name: str,
    *,
    parent: int | None = None,
    start_ms: int = 0,
    length_ms: int = 5,
    attributes: Attributes | None = None,
) -> SpanDraft:
    """Return a span; equal arguments give equal ones."""
    start_ns = T0_NS + start_ms * 1_000_000
    return SpanDraft(
        trace_id=hashed_trace_id(trace),
        span_id=hashed_span_id(trace, str(number)),
        parent_id=b"" if parent is None else hashed_span_id(trace, str(parent)),
        name=name,
        start_ns=start_ns,
        end_ns=start_ns + length_ms * 1_000_000,
        attributes=attributes or {},
    )


def send(server_url: str, experiment_id: str, *spans: SpanDraft) -> None:
    """Export spans to an experiment."""
    with httpx.Client(base_url=server_url, timeout=60) as http:
        body = request([({"service.name": "journey"}, "tests", "1", spans)])
        answer = post(http, body, experiment=experiment_id)
        assert answer.status_code == 200, answer.text


def id_of(trace: str) -> TraceId:
    """Return the id of the trace called `trace`."""
    return otel_trace_id(hashed_trace_id(trace))
