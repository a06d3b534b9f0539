"""The one tree of errors. Services raise; each edge (REST, OTLP, gRPC, CLI) renders them once.

A message says what is wrong, names the value, and says what to do. `code` is stable and machine-readable;
`details` holds JSON-serialisable facts such as the field, the position or the id in conflict.
"""

import re
from collections.abc import Mapping
from typing import ClassVar, Self

_SHOWN = 120
_OTEL_TRACE_ID = re.compile(r"[0-9a-fA-F]{32}")


def shown(value: object) -> str:
    """Return `value` quoted for a message, cut to 120 characters, with control characters escaped."""
    text = value if isinstance(value, str) else repr(value)
    text = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}… ({len(text)} characters)"
    return repr(text) if isinstance(value, str) else text


class LodelineError(Exception):
    """Base of all errors that Lodeline raises on purpose."""

    code: ClassVar[str] = "error"
    http_status: ClassVar[int] = 500

    def __init__(self, message: str, *, code: str | None = None, details: Mapping[str, object] | None = None):
        super().__init__(message)
        self.message = message
        self.details: dict[str, object] = dict(details or {})
        self.error_code = code or type(self).code


class Invalid(LodelineError):
    """The request is malformed or a value is out of its domain; sending it again will not help."""

    code = "invalid"
    http_status = 400

    @classmethod
    def value(cls, field: str, value: object, expected: str) -> Self:
        """Return the error for one bad field: names the field, the value and what is expected."""
        return cls(
            f"{field}: {shown(value)} is not valid; expected {expected}.",
            details={"field": field, "expected": expected},
        )


class Unauthenticated(LodelineError):
    """Nobody is signed in, or the credentials are wrong, expired or revoked."""

    code = "unauthenticated"
    http_status = 401


class Forbidden(LodelineError):
    """The actor is known and may not do this."""

    code = "forbidden"
    http_status = 403


_WHERE = {
    "assessment": "; `lodeline assessments list` has those there are, `assessments history` those that were deleted",
    "span": "; `lodeline traces get` has those of its trace, and a judgment with `park` waits for one to come",
}
"""Where to look for what does not exist, by its noun."""


class NotFound(LodelineError):
    """The entity does not exist, or the actor may not know that it does."""

    code = "not_found"
    http_status = 404

    @classmethod
    def of(cls, noun: str, ident: object) -> Self:
        """Return the error for a missing entity, such as ``NotFound.of("trace", trace_id)``.

        Of a trace that is named as OpenTelemetry names it, it says what its id is here; of what people know by its id
        alone, where to look for it.
        """
        hint = _WHERE.get(noun, "")
        if noun == "trace" and _OTEL_TRACE_ID.fullmatch(text := str(ident)):
            hint = f"; ids of traces begin with tr-: {shown('tr-' + text.lower())}"
        return cls(
            f"{noun} {shown(ident)} does not exist{hint}.",
            code=f"{noun.replace(' ', '_')}_not_found",
            details={"noun": noun, "id": str(ident)},
        )


class Conflict(LodelineError):
    """The request contradicts the present state: a taken name, a deleted parent, a stale head."""

    code = "conflict"
    http_status = 409


class Deleted(Conflict):
    """A write to something that is deleted but not yet purged: restore it first."""

    code = "deleted"

    @classmethod
    def of(cls, noun: str, ident: object) -> Self:
        """Return the error for a write to a deleted entity."""
        return cls(
            f"{noun} {shown(ident)} is deleted and takes no writes; restore it first.",
            code=f"{noun}_deleted",
            details={"noun": noun, "id": str(ident)},
        )


class TooLarge(LodelineError):
    """A body, a value or a count is over its limit."""

    code = "too_large"
    http_status = 413


class Unsupported(LodelineError):
    """The server or the chosen store cannot do this; the message names what is missing."""

    code = "unsupported"
    http_status = 501


LASTING_S = 30.0
"""After so long a fault that needs somebody's hand may be over, such as a full disk."""


class Unavailable(LodelineError):
    """The server cannot do this now (queue full, disk full, shutting down); try again after `retry_after_s`."""

    code = "unavailable"
    http_status = 503

    def __init__(self, message: str, *, retry_after_s: float = 1.0, code: str | None = None):
        super().__init__(message, code=code, details={"retry_after_s": retry_after_s})
        self.retry_after_s = retry_after_s


class TooManyAttempts(Unavailable):
    """Too many refused logins for this name or from this address; try again after `retry_after_s`."""

    code = "too_many_attempts"
    http_status = 429
