"""Pydantic AI: the GenAI conventions plus what an agent's run adds to them.

An agent's span sums its calls under ``gen_ai.aggregated_usage.*``, which is left to the calls themselves.
Provider counts that have no place in the conventions come as ``gen_ai.usage.details.*`` (read with the others
in `genai`).
"""

from lodeline.domain.span import SpanKind, ToolCall
from lodeline.ingest.semconv.dialect import Content, Dialect, Draft
from lodeline.ingest.semconv.messages import messages
from lodeline.ingest.semconv.parsing import parse_json
from lodeline.ingest.semconv.previews import preview_at
from lodeline.ingest.semconv.reading import Attributes, first_text, json_value
from lodeline.ingest.values import json_safe


def _derive(attributes: Attributes, draft: Draft) -> None:
    if draft.kind is None and "\nagent_name" in attributes.names:
        draft.kind = "AGENT"
    if draft.cost_usd is None and "\noperation.cost" in attributes.names:
        draft.cost_usd = attributes.number("operation.cost")


def _preview(attributes: Attributes, draft: Draft) -> None:
    if draft.request is None:
        draft.request = preview_at(attributes, "pydantic_ai.all_messages", "request") or preview_at(
            attributes, "tool_arguments", "request"
        )
    if draft.response is None:
        draft.response = preview_at(attributes, "final_result", "response") or preview_at(
            attributes, "tool_response", "response"
        )


def _view(attributes: Attributes, kind: SpanKind, content: Content) -> None:
    if kind == "AGENT":
        _view_agent(attributes, content)
    if kind == "TOOL" and content.tool_call is None and (arguments := attributes.text("tool_arguments")) is not None:
        content.inputs = parse_json(arguments)
        content.outputs = json_safe(attributes.value("tool_response"))
        name = first_text(attributes, "gen_ai.tool.name") or ""
        content.tool_call = ToolCall(name, content.inputs, attributes.text("gen_ai.tool.call.id"))


def _view_agent(attributes: Attributes, content: Content) -> None:
    """An agent's messages: all up to the last question are its input, what follows is its output."""
    conversation = messages(
        json_value(attributes, "pydantic_ai.all_messages") or json_value(attributes, "all_messages_events"), "user"
    )
    asked = max((at for at, message in enumerate(conversation) if message.role == "user"), default=-1)
    if not content.input_messages:
        content.input_messages = conversation[: asked + 1]
    if not content.output_messages:
        content.output_messages = conversation[asked + 1 :]
    if content.outputs is None:
        content.outputs = json_value(attributes, "final_result")


DIALECT = Dialect(
    "pydantic-ai",
    (
        "\npydantic_ai.",
        "\nmodel_request_parameters",
        "\ngen_ai.agent.call.id",
        "\nall_messages_events",
        "\nfinal_result",
    ),
    _derive,
    _preview,
    _view,
)
