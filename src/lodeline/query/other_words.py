"""Words that other tools have for fields, so that whoever writes one is told the field's name here."""

from collections.abc import Mapping

from lodeline.query.ast import EntityScope
from lodeline.query.fields import ENTITIES, GROUPS, find

_MEANT: Mapping[str, tuple[str, ...]] = {
    "latency": ("duration",),
    "latency_ms": ("duration",),
    "duration_ms": ("duration",),
    "execution_time": ("duration",),
    "execution_time_ms": ("duration",),
    "elapsed": ("duration",),
    "time": ("start", "created", "first", "at"),
    "date": ("start", "created", "first", "at"),
    "timestamp": ("start", "created", "first", "at"),
    "start_time": ("start", "first"),
    "end_time": ("end", "last"),
    "created_at": ("created", "start", "first", "at"),
    "updated_at": ("updated", "last"),
    "conversation": ("session",),
    "conversation_id": ("session",),
    "thread_id": ("session",),
    "env": ("environment",),
    "input": ("request",),
    "inputs": ("request",),
    "output": ("response",),
    "outputs": ("response",),
    "error": ("status_message",),
    "error_message": ("status_message",),
    "errors": ("error_count",),
    "spans": ("span_count",),
    "traces": ("trace_count",),
    "cost_usd": ("cost",),
    "tokens": ("tokens.total",),
    "total_tokens": ("tokens.total",),
    "input_tokens": ("tokens.input",),
    "prompt_tokens": ("tokens.input",),
    "output_tokens": ("tokens.output",),
    "completion_tokens": ("tokens.output",),
    "version": ("model",),
    "llm": ("span.model",),
}
"""Each word with names that the field may have; which of them there is depends on what is listed."""


def meant(scope: EntityScope, word: str) -> str | None:
    """Return the field of a list that a word, which none is called here, stands for elsewhere; None when unknown."""
    return next((name for name in _MEANT.get(word.lower(), ()) if _known(scope, name)), None)


def _known(scope: EntityScope, name: str) -> bool:
    part, _, rest = name.partition(".")
    if part in ENTITIES[scope].groups:
        return find(GROUPS[part], rest.split(".")) is not None
    return find(scope, name.split(".")) is not None
