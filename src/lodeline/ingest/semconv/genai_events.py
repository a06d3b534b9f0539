"""The GenAI conventions' span events: one event a message (the former way) or all details on one (the present
way)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeAlias

from lodeline.domain.span import JsonValue
from lodeline.ingest.semconv.bodies import system_messages
from lodeline.ingest.semconv.dialect import Content, Draft
from lodeline.ingest.semconv.messages import MAX_MESSAGES, messages
from lodeline.ingest.semconv.previews import cut, last_text, preview_at
from lodeline.ingest.semconv.reading import Attributes, json_value, small_json
from lodeline.ingest.semconv.tools import finish_reason

Reader: TypeAlias = Callable[[Attributes, str], JsonValue]

_ROLES = {
    "gen_ai.system.message": "system",
    "gen_ai.user.message": "user",
    "gen_ai.assistant.message": "assistant",
    "gen_ai.tool.message": "tool",
}
_DETAILS = "gen_ai.client.inference.operation.details"
_PROMPT, _COMPLETION = "gen_ai.content.prompt", "gen_ai.content.completion"
_WHOLE = {
    _DETAILS: ("gen_ai.input.messages", "gen_ai.output.messages"),
    _PROMPT: ("gen_ai.prompt", ""),
    _COMPLETION: ("", "gen_ai.completion"),
}
"""Events that carry a whole side of the conversation, and where."""
_TRIED = 20
"""How many of the last messages are searched for a text to preview."""


@dataclass(slots=True)
class Conversation:
    """The raw messages that a span's events carry."""

    system: JsonValue = None
    sent: list[JsonValue] = field(default_factory=list[JsonValue])
    received: list[JsonValue] = field(default_factory=list[JsonValue])
    finish_reasons: list[str] = field(default_factory=list[str])


def conversation(attributes: Attributes, *, json_content: bool = False) -> Conversation:
    """Return what the events say; `json_content` when the emitter writes content as JSON text (Strands does)."""
    found = Conversation()
    for name, event in islice(attributes.events(), MAX_MESSAGES):
        if name in _ROLES:
            found.sent.append(_sent(_ROLES[name], event, json_content))
        elif name == "gen_ai.choice":
            found.received.append(_received(event, json_content))
            if reason := event.text("finish_reason"):
                found.finish_reasons.append(finish_reason(reason))
        elif name == _DETAILS:
            _details(event, found)
        elif name == _PROMPT:
            found.sent += _whole("user", json_value(event, "gen_ai.prompt"))
        elif name == _COMPLETION:
            found.received += _whole("assistant", json_value(event, "gen_ai.completion"))
    return found


def _whole(role: str, value: JsonValue) -> list[JsonValue]:
    return value[:MAX_MESSAGES] if isinstance(value, list) else [{"role": role, "content": value}]


def _sent(role: str, event: Attributes, json_content: bool, read: Reader = json_value) -> JsonValue:
    text = event.text("content")
    content = text if text is not None and not json_content else read(event, "content")
    if role == "user" and json_content and isinstance(content, list) and _only_results(content):
        role = "tool"
    return {
        "role": event.text("role") or role,
        "content": content,
        "tool_calls": read(event, "tool_calls"),
        "tool_call_id": event.text("id") if role == "tool" else None,
    }


def _only_results(content: list[JsonValue]) -> bool:
    return bool(content) and all(isinstance(part, dict) and "toolResult" in part for part in content)


def _received(event: Attributes, json_content: bool, read: Reader = json_value) -> JsonValue:
    message = read(event, "message")
    if isinstance(message, dict):
        return {"role": "assistant", **message}
    if isinstance(message, list) and not json_content:
        return {"role": "assistant", "parts": message}
    return {"role": "assistant", "content": message, "tool_calls": read(event, "tool_calls")}


def _details(event: Attributes, found: Conversation) -> None:
    found.system = json_value(event, "gen_ai.system_instructions")
    for key, target in (("gen_ai.input.messages", found.sent), ("gen_ai.output.messages", found.received)):
        value = json_value(event, key)
        if isinstance(value, list):
            target.extend(value[:MAX_MESSAGES])


def preview(attributes: Attributes, draft: Draft, *, json_content: bool = False) -> None:
    """Fill the previews from the events."""
    asked: list[Attributes] = []
    answered: list[Attributes] = []
    for name, event in islice(attributes.events(), MAX_MESSAGES):
        if name == "gen_ai.user.message":
            asked.append(event)
        elif name == "gen_ai.choice":
            answered.append(event)
        elif name in _WHOLE:
            request_key, response_key = _WHOLE[name]
            draft.request = draft.request or preview_at(event, request_key, "request")
            draft.response = draft.response or preview_at(event, response_key, "response")
    for event in reversed(asked[-_TRIED:]):
        if draft.request is None and (text := last_text([_sent("user", event, json_content, small_json)], "user")):
            draft.request = cut(text)
    for event in reversed(answered[-_TRIED:]):
        if draft.response is None and (text := last_text([_received(event, json_content, small_json)], "assistant")):
            draft.response = cut(text)


def view(attributes: Attributes, content: Content, *, json_content: bool = False) -> None:
    """Fill messages and finish reasons from the events."""
    found = conversation(attributes, json_content=json_content)
    if not content.input_messages:
        content.input_messages = (system_messages(found.system) if found.system else ()) + messages(
            found.sent, "user"
        )
    if not content.output_messages:
        content.output_messages = messages(found.received, "assistant")
    if not content.finish_reasons:
        content.finish_reasons = tuple(found.finish_reasons)
