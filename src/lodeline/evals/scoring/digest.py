"""The digest of a scorer: equal wherever the same judgments are computed."""

import dataclasses
import hashlib
import inspect
import json
import math
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from lodeline.domain.span import JsonValue

MAX_SOURCE = 200_000
_BUILT_IN = "lodeline.evals."


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What a scorer computes, written down. `exact` is False when something of it has no stable form."""

    target: str
    params: Mapping[str, JsonValue]
    source: str | None
    exact: bool
    built_in: bool


class _Inexact(Exception):
    """A value has no stable JSON form."""


def fingerprint(target: object) -> Fingerprint:
    """Return the fingerprint of a function, or of an object with ``__call__``.

    A function counts with its source text, the defaults of its parameters and the values it closes over; an object
    with its class's source text and its fields, or the mapping `digest_params` where it has one. Lodeline's own are
    told by name and version instead of source text.
    """
    if inspect.isfunction(target):
        kind, held = cast("object", target), _held_by_function(target)
    else:
        kind, held = type(target), _held_by_object(target)
    module = getattr(kind, "__module__", "") or ""
    name = f"{module}.{getattr(kind, '__qualname__', type(kind).__qualname__)}"
    built_in = module.startswith(_BUILT_IN)
    source = None if built_in else _source(kind)
    exact = built_in or source is not None
    params: dict[str, JsonValue] = {}
    for key, value in held.items():
        try:
            params[key] = stable_json(value)
        except _Inexact:
            exact = False
            params[key] = f"<{type(value).__module__}.{type(value).__qualname__}>"
    return Fingerprint(name, params, source, exact, built_in)


def digest_of(found: Fingerprint, *, kind: str, version: str) -> str:
    """Return the digest: SHA-256, in hex, over a fingerprint's parts as JSON with sorted keys."""
    # A user's module is `__main__` when run as a program and has a name when imported: the source tells them apart.
    target = found.target if found.built_in else found.target.rpartition(".")[2]
    parts = {"kind": kind, "target": target, "version": version, "params": found.params, "source": found.source}
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def stable_json(value: object, depth: int = 0) -> JsonValue:
    """Return a value as JSON that is the same on every machine; raises when it has no such form."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if depth > 20:
        raise _Inexact
    if isinstance(value, Mapping):
        pairs = cast("Mapping[object, object]", value).items()
        return {str(key): stable_json(item, depth + 1) for key, item in pairs}
    if isinstance(value, set | frozenset):
        items = [stable_json(item, depth + 1) for item in cast("set[object]", value)]
        return sorted(items, key=lambda item: json.dumps(item, sort_keys=True))
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return [stable_json(item, depth + 1) for item in cast("Sequence[object]", value)]
    stated = getattr(value, "digest_params", None)
    if isinstance(stated, Mapping):
        return stable_json(cast("object", stated), depth + 1)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {"type": type(value).__qualname__, **_fields(value, depth + 1)}
    if inspect.isfunction(value):
        return _function_json(value, depth)
    if isinstance(value, type) or inspect.ismodule(value) or inspect.isbuiltin(value):
        return str(getattr(value, "__qualname__", None) or getattr(value, "__name__", ""))
    raise _Inexact


def _function_json(function: Callable[..., Any], depth: int) -> JsonValue:
    source = _source(function)
    if source is None:
        raise _Inexact
    held = _held_by_function(function)
    return {"source": source, "held": {key: stable_json(item, depth + 1) for key, item in held.items()}}


def _fields(value: Any, depth: int) -> dict[str, JsonValue]:
    return {
        field.name: stable_json(getattr(value, field.name), depth)
        for field in dataclasses.fields(value)
        if field.name != "name" and field.compare
    }


def _held_by_object(target: object) -> dict[str, object]:
    stated = getattr(target, "digest_params", None)
    if isinstance(stated, Mapping):
        return dict(cast("Mapping[str, object]", stated))
    if dataclasses.is_dataclass(target) and not isinstance(target, type):
        found = dataclasses.fields(target)
        return {field.name: getattr(target, field.name) for field in found if field.name != "name" and field.compare}
    return {key: value for key, value in getattr(target, "__dict__", {}).items() if key != "name"}


def _held_by_function(function: Any) -> dict[str, object]:
    """Return the defaults of a function's parameters and the values it closes over."""
    held: dict[str, object] = {}
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.default is not inspect.Parameter.empty:
            held[name] = parameter.default
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=False):
        try:
            held[f"closure.{name}"] = cell.cell_contents
        except ValueError:  # not bound yet: the function refers to itself
            continue
    return held


def _source(target: object) -> str | None:
    """Return the source text without the decorators' lines, common indent, trailing space and line-end dialects."""
    try:
        text = inspect.getsource(cast("Any", target))
    except (OSError, TypeError, IndentationError, SyntaxError):
        return None
    lines = [line.rstrip() for line in textwrap.dedent(text).splitlines()]
    start = next((i for i, line in enumerate(lines) if line.startswith(("def ", "async def ", "class "))), 0)
    return "\n".join(lines[start:]).strip()[:MAX_SOURCE]
