"""Chat messages of every provider and framework → `Message`.

A message may come with OpenAI's ``content`` and ``tool_calls``, as Anthropic's content blocks, Gemini's
parts, Bedrock's (and Strands') tagged objects, the Responses API's items, the GenAI conventions' ``parts``,
Vercel's model messages, or LangChain's serialised objects. Shapes are recognised by their fields, so a
mixture works. What is not understood is kept in `Message.parts`. A message that answers several tool calls
becomes one tool message for each.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal, TypeAlias

from lodeline.domain.span import JsonValue, Message, ToolCall
from lodeline.ingest.semconv.parsing import as_text, parse_container, parse_json

Role: TypeAlias = Literal["system", "user", "assistant", "tool", "unknown"]

MAX_MESSAGES = 10_000
_MAX_NESTING = 8

_ROLES: dict[str, Role] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "human": "user",
    "humanmessage": "user",
    "assistant": "assistant",
    "ai": "assistant",
    "model": "assistant",
    "bot": "assistant",
    "thinking": "assistant",
    "aimessage": "assistant",
    "aimessagechunk": "assistant",
    "systemmessage": "system",
    "tool": "tool",
    "function": "tool",
    "toolmessage": "tool",
    "functionmessage": "tool",
    "tool_result": "tool",
}
_SERVER_CALL_PREFIXES = ("srvtoolu_",)
"""Ids of calls that the provider ran itself; the application never sees them as calls."""


def role_of(name: JsonValue, default: Role = "unknown") -> Role:
    """Return the canonical role; `default` when there is none, "unknown" for one that nobody knows."""
    if not isinstance(name, str) or not name:
        return default
    return _ROLES.get(name) or _ROLES.get(name.lower(), "unknown")


@dataclass(slots=True)
class _Builder:
    """One message under construction, with the tool results that have to become messages of their own."""

    role: Role
    texts: list[str] = field(default_factory=list[str])
    calls: list[ToolCall] = field(default_factory=list[ToolCall])
    call_ids: set[str] = field(default_factory=set[str])
    reasoning: list[str] = field(default_factory=list[str])
    parts: list[JsonValue] = field(default_factory=list[JsonValue])
    results: list[Message] = field(default_factory=list[Message])
    call_id: str | None = None

    def call(self, name: JsonValue, arguments: JsonValue, call_id: JsonValue) -> None:
        """Add a tool call, once per id; calls that the provider ran itself are parts."""
        ident = call_id if isinstance(call_id, str) and call_id else None
        label = name if isinstance(name, str) else ""
        parsed = parse_json(arguments) if isinstance(arguments, str) and arguments else arguments
        made = ToolCall(label, {} if parsed in (None, "") else parsed, ident)
        if ident is not None and ident.startswith(_SERVER_CALL_PREFIXES):
            self.parts.append({"type": "server_tool_call", "name": label, "arguments": made.arguments, "id": ident})
        elif ident is None or ident not in self.call_ids:
            self.calls.append(made)
            if ident is not None:
                self.call_ids.add(ident)

    def result(self, content: JsonValue, call_id: JsonValue) -> None:
        """Add a tool's answer."""
        ident = call_id if isinstance(call_id, str) and call_id else None
        self.results.append(Message("tool", result_text(content), tool_call_id=ident))

    def finish(self) -> list[Message]:
        """Return the message, after its tool results; nothing when it has no content at all but results."""
        if self.results and not (self.texts or self.calls or self.reasoning or self.parts):
            return self.results
        message = Message(
            role=self.role,
            content=_joined(self.texts, prose=self.role == "assistant"),
            tool_calls=tuple(self.calls),
            tool_call_id=self.call_id if self.role == "tool" else None,
            reasoning="\n".join(self.reasoning) or None,
            parts=tuple(self.parts),
        )
        return [*self.results, message]


def _joined(texts: list[str], *, prose: bool) -> str:
    """Join text parts by newlines; within an assistant's prose only after a finished sentence.

    Providers cut an answer anywhere (Anthropic at each citation), and some emitters drop what stood between.
    """
    if len(texts) < 2:
        return texts[0] if texts else ""
    joined = [texts[0]]
    for left, right in pairwise(texts):
        broken = left[-1:].isspace() or right[:1].isspace() or left[-1:].isalnum() or left[-1:] in {",", ""}
        joined.append(right if prose and broken else f"\n{right}")
    return "".join(joined)


def messages(value: JsonValue, default: Role = "unknown") -> tuple[Message, ...]:
    """Return the messages in a list of messages, in one message, or in bare text (with the role `default`).

    At most `MAX_MESSAGES` are read. An assistant's reasoning that an emitter wrote as a message of its own,
    and what it split over several consecutive assistant entries without text, are merged.
    """
    items = value if isinstance(value, list) else [] if value is None else [value]
    if len(items) == 1 and isinstance(batch := items[0], list) and not (batch and isinstance(batch[0], str)):
        items = batch
    found: list[Message] = []
    turn: list[Message] = []
    for item in items[:MAX_MESSAGES]:
        for message in one_message(item, default):
            if message.role == "assistant" and not (
                message.content and any(before.tool_calls for before in turn[-1:])
            ):
                turn.append(message)
                continue
            found += _one_turn(turn)
            turn = [message] if message.role == "assistant" else []
            if message.role != "assistant":
                found.append(message)
    return tuple(found + _one_turn(turn))


def _one_turn(turn: list[Message]) -> list[Message]:
    """Merge consecutive assistant messages: what one emitter sends as one, another splits into items."""
    merged = Message(
        "assistant",
        _joined([message.content for message in turn if message.content], prose=True),
        tuple(call for message in turn for call in message.tool_calls),
        reasoning="\n".join(message.reasoning for message in turn if message.reasoning) or None,
        parts=tuple(part for message in turn for part in message.parts),
    )
    return [merged] if merged.content or merged.tool_calls or merged.reasoning or merged.parts else []


def one_message(value: JsonValue, default: Role) -> list[Message]:
    """Return the message that `value` is, with the tool messages that were packed into it before it."""
    if isinstance(value, str):
        return [Message(default, value)]
    if isinstance(value, list):
        return _pair_or_parts(value, default)
    if not isinstance(value, dict):
        return []
    kwargs, data = value.get("kwargs"), value.get("data")
    if value.get("lc") is not None and isinstance(kwargs, dict):
        path = value.get("id")
        return _message_object(kwargs, role_of(path[-1] if isinstance(path, list) and path else None, default))
    if isinstance(data, dict) and "content" in data:
        return _message_object(data, role_of(value.get("type"), default))
    return _message_object(value, default)


def _pair_or_parts(value: list[JsonValue], default: Role) -> list[Message]:
    if len(value) == 2 and isinstance(value[0], str) and isinstance(value[1], str) and value[0].lower() in _ROLES:
        return [Message(role_of(value[0]), value[1])]
    builder = _Builder(default)
    _take_parts(builder, value)
    return builder.finish()


def _message_object(value: dict[str, JsonValue], default: Role) -> list[Message]:
    kind = value.get("type")
    nested = value.get("message")
    if isinstance(nested, dict) and "role" not in value:
        return _message_object(nested, role_of(kind, default))
    named = value.get("role")
    builder = _Builder(role_of(named, default))
    if named is None and isinstance(kind, str):
        if kind in {"function_call", "custom_tool_call", "reasoning"} or kind.endswith("_call"):
            builder.role = "assistant"
            _take_part(builder, value, _MAX_NESTING)
            return builder.finish()
        if kind.endswith("_call_output"):
            builder.result(value.get("output"), value.get("call_id"))
            return builder.results
        builder.role = _ROLES.get(kind, default)
    if named == "thinking":
        builder.reasoning.append(as_text(value.get("content")))
        return builder.finish()
    if builder.role == "tool":
        return _tool_message(builder, value)
    _take_content(builder, value.get("parts") or value.get("contents") or value.get("content"))
    _take_extras(builder, value)
    return builder.finish()


def _take_extras(builder: _Builder, value: dict[str, JsonValue]) -> None:
    for key in ("reasoning_content", "reasoning"):
        if isinstance(thought := value.get(key), str) and thought:
            builder.reasoning.append(thought)
    if isinstance(refusal := value.get("refusal"), str) and refusal:
        builder.texts.append(refusal)
    calls = value.get("tool_calls") or value.get("toolCalls")
    if isinstance(calls, str):
        calls = parse_container(calls)
    for call in calls[:MAX_MESSAGES] if isinstance(calls, list) else ():
        take_call(builder, call)
    if isinstance(legacy := value.get("function_call"), dict):
        take_call(builder, legacy)


def _tool_message(builder: _Builder, value: dict[str, JsonValue]) -> list[Message]:
    content = value.get("parts", value.get("content", value.get("contents")))
    for part in content if isinstance(content, list) else ():
        _take_part(builder, part, _MAX_NESTING)
    if builder.results:
        builder.texts.clear()
        builder.parts.clear()
        return builder.finish()
    ident = value.get("tool_call_id") or value.get("id")
    builder.result(content, ident)
    return builder.results


def take_call(builder: _Builder, call: JsonValue) -> None:
    """Add a tool call in OpenAI's, LangChain's, Vercel's or OpenInference's spelling."""
    if not isinstance(call, dict):
        return
    inner = call.get("tool_call")
    call = inner if isinstance(inner, dict) else call
    function = call.get("function")
    source = function if isinstance(function, dict) else call
    name = source.get("name") or call.get("toolName") or call.get("tool_name")
    arguments = next((source[key] for key in ("arguments", "args", "input") if key in source), None)
    ident = call.get("id") or call.get("toolCallId") or call.get("call_id") or call.get("tool_call_id")
    if name or arguments:
        builder.call(name, arguments, ident)


def _take_content(builder: _Builder, content: JsonValue) -> None:
    if isinstance(content, str):
        if content:
            builder.texts.append(content)
    elif isinstance(content, list):
        _take_parts(builder, content)
    elif isinstance(content, dict):
        _take_part(builder, content, _MAX_NESTING)


def _take_parts(builder: _Builder, parts: Iterable[JsonValue]) -> None:
    for _, part in zip(range(MAX_MESSAGES), parts, strict=False):
        _take_part(builder, part, _MAX_NESTING)


def _take_part(builder: _Builder, part: JsonValue, nesting: int) -> None:
    if isinstance(part, str):
        if part:
            builder.texts.append(part)
        return
    if not isinstance(part, dict) or nesting == 0:
        return
    kind = part.get("type")
    if isinstance(kind, str) and _take_typed(builder, kind, part):
        return
    if _take_tagged(builder, part):
        return
    inner = part.get("message_content")
    if isinstance(inner, dict):
        _take_part(builder, {**part, **inner, "message_content": None}, nesting - 1)
    elif part:
        builder.parts.append(part)


def _take_typed(builder: _Builder, kind: str, part: dict[str, JsonValue]) -> bool:
    """Take a part that names its type; False when the type says nothing."""
    if kind in {"text", "input_text", "output_text", "summary_text", "refusal"}:
        text = part.get("text", part.get("content", part.get("refusal")))
        if text and isinstance(text, str):
            builder.texts.append(text)
    elif kind in {"reasoning", "thinking", "redacted_thinking"}:
        if thought := _thought(part):
            builder.reasoning.append(thought)
    elif kind in {"tool_call", "tool_use", "tool-call", "function_call", "custom_tool_call", "toolCall"}:
        take_call(builder, {**part, "id": part.get("call_id") or part.get("id")})
    elif kind in {"tool_call_response", "tool_result", "tool-result", "function_call_output"}:
        content = next((part[key] for key in ("response", "result", "content", "output") if key in part), None)
        ident = next((part[key] for key in ("tool_use_id", "toolCallId", "call_id", "id") if part.get(key)), None)
        builder.result(content, ident)
    else:
        builder.parts.append(part)
    return True


def _take_tagged(builder: _Builder, part: dict[str, JsonValue]) -> bool:
    """Take a part whose only key is its type: Gemini's and Bedrock's habit."""
    for key in ("functionCall", "function_call", "toolUse"):
        if isinstance(call := part.get(key), dict):
            take_call(builder, {**call, "id": call.get("toolUseId") or call.get("id")})
            return True
    for key in ("functionResponse", "function_response", "toolResult"):
        if isinstance(answer := part.get(key), dict):
            content = answer.get("response", answer.get("content"))
            builder.result(content, answer.get("toolUseId") or answer.get("id"))
            return True
    if isinstance(thought := part.get("reasoningContent"), dict):
        text = thought.get("reasoningText")
        builder.reasoning.append(as_text(text.get("text") if isinstance(text, dict) else text))
        return True
    if isinstance(text := part.get("text"), str):
        (builder.reasoning if part.get("thought") is True else builder.texts).append(text)
        return True
    return False


def _thought(part: dict[str, JsonValue]) -> str:
    for key in ("thinking", "text", "content", "reasoning", "summary"):
        value = part.get(key)
        if isinstance(value, str) and value:
            return value
        if isinstance(value, list):
            return "\n".join(as_text(item.get("text")) for item in value if isinstance(item, dict))
    return ""


def content_blocks(content: JsonValue) -> JsonValue:
    """Return the blocks that an emitter wrote out as JSON text; any other content as it is."""
    if isinstance(content, str) and content.startswith("[{"):
        parsed = parse_container(content)
        if isinstance(parsed, list) and all(isinstance(item, dict) and "type" in item for item in parsed):
            return parsed
    return content


def result_text(content: JsonValue) -> str:
    """Return a tool's answer as text: joined text parts, Vercel's tagged value, or JSON for anything else."""
    if isinstance(content, dict) and isinstance(content.get("type"), str) and "value" in content:
        return as_text(content["value"])
    if isinstance(content, list) and content and all(isinstance(item, dict) for item in content):
        texts = [_result_part(item) for item in content if isinstance(item, dict)]
        if all(text is not None for text in texts):
            return "\n".join(text for text in texts if text)
    return as_text(content)


def _result_part(part: dict[str, JsonValue]) -> str | None:
    if isinstance(text := part.get("text", part.get("content")), str):
        return text
    return as_text(part["json"]) if set(part) == {"json"} else None
