"""MLflow's own spans. Values are JSON text (an OTLP exporter may send them so) or structured (its client
does).

Tokens: ``mlflow.chat.tokenUsage`` repeats the provider's own counts, so for messages in Anthropic's or
Bedrock's format the input excludes cached tokens.
"""

from collections.abc import Mapping

from lodeline.domain.span import SPAN_KINDS, JsonValue, SpanKind, ToolCall
from lodeline.domain.usage import TokenUsage
from lodeline.ingest.semconv.bodies import request_messages, response_messages
from lodeline.ingest.semconv.dialect import LLM_KINDS, Content, Dialect, Draft
from lodeline.ingest.semconv.documents import documents_from
from lodeline.ingest.semconv.mlflow_messages import library_messages
from lodeline.ingest.semconv.parsing import parse_json
from lodeline.ingest.semconv.previews import preview_at
from lodeline.ingest.semconv.providers import canonical_provider
from lodeline.ingest.semconv.reading import MAX_EXCERPT, Attributes, as_count, as_number, small_json, texts_under
from lodeline.ingest.semconv.tools import tool_definitions
from lodeline.ingest.semconv.usage import Counts, buckets
from lodeline.ingest.values import json_safe

_KINDS: dict[str, SpanKind] = {"WORKFLOW": "CHAIN", "MEMORY": "TASK", **{kind: kind for kind in SPAN_KINDS}}
_INPUTS, _OUTPUTS, _TAG = "mlflow.spanInputs", "mlflow.spanOutputs", "mlflow.traceTag."
_CALLS = frozenset((*LLM_KINDS, "EMBEDDING"))
_NATIVE_CACHE = frozenset(("anthropic", "aws.bedrock"))


def _derive(attributes: Attributes, draft: Draft) -> None:
    names = attributes.names
    if draft.kind is None and (named := _text(attributes, "mlflow.spanType")) is not None:
        draft.kind = _KINDS.get(named)
    if draft.model is None:
        draft.model = _text(attributes, "mlflow.llm.model") or _given_model(attributes, draft.kind)
    if draft.provider is None and "\nmlflow.llm.provider" in names:
        draft.provider = canonical_provider(_text(attributes, "mlflow.llm.provider"))
    if draft.tokens is None and "\nmlflow.chat.tokenUsage" in names:
        draft.tokens = _tokens(attributes, draft.provider)
    if draft.cost_usd is None and "\nmlflow.llm.cost" in names:
        cost = _object(attributes, "mlflow.llm.cost")
        draft.cost_usd = as_number(cost.get("total_cost"))
    if f"\n{_TAG}" in names:
        tags = {key: _decoded(value) for key, value in texts_under(attributes, _TAG).items()}
        draft.trace_name = draft.trace_name or tags.get("mlflow.traceName")
        draft.add_tags(tags)


def _given_model(attributes: Attributes, kind: SpanKind | None) -> str | None:
    """Return the model that a call asked for: MLflow's client names it only once the provider has answered, and not
    for every library."""
    return _text(attributes, "model") if kind in _CALLS else None


def _tokens(attributes: Attributes, provider: str | None) -> TokenUsage | None:
    usage = _object(attributes, "mlflow.chat.tokenUsage")
    native = provider in _NATIVE_CACHE or _text(attributes, "mlflow.message.format") in {"anthropic", "bedrock"}
    return buckets(
        Counts(
            as_count(usage.get("input_tokens")),
            as_count(usage.get("output_tokens")),
            as_count(usage.get("total_tokens")),
            cache_read=as_count(usage.get("cache_read_input_tokens")) or 0,
            cache_write=as_count(usage.get("cache_creation_input_tokens")) or 0,
            input_has_cache=not native,
        )
    )


def _preview(attributes: Attributes, draft: Draft) -> None:
    if draft.request is None:
        draft.request = preview_at(attributes, _INPUTS, "request")
    if draft.response is None:
        draft.response = preview_at(attributes, _OUTPUTS, "response")


def _view(attributes: Attributes, kind: SpanKind, content: Content) -> None:
    if content.inputs is None:
        content.inputs = _value(attributes, _INPUTS)
    if content.outputs is None:
        content.outputs = _value(attributes, _OUTPUTS)
    if kind in LLM_KINDS:
        library = _text(attributes, "mlflow.message.format") or ""
        if not content.input_messages:
            content.input_messages = library_messages(library, content.inputs, sent=True) or request_messages(
                content.inputs
            )
        if not content.output_messages:
            content.output_messages = library_messages(library, content.outputs, sent=False) or response_messages(
                content.outputs
            )
        if not content.tool_definitions:
            content.tool_definitions = tool_definitions(_value(attributes, "mlflow.chat.tools"))
    if kind == "RETRIEVER" and not content.documents:
        content.documents = documents_from(content.outputs)
    if kind == "TOOL" and content.tool_call is None:
        name = _text(attributes, "mlflow.spanFunctionName")
        content.tool_call = None if name is None else ToolCall(name, content.inputs)


def _value(attributes: Attributes, key: str) -> JsonValue:
    value = attributes.value(key)
    return parse_json(value) if isinstance(value, str) else json_safe(value)


def _object(attributes: Attributes, key: str) -> Mapping[str, JsonValue]:
    value = small_json(attributes, key)
    return value if isinstance(value, dict) else {}


def _text(attributes: Attributes, key: str) -> str | None:
    text = attributes.text(key)
    return None if text is None else _decoded(text)


def _decoded(text: str) -> str:
    value = parse_json(text) if text.startswith('"') and len(text) <= MAX_EXCERPT else text
    return value if isinstance(value, str) else text


DIALECT = Dialect("mlflow", ("\nmlflow.",), _derive, _preview, _view)
