"""Chat messages of every provider and framework → `Message`.

A message may come with OpenAI's ``content`` and ``tool_calls``, as Anthropic's content blocks, Gemini's
parts, Bedrock's (and Strands') tagged objects, the Responses API's items, the GenAI conventions' ``parts``,
Vercel's model messages, or LangChain's serialised objects. Shapes are recognised by their fields, so a
mixture works. What is not understood is kept in `Message.parts`. A message that answers several tool calls
becomes one tool message for each.
"""

from lodeline.domain.span import JsonValue, Message
from lodeline.ingest.semconv.parsing import as_text, parse_container
from lodeline.ingest.semconv.parts import MAX_PARTS, MessageBuilder, Role, joined

MAX_MESSAGES = 10_000

_ROLES: dict[str, Role] = {
    "system": "system",
    "developer": "system",
    "systemmessage": "system",
    "user": "user",
    "human": "user",
    "humanmessage": "user",
    "assistant": "assistant",
    "ai": "assistant",
    "aimessage": "assistant",
    "aimessagechunk": "assistant",
    "bot": "assistant",
    "model": "assistant",
    "thinking": "assistant",
    "tool": "tool",
    "toolmessage": "tool",
    "tool_result": "tool",
    "function": "tool",
    "functionmessage": "tool",
}


def role_of(name: JsonValue, default: Role = "unknown") -> Role:
    """Return the canonical role; `default` when there is none, "unknown" for one that nobody knows."""
    if not isinstance(name, str) or not name:
        return default
    return _ROLES.get(name) or _ROLES.get(name.lower(), "unknown")


def messages(value: JsonValue, default: Role = "unknown") -> tuple[Message, ...]:
    """Return the messages in a list of messages, in one message, or in bare text (with the role `default`).

    At most `MAX_MESSAGES` entries are read. Consecutive entries of the assistant are one message, unless text
    follows on tool calls: what one emitter sends as one, another splits into reasoning, text and calls.
    """
    items = value if isinstance(value, list) else [] if value is None else [value]
    if len(items) == 1 and isinstance(batch := items[0], list) and not (batch and isinstance(batch[0], str)):
        items = batch
    found: list[Message] = []
    turn: list[Message] = []
    for item in items[:MAX_MESSAGES]:
        for message in one_message(item, default):
            if turn and (message.role != "assistant" or (message.content and turn[-1].tool_calls)):
                found += _one_turn(turn)
                turn = []
            (turn if message.role == "assistant" else found).append(message)
    return tuple(found + _one_turn(turn))


def _one_turn(turn: list[Message]) -> list[Message]:
    """Return the assistant's entries as one message, or none when they say nothing."""
    merged = Message(
        "assistant",
        joined([message.content for message in turn if message.content], prose=True),
        tuple(call for message in turn for call in message.tool_calls),
        reasoning="\n".join(message.reasoning for message in turn if message.reasoning) or None,
        parts=tuple(part for message in turn for part in message.parts),
    )
    return [merged] if merged.content or merged.tool_calls or merged.reasoning or merged.parts else []


def one_message(value: JsonValue, default: Role) -> list[Message]:
    """Return the message that `value` is, with the tool answers that were packed into it before it."""
    if isinstance(value, str):
        return [Message(default, value)]
    if isinstance(value, list):
        return _pair_or_parts(value, default)
    if not isinstance(value, dict):
        return []
    kwargs, data = value.get("kwargs"), value.get("data")
    if value.get("lc") is not None and isinstance(kwargs, dict):
        path = value.get("id")
        return _from_object(kwargs, role_of(path[-1] if isinstance(path, list) and path else None, default))
    if isinstance(data, dict) and "content" in data:
        return _from_object(data, role_of(value.get("type"), default))
    return _from_object(value, default)


def _pair_or_parts(value: list[JsonValue], default: Role) -> list[Message]:
    """Read LangChain's pair of role and text, or a bare list of parts."""
    if len(value) == 2 and isinstance(value[0], str) and isinstance(value[1], str) and value[0].lower() in _ROLES:
        return [Message(role_of(value[0]), value[1])]
    builder = MessageBuilder(default)
    builder.take(value)
    return builder.finish()


def _from_object(value: dict[str, JsonValue], default: Role) -> list[Message]:
    kind, named, nested = value.get("type"), value.get("role"), value.get("message")
    if isinstance(nested, dict) and named is None:
        return _from_object(nested, role_of(kind, default))
    if named is None and isinstance(kind, str):
        if kind == "reasoning" or kind.endswith(("_call", "_call_output")):
            return _from_item(kind, value)
        default = _ROLES.get(kind, default)
    builder = MessageBuilder(role_of(named, default))
    if named == "thinking":
        builder.reasoning.append(as_text(value.get("content")))
        return builder.finish()
    if builder.role == "tool":
        return _from_tool(builder, value)
    builder.take(value.get("parts") or value.get("contents") or value.get("content"))
    _take_fields(builder, value)
    return builder.finish()


def _from_item(kind: str, value: dict[str, JsonValue]) -> list[Message]:
    """Read an item of the Responses API that is no message: reasoning, a call, or the answer to one."""
    builder = MessageBuilder("assistant")
    if kind.endswith("_output"):
        builder.take_answer(value.get("output"), value.get("call_id"))
    else:
        builder.take_part(value)
    return builder.finish()


def _from_tool(builder: MessageBuilder, value: dict[str, JsonValue]) -> list[Message]:
    content = value.get("parts", value.get("content", value.get("contents")))
    if isinstance(content, list):
        builder.take(content)
    if not builder.answers:
        builder.take_answer(content, value.get("tool_call_id") or value.get("id"))
    return builder.answers


def _take_fields(builder: MessageBuilder, value: dict[str, JsonValue]) -> None:
    """Take what stands beside the content: reasoning, a refusal, tool calls."""
    for key in ("reasoning_content", "reasoning"):
        if isinstance(thought := value.get(key), str) and thought:
            builder.reasoning.append(thought)
    if isinstance(refusal := value.get("refusal"), str) and refusal:
        builder.texts.append(refusal)
    calls = value.get("tool_calls") or value.get("toolCalls")
    calls = parse_container(calls) if isinstance(calls, str) else calls
    for call in calls[:MAX_PARTS] if isinstance(calls, list) else ():
        builder.take_call(call)
    if isinstance(legacy := value.get("function_call"), dict):
        builder.take_call(legacy)
