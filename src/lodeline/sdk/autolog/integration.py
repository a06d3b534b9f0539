"""What an integration is, and how most of them work: an OpenTelemetry instrumentor of a package of its own."""

import importlib
import importlib.util
from dataclasses import dataclass
from typing import Any, Protocol

from opentelemetry.trace import TracerProvider

from lodeline.domain.errors import Conflict


class Integration(Protocol):
    """A library whose calls can be traced."""

    @property
    def name(self) -> str:
        """What it is called in ``autolog("name")``."""
        ...

    @property
    def library(self) -> str:
        """The module of the library that is traced."""
        ...

    def missing(self) -> str | None:
        """Return the package to install for it, beside the library; None when nothing is missing."""
        ...

    def turn_on(self, provider: TracerProvider) -> None:
        """Send the library's spans to `provider`. Conflict when it is done already elsewhere, or does not fit."""
        ...

    def turn_off(self) -> None:
        """Undo `turn_on`."""
        ...


@dataclass(frozen=True, slots=True)
class Instrumentor:
    """An integration by a class of the package `package`, `place` being its module and its name."""

    name: str
    library: str
    package: str
    place: str

    def missing(self) -> str | None:
        """Return the package when its module cannot be found."""
        return None if is_importable(self.place.partition(":")[0]) else self.package

    def turn_on(self, provider: TracerProvider) -> None:
        """Instrument the library."""
        from opentelemetry.instrumentation.dependencies import DependencyConflictError  # noqa: PLC0415 - optional

        instrumentor = self._made()
        if instrumentor.is_instrumented_by_opentelemetry:
            raise Conflict(
                f"{self.name} is instrumented already, by a call of {type(instrumentor).__name__}().instrument() "
                "elsewhere; its spans go where that call said. Take the call out, or leave autolog out."
            )
        try:
            instrumentor.instrument(tracer_provider=provider, raise_exception_on_conflict=True)
        except DependencyConflictError as error:
            raise Conflict(f"{self.package} does not fit what is installed: {error}; upgrade either.") from error

    def turn_off(self) -> None:
        """Take the instrumentation off the library."""
        self._made().uninstrument()

    def _made(self) -> Any:
        """Return the instrumentor; there is one a class, however often it is made."""
        module, _, name = self.place.partition(":")
        return getattr(importlib.import_module(module), name)()


def is_importable(module: str) -> bool:
    """Tell whether a module can be found, without importing it (only the packages around it)."""
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False
