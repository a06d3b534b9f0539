"""The former OpenLLMetry way: ``gen_ai.prompt.0.content``, ``gen_ai.completion.0.tool_calls.0.name``,
``llm.request.*``.

Each block of an answer is a completion of its own (thinking has the role "thinking"); a text completion's
prompt stands under its role (``gen_ai.prompt.0.user``). Counts and model come from the ``gen_ai.*``
attributes beside them.
"""

from lodeline.domain.span import JsonValue, SpanKind
from lodeline.ingest.semconv.dialect import Content, Dialect, Draft
from lodeline.ingest.semconv.indexed import indexed
from lodeline.ingest.semconv.messages import messages, role_of
from lodeline.ingest.semconv.parts import Role, content_blocks
from lodeline.ingest.semconv.previews import cut, last_text
from lodeline.ingest.semconv.reading import Attributes
from lodeline.ingest.semconv.tools import finish_reason, tool_definitions

_KINDS: dict[str, SpanKind] = {
    "chat": "CHAT_MODEL",
    "completion": "LLM",
    "embedding": "EMBEDDING",
    "rerank": "RERANKER",
}


def _derive(attributes: Attributes, draft: Draft) -> None:
    if draft.kind is None:
        if "\ngen_ai.prompt.0.role" in attributes.names:
            draft.kind = "CHAT_MODEL"
        else:
            draft.kind = _KINDS.get(attributes.text("llm.request.type") or "")


def _preview(attributes: Attributes, draft: Draft) -> None:
    if draft.request is None and (asked := _last(attributes, "gen_ai.prompt.", "user")) is not None:
        draft.request = cut(asked)
    if draft.response is None and (answered := _last(attributes, "gen_ai.completion.", "assistant")) is not None:
        draft.response = cut(answered)


def _last(attributes: Attributes, prefix: str, role: Role) -> str | None:
    """Return the text of the last entry with `role`; what is plain text is found without building the others."""
    found = _last_plain(attributes, prefix, role)
    return last_text(_entries(attributes, prefix), role) if found is None else found


def _last_plain(attributes: Attributes, prefix: str, role: Role) -> str | None:
    """Return the same for entries that say their role, when the last one's content is plain text; else None."""
    if attributes.value(prefix[:-1]) is not None:
        return None
    start = len(prefix)
    numbers = {key[start:].partition(".")[0] for key in attributes.under(prefix)}
    if not all(number.isdecimal() and len(number) < 10 for number in numbers):
        return None
    text = attributes.text
    for number in sorted(numbers, key=int, reverse=True):
        named = text(f"{prefix}{number}.role")
        if named is None:
            return None
        if role_of(named) == role:
            content = text(f"{prefix}{number}.content")
            return None if content is None or content.lstrip()[:1] in _STRUCTURED else content
    return None


_STRUCTURED = frozenset("{[")


def _view(attributes: Attributes, kind: SpanKind, content: Content) -> None:
    received = indexed(attributes, "gen_ai.completion.")
    if not content.input_messages:
        content.input_messages = messages(_entries(attributes, "gen_ai.prompt."), "user")
    if not content.output_messages:
        content.output_messages = messages([_entry(item) for item in received], "assistant")
    if not content.tool_definitions:
        content.tool_definitions = tool_definitions([*indexed(attributes, "llm.request.functions.")])
    if not content.finish_reasons:
        reasons = [reason for item in received if isinstance(reason := item.get("finish_reason"), str)]
        content.finish_reasons = tuple(map(finish_reason, reasons[-1:]))


def _entries(attributes: Attributes, prefix: str) -> list[JsonValue]:
    return [_entry(item) for item in indexed(attributes, prefix)]


def _entry(item: dict[str, JsonValue]) -> JsonValue:
    if "role" not in item and "content" not in item and isinstance(text := item.get("user"), str):
        return {"role": "user", "content": text}
    return {**item, "content": content_blocks(item.get("content"))}


DIALECT = Dialect(
    "genai-indexed",
    ("\ngen_ai.prompt.", "\ngen_ai.completion.", "\nllm.request.type"),
    _derive,
    _preview,
    _view,
)
