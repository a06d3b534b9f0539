"""What a dialect is: one emitter's convention, as one file with three functions over the same reading of
attributes.

A span may carry several dialects (Vercel's ``ai.*`` beside ``gen_ai.*``, Traceloop's beside Logfire's). Each
claims by a mark in the keys; the claiming ones run in the registry's order, the most specific first, and each
fills only what the ones before left open. So for every field the first dialect that knows it wins.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from lodeline.domain.span import Document, JsonValue, Message, SpanKind, ToolCall
from lodeline.domain.usage import TokenUsage
from lodeline.ingest.semconv.reading import Attributes

MAX_NAME = 500
"""Characters of a model, session, user or trace name that are kept in the facts."""


class Derived(NamedTuple):
    """What the hot path learns from one span; None means that the span does not say.

    `model` is the model that answered, else the one asked for. `tokens` are disjoint buckets.
    `reported_cost_usd` is what the emitter itself computed; it is 0.0 when the answer came from a response
    cache. `request` and `response` are previews of at most 1,000 characters. `tags` and `metadata` are
    contributions to the trace.
    """

    kind: SpanKind = "UNKNOWN"
    model: str | None = None
    provider: str | None = None
    tokens: TokenUsage | None = None
    reported_cost_usd: float | None = None
    session: str | None = None
    user: str | None = None
    request: str | None = None
    response: str | None = None
    trace_name: str | None = None
    tags: dict[str, str] | None = None
    metadata: dict[str, str] | None = None
    dialect: str = "unknown"


@dataclass(slots=True)
class Draft:
    """The facts found so far; a dialect fills what is still None."""

    kind: SpanKind | None = None
    model: str | None = None
    provider: str | None = None
    tokens: TokenUsage | None = None
    cost_usd: float | None = None
    session: str | None = None
    user: str | None = None
    request: str | None = None
    response: str | None = None
    trace_name: str | None = None
    tags: dict[str, str] | None = None
    metadata: dict[str, str] | None = None

    def add_tags(self, found: dict[str, str]) -> None:
        """Add tags; those already there stay."""
        if found:
            self.tags = found | (self.tags or {})

    def add_metadata(self, found: dict[str, str]) -> None:
        """Add metadata; entries already there stay."""
        if found:
            self.metadata = found | (self.metadata or {})


@dataclass(slots=True)
class Content:
    """The content found so far; a dialect fills what is still empty."""

    inputs: JsonValue = None
    outputs: JsonValue = None
    input_messages: tuple[Message, ...] = ()
    output_messages: tuple[Message, ...] = ()
    tool_definitions: tuple[JsonValue, ...] = ()
    tool_call: ToolCall | None = None
    documents: tuple[Document, ...] = ()
    parameters: dict[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    finish_reasons: tuple[str, ...] = ()


class Dialect(NamedTuple):
    """One convention. `marks` are substrings of `Attributes.names`; any of them claims the span.

    `derive` fills kind, model, provider, tokens, cost, session, user, name, tags and metadata; `preview`
    fills request and response, and a name that is made of content; `view` fills the content, knowing the kind
    that was derived. None of them ever raises on content.
    """

    name: str
    marks: tuple[str, ...]
    derive: Callable[[Attributes, Draft], None]
    preview: Callable[[Attributes, Draft], None]
    view: Callable[[Attributes, SpanKind, Content], None]


LLM_KINDS = frozenset(("LLM", "CHAT_MODEL"))
