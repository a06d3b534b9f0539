"""Blinding: what is shown of a trace without the names of the models that made it.

Conventions repeat a model's name in the names of spans ("chat gpt-4o") and in what providers take and return
(``{"model": "gpt-4o", ...}``). What a model or a person wrote themselves stays as it is.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from lodeline.domain.span import JsonValue, SpanKind, SpanSkeleton

HIDDEN: Final = "(hidden)"
_FIELDS = frozenset({"model", "modelname", "modelid", "modelversion"})
_MODEL_CALLS: frozenset[SpanKind] = frozenset({"LLM", "CHAT_MODEL", "EMBEDDING", "RERANKER"})
_WORD = re.compile(r"[^\s()\[\]{},;'\"]+")
_SHORTEST = 2
_SHORTEST_PART = 4
"""How much of a known name a word must be to count as that name without its version."""


@dataclass(frozen=True, slots=True)
class Blinding:
    """Hides the names of models: `names` are those known, in lower case and without their providers."""

    names: frozenset[str]

    def title(self, text: str) -> str:
        """Return a span's name without the models in it."""
        return _WORD.sub(lambda found: HIDDEN if self._is_model(found[0]) else found[0], text)

    def content(self, value: JsonValue, kind: SpanKind) -> JsonValue:
        """Return what went into or came out of a span, with the fields hidden that name a model: those of known
        models, and in a model call every one. The value is no deeper than `record_sources.clean` leaves it."""
        if isinstance(value, Mapping):
            return {
                key: HIDDEN if self._names_model(key, item, kind) else self.content(item, kind)
                for key, item in value.items()
            }
        if isinstance(value, Sequence) and not isinstance(value, str):
            return [self.content(item, kind) for item in value]
        return value

    def _names_model(self, key: str, value: JsonValue, kind: SpanKind) -> bool:
        if not isinstance(value, str) or key.lower().replace("_", "").replace("-", "") not in _FIELDS:
            return False
        return kind in _MODEL_CALLS or self._is_model(value)

    def _is_model(self, word: str) -> bool:
        """Tell whether a word is a known model, also with less or more of its version than is known."""
        short = _short(word)
        part = len(short) >= _SHORTEST_PART
        return any(short.startswith(name) or (part and name.startswith(short)) for name in self.names)


def blinding_of(skeleton: Iterable[SpanSkeleton]) -> Blinding:
    """Return what hides the models that the spans of a trace name."""
    names = (_short(span.model) for span in skeleton if span.model)
    return Blinding(frozenset(name for name in names if len(name) >= _SHORTEST))


def _short(name: str) -> str:
    return re.split(r"[/:]", name.strip().lower())[-1]
