"""Builders for everybody's tests: traces with real packed payload, from as little as matters to the test.

    write("tr-1", span("answer", 1), span("llm", 2, parent=1, kind="LLM", status="ERROR"))

Times are milliseconds after `T0_MS`. Span ids are small numbers. What is not given is plain: one ended root, status
OK, no attributes.
"""

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import TypeVar

from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1 import trace_pb2

from lodeline.domain.assessment import (
    AssessmentDraft,
    AssessmentError,
    AssessmentKind,
    AssessmentSource,
    AssessmentTarget,
    SourceKind,
)
from lodeline.domain.audit import AuditEntry
from lodeline.domain.experiment import Experiment, ExperimentChange, ExperimentDraft
from lodeline.domain.ids import DEFAULT_EXPERIMENT, AssessmentId, ExperimentId, SpanId, TraceId
from lodeline.domain.page import Page
from lodeline.domain.span import (
    NO_RESOURCE,
    AttributeValue,
    JsonValue,
    ResourceFacts,
    SpanEvent,
    SpanFacts,
    SpanKind,
    SpanStatus,
)
from lodeline.domain.trace import TraceInfo, TraceWrite
from lodeline.domain.usage import TokenUsage, usd_to_picousd
from lodeline.ingest.payload import pack
from lodeline.ingest.values import from_python
from lodeline.query.ast import EntityScope, Search
from lodeline.query.grammar_native import parse
from lodeline.query.order import parse_order
from lodeline.storage.base import Stores

T = TypeVar("T")

T0_MS = 1_790_000_000_000
"""The epoch of all tests, in September 2026."""
NO_ATTRIBUTES: Mapping[str, AttributeValue] = {}


@dataclass(frozen=True, slots=True)
class SpanSpec:
    """One copy of a span: its facts, and what of it only the payload holds."""

    facts: SpanFacts
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict[str, AttributeValue])
    events: Sequence[SpanEvent] = ()


def span(
    name: str = "step",
    number: int = 1,
    *,
    parent: int | None = None,
    start_ms: float = 0,
    end_ms: float | None = 100,
    status: SpanStatus = "OK",
    status_message: str = "",
    kind: SpanKind = "UNKNOWN",
    attributes: Mapping[str, AttributeValue] = NO_ATTRIBUTES,
    events: Sequence[str] = (),
    tokens: TokenUsage | None = None,
    cost_usd: float | None = None,
    cost_source: str | None = None,
    model: str | None = None,
    provider: str | None = None,
    session: str | None = None,
    user: str | None = None,
    request: str | None = None,
    response: str | None = None,
    tags: Mapping[str, str] | None = None,
    metadata: Mapping[str, str] | None = None,
    resource: ResourceFacts = NO_RESOURCE,
) -> SpanSpec:
    """Return a span that ran from `start_ms` to `end_ms` (None: not ended yet)."""
    facts = SpanFacts(
        span_id=span_id(number),
        parent_id=None if parent is None else span_id(parent),
        name=name,
        kind=kind,
        status=status,
        start_ns=at_ns(start_ms),
        end_ns=0 if end_ms is None else at_ns(end_ms),
        digest=0,
        position=0,
        size_bytes=0,
        status_message=status_message,
        model=model,
        provider=provider,
        tokens=tokens,
        cost_picousd=None if cost_usd is None else usd_to_picousd(cost_usd),
        session=session,
        user=user,
        request=request,
        response=response,
        tags=tags,
        metadata=metadata,
        cost_source=cost_source,
        resource=resource,
    )
    return SpanSpec(facts, attributes, [SpanEvent(event, at_ns(start_ms)) for event in events])


def span_id(number: int) -> SpanId:
    """Return the span id of a small number."""
    return SpanId(f"{number:016x}")


def at_ns(ms: float) -> int:
    """Return epoch nanoseconds of a time in milliseconds after `T0_MS`."""
    return T0_MS * 1_000_000 + round(ms * 1_000_000)


def write(
    trace_id: str,
    *spans: SpanSpec,
    experiment: str = DEFAULT_EXPERIMENT,
    info: TraceInfo | None = None,
    received_ms: int = T0_MS,
) -> TraceWrite:
    """Return what one request brings for one trace, with its spans really packed."""
    messages = [_message(trace_id, spec) for spec in spans]
    facts = tuple(
        spec.facts._replace(position=i, size_bytes=len(data), digest=_digest(data))
        for i, (spec, data) in enumerate(zip(spans, (m.SerializeToString() for m in messages), strict=True))
    )
    chunk = pack(facts, _traces_data(spans, messages)) if spans else b""
    return TraceWrite(ExperimentId(experiment), TraceId(trace_id), facts, chunk, info, received_ms)


def _message(trace_id: str, spec: SpanSpec) -> trace_pb2.Span:
    facts = spec.facts
    message = trace_pb2.Span(
        trace_id=hashlib.blake2b(trace_id.encode(), digest_size=16).digest(),
        span_id=bytes.fromhex(facts.span_id),
        parent_span_id=b"" if facts.parent_id is None else bytes.fromhex(facts.parent_id),
        name=facts.name,
        start_time_unix_nano=facts.start_ns,
        end_time_unix_nano=facts.end_ns,
        attributes=_pairs(spec.attributes),
        events=[
            trace_pb2.Span.Event(name=e.name, time_unix_nano=e.time_ns, attributes=_pairs(e.attributes))
            for e in spec.events
        ],
    )
    message.status.code = trace_pb2.Status.StatusCode.Value(f"STATUS_CODE_{facts.status}")
    message.status.message = facts.status_message
    return message


def _pairs(attributes: Mapping[str, AttributeValue]) -> list[KeyValue]:
    return [KeyValue(key=key, value=from_python(value)) for key, value in attributes.items()]


def _traces_data(spans: Sequence[SpanSpec], messages: Sequence[trace_pb2.Span]) -> bytes:
    data = trace_pb2.TracesData()
    for resource, group in groupby(zip(spans, messages, strict=True), key=lambda pair: pair[0].facts.resource):
        of_resource = data.resource_spans.add()
        if resource.service is not None:
            of_resource.resource.attributes.add(key="service.name", value=from_python(resource.service))
        of_resource.scope_spans.add().spans.extend(message for _, message in group)
    return data.SerializeToString()


def _digest(data: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest()) >> 1


def audit(action: str = "test.change", *, experiment: str | None = DEFAULT_EXPERIMENT) -> AuditEntry:
    """Return an audit entry for a call that wants one."""
    experiment_id = None if experiment is None else ExperimentId(experiment)
    return AuditEntry(T0_MS, "tester", action, "target", experiment_id)


def search(
    text: str = "",
    *,
    entity: EntityScope = "trace",
    experiments: Sequence[str] = (DEFAULT_EXPERIMENT,),
    order: str = "",
    limit: int = 50,
    cursor: str | None = None,
    deadline_s: float = 30.0,
) -> Search:
    """Return the checked search of a filter and an order in our grammar."""
    return Search(
        experiment_ids=tuple(experiments),
        node=parse(text, entity),
        order=parse_order(order, entity),
        limit=limit,
        cursor=cursor,
        deadline_s=deadline_s,
    )


def all_pages(fetch: Callable[[Search], Page[T]], first: Search, *, most: int = 1_000) -> list[T]:
    """Return the items of all pages from `first` on, following cursors; fail when that does not end."""
    items: list[T] = []
    for _ in range(most):
        page = fetch(first)
        items += page.items
        if page.cursor is None:
            return items
        first = replace(first, cursor=page.cursor)
    raise AssertionError(f"no end after {most} pages")


def found(stores: Stores, text: str = "", *, order: str = "", experiments: Sequence[str] = (DEFAULT_EXPERIMENT,)
          ) -> list[str]:  # fmt: skip
    """Return the ids of the traces that match, in order."""
    page = stores.traces.search(search(text, order=order, experiments=experiments, limit=1000))
    assert page.cursor is None
    assert not page.partial
    return [trace.trace_id for trace in page.items]


def settle(stores: Stores, *, timeout_s: float = 30.0) -> None:
    """Wait until what runs behind the commits, such as a text index, has caught up."""
    until = time.monotonic() + timeout_s
    while int(stores.admin.figures().get("text_backlog", 0)):
        assert time.monotonic() < until, "the text index does not catch up"
        time.sleep(0.01)


def make_experiment(stores: Stores, name: str = "app", *, experiment_id: str | None = None) -> Experiment:
    """Create an experiment."""
    wanted = None if experiment_id is None else ExperimentId(experiment_id)
    draft = ExperimentDraft(name, experiment_id=wanted)
    return stores.experiments.create(draft, now_ms=T0_MS, audit=audit("experiment.create", experiment=None))


def delete_experiment(stores: Stores, experiment_id: str) -> Experiment:
    """Delete an experiment."""
    change = ExperimentChange(lifecycle="DELETED")
    return stores.experiments.update(ExperimentId(experiment_id), change, now_ms=T0_MS, audit=audit())


def restore_experiment(stores: Stores, experiment_id: str) -> Experiment:
    """Restore a deleted experiment."""
    change = ExperimentChange(lifecycle="ACTIVE")
    return stores.experiments.update(ExperimentId(experiment_id), change, now_ms=T0_MS, audit=audit())


def judgment(
    trace: str | None = "tr-1",
    name: str = "quality",
    value: JsonValue = 1.0,
    *,
    span: int | None = None,
    session: str | None = None,
    kind: AssessmentKind = "FEEDBACK",
    source: SourceKind = "CODE",
    source_id: str = "default",
    error: AssessmentError | None = None,
    rationale: str | None = None,
    metadata: Mapping[str, str] | None = None,
    identifier: str | None = None,
    overrides: AssessmentId | None = None,
    confidence: float | None = None,
    run_id: str | None = None,
    created_ms: int | None = None,
    assessment_id: AssessmentId | None = None,
) -> AssessmentDraft:
    """Return the draft of an assessment on a trace, on a span of it, or (with `trace` None) on a session."""
    target = AssessmentTarget(
        trace_id=None if trace is None else TraceId(trace),
        span_id=None if span is None else span_id(span),
        session=session,
    )
    return AssessmentDraft(
        target=target,
        name=name,
        kind=kind,
        source=AssessmentSource(source, source_id),
        value=None if error is not None or kind == "ISSUE_REF" else value,
        error=error,
        rationale=rationale,
        metadata=metadata or {},
        identifier=identifier,
        overrides=overrides,
        confidence=confidence,
        run_id=run_id,
        created_ms=created_ms,
        assessment_id=assessment_id,
    )
