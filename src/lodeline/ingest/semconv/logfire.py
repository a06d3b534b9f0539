"""Logfire's instrumentations of provider clients: the GenAI conventions, plus the provider's raw usage and
its own cost.

A span's name is the template of its message, such as ``Chat with {model!r}``; the message names the trace.
``gen_ai.usage.raw`` is the provider's usage object, so its cache and reasoning counts are exact where the
conventions' counts beside it have none. ``request_data`` and ``response_data`` are the former way to record
content.
"""

from lodeline.domain.span import SpanKind
from lodeline.ingest.semconv.bodies import request_messages, response_messages
from lodeline.ingest.semconv.dialect import LLM_KINDS, Content, Dialect, Draft
from lodeline.ingest.semconv.previews import preview_at
from lodeline.ingest.semconv.reading import MAX_EXCERPT, Attributes, json_value, small_json
from lodeline.ingest.semconv.tools import tool_definitions
from lodeline.ingest.semconv.usage import provider_usage


def _derive(attributes: Attributes, draft: Draft) -> None:
    names = attributes.names
    if draft.tokens is None and "\ngen_ai.usage.raw" in names:
        draft.tokens = provider_usage(small_json(attributes, "gen_ai.usage.raw"))
    if draft.cost_usd is None and "\noperation.cost" in names:
        draft.cost_usd = attributes.number("operation.cost")
    if draft.kind is None and "\nrequest_data" in names and "\nresponse_data" in names:
        draft.kind = "CHAT_MODEL"


def _preview(attributes: Attributes, draft: Draft) -> None:
    if draft.trace_name is None and "\nlogfire.msg_template" in attributes.names:
        # A template is filled with what the program gave, so its message is content, as previews are.
        message = attributes.text("logfire.msg")
        template = attributes.text("logfire.msg_template")
        if message and template is not None and "{" in template:
            draft.trace_name = message
    if draft.request is None and "\ngen_ai.input.messages" not in attributes.names:
        body = attributes.text("request_data")
        if body is not None and ('"messages"' in body[:MAX_EXCERPT] or '"prompt"' in body[:MAX_EXCERPT]):
            draft.request = preview_at(attributes, "request_data", "request")
    if draft.response is None:
        draft.response = preview_at(attributes, "response_data", "response")


def _view(attributes: Attributes, kind: SpanKind, content: Content) -> None:
    if kind not in LLM_KINDS:
        return
    asked = json_value(attributes, "request_data")
    if not content.input_messages and "\ngen_ai.input.messages" not in attributes.names:
        content.input_messages = request_messages(asked)
    if not content.output_messages and "\nresponse_data" in attributes.names:
        content.output_messages = response_messages(json_value(attributes, "response_data"))
    if not content.tool_definitions and isinstance(asked, dict):
        content.tool_definitions = tool_definitions(asked.get("tools"))


DIALECT = Dialect("logfire", ("\nlogfire.", "\nrequest_data", "\ngen_ai.usage.raw"), _derive, _preview, _view)
