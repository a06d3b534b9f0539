"""Lodeline's own attributes: they win over every other dialect, so a program can correct what a library
reports."""

from lodeline.domain.span import SPAN_KINDS, JsonValue, SpanKind, ToolCall
from lodeline.domain.trace import MAX_PREVIEW
from lodeline.ingest.semconv.bodies import request_messages, response_messages
from lodeline.ingest.semconv.dialect import LLM_KINDS, Content, Dialect, Draft
from lodeline.ingest.semconv.documents import documents_from
from lodeline.ingest.semconv.parsing import parse_json
from lodeline.ingest.semconv.previews import preview_at
from lodeline.ingest.semconv.providers import canonical_provider
from lodeline.ingest.semconv.reading import Attributes, json_value, small_json, texts_under
from lodeline.ingest.semconv.usage import provider_usage

_KINDS: dict[str, SpanKind] = {"WORKFLOW": "CHAIN", "MEMORY": "TASK", **{kind: kind for kind in SPAN_KINDS}}
"""The names of kinds; the first two are those that programs written for MLflow use."""


def _derive(attributes: Attributes, draft: Draft) -> None:
    text, names = attributes.text, attributes.names
    draft.kind = _KINDS.get(text("lodeline.kind") or "")
    draft.session = text("lodeline.session")
    draft.user = text("lodeline.user")
    draft.trace_name = text("lodeline.trace_name")
    draft.model = text("lodeline.model")
    draft.provider = canonical_provider(text("lodeline.provider"))
    if "\nlodeline.usage" in names:
        draft.tokens = provider_usage(small_json(attributes, "lodeline.usage"))
    if "\nlodeline.cost_usd" in names:
        draft.cost_usd = attributes.number("lodeline.cost_usd")
    if "\nlodeline.cache_hit" in names and attributes.value("lodeline.cache_hit") is True:
        draft.cost_usd = 0.0
    if "\nlodeline.tags." in names:
        draft.add_tags(texts_under(attributes, "lodeline.tags."))
    if "\nlodeline.metadata." in names:
        draft.add_metadata(texts_under(attributes, "lodeline.metadata."))


def _preview(attributes: Attributes, draft: Draft) -> None:
    if draft.request is None:
        draft.request = _said(attributes, "lodeline.request_preview")
    if draft.request is None:
        draft.request = preview_at(attributes, "lodeline.inputs", "request")
    if draft.response is None:
        draft.response = _said(attributes, "lodeline.response_preview")
    if draft.response is None:
        draft.response = preview_at(attributes, "lodeline.outputs", "response")


def _said(attributes: Attributes, key: str) -> str | None:
    text = attributes.text(key)
    return None if text is None else text[:MAX_PREVIEW]


def _view(attributes: Attributes, kind: SpanKind, content: Content) -> None:
    content.inputs = _content(attributes, "lodeline.inputs")
    content.outputs = _content(attributes, "lodeline.outputs")
    if kind in LLM_KINDS:
        content.input_messages = request_messages(content.inputs)
        content.output_messages = response_messages(content.outputs)
    if kind == "RETRIEVER":
        content.documents = documents_from(content.outputs)
    if kind == "TOOL":
        content.tool_call = _tool_call(attributes, content.inputs)


def _content(attributes: Attributes, key: str) -> JsonValue:
    """Return a value that may be structured, text, or JSON text: of an object, a list or a quoted string."""
    value = json_value(attributes, key)
    if isinstance(value, str) and value.startswith('"') and value.endswith('"'):
        parsed = parse_json(value)
        return parsed if isinstance(parsed, str) else value
    return value


def _tool_call(attributes: Attributes, arguments: JsonValue) -> ToolCall | None:
    name = attributes.text("lodeline.tool")
    return None if name is None else ToolCall(name, arguments, attributes.text("lodeline.tool_call_id"))


DIALECT = Dialect("lodeline", ("\nlodeline.",), _derive, _preview, _view)
