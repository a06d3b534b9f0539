"""Blinding: what is shown of a trace or record without the names of the model and version that made it.

Conventions repeat a model's name in the names of spans ("chat gpt-4o") and in what providers take and return
(``{"model": "gpt-4o", ...}``); programs put their own version beside it (``service.version``). What a model or a
person wrote themselves stays as it is.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from lodeline.domain.span import JsonValue, SpanKind, SpanSkeleton

HIDDEN: Final = "(hidden)"
_FIELDS = frozenset({"model", "modelname", "modelid", "modelversion"})
_VERSION_FIELDS = frozenset(
    {
        "serviceversion", "appversion", "applicationversion", "lodelinemodelid", "mlflowmodelid",
        "genairequestmodel", "genairesponsemodel", "llmmodelname", "embeddingmodelname", "rerankermodelname",
        "llmrequestmodel", "llmresponsemodel",
    }
)  # fmt: skip
"""Fields that name a model or a version of a program whatever is in them, as conventions give them."""
_DROPPED = str.maketrans("", "", "_-. ")
_MODEL_CALLS: frozenset[SpanKind] = frozenset({"LLM", "CHAT_MODEL", "EMBEDDING", "RERANKER"})
_WORD = re.compile(r"[^\s()\[\]{},;'\"]+")
_LONGEST = 300
_SHORTEST = 2
_SHORTEST_PART = 4
"""How much of a known name a word must be to count as that name without its version."""


@dataclass(frozen=True, slots=True)
class Blinding:
    """Hides the names of models and versions: `names` are the models known, in lower case and without their
    providers, `versions` ids and names of the program's versions, in lower case.

    With `every` all fields named after a model are hidden: where nothing tells which models there are.
    """

    names: frozenset[str]
    versions: frozenset[str] = frozenset()
    every: bool = False

    def title(self, text: str) -> str:
        """Return a span's name without the models and versions in it."""
        return _WORD.sub(lambda found: HIDDEN if self._is_model(found[0]) else found[0], text)

    def content(self, value: JsonValue, kind: SpanKind) -> JsonValue:
        """Return what went into or came out of a span, with the fields hidden that name a model or a version (those
        of known models, and in a model call every one), and what as a whole is such a name, wherever it stands.

        The value is no deeper than `record_sources.clean` leaves it.
        """
        if isinstance(value, Mapping):
            return {
                HIDDEN if self._is_name(key) else key: HIDDEN
                if self._names_model(key, item, kind)
                else self.content(item, kind)
                for key, item in value.items()
            }
        if isinstance(value, str):
            return HIDDEN if self._is_name(value) else value
        if isinstance(value, Sequence):
            return [self.content(item, kind) for item in value]
        return value

    def _names_model(self, key: str, value: JsonValue, kind: SpanKind) -> bool:
        plain = key.lower().translate(_DROPPED)
        if value is None or plain not in _FIELDS | _VERSION_FIELDS:
            return False
        if self.every or plain in _VERSION_FIELDS:
            return True
        return kind in _MODEL_CALLS or (isinstance(value, str) and self._is_model(value))

    def _is_name(self, text: str) -> bool:
        """Tell whether a text is a known version or a known model, no more and no less."""
        return len(text) <= _LONGEST and (text.lower() in self.versions or _short(text) in self.names)

    def _is_model(self, word: str) -> bool:
        """Tell whether a word is a known version, or a known model, also with less or more of its version."""
        if word.lower() in self.versions:
            return True
        short = _short(word)
        part = len(short) >= _SHORTEST_PART
        return any(short.startswith(name) or (part and name.startswith(short)) for name in self.names)


def blinding_of(spans: Iterable[SpanSkeleton], versions: Iterable[str] = ()) -> Blinding:
    """Return what hides the models that the spans of traces name, and these versions of the program."""
    names = (_short(span.model) for span in spans if span.model)
    return Blinding(
        frozenset(name for name in names if len(name) >= _SHORTEST),
        frozenset(version.lower() for version in versions if version),
    )


def _short(name: str) -> str:
    return re.split(r"[/:]", name.strip().lower())[-1]
