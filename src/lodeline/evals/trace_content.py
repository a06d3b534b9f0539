"""What a trace holds for scorers: the tool calls asked for, the documents found, the conversation.

Read from the spans' normalised views, which are equal for all instrumentation conventions.
"""

from collections.abc import Mapping, Sequence

import orjson

from lodeline.domain.errors import Invalid, shown
from lodeline.domain.scorer import ScoredTrace
from lodeline.domain.span import Document, JsonValue, Message, Span, ToolCall
from lodeline.evals.texts import json_text

_MODEL_KINDS = ("LLM", "CHAT_MODEL")
MAX_ITEMS = 10_000


def tool_calls_in_trace(trace: ScoredTrace) -> tuple[ToolCall, ...]:
    """Return the tool calls that the models of a trace asked for, in their order.

    Taken from the answers of its model spans; a call seen twice under one id is one. Where no model's answer was
    recorded, the tool spans tell which tools were called.
    """
    found: list[ToolCall] = []
    seen: set[str] = set()
    for span in _ordered(trace):
        if span.kind not in _MODEL_KINDS:
            continue
        for call in (call for message in span.view.output_messages for call in message.tool_calls):
            if call.call_id is None or call.call_id not in seen:
                found.append(call)
            if call.call_id is not None:
                seen.add(call.call_id)
    if found:
        return tuple(found)
    return tuple(span.view.tool_call for span in _ordered(trace) if span.view.tool_call is not None)


def documents_in_trace(trace: ScoredTrace) -> tuple[Document, ...]:
    """Return the documents of a trace's last retrieval: of its last reranker, or else its last retriever, that gave
    any; empty when none did."""
    for kind in ("RERANKER", "RETRIEVER"):
        for span in reversed(_ordered(trace)):
            if span.kind == kind and span.view.documents:
                return span.view.documents
    return ()


def conversation(session: Sequence[ScoredTrace]) -> tuple[Message, ...]:
    """Return a session as messages: what was asked and answered in each trace, in the order of their start."""
    found: list[Message] = []
    for trace in sorted(session, key=lambda trace: (trace.trace.start_ns, trace.trace.trace_id)):
        root = trace.root
        asked = root.view.inputs if root is not None and root.view.inputs is not None else trace.trace.request
        answered = root.view.outputs if root is not None and root.view.outputs is not None else trace.trace.response
        if asked is not None:
            found.append(Message("user", _text(asked)))
        if answered is not None:
            found.append(Message("assistant", _text(answered)))
    return tuple(found)


def tool_calls_in(value: JsonValue, *, field: str) -> tuple[ToolCall, ...]:
    """Return the tool calls in a plain value; Invalid, naming the place, when it has another shape.

    Understood are a list of calls or one call, alone or under ``tool_calls``. A call is a mapping with ``name`` and
    ``arguments`` (a mapping or its JSON text), or as OpenAI (``function``), or as Anthropic (``input``) writes it.
    A text, or None, has no calls.
    """
    if value is None or isinstance(value, str):
        return ()
    if isinstance(value, Mapping):
        nested = value.get("tool_calls")
        if nested is not None or "tool_calls" in value:
            return tool_calls_in(nested, field=f"{field}.tool_calls")
        if "name" not in value and "function" not in value:
            return ()
        value = [value]
    if not isinstance(value, Sequence):
        raise Invalid.value(field, value, "a list of tool calls")
    if len(value) > MAX_ITEMS:
        raise Invalid.value(field, f"{len(value)} items", f"at most {MAX_ITEMS:,}")
    return tuple(_call(item, f"{field}[{index}]") for index, item in enumerate(value))


def _call(item: JsonValue, field: str) -> ToolCall:
    if not isinstance(item, Mapping):
        raise Invalid.value(field, item, "a tool call: a mapping with name and arguments")
    function = item.get("function")
    source = function if isinstance(function, Mapping) else item
    name = source.get("name")
    if not isinstance(name, str):
        raise Invalid(f"{field}: {shown(item)} has no name; a tool call is a mapping with name and arguments.")
    arguments = next((source[key] for key in ("arguments", "input", "args") if key in source), None)
    call_id = item.get("id")
    return ToolCall(name, parsed_arguments(arguments), call_id if isinstance(call_id, str) else None)


def parsed_arguments(arguments: JsonValue) -> JsonValue:
    """Return arguments as JSON: text is parsed where it is JSON, and empty text and None are no arguments."""
    if arguments is None or arguments == "":
        return {}
    if isinstance(arguments, str):
        try:
            return orjson.loads(arguments)
        except (orjson.JSONDecodeError, UnicodeEncodeError):
            return arguments
    return arguments


def _ordered(trace: ScoredTrace) -> list[Span]:
    return sorted(trace.spans, key=lambda span: (span.start_ns, span.span_id))


def _text(value: JsonValue) -> str:
    return value if isinstance(value, str) else json_text(value)
