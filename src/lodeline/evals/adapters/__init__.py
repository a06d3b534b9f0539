"""Metrics of other packages as scorers, one file a package; each is imported only when it is used."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lodeline.evals.adapters.autoevals import from_autoevals
    from lodeline.evals.adapters.deepeval import from_deepeval
    from lodeline.evals.adapters.ragas import from_ragas

_FILES = {"from_autoevals": "autoevals", "from_deepeval": "deepeval", "from_ragas": "ragas"}

__all__ = ["from_autoevals", "from_deepeval", "from_ragas"]


def __getattr__(name: str) -> Any:
    file = _FILES.get(name)
    if file is None:
        raise AttributeError(f"module 'lodeline.evals.adapters' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{file}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_FILES})
