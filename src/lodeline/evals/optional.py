"""Optional packages: loaded on first use, with an error that names the extra to install."""

from importlib import import_module
from types import ModuleType

from lodeline.domain.errors import Unsupported


def load_optional(module: str, *, install: str, needed_for: str) -> ModuleType:
    """Return `module`; Unsupported, naming what to `pip install`, when it cannot be imported."""
    try:
        return import_module(module)
    except ImportError as error:
        raise Unsupported(
            f"{needed_for} needs the package {module.partition('.')[0]!r}, which cannot be imported ({error}); "
            f"run: pip install '{install}'.",
            details={"module": module, "install": install},
        ) from error
