"""Strands Agents: the GenAI conventions with content on span events, written as JSON text in Bedrock's
shapes.

``gen_ai.system`` names the framework, so the provider is unknown. Tokens are the model adapter's: with
Bedrock the input excludes cached tokens, which the total shows.
"""

from lodeline.domain.span import JsonValue, SpanKind, ToolCall
from lodeline.ingest.semconv import genai_events
from lodeline.ingest.semconv.dialect import Content, Dialect, Draft
from lodeline.ingest.semconv.genai_events import Reader
from lodeline.ingest.semconv.parsing import as_text
from lodeline.ingest.semconv.parts import answer_text
from lodeline.ingest.semconv.previews import cut
from lodeline.ingest.semconv.reading import Attributes, json_value, small_json


def _derive(attributes: Attributes, draft: Draft) -> None:
    if draft.kind is None and attributes.text("gen_ai.operation.name") == "execute_event_loop_cycle":
        draft.kind = "CHAIN"


def _preview(attributes: Attributes, draft: Draft) -> None:
    if "\ngen_ai.tool.name" in attributes.names:
        arguments, result = _execution(attributes, small_json)
        draft.request = draft.request or cut(as_text(arguments)) or None
        draft.response = draft.response or cut(answer_text(result)) or None
    else:
        genai_events.preview(attributes, draft, json_content=True)


def _view(attributes: Attributes, kind: SpanKind, content: Content) -> None:
    if kind != "TOOL":
        genai_events.view(attributes, content, json_content=True)
        return
    arguments, result = _execution(attributes, json_value)
    content.inputs = arguments if content.inputs is None else content.inputs
    content.outputs = result if content.outputs is None else content.outputs
    if content.tool_call is None and (name := attributes.text("gen_ai.tool.name")) is not None:
        content.tool_call = ToolCall(name, content.inputs, attributes.text("gen_ai.tool.call.id"))


def _execution(attributes: Attributes, read: Reader) -> tuple[JsonValue, JsonValue]:
    """Return the arguments and the result of the tool that a span executed."""
    arguments: JsonValue = None
    result: JsonValue = None
    for name, event in attributes.events():
        if name == "gen_ai.tool.message":
            arguments = read(event, "content")
        elif name == "gen_ai.choice":
            result = read(event, "message")
    return arguments, result


DIALECT = Dialect("strands", ("\ngen_ai.event.start_time", "\nevent_loop."), _derive, _preview, _view)
