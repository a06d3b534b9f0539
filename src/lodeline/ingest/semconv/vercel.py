"""Vercel's AI SDK: ``ai.*``, usually with some ``gen_ai.*`` beside it.

``ai.generateText`` and its like wrap the provider's calls (``….doGenerate``, ``….doStream``) and repeat their
sums. Tokens: the SDK hands on the provider's own count, so with Anthropic and Bedrock the input excludes
cached tokens, until version 6 (``ai.usage.inputTokenDetails.*``), which includes them.
"""

from lodeline.domain.span import JsonValue, SpanKind, ToolCall
from lodeline.domain.usage import TokenUsage
from lodeline.ingest.semconv.bodies import request_messages
from lodeline.ingest.semconv.dialect import Content, Dialect, Draft
from lodeline.ingest.semconv.documents import documents_from
from lodeline.ingest.semconv.messages import messages
from lodeline.ingest.semconv.parsing import parse_json
from lodeline.ingest.semconv.previews import preview_at
from lodeline.ingest.semconv.providers import canonical_provider
from lodeline.ingest.semconv.reading import Attributes, as_count, first_count, first_text, json_value, texts_under
from lodeline.ingest.semconv.tools import finish_reason, tool_definitions
from lodeline.ingest.semconv.usage import Counts, buckets
from lodeline.ingest.values import json_safe

_CALLS: dict[str, SpanKind] = {
    "ai.generateText.doGenerate": "CHAT_MODEL",
    "ai.streamText.doStream": "CHAT_MODEL",
    "ai.generateObject.doGenerate": "CHAT_MODEL",
    "ai.streamObject.doStream": "CHAT_MODEL",
    "ai.embed.doEmbed": "EMBEDDING",
    "ai.embedMany.doEmbed": "EMBEDDING",
    "ai.rerank.doRerank": "RERANKER",
    "ai.toolCall": "TOOL",
}
_METADATA = "ai.telemetry.metadata."
_OWN_NAMES = frozenset(("sessionId", "userId"))
_NATIVE_CACHE = frozenset(("anthropic", "aws.bedrock"))


def _derive(attributes: Attributes, draft: Draft) -> None:
    text = attributes.text
    operation = text("ai.operationId")
    if draft.kind is None and operation is not None:
        draft.kind = _CALLS.get(operation, "CHAIN")
    if draft.model is None:
        draft.model = text("ai.response.model") or text("gen_ai.response.model") or text("ai.model.id")
    if draft.provider is None:
        draft.provider = canonical_provider(text("ai.model.provider"))
    if draft.tokens is None and "\nai.usage." in attributes.names:
        draft.tokens = _tokens(attributes, draft.provider)
    if f"\n{_METADATA}" in attributes.names:
        if draft.session is None:
            draft.session = text("ai.telemetry.metadata.sessionId")
        if draft.user is None:
            draft.user = text("ai.telemetry.metadata.userId")
        if attributes.root:
            found = texts_under(attributes, _METADATA)
            draft.add_metadata({key: value for key, value in found.items() if key not in _OWN_NAMES})


def _tokens(attributes: Attributes, provider: str | None) -> TokenUsage | None:
    names = attributes.names
    detailed = "\nai.usage.inputTokenDetails." in names
    cache_read = first_count(attributes, "ai.usage.cachedInputTokens", "ai.usage.inputTokenDetails.cacheReadTokens")
    cache_write = attributes.count("ai.usage.inputTokenDetails.cacheWriteTokens") if detailed else None
    if cache_write is None and provider in _NATIVE_CACHE:
        cache_write = _written_to_cache(attributes)
    given_in = first_count(attributes, "ai.usage.inputTokens", "ai.usage.promptTokens", "ai.usage.tokens")
    return buckets(
        Counts(
            given_in,
            first_count(attributes, "ai.usage.outputTokens", "ai.usage.completionTokens"),
            attributes.count("ai.usage.totalTokens"),
            cache_read=cache_read or 0,
            cache_write=cache_write or 0,
            reasoning=first_count(
                attributes, "ai.usage.reasoningTokens", "ai.usage.outputTokenDetails.reasoningTokens"
            )
            or 0,
            input_has_cache=detailed or provider not in _NATIVE_CACHE,
        )
    )


def _written_to_cache(attributes: Attributes) -> int:
    metadata = attributes.text("ai.response.providerMetadata")
    if metadata is None or len(metadata) > 16_384 or "cacheCreationInputTokens" not in metadata:
        return 0
    parsed = parse_json(metadata)
    own = parsed.get("anthropic") if isinstance(parsed, dict) else None
    return (as_count(own.get("cacheCreationInputTokens")) or 0) if isinstance(own, dict) else 0


def _preview(attributes: Attributes, draft: Draft) -> None:
    if draft.request is None:
        for key in ("ai.prompt.messages", "ai.prompt", "ai.toolCall.args", "ai.value"):
            draft.request = draft.request or preview_at(attributes, key, "request")
    if draft.response is None:
        for key in ("ai.response.text", "ai.response.object", "ai.response.toolCalls", "ai.toolCall.result"):
            draft.response = draft.response or preview_at(attributes, key, "response")


def _view(attributes: Attributes, kind: SpanKind, content: Content) -> None:
    if kind == "TOOL":
        _view_tool(attributes, content)
        return
    if not content.input_messages:
        sent = json_value(attributes, "ai.prompt.messages")
        whole = json_value(attributes, "ai.prompt")
        content.input_messages = messages(sent, "user") if sent is not None else request_messages(whole)
        content.inputs = whole if content.inputs is None else content.inputs
    if not content.output_messages:
        content.output_messages = messages(_answer(attributes), "assistant")
    if content.outputs is None:
        content.outputs = json_value(attributes, "ai.response.object")
    if not content.tool_definitions:
        content.tool_definitions = tool_definitions(json_safe(attributes.value("ai.prompt.tools")))
    if not content.finish_reasons and (reason := attributes.text("ai.response.finishReason")):
        content.finish_reasons = (finish_reason(reason),)
    if not content.parameters:
        found = texts_under(attributes, "ai.settings.")
        content.parameters = {key: json_safe(attributes.value(f"ai.settings.{key}")) for key in found}
    if kind == "RERANKER" and not content.documents:
        content.documents = documents_from(json_value(attributes, "ai.ranking"))


def _view_tool(attributes: Attributes, content: Content) -> None:
    arguments, result = attributes.text("ai.toolCall.args"), attributes.text("ai.toolCall.result")
    if content.inputs is None and arguments is not None:
        content.inputs = parse_json(arguments)
    if content.outputs is None and result is not None:
        content.outputs = parse_json(result)
    if content.tool_call is None and (name := attributes.text("ai.toolCall.name")) is not None:
        content.tool_call = ToolCall(name, content.inputs, attributes.text("ai.toolCall.id"))


def _answer(attributes: Attributes) -> JsonValue:
    text = first_text(attributes, "ai.response.text", "ai.result.text", "ai.response.object")
    calls = json_value(attributes, "ai.response.toolCalls")
    thought = attributes.text("ai.response.reasoning")
    if text is None and calls is None and thought is None:
        return None
    return {"role": "assistant", "content": text, "tool_calls": calls, "reasoning": thought}


DIALECT = Dialect(
    "vercel", ("\nai.operationId", "\nai.model.", "\nai.toolCall.", "\nai.prompt"), _derive, _preview, _view
)
