"""Tool definitions, model parameters and finish reasons in one form."""

from collections.abc import Iterable

from lodeline.domain.span import JsonValue
from lodeline.ingest.semconv.parsing import parse_container

MAX_TOOLS = 1_000

_FINISH = {
    "stop": "stop",
    "end_turn": "stop",
    "stop_sequence": "stop",
    "completed": "stop",
    "length": "length",
    "max_tokens": "length",
    "max_output_tokens": "length",
    "tool_calls": "tool_call",
    "tool-calls": "tool_call",
    "tool_call": "tool_call",
    "tool_use": "tool_call",
    "function_call": "tool_call",
    "content_filter": "content_filter",
    "content-filter": "content_filter",
    "safety": "content_filter",
    "refusal": "content_filter",
}


def finish_reason(reason: str) -> str:
    """Return the canonical reason (stop, length, tool_call, content_filter), any other in lower case."""
    lowered = reason.lower()
    return _FINISH.get(lowered, lowered)


def answered_reasons(value: JsonValue) -> tuple[str, ...]:
    """Return the canonical reasons that output messages carry themselves."""
    items = value if isinstance(value, list) else []
    found = [item.get("finish_reason") for item in items[:MAX_TOOLS] if isinstance(item, dict)]
    return tuple(finish_reason(reason) for reason in found if isinstance(reason, str) and reason)


def finish_reasons(value: JsonValue) -> tuple[str, ...]:
    """Return the canonical reasons in a list, in JSON text that spells one, or in one text."""
    value = parse_container(value) if isinstance(value, str) else value
    items = value if isinstance(value, list) else [value]
    return tuple(finish_reason(item) for item in items[:MAX_TOOLS] if isinstance(item, str) and item)


def tool_definitions(value: JsonValue) -> tuple[JsonValue, ...]:
    """Return tool definitions, given as a list or as JSON text, in one form.

    A function is ``{"type": "function", "name", "description", "parameters"}``, whatever it was nested in and
    whatever its schema was called; Gemini's groups of declarations are taken apart; other tools stay as they
    are.
    """
    value = parse_container(value) if isinstance(value, str) else value
    items = value if isinstance(value, list) else [] if value is None else [value]
    return tuple(_definitions(items[:MAX_TOOLS]))


def _definitions(items: Iterable[JsonValue]) -> Iterable[JsonValue]:
    for item in items:
        tool = parse_container(item) if isinstance(item, str) else item
        if not isinstance(tool, dict):
            continue
        group = tool.get("function_declarations", tool.get("functionDeclarations"))
        if isinstance(group, list):
            yield from map(_definition, group[:MAX_TOOLS])
        else:
            yield _definition(tool)


def _definition(tool: JsonValue) -> JsonValue:
    if not isinstance(tool, dict):
        return tool
    if len(tool) == 1 and isinstance(next(iter(tool.values())), dict) and "function" not in tool:
        [(name, options)] = tool.items()
        return {"type": name, "name": name, "options": options} if options else {"type": name, "name": name}
    inner = tool.get("function")
    source = inner if isinstance(inner, dict) else tool
    if tool.get("type", "function") not in ("function", "custom") or not isinstance(source.get("name"), str):
        return tool
    made: dict[str, JsonValue] = {"type": "function", "name": source["name"]}
    if description := source.get("description"):
        made["description"] = description
    for key in ("parameters", "input_schema", "inputSchema", "parameters_json_schema", "parametersJsonSchema"):
        schema = source.get(key)
        schema = parse_container(schema) if isinstance(schema, str) else schema
        if isinstance(schema, dict):
            made["parameters"] = schema
            break
    return made
