"""Lists that emitters flatten into keys such as ``llm.input_messages.0.message.role``."""

from lodeline.domain.span import JsonValue
from lodeline.ingest.semconv.messages import MAX_MESSAGES
from lodeline.ingest.semconv.reading import Attributes
from lodeline.ingest.values import json_safe

_MAX_SEGMENTS = 12


def indexed(attributes: Attributes, prefix: str) -> list[dict[str, JsonValue]]:
    """Return the objects flattened below `prefix`, in the order of their numbers; gaps are closed.

    ``prefix + "0.message.role"`` becomes ``[{"message": {"role": …}}]``; a level whose keys are all numbers
    becomes a list. Also a value at the prefix itself (without its last dot) that is a list of objects is
    taken as it is.
    """
    whole = attributes.value(prefix.rstrip("."))
    if isinstance(whole, list):
        return [item for item in map(json_safe, whole) if isinstance(item, dict)]
    tree: dict[str, JsonValue] = {}
    for key in attributes.under(prefix):
        segments = key[len(prefix) :].split(".")
        if segments[0].isdecimal() and 1 < len(segments) <= _MAX_SEGMENTS:
            _put(tree, segments, json_safe(attributes.value(key)))
    listed = _listed(tree)
    return [item for item in listed[:MAX_MESSAGES] if isinstance(item, dict)] if isinstance(listed, list) else []


def _put(tree: dict[str, JsonValue], segments: list[str], value: JsonValue) -> None:
    for segment in segments[:-1]:
        below = tree.get(segment)
        if not isinstance(below, dict):
            below = tree[segment] = {}
        tree = below
    tree.setdefault(segments[-1], value)


def _listed(tree: dict[str, JsonValue]) -> JsonValue:
    made = {key: _listed(value) if isinstance(value, dict) else value for key, value in tree.items()}
    if made and all(key.isdecimal() and len(key) < 10 for key in made):
        return [made[key] for key in sorted(made, key=int)]
    return made
