"""OpenInference (Arize Phoenix): flattened ``llm.*``, ``input.value``/``output.value``,
``openinference.span.kind``.

Tokens: ``llm.token_count.prompt`` includes cached tokens, ``completion`` includes reasoning. `llm.model_name`
is the model that answered, except in LlamaIndex's instrumentation, which knows only the one asked for.
"""

from lodeline.domain.span import JsonValue, SpanKind, ToolCall
from lodeline.domain.usage import TokenUsage
from lodeline.ingest.semconv.bodies import request_messages, response_messages
from lodeline.ingest.semconv.dialect import LLM_KINDS, Content, Dialect, Draft
from lodeline.ingest.semconv.documents import documents_from
from lodeline.ingest.semconv.indexed import indexed
from lodeline.ingest.semconv.messages import messages
from lodeline.ingest.semconv.parsing import as_text, parse_container, parse_json
from lodeline.ingest.semconv.parts import content_blocks
from lodeline.ingest.semconv.previews import called, cut, preview_at
from lodeline.ingest.semconv.providers import canonical_provider
from lodeline.ingest.semconv.reading import Attributes, first_text, json_value, small_json
from lodeline.ingest.semconv.tools import finish_reasons, tool_definitions
from lodeline.ingest.semconv.usage import Counts, buckets
from lodeline.ingest.values import json_safe

_KINDS: dict[str, SpanKind] = {
    "LLM": "LLM",
    "CHAIN": "CHAIN",
    "TOOL": "TOOL",
    "AGENT": "AGENT",
    "RETRIEVER": "RETRIEVER",
    "EMBEDDING": "EMBEDDING",
    "RERANKER": "RERANKER",
    "GUARDRAIL": "GUARDRAIL",
    "EVALUATOR": "EVALUATOR",
    "PROMPT": "PARSER",
}
_SENT, _RECEIVED = "llm.input_messages.", "llm.output_messages."


def _derive(attributes: Attributes, draft: Draft) -> None:
    text, names = attributes.text, attributes.names
    if draft.kind is None and (named := text("openinference.span.kind")) is not None:
        draft.kind = _KINDS.get(named) or _KINDS.get(named.upper())
        if draft.kind == "LLM" and "\nllm.input_messages." in names:
            draft.kind = "CHAT_MODEL"
    if "\nllm." in names:
        _derive_llm(attributes, draft)
    elif draft.model is None and ("\nembedding." in names or "\nreranker." in names):
        draft.model = first_text(attributes, "embedding.model_name", "reranker.model_name")
    if attributes.root:
        _derive_trace(attributes, draft)


def _derive_llm(attributes: Attributes, draft: Draft) -> None:
    text = attributes.text
    if draft.model is None:
        draft.model = text("llm.model_name") or text("embedding.model_name") or _asked_model(attributes)
    if draft.provider is None:
        draft.provider = canonical_provider(text("llm.provider") or text("llm.system"))
    if draft.tokens is None and "\nllm.token_count." in attributes.names:
        draft.tokens = _tokens(attributes)
    if draft.cost_usd is None and "\nllm.cost." in attributes.names:
        draft.cost_usd = attributes.number("llm.cost.total")


def _asked_model(attributes: Attributes) -> str | None:
    """Return the model that was asked for: all that there is of a call that failed."""
    if (asked := attributes.text("llm.request.model_name")) is not None:
        return asked
    if "\nllm.invocation_parameters" not in attributes.names:
        return None
    parameters = small_json(attributes, "llm.invocation_parameters")
    model = parameters.get("model") if isinstance(parameters, dict) else None
    return model if isinstance(model, str) and model else None


def _derive_trace(attributes: Attributes, draft: Draft) -> None:
    """Tags and metadata of the trace: every span repeats its context's, so only those of the root count."""
    if "\nmetadata" in attributes.names:
        metadata = small_json(attributes, "metadata")
        if isinstance(metadata, dict):
            pairs = list(metadata.items())[:1_000]
            draft.add_metadata({key: as_text(value) for key, value in pairs if value is not None})
    if "\ntag.tags" in attributes.names:
        tags = attributes.value("tag.tags")
        if isinstance(tags, list):
            draft.add_tags({tag: "true" for tag in tags[:1_000] if isinstance(tag, str) and tag})


def _tokens(attributes: Attributes) -> TokenUsage | None:
    count, names = attributes.count, attributes.names
    given_in, given_out = count("llm.token_count.prompt"), count("llm.token_count.completion")
    if "_details" not in names:
        return buckets(Counts(given_in, given_out, count("llm.token_count.total")))
    cached = "\nllm.token_count.prompt_details.cache" in names
    return buckets(
        Counts(
            given_in,
            given_out,
            count("llm.token_count.total"),
            cache_read=(count("llm.token_count.prompt_details.cache_read") or 0) if cached else 0,
            cache_write=(count("llm.token_count.prompt_details.cache_write") or 0) if cached else 0,
            reasoning=count("llm.token_count.completion_details.reasoning") or 0,
            audio_in=count("llm.token_count.prompt_details.audio") or 0,
            audio_out=count("llm.token_count.completion_details.audio") or 0,
        )
    )


def _preview(attributes: Attributes, draft: Draft) -> None:
    if draft.request is None:
        asked = _last_flat(attributes, _SENT, _USERS)
        draft.request = cut(asked) if asked else preview_at(attributes, "input.value", "request")
    if draft.response is None:
        answered = _last_flat(attributes, _RECEIVED, _ASSISTANTS)
        draft.response = cut(answered) if answered else preview_at(attributes, "output.value", "response")


_USERS, _ASSISTANTS = frozenset(("user", "human")), frozenset(("assistant", "model", "ai"))


def _last_flat(attributes: Attributes, prefix: str, roles: frozenset[str]) -> str | None:
    """Return the text (or the tool calls) of the last message with one of `roles`, reading only its own keys."""
    if f"\n{prefix}" not in attributes.names:
        return None
    last, start = -1, len(prefix)
    for key in attributes.under(prefix):
        if key.endswith(".message.role") and attributes.text(key) in roles:
            number = key[start : -len(".message.role")]
            last = max(last, int(number) if number.isdecimal() and len(number) < 10 else -1)
    if last < 0:
        return None
    text, message = attributes.text, f"{prefix}{last}.message."
    if (content := text(f"{message}content")) is not None:
        return content
    for part in range(10):
        if text(f"{message}contents.{part}.message_content.type") == "text":
            return text(f"{message}contents.{part}.message_content.text")
    calls: list[str] = []
    while (name := text(f"{message}tool_calls.{len(calls)}.tool_call.function.name")) is not None and len(calls) < 10:
        calls.append(called(name, text(f"{message}tool_calls.{len(calls)}.tool_call.function.arguments")))
    return "\n".join(calls) or None


def _view(attributes: Attributes, kind: SpanKind, content: Content) -> None:
    if content.inputs is None:
        content.inputs = _payload(attributes, "input")
    if content.outputs is None:
        content.outputs = _payload(attributes, "output")
    if kind in LLM_KINDS or f"\n{_SENT}" in attributes.names:
        _view_llm(attributes, kind, content)
    if kind == "TOOL" and content.tool_call is None and (name := attributes.text("tool.name")) is not None:
        ident = first_text(attributes, "tool.id", "tool_call.id", "gen_ai.tool.call.id")
        content.tool_call = ToolCall(name, content.inputs, ident)
    if kind in {"RETRIEVER", "RERANKER"} and not content.documents:
        found = indexed(attributes, "retrieval.documents.") or indexed(attributes, "reranker.output_documents.")
        content.documents = documents_from([*found])


def _view_llm(attributes: Attributes, kind: SpanKind, content: Content) -> None:
    if not content.input_messages:
        prompts = [
            {"message": {"role": "user", "content": _prompt(item)}} for item in indexed(attributes, "llm.prompts.")
        ]
        sent = messages([*map(_sent, indexed(attributes, _SENT)), *prompts], "user")
        content.input_messages = sent or (request_messages(content.inputs) if kind in LLM_KINDS else ())
    if not content.output_messages:
        choices = [
            {"role": "assistant", "content": _completion(item)} for item in indexed(attributes, "llm.choices.")
        ]
        received = messages([*indexed(attributes, _RECEIVED), *choices], "assistant")
        content.output_messages = received or (response_messages(content.outputs) if kind in LLM_KINDS else ())
    if not content.tool_definitions:
        found = [_schema(item) for item in indexed(attributes, "llm.tools.")]
        content.tool_definitions = tool_definitions(found)
    if not content.parameters:
        parameters = json_value(attributes, "llm.invocation_parameters")
        content.parameters = dict(parameters) if isinstance(parameters, dict) else {}
    if not content.finish_reasons:
        content.finish_reasons = finish_reasons(attributes.text("llm.finish_reason"))


def _sent(item: dict[str, JsonValue]) -> JsonValue:
    """Return a message; Anthropic's instrumentation writes a tool's answer out as JSON text."""
    message = item.get("message")
    if isinstance(message, dict) and message.get("role") == "tool":
        return {**message, "content": content_blocks(message.get("content"))}
    return item


def _prompt(item: dict[str, JsonValue]) -> JsonValue:
    prompt = item.get("prompt")
    return prompt.get("text") if isinstance(prompt, dict) else None


def _completion(item: dict[str, JsonValue]) -> JsonValue:
    completion = item.get("completion")
    return completion.get("text") if isinstance(completion, dict) else None


def _schema(item: dict[str, JsonValue]) -> JsonValue:
    tool = item.get("tool")
    schema = tool.get("json_schema") if isinstance(tool, dict) else None
    return parse_container(schema) if isinstance(schema, str) else schema


def _payload(attributes: Attributes, side: str) -> JsonValue:
    value = attributes.value(f"{side}.value")
    if not isinstance(value, str):
        return json_safe(value)
    return parse_json(value) if attributes.text(f"{side}.mime_type") == "application/json" else value


DIALECT = Dialect(
    "openinference",
    (
        "\nopeninference.",
        "\nllm.token_count.",
        "\nllm.input_messages.",
        "\nllm.model_name",
        "\ninput.value",
        "\noutput.value",
    ),
    _derive,
    _preview,
    _view,
)
