"""Messages of libraries that MLflow's client logs in the library's own words, which ``mlflow.message.format`` names.

Everything else that it logs is a provider's request or response, which `bodies` reads.
"""

from collections.abc import Iterator, Mapping

from lodeline.domain.span import JsonValue, Message
from lodeline.ingest.semconv.messages import messages
from lodeline.ingest.semconv.parsing import as_text

_ROLES: Mapping[str, str] = {"system-prompt": "system", "user-prompt": "user", "text": "assistant"}


def library_messages(library: str, body: JsonValue, *, sent: bool) -> tuple[Message, ...]:
    """Return the messages in what a call of a library was given (`sent`) or gave; none when they are not in its
    words."""
    match library:
        case "pydantic_ai":
            return messages(list(_pydantic_ai(body)))
        case "dspy" if not sent and isinstance(body, list):
            answers = [each.get("text") if isinstance(each, dict) else each for each in body]
            return messages([{"role": "assistant", "content": each} for each in answers if isinstance(each, str)])
        case "llamaindex" if isinstance(body, dict):
            return _llama_index(body, sent=sent)
        case _:
            return ()


def _llama_index(body: Mapping[str, JsonValue], *, sent: bool) -> tuple[Message, ...]:
    """A chat: messages made of blocks. A completion: its prompt is an argument, its text beside the provider's own
    answer."""
    said = body.get("messages") if sent else [body.get("message")]
    if isinstance(said, list) and said and isinstance(said[0], dict):
        return messages([_llama_index_message(each) for each in said if isinstance(each, dict)])
    given = body.get("args")
    text = (given[0] if isinstance(given, list) and given else None) if sent else body.get("text")
    return messages([{"role": "user" if sent else "assistant", "content": text}]) if isinstance(text, str) else ()


def _llama_index_message(message: Mapping[str, JsonValue]) -> JsonValue:
    """Return a message in OpenAI's words."""
    blocks, beside = message.get("blocks"), message.get("additional_kwargs")
    if not isinstance(blocks, list):
        return dict(message)
    parts: list[JsonValue] = []
    calls: list[JsonValue] = []
    for block in blocks:
        if not isinstance(block, dict):
            continue
        kind = block.get("block_type")
        if kind == "tool_call":
            function: JsonValue = {"name": block.get("tool_name"), "arguments": block.get("tool_kwargs")}
            calls.append({"id": block.get("tool_call_id"), "type": "function", "function": function})
        elif kind == "thinking":
            parts.append({"type": "reasoning", "content": block.get("content")})
        else:
            parts.append({**block, "type": kind})
    made: dict[str, JsonValue] = {"role": message.get("role"), "content": parts}
    if calls:
        made["tool_calls"] = calls
    if isinstance(beside, dict):
        made |= {name: beside[name] for name in ("tool_calls", "tool_call_id") if name in beside and name not in made}
    return made


def _pydantic_ai(body: JsonValue) -> Iterator[JsonValue]:
    """Yield messages in OpenAI's words: a request's instructions and parts, or a response's."""
    if not isinstance(body, dict):
        return
    listed = body.get("messages")
    for message in listed if isinstance(listed, list) else [body]:
        if not isinstance(message, dict) or not isinstance(parts := message.get("parts"), list):
            continue
        if isinstance(instructions := message.get("instructions"), str):
            yield {"role": "system", "content": instructions}
        for part in parts:
            if isinstance(part, dict):
                yield _pydantic_ai_part(part)


def _pydantic_ai_part(part: Mapping[str, JsonValue]) -> JsonValue:
    kind, content, call_id = part.get("part_kind"), part.get("content"), part.get("tool_call_id")
    match kind:
        case "tool-call":
            function: JsonValue = {"name": part.get("tool_name"), "arguments": part.get("args")}
            return {"role": "assistant", "tool_calls": [{"id": call_id, "type": "function", "function": function}]}
        case "tool-return":
            return {"role": "tool", "tool_call_id": call_id, "content": as_text(content)}
        case "retry-prompt" if part.get("tool_name"):
            return {"role": "tool", "tool_call_id": call_id, "content": as_text(content)}
        case "retry-prompt":
            return {"role": "user", "content": as_text(content)}
        case "thinking":
            return {"role": "assistant", "parts": [{"type": "reasoning", "content": content}]}
        case _:
            return {"role": _ROLES.get(str(kind), "unknown"), "content": content}
