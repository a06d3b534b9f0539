"""Errors in the words of who typed a command: its options and values, where the API names its own fields."""

import inspect
import re
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import cast

import typer.models

from lodeline.domain.errors import Invalid, LodelineError, TooLarge, shown

FIELDS: Mapping[str, tuple[str, ...]] = {
    "bucket_ms": ("every",),
    "dataset_id": ("dataset", "dataset_id"),
    "delete_tags": ("delete",),
    "experiment_id": ("experiment",),
    "experiment_ids": ("experiment",),
    "experiments": ("experiments", "experiment"),
    "expires_ms": ("expires_days",),
    "field": ("field", "by"),
    "group_by": ("by",),
    "input.max_value": ("max",),
    "input.min_value": ("min",),
    "input.multi_select": ("multi",),
    "input.negative_label": ("negative",),
    "input.options": ("option",),
    "input.positive_label": ("positive",),
    "item_ids": ("item",),
    "kinds": ("kind",),
    "label": ("labels",),
    "label schema name": ("name",),
    "model_id": ("model",),
    "name": ("new_name", "as_name", "name"),
    "policy.reviews_required": ("reviews",),
    "policy.weights": ("weight",),
    "reviewers": ("names", "reviewer"),
    "run_id": ("run",),
    "schema_ids": ("schemas",),
    "scopes": ("scope",),
    "session": ("session",),
    "set_tags": ("tags", "tag"),
    "source.source_id": ("source_id",),
    "span_id": ("span",),
    "tags": ("tags", "tag"),
    "trace_id": ("trace",),
    "trace_ids": ("trace_ids", "traces", "trace"),
}
"""The parameters of commands that give a field of the API; a field that is not here has a parameter of its name."""
_OTHER_UNITS: Mapping[str, str] = {
    "bucket_ms": "a time from 1s to ten years, such as 15m",
    "expires_ms": "more than 0 days",
}
"""What is expected of parameters which commands take in other units than the API."""
_FIELD = re.compile(r"[a-z][a-z_ ]*(?:\.[^:\n]*)?")
_WORD = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|`[^`]*`|\b[a-z]+(?:_[a-z]+)*\b")


def options_of(parameters: Sequence[inspect.Parameter]) -> Mapping[str, str]:
    """Return how commands show their parameters, by name: ``--expires-days``, or what stands for an argument."""
    found: dict[str, str] = {}
    for parameter in parameters:
        said = next(iter(cast("tuple[object, ...]", getattr(parameter.annotation, "__metadata__", ()))), None)
        if isinstance(said, typer.models.ArgumentInfo):
            found[parameter.name] = str(said.metavar or parameter.name.upper()).rstrip(".")
        elif isinstance(said, typer.models.OptionInfo):
            long = [each.partition("/")[0] for each in said.param_decls or () if each.startswith("--")]
            found[parameter.name] = long[0] if long else f"--{parameter.name.replace('_', '-')}"
    return found


@contextmanager
def in_options(options: Mapping[str, str], typed: Mapping[str, object]) -> Generator[None]:
    """Let errors that begin with a field of the API name the option that gives it, and the value that was typed.

    `options` are those of a command by parameter, as `options_of` returns them; `typed` are its arguments.
    """
    try:
        yield
    except (Invalid, TooLarge) as error:
        message = _message(error, options, typed)
        if message == error.message:
            raise
        renamed: LodelineError = type(error)(message, code=error.error_code, details=error.details)
        raise renamed from error


def _message(error: LodelineError, options: Mapping[str, str], typed: Mapping[str, object]) -> str:
    field, colon, rest = error.message.partition(": ")
    if not colon or not _FIELD.fullmatch(field):
        return error.message
    named = error.details.get("fields")
    others = [str(each) for each in cast("list[object]", named)] if isinstance(named, list | tuple) else []
    rest = _reworded(rest, others, options)
    parameter, inner = _parameter(field, options)
    if parameter is None:
        return rest if others else f"{field}: {rest}"
    pair = inner and "=" in options[parameter]  # such as SETTING=VALUE, of which the setting was typed
    option = inner if pair else f"{options[parameter]} {inner}".rstrip()
    if field in _OTHER_UNITS and typed.get(parameter) is not None:
        value = typed[parameter]
        said = f"{value:g}" if isinstance(value, float) else shown(value)
        return f"{option}: {said} is not valid; expected {_OTHER_UNITS[field]}."
    return f"{option}: {rest}"


def _parameter(field: str, options: Mapping[str, str]) -> tuple[str | None, str]:
    """Return the parameter that gives a field, and what of the field's path it does not say.

    A field within another one (``rules.0.share``, ``policy.weights.ann``) is known by what is last or before.
    """
    parts = field.removeprefix("query.").split(".")
    for first, last in (
        (0, len(parts)),
        (len(parts) - 1, len(parts)),
        *((0, end) for end in range(len(parts) - 1, 0, -1)),
    ):
        if (found := _named(".".join(parts[first:last]), options)) is not None:
            return found, ".".join(
                part for part in parts[last:] if not part.isdecimal() and part not in {"", "[key]"}
            )
    return None, ""


def _named(field: str, options: Mapping[str, str]) -> str | None:
    return next((name for name in FIELDS.get(field, (field,)) if name in options), None)


def _reworded(text: str, fields: Sequence[str], options: Mapping[str, str]) -> str:
    """Return the first line of a message with options in place of fields: of `fields`, and of names with a `_`."""

    def word(hit: re.Match[str]) -> str:
        name = hit[0]
        parameter = _named(name, options) if name in fields or (name in FIELDS and "_" in name) else None
        return name if parameter is None else options[parameter]

    first, line, more = text.partition("\n")
    return _WORD.sub(word, first) + line + more
