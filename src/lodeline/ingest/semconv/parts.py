"""The parts of a message, in every provider's and framework's spelling, gathered into one `Message`."""

from dataclasses import dataclass, field
from itertools import islice, pairwise
from typing import Literal, TypeAlias

from lodeline.domain.span import JsonValue, Message, ToolCall
from lodeline.ingest.semconv.parsing import as_text, parse_container, parse_json

Role: TypeAlias = Literal["system", "user", "assistant", "tool", "unknown"]

MAX_PARTS = 10_000

_SERVER_CALL_PREFIXES = ("srvtoolu_",)
"""Ids of calls that the provider ran itself; the application never sees them as calls."""
_TEXTS = frozenset(("text", "input_text", "output_text", "summary_text", "refusal"))
_THOUGHTS = frozenset(("reasoning", "thinking", "redacted_thinking"))
_CALLS = frozenset(("tool_call", "tool_use", "tool-call", "function_call", "custom_tool_call", "toolCall"))
_ANSWERS = frozenset(("tool_call_response", "tool_result", "tool-result", "function_call_output"))


@dataclass(slots=True)
class MessageBuilder:
    """One message under construction, with the tool answers that have to become messages of their own."""

    role: Role
    texts: list[str] = field(default_factory=list[str])
    reasoning: list[str] = field(default_factory=list[str])
    parts: list[JsonValue] = field(default_factory=list[JsonValue])
    answers: list[Message] = field(default_factory=list[Message])
    _calls: list[ToolCall] = field(default_factory=list[ToolCall])
    _call_ids: set[str] = field(default_factory=set[str])

    def finish(self) -> list[Message]:
        """Return the tool answers, then the message; it is left out when there is nothing in it but answers."""
        if self.answers and not (self.texts or self._calls or self.reasoning or self.parts):
            return self.answers
        content = joined(self.texts, prose=self.role == "assistant")
        reasoning = "\n".join(self.reasoning) or None
        message = Message(self.role, content, tuple(self._calls), reasoning=reasoning, parts=tuple(self.parts))
        return [*self.answers, message]

    def take(self, content: JsonValue) -> None:
        """Take a message's content: text, one part, or a list of parts (at most `MAX_PARTS`)."""
        for part in islice(content, MAX_PARTS) if isinstance(content, list) else (content,):
            self.take_part(part)

    def take_part(self, part: JsonValue) -> None:
        """Take one part; what nobody knows is kept as it is."""
        if isinstance(part, str):
            if part:
                self.texts.append(part)
            return
        if not isinstance(part, dict):
            return
        if isinstance(inner := part.get("message_content"), dict):  # OpenInference
            part = {**part, **inner}
        kind = part.get("type")
        if isinstance(kind, str):
            self._take_typed(kind, part)
        elif part and not self._take_tagged(part):
            self.parts.append(part)

    def take_call(self, call: JsonValue) -> None:
        """Take a tool call in OpenAI's, LangChain's, Vercel's or OpenInference's spelling, once per id."""
        if not isinstance(call, dict):
            return
        inner = call.get("tool_call")
        call = inner if isinstance(inner, dict) else call
        function = call.get("function")
        source = function if isinstance(function, dict) else call
        name = source.get("name") or call.get("toolName") or call.get("tool_name")
        arguments = next((source[key] for key in ("arguments", "args", "input") if key in source), None)
        ident = call.get("call_id") or call.get("id") or call.get("toolCallId") or call.get("tool_call_id")
        if name or arguments:
            self._add_call(as_text(name), arguments, _ident(ident))

    def take_answer(self, content: JsonValue, call_id: JsonValue) -> None:
        """Take a tool's answer."""
        self.answers.append(Message("tool", answer_text(content), tool_call_id=_ident(call_id)))

    def _add_call(self, name: str, arguments: JsonValue, ident: str | None) -> None:
        if isinstance(arguments, str):
            arguments = parse_json(arguments) if arguments else None
        arguments = {} if arguments is None else arguments
        if ident is not None and ident.startswith(_SERVER_CALL_PREFIXES):
            self.parts.append({"type": "server_tool_call", "name": name, "arguments": arguments, "id": ident})
        elif ident is None or ident not in self._call_ids:
            self._calls.append(ToolCall(name, arguments, ident))
            if ident is not None:
                self._call_ids.add(ident)

    def _take_typed(self, kind: str, part: dict[str, JsonValue]) -> None:
        if kind in _TEXTS:
            text = part.get("text", part.get("content", part.get("refusal")))
            if text and isinstance(text, str):
                self.texts.append(text)
        elif kind in _THOUGHTS:
            if thought := _thought(part):
                self.reasoning.append(thought)
        elif kind in _CALLS:
            self.take_call(part)
        elif kind in _ANSWERS:
            content = next((part[key] for key in ("response", "result", "content", "output") if key in part), None)
            ident = next((part[key] for key in ("tool_use_id", "toolCallId", "call_id", "id") if part.get(key)), None)
            self.take_answer(content, ident)
        else:
            self.parts.append(part)

    def _take_tagged(self, part: dict[str, JsonValue]) -> bool:
        """Take a part whose only key says what it is: Gemini's and Bedrock's habit. False when it does not."""
        for key in ("functionCall", "function_call", "toolUse"):
            if isinstance(call := part.get(key), dict):
                self.take_call({**call, "id": call.get("toolUseId") or call.get("id")})
                return True
        for key in ("functionResponse", "function_response", "toolResult"):
            if isinstance(answer := part.get(key), dict):
                content = answer.get("response", answer.get("content"))
                self.take_answer(content, answer.get("toolUseId") or answer.get("id"))
                return True
        if isinstance(thought := part.get("reasoningContent"), dict):
            text = thought.get("reasoningText")
            self.reasoning.append(as_text(text.get("text") if isinstance(text, dict) else text))
            return True
        if isinstance(text := part.get("text"), str):
            (self.reasoning if part.get("thought") is True else self.texts).append(text)
            return True
        return False


def joined(texts: list[str], *, prose: bool) -> str:
    """Join text parts by newlines; within prose (an assistant's answer) only after a finished sentence.

    Providers cut an answer anywhere (Anthropic at each citation), and some emitters drop what stood between.
    """
    pieces = texts[:1]
    for left, right in pairwise(texts):
        cut = left[-1:].isspace() or left[-1:].isalnum() or left.endswith(",") or right[:1].isspace()
        pieces.append(right if prose and cut else f"\n{right}")
    return "".join(pieces)


def answer_text(content: JsonValue) -> str:
    """Return a tool's answer as text: joined text parts, Vercel's tagged value, or JSON for anything else."""
    if isinstance(content, dict) and isinstance(content.get("type"), str) and "value" in content:
        return as_text(content["value"])
    if isinstance(content, list) and content:
        texts = [_answer_part(item) for item in content]
        if None not in texts:
            return "\n".join(text for text in texts if text)
    return as_text(content)


def content_blocks(content: JsonValue) -> JsonValue:
    """Return the blocks that an emitter wrote out as JSON text; any other content as it is."""
    if isinstance(content, str) and content.startswith("[{"):
        parsed = parse_container(content)
        if isinstance(parsed, list) and all(isinstance(item, dict) and "type" in item for item in parsed):
            return parsed
    return content


def _answer_part(part: JsonValue) -> str | None:
    if not isinstance(part, dict):
        return None
    if isinstance(text := part.get("text", part.get("content")), str):
        return text
    return as_text(part["json"]) if part.keys() == {"json"} else None


def _thought(part: dict[str, JsonValue]) -> str:
    for key in ("thinking", "text", "content", "reasoning", "summary"):
        value = part.get(key)
        if isinstance(value, str) and value:
            return value
        if isinstance(value, list):
            return "\n".join(as_text(item.get("text")) for item in value if isinstance(item, dict))
    return ""


def _ident(value: JsonValue) -> str | None:
    return value if isinstance(value, str) and value else None
