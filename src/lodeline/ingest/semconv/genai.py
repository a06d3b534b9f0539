"""OpenTelemetry's GenAI conventions, as attributes: the common ground that most emitters build on.

Tokens: ``gen_ai.usage.input_tokens`` includes cached tokens, ``output_tokens`` includes reasoning.
OpenLLMetry's Gemini instrumentation leaves thoughts and tool-use prompts out of both, but reports the true
total: the rest is counted as reasoning.
"""

from lodeline.domain.span import JsonValue, SpanKind, ToolCall
from lodeline.domain.usage import TokenUsage
from lodeline.ingest.semconv import genai_events
from lodeline.ingest.semconv.bodies import system_messages
from lodeline.ingest.semconv.dialect import LLM_KINDS, Content, Dialect, Draft
from lodeline.ingest.semconv.documents import documents_from
from lodeline.ingest.semconv.messages import messages
from lodeline.ingest.semconv.parsing import parse_json
from lodeline.ingest.semconv.previews import preview_at
from lodeline.ingest.semconv.providers import canonical_provider
from lodeline.ingest.semconv.reading import Attributes, first_count, first_text, json_value
from lodeline.ingest.semconv.tools import answered_reasons, finish_reasons, tool_definitions
from lodeline.ingest.semconv.usage import Counts, buckets
from lodeline.ingest.values import json_safe

_KINDS: dict[str, SpanKind] = {
    "chat": "CHAT_MODEL",
    "generate_content": "CHAT_MODEL",
    "message": "CHAT_MODEL",
    "responses": "CHAT_MODEL",
    "text_completion": "LLM",
    "completion": "LLM",
    "embeddings": "EMBEDDING",
    "embedding": "EMBEDDING",
    "retrieval": "RETRIEVER",
    "rerank": "RERANKER",
    "execute_tool": "TOOL",
    "invoke_agent": "AGENT",
    "create_agent": "AGENT",
    "invoke_workflow": "CHAIN",
    "execute_task": "TASK",
    "execute_event_loop_cycle": "CHAIN",
    "handoff": "TOOL",
    "guardrail": "GUARDRAIL",
    "evaluate": "EVALUATOR",
}


def derive(attributes: Attributes, draft: Draft) -> None:
    """Fill kind, model, provider, tokens and cost."""
    text = attributes.text
    if draft.kind is None:
        operation = text("gen_ai.operation.name")
        if operation is not None:
            draft.kind = _KINDS.get(operation)
        elif text("gen_ai.request.model") is not None:
            draft.kind = "LLM"
    if draft.model is None:
        draft.model = text("gen_ai.response.model") or text("gen_ai.request.model")
    if draft.provider is None:
        draft.provider = canonical_provider(text("gen_ai.provider.name") or text("gen_ai.system"))
    if "gen_ai.usage." in attributes.names:
        if draft.tokens is None:
            draft.tokens = tokens(attributes, draft.provider)
        if draft.cost_usd is None and "cost" in attributes.names:
            draft.cost_usd = attributes.number("gen_ai.usage.cost")


def tokens(attributes: Attributes, provider: str | None) -> TokenUsage | None:
    """Return what ``gen_ai.usage.*`` reports, in its present and its former spellings."""
    names, count = attributes.names, attributes.count
    given_in, given_out, total = count("gen_ai.usage.input_tokens"), count("gen_ai.usage.output_tokens"), None
    if given_in is None:
        given_in = count("gen_ai.usage.prompt_tokens")
    if given_out is None:
        given_out = count("gen_ai.usage.completion_tokens")
    if "total_tokens" in names:
        total = first_count(attributes, "gen_ai.usage.total_tokens", "llm.usage.total_tokens")
    reasoning = _reasoning(attributes) if "reasoning" in names or "thoughts_tokens" in names else 0
    if not reasoning and total is not None and provider is not None and provider.startswith("gcp."):
        reasoning = max(total - (given_in or 0) - (given_out or 0), 0)
    cache_read, cache_write = _cache(attributes) if "cache" in names else (0, 0)
    audio_in = audio_out = 0
    if "_audio_tokens" in names:
        audio_in = count("gen_ai.usage.details.input_audio_tokens") or 0
        audio_out = count("gen_ai.usage.details.output_audio_tokens") or 0
    if (
        not (reasoning or cache_read or cache_write or audio_in or audio_out)
        and given_in is not None
        and given_out is not None
    ):
        return TokenUsage(given_in, 0, 0, 0, given_out)
    return buckets(Counts(given_in, given_out, total, cache_read, cache_write, 0, reasoning, audio_in, audio_out))


def _reasoning(attributes: Attributes) -> int:
    found = first_count(
        attributes,
        "gen_ai.usage.reasoning.output_tokens",
        "gen_ai.usage.reasoning_tokens",
        "gen_ai.usage.details.reasoning_tokens",
        "gen_ai.usage.details.thoughts_tokens",
    )
    return found or 0


_CACHE_READ = (
    "gen_ai.usage.cache_read.input_tokens",
    "gen_ai.usage.cache_read_input_tokens",
    "gen_ai.usage.details.cache_read_input_tokens",
    "gen_ai.usage.details.cache_read_tokens",
)
_CACHE_WRITTEN = (
    "gen_ai.usage.cache_creation.input_tokens",
    "gen_ai.usage.cache_write.input_tokens",
    "gen_ai.usage.cache_creation_input_tokens",
    "gen_ai.usage.cache_write_input_tokens",
    "gen_ai.usage.details.cache_creation_input_tokens",
    "gen_ai.usage.details.cache_write_tokens",
)


def _cache(attributes: Attributes) -> tuple[int, int]:
    names = attributes.names
    read = first_count(attributes, *_CACHE_READ) if "cache_read" in names else 0
    written = first_count(attributes, *_CACHE_WRITTEN) if "cache_creation" in names or "cache_write" in names else 0
    return read or 0, written or 0


def preview(attributes: Attributes, draft: Draft) -> None:
    """Fill the previews from messages, a tool's call, or events."""
    if draft.request is None:
        draft.request = preview_at(attributes, "gen_ai.input.messages", "request") or preview_at(
            attributes, "gen_ai.tool.call.arguments", "request"
        )
    if draft.response is None:
        draft.response = preview_at(attributes, "gen_ai.output.messages", "response") or preview_at(
            attributes, "gen_ai.tool.call.result", "response"
        )
    if draft.request is None or draft.response is None:
        genai_events.preview(attributes, draft)


def view(attributes: Attributes, kind: SpanKind, content: Content) -> None:
    """Fill messages, tools, parameters and finish reasons."""
    if not content.input_messages:
        system = json_value(attributes, "gen_ai.system_instructions")
        sent = messages(json_value(attributes, "gen_ai.input.messages"), "user")
        content.input_messages = (system_messages(system) if system else ()) + sent
    received = json_value(attributes, "gen_ai.output.messages")
    if not content.output_messages:
        content.output_messages = messages(received, "assistant")
    if not content.tool_definitions:
        content.tool_definitions = tool_definitions(json_value(attributes, "gen_ai.tool.definitions"))
    if not content.finish_reasons:
        reported = finish_reasons(json_safe(attributes.value("gen_ai.response.finish_reasons")))
        content.finish_reasons = reported or answered_reasons(received)
    if not content.parameters and kind in LLM_KINDS | {"EMBEDDING"}:
        content.parameters = _parameters(attributes)
    if not content.documents and kind in {"RETRIEVER", "RERANKER"}:
        content.documents = documents_from(json_value(attributes, "gen_ai.retrieval.documents"))
    genai_events.view(attributes, content)
    if kind == "TOOL":
        view_tool(attributes, content)


def view_tool(attributes: Attributes, content: Content) -> None:
    """Fill the call that a tool span executes; its arguments are the inputs, its result the outputs."""
    name = first_text(attributes, "gen_ai.tool.name")
    arguments = attributes.value("gen_ai.tool.call.arguments")
    result = attributes.value("gen_ai.tool.call.result")
    inputs = parse_json(arguments) if isinstance(arguments, str) else json_safe(arguments)
    if content.inputs is None:
        content.inputs = inputs
    if content.outputs is None:
        content.outputs = parse_json(result) if isinstance(result, str) else json_safe(result)
    if content.tool_call is None and name is not None:
        content.tool_call = ToolCall(name, content.inputs, attributes.text("gen_ai.tool.call.id"))


def _parameters(attributes: Attributes) -> dict[str, JsonValue]:
    prefix = "gen_ai.request."
    keys = (key for key in attributes.under(prefix) if key != "gen_ai.request.model")
    return {key[len(prefix) :]: json_safe(attributes.value(key)) for key in keys}


DIALECT = Dialect("genai", ("\ngen_ai.",), derive, preview, view)
