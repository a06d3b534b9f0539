"""Short texts for lists: what was asked and what was answered, cut to 1,000 characters.

A conversation is shown by its last user message and its last assistant text, anything else by its own text.
Reading is bounded: a value over 64 kB is cut without being parsed.
"""

from typing import Literal

from lodeline.domain.span import JsonValue
from lodeline.domain.trace import MAX_PREVIEW
from lodeline.ingest.semconv.bodies import request_list, response_list
from lodeline.ingest.semconv.messages import one_message
from lodeline.ingest.semconv.parsing import as_text, parse_container, parse_json
from lodeline.ingest.semconv.reading import MAX_EXCERPT, Attributes

Side = Literal["request", "response"]


def cut(text: str) -> str:
    """Return `text`, or its first 999 characters and an ellipsis."""
    return text if len(text) <= MAX_PREVIEW else f"{text[: MAX_PREVIEW - 1]}…"


def preview_at(attributes: Attributes, key: str, side: Side) -> str | None:
    """Return the preview of the value at `key`; None when there is none."""
    text = attributes.text(key)
    if text is not None:
        return preview_of_text(text, side)
    return preview(attributes.excerpt(key) or None, side)


def preview_of_text(text: str, side: Side) -> str:
    """Return the preview of a value that is text or JSON."""
    if len(text) > MAX_EXCERPT:
        return cut(text)
    if text.startswith('"'):
        value = parse_json(text)
    elif text.startswith(("{", "[")):
        value = parse_container(text)
    else:
        return cut(text)
    return preview(value, side) or cut(text)


def preview(value: JsonValue, side: Side) -> str | None:
    """Return the preview of a parsed value; None for nothing."""
    if value is None:
        return None
    if isinstance(value, str):
        return cut(value)
    found = request_list(value) if side == "request" else response_list(value)
    text = None if found is None else last_text(found, "user" if side == "request" else "assistant")
    return cut(text if text is not None else as_text(value))


def last_text(found: list[JsonValue], role: Literal["user", "assistant"]) -> str | None:
    """Return the text of the last message with `role` that has any; for an assistant a tool call counts as
    one."""
    for item in reversed(found):
        for message in reversed(one_message(item, role)):
            if message.role != role:
                continue
            if message.content:
                return message.content
            if role == "assistant" and message.tool_calls:
                return "\n".join(f"{call.name}({as_text(call.arguments)})" for call in message.tool_calls[:10])
    return None
