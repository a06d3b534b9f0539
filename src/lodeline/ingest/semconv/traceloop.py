"""Traceloop's SDK and OpenLLMetry's framework instrumentations: ``traceloop.*`` around the ``gen_ai.*`` of
the calls."""

from lodeline.domain.span import JsonValue, SpanKind, ToolCall
from lodeline.ingest.semconv.dialect import Content, Dialect, Draft
from lodeline.ingest.semconv.parsing import parse_json
from lodeline.ingest.semconv.previews import Side, cut, preview
from lodeline.ingest.semconv.reading import MAX_EXCERPT, Attributes, texts_under
from lodeline.ingest.values import json_safe

_KINDS: dict[str, SpanKind] = {
    "workflow": "CHAIN",
    "task": "TASK",
    "agent": "AGENT",
    "tool": "TOOL",
    "handoff": "TOOL",
}
_PROPERTIES = "traceloop.association.properties."
_SIDES = {"input": ("inputs", "input_str"), "output": ("outputs", "output")}


def _derive(attributes: Attributes, draft: Draft) -> None:
    if draft.kind is None and (named := attributes.text("traceloop.span.kind")) is not None:
        draft.kind = _KINDS.get(named)
    if f"\n{_PROPERTIES}" in attributes.names:
        if draft.session is None:
            draft.session = attributes.text("traceloop.association.properties.session_id")
        if draft.user is None:
            draft.user = attributes.text("traceloop.association.properties.user_id")
        if attributes.root:
            found = texts_under(attributes, _PROPERTIES)
            draft.add_metadata({key: value for key, value in found.items() if key not in {"session_id", "user_id"}})


def _preview(attributes: Attributes, draft: Draft) -> None:
    if draft.request is None:
        draft.request = _preview_of(attributes, "input", "request")
    if draft.response is None:
        draft.response = _preview_of(attributes, "output", "response")


def _preview_of(attributes: Attributes, entity: str, side: Side) -> str | None:
    text = attributes.text(f"traceloop.entity.{entity}")
    if text is None:
        return None
    return cut(text) if len(text) > MAX_EXCERPT else preview(_unwrapped(parse_json(text), entity), side)


def _view(attributes: Attributes, kind: SpanKind, content: Content) -> None:
    if content.inputs is None:
        content.inputs = _unwrapped(_entity(attributes, "input"), "input")
    if content.outputs is None:
        content.outputs = _unwrapped(_entity(attributes, "output"), "output")
    name = attributes.text("gen_ai.tool.name") or attributes.text("traceloop.entity.name")
    if kind == "TOOL" and content.tool_call is None and name is not None and content.inputs is not None:
        content.tool_call = ToolCall(name, content.inputs, attributes.text("gen_ai.tool.call.id"))


def _entity(attributes: Attributes, side: str) -> JsonValue:
    value = attributes.value(f"traceloop.entity.{side}")
    return parse_json(value) if isinstance(value, str) else json_safe(value)


def _unwrapped(value: JsonValue, side: str) -> JsonValue:
    """Return what LangChain's callbacks wrap into an object beside tags and metadata."""
    if isinstance(value, dict):
        for key in _SIDES[side]:
            if key in value:
                return value[key]
    return value


DIALECT = Dialect("traceloop", ("\ntraceloop.",), _derive, _preview, _view)
