"""The arguments of a call by the names of its parameters, as inputs of a span."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any


class Parameters:
    """The parameters of one function, looked at once."""

    __slots__ = ("_defaults", "_keywords", "_names", "_rest", "_skip")

    def __init__(self, function: Callable[..., Any]) -> None:
        self._names: tuple[str, ...] = ()
        self._defaults: dict[str, object] = {}
        self._rest: str | None = "args"
        self._keywords: str | None = None
        self._skip = 0
        try:
            parameters = list(inspect.signature(function).parameters.values())
        except (TypeError, ValueError):
            return
        positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
        self._names = tuple(entry.name for entry in parameters if entry.kind in positional)
        self._defaults = {
            entry.name: entry.default for entry in parameters if entry.default is not inspect.Parameter.empty
        }
        self._rest = next((entry.name for entry in parameters if entry.kind is entry.VAR_POSITIONAL), None)
        self._skip = int(_is_method(function, self._names))

    def bound(self, args: Sequence[object], kwargs: Mapping[str, object]) -> dict[str, object]:
        """Return what each parameter got, defaults included, without ``self`` or ``cls``.

        More positional arguments than parameters are a list under the name of ``*args``. A call that the function
        will refuse gives what can be said of it.
        """
        names, count = self._names, len(args)
        found = dict(zip(names, args, strict=False))
        if count > len(names) and self._rest is not None:
            found[self._rest] = list(args[len(names) :])
        if kwargs:
            found.update(kwargs)
        if self._skip and names:
            found.pop(names[0], None)
        if self._defaults and len(found) < len(names) + len(self._defaults):
            for name, value in self._defaults.items():
                found.setdefault(name, value)
        return found


def _is_method(function: Callable[..., Any], names: tuple[str, ...]) -> bool:
    """Tell whether the first parameter is the object or the class, as far as its name and the function's say."""
    if not names or names[0] not in {"self", "cls"}:
        return False
    above = getattr(function, "__qualname__", "").rpartition(".")[0]
    return bool(above) and not above.endswith("<locals>")
