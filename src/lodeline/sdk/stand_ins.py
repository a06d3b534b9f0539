"""What stands for an object that is not JSON: its fields, its items, or a text.

Objects are read by their fields where they say them, so none of their code runs; what an author keeps out of the
``repr`` or of the dump stays out here. Iterators are never consumed. Large data of other libraries is shown by its
shape and its beginning. Whatever the objects' code raises goes to the caller.
"""

import dataclasses
import sys
from collections import UserDict, UserList, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from enum import Enum
from itertools import islice
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any, cast

_MAX_SHOWN = 20_000
_HEAD = 10
"""Rows or elements of large data that are shown."""
_MAX_ELEMENTS = 256


def stand_in(value: Any, *, most: int) -> object:
    """Return what stands for `value`: a leaf, or a dict or a list of any objects; one that is made here has at most
    `most` entries."""
    for kind, render in _BY_TYPE:
        if isinstance(value, kind):
            return render(value, most)
    fields = _fields(value)
    if fields is not None:
        return fields
    for module, render in _BY_LIBRARY.items():
        if _is_from(value, module) and (found := render(value)) is not None:
            return found
    if isinstance(value, Mapping):
        return dict(islice(cast("Mapping[object, object]", value).items(), most))
    return shown(value)


def type_name(value: object) -> str:
    """Return the name of an object's type."""
    return type(value).__qualname__


def shown(value: object) -> str:
    """Return an object's ``repr``, cut, or its type where it has none of its own."""
    if isinstance(value, str):
        return str.__str__(value)
    kind = type(value)
    if kind.__repr__ is object.__repr__:
        return f"<{kind.__module__}.{kind.__qualname__}>"
    text = repr(value)
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}…"


def _enum(value: Enum, most: int) -> object:
    return value.value if isinstance(value.value, (str, int, float)) else value.name


def _tuple(value: tuple[object, ...], most: int) -> object:
    names: tuple[str, ...] | None = getattr(type(value), "_fields", None)
    return list(islice(value, most)) if names is None else dict(zip(names, value, strict=False))


def _listed(value: Iterable[object], most: int) -> object:
    return list(islice(value, most))


def _dict(value: dict[object, object], most: int) -> object:
    return dict(islice(cast("Any", dict).items(value), most))


def _text(value: object, most: int) -> object:
    return str(value)


def _iso(value: date | time, most: int) -> object:
    return value.isoformat()


def _bytes(value: bytes | bytearray, most: int) -> object:
    if len(value) <= _MAX_ELEMENTS:
        with suppress(UnicodeDecodeError):
            text = value.decode("ascii")
            if text.isprintable():
                return f"b'{text}'"
    head = bytes(value[:12])
    kind = next((name for mark, name in _MAGIC if head.startswith(mark)), "bytes")
    return f"<{kind}, {len(value):,} bytes>"


_MAGIC = (
    (b"\x89PNG\r\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"RIFF", "RIFF (image/webp or audio/wav)"),
    (b"PK\x03\x04", "application/zip"),
)


def _memory(value: memoryview, most: int) -> object:
    return f"<memoryview, {value.nbytes:,} bytes>"


def _type(value: type, most: int) -> object:
    return f"<class {value.__module__}.{value.__qualname__}>"


def _named(value: Any, most: int) -> object:
    name = getattr(value, "__qualname__", None) or getattr(value, "__name__", None)
    return f"<{type_name(value)} {name}>" if isinstance(name, str) else f"<{type_name(value)}>"


def _error(value: BaseException, most: int) -> object:
    return f"{type_name(value)}: {value}"


def _wrapped(value: Any, most: int) -> object:
    return value.data


_BY_TYPE: tuple[tuple[Any, Callable[[Any, int], object]], ...] = (
    (Enum, _enum),
    (str, lambda value, most: str.__str__(value)),
    (int, lambda value, most: int.__int__(value)),
    (float, lambda value, most: float.__float__(value)),
    (dict, _dict),
    (tuple, _tuple),
    ((list, set, frozenset, deque, range), _listed),
    ((bytes, bytearray), _bytes),
    (memoryview, _memory),
    ((datetime, date, time), _iso),
    (timedelta, _text),
    (BaseException, _error),
    (type, _type),
    ((Iterator, AsyncIterator, Awaitable), _named),
    ((UserDict, UserList), _wrapped),
    ((FunctionType, MethodType, BuiltinFunctionType, ModuleType), _named),
)


def _fields(value: Any) -> dict[str, object] | None:
    """Return the fields of an object whose class declares them, None of any other; without those that are kept out of
    the ``repr`` or of the dump."""
    kind = cast("Any", type(value))
    if dataclasses.is_dataclass(kind):
        names = [field.name for field in dataclasses.fields(kind) if field.repr]
        return {name: getattr(value, name, None) for name in names}
    declared = next((found for name in _PYDANTIC if (found := getattr(kind, name, None)) is not None), None)
    if isinstance(declared, dict) and isinstance(state := getattr(value, "__dict__", None), dict):
        return _pydantic(value, declared, state)  # pyright: ignore[reportUnknownArgumentType] - looked at there
    attrs: Any = getattr(kind, "__attrs_attrs__", None)
    if isinstance(attrs, tuple):
        fields = cast("tuple[Any, ...]", attrs)
        return {field.name: getattr(value, field.name, None) for field in fields if field.repr}
    struct: Any = getattr(kind, "__struct_fields__", None)
    if isinstance(struct, tuple):
        return {name: getattr(value, name, None) for name in cast("tuple[str, ...]", struct)}
    return None


_PYDANTIC = ("__pydantic_fields__", "model_fields", "__fields__")
"""Where a model's class has its fields: Pydantic 2.10, 2.0, 1; the older names warn in newer versions."""


def _pydantic(value: Any, declared: dict[str, Any], state: dict[str, object]) -> dict[str, object]:
    found = {
        name: content
        for name, content in state.items()
        if (field := declared.get(name)) is None
        or (getattr(field, "repr", True) and not getattr(field, "exclude", None))
    }
    extra = getattr(value, "__pydantic_extra__", None)
    return {**found, **extra} if isinstance(extra, dict) else found


def _is_from(value: object, module: str) -> bool:
    """Tell whether an object's class is of a library; only of one that is loaded anyway."""
    name = type(value).__module__
    return module in sys.modules and (name == module or name.startswith(f"{module}."))


def _numpy(value: Any) -> object:
    if not hasattr(value, "dtype") or not hasattr(value, "tolist"):
        return None
    if not getattr(value, "shape", ()) or value.size <= _MAX_ELEMENTS:
        found = value.tolist()
        return found if type(found) in {list, str, int, float, bool} else shown(found)
    return {"type": type_name(value), "dtype": str(value.dtype), "shape": list(value.shape),
            "first": value.reshape(-1)[:_HEAD].tolist()}  # fmt: skip


def _pandas(value: Any) -> object:
    if type_name(value) == "DataFrame":
        head = value.head(_HEAD)
        return {"type": "DataFrame", "shape": list(value.shape), "columns": [str(name) for name in value.columns],
                "first": head.to_dict("records")}  # fmt: skip
    if type_name(value) == "Series":
        return {"type": "Series", "name": value.name, "dtype": str(value.dtype), "length": len(value),
                "first": value.head(_HEAD).tolist()}  # fmt: skip
    return None


def _polars(value: Any) -> object:
    if type_name(value) == "DataFrame":
        return {"type": "DataFrame", "shape": list(value.shape), "columns": list(value.columns),
                "first": value.head(_HEAD).to_dicts()}  # fmt: skip
    if type_name(value) == "Series":
        return {"type": "Series", "name": value.name, "dtype": str(value.dtype), "length": len(value),
                "first": value.head(_HEAD).to_list()}  # fmt: skip
    return f"<polars {type_name(value)}>"


def _image(value: Any) -> object:
    size = getattr(value, "size", None)
    if not isinstance(size, tuple):
        return None
    width, height = size  # pyright: ignore[reportUnknownVariableType] - shown as they are
    return f"<{getattr(value, 'format', None) or 'PIL'} image, {width}x{height}, {getattr(value, 'mode', '?')}>"


def _tensor(value: Any) -> object:
    if not hasattr(value, "shape") or not hasattr(value, "dtype"):
        return None
    return f"<{type_name(value)} of {value.dtype}, shape {tuple(value.shape)}>"


_BY_LIBRARY: dict[str, Callable[[Any], object]] = {
    "uuid": str,
    "decimal": str,
    "pathlib": str,
    "numpy": _numpy,
    "pandas": _pandas,
    "polars": _polars,
    "PIL": _image,
    "torch": _tensor,
    "jax": _tensor,
    "jaxlib": _tensor,
    "tensorflow": _tensor,
}
