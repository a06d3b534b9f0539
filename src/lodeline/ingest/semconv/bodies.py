"""Where the messages are in a request or response body, whichever provider or framework it belongs to."""

from collections.abc import Iterator

from lodeline.domain.span import JsonValue, Message
from lodeline.ingest.semconv.messages import messages

_REQUEST_LISTS = ("messages", "contents", "input", "chat_history")
_SYSTEM_KEYS = ("system", "instructions", "system_instruction", "systemInstruction")


def request_list(body: JsonValue) -> list[JsonValue] | None:
    """Return the raw messages of a request body, without its system prompt; None when it holds no
    conversation."""
    if isinstance(body, list):
        return body if _looks_like_messages(body) else None
    if not isinstance(body, dict):
        return None
    for key in _REQUEST_LISTS:
        value = body.get(key)
        if isinstance(value, list) and _looks_like_messages(value):
            inner = value[0]
            return inner if isinstance(inner, list) and not isinstance(inner[0], str) else value
        if isinstance(value, str) and value and key != "chat_history":
            return [{"role": "user", "content": value}]
    prompt = body.get("prompt")
    if isinstance(prompt, str):
        return [{"role": "user", "content": prompt}]
    return request_list(prompt) if isinstance(prompt, list) else None


def request_messages(body: JsonValue) -> tuple[Message, ...]:
    """Return the messages that a request body sends, its system prompt first."""
    found = request_list(body)
    if found is None:
        return ()
    system: tuple[Message, ...] = ()
    if isinstance(body, dict):
        for key in _SYSTEM_KEYS:
            if body.get(key):
                system = system_messages(body[key])
                break
    return system + messages(found, "user")


def system_messages(value: JsonValue) -> tuple[Message, ...]:
    """Return a system prompt, given as text, as parts or as an object with parts, as at most one message."""
    parts = value.get("parts", value.get("content", value)) if isinstance(value, dict) else value
    return messages([{"role": "system", "content": parts}])


def response_list(body: JsonValue) -> list[JsonValue] | None:
    """Return the raw messages of a response body; None when it holds none that are recognised."""
    if isinstance(body, list):
        return body if _looks_like_messages(body) else None
    if not isinstance(body, dict):
        return None
    for key in ("choices", "candidates", "generations", "output"):
        value = body.get(key)
        if isinstance(value, list) and value:
            return list(_answers(value)) or None
        if isinstance(value, dict) and isinstance(value.get("message"), dict):
            return [value["message"]]
    if "role" in body and ("content" in body or "parts" in body or "tool_calls" in body):
        return [body]
    content = body.get("content")
    if isinstance(content, dict) and "parts" in content:
        return [content]
    for key in ("message", "messages"):
        value = body.get(key)
        if isinstance(value, dict):
            return [value]
        if isinstance(value, list) and _looks_like_messages(value):
            return value
    return None


def response_messages(body: JsonValue) -> tuple[Message, ...]:
    """Return the messages that a response body brings."""
    found = response_list(body)
    return () if found is None else messages(found, "assistant")


def _answers(value: list[JsonValue]) -> Iterator[JsonValue]:
    for item in value[0] if isinstance(value[0], list) else value:
        if not isinstance(item, dict):
            continue
        message = item.get("message", item.get("delta"))
        content = item.get("content")
        if isinstance(message, dict):
            yield message
        elif isinstance(content, dict):
            yield {"role": "assistant", **content}
        elif isinstance(item.get("text"), str) and "type" not in item:
            yield {"role": "assistant", "content": item["text"]}
        elif "role" in item or "type" in item:
            yield item


def _looks_like_messages(value: list[JsonValue]) -> bool:
    if not value:
        return False
    first = value[0]
    if isinstance(first, list):
        return bool(first) and (isinstance(first[0], str) or _looks_like_messages(first))
    return isinstance(first, dict) and (
        "role" in first or "lc" in first or "type" in first or "parts" in first or isinstance(first.get("data"), dict)
    )
