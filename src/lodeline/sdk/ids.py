"""Ids of traces and spans, from the operating system's random source.

The program's own random generator stays out of it: a seeded one would give the same ids again, and a draw from it
would change what the program sees. Nothing is kept between draws, so forked processes and virtual machines resumed
from one snapshot differ, too.
"""

import os
from typing import Protocol

from opentelemetry.sdk.trace.id_generator import IdGenerator


class IdSource(Protocol):
    """Gives ids; both are never 0."""

    def trace_id(self) -> int:
        """Return a fresh id of 128 bits."""
        ...

    def span_id(self) -> int:
        """Return a fresh id of 64 bits."""
        ...


class RandomIds:
    """Ids from the operating system's random source."""

    def trace_id(self) -> int:
        """See `IdSource.trace_id`."""
        return int.from_bytes(os.urandom(16)) or 1

    def span_id(self) -> int:
        """See `IdSource.span_id`."""
        return int.from_bytes(os.urandom(8)) or 1


class Ids(IdGenerator):
    """The provider's id generator; its source can be exchanged, which tests do."""

    def __init__(self, source: IdSource | None = None) -> None:
        self.source: IdSource = source or RandomIds()

    def generate_span_id(self) -> int:
        """Return a fresh span id."""
        return self.source.span_id()

    def generate_trace_id(self) -> int:
        """Return a fresh trace id."""
        return self.source.trace_id()

    def is_trace_id_random(self) -> bool:
        """Tell that trace ids are random, which W3C trace context has a flag for."""
        return isinstance(self.source, RandomIds)
