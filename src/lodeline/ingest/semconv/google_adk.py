"""Google's Agent Development Kit: the GenAI conventions, with content (when recorded) under
``gcp.vertex.agent.*``."""

from lodeline.domain.span import SpanKind, ToolCall
from lodeline.ingest.semconv.bodies import request_messages, response_messages
from lodeline.ingest.semconv.dialect import Content, Dialect, Draft
from lodeline.ingest.semconv.previews import preview_at
from lodeline.ingest.semconv.reading import Attributes, json_value, small_json
from lodeline.ingest.semconv.tools import tool_definitions
from lodeline.ingest.semconv.usage import provider_usage

_REQUEST, _RESPONSE = "gcp.vertex.agent.llm_request", "gcp.vertex.agent.llm_response"
_ARGUMENTS, _RESULT = "gcp.vertex.agent.tool_call_args", "gcp.vertex.agent.tool_response"


def _derive(attributes: Attributes, draft: Draft) -> None:
    names = attributes.names
    if draft.kind is None and "\ngen_ai.operation.name" not in names:
        if f"\n{_REQUEST}" in names:
            draft.kind = "CHAT_MODEL"
        elif f"\n{_ARGUMENTS}" in names:
            draft.kind = "TOOL"
    if draft.session is None:
        draft.session = attributes.text("gcp.vertex.agent.session_id")
    if draft.tokens is None and f"\n{_RESPONSE}" in names and "\ngen_ai.usage." not in names:
        body = small_json(attributes, _RESPONSE)
        draft.tokens = provider_usage(body.get("usage_metadata")) if isinstance(body, dict) else None


def _preview(attributes: Attributes, draft: Draft) -> None:
    if draft.request is None:
        draft.request = preview_at(attributes, _REQUEST, "request") or preview_at(attributes, _ARGUMENTS, "request")
    if draft.response is None:
        draft.response = preview_at(attributes, _RESPONSE, "response") or preview_at(attributes, _RESULT, "response")


def _view(attributes: Attributes, kind: SpanKind, content: Content) -> None:
    request, response = json_value(attributes, _REQUEST), json_value(attributes, _RESPONSE)
    if not content.input_messages and isinstance(request, dict):
        config = request.get("config")
        system = config.get("system_instruction") if isinstance(config, dict) else None
        content.input_messages = request_messages({**request, "system": system})
        if isinstance(config, dict) and not content.tool_definitions:
            content.tool_definitions = tool_definitions(config.get("tools"))
    if not content.output_messages and isinstance(response, dict):
        content.output_messages = response_messages({"candidates": [response]})
    if kind == "TOOL":
        if content.inputs is None:
            content.inputs = json_value(attributes, _ARGUMENTS)
        if content.outputs is None:
            content.outputs = json_value(attributes, _RESULT)
        if content.tool_call is None and (name := attributes.text("gen_ai.tool.name")) is not None:
            content.tool_call = ToolCall(name, content.inputs, attributes.text("gen_ai.tool.call.id"))


DIALECT = Dialect("google-adk", ("\ngcp.vertex.agent.",), _derive, _preview, _view)
