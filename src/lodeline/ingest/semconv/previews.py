"""Short texts for lists: what was asked and what was answered, cut to 1,000 characters.

A conversation is shown by its last user message and its last assistant text, anything else by its own text.
Reading is bounded: a value over 64 kB is cut without being parsed.
"""

from collections.abc import Sequence
from typing import Literal

from lodeline.domain.span import JsonValue
from lodeline.domain.trace import MAX_PREVIEW
from lodeline.ingest.semconv.bodies import request_list, response_list
from lodeline.ingest.semconv.messages import one_message, role_of
from lodeline.ingest.semconv.parsing import as_short_text, parse_container, parse_json
from lodeline.ingest.semconv.parts import Role
from lodeline.ingest.semconv.reading import MAX_EXCERPT, Attributes

Side = Literal["request", "response"]


def cut(text: str) -> str:
    """Return `text`, or its first 999 characters and an ellipsis."""
    return text if len(text) <= MAX_PREVIEW else f"{text[: MAX_PREVIEW - 1]}…"


def preview_at(attributes: Attributes, key: str, side: Side) -> str | None:
    """Return the preview of the value at `key`; None when there is none, or an empty list or object."""
    text = attributes.text(key)
    if text is not None:
        return preview_of_text(text, side)
    value = attributes.excerpt(key)
    # No and nought are answers.
    return preview(value if value or isinstance(value, (bool, int, float)) else None, side)


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
    return cut(text if text is not None else as_short_text(value))


def last_text(found: Sequence[JsonValue], role: Role) -> str | None:
    """Return the text of the last message with `role` that has any; for an assistant a tool call counts as one."""
    for item in reversed(found):
        if isinstance(item, dict) and isinstance(named := item.get("role"), str):
            if role_of(named) != role:
                continue
            if (text := _plain_text(item)) is not None:
                return text
        for message in reversed(one_message(item, role)):
            if message.role == role:
                text = message.content or "\n".join(called(call.name, call.arguments) for call in message.tool_calls)
                if text:
                    return text
    return None


def called(name: JsonValue, arguments: JsonValue) -> str:
    """Return a tool call as text."""
    return f"{as_short_text(name)}({as_short_text(arguments)})"


def _plain_text(message: dict[str, JsonValue]) -> str | None:
    """Return the text of a message of one part, without building a `Message`; None when it is not that simple."""
    content = message.get("parts") or message.get("content")
    if isinstance(content, list) and len(content) == 1 and isinstance(part := content[0], dict):
        kind = part.get("type")
        if kind == "text" or (kind is None and len(part) == 1):
            content = part.get("text") or part.get("content")
        elif kind == "tool_call":
            return called(part.get("name"), part.get("arguments"))
    return content if content and isinstance(content, str) else None
