"""Deterministic traces in the shape of real ones, as serialised OTLP requests.

Trace number i is a pure function of i and of the `Shape`: its facts (`facts`) say what every search must find, its
bytes (`trace_spans`) are what is sent. Ten spans a trace, inputs and outputs of 1-4 kB, about 2.6 kB of OTLP a span,
in the attribute styles of three families of instrumentation. Words and their frequencies come from the real texts
of the demonstration data.
"""

import hashlib
import random
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

import orjson
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans

from lodeline.demo.otlp import Attributes, SpanDraft, add_span, key_values
from lodeline.demo.sources import members
from lodeline.domain.ids import TraceId, otel_trace_id

Style = Literal["genai", "openinference", "openllmetry"]
STYLES: tuple[Style, ...] = ("genai", "openinference", "openllmetry")
FIRST_NS = 1_790_000_000 * 1_000_000_000
"""2026-09-21: the start of trace 0; later traces start later."""
HOUR_NS = 3_600 * 1_000_000_000
RARE_WORD = "quokkaberry"
RARE_EVERY = 2_000
COMMON_WORD = "reimbursement"
COMMON_EVERY = 20
ABSENT_WORD = "xanthippecore"
ERROR_EVERY = 20
FAILED_CALL_EVERY = 50
RELEASES, CUSTOMERS, USERS, MODELS, TURNS = 20, 1_000, 500, 8, 5
JUDGED_EVERY = 10
SHARDS = 500
_POOL_WORDS = 400_000
_ROUND = 97


@dataclass(frozen=True, slots=True)
class Shape:
    """How big traces are: spans a trace, bounds of a text's length in characters, and the spread over time."""

    spans: int = 10
    text_min: int = 1_000
    text_max: int = 3_400
    step_ns: int = 20 * 1_000_000_000


FULL = Shape()
SMALL = Shape(spans=4, text_min=60, text_max=240, step_ns=2 * 1_000_000_000)
"""For 10⁶ traces, so that they fit and load in minutes."""


@dataclass(frozen=True, slots=True)
class TraceFacts:
    """What is true of trace `number`: the expected answers of every search follow from it."""

    number: int
    trace_id: TraceId
    start_ns: int
    duration_ns: int
    failed: bool
    failed_call: bool
    rare: bool
    common: bool
    release: str
    customer: str
    session: str
    user: str
    model: str
    style: Style
    shard: int
    score: float | None


def facts(number: int, shape: Shape = FULL) -> TraceFacts:
    """Return what is true of trace `number`."""
    return TraceFacts(
        number=number,
        trace_id=otel_trace_id(raw_trace_id(number)),
        start_ns=FIRST_NS + number * shape.step_ns,
        duration_ns=(500 + (number * 7_919) % 9_500) * 1_000_000,
        failed=number % ERROR_EVERY == 3,
        failed_call=number % FAILED_CALL_EVERY == 9,
        rare=number % RARE_EVERY == 17,
        common=number % COMMON_EVERY == 11,
        release=f"r{number % RELEASES:02d}",
        customer=f"customer-{(number * _ROUND) % CUSTOMERS:04d}",
        session=f"session-{number // TURNS:07d}",
        user=f"user-{(number // TURNS) % USERS:05d}",
        model=f"assistant-v{number % MODELS}",
        style=STYLES[number % len(STYLES)],
        shard=number % SHARDS,
        score=((number // JUDGED_EVERY) * 37 % 100) / 100 if number % JUDGED_EVERY == 5 else None,
    )


def raw_trace_id(number: int) -> bytes:
    """Return the 16 bytes of the id of trace `number`."""
    return hashlib.blake2b(number.to_bytes(8, "big"), digest_size=16, person=b"lodeline.bench").digest()


def requests(first: int, last: int, spans_per_request: int, shape: Shape = FULL) -> Iterator[bytes]:
    """Yield serialised requests that hold traces `first` to `last` - 1 whole."""
    per_request = max(1, spans_per_request // shape.spans)
    for start in range(first, last, per_request):
        message = ExportTraceServiceRequest()
        for number in range(start, min(start + per_request, last)):
            message.resource_spans.append(trace_spans(number, shape))
        yield message.SerializeToString()


def untranslated(body: bytes) -> bytes:
    """Return a request of `requests` with every attribute under a name that no dialect knows."""
    message = ExportTraceServiceRequest.FromString(body)
    for resource_spans in message.resource_spans:
        for scope_spans in resource_spans.scope_spans:
            scope_spans.scope.name = "bench"
            for span in scope_spans.spans:
                for attribute in span.attributes:
                    attribute.key = f"x-{attribute.key}"
    return message.SerializeToString()


def giant_trace(spans: int) -> bytes:
    """Return a request with one trace of this many small spans under one root: see `giant_trace_id`."""
    message = ExportTraceServiceRequest()
    scope_spans = message.resource_spans.add().scope_spans.add()
    trace_id, root_id = hashlib.blake2b(b"giant", digest_size=16).digest(), _span_id(b"giant", 0)
    for index in range(spans):
        start_ns = FIRST_NS - HOUR_NS + index * 1_000
        draft = SpanDraft(
            trace_id, _span_id(b"giant", index), b"" if index == 0 else root_id, f"step {index % 50}",
            start_ns, start_ns + 900, {"index": index},
        )  # fmt: skip
        add_span(scope_spans, draft)
    return message.SerializeToString()


def giant_trace_id() -> TraceId:
    """Return the id of the trace that `giant_trace` makes."""
    return otel_trace_id(hashlib.blake2b(b"giant", digest_size=16).digest())


def trace_spans(number: int, shape: Shape = FULL) -> ResourceSpans:
    """Return the spans of trace `number`: a root, then model calls, tools and retrievals in turn."""
    known = facts(number, shape)
    texts = _Texts(number, shape)
    message = ResourceSpans()
    message.resource.attributes.extend(
        key_values({"service.name": "bench", "service.version": known.model, "deployment.environment.name": "bench"})
    )
    scope_spans = message.scope_spans.add()
    scope_spans.scope.name = _SCOPES[known.style]
    trace_id = raw_trace_id(number)
    root_id = _span_id(trace_id, 0)
    add_span(scope_spans, _root(known, trace_id, root_id, texts))
    part_ns = known.duration_ns // shape.spans
    for index in range(1, shape.spans):
        start_ns = known.start_ns + index * part_ns
        name, attributes = _step(index, known, texts)
        error = "upstream answered 503" if known.failed_call and name == "call_api" else None
        draft = SpanDraft(
            trace_id, _span_id(trace_id, index), root_id, name, start_ns, start_ns + part_ns - 1_000, attributes,
            error=error,
        )  # fmt: skip
        add_span(scope_spans, draft)
    return message


def _root(known: TraceFacts, trace_id: bytes, root_id: bytes, texts: "_Texts") -> SpanDraft:
    question = texts.next()
    if known.rare:
        question = f"{question} {RARE_WORD} please"
    if known.common:
        question = f"{question} {COMMON_WORD} form"
    attributes: Attributes = {
        "lodeline.kind": "AGENT",
        "lodeline.inputs": question,
        "lodeline.outputs": texts.next(),
        "lodeline.session": known.session,
        "lodeline.user": known.user,
        "lodeline.tags.release": known.release,
        "lodeline.tags.customer": known.customer,
        "lodeline.metadata.region": "eu-west" if known.number % 2 else "us-east",
        "bench.shard": known.shard,
    }
    return SpanDraft(
        trace_id, root_id, b"", "answer_question", known.start_ns, known.start_ns + known.duration_ns, attributes,
        error="the answer was empty" if known.failed else None,
    )  # fmt: skip


def _step(index: int, known: TraceFacts, texts: "_Texts") -> tuple[str, Attributes]:
    match index % 3:
        case 1:
            return "chat", _MODEL_CALLS[known.style](known.number + index, texts)
        case 2:
            return "call_api", _tool(texts, index)
        case _:
            return "search_index", _retrieval(texts, index)


def _genai_call(number: int, texts: "_Texts") -> Attributes:
    return {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.response.model": "gpt-4o-mini-2024-07-18",
        "gen_ai.request.temperature": 0.2,
        "gen_ai.usage.input_tokens": 200 + number % 800,
        "gen_ai.usage.output_tokens": 20 + number % 300,
        "gen_ai.input.messages": _json([{"role": "user", "parts": [{"type": "text", "content": texts.next()}]}]),
        "gen_ai.output.messages": _json(
            [{"role": "assistant", "parts": [{"type": "text", "content": texts.next()}], "finish_reason": "stop"}]
        ),
        "bench.attempt": number % 4,
    }


def _openinference_call(number: int, texts: "_Texts") -> Attributes:
    return {
        "openinference.span.kind": "LLM",
        "llm.provider": "anthropic",
        "llm.model_name": "claude-3-5-sonnet-20241022",
        "llm.input_messages.0.message.role": "user",
        "llm.input_messages.0.message.content": texts.next(),
        "llm.output_messages.0.message.role": "assistant",
        "llm.output_messages.0.message.content": texts.next(),
        "llm.token_count.prompt": 200 + number % 800,
        "llm.token_count.completion": 20 + number % 300,
        "llm.token_count.total": 220 + number % 800 + number % 300,
        "bench.attempt": number % 4,
    }


def _openllmetry_call(number: int, texts: "_Texts") -> Attributes:
    return {
        "llm.request.type": "chat",
        "gen_ai.system": "openai",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.response.model": "gpt-4o-2024-08-06",
        "gen_ai.prompt.0.role": "user",
        "gen_ai.prompt.0.content": texts.next(),
        "gen_ai.completion.0.role": "assistant",
        "gen_ai.completion.0.content": texts.next(),
        "gen_ai.completion.0.finish_reason": "stop",
        "gen_ai.usage.prompt_tokens": 200 + number % 800,
        "gen_ai.usage.completion_tokens": 20 + number % 300,
        "bench.attempt": number % 4,
    }


def _tool(texts: "_Texts", index: int) -> Attributes:
    return {
        "openinference.span.kind": "TOOL",
        "tool.name": "call_api",
        "input.value": _json({"path": f"/v1/orders/{index}", "query": texts.next("short")}),
        "output.value": texts.next("middle"),
        "http.response.status_code": 200,
    }


def _retrieval(texts: "_Texts", index: int) -> Attributes:
    return {
        "openinference.span.kind": "RETRIEVER",
        "input.value": texts.next("short"),
        "retrieval.documents.0.document.id": f"doc-{index}",
        "retrieval.documents.0.document.content": texts.next("middle"),
        "retrieval.documents.0.document.score": 0.75,
    }


_MODEL_CALLS = {"genai": _genai_call, "openinference": _openinference_call, "openllmetry": _openllmetry_call}
_SCOPES: Mapping[Style, str] = {
    "genai": "opentelemetry.instrumentation.openai_v2",
    "openinference": "openinference.instrumentation.anthropic",
    "openllmetry": "opentelemetry.instrumentation.openai",
}


class _Texts:
    """The texts of one trace, one after the other: stretches of a long text drawn once."""

    def __init__(self, number: int, shape: Shape) -> None:
        self._random = random.Random(number)
        self._shape = shape

    def next(self, size: Literal["long", "middle", "short"] = "long") -> str:
        """Return the next text: long as the shape says, middle half of that, short 40 characters."""
        length = self._random.randint(self._shape.text_min, self._shape.text_max)
        length = {"long": length, "middle": length // 2, "short": 40}[size]
        pool = _pool()
        start = self._random.randrange(len(pool) - length)
        return pool[start : start + length]


@cache
def _pool() -> str:
    """Return a long text whose words come with their frequencies in real passages (of the RAG demonstration)."""
    found = re.findall(rb"[A-Za-z][a-z]{1,14}", members("rag.zip.zst")["bm25-top3.pb"])
    counts = Counter(word.decode() for word in found)
    for word in (RARE_WORD, COMMON_WORD, ABSENT_WORD):
        counts.pop(word, None)
    words, weights = zip(*sorted(counts.items()), strict=True)
    return " ".join(random.Random(0).choices(words, weights, k=_POOL_WORDS))


def _span_id(trace: bytes, index: int) -> bytes:
    return hashlib.blake2b(trace + index.to_bytes(4, "big"), digest_size=8).digest()


def _json(value: object) -> str:
    return orjson.dumps(value).decode()
