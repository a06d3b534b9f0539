"""Pydantic AI, which brings its own instrumentation."""

import importlib
from typing import Any

from opentelemetry.trace import TracerProvider


class PydanticAi:
    """The instrumentation of all agents of Pydantic AI."""

    name = "pydantic-ai"
    library = "pydantic_ai"

    def missing(self) -> str | None:
        """Return None: the library is enough."""
        return None

    def turn_on(self, provider: TracerProvider) -> None:
        """Instrument every agent that has no settings of its own."""
        library: Any = importlib.import_module(self.library)
        library.Agent.instrument_all(library.InstrumentationSettings(tracer_provider=provider))

    def turn_off(self) -> None:
        """Instrument no agent any longer."""
        library: Any = importlib.import_module(self.library)
        library.Agent.instrument_all(False)
