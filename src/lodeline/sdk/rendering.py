"""Any Python value as JSON of bounded size and depth, whatever it is and whatever its code does.

No more of a value is rendered than is kept, so the cost is bounded by the limits. What is left out is said in its
place. How objects that are not JSON are shown is in `stand_ins`.
"""

import math
from collections.abc import Iterable, Mapping
from typing import NamedTuple, TypeAlias

import orjson

from lodeline.domain.span import JsonValue
from lodeline.sdk.quiet import FOREIGN_FAULTS
from lodeline.sdk.stand_ins import shown, stand_in, type_name

_MAX_KEY = 200
_MAX_NAME = 500
_DATA_URL_CHARS = 4_096
_ENTRY_CHARS = 4
"""What an entry of a list or a dict costs beside its content: bounds the number of small ones."""


class Limits(NamedTuple):
    """How deep a value is rendered, and roughly how many characters of it."""

    depth: int = 16
    chars: int = 262_144


_JSON_BEGINS = ("{", "[", '"')
Content: TypeAlias = str | bool | int | float
"""The attribute of inputs or outputs."""
Container: TypeAlias = dict[object, object] | list[object] | tuple[object, ...]
DEFAULT_LIMITS = Limits()


def to_json(value: object, limits: Limits) -> str:
    """Return `value` as JSON text of roughly at most `limits.chars` characters. Never raises."""
    text = _whole(value, limits)
    return plain_json(to_plain(value, limits)) if text is None else text


def plain_json(value: JsonValue) -> str:
    """Return a JSON value as text; lone surrogates, which UTF-8 has no form for, become question marks."""
    try:
        return orjson.dumps(value).decode()
    except (TypeError, ValueError):
        return orjson.dumps(_cleaned(value)).decode()


def to_content(value: object, limits: Limits) -> Content | None:
    """Return `value` as the attribute of inputs or outputs that says it, None for None. Never raises.

    Scalars are themselves; lists and dicts are JSON text, and so is a text that could be taken for JSON.
    """
    text = _whole(value, limits)
    return plain_content(to_plain(value, limits)) if text is None else text


def plain_content(plain: JsonValue) -> Content | None:
    """Return a JSON value as the attribute that says it, None for None."""
    if isinstance(plain, str):
        return plain_json(plain) if plain.startswith(_JSON_BEGINS) else clean_text(plain)
    return plain if plain is None or isinstance(plain, (bool, int, float)) else plain_json(plain)


def content_value(content: object) -> JsonValue:
    """Return what an attribute of inputs or outputs says; text that is no JSON is itself."""
    if isinstance(content, str) and content.startswith(_JSON_BEGINS):
        try:
            return orjson.loads(content)
        except orjson.JSONDecodeError:
            return content
    return content if isinstance(content, (str, bool, int, float)) else None


def to_plain(value: object, limits: Limits) -> JsonValue:
    """Return `value` as JSON values within the limits; strings may hold lone surrogates. Never raises."""
    try:
        return _Shaping(limits).shape(value, limits.depth)
    except FOREIGN_FAULTS as error:
        return f"<{type_name(value)} that cannot be rendered: {type(error).__name__}>"


def clean_text(text: str) -> str:
    """Return `text` with question marks for its lone surrogates."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def clean_name(name: object) -> str:
    """Return what a program gives as a name as a short text, whatever it is. Never raises."""
    try:
        return clean_text(cut_text(shown(name), _MAX_NAME))
    except FOREIGN_FAULTS:
        return f"<{type_name(name)}>"


def cut_text(text: str, chars: int) -> str:
    """Return at most `chars` characters of `text`, and how many were cut."""
    return text if len(text) <= chars else f"{text[:chars]}… [{len(text) - chars:,} more characters]"


def _whole(value: object, limits: Limits) -> str | None:
    """Return a list or dict that is JSON already, and within the limits, as text; None for everything else.

    To see that nothing has to be changed costs half of what it costs to build what is written then.
    """
    if type(value) not in _CONTAINERS:
        return None
    try:
        if _left_of(value, limits.depth, limits.chars) > 0:  # pyright: ignore[reportArgumentType] - one of them
            return orjson.dumps(value, option=_AS_IT_IS).decode()
    except (TypeError, ValueError, RuntimeError):  # lone surrogates, or another thread changes it meanwhile
        return None
    return None


def _left_of(value: Container, depth: int, left: int) -> int:
    """Return what `_Shaping` would have left of the budget after a list or dict; 0 when it would change something."""
    left -= _ENTRY_CHARS * (len(value) + 1)
    if depth <= 0 or left <= 0:
        return 0
    items: Iterable[object] = value
    if isinstance(value, dict):
        for key in value:
            if type(key) is not str or len(key) > _MAX_KEY:
                return 0
            left -= len(key)
        items = value.values()
    for item in items:
        kind = type(item)
        if kind is str:
            text: str = item  # pyright: ignore[reportAssignmentType] - its type was asked for
            if len(text) > _DATA_URL_CHARS and text.startswith("data:"):
                return 0
            left -= len(text)
        elif kind in _CONTAINERS:
            left = _left_of(item, depth - 1, left)  # pyright: ignore[reportArgumentType] - the same
        elif _is_plain(item):
            left -= _ENTRY_CHARS
        else:
            return 0
        if left <= 0:
            return 0
    return left


def _is_plain(value: object) -> bool:
    """Tell whether a value that is no text and has no parts is JSON as it is."""
    if value is None or value is True or value is False:
        return True
    if type(value) is int:
        return _MIN_INT <= value <= _MAX_INT
    return type(value) is float and math.isfinite(value)


class _Shaping:
    """One rendering: how much of the budget is left, and which containers are being rendered."""

    __slots__ = ("_left", "_within")

    def __init__(self, limits: Limits) -> None:
        self._left = limits.chars
        self._within: set[int] = set()

    def shape(self, value: object, depth: int) -> JsonValue:
        """Return `value` as JSON values, `depth` levels of containers at most."""
        kind = type(value)
        if kind is str:
            return self._text(value)  # pyright: ignore[reportArgumentType] - its type was asked for
        if kind is dict or kind is list or kind is tuple:
            return self._contained(value, id(value), depth)
        if kind in _LEAVES:
            self._left -= _ENTRY_CHARS
            if kind is int and _MIN_INT <= value <= _MAX_INT:  # pyright: ignore[reportOperatorIssue] - the same
                return value  # pyright: ignore[reportReturnType] - the same
            return value if kind is bool or value is None else self._number(value)  # pyright: ignore[reportReturnType, reportArgumentType] - the same
        return self._other(value, depth)

    def _other(self, value: object, depth: int) -> JsonValue:
        try:
            found = stand_in(value, most=max(self._left, 0) // _ENTRY_CHARS + 1)
            if type(found) in {dict, list}:
                return self._contained(found, id(value), depth)
            return self.shape(found if type(found) in _LEAVES else shown(found), depth)
        except FOREIGN_FAULTS as error:
            return self._text(f"<{type_name(value)} that cannot be rendered: {type(error).__name__}>")

    def _contained(self, value: object, ident: int, depth: int) -> JsonValue:
        if ident in self._within:
            return self._text("<cycle>")
        if depth <= 0 and value:
            return self._text(f"<{type_name(value)}, too deep>")
        self._within.add(ident)
        try:
            if isinstance(value, dict):
                return self._mapping(value, depth - 1)  # pyright: ignore[reportUnknownArgumentType] - of anything
            return self._items(value, depth - 1)  # pyright: ignore[reportArgumentType] - a list or a tuple
        except RuntimeError as error:  # Another thread changes it meanwhile.
            return self._text(f"<a container that cannot be rendered: {error}>")
        finally:
            self._within.discard(ident)

    def _mapping(self, value: Mapping[object, object], depth: int) -> dict[str, JsonValue]:
        made: dict[str, JsonValue] = {}
        self._left -= _ENTRY_CHARS
        for key, item in value.items():
            if self._left <= 0:
                made["…"] = f"{len(value) - len(made):,} more"
                break
            name = key if type(key) is str else self._key(key)
            length = len(name)
            if length > _MAX_KEY:
                name = cut_text(name, _MAX_KEY)
            self._left -= length + _ENTRY_CHARS
            # The most frequent case, without the calls that it would take.
            if type(item) is str and len(item) <= _DATA_URL_CHARS and len(item) <= self._left:
                self._left -= len(item)
                made[name] = item
            else:
                made[name] = self.shape(item, depth)
        return made

    def _key(self, key: object) -> str:
        try:
            return shown(key)
        except FOREIGN_FAULTS:
            return f"<{type_name(key)}>"

    def _items(self, value: list[object] | tuple[object, ...], depth: int) -> list[JsonValue]:
        made: list[JsonValue] = []
        self._left -= _ENTRY_CHARS
        for item in value:
            if self._left <= 0:
                made.append(f"… {len(value) - len(made):,} more")
                break
            self._left -= _ENTRY_CHARS
            made.append(self.shape(item, depth))
        return made

    def _text(self, value: str) -> str:
        length = len(value)
        if length > _DATA_URL_CHARS and value.startswith("data:") and ";base64," in value[:_MAX_KEY]:
            value = f"{value[: value.index(',') + 1]}… [{length:,} characters]"
            length = len(value)
        left = self._left
        self._left = left - length
        return value if length <= left else cut_text(value, max(left, 0))

    def _number(self, value: float) -> JsonValue:
        if isinstance(value, float):
            if math.isfinite(value):
                return value
            return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
        if _MIN_INT <= value <= _MAX_INT:
            return value
        return self._text(str(value) if value.bit_length() <= 4_096 else f"<int of {value.bit_length():,} bits>")


_MIN_INT, _MAX_INT = -(2**63), 2**63 - 1
_LEAVES = frozenset((str, int, float, bool, type(None)))
_CONTAINERS = frozenset((dict, list, tuple))
_AS_IT_IS = orjson.OPT_PASSTHROUGH_SUBCLASS | orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME


def _cleaned(value: JsonValue) -> JsonValue:
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, Mapping):
        return {clean_text(key): _cleaned(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_cleaned(item) for item in value]
    return value
