"""Span: one step of a trace. Narrow facts for the summary and the indexes, full content on demand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias

from lodeline.domain.ids import SpanId, TraceId
from lodeline.domain.usage import NO_USAGE, TokenUsage

SpanKind = Literal[
    "AGENT", "LLM", "CHAT_MODEL", "TOOL", "RETRIEVER", "EMBEDDING", "RERANKER", "PARSER", "CHAIN", "GUARDRAIL",
    "EVALUATOR", "TASK", "UNKNOWN",
]  # fmt: skip
SPAN_KINDS: tuple[SpanKind, ...] = (
    "UNKNOWN", "AGENT", "LLM", "CHAT_MODEL", "TOOL", "RETRIEVER", "EMBEDDING", "RERANKER", "PARSER", "CHAIN",
    "GUARDRAIL", "EVALUATOR", "TASK",
)  # fmt: skip
"""All kinds in the order of their stored numbers; only ever append."""
SpanStatus = Literal["UNSET", "OK", "ERROR"]
SPAN_STATUSES: tuple[SpanStatus, ...] = ("UNSET", "OK", "ERROR")
"""OpenTelemetry's status codes; the index is the code on the wire."""

JsonValue: TypeAlias = "bool | int | float | str | Sequence[JsonValue] | Mapping[str, JsonValue] | None"
AttributeValue: TypeAlias = (
    "bool | int | float | str | bytes | Sequence[AttributeValue] | Mapping[str, AttributeValue] | None"
)
"""OTLP's AnyValue. Bytes appear as base64 text in native JSON; NaN and infinities as strings."""


class ResourceFacts(NamedTuple):
    """What the program that sent a span says about itself, from its resource attributes.

    `model_id` is ``lodeline.model_id`` or else ``service.version``. `client` names the instrumentation library.
    """

    service: str | None = None
    environment: str | None = None
    model_id: str | None = None
    run_id: str | None = None
    client: str | None = None
    tags: Mapping[str, str] | None = None


NO_RESOURCE = ResourceFacts()


REPORTED = "reported"
"""The source of a cost that the span told itself."""


class SpanFacts(NamedTuple):
    """The narrow facts of one span: all that the trace summary, lists and indexes need, never its content.

    `start_ns`/`end_ns` are epoch nanoseconds; `end_ns` is 0 while the span has not ended. `digest` is a 63-bit number
    over the span's bytes: of two copies of a span an ended one beats an unended one, then the later end, then the
    larger digest (`rank`). `position` is the span's index within its payload chunk. `tokens` and `cost_picousd`
    (10⁻¹² US dollars, exact integers) are what this span itself reported or was priced at; None means that it
    reported nothing. `cost_source` is that of `Span`. `request`/`response` are previews, at most 1,000 characters.
    `tags` and `metadata` are what this span contributes to its trace, in the order they were seen.
    """

    span_id: SpanId
    parent_id: SpanId | None
    name: str
    kind: SpanKind
    status: SpanStatus
    start_ns: int
    end_ns: int
    digest: int
    position: int
    size_bytes: int
    status_message: str = ""
    model: str | None = None
    provider: str | None = None
    tokens: TokenUsage | None = None
    cost_picousd: int | None = None
    session: str | None = None
    user: str | None = None
    request: str | None = None
    response: str | None = None
    trace_name: str | None = None
    tags: Mapping[str, str] | None = None
    metadata: Mapping[str, str] | None = None
    cost_source: str | None = None
    resource: ResourceFacts = NO_RESOURCE

    @property
    def rank(self) -> tuple[bool, int, int]:
        """Which of two copies of a span is kept: the greater rank."""
        return (self.end_ns != 0, self.end_ns, self.digest)


@dataclass(frozen=True, slots=True)
class SpanSkeleton:
    """A span without its content: what a trace tree and a timeline need."""

    span_id: SpanId
    parent_id: SpanId | None
    name: str
    kind: SpanKind
    status: SpanStatus
    start_ns: int
    end_ns: int | None
    model: str | None = None
    tokens: TokenUsage | None = None
    cost_usd: float | None = None
    size_bytes: int = 0


@dataclass(frozen=True, slots=True)
class SpanEvent:
    """Something that happened within a span; `time_ns` is epoch nanoseconds."""

    name: str
    time_ns: int
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict[str, AttributeValue])


@dataclass(frozen=True, slots=True)
class SpanLink:
    """A reference to another span, possibly of another trace."""

    trace_id: TraceId
    span_id: SpanId
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict[str, AttributeValue])


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool call that a model asked for. `arguments` is parsed JSON, or the text itself when it is not JSON."""

    name: str
    arguments: JsonValue = None
    call_id: str | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One chat message in normal form.

    `content` is the joined text of its text parts; `parts` keeps everything that is not text (images and files by
    reference, reasoning) as JSON. A tool's answer has role "tool" and the `tool_call_id` it answers.
    """

    role: Literal["system", "user", "assistant", "tool", "unknown"]
    content: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None
    reasoning: str | None = None
    parts: tuple[JsonValue, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """One document that a retriever or a reranker returned."""

    content: str = ""
    document_id: str | None = None
    score: float | None = None
    metadata: JsonValue = None


@dataclass(frozen=True, slots=True)
class SpanView:
    """The normalised view of a span: the same provider call gives the same view whatever instrumentation saw it.

    Computed when read, beside the untouched attributes. `dialect` names the convention that was understood.
    """

    kind: SpanKind = "UNKNOWN"
    dialect: str = "unknown"
    inputs: JsonValue = None
    outputs: JsonValue = None
    input_messages: tuple[Message, ...] = ()
    output_messages: tuple[Message, ...] = ()
    tool_definitions: tuple[JsonValue, ...] = ()
    tool_call: ToolCall | None = None
    documents: tuple[Document, ...] = ()
    model: str | None = None
    provider: str | None = None
    parameters: Mapping[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    finish_reasons: tuple[str, ...] = ()
    tokens: TokenUsage = NO_USAGE
    session: str | None = None
    user: str | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """A whole span as it was sent: untouched attributes, events, links, its resource and scope, and its view.

    `cost_source` says where `cost_usd` is from: ``reported`` by the span itself, or the prices that its tokens had
    when it was taken in, with their version: ``genai-prices VERSION``, ``override`` (the experiment's own prices),
    or ``override, genai-prices VERSION`` where the former left some open. None without a cost, and for spans that
    were taken in before this was kept.
    """

    trace_id: TraceId
    span_id: SpanId
    parent_id: SpanId | None
    name: str
    kind: SpanKind
    status: SpanStatus
    start_ns: int
    end_ns: int | None
    status_message: str = ""
    otel_kind: str = "INTERNAL"
    trace_state: str = ""
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict[str, AttributeValue])
    events: tuple[SpanEvent, ...] = ()
    links: tuple[SpanLink, ...] = ()
    resource: Mapping[str, AttributeValue] = field(default_factory=dict[str, AttributeValue])
    scope: str = ""
    scope_version: str = ""
    view: SpanView = SpanView()
    cost_usd: float | None = None
    cost_source: str | None = None
