"""How a function of the user takes the inputs of a row."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from lodeline.domain.errors import Invalid


class Arguments:
    """The arguments that a function is called with: the inputs by keyword, or as one mapping.

    They go by keyword when its parameters are named as the keys are (MLflow's way), else whole to the one parameter
    that must be given, unless its annotation says that it is no mapping.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self._name = getattr(function, "__name__", type(function).__name__)
        try:
            parameters = list(inspect.signature(function).parameters.values())
        except (TypeError, ValueError):  # a builtin that tells nothing of itself
            parameters = []
        self._open = any(p.kind is p.VAR_KEYWORD for p in parameters)
        named = [p for p in parameters if p.kind in {p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY}]
        self._named = frozenset(p.name for p in named)
        self._needed = frozenset(p.name for p in named if p.default is p.empty)
        places = [p for p in parameters if p.kind in {p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD, p.VAR_POSITIONAL}]
        must = [p for p in places if p.default is p.empty and p.kind is not p.VAR_POSITIONAL]
        keywords_needed = any(p.kind is p.KEYWORD_ONLY and p.default is p.empty for p in parameters)
        self._whole = bool(places) and len(must) <= 1 and not keywords_needed and _takes_mapping(places[0])

    def bound(self, inputs: Mapping[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return the arguments for these inputs; Invalid, naming what does not fit, when there is no way."""
        keys = frozenset(inputs)
        if self._needed <= keys and (self._open or keys <= self._named):
            return (), dict(inputs)
        if self._whole and not (keys & self._named):
            return (dict(inputs),), {}
        missing, unknown = sorted(self._needed - keys), sorted(keys - self._named)
        raise Invalid(
            f"predict_fn {self._name!r} does not take these inputs: "
            + "; ".join(
                part
                for part in (
                    f"it needs {', '.join(map(repr, missing))}, which they lack" if missing else "",
                    f"they hold {', '.join(map(repr, unknown))}, which it does not take" if unknown else "",
                )
                if part
            )
            + ". Name its parameters as the keys of the inputs, or give it one parameter for all of them.",
            details={"missing": missing, "unknown": unknown},
        )


def _takes_mapping(parameter: inspect.Parameter) -> bool:
    annotation = parameter.annotation
    if annotation is parameter.empty or annotation is Any:
        return True
    text = annotation if isinstance(annotation, str) else str(annotation)
    return any(word in text for word in ("dict", "Dict", "Mapping", "Any", "object"))
